"""What happens between a customer's call and a repair that is signed for, told as the people of the house see it."""

import hashlib
from datetime import datetime

import pytest

from fieldsvc.domain.ledger import MoveReason
from tests.stories.cast import Refused
from tests.stories.town import move_stock

pytestmark = [pytest.mark.server, pytest.mark.engine]
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

AT_THE_DOOR = {"latitude": -30.0301, "longitude": -51.2301}
REPORT = "Seals replaced, no drop in ten minutes. 已更换密封圈。"
HEALTHY = "No findings: every invariant checked holds.\n"


def test_a_report_becomes_a_repair_that_is_signed_for(house) -> None:
    town, agent, dispatcher, ana, bruno = house.town, house.agent, house.dispatcher, house.ana, house.bruno

    # Mr. Wang calls. The agent takes it down, promises the morning, and gives him a link.
    ticket = agent.takes_down("the boiler drips", "since last night", customer=town.customer, site=town.site)
    customer = house.customer_with(agent.link_for(ticket))
    assert customer.looks()["ticket_state"] == "new"
    morning = (town.at(8).isoformat(), town.at(12).isoformat())
    visit = agent.triages(ticket, job_type=town.leak, promised=morning)
    assert (visit["state"], visit["parts"]) == ("unscheduled", [{"part_id": str(town.seal), "quantity": 2}])

    # The dispatcher lets tomorrow be planned, reads the proposal, and publishes it to the phones.
    run, proposal = dispatcher.plans(town.team, town.day)
    (route,), (added,) = proposal["routes"], proposal["differences"]
    (stop,) = (one for one in route["stops"] if one["kind"] == "job")
    assert (route["technician"], stop["number"], proposal["unplanned"]) == ("Ana Souza", visit["number"], [])
    assert [(part["part"], part["quantity"], part["from"]) for part in stop["parts"]] == [("SEAL", 2, "van")]
    assert (added["kind"], added["from"], added["number"]) == ("added", None, visit["number"])
    figures = proposal["kpis"]
    assert (figures["before"]["visits_planned"], figures["after"]["visits_planned"]) == (0, 1)
    assert customer.looks()["technician"] is None  # a proposal binds nobody
    assert dispatcher.applies(run)["state"] == "applied"
    assert agent.state_of(ticket) == "in_progress"
    why = dispatcher.asks_why(visit, town.day)
    assert (why["state"], [one["technician"] for one in why["technicians"]]) == ("planned", ["Ana Souza"])

    # Mr. Wang sees who comes and when; whoever has nothing to do with it sees nothing.
    coming = customer.looks()
    assert (coming["technician"], coming["visit_state"]) == ("Ana", "dispatched")
    assert coming["window_start"] <= coming["planned_arrival"] < coming["window_end"]
    paths = (f"/visits/{visit['id']}", f"/tickets/{ticket['id']}")
    assert house.outsider.finds_nothing_at(*paths, f"/optimization-runs/{run['id']}")
    assert bruno.finds_nothing_at(*paths)
    assert bruno.route(town.day) == []

    # Ana finds it on her phone, says yes, drives, and checks in at the door.
    (own,) = ana.route(town.day)
    assert (own["visit"]["id"], own["visit"]["site"]["address"]) == (visit["id"], "Rua da Praia 1")
    assert [(part["number"], part["quantity"], part["needs_pick_up"]) for part in own["parts"]] == [("SEAL", 2, False)]
    assert ana.says(visit, "acceptance")["state"] == "accepted"
    assert ana.says(visit, "departure")["notices"] == []
    arrived = ana.says(visit, "check-in", position=AT_THE_DOOR)
    assert 1 <= arrived["assignments"][0]["check_in_distance_m"] < 50
    assert customer.looks()["visit_state"] == "on_site"

    # She works, finds the cause, uses two seals out of her van, and sees that it holds.
    ana.says(visit, "work")
    ana.says(visit, "diagnosis", symptom="leak", cause="seal", action="replace_part", note="worn out")
    ana.says(visit, "solution", solution="new seals")
    assert ana.units(town.seal, town.ana_van) == 2
    used = ana.says(visit, "consumptions", part_id=str(town.seal), quantity=2)
    assert [one["quantity"] for one in used["consumptions"]] == [2]
    assert ana.units(town.seal, town.ana_van) == 0
    assert ana.says(visit, "verification", passed=True)["verification_passed"] is True

    # Mr. Wang reads the report on her phone and signs exactly that text.
    shown = ana.says(visit, "report", content=REPORT)["report"]["sha256"]
    assert shown == hashlib.sha256(REPORT.encode()).hexdigest()
    signature = {"signer_name": "王伟", "strokes": [[[1, 1, 0], [9, 4, 80]]]}
    signed = ana.says(visit, "sign-off", outcome="signed", report_sha256=shown, **signature)
    assert signed["sign_off"]["state"] == "signed"
    assert ana.says(visit, "completion")["state"] == "completed"

    # That closes the ticket. The link says so too, and the books are in order.
    assert agent.state_of(ticket) == "closed"
    done = customer.looks()
    assert (done["ticket_state"], done["sign_off_state"], done["report_sha256"]) == ("closed", "signed", shown)
    assert house.doctor() == HEALTHY


