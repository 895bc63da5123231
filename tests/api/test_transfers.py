"""Units brought from place to place over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast

TRANSFERS = "/api/v1/transfers"


def post(client: Any, path: str, body: dict[str, Any], key: str, **headers: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key, **headers})


def test_a_van_is_loaded_and_a_difference_recorded(cast: Cast, client_for: Any) -> None:
    keeper, technician = client_for("warehouse"), client_for("technician1")
    wanted = {"from_location_id": str(cast.warehouse), "to_location_id": str(cast.van1)}
    lines = [{"part_id": str(cast.part), "quantity": 3}, {"part_id": str(cast.far_part), "quantity": 9}]
    one = post(keeper, TRANSFERS, wanted | {"lines": lines}, "t-1")
    assert (one.status_code, one.json["state"]) == (201, "draft")
    short = post(keeper, f"{TRANSFERS}/{one.json['id']}/shipment", {}, "s-1")
    assert (short.status_code, short.json["code"]) == (409, "not_enough_stock")
    assert [each["pointer"] for each in short.json["errors"]] == ["/lines/1"]
    assert keeper.post(f"{TRANSFERS}/{one.json['id']}/cancellation", json={}).json["state"] == "cancelled"
    two = post(keeper, TRANSFERS, wanted | {"lines": lines[:1]}, "t-2").json
    address = f"{TRANSFERS}/{two['id']}"
    stale = post(keeper, f"{address}/shipment", {}, "s-2", **{"If-Match": '"7"'})
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    shipped, again = (post(keeper, f"{address}/shipment", {}, "s-3") for _ in range(2))
    assert (shipped.status_code, again.data) == (200, shipped.data)
    counted = {"counted": [{"part_id": str(cast.part), "quantity": 2}]}
    got = post(technician, f"{address}/receipt", counted, "r-1")
    assert (got.status_code, got.json["lines"][0]["received_quantity"]) == (200, 2)
    twice = post(technician, f"{address}/receipt", counted, "r-2")
    assert (twice.status_code, twice.json["code"]) == (409, "transition_refused")
    assert [each["state"] for each in technician.get(TRANSFERS).json["items"]] == ["received", "cancelled"]
    assert keeper.get(f"{TRANSFERS}?state=received").json["items"][0]["id"] == two["id"]
    assert post(client_for("dispatcher"), TRANSFERS, wanted | {"lines": lines}, "t-3").status_code == 403
