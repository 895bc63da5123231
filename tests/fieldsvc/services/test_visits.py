"""Each step of the technician's way: what it does, and on whose behalf; `test_every_row` has who, twice and at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VISIT, VisitState
from fieldsvc.models import Assignment, Decline, PlannedPart, PlannedRoute, Ticket, Visit
from fieldsvc.services import visits
from tests.fieldsvc.stage import STEPS, WAYS, Stage

# Step → the state it starts from, and the event it leaves.
TRANSITIONS = {
    "accept": ("dispatched", "visit_accepted"),
    "decline": ("accepted", "visit_declined"),
    "depart": ("accepted", "visit_departed"),
    "check_in": ("en_route", "visit_checked_in"),
    "work": ("on_site", "visit_work_started"),
    "pause": ("working", "visit_paused"),
    "break_off": ("working", "visit_broken_off"),
}


@pytest.fixture(params=TRANSITIONS)
def step(request: pytest.FixtureRequest) -> str:
    return request.param


def test_a_step_moves_visit_and_assignment_with_one_event(stage: Stage, step: str) -> None:
    start, kind = TRANSITIONS[step]
    stage.bring_to(start)
    stage.walk(step)
    visit = stage.row(Visit, stage.cast.visit)
    expected = VISIT.allowed(VisitState(start), step, stage.cast.technician1.role).to
    assert visit.state is expected
    (event,) = [one for one in stage.events(visit.id) if one.kind == kind]
    assert (event.from_state, event.to_state) == (start, expected)
    assert event.actor_id == stage.cast.technician1.user_id
    with stage.database.read_only() as session:
        assignment = session.scalars(select(Assignment).where(Assignment.visit_id == visit.id)).one()
    assert assignment.state is expected or assignment.ended_at is not None


def test_out_of_order_steps_are_refused_by_name(stage: Stage) -> None:
    for state, way in WAYS.items():
        if state in ("completed", "incomplete", "unscheduled", "paused"):
            continue
        stage.walk(*way[-1:])
        possible = VISIT.actions_from(VisitState(state))
        for step in set(TRANSITIONS) - set(possible):
            with pytest.raises(TransitionRefused, match=f"The visit is {state}"):
                stage.walk(step)


@pytest.mark.parametrize("login", ["dispatcher", "supervisor"])
def test_the_office_can_do_it_on_behalf(stage: Stage, login: str) -> None:
    for step in WAYS["working"]:
        stage.act(stage.cast.actors[login], STEPS[step](stage.cast.visit), on_behalf=True)
    assert stage.row(Visit, stage.cast.visit).state is VisitState.WORKING
    assert {event.on_behalf for event in stage.events(stage.cast.visit)} == {True}


def test_on_behalf_is_not_for_technicians_nor_other_teams(stage: Stage) -> None:
    with pytest.raises(TransitionRefused):
        stage.act(stage.cast.technician1, STEPS["accept"](stage.cast.visit), on_behalf=True)
    with pytest.raises(NotFound):
        stage.act(stage.cast.outsider, STEPS["accept"](stage.cast.visit), on_behalf=True)
    with pytest.raises(TransitionRefused):
        stage.act(stage.cast.dispatcher, STEPS["accept"](stage.cast.unscheduled_visit), on_behalf=True)


def test_a_stale_version_is_refused(stage: Stage) -> None:
    version = stage.row(Visit, stage.cast.visit).version
    stage.walk("accept")
    with pytest.raises(StaleVersion):
        stage.act(stage.cast.technician1, lambda uow: visits.depart(uow, stage.cast.visit, version))


def test_a_declined_visit_has_no_locks_left(stage: Stage) -> None:
    """Each of them was about the day that was just turned down."""
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, stage.cast.visit)
        visit.locks_technician = visit.locks_start = True
        visit.lock_earliest, visit.lock_latest = visit.planned_start, visit.planned_end
        uow.commit()
    stage.walk("accept", "decline")
    left = stage.row(Visit, stage.cast.visit)
    assert not left.locks_technician
    assert not left.locks_start
    assert (left.lock_earliest, left.lock_latest) == (None, None)


def test_a_declined_visit_goes_back_with_its_parts_and_the_pair_is_barred(stage: Stage) -> None:
    with stage.database.read_only() as session:
        route_version = session.scalars(
            select(PlannedRoute.version).where(PlannedRoute.technician_id == stage.cast.technician1.technician_id)
        ).one()
    stage.walk("accept", "decline")
    visit = stage.row(Visit, stage.cast.visit)
    assert (visit.state, visit.planned_start, visit.planned_end) == (VisitState.UNSCHEDULED, None, None)
    with stage.database.read_only() as session:
        assignment = session.scalars(select(Assignment).where(Assignment.visit_id == visit.id)).one()
        assert assignment.end_reason == "declined"
        assert session.scalars(select(PlannedPart).where(PlannedPart.assignment_id == assignment.id)).all() == []
        decline = session.scalars(select(Decline).where(Decline.visit_id == visit.id)).one()
        assert (decline.technician_id, decline.reason) == (stage.cast.technician1.technician_id, "too_far")
        route = session.scalars(
            select(PlannedRoute).where(PlannedRoute.technician_id == stage.cast.technician1.technician_id)
        ).one()
        assert route.version == route_version + 1
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.TRIAGED
    (event,) = [one for one in stage.events(visit.id) if one.kind == "visit_declined"]
    assert (event.reason, event.data["released_units"]) == ("too_far", 3)


def test_a_technician_has_one_visit_under_way(stage: Stage) -> None:
    stage.walk("accept", "depart")
    with stage.database.unit_of_work() as uow:
        taken = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        taken.technician_id = stage.cast.technician1.technician_id
        uow.commit()
    stage.walk("accept", visit_id=stage.cast.other_visit)
    with pytest.raises(Conflict, match="V1 is still under way"):
        stage.walk("depart", visit_id=stage.cast.other_visit)


def test_of_two_departures_of_one_technician_at_once_one_counts(stage: Stage) -> None:
    with stage.database.unit_of_work() as uow:
        taken = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        taken.technician_id = stage.cast.technician1.technician_id
        uow.commit()
    both = (stage.cast.visit, stage.cast.other_visit)
    for visit_id in both:
        stage.walk("accept", visit_id=visit_id)
    start = threading.Barrier(2)

    def depart(visit_id) -> bool:
        start.wait()
        try:
            stage.walk("depart", visit_id=visit_id)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(depart, both)) == 1
    assert sorted(stage.row(Visit, visit_id).state for visit_id in both) == ["accepted", "en_route"]


def test_departing_without_a_part_gives_a_notice(stage: Stage) -> None:
    stage.walk("accept")
    with stage.database.unit_of_work() as uow:
        for planned in uow.session.scalars(select(PlannedPart).where(PlannedPart.pickup_id.is_not(None))):
            uow.session.delete(planned)
        uow.commit()
    outcome = stage.act(stage.cast.technician1, lambda uow: visits.depart(uow, stage.cast.visit))
    assert [notice.code for notice in outcome.notices] == ["parts_not_on_board"]


def test_departing_with_all_parts_on_board_or_on_the_way_is_quiet(stage: Stage) -> None:
    stage.walk("accept")
    assert stage.act(stage.cast.technician1, lambda uow: visits.depart(uow, stage.cast.visit)).notices == ()


@pytest.mark.parametrize(
    ("position", "distance_m", "codes"),
    [
        (visits.Position(-30.03, -51.23), 0, []),
        (visits.Position(-30.03, -51.22), 965, ["outside_geofence"]),
        (None, None, ["position_unknown"]),
    ],
)
def test_check_in_stores_the_distance_and_warns(stage: Stage, position, distance_m, codes) -> None:
    stage.bring_to("en_route")
    outcome = stage.act(stage.cast.technician1, lambda uow: visits.check_in(uow, stage.cast.visit, position, 300))
    assert [notice.code for notice in outcome.notices] == codes
    with stage.database.read_only() as session:
        assignment = session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.visit)).one()
    assert assignment.check_in_distance_m == (distance_m if distance_m is None else pytest.approx(distance_m, abs=2))


def test_a_completion_names_everything_that_is_missing(stage: Stage) -> None:
    stage.bring_to("working")
    with pytest.raises(Invalid) as refused:
        stage.act(stage.cast.technician1, lambda uow: visits.complete_visit(uow, stage.cast.visit))
    assert {fault.code for fault in refused.value.faults} == {
        "diagnosis_missing",
        "verification_missing",
        "parts_statement_missing",
        "sign_off_missing",
    }


def test_completing_twice_with_the_same_content_changes_nothing(stage: Stage) -> None:
    stage.bring_to("completed")
    before = stage.row(Visit, stage.cast.visit)
    stage.walk("complete")
    assert stage.row(Visit, stage.cast.visit).version == before.version
    with pytest.raises(Conflict, match="another content"):
        stage.act(
            stage.cast.technician1, lambda uow: visits.complete_visit(uow, stage.cast.visit, states_no_parts=False)
        )
    assert len([one for one in stage.events(before.id) if one.kind == "visit_completed"]) == 1


def test_two_completions_at_once_are_one(stage: Stage) -> None:
    stage.walk(*WAYS["completed"][:-1])
    start = threading.Barrier(2)

    def complete(_: int) -> None:
        start.wait()
        stage.walk("complete")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(complete, range(2)))
    assert len([one for one in stage.events(stage.cast.visit) if one.kind == "visit_completed"]) == 1


def test_a_signed_visit_closes_its_ticket(stage: Stage) -> None:
    stage.bring_to("completed")
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.CLOSED
    assert [one.to_state for one in stage.events(stage.cast.ticket)] == ["resolved", "closed"]
    assert {one.source for one in stage.events(stage.cast.ticket)} == {"system"}


def test_a_visit_broken_off_gets_a_follow_up(stage: Stage) -> None:
    stage.bring_to("incomplete")
    assert stage.row(Ticket, stage.cast.ticket).state is TicketState.TRIAGED
    with stage.database.read_only() as session:
        drafted = session.scalars(
            select(Visit).where(Visit.ticket_id == stage.cast.ticket, Visit.id != stage.cast.visit)
        ).one()
        assert (drafted.state, drafted.number) == (VisitState.UNSCHEDULED, "T1-2")
        assert sorted(one.quantity for one in drafted.parts) == [1, 2]
    assert stage.row(Visit, stage.cast.visit).incomplete_reason == "no_access"


def test_on_a_crew_the_visit_is_where_its_lead_is(stage: Stage) -> None:
    with stage.database.unit_of_work() as uow:
        second = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        second.visit_id, second.is_lead = stage.cast.visit, False
        uow.commit()
    stage.walk("accept", actor=stage.cast.technician2)
    assert stage.row(Visit, stage.cast.visit).state is VisitState.DISPATCHED
    stage.bring_to("working")
    assert stage.row(Visit, stage.cast.visit).state is VisitState.WORKING
    with pytest.raises(TransitionRefused, match="The visit is working"):
        stage.walk("decline", actor=stage.cast.technician2)
    stage.walk("depart", "check_in", actor=stage.cast.technician2)
    with pytest.raises(TransitionRefused, match="lead"):
        stage.walk("break_off", actor=stage.cast.technician2)
    stage.walk("break_off")
    assert stage.row(Assignment, second.id).state is VisitState.INCOMPLETE


@pytest.mark.parametrize(("hours_before", "is_dispatched"), [(3, True), (24 * 8, False), (24 * 365 * 50, True)])
def test_nothing_happens_at_a_visit_before_anybody_was_sent(
    stage: Stage, hours_before: int, is_dispatched: bool
) -> None:
    now = stage.database.clock.now()
    with stage.database.unit_of_work() as uow:
        one = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.visit)).one()
        one.dispatched_at = now - timedelta(hours=2) if is_dispatched else None
        uow.commit()
    accept = STEPS["accept"](stage.cast.visit)
    with pytest.raises(Invalid) as refused:
        stage.act(stage.cast.technician1, accept, occurred_at=now - timedelta(hours=hours_before))
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [("too_long_ago", "/occurred_at")]
    stage.act(stage.cast.technician1, accept, occurred_at=now - timedelta(hours=1))
    assert stage.row(Visit, stage.cast.visit).state is VisitState.ACCEPTED
