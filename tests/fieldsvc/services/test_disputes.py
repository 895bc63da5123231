"""A customer objects to what was accepted, and the desk decides; what nobody answers counts as accepted."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from fieldsvc import worker
from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.urgency import Urgency, raised
from fieldsvc.models import Assignment, SignOff, Ticket, Visit
from fieldsvc.services import disputes, sign_offs, tracking
from fieldsvc.services.ticket_visits import WantedVisit, add_visit
from fieldsvc.worker import WorkerPorts, sweep_field
from tests.fieldsvc.stage import PRESENTATION, REPORT, SIGNATURE, WAYS, Stage

SHA256 = hashlib.sha256(REPORT).hexdigest()
MONTH = timedelta(days=30)
UNSIGNED = (*WAYS["completed"][:-2],)


def current(stage: Stage) -> SignOff:
    with stage.database.read_only() as session:
        found = sign_offs.sign_off_of(session, stage.cast.visit)
        assert found is not None
        return found


def dispute(stage: Stage, window: timedelta = MONTH, sha256: str = SHA256) -> None:
    customer = stage.customer_actor()
    stage.act(customer, lambda uow: tracking.dispute_report(uow, sha256, "it drips again", window))


def decide(stage: Stage, login: str = "agent", *, is_upheld: bool = True, version: int | None = None) -> None:
    stage.act(
        stage.cast.actors[login],
        lambda uow: disputes.decide_dispute(uow, stage.cast.visit, "seen", is_upheld=is_upheld, version=version),
    )


def expire(stage: Stage, after: timedelta) -> int:
    """Sweep as a worker does."""
    seconds = round(after.total_seconds())
    return sweep_field(WorkerPorts(stage.database, None, 60, 1, tacit_acceptance_s=seconds))


@pytest.fixture
def completed(stage: Stage) -> Stage:
    stage.bring_to("completed")
    return stage


@pytest.fixture
def disputed(completed: Stage) -> Stage:
    dispute(completed)
    return completed


def test_an_objection_is_kept_and_kept_private(disputed: Stage) -> None:
    sign_off = current(disputed)
    assert (sign_off.state, sign_off.objection) == (SignOffState.DISPUTED, "it drips again")
    last = disputed.events(sign_off.id)[-1]
    assert (last.kind, last.from_state, last.to_state) == ("report_disputed", "signed", "disputed")
    assert "drips" not in str(last.data)
    with disputed.database.read_only() as session:
        raw = session.connection().exec_driver_sql("SELECT objection FROM sign_offs").scalar_one()
    assert "drips" not in raw
    # Until the desk has decided, the ticket stays as it is.
    assert disputed.row(Ticket, disputed.cast.ticket).state is TicketState.CLOSED


def test_an_objection_is_made_once(disputed: Stage) -> None:
    with pytest.raises(TransitionRefused, match="The sign-off is disputed"):
        dispute(disputed)


def test_only_what_was_accepted_is_open_to_objections(stage: Stage) -> None:
    customer = stage.customer_actor()
    with pytest.raises(Conflict) as refused:
        dispute(stage)
    assert refused.value.code == "no_report_presented"
    stage.walk(*UNSIGNED)
    with pytest.raises(Conflict) as refused:
        stage.act(customer, lambda uow: tracking.dispute_report(uow, SHA256, "no", MONTH))
    assert refused.value.code == "visit_not_over"


def test_another_report_than_the_one_named_is_not_objected_to(completed: Stage) -> None:
    with pytest.raises(Conflict) as refused:
        dispute(completed, sha256="0" * 64)
    assert refused.value.code == "other_report"


def test_a_phone_that_signs_in_the_past_does_not_shorten_the_window(stage: Stage) -> None:
    stage.walk(*UNSIGNED)
    now = stage.database.clock.now()
    with stage.database.unit_of_work() as uow:
        one = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.visit)).one()
        one.dispatched_at = now - timedelta(days=3)
        uow.commit()
    stage.act(
        stage.cast.technician1,
        lambda uow: sign_offs.sign_report(uow, stage.cast.visit, SHA256, SIGNATURE),
        occurred_at=now - timedelta(days=2),
    )
    stage.walk("complete")
    dispute(stage, window=timedelta(days=1))
    assert current(stage).state is SignOffState.DISPUTED


def test_a_ticket_that_was_called_off_is_not_opened_again(disputed: Stage) -> None:
    with disputed.database.unit_of_work() as uow:
        ticket = uow.get(Ticket, disputed.cast.ticket)
        before, ticket.state = ticket.state, TicketState.CANCELLED
        uow.record(ticket, "ticket_cancelled", before, ticket.state)
        uow.commit()
    with pytest.raises(TransitionRefused, match="The ticket is cancelled"):
        decide(disputed)
    assert current(disputed).state is SignOffState.DISPUTED


def test_of_an_open_ticket_only_the_urgency_rises(disputed: Stage) -> None:
    wanted = WantedVisit(disputed.cast.job_type)
    with disputed.database.unit_of_work() as uow:
        ticket = uow.get(Ticket, disputed.cast.ticket)
        before, ticket.state = ticket.state, TicketState.TRIAGED
        ticket.urgency, ticket.due_at = "low", uow.now
        due_at = uow.now
        uow.record(ticket, "ticket_reopened", before, ticket.state)
        uow.commit()
    disputed.act(disputed.cast.agent, lambda uow: add_visit(uow, disputed.cast.ticket, wanted))
    decide(disputed)
    ticket = disputed.row(Ticket, disputed.cast.ticket)
    assert (ticket.state, ticket.urgency, ticket.due_at) == (TicketState.TRIAGED, "normal", due_at)
    assert [one.kind for one in disputed.events(ticket.id)][-1] == "ticket_urgency_raised"


def test_the_window_closes(completed: Stage) -> None:
    with pytest.raises(Conflict) as refused:
        dispute(completed, window=timedelta(0))
    assert refused.value.code == "dispute_window_over"
    assert current(completed).state is SignOffState.SIGNED


@pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor"])
def test_upheld_it_opens_the_ticket_again_with_a_more_urgent_visit(disputed: Stage, login: str) -> None:
    before = disputed.row(Ticket, disputed.cast.ticket)
    decide(disputed, login)
    ticket = disputed.row(Ticket, disputed.cast.ticket)
    expected = raised(Urgency(before.urgency or Urgency.NORMAL))
    assert (ticket.state, ticket.urgency) == (TicketState.TRIAGED, expected)
    assert (current(disputed).state, current(disputed).decision) == (SignOffState.UPHELD, "seen")
    with disputed.database.read_only() as session:
        repeat = session.scalars(select(Visit).where(Visit.ticket_id == ticket.id).order_by(Visit.id)).all()[-1]
        assert (repeat.state, repeat.due_at) == ("unscheduled", ticket.due_at)
    assert repeat.succeeds_id == disputed.cast.visit
    drafted = disputed.events(repeat.id)[0]
    assert drafted.data["repeats_id"] == str(disputed.cast.visit)
    assert [one.kind for one in disputed.events(ticket.id)][-1] == "ticket_reopened"


def test_dismissed_the_report_stands(disputed: Stage) -> None:
    decide(disputed, is_upheld=False)
    assert current(disputed).state is SignOffState.DISMISSED
    assert disputed.row(Ticket, disputed.cast.ticket).state is TicketState.CLOSED
    with pytest.raises(TransitionRefused, match="The sign-off is dismissed"):
        dispute(disputed)


def test_it_is_decided_once(disputed: Stage) -> None:
    decide(disputed)
    for is_upheld in (True, False):
        with pytest.raises(TransitionRefused, match="The sign-off is upheld"):
            decide(disputed, is_upheld=is_upheld)


def test_of_two_decisions_at_once_one_counts(disputed: Stage) -> None:
    start = threading.Barrier(2)

    def go(is_upheld: bool) -> type | None:
        start.wait()
        try:
            decide(disputed, is_upheld=is_upheld)
        except DomainError as refused:
            return type(refused)
        return None

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(go, (True, False)))
    assert results.count(None) == 1
    decided = [one for one in disputed.events(current(disputed).id) if one.kind.startswith("dispute_")]
    assert len(decided) == 1


def test_others_do_not_decide(disputed: Stage) -> None:
    refusals = {"technician1": Forbidden, "warehouse": Forbidden, "admin": Forbidden, "outsider": NotFound}
    for login, refusal in refusals.items():
        with pytest.raises(refusal):
            decide(disputed, login)
    with pytest.raises(StaleVersion):
        decide(disputed, version=1)
    assert current(disputed).state is SignOffState.DISPUTED


def test_there_is_nothing_to_decide_without_an_objection(completed: Stage) -> None:
    with pytest.raises(TransitionRefused, match="The sign-off is signed"):
        decide(completed)


def test_without_the_repeat_visit_an_upheld_report_closes_nothing(disputed: Stage) -> None:
    decide(disputed)
    with disputed.database.unit_of_work() as uow:
        repeat = uow.session.scalars(
            select(Visit).where(Visit.ticket_id == disputed.cast.ticket, Visit.state == "unscheduled")
        ).one()
        repeat.state = repeat.state.CANCELLED
        uow.record(repeat, "visit_cancelled", "unscheduled", "cancelled")
        sign_offs.follow_visits(uow, repeat.ticket)
        uow.commit()
    assert disputed.row(Ticket, disputed.cast.ticket).state is TicketState.TRIAGED


class TestTacitAcceptance:
    @pytest.fixture
    def unanswered(self, stage: Stage) -> Stage:
        """Complete the visit with nobody there to sign."""
        stage.walk(*UNSIGNED)
        stage.act(stage.cast.technician1, lambda uow: sign_offs.note_absence(uow, stage.cast.visit, SHA256))
        stage.walk("complete")
        assert stage.row(Ticket, stage.cast.ticket).state is TicketState.RESOLVED
        return stage

    def test_what_nobody_answers_counts_as_accepted(self, unanswered: Stage) -> None:
        assert expire(unanswered, timedelta(days=7)) == 0
        assert expire(unanswered, timedelta(0)) == 1
        assert current(unanswered).state is SignOffState.EXPIRED
        assert unanswered.row(Ticket, unanswered.cast.ticket).state is TicketState.CLOSED
        assert expire(unanswered, timedelta(0)) == 0

    def test_of_two_versions_the_one_that_counts_expires(self, stage: Stage) -> None:
        again = sign_offs.Presentation(b"second", "text/plain")
        stage.walk(*UNSIGNED)
        stage.act(stage.cast.technician1, lambda uow: sign_offs.present_report(uow, stage.cast.visit, again))
        shown = hashlib.sha256(b"second").hexdigest()
        stage.act(stage.cast.technician1, lambda uow: sign_offs.note_absence(uow, stage.cast.visit, shown))
        stage.walk("complete")
        with stage.database.read_only() as session:
            assert sign_offs.overdue_reports(session, stage.database.clock.now()) == [stage.cast.visit]
        assert expire(stage, timedelta(0)) == 1
        with stage.database.read_only() as session:
            states = session.scalars(select(SignOff.state).order_by(SignOff.id)).all()
            assert sign_offs.overdue_reports(session, stage.database.clock.now()) == []
        assert states == [SignOffState.PRESENTED, SignOffState.EXPIRED]

    def test_an_older_version_that_nobody_answered_is_not_overdue(self, stage: Stage) -> None:
        stage.walk(*WAYS["completed"][:-2])
        stage.act(stage.cast.technician1, lambda uow: sign_offs.present_report(uow, stage.cast.visit, PRESENTATION))
        stage.walk("sign", "complete")
        with stage.database.read_only() as session:
            assert sign_offs.overdue_reports(session, stage.database.clock.now()) == []

    def test_one_that_fails_does_not_keep_the_others(self, unanswered: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        known = sign_offs.overdue_reports
        missing = uuid4()
        monkeypatch.setattr(worker, "overdue_reports", lambda *asked: [missing, *known(*asked)])
        assert expire(unanswered, timedelta(0)) == 1

    def test_an_answer_that_came_first_stands(self, unanswered: Stage) -> None:
        """The sweep has seen the report unanswered; the customer confirms before it gets there."""
        customer = unanswered.customer_actor()
        unanswered.act(customer, lambda uow: tracking.confirm_report(uow, SHA256, "Dora"))
        now = unanswered.database.clock.now()
        with unanswered.database.unit_of_work() as uow:
            assert not sign_offs.expire_sign_off(uow, unanswered.cast.visit, now)
        assert current(unanswered).state is SignOffState.CONFIRMED_REMOTE

    def test_it_may_still_be_objected_to(self, unanswered: Stage) -> None:
        expire(unanswered, timedelta(0))
        dispute(unanswered)
        assert current(unanswered).state is SignOffState.DISPUTED

    def test_a_visit_that_is_not_over_waits(self, stage: Stage) -> None:
        stage.walk(*UNSIGNED)
        assert expire(stage, timedelta(0)) == 0

    def test_what_was_answered_is_left_alone(self, completed: Stage) -> None:
        assert expire(completed, timedelta(0)) == 0
        assert current(completed).state is SignOffState.SIGNED
