"""Users over HTTP: made and changed by administrators, keys for programs, passwords, loans, and nothing left behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from fieldsvc.bootstrap import Application
from fieldsvc.domain.errors import Conflict
from fieldsvc.models import ApiKey, Visit
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.doctor import examine
from fieldsvc.services.user_changes import change_user
from tests.api.conftest import Client, ClientFor
from tests.api.test_visit_story import API, get, post
from tests.fieldsvc.cast import PASSWORD, Cast

NEW = {"login": "mei", "display_name": "梅", "password": "glacier-teapot-41", "role": "agent"}


def made(admin: Client, cast: Cast, **said: object) -> dict[str, object]:
    return post(admin, "/users", {**NEW, "team_id": str(cast.team), **said}, expect=201)


def changed(admin: Client, user: dict[str, object], version: int | None = None, **said: object):
    headers = {"If-Match": f'"{version or user["version"]}"'}
    return admin.patch(f"{API}/users/{user['id']}", json=said, headers=headers)


def signs_in(app: Flask, login: str, password: str) -> int:
    answer = app.test_client().post(f"{API}/auth/tokens", json={"login": login, "password": password})
    return int(answer.status_code)


def user_of(admin: Client, login: str) -> dict[str, object]:
    return next(one for one in get(admin, "/users")["items"] if one["login"] == login)


def test_a_user_is_made_changed_and_kept_out(app: Flask, client_for: ClientFor, cast: Cast) -> None:
    admin = client_for("admin")
    user = made(admin, cast)
    assert "password" not in user
    assert signs_in(app, "mei", "glacier-teapot-41") == 201
    assert get(admin, "/users?role=agent")["items"] == [user_of(admin, "agent"), user]
    renamed = changed(admin, user, display_name="Mei", role="dispatcher")
    assert (renamed.status_code, renamed.json["role"], renamed.json["version"]) == (200, "dispatcher", 2)
    assert changed(admin, user, display_name="Mai").status_code == 412
    same = changed(admin, renamed.json, display_name="Mei")
    assert (same.status_code, same.json["version"]) == (200, 2)
    assert changed(admin, renamed.json, is_active=False).status_code == 200
    assert signs_in(app, "mei", "glacier-teapot-41") == 401
    without = admin.patch(f"{API}/users/{user['id']}", json={"is_active": True})
    assert without.status_code == 428


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"password": "1234567890"}, 422, "weak_password"),
        ({"password": "Passw0rd123"}, 422, "weak_password"),
        ({"password": "mei-mei-mei"}, 422, "weak_password"),
        ({"password": "oyelaran-runs-far", "display_name": "Adewale Oyelaran"}, 422, "weak_password"),
        ({"team_id": "01a22198-8a5f-71aa-9b84-94b8b1542d8d"}, 422, "unknown_team"),
        ({"role": "technician"}, 422, "technician_needed"),
        ({"role": "customer"}, 422, "invalid_role"),
    ],
)
def test_who_is_not_made(client_for: ClientFor, cast: Cast, said: dict[str, object], status: int, code: str) -> None:
    refused = client_for("admin").post(
        f"{API}/users", json={**NEW, "team_id": str(cast.team), **said}, headers={"Idempotency-Key": "one"}
    )
    assert (refused.status_code, [fault["code"] for fault in refused.json["errors"]]) == (status, [code])


def test_the_last_administrator_stays(client_for: ClientFor, cast: Cast) -> None:
    admin = client_for("admin")
    own = user_of(admin, "admin")
    for said in ({"is_active": False}, {"role": "agent"}):
        refused = changed(admin, own, **said)
        assert (refused.status_code, refused.json["code"]) == (409, "last_admin")
    made(admin, cast, role="admin")
    assert changed(admin, own, role="agent").status_code == 200
    assert admin.get(f"{API}/users").status_code == 403


def test_everybody_changes_the_own_password_and_is_signed_out_elsewhere(app: Flask, client_for: ClientFor) -> None:
    here, elsewhere = client_for("agent"), client_for("agent")
    said = {"old_password": PASSWORD, "new_password": "glacier-teapot-41"}
    wrong = here.post(f"{API}/me/password", json={**said, "old_password": "guessed"})
    assert [fault["pointer"] for fault in wrong.json["errors"]] == ["/old_password"]
    weak = here.post(f"{API}/me/password", json={**said, "new_password": "agent-agent"})
    assert [fault["pointer"] for fault in weak.json["errors"]] == ["/new_password"]
    assert here.post(f"{API}/me/password", json=said).status_code == 204
    assert (here.get(f"{API}/me").status_code, elsewhere.get(f"{API}/me").status_code) == (200, 401)
    assert (signs_in(app, "agent", PASSWORD), signs_in(app, "agent", said["new_password"])) == (401, 201)


def test_a_key_acts_as_its_user_until_it_ends(app: Flask, client_for: ClientFor, cast: Cast) -> None:
    admin = client_for("admin")
    agent = user_of(admin, "agent")
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    key = post(admin, f"/users/{agent['id']}/api-keys", {"name": "shop", "expires_at": until}, expect=201)
    program = app.test_client()
    assert isinstance(program, Client)
    program.access_token = key["secret"]
    assert get(program, "/me")["login"] == "agent"
    assert get(program, f"/tickets/{cast.ticket}")["id"] == str(cast.ticket)
    assert program.get(f"{API}/users").status_code == 403
    (listed,) = get(admin, f"/users/{agent['id']}/api-keys")["items"]
    assert "secret" not in listed
    assert listed["last_used_at"] is not None
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert program.get(f"{API}/me").json["code"] == "api_key_ended"
    for path, body in (
        (f"/users/{agent['id']}/password", {"password": "glacier-teapot-41"}),
        ("/me/password", {"old_password": PASSWORD, "new_password": "glacier-teapot-41"}),
    ):
        assert program.post(API + path, json=body).status_code == 403
    assert program.get(f"{API}/auth/sessions").json["code"] == "not_for_keys"
    ended = admin.delete(f"{API}/api-keys/{key['id']}", headers={"If-Match": f'"{listed["version"]}"'})
    assert ended.status_code == 204
    assert program.get(f"{API}/me").json["code"] == "api_key_ended"
    program.access_token = "fsk_made-up"
    assert program.get(f"{API}/me").status_code == 401


@pytest.mark.parametrize(
    ("login", "days", "pointer"),
    [("technician1", 30, "/user_id"), ("agent", 400, "/expires_at"), ("agent", -1, "/expires_at")],
)
def test_what_makes_no_key(client_for: ClientFor, login: str, days: int, pointer: str) -> None:
    admin = client_for("admin")
    said = {"name": "x", "expires_at": (datetime.now(UTC) + timedelta(days=days)).isoformat()}
    refused = admin.post(f"{API}/users/{user_of(admin, login)['id']}/api-keys", json=said)
    assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]


def test_a_key_ends_with_what_it_was_made_for(app: Flask, client_for: ClientFor, cast: Cast) -> None:
    admin = client_for("admin")
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    user = made(admin, cast)
    for said in ({"role": "dispatcher"}, {"is_active": False}, None):
        program = app.test_client()
        assert isinstance(program, Client)
        path = f"/users/{user['id']}/api-keys"
        program.access_token = post(admin, path, {"name": "shop", "expires_at": until}, expect=201)["secret"]
        assert program.get(f"{API}/me").status_code == 200
        if said is None:
            post(admin, f"/users/{user['id']}/password", {"password": "kettle-of-glass-9"})
        else:
            user = changed(admin, user, **said).json
        assert program.get(f"{API}/me").status_code == 401
        if said == {"is_active": False}:
            user = changed(admin, user, is_active=True).json
            assert program.get(f"{API}/me").status_code == 401


def test_a_key_waits_for_nobody_who_writes(app: Flask, client_for: ClientFor, application: Application) -> None:
    admin = client_for("admin")
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    path = f"/users/{user_of(admin, 'agent')['id']}/api-keys"
    program = app.test_client()
    assert isinstance(program, Client)
    program.access_token = post(admin, path, {"name": "shop", "expires_at": until}, expect=201)["secret"]
    with application.database.unit_of_work() as busy:
        busy.session.execute(update(ApiKey).values(name="x"))
        assert program.get(f"{API}/me").status_code == 200


def test_a_password_is_not_guessed_by_trying(client_for: ClientFor) -> None:
    agent = client_for("agent")
    said = {"old_password": "guessed", "new_password": "glacier-teapot-41"}
    answers = [agent.post(f"{API}/me/password", json=said).status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2
    assert agent.post(f"{API}/me/password", json=said | {"old_password": PASSWORD}).status_code == 429


def test_nobody_sets_the_own_password_as_an_administrator(client_for: ClientFor) -> None:
    admin = client_for("admin")
    refused = admin.post(
        f"{API}/users/{user_of(admin, 'admin')['id']}/password", json={"password": "glacier-teapot-41"}
    )
    assert (refused.status_code, refused.json["code"]) == (409, "own_account")


def test_of_two_administrators_who_keep_each_other_out_one_stays(
    client_for: ClientFor, cast: Cast, application: Application
) -> None:
    admin = client_for("admin")
    ids = [UUID(str(user_of(admin, "admin")["id"])), UUID(str(made(admin, cast, role="admin")["id"]))]

    def keep_out(user_id: UUID) -> str:
        command = Command(cast.admin, "test")
        try:
            execute_unkeyed(
                application.database, command, lambda uow: change_user(uow, user_id, {"is_active": False}, None)
            )
        except Conflict as refused:
            return refused.code
        return "out"

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(keep_out, ids))
    assert said == ["last_admin", "out"]


def test_who_is_kept_out_is_planned_no_more(client_for: ClientFor, cast: Cast, application: Application) -> None:
    admin, dispatcher = client_for("admin"), client_for("dispatcher")
    ana, bruno = user_of(admin, "technician1"), user_of(admin, "technician2")
    wanted = {"to_user_id": bruno["id"], "first_day": cast.day.isoformat(), "reason": "leaves"}
    post(dispatcher, f"/users/{ana['id']}/hand-over", wanted)
    assert changed(admin, ana, is_active=False).status_code == 200
    known = [one["id"] for one in get(dispatcher, "/technicians")["items"]]
    assert known == [str(cast.technician2.technician_id)]
    assert changed(admin, ana, version=ana["version"] + 1, is_active=True).status_code == 200
    assert len(get(dispatcher, "/technicians")["items"]) == 2


def test_what_belongs_to_others_is_not_handed_over(client_for: ClientFor, cast: Cast, application: Application) -> None:
    admin, dispatcher = client_for("admin"), client_for("dispatcher")
    ana, bruno = user_of(admin, "technician1"), user_of(admin, "technician2")
    with application.database.unit_of_work() as uow:  # lent to the other team, whose visit this is
        uow.get(Visit, cast.visit, lock=True).team_id = cast.foreign_team
        uow.commit()
    wanted = {"to_user_id": bruno["id"], "first_day": cast.day.isoformat(), "reason": "illness"}
    done = post(dispatcher, f"/users/{ana['id']}/hand-over", wanted)
    assert done == {"tickets": 0, "visits": 0, "kept_visits": 1}


def test_who_moves_away_leaves_no_ticket_behind(client_for: ClientFor, cast: Cast) -> None:
    admin, agent = client_for("admin"), client_for("agent")
    mover = user_of(admin, "agent")
    post(agent, f"/tickets/{cast.ticket}/handler", {"user_id": mover["id"], "reason": "mine"})
    refused = changed(admin, mover, team_id=str(cast.foreign_team))
    assert (refused.status_code, refused.json["code"]) == (409, "still_owns")


def test_a_ticket_that_is_over_is_nobodys_to_handle(client_for: ClientFor, cast: Cast) -> None:
    agent = client_for("agent")
    post(agent, f"/tickets/{cast.ticket}/cancellation", {"reason": "customer"})
    said = {"user_id": user_of(client_for("admin"), "agent")["id"], "reason": "mine"}
    refused = agent.post(f"{API}/tickets/{cast.ticket}/handler", json=said)
    assert (refused.status_code, refused.json["code"]) == (409, "ticket_over")


def test_who_leaves_hands_tickets_over_first(client_for: ClientFor, cast: Cast, application: Application) -> None:
    admin, agent, dispatcher = client_for("admin"), client_for("agent"), client_for("dispatcher")
    leaver, taker = user_of(admin, "agent"), made(admin, cast)
    post(agent, f"/tickets/{cast.ticket}/handler", {"user_id": leaver["id"], "reason": "mine"})
    refused = changed(admin, leaver, is_active=False)
    assert (refused.status_code, refused.json["code"]) == (409, "still_owns")
    wanted = {"to_user_id": taker["id"], "first_day": cast.day.isoformat(), "reason": "leaves"}
    done = post(dispatcher, f"/users/{leaver['id']}/hand-over", wanted)
    assert done == {"tickets": 1, "visits": 0, "kept_visits": 0}
    assert get(dispatcher, f"/tickets/{cast.ticket}")["handler_id"] == taker["id"]
    assert post(dispatcher, f"/users/{leaver['id']}/hand-over", wanted)["tickets"] == 0  # nothing is left to hand over
    assert changed(admin, leaver, is_active=False).status_code == 200
    with application.database.read_only() as session:
        assert examine(session, application.clock.now()) == []


def test_a_technicians_visits_are_planned_anew_from_a_day_on(
    client_for: ClientFor, cast: Cast, application: Application
) -> None:
    admin, dispatcher = client_for("admin"), client_for("dispatcher")
    ana, bruno = user_of(admin, "technician1"), user_of(admin, "technician2")
    tomorrow = (cast.day + timedelta(days=1)).isoformat()
    wanted = {"to_user_id": bruno["id"], "first_day": tomorrow, "reason": "illness"}
    assert post(dispatcher, f"/users/{ana['id']}/hand-over", wanted) == {"tickets": 0, "visits": 0, "kept_visits": 1}
    done = post(dispatcher, f"/users/{ana['id']}/hand-over", wanted | {"first_day": cast.day.isoformat()})
    assert done == {"tickets": 0, "visits": 1, "kept_visits": 0}
    visit = get(dispatcher, f"/visits/{cast.visit}")
    assert (visit["state"], visit["assignments"]) == ("unscheduled", [])
    assert client_for("technician1").get(f"{API}/visits/{cast.visit}").status_code == 404
    with application.database.read_only() as session:
        assert examine(session, application.clock.now()) == []


def test_what_has_begun_stays(client_for: ClientFor, cast: Cast) -> None:
    admin, technician = client_for("admin"), client_for("technician1")
    for step in ("acceptance", "departure"):
        post(technician, f"/visits/{cast.visit}/{step}")
    ana, bruno = user_of(admin, "technician1"), user_of(admin, "technician2")
    wanted = {"to_user_id": bruno["id"], "first_day": cast.day.isoformat(), "reason": "illness"}
    done = post(client_for("dispatcher"), f"/users/{ana['id']}/hand-over", wanted)
    assert done == {"tickets": 0, "visits": 0, "kept_visits": 1}
    refused = changed(admin, ana, is_active=False)
    assert refused.json["code"] == "still_owns"


def test_to_whom_nothing_is_handed_over(client_for: ClientFor, cast: Cast) -> None:
    admin, dispatcher = client_for("admin"), client_for("dispatcher")
    ana, agent, foreign = (user_of(admin, login) for login in ("technician1", "agent", "foreign_technician"))
    day = cast.day.isoformat()
    for taker in (ana["id"], agent["id"], foreign["id"], str(cast.visit)):
        path = f"/users/{ana['id']}/hand-over"
        post(dispatcher, path, {"to_user_id": taker, "first_day": day, "reason": "illness"}, expect=422)
    wanted = {"to_user_id": ana["id"], "first_day": day, "reason": "illness"}
    post(dispatcher, f"/users/{foreign['id']}/hand-over", wanted, expect=404)
    post(client_for("agent"), f"/users/{ana['id']}/hand-over", wanted, expect=403)
    warehouse = user_of(admin, "warehouse")
    said = {"user_id": warehouse["id"], "reason": "mine"}
    post(dispatcher, f"/tickets/{cast.ticket}/handler", said, expect=422)
    assert (
        post(dispatcher, f"/tickets/{cast.ticket}/handler", {"user_id": None, "reason": "none"})["handler_id"] is None
    )


def test_a_technician_is_lent_for_days_and_taken_back(client_for: ClientFor, cast: Cast) -> None:
    dispatcher, technician = client_for("dispatcher"), cast.technician2.technician_id
    path, day = f"/technicians/{technician}/loans", cast.day.isoformat()
    said = {"team_id": str(cast.foreign_team), "first_day": day, "last_day": day}
    loan = post(dispatcher, path, said, expect=201)
    assert get(client_for("technician2"), path)["items"] == [loan]
    post(dispatcher, path, said, expect=409)
    post(dispatcher, path, said | {"first_day": "2026-01-02", "last_day": "2026-01-01"}, expect=422)
    post(dispatcher, path, said | {"team_id": str(cast.team)}, expect=422)
    post(client_for("outsider"), path, said, expect=404)
    post(client_for("agent"), path, said, expect=403)
    ended = dispatcher.post(f"{API}{path}/{loan['id']}/withdrawal", json={})
    assert ended.status_code == 204
    assert get(dispatcher, path)["items"] == []
    assert dispatcher.post(f"{API}{path}/{loan['id']}/withdrawal", json={}).status_code == 404
