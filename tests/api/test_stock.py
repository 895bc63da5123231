"""The warehouse's books over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast

MOVES = "/api/v1/stock-moves"


def post(client: Any, path: str, body: dict[str, Any], key: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def test_a_delivery_is_booked_once_read_and_taken_back(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    brought = {"part_id": str(cast.serial_part), "location_id": str(cast.warehouse), "quantity": 2}
    wrong = post(keeper, MOVES, brought, "d-1")
    assert (wrong.status_code, wrong.json["errors"][0]["code"]) == (422, "serials_missing")
    brought["serials"] = ["S-7", "S-8"]
    booked, again = post(keeper, MOVES, brought, "d-2"), post(keeper, MOVES, brought, "d-2")
    assert (booked.status_code, again.data) == (201, booked.data)
    assert [one["serial"] for one in booked.json["moves"]] == ["S-7", "S-8"]
    assert keeper.post(MOVES, json=brought).json["errors"][0]["code"] == "missing_idempotency_key"
    move = booked.json["moves"][0]["id"]
    (shown,) = keeper.get(f"{MOVES}?serial=S-7").json["items"]
    assert (shown["id"], shown["reason"], shown["reverses_id"]) == (move, "receipt", None)
    back = post(keeper, f"{MOVES}/{move}/reversal", {}, "r-1")
    assert (back.status_code, back.json["reverses_id"]) == (201, move)
    twice = post(keeper, f"{MOVES}/{move}/reversal", {}, "r-2")
    assert (twice.status_code, twice.json["code"]) == (409, "move_reversed")
    assert post(client_for("dispatcher"), MOVES, brought, "d-3").status_code == 403
