"""A warehouse's morning over HTTP: what to pick, set aside, handed over and confirmed."""

from typing import Any

from tests.fieldsvc.cast import Cast

API = "/api/v1"


def post(client: Any, path: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(f"{API}{path}", json=body, headers={"Idempotency-Key": key or path})


def test_a_van_gets_what_its_day_needs(cast: Cast, client_for: Any) -> None:
    keeper, technician = client_for("warehouse"), client_for("technician1")
    where = {"location_id": str(cast.warehouse)}
    noted = post(keeper, "/stock-bins", where | {"part_id": str(cast.far_part), "bin": "B-07"})
    assert (noted.status_code, noted.json["bin"]) == (200, "B-07")
    listed = keeper.get(f"{API}/pick-lists", query_string=where | {"date": str(cast.day)}).json
    assert [line["bin"] for line in listed["lists"][0]["lines"]] == ["B-07"]
    assert [line["quantity"] for line in listed["wave"]] == [1]
    tour = where | {"technician_id": str(cast.technician1.technician_id), "day": str(cast.day)}
    picked = post(keeper, "/pick-lists/picks", tour)
    assert [one["state"] for one in picked.json["reservations"]] == ["picked"]
    assert post(keeper, "/pick-lists/returns", tour).json["reservations"][0]["state"] == "reserved"
    given, again = (post(keeper, "/hand-overs", tour, "h-1") for _ in range(2))
    assert (given.status_code, given.json["state"], again.data) == (201, "shipped", given.data)
    assert given.json["technician_id"] == tour["technician_id"]
    nothing = post(keeper, "/hand-overs", tour, "h-2")
    assert (nothing.status_code, nothing.json["code"]) == (409, "nothing_to_hand_over")
    got = post(technician, f"/transfers/{given.json['id']}/receipt", {})
    assert (got.status_code, got.json["state"]) == (200, "received")
    held = keeper.get(f"{API}/reservations?visit_id={cast.visit}&part_id={cast.far_part}").json["items"]
    assert [(one["state"], one["location_id"]) for one in held] == [("staged", str(cast.van1))]
    assert post(technician, "/hand-overs", tour, "h-3").status_code == 403
    assert keeper.get(f"{API}/pick-lists").status_code == 422
