"""Every answer to a report issues one document, and each stays known whatever follows."""

import hashlib
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.roles import Role
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.models import ServiceDocument
from fieldsvc.services import documents, sign_offs, tracking
from tests.fieldsvc.stage import REPORT, SIGNATURE, Stage

SHA256 = hashlib.sha256(REPORT).hexdigest()


@pytest.fixture
def presented(stage: Stage) -> Stage:
    """Bring the visit to where its report is on the table."""
    stage.walk("accept", "depart", "check_in", "work", "diagnose", "solve", "verify", "present")
    return stage


def issued(stage: Stage) -> Sequence[ServiceDocument]:
    with stage.database.read_only() as session:
        return session.scalars(select(ServiceDocument).order_by(ServiceDocument.stated_at)).all()


def outcome_printed(stage: Stage) -> SignOffState:
    with stage.database.read_only() as session:
        return documents.print_report(session, stage.cast.technician1, stage.cast.visit).statement.outcome


def faults(stage: Stage) -> list[str]:
    with stage.database.read_only() as session:
        return [*documents.document_faults(session), *documents.statement_faults(session)]


def test_a_report_that_is_refused_and_then_confirmed_has_two_documents(presented: Stage) -> None:
    visit = presented.cast.visit
    presented.act(presented.cast.technician1, lambda uow: sign_offs.refuse_report(uow, visit, SHA256, "not agreed"))
    assert outcome_printed(presented) is SignOffState.REFUSED
    customer = presented.customer_actor()
    presented.act(customer, lambda uow: tracking.confirm_report(uow, SHA256, "王伟"))
    assert [one.outcome for one in issued(presented)] == [SignOffState.REFUSED, SignOffState.CONFIRMED_REMOTE]
    assert outcome_printed(presented) is SignOffState.CONFIRMED_REMOTE
    with presented.database.read_only() as session:
        assert all(documents.verify(session, one.sha256).is_issued for one in issued(presented))
    assert faults(presented) == []


def test_an_answer_that_is_refused_issues_nothing(presented: Stage) -> None:
    def sign() -> None:
        presented.act(
            presented.cast.technician1,
            lambda uow: sign_offs.sign_report(uow, presented.cast.visit, SHA256, SIGNATURE),
        )

    sign()
    with pytest.raises(Conflict):
        sign()
    assert len(issued(presented)) == 1
    assert faults(presented) == []


def test_a_dispute_leaves_the_document_that_was_signed(presented: Stage) -> None:
    presented.walk("sign", "complete")
    before = issued(presented)
    presented.walk("dispute")
    assert outcome_printed(presented) is SignOffState.SIGNED
    assert [one.sha256 for one in issued(presented)] == [one.sha256 for one in before]
    assert faults(presented) == []


def test_tacit_acceptance_issues_one(presented: Stage) -> None:
    visit = presented.cast.visit
    presented.act(presented.cast.technician1, lambda uow: sign_offs.note_absence(uow, visit, SHA256))
    presented.walk("complete")
    with presented.database.unit_of_work() as uow:
        assert uow.actor.role is Role.SYSTEM
        assert sign_offs.expire_sign_off(uow, visit, uow.now)
        uow.commit()
    assert [one.outcome for one in issued(presented)] == [SignOffState.ABSENT, SignOffState.EXPIRED]
    assert outcome_printed(presented) is SignOffState.EXPIRED
    assert faults(presented) == []