@on_one_database
def test_a_technician_declines_and_another_one_comes(house) -> None:
    town, agent, dispatcher, ana, bruno = house.town, house.agent, house.dispatcher, house.ana, house.bruno
    ticket = agent.takes_down("the boiler drips", "a little", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.leak)
    customer = house.customer_with(agent.link_for(ticket))

    # Ana gets the visit first thing in the morning, and can't.
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)
    promised = customer.looks()
    assert promised["technician"] == "Ana"
    assert ana.says(visit, "declination", reason="personal", note="school play")["state"] == "unscheduled"
    assert ana.route(town.day) == []
    assert agent.state_of(ticket) == "triaged"
    waiting = customer.looks()
    assert (waiting["technician"], waiting["visit_state"]) == (None, "unscheduled")

    # The dispatcher asks why it stands there and who else could go: only Bruno, when his training is over.
    why = dispatcher.asks_why(visit, town.day)
    assert (why["state"], why["number"]) == ("unplanned", visit["number"])
    assert all(cause["sentence"] and cause["remedy"] for cause in why["causes"])
    could = dispatcher.asks_who_could(visit, town.day)
    assert {one["technician"] for one in could} == {"Bruno Lima"}
    assert min(one["start"] for one in could) >= town.at(11).isoformat()

    # The next run gives it to him, with the seals from the depot as his van has none.
    run, proposal = dispatcher.plans(town.team, town.day)
    (route,) = proposal["routes"]
    assert route["technician"] == "Bruno Lima"
    assert [one["kind"] for one in route["stops"] if one["kind"] != "break"] == ["warehouse", "job"]
    assert dispatcher.applies(run)["state"] == "applied"
    barred = dispatcher.asks_why(visit, town.day)["barred"]
    assert ("Ana Souza", ["DECLINED"]) in [
        (one["technician"], [reason["reason"] for reason in one["reasons"]]) for one in barred
    ]

    # He has it on his phone, and the customer a new name and a later window.
    (own,) = bruno.route(town.day)
    assert (own["visit"]["id"], [part["needs_pick_up"] for part in own["parts"]]) == (visit["id"], [True])
    coming = customer.looks()
    assert (coming["technician"], coming["visit_state"]) == ("Bruno", "dispatched")
    assert promised["window_end"] < coming["planned_arrival"]
    assert coming["window_start"] <= coming["planned_arrival"] < coming["window_end"]
    assert house.doctor() == HEALTHY


@on_one_database
def test_a_part_is_missing_and_the_visit_is_made_up_for_when_it_arrives(house) -> None:
    town, agent, dispatcher, ana = house.town, house.agent, house.dispatcher, house.ana
    ticket = agent.takes_down("no heat", "the house is cold", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.cold)
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)

    # Ana is there, but the only pump of the town is broken in its box. The warehouse writes it off.
    for step in ("acceptance", "departure", "check-in"):
        ana.says(visit, step)
    assert ana.says(visit, "incompletion", reason="part_missing")["state"] == "incomplete"
    move_stock(house.database, town.pump, town.ana_van, town.scrap, MoveReason.CORRECTION)

    # The ticket waits with a second visit that needs a pump again.
    assert agent.state_of(ticket) == "triaged"
    first, second = agent.visits_of(ticket)
    assert (first["id"], second["state"]) == (visit["id"], "unscheduled")
    assert second["parts"] == [{"part_id": str(town.pump), "quantity": 1}]

    # A run can't plan it, and says what is missing and what to do.
    run, proposal = dispatcher.plans(town.team, town.day)
    (left,) = proposal["unplanned"]
    (cause,) = left["causes"]
    assert (left["number"], cause["reason"]) == (second["number"], "PART_OUT_OF_STOCK")
    assert "PUMP" in cause["sentence"]
    assert cause["remedy"]
    assert dispatcher.applies(run)["state"] == "applied"

    # The warehouse's morning: a pump has come. The next run plans the visit over the depot.
    move_stock(house.database, town.pump, town.supplier, town.warehouse, MoveReason.RECEIPT)
    run, proposal = dispatcher.plans(town.team, town.day)
    assert proposal["unplanned"] == []
    ((part, source),) = (
        (own["part"], own["from"]) for route in proposal["routes"] for stop in route["stops"] for own in stop["parts"]
    )
    assert (part, source) == ("PUMP", "depot")
    dispatcher.applies(run)
    assert agent.visits_of(ticket)[-1]["state"] == "dispatched"
    assert house.doctor() == HEALTHY


