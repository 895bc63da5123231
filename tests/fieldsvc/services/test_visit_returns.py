"""Visits that are not made as planned: what that does; `test_every_row` has who, twice and at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import CancelReason, PostponeReason, TurnBackReason
from fieldsvc.domain.errors import Invalid, StaleVersion, TransitionRefused
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, Decline, PlannedPart, PlannedRoute, Task, Ticket, Visit, VisitWindow
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.ticket_visits import WantedVisit, add_visit
from fieldsvc.services.visit_returns import (
    Cancellation,
    Postponement,
    cancel_visit,
    postpone_visit,
    turn_back,
)
from tests.fieldsvc.stage import Stage

NOTICE = timedelta(days=1)
NOT_WANTED = Cancellation(CancelReason.CUSTOMER, NOTICE)
LATER = Postponement(PostponeReason.CUSTOMER)
UseCase = Callable[[UnitOfWork], object]


@dataclass(frozen=True)
class Step:
    """One way back: from where, by whom, to where, and the event it leaves."""

    start: str
    login: str
    use_case: Callable[[UUID], UseCase]
    to: VisitState
    kind: str


STEPS = {
    "sick": Step(
        "en_route",
        "technician1",
        lambda visit_id: lambda uow: turn_back(uow, visit_id, TurnBackReason.SICK),
        VisitState.UNSCHEDULED,
        "visit_turned_back",
    ),
    "diverted": Step(
        "en_route",
        "dispatcher",
        lambda visit_id: lambda uow: turn_back(uow, visit_id, TurnBackReason.DIVERTED),
        VisitState.UNSCHEDULED,
        "visit_turned_back",
    ),
    "postponed": Step(
        "accepted",
        "dispatcher",
        lambda visit_id: lambda uow: postpone_visit(uow, visit_id, LATER),
        VisitState.UNSCHEDULED,
        "visit_postponed",
    ),
    "cancelled": Step(
        "dispatched",
        "dispatcher",
        lambda visit_id: lambda uow: cancel_visit(uow, visit_id, NOT_WANTED),
        VisitState.CANCELLED,
        "visit_cancelled",
    ),
    "cancelled_on_the_way": Step(
        "en_route",
        "supervisor",
        lambda visit_id: lambda uow: cancel_visit(uow, visit_id, NOT_WANTED),
        VisitState.CANCELLED,
        "visit_cancelled",
    ),
}


@pytest.fixture(params=STEPS)
def step(request: pytest.FixtureRequest) -> Step:
    return STEPS[request.param]


def open_tasks(stage: Stage) -> list[str]:
    with stage.database.read_only() as session:
        return list(session.scalars(select(Task.kind).where(Task.state == "open")))


def take(stage: Stage, step: Step, login: str = "") -> None:
    stage.act(stage.cast.actors[login or step.login], step.use_case(stage.cast.visit))


def test_a_visit_goes_back_whole_with_one_event(stage: Stage, step: Step) -> None:
    stage.bring_to(step.start)
    take(stage, step)
    visit = stage.row(Visit, stage.cast.visit)
    assert (visit.state, visit.planned_start, visit.planned_end) == (step.to, None, None)
    (event,) = [one for one in stage.events(visit.id) if one.kind == step.kind]
    assert (event.from_state, event.to_state, event.data["released_units"]) == (step.start, step.to, 3)
    with stage.database.read_only() as session:
        (one,) = session.scalars(select(Assignment).where(Assignment.visit_id == visit.id))
        assert one.ended_at is not None
        assert session.scalars(select(PlannedPart).where(PlannedPart.assignment_id == one.id)).all() == []
        assert session.scalars(select(Decline)).all() == []  # he may well be sent again
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.TRIAGED


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        ("dispatched", {"postponed", "cancelled"}),
        ("accepted", {"postponed", "cancelled"}),
        ("en_route", {"sick", "diverted", "cancelled"}),
        ("on_site", set()),
        ("working", set()),
        ("completed", set()),
        ("incomplete", set()),
    ],
)
def test_out_of_order_it_is_refused_by_name(stage: Stage, state: str, possible: set[str]) -> None:
    stage.bring_to(state)
    for name in {"sick", "diverted", "postponed", "cancelled"} - possible:
        with pytest.raises(TransitionRefused, match=f"The visit is {state}"):
            take(stage, STEPS[name])


def test_a_technician_does_not_divert_and_the_office_is_not_sick(stage: Stage) -> None:
    stage.bring_to("en_route")
    with pytest.raises(TransitionRefused, match="for the office"):
        take(stage, STEPS["diverted"], "technician1")
    with pytest.raises(TransitionRefused, match="for a technician"):
        take(stage, STEPS["sick"], "dispatcher")
    stage.act(stage.cast.dispatcher, STEPS["sick"].use_case(stage.cast.visit), on_behalf=True)
    (event,) = [one for one in stage.events(stage.cast.visit) if one.kind == "visit_turned_back"]
    assert (event.reason, event.on_behalf) == ("sick", True)


def test_who_turned_back_may_be_on_the_way_to_the_next(stage: Stage) -> None:
    stage.bring_to("en_route")
    take(stage, STEPS["diverted"])
    with stage.database.unit_of_work() as uow:
        taken = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        taken.technician_id = stage.cast.technician1.technician_id
        uow.commit()
    stage.walk("accept", "depart", visit_id=stage.cast.other_visit)
    assert stage.row(Visit, stage.cast.other_visit).state is VisitState.EN_ROUTE


def test_a_stale_version_is_refused(stage: Stage) -> None:
    version = stage.row(Visit, stage.cast.visit).version
    stage.walk("accept")
    with pytest.raises(StaleVersion):
        stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.visit, LATER, version))
    with pytest.raises(StaleVersion):
        stage.act(stage.cast.dispatcher, lambda uow: cancel_visit(uow, stage.cast.visit, NOT_WANTED, version))


class TestWindows:
    def test_new_ones_take_the_place_of_the_promise(self, stage: Stage) -> None:
        window = (stage.cast.at(9) + timedelta(days=2), stage.cast.at(12) + timedelta(days=2))
        wanted = Postponement(PostponeReason.CUSTOMER, [window])
        stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.visit, wanted))
        with stage.database.read_only() as session:
            visit = session.get_one(Visit, stage.cast.visit)
            assert [(one.earliest, one.latest) for one in visit.windows] == [window]
        assert (visit.arrival_window_start, visit.arrival_window_end) == (None, None)

    def test_without_a_plan_only_they_change(self, stage: Stage) -> None:
        window = (stage.cast.at(9) + timedelta(days=2), stage.cast.at(12) + timedelta(days=2))
        wanted = Postponement(PostponeReason.CUSTOMER, [window])
        before = stage.row(Visit, stage.cast.unscheduled_visit)
        stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, before.id, wanted))
        after = stage.row(Visit, before.id)
        assert (after.state, after.version) == (VisitState.UNSCHEDULED, before.version + 1)
        assert [one.kind for one in stage.events(before.id)] == ["visit_windows_agreed"]
        with pytest.raises(TransitionRefused, match="postpone is not possible"):
            stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, before.id, LATER))

    def test_all_their_faults_are_named(self, stage: Stage) -> None:
        now = stage.database.clock.now()
        hour = timedelta(hours=1)
        windows = [(now + 2 * hour, now + hour), (now - 2 * hour, now - hour), (now + 365 * 24 * hour,) * 2]
        wanted = Postponement(PostponeReason.OTHER, windows)
        with pytest.raises(Invalid) as refused:
            stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.visit, wanted))
        assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
            ("window_inverted", "/windows/0"),
            ("window_over", "/windows/1/latest"),
            ("too_far_ahead", "/windows/2/earliest"),
        ]
        assert stage.row(Visit, stage.cast.visit).state is VisitState.DISPATCHED

    def test_agreed_ones_that_have_passed_have_to_be_replaced(self, stage: Stage) -> None:
        now = stage.database.clock.now()
        gone = Postponement(PostponeReason.CUSTOMER, [(now + timedelta(seconds=1), now + timedelta(seconds=2))])
        stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.unscheduled_visit, gone))
        with stage.database.unit_of_work() as uow:
            for window in uow.get(Visit, stage.cast.visit).windows:
                uow.session.delete(window)
            uow.session.flush()
            visit = uow.get(Visit, stage.cast.unscheduled_visit)
            visit.windows[0].earliest = visit.windows[0].latest = now - timedelta(days=1)
            visit.windows[0].visit_id = stage.cast.visit
            uow.commit()
        with pytest.raises(Invalid) as refused:
            take(stage, STEPS["postponed"])
        assert [fault.code for fault in refused.value.faults] == ["windows_over"]
        anytime = Postponement(PostponeReason.CUSTOMER, [])
        stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.visit, anytime))
        assert stage.row(Visit, stage.cast.visit).state is VisitState.UNSCHEDULED


@pytest.mark.parametrize(("hours", "is_late"), [(23, True), (25, False)])
def test_short_notice_is_marked(stage: Stage, hours: int, is_late: bool) -> None:
    now = stage.database.clock.now()
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, stage.cast.visit)
        visit.planned_start, visit.planned_end = now + timedelta(hours=hours), now + timedelta(hours=hours + 1)
        uow.commit()
    take(stage, STEPS["cancelled"])
    cancelled = stage.row(Visit, stage.cast.visit)
    assert (cancelled.is_late_cancel, cancelled.cancel_reason) == (is_late, "customer")


def test_short_notice_is_not_dodged_by_putting_it_off_first(stage: Stage) -> None:
    take(stage, STEPS["postponed"])
    take(stage, STEPS["cancelled"])
    assert stage.row(Visit, stage.cast.visit).is_late_cancel


def test_a_follow_up_that_is_cancelled_stays_cancelled(stage: Stage) -> None:
    stage.bring_to("incomplete")

    def of_ticket() -> list[Visit]:
        with stage.database.read_only() as session:
            return list(session.scalars(select(Visit).where(Visit.ticket_id == stage.cast.ticket).order_by(Visit.id)))

    (_, follow_up) = of_ticket()
    stage.act(stage.cast.dispatcher, lambda uow: cancel_visit(uow, follow_up.id, NOT_WANTED))
    assert [one.state for one in of_ticket()] == [VisitState.INCOMPLETE, VisitState.CANCELLED]
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.TRIAGED
    wanted = WantedVisit(stage.cast.job_type)
    stage.act(stage.cast.agent, lambda uow: add_visit(uow, stage.cast.ticket, wanted))
    assert [one.state for one in of_ticket()][2:] == [VisitState.UNSCHEDULED]


def test_turned_back_after_the_agreed_time_somebody_is_told(stage: Stage) -> None:
    stage.bring_to("en_route")
    with stage.database.unit_of_work() as uow:
        gone = uow.now - timedelta(minutes=1)
        visit = uow.get(Visit, stage.cast.visit)
        visit.windows = [VisitWindow(id=uow.new_id(), earliest=gone, latest=gone)]
        uow.commit()
    outcome = stage.act(stage.cast.technician1, STEPS["sick"].use_case(stage.cast.visit))
    assert [notice.code for notice in outcome.notices] == ["windows_over"]
    assert open_tasks(stage) == ["new_times_needed"]
    anytime = Postponement(PostponeReason.CUSTOMER, [])
    stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.visit, anytime))
    assert open_tasks(stage) == []


def test_what_the_office_put_off_is_not_the_customers_short_notice(stage: Stage) -> None:
    ill = Postponement(PostponeReason.TECHNICIAN)
    stage.act(stage.cast.dispatcher, lambda uow: postpone_visit(uow, stage.cast.visit, ill))
    take(stage, STEPS["cancelled"])
    assert not stage.row(Visit, stage.cast.visit).is_late_cancel


def test_a_cancelled_day_has_a_new_version(stage: Stage) -> None:
    def version() -> int:
        with stage.database.read_only() as session:
            mine = PlannedRoute.technician_id == stage.cast.technician1.technician_id
            return session.scalars(select(PlannedRoute.version).where(mine)).one()

    before = version()
    take(stage, STEPS["cancelled"])
    assert version() == before + 1
