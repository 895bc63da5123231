"""Units that come back, over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast

RMAS = "/api/v1/rmas"


def post(client: Any, path: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key or path})


def test_a_swapped_out_unit_comes_back_to_the_supplier(cast: Cast, client_for: Any) -> None:
    technician, keeper = client_for("technician1"), client_for("warehouse")
    for step in ("acceptance", "departure", "check-in", "work"):
        assert technician.post(f"/api/v1/visits/{cast.visit}/{step}", json={}).status_code == 200
    used = {"part_id": str(cast.serial_part), "serial": "S-1", "swapped_serial": "S-1"}
    wrong = post(technician, f"/api/v1/visits/{cast.visit}/consumptions", used, "c-0")
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/swapped_serial")
    used["swapped_serial"] = "OLD-7"
    booked = post(technician, f"/api/v1/visits/{cast.visit}/consumptions", used, "c-1")
    assert booked.status_code == 201, booked.json
    asked = technician.get(f"{RMAS}?visit_id={cast.visit}").json["items"]
    assert [(one["serial"], one["state"], one["reason"]) for one in asked] == [("OLD-7", "requested", "swapped_out")]
    address = f"{RMAS}/{asked[0]['id']}"
    assert post(technician, f"{address}/authorization", {"to_location_id": str(cast.warehouse)}).status_code == 403
    nowhere = post(keeper, f"{address}/authorization", {"to_location_id": str(cast.van1)}, "a-0")
    assert (nowhere.status_code, nowhere.json["errors"][0]["pointer"]) == (422, "/to_location_id")
    assert post(keeper, f"{address}/authorization", {"to_location_id": str(cast.warehouse)}).json["state"] == (
        "authorized"
    )
    sent = post(technician, f"{address}/shipment", {"tracking_number": "1Z"})
    assert (sent.status_code, sent.json["state"], sent.json["tracking_number"]) == (200, "in_transit", "1Z")
    got, again = (post(keeper, f"{address}/receipt", {}, "r-1") for _ in range(2))
    assert (got.status_code, got.json["state"], again.data) == (200, "received", got.data)
    early = post(keeper, f"{address}/disposition", {"disposition": "scrap"}, "d-0")
    assert (early.status_code, early.json["code"]) == (409, "transition_refused")
    finding = {"finding": "the bearing is gone", "is_under_warranty": True}
    assert post(keeper, f"{address}/inspection", finding).json["state"] == "inspected"
    missing = post(keeper, f"{address}/disposition", {"disposition": "credit"}, "d-1")
    assert (missing.status_code, missing.json["errors"][0]["code"]) == (422, "supplier_needed")
    supplier = post(keeper, "/api/v1/suppliers", {"code": "acme", "name": "Acme", "lead_time_days": 5}).json["id"]
    decided = post(keeper, f"{address}/disposition", {"disposition": "credit", "supplier_id": supplier}, "d-2")
    assert (decided.json["state"], decided.json["claimed_cents"]) == ("dispositioned", 900)
    paid = post(keeper, f"{address}/settlement", {"credited_cents": 850})
    assert (paid.json["state"], paid.json["credited_cents"]) == ("closed", 850)
    twice = post(keeper, f"{address}/settlement", {"credited_cents": 850}, "s-2")
    assert (twice.status_code, twice.json["code"]) == (409, "nothing_to_settle")
    assert client_for("outsider").get(address).status_code == 404


def test_a_return_is_refused(cast: Cast, client_for: Any) -> None:
    wish = {"part_id": str(cast.part), "reason": "customer_return", "ticket_id": str(cast.ticket)}
    asked = post(client_for("agent"), RMAS, wish)
    assert asked.status_code == 201, asked.json
    address, supervisor = f"{RMAS}/{asked.json['id']}", client_for("supervisor")
    assert supervisor.post(f"{address}/refusal", json={"reason": "too old"}).json["state"] == "refused"
    late = post(client_for("warehouse"), f"{address}/receipt", {})
    assert (late.status_code, late.json["code"]) == (409, "transition_refused")
    assert post(client_for("warehouse"), f"{address}/loss", {}).json["code"] == "transition_refused"
