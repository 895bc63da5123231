"""A part that is not there: promised to another, ordered, fetched, swapped out of reach, and sent back."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from bench.phones.client import Phone, Synced
from bench.phones.network import HttpNetwork
from tests.fieldsvc.cast import PASSWORD
from tests.stories.cast import JSON, Refused
from tests.stories.test_stories import AT_THE_DOOR, HEALTHY, REPORT
from tests.stories.town import ANA

pytestmark = [pytest.mark.server, pytest.mark.engine]

CATALOGUE_CENTS, ORDER_CENTS = 900, 1_237


def causes_of(proposal: JSON, visit: JSON) -> dict[str, JSON]:
    (left,) = (one for one in proposal["unplanned"] if one["number"] == visit["number"])
    return {cause["reason"]: cause for cause in left["causes"]}


def test_a_compressor_comes_when_it_is_there_and_the_old_one_goes_back(house, tmp_path: Path) -> None:
    town, agent, dispatcher, keeper = house.town, house.agent, house.dispatcher, house.keeper
    part = str(town.compressor)

    # Two boilers stand still. There is one compressor, and the warehouse has promised it to the other customer.
    first = agent.takes_down("no heat at all", "it hums", customer=town.customer, site=town.site)
    other = agent.takes_down("no heat either", "since today", customer=town.customer, site=town.site)
    visit = agent.triages(first, job_type=town.seized)
    (held,) = keeper.post("/reservations", ticket_id=other["id"], part_id=part, quantity=1)["reservations"]
    assert (held["state"], held["location_id"]) == ("reserved", str(town.warehouse))
    with pytest.raises(Refused, match="not_enough_stock"):
        keeper.post("/reservations", ticket_id=first["id"], part_id=part, quantity=1)

    # The run leaves it alone, and says why the visit has no place.
    _, proposal = dispatcher.plans(town.team, town.day)
    missing = causes_of(proposal, visit)["PART_OUT_OF_STOCK"]
    assert missing["details"]["expected_on"] == {}

    # The warehouse orders one. From then on everybody can read when it is to come.
    offer = {"part_id": part, "number": "HX-1", "unit_cost_cents": ORDER_CENTS}
    supplier = keeper.post("/suppliers", code="hx", name="HX Ltd", lead_time_days=3, parts=[offer])
    lines = [{"part_id": part, "quantity": 1}]
    order = keeper.post("/purchase-orders", supplier_id=supplier["id"], location_id=str(town.warehouse), lines=lines)
    house.supervisor.post(f"/purchase-orders/{order['id']}/approval")
    day = keeper.post(f"/purchase-orders/{order['id']}/placement", reference="A-17")["lines"][0]["expected_on"]
    _, proposal = dispatcher.plans(town.team, town.day)
    missing = causes_of(proposal, visit)["PART_OUT_OF_STOCK"]
    assert missing["details"]["expected_on"] == {"COMPRESSOR": day}
    assert f"COMPRESSOR is expected on {day}." in missing["sentence"]

    # It comes sooner. The next run plans the visit by itself, with a stop at the depot to fetch it.
    counted = [{"part_id": part, "quantity": 1, "serials": ["C-2"]}]
    assert keeper.post(f"/purchase-orders/{order['id']}/receipt", counted=counted)["state"] == "received"
    run, proposal = dispatcher.plans(town.team, town.day)
    (route,) = (one for one in proposal["routes"] if one["stops"])
    fetched = [(load["part"], load["quantity"]) for stop in route["stops"] for load in stop["loads"]]
    assert (fetched, proposal["unplanned"]) == ([("COMPRESSOR", 1)], [])
    assert dispatcher.applies(run)["state"] == "applied"
    (assignment,) = dispatcher.get(f"/visits/{visit['id']}")["assignments"]
    technician, is_anas = assignment["technician_id"], assignment["technician"] == ANA
    login, driver = ("technician1", house.ana) if is_anas else ("technician2", house.bruno)

    # Nobody can have the one that is promised. The warehouse picks it, and hands it over.
    tour = {"location_id": str(town.warehouse), "technician_id": technician, "day": town.day.isoformat()}
    asked = {"location_id": tour["location_id"], "date": tour["day"]}
    (picked,) = keeper.get("/pick-lists", **asked)["lists"]
    assert [(line["visit_number"], line["reserved"]) for line in picked["lines"]] == [(visit["number"], 1)]
    keeper.post("/pick-lists/picks", **tour)
    with pytest.raises(Refused, match="serials_missing"):
        keeper.post("/hand-overs", **tour)
    given = keeper.post("/hand-overs", **tour, serials=[{"part_id": part, "serials": ["C-2"]}])
    assert driver.post(f"/transfers/{given['id']}/receipt")["state"] == "received"

    # The plan stands: another run loses nothing, and may say that without the stop she can be there earlier.
    _, proposal = dispatcher.plans(town.team, town.day)
    assert proposal["unplanned"] == []
    assert {one["kind"] for one in proposal["differences"]} <= {"retimed"}

    # The cellar has no signal. The compressor is swapped, and the phone keeps every tap and both serials.
    phone = Phone(tmp_path / "driver.phone", HttpNetwork(house.address, login, PASSWORD), login)
    assert phone.sync() is Synced.DONE
    shown = phone.visit(visit["id"])
    assert shown is not None
    phone.note("acceptance", visit["id"], base_version=shown["version"])
    phone.note("departure", visit["id"])
    phone.note("check_in", visit["id"], position=AT_THE_DOOR)
    phone.note("work", visit["id"])
    phone.note("diagnosis", visit["id"], symptom="no_heat", cause="compressor", action="replace_part")
    phone.note("solution", visit["id"], solution="new compressor")
    phone.note("consumption", visit["id"], part_id=part, serial="C-2", swapped_serial="OLD-77")
    phone.note("verification", visit["id"], passed=True)
    phone.note("report", visit["id"], content=REPORT)
    phone.note("sign_off", visit["id"], outcome="absent", report_sha256=hashlib.sha256(REPORT.encode()).hexdigest())
    done = phone.note("completion", visit["id"])
    assert phone.sync() is Synced.DONE
    assert phone.store.result_of(done["id"])["status"] == "applied"

    # The old one is asked back by itself, comes, is looked at, and the supplier pays for it.
    (rma,) = keeper.get("/rmas", ticket_id=first["id"])["items"]
    assert (rma["serial"], rma["state"], rma["reason"]) == ("OLD-77", "requested", "swapped_out")
    path = f"/rmas/{rma['id']}"
    keeper.post(f"{path}/authorization", to_location_id=str(town.warehouse))
    driver.post(f"{path}/shipment", tracking_number="1Z-9")
    keeper.post(f"{path}/receipt")
    keeper.post(f"{path}/inspection", finding="bearing gone", is_under_warranty=True)
    claim = keeper.post(f"{path}/disposition", disposition="credit", supplier_id=supplier["id"])
    assert (claim["state"], claim["claimed_cents"]) == ("dispositioned", _average())
    assert keeper.post(f"{path}/settlement", credited_cents=1_000)["state"] == "closed"

    # To the cent: what came in is what went out and what is there.
    moves = keeper.get("/stock-moves", part_id=part)["items"]
    (worth,) = keeper.get("/stock-values", part_id=part)["items"]
    assert (worth["units"], worth["value_cents"]) == (1, CATALOGUE_CENTS + ORDER_CENTS - _average())
    assert sum(move["value_cents"] for move in moves) == worth["value_cents"]
    _keep_tubes_that_expire(house, supplier["id"])
    assert house.doctor() == HEALTHY


def _keep_tubes_that_expire(house, supplier: str) -> None:
    """Sealant comes in two lots, one of them too early in the books; the other one turns out to be old."""
    town, keeper, place = house.town, house.keeper, str(house.town.warehouse)
    words = {"name_en": "Sealant", "name_zh": "密封胶", "unit_cost_cents": 700, "price_cents": 1_500}
    part = house.admin.post("/parts", number="SEALANT", has_lots=True, shelf_life_days=365, **words)["id"]
    lines = [{"part_id": part, "quantity": 3}]
    order = keeper.post("/purchase-orders", supplier_id=supplier, location_id=place, lines=lines)
    path = f"/purchase-orders/{order['id']}"
    house.supervisor.post(f"{path}/approval")
    keeper.post(f"{path}/placement")
    with pytest.raises(Refused, match="lots_missing"):
        keeper.post(f"{path}/receipt", counted=lines)
    soon, late = (str(town.day + timedelta(days=days)) for days in (20, 200))
    lots = [{"code": "L-1", "quantity": 2, "expires_on": soon}, {"code": "L-2", "quantity": 1, "expires_on": late}]
    keeper.post(f"{path}/receipt", counted=[lines[0] | {"lots": lots}])
    (wrong,) = keeper.get("/stock-moves", part_id=part)["items"]
    keeper.post(f"/stock-moves/{wrong['id']}/reversal")
    assert keeper.get(path)["state"] == "ordered"  # it is expected again
    assert keeper.post(f"{path}/receipt", counted=[lines[0] | {"lots": lots}])["state"] == "received"

    # Two go to Ana: the first to expire. Then the maker says that they are older than was printed on them.
    van = str(town.ana_van)
    sent = keeper.post("/transfers", from_location_id=place, to_location_id=van, lines=[lines[0] | {"quantity": 2}])
    keeper.post(f"/transfers/{sent['id']}/shipment")
    house.ana.post(f"/transfers/{sent['id']}/receipt")
    scan = keeper.get("/scans", code="L-1")
    assert (scan["expires_on"], [one["on_hand"] for one in scan["places"]]) == (soon, [2])
    assert {one["location_id"] for one in scan["places"]} == {van}
    keeper.patch(f"/lots/{scan['id']}", expires_on=str(town.day - timedelta(days=40)))
    (old,) = (one for one in keeper.get("/rmas", part_id=part)["items"] if one["reason"] == "expired")
    assert (old["state"], old["from_location_id"], old["lots"]) == (
        "inspected",
        van,
        [{"lot_id": scan["id"], "quantity": 2}],
    )
    assert keeper.post(f"/rmas/{old['id']}/disposition", disposition="scrap")["state"] == "closed"
    assert [one["code"] for one in keeper.get("/lots", part_id=part, in_stock="true")["items"]] == ["L-2"]


def _average() -> int:
    """What one of two compressors is worth, rounded half up."""
    return (CATALOGUE_CENTS + ORDER_CENTS + 1) // 2