@on_one_database
def test_a_van_breaks_down_and_the_customer_asks_for_the_afternoon(house) -> None:
    town, agent, dispatcher, ana = house.town, house.agent, house.dispatcher, house.ana
    ticket = agent.takes_down("the boiler drips", "a little", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.leak)
    customer = house.customer_with(agent.link_for(ticket))
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)

    # Ana is on her way when her van stops. The visit is nobody's again, and her seals are free.
    ana.says(visit, "acceptance")
    ana.says(visit, "departure")
    assert ana.says(visit, "turning-back", reason="breakdown")["state"] == "unscheduled"
    assert ana.route(town.day) == []
    assert agent.state_of(ticket) == "triaged"

    # Mr. Wang would rather have it in the afternoon anyhow, and the next run does him the favour.
    afternoon = (town.at(14).isoformat(), town.at(16).isoformat())
    assert customer.asks_for(afternoon)["visit_state"] == "unscheduled"
    run, _ = dispatcher.plans(town.team, town.day)
    assert dispatcher.applies(run)["state"] == "applied"
    arrival = datetime.fromisoformat(customer.looks()["planned_arrival"])
    assert town.at(13) <= arrival <= town.at(16)

    # Then it drips no more. He calls it off, in time, and everybody knows.
    done = customer.calls_it_off()
    assert (done["ticket_state"], done["visit_state"]) == ("cancelled", None)
    cancelled = agent.visits_of(ticket)[-1]
    assert (cancelled["state"], cancelled["cancel_reason"]) == ("cancelled", "customer")
    assert ana.route(town.day) == []
    assert house.doctor() == HEALTHY


@on_one_database
def test_a_repair_does_not_hold_and_the_customer_is_right(house) -> None:
    town, agent, dispatcher, ana = house.town, house.agent, house.dispatcher, house.ana
    ticket = agent.takes_down("the boiler drips", "a little", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.leak, urgency="normal")
    customer = house.customer_with(agent.link_for(ticket))
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)

    # Ana changes the seals, Mr. Wang signs, and the ticket is closed.
    for step in ("acceptance", "departure", "check-in", "work"):
        ana.says(visit, step)
    ana.says(visit, "diagnosis", symptom="leak", cause="seal", action="replace_part")
    ana.says(visit, "verification", passed=True)
    shown = ana.says(visit, "report", content=REPORT)["report"]["sha256"]
    ana.says(visit, "sign-off", outcome="signed", report_sha256=shown, signer_name="王伟", strokes=[[[1, 1, 0]]])
    ana.says(visit, "completion", states_no_parts=True)
    assert agent.state_of(ticket) == "closed"

    # Two days later it drips again. He objects by his link; what he signed stays what it is.
    assert customer.objects(shown, "还在漏水 -- it still drips")["sign_off_state"] == "disputed"
    disputed = agent.visits_of(ticket)[-1]["sign_off"]
    assert (disputed["objection"], disputed["report_sha256"]) == ("还在漏水 -- it still drips", shown)

    # The desk sees that he is right: a second visit, more urgent, which the next run plans.
    upheld = agent.post(f"/visits/{visit['id']}/dispute", is_upheld=True, reason="photo shows a drip")
    assert upheld["sign_off"]["state"] == "upheld"
    assert agent.get(f"/tickets/{ticket['id']}")["urgency"] == "high"
    first, repeat = agent.visits_of(ticket)
    assert (first["id"], first["state"], repeat["state"]) == (visit["id"], "completed", "unscheduled")
    run, proposal = dispatcher.plans(town.team, town.day)
    planned = [stop["number"] for route in proposal["routes"] for stop in route["stops"] if stop["kind"] == "job"]
    assert repeat["number"] in planned
    assert dispatcher.applies(run)["state"] == "applied"
    assert customer.looks()["visit_state"] == "dispatched"
    assert house.doctor() == HEALTHY


