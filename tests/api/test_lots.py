"""Lots over HTTP: named by receipts, read, corrected, scanned and traced."""

from datetime import timedelta
from typing import Any

from tests.fieldsvc.cast import Cast

SEALANT = {
    "number": "SEAL-1",
    "name_en": "Sealant",
    "name_zh": "密封胶",
    "unit_cost_cents": 1200,
    "price_cents": 2500,
    "has_lots": True,
    "shelf_life_days": 30,
}


def post(client: Any, path: str, body: dict[str, Any], key: str) -> Any:
    return client.post(f"/api/v1/{path}", json=body, headers={"Idempotency-Key": key})


def test_a_lot_comes_is_read_corrected_and_traced(cast: Cast, client_for: Any) -> None:
    keeper, admin = client_for("warehouse"), client_for("admin")
    part = post(admin, "parts", SEALANT, "p-1").json
    assert (part["has_lots"], part["shelf_life_days"]) == (True, 30)
    brought = {"part_id": part["id"], "location_id": str(cast.warehouse), "quantity": 3}
    refused = post(keeper, "stock-moves", brought, "m-0")
    assert [(one["code"], one["pointer"]) for one in refused.json["errors"]] == [("lots_missing", "/lots")]
    late = str(cast.day + timedelta(days=90))
    lots = [{"code": "L-1", "quantity": 1}, {"code": "L-2", "quantity": 2, "expires_on": late}]
    moved, again = (post(keeper, "stock-moves", {**brought, "lots": lots}, "m-1") for _ in range(2))
    assert (moved.status_code, again.data) == (201, moved.data)
    found = keeper.get("/api/v1/lots", query_string={"part_id": part["id"]}).json["items"]
    assert sorted((one["code"], one["expires_on"]) for one in found) == [
        ("L-1", str(cast.day + timedelta(days=30))),
        ("L-2", late),
    ]
    lot = next(one for one in found if one["code"] == "L-2")
    address = f"/api/v1/lots/{lot['id']}"
    soon = {"expires_on": str(cast.day + timedelta(days=9))}
    assert client_for("dispatcher").patch(address, json=soon, headers={"If-Match": '"1"'}).status_code == 403
    changed = keeper.patch(address, json=soon, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["expires_on"]) == (200, soon["expires_on"])
    assert keeper.patch(address, json=soon, headers={"If-Match": '"1"'}).status_code == 412
    assert client_for("outsider").get(address).status_code == 404
    scan = keeper.get("/api/v1/scans", query_string={"code": "L-2"}).json
    assert (scan["kind"], scan["expires_on"], scan["part"]["number"]) == ("lot", soon["expires_on"], "SEAL-1")
    moves = keeper.get("/api/v1/stock-moves", query_string={"lot_id": lot["id"]}).json["items"]
    assert [[(one["code"], one["quantity"]) for one in move["lots"]] for move in moves] == [[("L-1", 1), ("L-2", 2)]]
    exported = admin.get("/api/v1/exports/parts", headers={"Accept": "text/csv"}).data.decode("utf-8-sig")
    assert "SEAL-1,Sealant,密封胶,piece,,false,true,30," in exported


def test_a_count_names_lots_and_shows_them_when_it_is_posted(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    part = post(client_for("admin"), "parts", SEALANT, "p-1").json["id"]
    count = post(keeper, "counts", {"location_id": str(cast.warehouse), "part_ids": [part]}, "c-1").json
    lots = [{"code": "L-1", "quantity": 2}, {"code": "unknown", "quantity": 1}]
    counted = {"counted": [{"part_id": part, "quantity": 3, "lots": lots}]}
    posted = post(keeper, f"counts/{count['id']}/submission", counted, "c-2").json
    assert posted["state"] == "posted"
    (line,) = posted["lines"]
    assert [(one["code"], one["quantity"]) for one in line["counted_lots"]] == [("L-1", 2), ("unknown", 1)]
    assert line["expected_lots"] == []
