"""What comes back from a van over HTTP: proposed, drafted, shipped and received."""

from typing import Any

from tests.fieldsvc.cast import Cast

API = "/api/v1"


def post(client: Any, path: str, body: dict[str, Any], key: str) -> Any:
    return client.post(f"{API}{path}", json=body, headers={"Idempotency-Key": key})


def test_what_a_cancelled_visit_leaves_on_the_van_comes_back(cast: Cast, client_for: Any) -> None:
    keeper, technician, dispatcher = client_for("warehouse"), client_for("technician1"), client_for("dispatcher")
    tour = {"technician_id": str(cast.technician1.technician_id), "day": str(cast.day)}
    given = post(keeper, "/hand-overs", tour | {"location_id": str(cast.warehouse)}, "h-1").json["id"]
    post(technician, f"/transfers/{given}/receipt", {}, "r-1")
    van = {"location_id": str(cast.van1)}
    assert technician.get(f"{API}/return-proposals").json == {"items": []}
    nothing = post(dispatcher, "/return-proposals/transfers", van, "d-0")
    assert (nothing.status_code, nothing.json["code"]) == (409, "nothing_to_return")
    cancelled = post(dispatcher, f"/visits/{cast.visit}/cancellation", {"reason": "customer"}, "c-1")
    assert cancelled.status_code == 200
    line = {
        "from_location_id": str(cast.van1),
        "to_location_id": str(cast.warehouse),
        "part_id": str(cast.far_part),
        "quantity": 1,
        "serials": [],
    }
    for client in (keeper, technician, dispatcher):
        assert client.get(f"{API}/return-proposals", query_string=van).json == {"items": [line]}
    assert keeper.get(f"{API}/return-proposals?location_id={cast.van2}").json == {"items": []}
    assert client_for("technician2").get(f"{API}/return-proposals", query_string=van).json == {"items": []}
    assert keeper.get(f"{API}/return-proposals?restock_days=0").status_code == 422
    wrong = post(client_for("technician2"), "/return-proposals/transfers", van, "d-1")
    assert (wrong.status_code, [one["code"] for one in wrong.json["errors"]]) == (422, ["unknown_location"])
    assert post(client_for("agent"), "/return-proposals/transfers", van, "d-1").status_code == 403
    made, again = (post(dispatcher, "/return-proposals/transfers", van, "d-2") for _ in range(2))
    assert (made.status_code, again.data) == (201, made.data)
    (draft,) = made.json["transfers"]
    assert (draft["state"], draft["to_location_id"]) == ("draft", str(cast.warehouse))
    assert post(dispatcher, "/return-proposals/transfers", van, "d-3").json["code"] == "nothing_to_return"
    assert keeper.get(f"{API}/return-proposals").json == {"items": []}
    assert post(technician, f"/transfers/{draft['id']}/shipment", {}, "s-1").json["state"] == "shipped"
    assert [one["id"] for one in keeper.get(f"{API}/inbound").json["lines"]] == [draft["id"]]
    assert post(keeper, f"/transfers/{draft['id']}/receipt", {}, "r-2").json["state"] == "received"
