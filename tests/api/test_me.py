"""Who is signed in."""


def test_everybody_of_the_cast_learns_who_they_are(client_for, cast) -> None:
    for login, actor in cast.actors.items():
        me = client_for(login).get("/api/v1/me")
        assert me.status_code == 200
        assert (me.json["login"], me.json["id"]) == (login, str(actor.user_id))
        assert me.json["technician_id"] == (str(actor.technician_id) if actor.technician_id else None)
        assert me.headers["ETag"].startswith(f'"{me.json["version"]}.')


def test_permissions_are_those_of_the_table(client_for) -> None:
    permissions = client_for("technician1").get("/api/v1/me").json["permissions"]
    assert {"action": "route.read_own", "scope": "own"} in permissions
    assert "run.apply" not in {permission["action"] for permission in permissions}


def test_nothing_is_sent_to_somebody_who_has_it(client_for) -> None:
    client = client_for("agent")
    etag = client.get("/api/v1/me").headers["ETag"]
    again = client.get("/api/v1/me", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/api/v1/me", headers={"If-None-Match": '"999"'}).status_code == 200
