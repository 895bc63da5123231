"""Applications at the same time: exactly one wins, and no reader sees half of it."""

import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from fieldsvc.domain.errors import Conflict, DomainError
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import PUBLISHED
from fieldsvc.models import Assignment, OptimizationRun, PlannedPart, PlannedRoute, Reservation, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import visits
from fieldsvc.services.placements import Placement, place_visit
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.sending import dispatch_visit
from fieldsvc.worker import WorkerPorts, send_due
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.day_world import TRAVEL, DayWorld, Person
from tests.fieldsvc.services.run_world import assert_sound, busy_day, planner

ROUNDS = 4
# Found out by whoever applied it, or told before.
OVERTAKEN = {RunState.STALE, RunState.SUPERSEDED}


@pytest.fixture
def world(open_database: OpenDatabase) -> DayWorld:
    return DayWorld(open_database(lock_wait_s=30.0))


def state_of(world: DayWorld, run_id: UUID) -> RunState:
    state: RunState = world.row(OptimizationRun, run_id).state
    return state


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_proposals_for_one_day_exactly_one_wins(world: DayWorld, _round: int) -> None:
    busy_day(world)
    one, other = world.propose(plan=planner(Ana="V2 V4")), world.propose(plan=planner(Ana="V4", Bia="house V1"))
    at_once(lambda: world.apply(one), lambda: world.apply(other))
    states = [state_of(world, run_id) for run_id in (one, other)]
    if states[0] is RunState.APPLIED:
        # What the winner has not touched may still be published.
        assert states[1] in (RunState.STALE, RunState.PARTLY_APPLIED)
    else:
        assert states[0] in OVERTAKEN
        assert states[1] is RunState.APPLIED
    with world.database.read_only() as session:
        by_run = set(
            session.scalars(
                select(Visit.published_run_id)
                .join(Assignment, Assignment.visit_id == Visit.id)
                .where(Assignment.ended_at.is_(None), Visit.number.in_(["V2", "V4"]))
            )
        )
    assert by_run == {one if states[0] is RunState.APPLIED else other}
    assert_sound(world)


def test_one_proposal_applied_eight_times_at_once(world: DayWorld) -> None:
    busy_day(world)
    run_id = world.propose(plan=planner(Ana="V2 V4"))
    outcomes = at_once(*[lambda: world.apply(run_id)] * 8)
    assert sum(isinstance(one, OptimizationRun) for one in outcomes) == 1
    assert sum(isinstance(one, Conflict) for one in outcomes) == 7
    assert len(world.events(world.visits["V2"])) == 1
    assert_sound(world)


