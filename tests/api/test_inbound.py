"""What is to come, who waits, and what could do instead, over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast

API = "/api/v1"


def test_who_waits_and_what_is_to_come_is_listed(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    wish = {"ticket_id": str(cast.ticket), "part_id": str(cast.far_part), "quantity": 9, "takes_part": True}
    keeper.post(f"{API}/reservations", json=wish, headers={"Idempotency-Key": "r-1"})
    waiting = keeper.get(f"{API}/back-orders?part_id={cast.far_part}").json["items"]
    assert [(one["quantity"], one["expected_on"], one["urgency"]) for one in waiting] == [(7, None, "normal")]
    assert keeper.get(f"{API}/inbound").json == {"lines": []}
    assert client_for("outsider").get(f"{API}/back-orders").json == {"items": []}


def test_a_part_takes_the_place_of_another(cast: Cast, client_for: Any) -> None:
    swap = {"part_id": str(cast.part), "substitute_id": str(cast.far_part)}
    address = f"{API}/visits/{cast.unscheduled_visit}/substitutions"
    refused = client_for("dispatcher").post(address, json=swap, headers={"Idempotency-Key": "s-1"})
    assert refused.status_code == 422
    assert [one["code"] for one in refused.json["errors"]] == ["not_needed", "no_substitute"]
    assert client_for("agent").post(address, json=swap, headers={"Idempotency-Key": "s-1"}).status_code == 403
