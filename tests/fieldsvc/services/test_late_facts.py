"""What phones tell late: what was done stands, and the office learns of it."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason, PostponeReason, TaskKind
from fieldsvc.domain.phone_commands import CommandStatus
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import PUBLISHED, VisitState
from fieldsvc.models import Assignment, Consumption, Device, PhoneCommand, StockBalance, Task, Ticket, Visit
from fieldsvc.services.part_uses import Use
from fieldsvc.services.tickets import follow_visits
from fieldsvc.services.unplanning import take_off_plan
from fieldsvc.services.visit_returns import Cancellation, Postponement, cancel_visit, postpone_visit
from tests.fieldsvc.phone import DONE, Phone
from tests.fieldsvc.stage import Stage

APPLIED, KEPT = CommandStatus.APPLIED, CommandStatus.KEPT


@pytest.fixture
def phone(stage: Stage) -> Phone:
    return Phone(stage, stage.cast.technician1)


def tasks_of(stage: Stage, visit) -> list[str]:
    with stage.database.read_only() as session:
        return sorted(session.scalars(select(Task.kind).where(Task.visit_id == visit)))


def open_assignments(stage: Stage, visit) -> list[Assignment]:
    with stage.database.read_only() as session:
        query = select(Assignment).where(Assignment.visit_id == visit, Assignment.ended_at.is_(None))
        return list(session.scalars(query))


def give_both(stage: Stage) -> None:
    """Let the technician have the other visit as well."""
    with stage.database.unit_of_work() as uow:
        second = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        second.technician_id = stage.cast.technician1.technician_id
        uow.commit()


def give_to_another(stage: Stage) -> None:
    give_to(stage, stage.cast.visit, stage.cast.technician2)


def give_to(stage: Stage, visit_id: UUID, actor: Actor) -> None:
    """Let the office plan a visit nobody has set off for, for somebody, and send it to his phone."""
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, visit_id, lock=True)
        if visit.state not in (VisitState.UNSCHEDULED, *PUBLISHED):
            return
        before = visit.state
        take_off_plan(uow, visit, "reassigned")
        uow.flush()
        start = uow.now + timedelta(days=1, seconds=2 * visit.version)
        visit.state, visit.planned_start, visit.planned_end = VisitState.PLANNED, start, start + timedelta(seconds=1)
        uow.record(visit, "visit_planned", before, VisitState.PLANNED)
        visit.state = VisitState.DISPATCHED
        uow.record(visit, "visit_dispatched", VisitState.PLANNED, VisitState.DISPATCHED)
        uow.session.add(
            Assignment(
                id=uow.new_id(),
                visit_id=visit_id,
                technician_id=actor.technician_id,
                day=stage.cast.day,
                state=VisitState.DISPATCHED,
                position=1,
                planned_arrival=start,
                planned_start=start,
                planned_end=visit.planned_end,
                travel_s=1,
                travel_m=1,
                dispatched_at=uow.now,
            )
        )
        follow_visits(uow, visit.ticket)
        uow.commit()


def take_away(stage: Stage, how: str) -> None:
    cast = stage.cast
    if how == "given to another":
        give_to_another(stage)
    elif how == "accepted by another":
        give_to_another(stage)
        stage.walk("accept", actor=cast.technician2)
    elif how == "put off":
        stage.act(cast.dispatcher, lambda uow: postpone_visit(uow, cast.visit, Postponement(PostponeReason.OTHER)))
    else:
        wanted = Cancellation(CancelReason.CUSTOMER, timedelta(hours=4))
        stage.act(cast.dispatcher, lambda uow: cancel_visit(uow, cast.visit, wanted))


@pytest.mark.parametrize("how", ["given to another", "accepted by another", "put off", "cancelled"])
def test_who_was_there_has_the_visit_back_and_ends_it(stage: Stage, phone: Phone, how: str) -> None:
    take_away(stage, how)
    for step in DONE:
        phone.note(step)
    assert phone.statuses() == [APPLIED] * len(DONE)
    visit = stage.row(Visit, stage.cast.visit)
    assert (visit.state, visit.cancel_reason, visit.is_late_cancel) == (VisitState.COMPLETED, None, False)
    (own,) = open_assignments(stage, visit.id)
    assert (own.technician_id, own.is_lead) == (stage.cast.technician1.technician_id, True)
    late = [one for one in stage.events(visit.id) if one.kind == "visit_checked_in_late"]
    assert [(one.to_state, one.reason, one.source) for one in late] == [("on_site", "late_fact", "sync")]
    assert tasks_of(stage, visit.id).count(TaskKind.LATE_FACT) == 1


def test_the_ticket_follows(stage: Stage, phone: Phone) -> None:
    take_away(stage, "put off")
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.TRIAGED
    phone.note("check_in")
    phone.push()
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.IN_PROGRESS


def test_what_another_has_begun_stays_his_and_what_was_told_is_kept(stage: Stage, phone: Phone) -> None:
    give_to_another(stage)
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    phone.note("check_in")
    use = phone.note_use(Use(stage.cast.part, 1))
    assert phone.statuses() == [KEPT, KEPT]
    assert stage.row(Visit, stage.cast.visit).state is VisitState.EN_ROUTE
    assert tasks_of(stage, stage.cast.visit) == [TaskKind.LATE_FACT]
    with stage.database.read_only() as session:
        booked = session.scalars(select(Consumption).where(Consumption.visit_id == stage.cast.visit)).one()
        van = select(StockBalance.on_hand).where(
            StockBalance.location_id == stage.cast.van1, StockBalance.part_id == stage.cast.part
        )
        kept = session.get_one(PhoneCommand, use.id)
        assert (booked.quantity, session.scalar(van)) == (1, 1)  # the unit is gone out of his van
    assert (kept.problem["code"], kept.problem["state"]) == ("visit_not_yours", "en_route")


def test_a_use_that_can_be_booked_nowhere_does_not_block_the_queue(stage: Stage, phone: Phone) -> None:
    give_to_another(stage)
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    phone.note_use(Use(stage.cast.visit, 1))  # no part at all
    phone.note("check_in")
    assert phone.statuses() == [CommandStatus.REJECTED, KEPT]
    assert stage.row(Device, phone.id).last_seq == 2


def test_a_departure_to_what_is_not_ones_own_any_more_is_kept(stage: Stage, phone: Phone) -> None:
    take_away(stage, "put off")
    phone.note("depart")
    assert phone.statuses() == [KEPT]
    assert stage.row(Visit, stage.cast.visit).state is VisitState.UNSCHEDULED
    assert tasks_of(stage, stage.cast.visit) == [TaskKind.LATE_FACT]


def test_a_visit_one_was_never_sent_is_none_of_ones_business(stage: Stage, phone: Phone) -> None:
    for step in ("check_in", "accept"):
        command = phone.note(step, stage.cast.foreign_visit)
        (result,) = phone.push(command).results
        assert (result.status, result.problem["code"]) == (CommandStatus.REJECTED, "not_found")
        assert "state" not in result.problem
    assert tasks_of(stage, stage.cast.foreign_visit) == []


def test_what_is_told_of_a_visit_of_the_team_is_kept_although_nobody_knows_it_was_sent(stage, phone) -> None:
    """As after a backup: the server has forgotten it."""
    for visit in (stage.cast.unscheduled_visit, stage.cast.other_visit):
        before = stage.row(Visit, visit).state
        told = [
            phone.note("check_in", visit),
            phone.note_use(Use(stage.cast.part, 1), visit),
            phone.note("accept", visit),
        ]
        results = phone.push(*told).results
        assert [one.problem["code"] for one in results] == ["visit_not_sent", "visit_not_sent", "not_found"]
        assert [one.status for one in results] == [KEPT, KEPT, CommandStatus.REJECTED]
        assert (stage.row(Visit, visit).state, tasks_of(stage, visit)) == (before, [TaskKind.LATE_FACT])
    with stage.database.read_only() as session:
        assert len(session.scalars(select(Consumption)).all()) == 2


def test_what_is_kept_of_a_visit_nobody_knows_was_sent_happened_when_it_was_told_to_have(stage, phone) -> None:
    command = phone.note("check_in", stage.cast.unscheduled_visit, ago=timedelta(hours=5))
    phone.push()
    kept = stage.row(PhoneCommand, command.id)
    assert (kept.status, kept.occurred_at) == (KEPT, command.said_at)


@pytest.mark.parametrize(
    ("step", "state", "implied"),
    [
        ("depart", "en_route", ["visit_accepted"]),
        ("check_in", "on_site", ["visit_accepted", "visit_departed"]),
        ("work", "working", ["visit_accepted", "visit_departed", "visit_checked_in"]),
        ("diagnose", "on_site", ["visit_accepted", "visit_departed", "visit_checked_in"]),
        ("break_off", "incomplete", ["visit_accepted", "visit_departed", "visit_checked_in"]),
    ],
)
def test_steps_that_were_not_told_are_implied(stage: Stage, phone: Phone, step, state, implied) -> None:
    phone.note(step)
    assert phone.statuses() == [APPLIED]
    assert stage.row(Visit, stage.cast.visit).state == state
    assert [one.kind for one in stage.events(stage.cast.visit) if one.source == "implied"] == implied
    assert tasks_of(stage, stage.cast.visit) == []


def test_work_goes_on_when_a_paused_visit_is_completed(stage: Stage, phone: Phone) -> None:
    for step in ("check_in", "work", "diagnose", "solve", "verify", "present", "sign", "pause", "complete"):
        phone.note(step)
    assert set(phone.statuses()) == {APPLIED}
    assert stage.row(Visit, stage.cast.visit).state is VisitState.COMPLETED


def test_what_another_phone_has_told_is_no_news(stage: Stage, phone: Phone) -> None:
    other = Phone(stage, stage.cast.technician1, "tablet")
    phone.note("check_in")
    phone.push()
    for step in ("depart", "check_in"):
        other.note(step)
    results = other.push().results
    assert [(one.status, [notice.code for notice in one.notices]) for one in results] == [
        (APPLIED, ["said_already"]),
        (APPLIED, ["said_already"]),
    ]
    assert tasks_of(stage, stage.cast.visit) == []


def test_nobody_is_in_two_places(stage: Stage, phone: Phone) -> None:
    """Who checks in elsewhere has left where he was, although he did not say so."""
    give_both(stage)
    stage.bring_to("working")
    phone.note("check_in", stage.cast.other_visit)
    assert phone.statuses() == [APPLIED]
    left, now = stage.row(Visit, stage.cast.visit), stage.row(Visit, stage.cast.other_visit)
    assert (left.state, left.incomplete_reason, now.state) == (VisitState.INCOMPLETE, "other", VisitState.ON_SITE)
    assert [one.kind for one in stage.events(left.id) if one.source == "inferred"] == ["visit_broken_off"]
    assert tasks_of(stage, left.id) == [TaskKind.LATE_FACT]


def test_who_was_only_on_the_way_gives_that_visit_back(stage: Stage, phone: Phone) -> None:
    give_both(stage)
    stage.bring_to("en_route")
    phone.note("check_in", stage.cast.other_visit)
    assert phone.statuses() == [APPLIED]
    assert stage.row(Visit, stage.cast.visit).state is VisitState.UNSCHEDULED
    assert stage.row(Visit, stage.cast.other_visit).state is VisitState.ON_SITE


def test_what_was_begun_since_goes_on(stage: Stage, phone: Phone) -> None:
    give_both(stage)
    phone.note("check_in", stage.cast.other_visit, ago=timedelta(minutes=3))
    stage.bring_to("working")
    assert phone.statuses() == [KEPT]
    assert stage.row(Visit, stage.cast.visit).state is VisitState.WORKING
    assert tasks_of(stage, stage.cast.other_visit) == [TaskKind.LATE_FACT]


def test_a_completed_visit_is_told_twice_only_with_the_same_content(stage: Stage, phone: Phone) -> None:
    stage.bring_to("completed")
    phone.note("complete")
    phone.note("diagnose")
    assert phone.statuses() == [APPLIED, KEPT]
    assert stage.row(Visit, stage.cast.visit).state is VisitState.COMPLETED


def test_a_clock_that_is_wrong_refuses_nothing(stage: Stage, phone: Phone) -> None:
    ahead = datetime.now().astimezone() + timedelta(days=400)
    command = phone.note("depart", at=ahead)
    phone.push(sent_at=ahead)
    kept = stage.row(PhoneCommand, command.id)
    assert kept.status is APPLIED
    assert abs(kept.occurred_at - kept.recorded_at) < timedelta(seconds=60)
    assert kept.said_at - kept.recorded_at > timedelta(days=399)
    offset = stage.row(Device, phone.id).clock_offset_s
    assert offset is not None
    assert offset < -399 * 86_400
    assert open_assignments(stage, stage.cast.visit)[0].departed_at == kept.occurred_at
