"""What a phone that was out of reach has to tell, and what becomes of it."""

import hashlib
from pathlib import Path

import pytest

from bench.phones.client import Phone, Synced
from bench.phones.network import HttpNetwork
from tests.fieldsvc.cast import PASSWORD
from tests.stories.test_stories import AT_THE_DOOR, HEALTHY, REPORT

pytestmark = [pytest.mark.server, pytest.mark.engine]


def phone_of(house, login: str, directory: Path) -> Phone:
    """Give somebody a phone with a file of its own."""
    return Phone(directory / f"{login}.phone", HttpNetwork(house.address, login, PASSWORD), login)


def test_a_phone_out_of_reach_has_done_what_was_given_to_another(house, tmp_path: Path) -> None:
    town, agent, dispatcher = house.town, house.agent, house.dispatcher
    ticket = agent.takes_down("the boiler drips", "since last night", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.leak)
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)

    # Ana's phone gets the visit with all she needs: where it is, the parts, and what is on her van.
    anas, brunos = (phone_of(house, login, tmp_path) for login in ("technician1", "technician2"))
    assert anas.sync() is Synced.DONE
    shown = anas.visit(visit["id"])
    assert shown is not None
    assert (shown["state"], shown["site"]["address"]) == ("dispatched", "Rua da Praia 1")
    assert anas.store.things("stock")[str(town.seal)]["on_hand"] == 2
    (day,) = anas.store.things("routes").values()
    assert [stop["visit_id"] for stop in day["stops"]] == [visit["id"]]

    # The house has thick walls. She works all the same, and her phone keeps every tap.
    base = shown["version"]
    anas.note("acceptance", visit["id"], base_version=base)
    anas.note("departure", visit["id"])
    anas.note("check_in", visit["id"], position=AT_THE_DOOR)
    anas.note("work", visit["id"])
    anas.note("diagnosis", visit["id"], symptom="leak", cause="seal", action="replace_part")
    anas.note("solution", visit["id"], solution="new seals")
    anas.note("consumption", visit["id"], part_id=str(town.seal), quantity=2)
    anas.note("verification", visit["id"], passed=True)
    anas.note("report", visit["id"], content=REPORT)

    # Nobody hears from her. The dispatcher gives the visit to Bruno, who says that he will come.
    ana = shown["assignments"][0]["technician_id"]
    away = {"starts_at": town.at(0).isoformat(), "ends_at": town.at(23).isoformat(), "reason": "other"}
    dispatcher.post(f"/technicians/{ana}/absences", **away)
    assert "technician_absent" in {task["kind"] for task in dispatcher.get("/inbox")["items"]}
    dispatcher.post(f"/visits/{visit['id']}/postponement", reason="technician")
    run, proposal = dispatcher.plans(town.team, town.day)
    assert [route["technician"] for route in proposal["routes"] if route["stops"]] == ["Bruno Lima"]
    dispatcher.applies(run)
    assert brunos.sync() is Synced.DONE
    his = brunos.visit(visit["id"])
    assert his is not None
    yes = brunos.note("acceptance", visit["id"], base_version=his["version"])
    assert brunos.sync() is Synced.DONE
    assert brunos.store.result_of(yes["id"])["status"] == "applied"

    # Mr. Wang had to leave. Back in the street it tells what happened, and it stands.
    anas.note("sign_off", visit["id"], outcome="absent", report_sha256=hashlib.sha256(REPORT.encode()).hexdigest())
    done = anas.note("completion", visit["id"])
    assert anas.sync() is Synced.DONE
    assert anas.store.result_of(done["id"])["status"] == "applied"
    now = dispatcher.get(f"/visits/{visit['id']}")
    assert (now["state"], [one["technician"] for one in now["assignments"]]) == ("completed", ["Ana Souza"])
    assert 1 <= now["assignments"][0]["check_in_distance_m"] < 50
    assert house.ana.units(town.seal, town.ana_van) == 0

    # Her yes came too late to count, and both sides are kept. The office is told of both; Bruno's phone forgets it.
    told = dispatcher.get("/sync/commands", visit_id=visit["id"], status="conflict")["items"]
    assert [(one["type"], one["problem"]["code"]) for one in told] == [("acceptance", "visit_not_yours")]
    kept = dispatcher.get("/sync/commands", visit_id=visit["id"], status="kept")["items"]
    assert [one["type"] for one in kept] == ["departure"]
    inbox = {task["kind"] for task in dispatcher.get("/inbox")["items"]}
    assert {"late_fact", "phone_conflict"} <= inbox
    assert brunos.sync() is Synced.DONE
    assert brunos.visit(visit["id"]) is None
    assert house.doctor() == HEALTHY


def test_a_phone_that_was_lost_is_wiped(house, tmp_path: Path) -> None:
    town, agent, dispatcher = house.town, house.agent, house.dispatcher
    ticket = agent.takes_down("the boiler drips", "since last night", customer=town.customer, site=town.site)
    visit = agent.triages(ticket, job_type=town.leak)
    run, _ = dispatcher.plans(town.team, town.day)
    dispatcher.applies(run)
    phone = phone_of(house, "technician1", tmp_path)
    assert phone.sync() is Synced.DONE
    assert phone.visit(visit["id"]) is not None

    # Ana takes it back from home. It has something to tell still, tells it, and is empty.
    departed = phone.note("departure", visit["id"])
    house.ana.post(f"/devices/{phone.store.device_id}/revocation")
    assert phone.sync() is Synced.WIPED
    assert (phone.visit(visit["id"]), phone.store.result_of(departed["id"])) == (None, None)
    assert dispatcher.get(f"/visits/{visit['id']}")["state"] == "en_route"
    assert [one["state"] for one in house.ana.get("/devices")["items"]] == ["wiped"]
    assert house.doctor() == HEALTHY
