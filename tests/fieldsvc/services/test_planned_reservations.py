"""What a published plan counts on is reserved for it: no more, no less, and through every publication after it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Reservation, StockBalance, Ticket, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import part_uses, visit_records, visits
from fieldsvc.services.overdue import expire_part
from fieldsvc.services.reservations import ReservationWish, reserve_units
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import assert_sound, place, planner, published

_S = ReservationState
Rows = list[tuple[ReservationState, bool, str | None]]


@pytest.fixture
def world(database: Database) -> Iterator[DayWorld]:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def needing(world: DayWorld, *numbers: str) -> None:
    for number in numbers:
        world.visit(number, parts={"P-1": 1})


def reserve(world: DayWorld, number: str, location: UUID, **changes: object) -> None:
    """Let staff reserve a unit of P-1 for the ticket of a visit, or wait for one."""
    wish = {"location_id": location, "takes_part": True} | changes
    ticket = world.row(Visit, world.visits[number]).ticket_id
    world.write(lambda uow: reserve_units(uow, ReservationWish(ticket, world.part("P-1"), 1, **wish)), world.dispatcher)


def active(world: DayWorld) -> Rows:
    """(state, whether the plan counts on it, for which visit) of what is reserved or waited for."""
    names = {row_id: number for number, row_id in world.visits.items()}
    with world.database.read_only() as session:
        rows = session.scalars(
            select(Reservation)
            .where(Reservation.state.in_((_S.RESERVED, _S.BACKORDERED)))
            .order_by(Reservation.is_planned, Reservation.id)
        )
        return [(one.state, one.is_planned, names.get(one.visit_id)) for one in rows]


def on_van(world: DayWorld, person: Person) -> int:
    with world.database.read_only() as session:
        query = select(StockBalance.on_hand).where(StockBalance.location_id == person.van)
        return session.scalar(query) or 0


class TestWhileSomebodyWaits:
    """A plan's own units are its own, although somebody waits for one."""

    def test_a_unit_goes_from_one_visit_to_another(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V2", "V3")
        world.apply(world.propose(plan=planner(Ana="house V1")))
        reserve(world, "V3", house)
        assert world.apply(world.propose(plan=planner(Ana="house V2"))).state is RunState.APPLIED
        assert active(world) == [(_S.BACKORDERED, False, None), (_S.RESERVED, True, "V2")]

    def test_two_visits_are_swapped(self, world: DayWorld) -> None:
        world.technician("Ana")
        world.technician("Bia", stock={"P-1": 1})
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V2", "V3")
        world.apply(world.propose(plan=planner(Ana="house V1", Bia="V2")))
        reserve(world, "V3", house)
        assert world.apply(world.propose(plan=planner(Ana="house V2", Bia="V1"))).state is RunState.APPLIED
        assert active(world)[0] == (_S.BACKORDERED, False, None)

    def test_a_run_is_taken_back(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V2", "V3")
        world.apply(world.propose(plan=planner(Ana="house V1")))
        run = world.propose(plan=planner(Ana="house V2"))
        world.apply(run)
        reserve(world, "V3", house)
        assert world.revert(run).state is RunState.REVERTED
        assert active(world) == [(_S.BACKORDERED, False, None), (_S.RESERVED, True, "V1")]

    def test_a_time_that_is_over_is_the_plans_before_it_is_theirs(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V2", "V3")
        reserve(world, "V2", house, hold_until=world.clock.now() + timedelta(minutes=1))
        reserve(world, "V3", house)
        world.clock.pass_by(minutes=2)
        assert world.apply(world.propose(plan=planner(Ana="house V1"))).state is RunState.APPLIED
        assert active(world) == [(_S.BACKORDERED, False, None), (_S.RESERVED, True, "V1")]

    def test_what_is_given_up_and_not_taken_is_theirs(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V3")
        world.visit("V2")
        world.apply(world.propose(plan=planner(Ana="house V1")))
        reserve(world, "V3", house)
        world.apply(world.propose(plan=planner(Ana="V2")))
        assert active(world) == [(_S.RESERVED, False, None)]

    def test_a_visit_whose_unit_was_lost_gets_one_from_a_plan_that_frees_it(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 2})
        needing(world, "V1", "V2", "V3")
        world.apply(world.propose(plan=planner(Ana="house V1 V2")))
        world.lose(house, "P-1", 1)
        reserve(world, "V3", house)
        world.change(Ticket, world.row(Visit, world.visits["V3"]).ticket_id, urgency="emergency")
        (lost,) = (number for state, is_planned, number in active(world) if is_planned and state is _S.BACKORDERED)
        assert world.apply(world.propose(plan=planner(Ana=f"house {lost}"))).state is RunState.APPLIED
        assert active(world) == [(_S.BACKORDERED, False, None), (_S.RESERVED, True, lost)]


class TestOfStaff:
    """A plan counts on what staff has reserved for the ticket before it takes anything else."""

    def test_it_is_the_plans_as_long_as_it_stands_whatever_its_time(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V2")
        reserve(world, "V1", house, hold_until=world.clock.now() + timedelta(hours=2))
        world.apply(world.propose(plan=planner(Ana="house V1")))
        world.clock.pass_by(hours=3)
        with world.database.unit_of_work() as uow:
            assert not expire_part(uow, world.part("P-1"))
        assert active(world) == [(_S.RESERVED, True, "V1")]
        assert world.snapshot().problem.job_by_id["V1"].earmarks == ()  # given up by a run, its time would be over

    def test_it_stays_with_the_ticket_when_the_plan_gives_it_up(self, world: DayWorld) -> None:
        world.technician("Ana")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1")
        world.visit("V2")
        reserve(world, "V1", house)
        world.apply(world.propose(plan=planner(Ana="house V1")))
        assert active(world) == [(_S.RESERVED, True, "V1")]
        world.apply(world.propose(plan=planner(Ana="V2")))
        assert active(world) == [(_S.RESERVED, False, None)]

    def test_one_unit_for_any_visit_is_not_two_visits(self, world: DayWorld) -> None:
        ana, bia = world.technician("Ana"), world.technician("Bia")
        house = world.warehouse("house", {"P-1": 1})
        needing(world, "V1", "V2")
        world.change(Visit, world.visits["V2"], ticket_id=world.row(Visit, world.visits["V1"]).ticket_id)
        reserve(world, "V1", house)
        world.apply(world.propose(ana, plan=planner(Ana="house V1")))
        assert {job.id: job.earmarks for job in world.snapshot(bia).problem.jobs} == {"V2": ()}


class TestCrews:
    """W needs one P-1, is led by Bia, who has one on her van, and Ana comes too."""

    @pytest.fixture
    def crew(self, world: DayWorld) -> tuple[Person, Person]:
        ana, bia = world.technician("Ana", stock={"P-1": 1}), world.technician("Bia", stock={"P-1": 1})
        world.visit("W", crew_size=2, parts={"P-1": 1})
        world.visit("X")
        world.apply(world.propose(plan=planner(Bia="W", Ana="W")), dispatches=True)
        for person in (bia, ana):
            world.write(lambda uow: visits.accept_visit(uow, world.visits["W"]), person.actor)
        world.clock.moment = published(world)["W"][1] - timedelta(minutes=45)
        return ana, bia

    def test_a_helper_who_sets_off_first_leaves_the_visit_its_parts(
        self, world: DayWorld, crew: tuple[Person, Person]
    ) -> None:
        ana, bia = crew
        world.write(lambda uow: visits.depart(uow, world.visits["W"]), ana.actor)
        place(world, "X", 15, bia)
        assert world.state_of("X") is VisitState.PLANNED
        assert active(world) == [(_S.RESERVED, True, "W")]

    def test_a_helper_uses_the_own_van_first_and_the_lead_has_hers_free(
        self, world: DayWorld, crew: tuple[Person, Person]
    ) -> None:
        ana, bia = crew
        visit = world.visits["W"]
        for person in (bia, ana):
            world.write(lambda uow: visits.depart(uow, visit), person.actor)
        world.clock.pass_by(minutes=30)
        for person in (bia, ana):
            world.write(lambda uow: visits.check_in(uow, visit, None, 300), person.actor)
        use = part_uses.Use(world.part("P-1"), 1)
        world.write(lambda uow: visit_records.record_consumption(uow, visit, use), ana.actor)
        assert (on_van(world, ana), on_van(world, bia), active(world)) == (0, 1, [])
        place(world, "X", 15, bia)
        assert world.state_of("X") is VisitState.PLANNED
