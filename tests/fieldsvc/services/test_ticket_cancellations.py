"""Tickets that are not wanted any more, and what a customer may call off or put off by link."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import CancelReason
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Ticket, Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import tracking
from fieldsvc.services.doctor import examine
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.ticket_visits import WantedVisit, add_visit
from fieldsvc.services.visit_returns import Cancellation, cancel_visit
from tests.fieldsvc.stage import WAYS, Stage

NOTICE = timedelta(days=1)
NOT_WANTED = Cancellation(CancelReason.CUSTOMER, NOTICE)
UseCase = Callable[[UnitOfWork], object]


class TestTicket:
    @pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor", "admin"])
    def test_the_desk_cancels_it_with_its_visits(self, stage: Stage, login: str) -> None:
        stage.act(stage.cast.actors[login], lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
        assert stage.row(Ticket, stage.cast.ticket).state is TicketState.CANCELLED
        assert stage.row(Visit, stage.cast.visit).state is VisitState.CANCELLED
        (event,) = [one for one in stage.events(stage.cast.ticket) if one.kind == "ticket_cancelled"]
        assert (event.reason, event.data) == ("customer", {"visits": 1})
        with pytest.raises(TransitionRefused, match="The ticket is cancelled"):
            stage.act(stage.cast.actors[login], lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))

    def test_others_may_not(self, stage: Stage) -> None:
        for login, refusal in {"technician1": Forbidden, "warehouse": Forbidden, "outsider": NotFound}.items():
            with pytest.raises(refusal):
                stage.act(stage.cast.actors[login], lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
        assert stage.row(Visit, stage.cast.visit).state is VisitState.DISPATCHED

    @pytest.mark.parametrize("state", ["on_site", "working", "paused"])
    def test_not_while_somebody_is_at_the_site(self, stage: Stage, state: str) -> None:
        stage.bring_to(state)
        with pytest.raises(Conflict) as refused:
            stage.act(stage.cast.supervisor, lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
        assert refused.value.code == "visit_on_site"

    def test_whoever_is_on_the_way_is_the_dispatchers_to_turn_back(self, stage: Stage) -> None:
        stage.bring_to("en_route")
        with pytest.raises(TransitionRefused, match="for dispatcher, not for agent"):
            stage.act(stage.cast.agent, lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
        assert stage.row(Ticket, stage.cast.ticket).state is TicketState.IN_PROGRESS
        stage.act(stage.cast.dispatcher, lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
        assert stage.row(Visit, stage.cast.visit).is_late_cancel

    def test_of_a_visit_and_its_ticket_cancelled_at_once_both_are(self, stage: Stage) -> None:
        start = threading.Barrier(2)
        both: list[UseCase] = [
            lambda uow: cancel_visit(uow, stage.cast.visit, NOT_WANTED),
            lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED),
        ]

        def go(use_case: UseCase) -> None:
            start.wait()
            try:
                stage.act(stage.cast.dispatcher, use_case)
            except TransitionRefused as refused:
                assert "The visit is cancelled" in refused.detail  # noqa: PT017 -- either order is right

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(go, both))
        assert stage.row(Ticket, stage.cast.ticket).state is TicketState.CANCELLED
        assert len([one for one in stage.events(stage.cast.visit) if one.kind == "visit_cancelled"]) == 1

    def test_a_ticket_that_got_a_visit_meanwhile_is_cancelled_with_it(self, stage: Stage) -> None:
        """The lead breaks off, which drafts a follow-up, while the agent cancels."""
        stage.bring_to("on_site")
        start = threading.Barrier(2)

        def break_off() -> None:
            start.wait()
            stage.walk("break_off")

        def cancel() -> None:
            start.wait()
            with suppress(Conflict):  # it came first: somebody was at the site still
                stage.act(stage.cast.supervisor, lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))

        with ThreadPoolExecutor(2) as pool:
            for one in [pool.submit(break_off), pool.submit(cancel)]:
                one.result()
        with stage.database.read_only() as session:
            states = session.scalars(select(Visit.state).where(Visit.ticket_id == stage.cast.ticket)).all()
            is_over = session.get_one(Ticket, stage.cast.ticket).state is TicketState.CANCELLED
            assert not [one for one in examine(session, stage.database.clock.now()) if one.invariant in ("P3", "P5")]
        assert (VisitState.UNSCHEDULED in states) is not is_over

    def test_the_desk_asks_for_one_more_visit_of_an_open_ticket(self, stage: Stage) -> None:
        wanted = WantedVisit(stage.cast.job_type)
        stage.act(stage.cast.agent, lambda uow: add_visit(uow, stage.cast.ticket, wanted))
        with stage.database.read_only() as session:
            states = session.scalars(select(Visit.state).where(Visit.ticket_id == stage.cast.ticket).order_by(Visit.id))
            assert states.all() == [VisitState.DISPATCHED, VisitState.UNSCHEDULED]
        stage.act(stage.cast.agent, lambda uow: cancel_ticket(uow, stage.cast.ticket, NOT_WANTED))
        with pytest.raises(TransitionRefused, match="The ticket is cancelled"):
            stage.act(stage.cast.agent, lambda uow: add_visit(uow, stage.cast.ticket, wanted))

    def test_all_that_is_wrong_with_a_further_visit_is_named(self, stage: Stage) -> None:
        now = stage.database.clock.now()
        wanted = WantedVisit(uuid4(), [(now, now - timedelta(hours=1))])
        with pytest.raises(Invalid) as refused:
            stage.act(stage.cast.agent, lambda uow: add_visit(uow, stage.cast.ticket, wanted))
        assert [fault.code for fault in refused.value.faults] == ["unknown_job_type", "window_inverted", "window_over"]


class TestCustomer:
    def test_asks_for_another_time_by_link(self, stage: Stage) -> None:
        window = (stage.cast.at(9) + timedelta(days=2), stage.cast.at(12) + timedelta(days=2))
        progress = stage.act(stage.customer_actor(), lambda uow: tracking.postpone_by_link(uow, [window]))
        assert (progress.visit_state, progress.window_start) == (VisitState.UNSCHEDULED, None)
        (event,) = [one for one in stage.events(stage.cast.visit) if one.kind == "visit_postponed"]
        assert (event.actor_role, event.reason) == ("customer", "customer")

    def test_calls_it_off_by_link(self, stage: Stage) -> None:
        progress = stage.act(stage.customer_actor(), lambda uow: tracking.cancel_by_link(uow, NOTICE))
        assert (progress.ticket_state, progress.visit_state) == (TicketState.CANCELLED, None)
        assert stage.row(Visit, stage.cast.other_visit).state is VisitState.DISPATCHED

    @pytest.mark.parametrize("state", ["en_route", "on_site", "working"])
    def test_not_once_the_technician_has_left(self, stage: Stage, state: str) -> None:
        stage.bring_to(state)
        customer = stage.customer_actor()
        with pytest.raises(TransitionRefused):
            stage.act(customer, lambda uow: tracking.postpone_by_link(uow, []))
        with pytest.raises(Conflict):
            stage.act(customer, lambda uow: tracking.cancel_by_link(uow, NOTICE))
        assert stage.row(Visit, stage.cast.visit).state == state

    def test_when_all_is_done_there_is_nothing_to_put_off(self, stage: Stage) -> None:
        stage.walk(*WAYS["completed"])
        with pytest.raises(TransitionRefused) as refused:
            stage.act(stage.customer_actor(), lambda uow: tracking.postpone_by_link(uow, []))
        assert refused.value.code == "no_visit_to_come"
