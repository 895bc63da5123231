"""What a run may count on: what is there, less what is promised to those who stay where they are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.dispatching.sources import PartSource, part_sources
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Reservation, StockBalance, Visit
from fieldsvc.services.doctor import examine
from fieldsvc.services.reservations import ReservationWish, reserve_units
from solver.insertion import first_come_plan
from solver.problem import Earmark
from solver.validate import problem_object_faults
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import tours


def van(snapshot: Snapshot, person: Person) -> dict[str, int]:
    assert problem_object_faults(snapshot.problem) == []
    return dict(snapshot.problem.technician_by_id[person.solver_id].van_stock)


def house(snapshot: Snapshot, code: str = "house") -> dict[str, int]:
    return {
        part: sum(receipt.quantity for receipt in receipts or ())
        for part, receipts in snapshot.problem.warehouse_by_id[code].stock.items()
    }


def test_everything_on_hand_is_free_at_first(world: DayWorld) -> None:
    ana = world.technician("Ana", stock={"P-1": 2, "P-2": 1})
    world.warehouse("house", {"P-1": 5}, opening_windows=[[28_800, 43_200]], lent_tools=["crane"])
    snapshot = world.snapshot()
    assert van(snapshot, ana) == {"P-1": 2, "P-2": 1}
    assert house(snapshot) == {"P-1": 5}
    warehouse = snapshot.problem.warehouse_by_id["house"]
    assert [(one.start, one.end) for one in warehouse.windows] == [(28_800, 43_200)]
    assert (warehouse.handling_s, warehouse.tools) == (600, frozenset({"crane"}))


def test_what_is_reserved_is_not(world: DayWorld) -> None:
    ana = world.technician("Ana", stock={"P-1": 3})
    world.warehouse("house", {"P-1": 5})
    with world.database.read_only() as session:
        balances = {one.location_id: one.id for one in session.query(StockBalance).filter_by(is_physical=True)}
    world.change(StockBalance, balances[ana.van], reserved=2)
    snapshot = world.snapshot()
    assert van(snapshot, ana) == {"P-1": 1}
    assert house(snapshot) == {"P-1": 5}


def test_what_is_gone_is_not_there(world: DayWorld) -> None:
    ana = world.technician("Ana", stock={"P-1": 1})
    world.sell(ana.van, "P-1", 1)
    assert van(world.snapshot(), ana) == {}


def test_a_warehouse_without_a_place_is_no_stop(world: DayWorld) -> None:
    world.technician("Ana")
    world.warehouse("house", {"P-1": 5}, latitude=None, longitude=None)
    assert world.snapshot().problem.warehouses == ()


def test_a_warehouse_is_a_stop_for_its_own_team_or_for_all(world: DayWorld) -> None:
    south = world.add_team("South")
    world.technician("Ana")
    for code, team in (("north", world.team), ("south", south), ("common", None)):
        world.warehouse(code, {"P-1": 1}, team_id=team)
    assert set(world.snapshot().problem.warehouse_by_id) == {"north", "common"}
    assert set(world.snapshot(team=south).problem.warehouse_by_id) == {"south", "common"}


class TestClaims:
    """What the published plan counts on."""

    @pytest.fixture
    def ana(self, world: DayWorld) -> Person:
        return world.technician("Ana", stock={"P-1": 2})

    @pytest.fixture
    def bia(self, world: DayWorld) -> Person:
        return world.technician("Bia", stock={"P-1": 2})

    def claim(self, world: DayWorld, bia: Person, state: VisitState) -> None:
        warehouse = world.warehouse("house", {"P-1": 5})
        world.visit("V1", parts={"P-1": 3})
        world.publish(
            "V1",
            bia,
            9,
            state=state,
            parts={"P-1": (warehouse, 2)},
            pickup=world.pickup(bia, warehouse, 8.5),
        )
        world.visit("V2", parts={"P-1": 1})
        world.publish("V2", bia, 11, position=1, parts={"P-1": (bia.van, 1)})

    @pytest.mark.parametrize("state", [VisitState.PLANNED, VisitState.DISPATCHED, VisitState.ACCEPTED])
    def test_those_of_visits_that_may_move_are_free(
        self, world: DayWorld, ana: Person, bia: Person, state: VisitState
    ) -> None:
        self.claim(world, bia, state)
        assert house(world.snapshot()) == {"P-1": 5}
        assert van(world.snapshot(), bia) == {"P-1": 2}

    def test_those_of_somebody_outside_the_scope_are_not(self, world: DayWorld, ana: Person, bia: Person) -> None:
        self.claim(world, bia, VisitState.PLANNED)
        assert house(world.snapshot(ana)) == {"P-1": 3}
        assert van(world.snapshot(ana), ana) == {"P-1": 2}

    def test_those_of_another_day_are_not(self, world: DayWorld, ana: Person, bia: Person) -> None:
        self.claim(world, bia, VisitState.PLANNED)
        world.day = world.day.replace(day=world.day.day + 1)
        world.shift(bia.id, (8, 17))
        assert house(world.snapshot()) == {"P-1": 3}
        assert van(world.snapshot(), bia) == {"P-1": 1}

    def test_those_of_a_visit_that_has_started_are_not(self, world: DayWorld, ana: Person, bia: Person) -> None:
        self.claim(world, bia, VisitState.EN_ROUTE)
        snapshot = world.snapshot(now=world.at(8.9))
        assert house(snapshot) == {"P-1": 3}
        assert van(snapshot, bia) == {"P-1": 2}

    def test_facts_can_leave_nothing_but_never_less(self, world: DayWorld, ana: Person, bia: Person) -> None:
        self.claim(world, bia, VisitState.PLANNED)
        with world.database.read_only() as session:
            location = session.query(StockBalance).filter_by(is_physical=True, on_hand=5).one().location_id
        world.lose(location, "P-1", 4)
        assert house(world.snapshot(ana)) == {}


class TestReserved:
    """What staff has reserved before any plan is for that ticket, and for nobody else."""

    def reserve(self, world: DayWorld, number: str, location: UUID, quantity: int = 1, **changes: Any) -> None:
        visit = world.row(Visit, world.visits[number])
        wish = ReservationWish(visit.ticket_id, world.part("P-1"), quantity, location_id=location, **changes)
        world.write(lambda uow: reserve_units(uow, wish), world.dispatcher)

    def earmarks(self, snapshot: Snapshot, number: str) -> tuple[Earmark, ...]:
        assert problem_object_faults(snapshot.problem) == []
        return snapshot.problem.job_by_id[number].earmarks

    def test_it_is_the_jobs_own_at_the_warehouse_and_on_the_van(self, world: DayWorld) -> None:
        ana = world.technician("Ana", stock={"P-1": 1})
        store = world.warehouse("house", {"P-1": 2})
        world.visit("V1", parts={"P-1": 2})
        world.visit("V2", parts={"P-1": 2})
        self.reserve(world, "V1", store)
        self.reserve(world, "V1", ana.van)
        snapshot = world.snapshot()
        assert self.earmarks(snapshot, "V1") == (
            Earmark("P-1", 1, warehouse="house"),
            Earmark("P-1", 1, technician=ana.solver_id),
        )
        assert (self.earmarks(snapshot, "V2"), house(snapshot), van(snapshot, ana)) == ((), {"P-1": 1}, {})

    def test_no_visit_is_given_more_than_it_needs(self, world: DayWorld) -> None:
        world.technician("Ana")
        store = world.warehouse("house", {"P-1": 5})
        world.visit("V1", parts={"P-1": 2})
        self.reserve(world, "V1", store, 5)
        snapshot = world.snapshot()
        assert self.earmarks(snapshot, "V1") == (Earmark("P-1", 2, warehouse="house"),)
        assert house(snapshot) == {}

    def test_what_is_held_for_one_visit_is_not_given_to_another_of_its_ticket(self, world: DayWorld) -> None:
        world.technician("Ana")
        store = world.warehouse("house", {"P-1": 5})
        world.visit("V1", parts={"P-1": 1})
        self.reserve(world, "V1", store, visit_id=world.visits["V1"])
        assert self.earmarks(world.snapshot(), "V1") == (Earmark("P-1", 1, warehouse="house"),)

    def test_after_its_time_it_is_free(self, world: DayWorld) -> None:
        world.technician("Ana")
        store = world.warehouse("house", {"P-1": 5})
        world.visit("V1", parts={"P-1": 1})
        self.reserve(world, "V1", store, hold_until=world.clock.now() + timedelta(minutes=5))
        later = world.clock.now() + timedelta(minutes=5)
        assert self.earmarks(world.snapshot(), "V1") != ()
        assert self.earmarks(world.snapshot(now=later), "V1") == ()
        assert house(world.snapshot(now=later)) == {"P-1": 5}

    def test_the_plan_takes_it_and_reserves_nothing_twice(self, world: DayWorld) -> None:
        world.technician("Ana")
        store = world.warehouse("house", {"P-1": 1})
        world.visit("V1", parts={"P-1": 1})
        self.reserve(world, "V1", store)
        problem = world.snapshot().problem
        plan = first_come_plan(problem)
        assert [load.job for route in plan.routes for stop in route.stops for load in stop.loads] == ["V1"]
        world.apply(world.propose())
        with world.database.read_only() as session:
            (one,) = session.scalars(select(Reservation)).all()
            assert (one.is_planned, one.is_asked_for, one.quantity) == (True, True, 1)
            assert examine(session, world.clock.now()) == []


class TestSources:
    """Where the parts of each visit of a plan come from."""

    def test_the_van_before_what_is_loaded(self, world: DayWorld) -> None:
        ana = world.technician("Ana", stock={"P-1": 2})
        world.warehouse("house", {"P-1": 5})
        world.visit("V1", parts={"P-1": 1})
        world.visit("V2", parts={"P-1": 3})
        problem = world.snapshot().problem
        shift = problem.shifts[0].id
        found = part_sources(problem, tours(problem, Ana="house V1 V2"))
        assert found[shift, "V1"] == (PartSource("P-1", 1, None, None),)
        assert found[shift, "V2"] == (
            PartSource("P-1", 1, None, None),
            PartSource("P-1", 2, "house", (shift, 0)),
        )
        assert ana.solver_id == problem.shifts[0].technician

    def test_of_two_warehouse_stops_each_visit_names_the_one_that_loads(self, world: DayWorld) -> None:
        world.technician("Ana", max_pickups=2)
        world.warehouse("one", {"P-1": 1})
        world.warehouse("two", {"P-2": 1}, latitude=-30.05)
        world.visit("V1", parts={"P-1": 1})
        world.visit("V2", parts={"P-2": 1})
        problem = world.snapshot().problem
        shift = problem.shifts[0].id
        found = part_sources(problem, tours(problem, Ana="one V1 two V2"))
        assert found[shift, "V1"] == (PartSource("P-1", 1, "one", (shift, 0)),)
        assert found[shift, "V2"] == (PartSource("P-2", 1, "two", (shift, 2)),)

    def test_what_needs_nothing_comes_from_nowhere(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.visit("V1")
        problem = world.snapshot().problem
        assert part_sources(problem, tours(problem, Ana="V1")) == {(problem.shifts[0].id, "V1"): ()}