@on_one_database
def test_two_carry_what_one_can_not(house) -> None:
    town, agent, dispatcher, ana, bruno = house.town, house.agent, house.dispatcher, house.ana, house.bruno
    points = [
        {"code": "water_off", "step": "safety", "text_en": "The water is off", "text_zh": "已关水"},
        {
            "code": "pressure",
            "step": "verification",
            "kind": "reading",
            "text_en": "Pressure after ten minutes",
            "text_zh": "十分钟后的压力",
            "unit": "bar",
            "low": "1.0",
            "high": "2.5",
        },
    ]
    house.admin.post(f"/job-types/{town.heavy}/procedures", points=points)
    ticket = agent.takes_down("a new boiler", "the old one is beyond repair", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.heavy)
    customer = house.customer_with(agent.link_for(ticket))

    # It is not covered by any warranty. Mr. Wang sees the price before anybody comes, and agrees.
    lines = [
        {"text": "Boiler, fitted", "unit_price_cents": 189_000},
        {"text": "Old one taken away", "unit_price_cents": 4_500},
    ]
    agent.post(f"/tickets/{ticket['id']}/approvals", lines=lines)
    (offer,) = customer.looks()["approvals"]
    assert offer["total_cents"] == 193_500
    assert customer.agrees_to_pay(offer)["approvals"][0]["state"] == "approved"

    # Both have to be there at once, and Bruno is at a training until eleven.
    run, proposal = dispatcher.plans(town.team, town.day)
    arrivals = {
        route["technician"]: stop["start"]
        for route in proposal["routes"]
        for stop in route["stops"]
        if stop["kind"] == "job"
    }
    assert sorted(arrivals) == ["Ana Souza", "Bruno Lima"]
    assert len(set(arrivals.values())) == 1
    assert min(arrivals.values()) >= town.at(11).isoformat()
    assert dispatcher.applies(run)["state"] == "applied"
    given = {one["technician"]: one["is_lead"] for one in agent.visits_of(ticket)[0]["assignments"]}
    lead, helper = (ana, bruno) if given["Ana Souza"] else (bruno, ana)

    # Each has it on the phone and says for himself how far he is; the customer hears of the lead.
    for person in (helper, lead):
        assert [stop["visit"]["id"] for stop in person.route(town.day)] == [visit["id"]]
        person.says(visit, "acceptance")
    helper.says(visit, "departure")
    assert customer.looks()["visit_state"] == "accepted"
    helper.says(visit, "check-in", position=AT_THE_DOOR)
    lead.says(visit, "departure")
    lead.says(visit, "check-in", position=AT_THE_DOOR)
    helper.says(visit, "work")
    started = lead.says(visit, "work")
    assert [notice["code"] for notice in started["notices"]] == ["safety_points_open"]

    # They go through what the job asks for. The lead ends it for both, and only when all of it is there.
    helper.says(visit, "checklist", answers=[{"point": "water_off"}])
    lead.says(visit, "diagnosis", symptom="leak", cause="corrosion", action="replace_device")
    lead.says(visit, "solution", solution="new boiler fitted")
    lead.says(visit, "verification", passed=True)
    shown = lead.says(visit, "report", content=REPORT)["report"]["sha256"]
    lead.says(visit, "sign-off", outcome="signed", report_sha256=shown, signer_name="王伟", strokes=[[[1, 1, 0]]])
    with pytest.raises(Refused, match="checklist_point_open"):
        lead.says(visit, "completion", states_no_parts=True)
    lead.says(visit, "checklist", answers=[{"point": "pressure", "value": "1.6"}])
    with pytest.raises(Refused, match="lead_ends_visit"):
        helper.says(visit, "completion", states_no_parts=True)
    done = lead.says(visit, "completion", states_no_parts=True)
    assert {one["state"] for one in done["assignments"]} == {"completed"}
    assert agent.state_of(ticket) == "closed"
    assert house.doctor() == HEALTHY
