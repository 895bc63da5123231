"""What should be ordered, over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast

API = "/api/v1"


def post(client: Any, path: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(f"{API}{path}", json=body, headers={"Idempotency-Key": key or path})


def test_what_somebody_waits_for_is_proposed_and_ordered(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    part, house = str(cast.far_part), str(cast.warehouse)
    offer = {"part_id": part, "number": "X", "unit_cost_cents": 700}
    post(keeper, "/suppliers", {"code": "acme", "name": "Acme", "lead_time_days": 5, "parts": [offer]})
    wish = {"ticket_id": str(cast.ticket), "part_id": part, "quantity": 9, "takes_part": True}
    assert post(keeper, "/reservations", wish).status_code == 201
    made, again = (post(keeper, "/replenishment/proposals", {"location_id": house}, "p-1") for _ in range(2))
    assert (made.status_code, again.data) == (201, made.data)
    (one,) = made.json["proposals"]
    assert (one["part_id"], one["quantity"], one["figures"]["backordered"]) == (part, 7, 7)
    picture = keeper.get(f"{API}/replenishment/proposals/{one['id']}/picture.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert picture.text.count("<rect") == 52
    nothing = post(keeper, "/replenishment/proposals", {"location_id": str(cast.van1)}, "p-2")
    assert (nothing.status_code, nothing.json["errors"][0]["pointer"]) == (422, "/location_id")
    ordered = post(keeper, "/replenishment/orders", {"proposals": [{"proposal_id": one["id"], "quantity": 10}]})
    assert ordered.status_code == 201
    assert [line["quantity"] for line in ordered.json["orders"][0]["lines"]] == [10]
    listed = keeper.get(f"{API}/replenishment/proposals?state=ordered").json["items"]
    assert [each["order_id"] for each in listed] == [ordered.json["orders"][0]["id"]]
    late = keeper.post(f"{API}/replenishment/proposals/{one['id']}/dismissal", json={"reason": "no room"})
    assert (late.status_code, late.json["code"]) == (409, "transition_refused")
    assert client_for("dispatcher").get(f"{API}/replenishment/proposals").status_code == 403


def test_vans_and_dead_stock_are_read(cast: Cast, client_for: Any) -> None:
    keeper, asked = client_for("warehouse"), {"location_id": str(cast.warehouse)}
    levels = keeper.get(f"{API}/replenishment/van-levels", query_string=asked)
    assert (levels.status_code, levels.json["lines"]) == (200, [])  # nobody has used anything yet
    dead = keeper.get(f"{API}/replenishment/dead-stock", query_string=asked | {"silent_days": "1"})
    assert dead.status_code == 200
    assert (
        keeper.get(f"{API}/replenishment/dead-stock", query_string={"location_id": str(cast.van1)}).status_code == 404
    )
