"""Visits are sent out when their hour has come, or when somebody says so."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from fieldsvc.domain.catalogue import PostponeReason
from fieldsvc.domain.errors import Forbidden, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, Loan
from fieldsvc.persistence.database import Database
from fieldsvc.services.sending import dispatch_due, dispatch_visit, due_visits
from fieldsvc.services.visit_returns import Postponement, postpone_visit
from fieldsvc.worker import WorkerPorts, send_due
from tests.fieldsvc.day_world import TRAVEL, DayWorld
from tests.fieldsvc.services.run_world import assert_sound, published

FRIDAY = date(2026, 12, 11)


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def send(world: DayWorld, hour: int = 18) -> int:
    return send_due(WorkerPorts(world.database, TRAVEL, 20, 0.1, dispatch_hour=hour))


class TestTheHour:
    """The day is a Monday."""

    @pytest.fixture
    def visit(self, world: DayWorld) -> UUID:
        ana = world.technician("Ana")
        world.visit("V1")
        world.publish("V1", ana, 10)
        return world.visits["V1"]

    def at(self, world: DayWorld, hour: float, days: int = -1) -> None:
        world.clock.moment = world.at(hour, world.day + timedelta(days=days))

    def test_the_next_days_visits_are_sent_out_from_that_hour_on(self, world: DayWorld, visit: UUID) -> None:
        self.at(world, 17.99)
        assert send(world) == 0
        self.at(world, 18)
        assert send(world) == 1
        assert published(world)["V1"][0] is VisitState.DISPATCHED
        (event,) = [one for one in world.events(visit) if one.kind == "visit_dispatched"]
        assert (event.actor_role, event.source) == (Role.SYSTEM, "worker")
        with world.database.read_only() as session:
            (assignment,) = session.query(Assignment).all()
        assert assignment.state is VisitState.DISPATCHED
        assert assignment.dispatched_at == assignment.first_dispatched_at == world.clock.now()

    def test_once(self, world: DayWorld, visit: UUID) -> None:
        self.at(world, 18)
        assert (send(world), send(world)) == (1, 0)
        assert [one.kind for one in world.events(visit)].count("visit_dispatched") == 1

    @pytest.mark.usefixtures("visit")
    def test_over_a_weekend_the_next_working_day_counts(self, world: DayWorld) -> None:
        self.at(world, 18, days=-3)
        assert world.clock.now().astimezone(ZoneInfo(world.zone)).date() == FRIDAY
        assert send(world) == 1

    @pytest.mark.usefixtures("visit")
    def test_not_over_a_day_on_which_the_team_works(self, world: DayWorld) -> None:
        world.shift(world.technician("Bia", works=None).id, (8, 12), world.day - timedelta(days=1))
        self.at(world, 18, days=-2)
        assert send(world) == 0

    @pytest.mark.usefixtures("visit")
    def test_what_is_planned_for_today_goes_out_at_once(self, world: DayWorld) -> None:
        self.at(world, 7, days=0)
        assert send(world) == 1

    @pytest.mark.usefixtures("visit")
    def test_who_has_left_works_on_no_day(self, world: DayWorld) -> None:
        gone = world.technician("Bia", works=None, is_active=False)
        world.shift(gone.id, (8, 12), world.day - timedelta(days=1))
        self.at(world, 18, days=-3)
        assert send(world) == 1

    @pytest.mark.usefixtures("visit")
    def test_who_is_on_loan_works_for_the_team_too(self, world: DayWorld) -> None:
        lent = world.technician("Eva", team=world.add_team("South"), works=None)
        sunday = world.day - timedelta(days=1)
        world.shift(lent.id, (8, 12), sunday)
        loan = {"technician_id": lent.id, "team_id": world.team, "first_day": sunday, "last_day": sunday}
        world.add(lambda uow: Loan(id=uow.new_id(), **loan))
        self.at(world, 18, days=-3)
        assert send(world) == 0

    @pytest.mark.usefixtures("visit")
    def test_what_was_left_over_of_past_days_is_sent_to_nobody(self, world: DayWorld) -> None:
        self.at(world, 8, days=1)
        assert send(world) == 0

    @pytest.mark.usefixtures("visit")
    def test_not_before_the_day_itself_if_that_is_wanted(self, world: DayWorld) -> None:
        self.at(world, 23.9)
        assert send(world, 24) == 0

    def test_one_that_was_put_off_since_it_was_found_stays(self, world: DayWorld, visit: UUID) -> None:
        self.at(world, 18)
        with world.database.read_only() as session:
            assert due_visits(session, world.clock.now(), 18) == [visit]
        world.write(lambda uow: postpone_visit(uow, visit, Postponement(PostponeReason.OTHER)), world.dispatcher)
        assert world.write(lambda uow: dispatch_due(uow, visit, 18)) is False
        assert world.state_of("V1") is VisitState.UNSCHEDULED


class TestByHand:
    @pytest.fixture(autouse=True)
    def planned(self, world: DayWorld) -> None:
        world.visit("V1")
        world.publish("V1", world.technician("Ana"), 10)

    def test_by_whom(self, world: DayWorld) -> None:
        visit = world.visits["V1"]
        for role in (Role.TECHNICIAN, Role.AGENT, Role.WAREHOUSE):
            with pytest.raises(Forbidden):
                world.write(lambda uow: dispatch_visit(uow, visit), world.user(role.value, role))
        outsider = world.user("outsider", Role.DISPATCHER, world.add_team("South"))
        with pytest.raises(NotFound):
            world.write(lambda uow: dispatch_visit(uow, visit), outsider)
        with pytest.raises(StaleVersion):
            world.write(lambda uow: dispatch_visit(uow, visit, 9), world.dispatcher)
        assert world.state_of("V1") is VisitState.PLANNED
        world.write(lambda uow: dispatch_visit(uow, visit), world.dispatcher)
        assert world.state_of("V1") is VisitState.DISPATCHED
        with pytest.raises(TransitionRefused):
            world.write(lambda uow: dispatch_visit(uow, visit), world.dispatcher)
