"""What is there, counted over HTTP, and codes that are scanned."""

from typing import Any

from tests.fieldsvc.cast import Cast

COUNTS = "/api/v1/counts"


def post(client: Any, path: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key or path})


def test_a_difference_is_found_and_decided_about(cast: Cast, client_for: Any) -> None:
    keeper, supervisor = client_for("warehouse"), client_for("supervisor")
    wanted = {"location_id": str(cast.warehouse), "part_ids": [str(cast.part)]}
    opened = post(keeper, COUNTS, wanted)
    assert (opened.status_code, opened.json["lines"][0]["expected_quantity"]) == (201, None)
    address = f"{COUNTS}/{opened.json['id']}"
    wrong = post(keeper, f"{address}/submission", {"counted": [{"part_id": str(cast.far_part), "quantity": 1}]}, "s-0")
    assert [one["code"] for one in wrong.json["errors"]] == ["not_asked_for", "not_counted"]
    counted = {"counted": [{"part_id": str(cast.part), "quantity": 4, "serials": []}]}
    told, again = (post(keeper, f"{address}/submission", counted, "s-1") for _ in range(2))
    assert (told.status_code, told.json["state"], again.data) == (200, "posted", told.data)  # it is worth 9.00
    many = {"counted": [{"part_id": str(cast.part), "quantity": 400}]}
    second = post(keeper, COUNTS, wanted, "o-2").json
    address = f"{COUNTS}/{second['id']}"
    waiting = post(keeper, f"{address}/submission", many, "s-2").json
    assert (waiting["state"], waiting["differing_cents"]) == ("submitted", None)
    assert waiting["lines"][0]["expected_quantity"] is None  # it may have to be counted again
    decides = supervisor.get(address).json
    assert (decides["differing_cents"], decides["lines"][0]["expected_quantity"]) == (396 * 900, 4)
    assert keeper.post(f"{address}/approval", json={}).status_code == 403
    again = supervisor.post(f"{address}/recount", json={"reason": "that is a pallet"})
    assert (again.json["state"], again.json["recount_reason"]) == ("open", "that is a pallet")
    assert keeper.post(f"{address}/cancellation", json={}).json["state"] == "cancelled"
    late = supervisor.post(f"{address}/approval", json={})
    assert (late.status_code, late.json["code"]) == (409, "transition_refused")
    assert [one["state"] for one in keeper.get(COUNTS).json["items"]] == ["cancelled", "posted"]
    assert client_for("outsider").get(address).status_code == 404


def test_a_scanned_code_has_one_answer(cast: Cast, client_for: Any) -> None:
    technician = client_for("technician1")
    part = technician.get("/api/v1/scans", query_string={"code": "P-1"}).json
    assert (part["kind"], part["part"]["number"], len(part["here"])) == ("part", "P-1", 2)
    serial = technician.get("/api/v1/scans", query_string={"code": "S-1"}).json
    assert (serial["kind"], serial["location"]["code"]) == ("serial", "van1")
    missing = technician.get("/api/v1/scans", query_string={"code": "?"})
    assert (missing.status_code, missing.json["code"]) == (404, "not_found")
    assert technician.get("/api/v1/scans").status_code == 422
