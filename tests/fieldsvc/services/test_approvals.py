"""What the customer has to pay for is agreed to before it is done: by whom, once, and bound to the evidence."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.offers import Offer, OfferLine
from fieldsvc.domain.phone_commands import CommandType
from fieldsvc.models import Approval, Ticket
from fieldsvc.services import approvals, tracking
from fieldsvc.services.approvals import Answer
from fieldsvc.services.doctor import examine
from fieldsvc.services.evidence import verify_evidence
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.visit_returns import Cancellation, CancelReason, timedelta
from tests.fieldsvc.phone import Phone
from tests.fieldsvc.stage import Stage

STROKES = [[[1, 2, 0], [3, 4, 16]]]
SIGNED = Answer(True, "drawn", signer_name="王伟", strokes=STROKES)
NO = Answer(False, "typed", reason="too expensive")


def lines(stage: Stage) -> list[OfferLine]:
    return [OfferLine("Two hours of work", 2, 9_000), OfferLine("Pump", 1, 12_900, str(stage.cast.part))]


def ask(stage: Stage, actor: Actor | None = None, *offered: OfferLine) -> UUID:
    wanted = list(offered) or lines(stage)
    return stage.act(
        actor or stage.cast.agent,
        lambda uow: approvals.request_approval(uow, stage.cast.ticket, wanted, "EUR").id,
    )


def answer(stage: Stage, approval: UUID, said: Answer = SIGNED, actor: Actor | None = None) -> None:
    stage.act(actor or stage.cast.technician1, lambda uow: approvals.answer_approval(uow, approval, said))


def state_of(stage: Stage, approval: UUID) -> str:
    return stage.row(Approval, approval).state.value


def test_the_sum_and_its_hash_are_those_of_the_lines(stage: Stage) -> None:
    approval = ask(stage)
    with stage.database.read_only() as session:
        stored = session.get_one(Approval, approval)
        expected = Offer(stored.ticket.number, "EUR", lines(stage))
        assert (stored.total_cents, stored.lines) == (30_900, lines(stage))
        assert stored.offer_sha256 == expected.sha256
    (asked,) = stage.events(approval)
    assert (asked.kind, asked.data["total_cents"]) == ("approval_requested", 30_900)
    assert "Pump" not in str(asked.data)  # what is offered stays out of the evidence


def test_the_customer_agrees_on_the_device_or_by_link(stage: Stage) -> None:
    stage.bring_to("on_site")
    on_device, by_link = ask(stage), ask(stage)
    answer(stage, on_device)
    customer = stage.customer_actor()
    progress = stage.act(
        customer, lambda uow: tracking.answer_by_link(uow, by_link, Answer(False, "link", reason="no, thanks"))
    )
    assert [one.state.value for one in progress.approvals] == ["approved", "declined"]
    signed = stage.row(Approval, on_device)
    assert (signed.method, signed.signer_name, signed.strokes) == ("drawn", "王伟", "[[[1,2,0],[3,4,16]]]")
    assert stage.row(Approval, by_link).reason == "no, thanks"
    for approval in (on_device, by_link):
        for said in (SIGNED, NO):
            with pytest.raises(TransitionRefused):
                answer(stage, approval, said)


def test_who_may_not_answer_for_the_customer(stage: Stage) -> None:
    approval = ask(stage)
    refusals = {
        "agent": Forbidden,
        "dispatcher": Forbidden,
        "supervisor": Forbidden,
        "warehouse": Forbidden,
        "admin": Forbidden,
        "technician2": NotFound,
        "foreign_technician": NotFound,
    }
    for login, refusal in refusals.items():
        with pytest.raises(refusal):
            answer(stage, approval, actor=stage.cast.actors[login])
    assert state_of(stage, approval) == "requested"


def test_who_may_ask_and_withdraw(stage: Stage) -> None:
    refusals = {"warehouse": Forbidden, "admin": Forbidden, "technician2": NotFound, "outsider": NotFound}
    approval = ask(stage)
    for login, refusal in refusals.items():
        with pytest.raises(refusal):
            ask(stage, stage.cast.actors[login])
        with pytest.raises(refusal):
            stage.act(stage.cast.actors[login], lambda uow: approvals.withdraw_approval(uow, approval))
    for login in ("technician1", "dispatcher", "supervisor"):
        asked = ask(stage, stage.cast.actors[login])
        stage.act(stage.cast.actors[login], lambda uow, asked=asked: approvals.withdraw_approval(uow, asked))
        assert state_of(stage, asked) == "withdrawn"
        with pytest.raises(TransitionRefused):
            answer(stage, asked)
        with pytest.raises(TransitionRefused):
            stage.act(stage.cast.agent, lambda uow, asked=asked: approvals.withdraw_approval(uow, asked))


def test_all_that_is_wrong_with_an_offer_is_told(stage: Stage) -> None:
    wrong = [OfferLine("x", 1, 1, str(uuid4())), OfferLine("y", 100_000, 2**31), *[OfferLine("z", 100_000, 2**31)] * 50]
    with pytest.raises(Invalid) as refused:
        stage.act(
            stage.cast.agent,
            lambda uow: approvals.request_approval(
                uow, stage.cast.ticket, wrong, "EUR", visit_id=stage.cast.other_visit
            ),
        )
    assert [fault.code for fault in refused.value.faults] == ["unknown_part", "sum_too_large", "unknown_visit"]
    stage.bring_to("on_site")
    approval = ask(stage)
    with pytest.raises(Invalid) as refused:
        answer(stage, approval, Answer(True, "drawn", signer_name=" "))
    assert [fault.code for fault in refused.value.faults] == ["missing_field", "strokes_missing"]
    with pytest.raises(Conflict, match="not what is offered"):
        answer(stage, approval, Answer(True, "typed", "0" * 64, "王伟"))


def test_of_two_answers_at_once_one_wins(stage: Stage) -> None:
    stage.bring_to("on_site")
    approval, customer = ask(stage), stage.customer_actor()

    def say(actor: Actor, said: Answer) -> str:
        try:
            answer(stage, approval, said, actor)
        except DomainError as refused:
            return refused.code
        return "taken"

    with ThreadPoolExecutor(2) as both:
        tries = [
            both.submit(say, stage.cast.technician1, SIGNED),
            both.submit(say, customer, Answer(False, "link")),
        ]
    assert sorted(one.result() for one in tries) == ["taken", "transition_refused"]
    assert len(stage.events(approval)) == 2


def test_a_ticket_is_not_resolved_while_the_customer_has_not_answered(stage: Stage) -> None:
    approval = ask(stage)
    stage.bring_to("completed")
    assert stage.row(Ticket, stage.cast.ticket).state == "in_progress"
    with pytest.raises(Conflict, match="while a visit is made"):
        answer(stage, approval, NO, stage.cast.technician1)
    answer(stage, approval, Answer(False, "link"), stage.customer_actor())
    assert stage.row(Ticket, stage.cast.ticket).state == "closed"
    with pytest.raises(Conflict, match="nothing is done for it"):
        ask(stage)
    with stage.database.read_only() as session:
        assert examine(session, stage.database.clock.now()) == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_nobody_agrees_before_it_was_asked_or_in_the_future(stage: Stage, hours: int) -> None:
    stage.bring_to("on_site")
    approval, moment = ask(stage), stage.database.clock.now() + timedelta(hours=hours)
    with pytest.raises(Invalid) as refused:
        stage.act(
            stage.cast.technician1,
            lambda uow: approvals.answer_approval(uow, approval, SIGNED),
            occurred_at=moment,
        )
    assert [fault.code for fault in refused.value.faults] == ["wrong_moment"]


def test_a_cancelled_ticket_asks_for_nothing(stage: Stage) -> None:
    approval = ask(stage)
    wanted = Cancellation(CancelReason.CUSTOMER, timedelta(days=1))
    stage.act(stage.cast.agent, lambda uow: cancel_ticket(uow, stage.cast.ticket, wanted))
    assert state_of(stage, approval) == "withdrawn"


def test_a_phone_tells_offer_and_answer_together(stage: Stage) -> None:
    phone = Phone(stage, stage.cast.technician1)
    for step in ("check_in", "work"):
        phone.note(step)
    phone.note_as(
        CommandType.APPROVAL,
        stage.cast.visit,
        lambda uow, of: approvals.agree_at_site(uow, of, lines(stage), "EUR", SIGNED),
    )
    assert phone.statuses() == ["applied"] * 3
    with stage.database.read_only() as session:
        (made,) = approvals.approvals_of(session, [stage.cast.ticket])[stage.cast.ticket]
        assert (made.state, made.visit_id, made.signer_name) == ("approved", stage.cast.visit, "王伟")
    assert [event.kind for event in stage.events(made.id)] == ["approval_requested", "approval_approved"]
    phone.push()
    assert len(stage.events(made.id)) == 2  # told again, it is known


@pytest.mark.parametrize(
    "change",
    [
        "method = 'link'",
        "state = 'declined'",
        "total_cents = 1",
        "decided_at = '2026-01-01 00:00:00+00:00'",
        "requested_at = decided_at",
    ],
)
def test_who_changes_what_was_agreed_is_found(stage: Stage, tmp_path, change: str) -> None:
    stage.bring_to("on_site")
    approval = ask(stage)
    answer(stage, approval)
    file = AnchorFile(tmp_path / "anchors.jsonl", "a secret key for tests, long enough")
    with stage.database.read_only() as session:
        assert verify_evidence(session, file).faults == []
    with stage.database.engine.begin() as connection:
        connection.execute(text(f"UPDATE approvals SET {change}"))
    with stage.database.read_only() as session:
        assert verify_evidence(session, file).faults != []
