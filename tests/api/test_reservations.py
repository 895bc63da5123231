"""Units promised to tickets over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fieldsvc.cast import Cast

RESERVATIONS = "/api/v1/reservations"


def reserve(client: Any, cast: Cast, key: str, **changes: Any) -> Any:
    wanted = {"ticket_id": str(cast.ticket), "part_id": str(cast.part), "location_id": str(cast.warehouse)}
    return client.post(RESERVATIONS, json=wanted | changes, headers={"Idempotency-Key": key})


def test_units_are_reserved_once_extended_and_given_up(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    made, again = (reserve(keeper, cast, "r-1", quantity=4) for _ in range(2))
    assert (made.status_code, again.data) == (201, made.data)
    (one,) = made.json["reservations"]
    assert (one["state"], one["quantity"], one["is_planned"]) == ("reserved", 4, False)
    address = f"{RESERVATIONS}/{one['id']}"
    assert keeper.get(address).headers["ETag"].startswith('"1')
    until = {"hold_until": "2099-01-01T00:00:00Z"}
    assert keeper.patch(address, json=until).status_code == 428
    wrong = keeper.patch(address, json=until, headers={"If-Match": '"1"'})
    assert (wrong.status_code, wrong.json["errors"][0]["code"]) == (422, "too_long")
    until = {"hold_until": (datetime.now(UTC) + timedelta(days=9)).isoformat()}
    longer = keeper.patch(address, json=until, headers={"If-Match": '"1"'})
    assert (longer.status_code, longer.json["version"]) == (200, 2)
    short = reserve(keeper, cast, "r-2", quantity=2)
    assert (short.status_code, short.json["code"]) == (409, "not_enough_stock")
    assert short.json["errors"][0]["message"] == "1 are available at warehouse."
    both = reserve(keeper, cast, "r-3", quantity=2, takes_part=True).json["reservations"]
    assert [(row["state"], row["quantity"]) for row in both] == [("reserved", 1), ("backordered", 1)]
    stale = keeper.post(f"{address}/release", json={}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    gone = keeper.post(f"{address}/release", json={}, headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.json["state"], gone.json["end_reason"]) == (200, "released", "not_wanted")
    held = keeper.get(f"{RESERVATIONS}?ticket_id={cast.ticket}&state=reserved&part_id={cast.part}").json["items"]
    assert [(row["quantity"], row["is_planned"]) for row in held] == [(2, True), (1, False), (1, False)]


def test_without_a_key_or_as_somebody_else_nothing_is_reserved(cast: Cast, client_for: Any) -> None:
    wanted = {"ticket_id": str(cast.ticket), "part_id": str(cast.part), "quantity": 1}
    missing = client_for("warehouse").post(RESERVATIONS, json=wanted)
    assert missing.json["errors"][0]["code"] == "missing_idempotency_key"
    assert reserve(client_for("agent"), cast, "r-1", quantity=1).status_code == 403
    assert reserve(client_for("outsider"), cast, "r-1", quantity=1).status_code == 404
    wrong = reserve(client_for("dispatcher"), cast, "r-1", quantity=0, part_id="x", unknown=1)
    assert {one["pointer"] for one in wrong.json["errors"]} == {"/quantity", "/part_id", "/unknown"}