def test_one_run_taken_back_eight_times_at_once(world: DayWorld) -> None:
    busy_day(world)
    run_id = world.propose(plan=planner(Ana="V2 V4"))
    world.apply(run_id)
    outcomes = at_once(*[lambda: world.revert(run_id)] * 8)
    assert {one.state for one in outcomes} == {RunState.REVERTED}
    assert [one.kind for one in world.events(run_id)].count("run_reverted") == 1
    assert [one.kind for one in world.events(world.visits["V2"])] == ["visit_planned", "visit_unplanned"]
    assert_sound(world)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_day_is_not_taken_back_under_a_newer_plan(world: DayWorld, _round: int) -> None:
    busy_day(world)
    run_id = world.propose(plan=planner(Ana="V2 V4"))
    world.apply(run_id)
    newer = world.propose(plan=planner(Ana="V4", Bia="V2"))
    back, _ = at_once(lambda: world.revert(run_id), lambda: world.apply(newer))
    if isinstance(back, Conflict):
        assert (back.code, state_of(world, newer)) == ("run_overtaken", RunState.APPLIED)
        assert world.holder_of("V2") is not None
    else:
        assert (state_of(world, run_id), state_of(world, newer)) == (RunState.REVERTED, RunState.STALE)
        assert world.holder_of("V2") is None
    assert_sound(world)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_somebody_sets_off_while_the_run_is_taken_back(world: DayWorld, _round: int) -> None:
    ana, *_ = busy_day(world)
    world.apply(world.propose(plan=planner(Bia="V2")))
    run_id = world.propose(plan=planner(Ana="V2"))
    world.apply(run_id, dispatches=True)
    visit = world.visits["V2"]
    world.write(lambda uow: visits.accept_visit(uow, visit), ana.actor)
    back, gone = at_once(
        lambda: world.revert(run_id), lambda: world.write(lambda uow: visits.depart(uow, visit), ana.actor)
    )
    assert isinstance(back, Conflict)  # accepted or on the way: a word was given either way
    assert not isinstance(gone, DomainError)
    assert world.holder_of("V2") == ana.id
    assert_sound(world)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_who_plan_one_visit_by_hand_one_wins(world: DayWorld, _round: int) -> None:
    ana, bia, _ = busy_day(world)
    version = world.row(Visit, world.visits["V2"]).version

    def place(person: Person, hour: float) -> Any:
        wanted = Placement((person.id,), world.at(hour))
        visit = world.visits["V2"]
        return world.write(lambda uow: place_visit(uow, TRAVEL, visit, wanted, version), world.dispatcher)

    outcomes = at_once(lambda: place(ana, 10), lambda: place(bia, 11))
    assert sum(isinstance(one, DomainError) for one in outcomes) == 1
    assert [one.kind for one in world.events(world.visits["V2"])] == ["visit_planned"]
    assert_sound(world)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_somebody_plans_by_hand_while_a_run_is_applied(world: DayWorld, _round: int) -> None:
    ana, bia, _ = busy_day(world)
    run_id = world.propose(plan=planner(Ana="V2 V4"))
    wanted, visit = Placement((bia.id,), world.at(10)), world.visits["V2"]
    _, placed = at_once(
        lambda: world.apply(run_id),
        lambda: world.write(lambda uow: place_visit(uow, TRAVEL, visit, wanted), world.dispatcher),
    )
    if isinstance(placed, DomainError):
        assert world.holder_of("V2") == ana.id
    else:
        assert world.holder_of("V2") == bia.id
        assert world.row(Visit, visit).planned_start == world.at(10)
    assert_sound(world)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_visit_is_sent_out_once(world: DayWorld, _round: int) -> None:
    busy_day(world)
    world.apply(world.propose(plan=planner(Ana="V2")))
    visit = world.visits["V2"]
    outcomes = at_once(
        lambda: world.write(lambda uow: dispatch_visit(uow, visit), world.dispatcher),
        lambda: world.write(lambda uow: dispatch_visit(uow, visit), world.dispatcher),
        lambda: send_due(WorkerPorts(world.database, TRAVEL, 20, 0.1, dispatch_hour=0)),
    )
    assert [one.kind for one in world.events(visit)].count("visit_dispatched") == 1
    assert sum(isinstance(one, Conflict) for one in outcomes) >= 1
    assert_sound(world)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_teams_cannot_count_on_the_same_unit(world: DayWorld, _round: int) -> None:
    """They share neither a technician nor a visit, only a warehouse with one unit."""
    south = world.add_team("South")
    chief = world.user("chief", Role.DISPATCHER, south)
    world.technician("Ana")
    world.technician("Eva", team=south)
    house = world.warehouse("house", {"P-1": 1})
    world.visit("V1", parts={"P-1": 1})
    world.visit("S1", parts={"P-1": 1}, team=south)
    one = world.propose(plan=planner(Ana="house V1"))
    other = world.propose(plan=planner(Eva="house S1"), team=south, by=chief)
    at_once(lambda: world.apply(one), lambda: world.apply(other, by=chief))
    assert {state_of(world, one), state_of(world, other)} == {RunState.APPLIED, RunState.STALE}
    with world.database.read_only() as session:
        claimed = session.scalar(select(func.sum(PlannedPart.quantity)).where(PlannedPart.location_id == house))
    assert claimed == 1
    assert_sound(world)


