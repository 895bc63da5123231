"""Who does not work: said or asked for, decided about, planned around, and told to whoever counted on him."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fieldsvc.domain.absence_states import AbsenceReason, AbsenceState
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import OverrideReason
from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.roles import Role
from fieldsvc.models import Absence, Task
from fieldsvc.persistence.database import Database
from fieldsvc.services.absences import (
    AbsenceWish,
    decide_absence,
    list_absences,
    report_absence,
    withdraw_absence,
)
from fieldsvc.services.command import Command, execute_unkeyed
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.day_world import DayWorld, Person
from tests.fieldsvc.services.run_world import assert_sound, busy_day, place, planner

SICK, LEAVE = AbsenceReason.SICK, AbsenceReason.LEAVE


@pytest.fixture
def world(database: Database) -> DayWorld:
    made = DayWorld(database)
    yield made
    assert_sound(made)


def say(world: DayWorld, whose: Person, by: Actor, hours: tuple[float, float] = (8, 17), **changes: Any) -> Absence:
    wish = AbsenceWish(world.at(hours[0]), world.at(hours[1]), changes.get("reason", SICK))
    absence: Absence = world.write(lambda uow: report_absence(uow, whose.id, wish), by)
    return absence


def decide(world: DayWorld, absence: Absence, by: Actor, *, is_granted: bool = True, version: int | None = None) -> Any:
    return world.write(lambda uow: decide_absence(uow, absence.id, is_granted=is_granted, version=version), by)


def told(world: DayWorld) -> set[UUID | None]:
    """Visits of which somebody at the desk is told that their technician is absent."""
    with world.database.read_only() as session:
        query = select(Task.visit_id).where(Task.kind == "technician_absent", Task.state == "open")
        return set(session.scalars(query))


def works(world: DayWorld, whose: Person) -> bool:
    (shift,) = (one for one in world.snapshot().problem.shifts if one.technician == whose.solver_id)
    return shift.latest_end > shift.earliest_start


class TestSaying:
    def test_who_is_sick_says_so_and_is_planned_around(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
        absence = say(world, ana, ana.actor)
        assert absence.state is AbsenceState.GRANTED
        assert not works(world, ana)
        assert told(world) == {world.visits["V2"]}
        world.apply(world.propose(plan=planner(Bia="V4 V2")))
        assert world.holder_of("V2") == bia.id
        assert told(world) == set()

    def test_who_wants_leave_asks(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.apply(world.propose(plan=planner(Ana="V2")))
        absence = say(world, ana, ana.actor, reason=LEAVE)
        assert absence.state is AbsenceState.REQUESTED
        assert works(world, ana)
        assert told(world) == set()
        assert decide(world, absence, world.dispatcher).state is AbsenceState.GRANTED
        assert not works(world, ana)
        assert told(world) == {world.visits["V2"]}

    def test_what_a_planner_says_is_granted(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        assert say(world, ana, world.dispatcher, reason=LEAVE).state is AbsenceState.GRANTED

    def test_of_a_day_only_the_visits_meanwhile_are_told(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.publish("V2", ana, 9)
        world.publish("V4", ana, 14, position=1)
        say(world, ana, ana.actor, (13, 17))
        assert told(world) == {world.visits["V4"]}

    def test_the_same_twice_is_one(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        first, again = say(world, ana, ana.actor), say(world, ana, ana.actor)
        assert first.id == again.id
        assert [one.kind for one in world.events(first.id)] == ["absence_reported"]

    def test_all_that_is_wrong_at_once(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        for hours, codes in (
            ((9, 9), ["times_inverted"]),
            ((-48, -40), ["time_over"]),
            ((0, 24 * 400), ["too_long"]),
            ((24 * 400, 24 * 399), ["times_inverted", "out_of_range"]),
        ):
            with pytest.raises(Invalid) as refused:
                say(world, ana, ana.actor, hours)
            assert [fault.code for fault in refused.value.faults] == codes

    def test_who_was_out_of_reach_tells_late_that_he_was_sick(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.clock.moment = world.at(18)
        wish = AbsenceWish(world.at(8), world.at(17), SICK)
        said = Command(ana.actor, "test", source="sync", occurred_at=world.at(7))
        late = execute_unkeyed(world.database, said, lambda uow: report_absence(uow, ana.id, wish))
        assert late.state is AbsenceState.GRANTED
        with pytest.raises(Invalid, match="can't be noted"):
            say(world, ana, ana.actor, (8, 16), reason=LEAVE)

    def test_why_stays_out_of_what_is_kept_for_ever(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        (event,) = world.events(say(world, ana, ana.actor).id)
        assert (event.reason, event.data) == (None, {"technician_id": str(ana.id)})

    def test_nobody_is_planned_into_it_at_the_same_moment(self, open_database: OpenDatabase) -> None:
        world = DayWorld(open_database(lock_wait_s=30.0))
        ana, *_ = busy_day(world)
        run_id = world.propose(plan=planner(Ana="V2"))
        at_once(lambda: world.apply(run_id), lambda: say(world, ana, ana.actor))
        is_planned = world.holder_of("V2") == ana.id
        assert told(world) == ({world.visits["V2"]} if is_planned else set())


class TestSettled:
    def test_when_it_is_taken_back(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.publish("V2", ana, 9)
        absence = say(world, ana, ana.actor)
        world.write(lambda uow: withdraw_absence(uow, absence.id), ana.actor)
        assert told(world) == set()

    def test_not_while_another_one_covers_it(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        world.publish("V2", ana, 9)
        absence, _ = say(world, ana, ana.actor), say(world, ana, ana.actor, (8, 12))
        world.write(lambda uow: withdraw_absence(uow, absence.id), ana.actor)
        assert told(world) == {world.visits["V2"]}

    def test_when_the_visit_is_made_at_another_time_or_day(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        world.publish("V2", ana, 14)
        world.publish("V4", ana, 16, position=1)
        say(world, ana, ana.actor, (13, 17))
        assert told(world) == {world.visits["V2"], world.visits["V4"]}
        place(world, "V2", 9, ana)
        assert told(world) == {world.visits["V4"]}
        tomorrow = world.day.replace(day=world.day.day + 1)
        world.shift(bia.id, (8, 17), tomorrow)
        place(world, "V4", 0, bia, start=world.at(9, tomorrow))
        assert told(world) == set()

    def test_of_a_crew_whoever_is_absent_counts(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        caio = world.technician("Caio")
        world.visit("V9", crew_size=2)
        world.apply(world.propose(plan=planner(Ana="V9", Bia="V9")))
        say(world, ana, ana.actor)
        place(world, "V9", 10, ana, caio, reason=OverrideReason.OTHER)
        assert told(world) == {world.visits["V9"]}
        place(world, "V9", 10, bia, caio)
        assert told(world) == set()


class TestWho:
    def test_says_it(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        outsider = world.user("outsider", Role.DISPATCHER, world.add_team("South"))
        for by, refusal in (
            (bia.actor, NotFound),
            (outsider, NotFound),
            (world.user("agent", Role.AGENT), Forbidden),
            (world.user("warehouse", Role.WAREHOUSE), Forbidden),
        ):
            with pytest.raises(refusal):
                say(world, ana, by)
        nobody = Person(uuid4(), uuid4(), ana.actor)
        with pytest.raises(NotFound):
            say(world, nobody, world.dispatcher)
        for role in (Role.SUPERVISOR, Role.ADMIN):
            assert say(world, ana, world.user(role.value, role), (8, 9 + len(role))).state is AbsenceState.GRANTED

    def test_decides(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        absence = say(world, ana, ana.actor, reason=LEAVE)
        with pytest.raises(Forbidden):
            decide(world, absence, ana.actor)
        with pytest.raises(NotFound):
            decide(world, absence, world.user("outsider", Role.DISPATCHER, world.add_team("South")))
        with pytest.raises(StaleVersion):
            decide(world, absence, world.dispatcher, version=7)
        assert decide(world, absence, world.dispatcher, is_granted=False).state is AbsenceState.REFUSED
        with pytest.raises(TransitionRefused):
            decide(world, absence, world.dispatcher)
        assert [one.kind for one in world.events(absence.id)] == ["absence_requested", "absence_refused"]

    def test_sees_it(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        absence = say(world, ana, ana.actor, reason=LEAVE)

        def seen(by: Actor, **wanted: Any) -> list[UUID]:
            with world.database.read_only() as session:
                return [one.id for one in list_absences(session, by, PageRequest(limit=10), **wanted).items]

        assert seen(ana.actor) == seen(world.dispatcher) == seen(world.user("agent", Role.AGENT)) == [absence.id]
        assert seen(bia.actor) == []
        assert seen(world.dispatcher, state=AbsenceState.GRANTED) == []
        assert seen(world.dispatcher, technician_id=bia.id) == []
        assert seen(world.dispatcher, ends_after=world.at(18)) == []
        with pytest.raises(Forbidden):
            seen(world.user("warehouse", Role.WAREHOUSE))


class TestTakingItBack:
    def take_back(self, world: DayWorld, absence: Absence, by: Actor) -> Any:
        return world.write(lambda uow: withdraw_absence(uow, absence.id), by)

    @pytest.mark.parametrize("reason", [SICK, LEAVE])
    def test_before_it_begins(self, world: DayWorld, reason: AbsenceReason) -> None:
        ana, *_ = busy_day(world)
        absence = say(world, ana, ana.actor, reason=reason)
        assert self.take_back(world, absence, ana.actor).state is AbsenceState.WITHDRAWN
        assert works(world, ana)
        with pytest.raises(TransitionRefused):
            self.take_back(world, absence, ana.actor)

    def test_what_is_over_is_not_granted_any_more(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        absence = say(world, ana, ana.actor, reason=LEAVE)
        world.clock.moment = world.at(18)
        with pytest.raises(Conflict, match="over"):
            decide(world, absence, world.dispatcher)
        assert decide(world, absence, world.dispatcher, is_granted=False).state is AbsenceState.REFUSED

    def test_who_is_well_again_works_from_now_on(self, world: DayWorld) -> None:
        ana, *_ = busy_day(world)
        absence = say(world, ana, ana.actor)
        world.clock.moment = world.at(12)
        ended = self.take_back(world, absence, ana.actor)
        assert (ended.state, ended.ends_at) == (AbsenceState.GRANTED, world.at(12))
        assert works(world, ana)
        with pytest.raises(Conflict, match="over"):
            self.take_back(world, absence, ana.actor)

    def test_by_nobody_else(self, world: DayWorld) -> None:
        ana, bia, _ = busy_day(world)
        absence = say(world, ana, ana.actor)
        with pytest.raises(NotFound):
            self.take_back(world, absence, bia.actor)


def test_at_the_same_moment_one_counts(open_database: OpenDatabase) -> None:
    world = DayWorld(open_database(lock_wait_s=30.0))
    ana, *_ = busy_day(world)
    said = at_once(*[lambda: say(world, ana, ana.actor, reason=LEAVE)] * 4)
    assert len({one.id for one in said}) == 1
    decided = at_once(
        lambda: decide(world, said[0], world.dispatcher),
        lambda: decide(world, said[0], world.dispatcher, is_granted=False),
    )
    assert sum(isinstance(one, DomainError) for one in decided) == 1
    assert len(world.events(said[0].id)) == 2
    assert_sound(world)
