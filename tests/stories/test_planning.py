"""A day that is planned, planned otherwise, and set right by hand."""

import pytest

from tests.stories.cast import Refused

pytestmark = [pytest.mark.server, pytest.mark.engine]


def test_the_wrong_plan_is_taken_back_and_a_visit_put_by_hand(house) -> None:
    town, agent, dispatcher = house.town, house.agent, house.dispatcher
    ticket = agent.takes_down("the boiler drips", "since last night", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.leak)

    # The plan is published, and somebody says at once that it was the wrong one.
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)
    planned = dispatcher.get(f"/visits/{visit['id']}")
    assert planned["state"] == "dispatched"
    back = dispatcher.takes_back(run)
    assert (back["state"], back["reversal"]["left_out"]) == ("reverted", [])
    waiting = dispatcher.get(f"/visits/{visit['id']}")
    assert (waiting["state"], waiting["planned_start"], waiting["arrival_window_start"]) == ("unscheduled", None, None)

    # The customer asked for two o'clock. Bruno has no training then, and the visit stands exactly there.
    technicians = {one["name"]: one["id"] for one in dispatcher.get("/technicians")["items"]}
    bruno, two = technicians["Bruno Lima"], town.at(14).isoformat()
    placed = dispatcher.puts(visit, technician_ids=[bruno], start=two)
    assert placed["state"] == "planned"
    assert [one["technician_id"] for one in placed["assignments"]] == [bruno]
    explained = dispatcher.asks_why(visit, town.day)
    assert (explained["state"], explained["technicians"][0]["technician"]) == ("planned", "Bruno Lima")

    # Six in the morning is before his day begins: that takes a reason.
    with pytest.raises(Refused) as refused:
        dispatcher.puts(visit, technician_ids=[bruno], start=town.at(6).isoformat())
    assert "rules_broken" in str(refused.value)
    early = dispatcher.puts(visit, technician_ids=[bruno], start=town.at(6).isoformat(), reason="customer_wish")
    assert "overridden_shifts" in {notice["code"] for notice in early["notices"]}

    # Sent out, it is on Bruno's phone.
    dispatcher.post(f"/visits/{visit['id']}/dispatch")
    assert [stop["visit"]["id"] for stop in house.bruno.route(town.day)] == [visit["id"]]