@pytest.mark.parametrize("who", ["the warehouse sells", "staff reserves"])
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_unit_is_taken_while_a_plan_that_counts_on_it_is_applied(world: DayWorld, who: str, _round: int) -> None:
    """One of the two gets it, and the other one is told."""
    world.technician("Ana")
    house = world.warehouse("house", {"P-1": 1})
    world.visit("V1", parts={"P-1": 1})
    world.visit("V2", parts={"P-1": 1})
    run_id = world.propose(plan=planner(Ana="house V1"))
    wish = ReservationWish(world.row(Visit, world.visits["V2"]).ticket_id, world.part("P-1"), 1, location_id=house)
    take = {
        "the warehouse sells": lambda: world.sell(house, "P-1", 1),
        "staff reserves": lambda: world.write(lambda uow: reserve_units(uow, wish), world.dispatcher),
    }[who]
    _, taken = at_once(lambda: world.apply(run_id), take)
    if isinstance(taken, DomainError):
        assert taken.code == "not_enough_stock"
        assert state_of(world, run_id) is RunState.APPLIED
    else:
        assert state_of(world, run_id) is RunState.STALE
    with world.database.read_only() as session:
        own = Reservation.visit_id == world.visits["V1"]
        planned = session.scalar(select(func.sum(Reservation.quantity)).where(own, Reservation.is_planned))
    assert planned == (1 if isinstance(taken, DomainError) else None)
    assert_sound(world)


def test_two_teams_cannot_both_have_a_technician_on_loan(world: DayWorld) -> None:
    south = world.add_team("South")
    chief = world.user("chief", Role.DISPATCHER, south)
    ana = world.technician("Ana")
    world.lend(ana, south)
    world.visit("V1")
    world.visit("S1", team=south)
    one = world.propose(plan=planner(Ana="V1"))
    other = world.propose(plan=planner(Ana="S1"), team=south, by=chief)
    at_once(lambda: world.apply(one), lambda: world.apply(other, by=chief))
    states = {state_of(world, one), state_of(world, other)}
    assert RunState.APPLIED in states
    assert states & OVERTAKEN
    with world.database.read_only() as session:
        assert len(session.scalars(select(Assignment).where(Assignment.ended_at.is_(None))).all()) == 1
    assert_sound(world)


def test_no_reader_sees_half_of_a_publication(world: DayWorld, open_database: OpenDatabase) -> None:
    busy_day(world, technicians=3, visits=9)
    first = planner(Ana="V2 V4", Bia="V6 V8", Caio="house V1 V3")
    second = planner(Ana="V6 V8", Bia="V2 V4", Caio="house V1")
    seen: set[tuple[int, ...]] = set()
    ended = threading.Event()
    looking = threading.Event()
    readers = open_database()

    def read() -> None:
        while not ended.is_set():
            seen.add(_published_now(readers))
            looking.set()

    thread = threading.Thread(target=read)
    thread.start()
    looking.wait()
    try:
        for plan in (first, second, first):
            world.apply(world.propose(plan=plan), dispatches=True)
            seen.add(_published_now(readers))
    finally:
        ended.set()
        thread.join()
    assert seen <= {(0, 0, 0, 0), (6, 6, 2, 3), (5, 5, 1, 3)}
    assert {(6, 6, 2, 3), (5, 5, 1, 3)} <= seen
    assert_sound(world)


def _published_now(database: Database) -> tuple[int, ...]:
    with database.read_only() as session:
        return tuple(
            session.scalar(query) or 0
            for query in (
                select(func.count()).select_from(Visit).where(Visit.state.in_(PUBLISHED)),
                select(func.count()).select_from(Assignment).where(Assignment.ended_at.is_(None)),
                select(func.count()).select_from(PlannedPart),
                select(func.count()).select_from(PlannedRoute),
            )
        )
