"""A crew of which somebody turns back, or whose visit is taken back: lead and helper may be in different states."""

from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import TurnBackReason
from fieldsvc.domain.errors import Conflict, TransitionRefused
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, Visit
from fieldsvc.services import tracking
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.visit_returns import turn_back
from tests.fieldsvc.services.test_visit_returns import NOT_WANTED, NOTICE, STEPS, take
from tests.fieldsvc.stage import Stage


def join_as_helper(stage: Stage) -> UUID:
    """Let the other technician help at the cast's visit; returns his assignment."""
    with stage.database.unit_of_work() as uow:
        second = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        second.visit_id, second.is_lead = stage.cast.visit, False
        uow.commit()
    return second.id


def test_a_helper_who_turns_back_gives_the_whole_visit_back(stage: Stage) -> None:
    join_as_helper(stage)
    stage.walk("accept")
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    take(stage, STEPS["sick"], "technician2")
    assert stage.row(Visit, stage.cast.visit).state is VisitState.UNSCHEDULED
    with stage.database.read_only() as session:
        assert {one.end_reason for one in session.scalars(select(Assignment)) if one.ended_at} == {"turned_back"}


def test_a_helper_who_turns_back_later_is_missing_alone(stage: Stage) -> None:
    second = join_as_helper(stage)
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    stage.bring_to("working")
    take(stage, STEPS["sick"], "technician2")
    assert stage.row(Visit, stage.cast.visit).state is VisitState.WORKING
    assert stage.row(Assignment, second).ended_at is not None
    assert [one.kind for one in stage.events(second)][-1] == "crew_member_turned_back"


def test_the_office_turns_a_helper_back(stage: Stage) -> None:
    helper = stage.cast.technician2.technician_id
    second = join_as_helper(stage)
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    stage.bring_to("working")
    stage.act(stage.cast.dispatcher, lambda uow: turn_back(uow, stage.cast.visit, TurnBackReason.DIVERTED, helper))
    assert (stage.row(Visit, stage.cast.visit).state, stage.row(Assignment, second).end_reason) == (
        VisitState.WORKING,
        "turned_back",
    )


def test_the_office_diverts_a_helper_before_the_lead_has_left(stage: Stage) -> None:
    helper = stage.cast.technician2.technician_id
    join_as_helper(stage)
    stage.walk("accept")
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    stage.act(stage.cast.dispatcher, lambda uow: turn_back(uow, stage.cast.visit, TurnBackReason.DIVERTED, helper))
    assert stage.row(Visit, stage.cast.visit).state is VisitState.UNSCHEDULED


def test_while_a_helper_is_at_the_site_nothing_is_taken_back(stage: Stage) -> None:
    join_as_helper(stage)
    stage.bring_to("en_route")
    stage.walk("accept", "depart", "check_in", "work", actor=stage.cast.technician2)
    for name in ("sick", "diverted", "cancelled_on_the_way"):
        with pytest.raises(Conflict) as refused:
            take(stage, STEPS[name])
        assert refused.value.code == "visit_on_site"
    with pytest.raises(Conflict) as refused:
        stage.act(stage.cast.dispatcher, lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
    assert refused.value.code == "visit_on_site"
    assert stage.row(Visit, stage.cast.visit).state is VisitState.EN_ROUTE


def test_while_a_helper_is_on_the_way_a_visit_is_not_put_off(stage: Stage) -> None:
    join_as_helper(stage)
    stage.walk("accept")
    stage.walk("accept", "depart", actor=stage.cast.technician2)
    with pytest.raises(TransitionRefused, match="on the way already"):
        take(stage, STEPS["postponed"])
    customer = stage.customer_actor()
    with pytest.raises(TransitionRefused, match="for dispatcher"):
        stage.act(customer, lambda uow: tracking.cancel_by_link(uow, NOTICE))
    take(stage, STEPS["cancelled"])
    assert stage.row(Visit, stage.cast.visit).is_late_cancel
