"""Parts ordered from suppliers, over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast

SUPPLIERS, ORDERS = "/api/v1/suppliers", "/api/v1/purchase-orders"


def post(client: Any, path: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key or path})


def test_parts_are_ordered_received_and_worth_what_they_cost(cast: Cast, client_for: Any) -> None:
    keeper, supervisor = client_for("warehouse"), client_for("supervisor")
    offer = {"part_id": str(cast.far_part), "number": "X-9", "unit_cost_cents": 1201, "minimum_quantity": 2}
    said = {"code": "acme", "name": "Acme", "lead_time_days": 5, "parts": [offer]}
    supplier = post(keeper, SUPPLIERS, said)
    assert (supplier.status_code, supplier.json["parts"][0]["lead_time_days"]) == (201, None)
    few = {"supplier_id": supplier.json["id"], "location_id": str(cast.warehouse)}
    short = post(keeper, ORDERS, few | {"lines": [{"part_id": str(cast.far_part), "quantity": 1}]})
    assert (short.status_code, short.json["errors"][0]["code"]) == (422, "below_minimum")
    drafted = post(keeper, ORDERS, few | {"lines": [{"part_id": str(cast.far_part), "quantity": 3}]}, "o-1")
    address = f"{ORDERS}/{drafted.json['id']}"
    assert (drafted.status_code, drafted.json["state"]) == (201, "draft")
    early = post(keeper, f"{address}/placement", {})
    assert (early.status_code, early.json["code"]) == (409, "transition_refused")
    assert keeper.post(f"{address}/approval", json={}).status_code == 403
    assert supervisor.post(f"{address}/approval", json={}).json["state"] == "approved"
    placed = post(keeper, f"{address}/placement", {"reference": "A-17"}, "p-1")
    assert placed.json["lines"][0]["expected_on"] is not None
    counted = {"counted": [{"part_id": str(cast.far_part), "quantity": 3}]}
    got, again = (post(keeper, f"{address}/receipt", counted, "r-1") for _ in range(2))
    assert (got.status_code, got.json["state"], again.data) == (200, "received", got.data)
    values = keeper.get(f"/api/v1/stock-values?part_id={cast.far_part}").json["items"]
    assert [(one["units"], one["value_cents"]) for one in values] == [(6, 3 * 900 + 3 * 1201)]
    assert client_for("technician1").get("/api/v1/stock-values").status_code == 403
    late = supervisor.post(f"{address}/cancellation", json={"reason": "not needed"})
    assert (late.status_code, late.json["code"]) == (409, "transition_refused")
    listed = client_for("dispatcher").get(f"{ORDERS}?part_id={cast.far_part}&state=received").json["items"]
    assert [one["id"] for one in listed] == [drafted.json["id"]]
    moves = keeper.get(f"/api/v1/stock-moves?part_id={cast.far_part}").json["items"]
    receipt = next(one["id"] for one in moves if one["value_cents"] == 3 * 1201)
    back, again = (post(keeper, f"/api/v1/stock-moves/{receipt}/reversal", {}, "b-1") for _ in range(2))
    assert (back.status_code, again.data) == (201, back.data)
    order = keeper.get(address).json
    assert (order["state"], order["closed_at"], order["version"] > got.json["version"]) == ("ordered", None, True)
    assert [(one["received_quantity"], one["cancelled_quantity"]) for one in order["lines"]] == [(0, 0)]


def test_a_supplier_is_changed_as_it_was_seen(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    made = post(keeper, SUPPLIERS, {"code": "acme", "name": "Acme", "lead_time_days": 5}).json
    address = f"{SUPPLIERS}/{made['id']}"
    changed = keeper.patch(address, json={"lead_time_days": 9}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["lead_time_days"], changed.json["version"]) == (200, 9, 2)
    assert keeper.patch(address, json={"name": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    assert keeper.get(address).json["name"] == "Acme"
    taken = post(keeper, SUPPLIERS, {"code": "acme", "name": "x", "lead_time_days": 1}, "again")
    assert (taken.status_code, taken.json["errors"][0]["pointer"]) == (422, "/code")
    assert [one["code"] for one in keeper.get(SUPPLIERS).json["items"]] == ["acme"]
