"""Documents that prove what was said about a report: issued with it, printed when asked for, verified by anybody."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.documents import Statement
from fieldsvc.domain.errors import Conflict, Erased, NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.sign_off_states import UNANSWERED
from fieldsvc.domain.texts import is_storable
from fieldsvc.models.base import entity_type
from fieldsvc.models.documents import ServiceDocument
from fieldsvc.models.evidence import Event
from fieldsvc.models.records import ServiceReport, SignOff
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import tickets_in_scope, visits_in_scope
from fieldsvc.services.service_reports import report_of, reported_visit_id

HASH_NAME = "document_sha256"


@dataclass(frozen=True, slots=True)
class PrintedReport:
    """A statement and the very bytes it is about. is_issued: False where nobody has answered the report yet.

    Nor where it was answered before documents were issued.
    """

    statement: Statement
    content: bytes
    is_issued: bool


@dataclass(frozen=True, slots=True)
class DocumentProof:
    """Whether a document was issued here."""

    sha256: str
    is_issued: bool


def issue_document(uow: UnitOfWork, sign_off: SignOff) -> str:
    """Issue the document of a sign-off as it now stands; return its hash, which belongs into the event."""
    document = ServiceDocument(
        id=uow.new_id(),
        visit_id=sign_off.visit_id,
        sign_off_id=sign_off.id,
        outcome=sign_off.state,
        stated_at=uow.now,
        salt=secrets.token_hex(16),
    )
    report = uow.get(ServiceReport, sign_off.report_id)
    visit = uow.get(Visit, sign_off.visit_id)
    document.sha256 = _statement(document, sign_off, report, visit, visit.ticket).sha256
    uow.session.add(document)
    return document.sha256


def print_report(session: OrmSession, actor: Actor, visit_id: UUID) -> PrintedReport:
    """Return what is to be printed of the report that counts, to those who may read it."""
    visible = select(Visit).where(Visit.id == visit_id, visits_in_scope(actor, Action.EVIDENCE_READ))
    visit = session.scalar(visible)
    if visit is None:
        raise NotFound(f"There is no visit {visit_id}.")
    return _printed(session, visit)


def print_linked_report(session: OrmSession, actor: Actor) -> PrintedReport:
    """Return what the customer of a link may print."""
    ticket = session.scalars(select(Ticket).where(tickets_in_scope(actor, Action.EVIDENCE_READ))).one()
    visit_id = reported_visit_id(session, ticket.id)
    if visit_id is None:
        raise NotFound("No report was presented yet.")
    return _printed(session, session.get_one(Visit, visit_id))


def verify(session: OrmSession, sha256: str) -> DocumentProof:
    """Return whether a document with this hash was issued here; it stays so when its customer is erased."""
    hexadecimal = sha256.lower()
    found = select(ServiceDocument.id).where(ServiceDocument.sha256 == hexadecimal)
    return DocumentProof(hexadecimal[:64], is_storable(sha256) and session.scalar(found) is not None)


def document_faults(session: OrmSession) -> Iterator[str]:
    """Compare every document, without what is sealed of it, with what the chain says was issued."""
    answers = select(Event.entity_id, Event.to_state, Event.recorded_at, Event.data)
    answers = answers.where(Event.entity_type == entity_type(SignOff))
    bound = {
        data[HASH_NAME]: (sign_off_id, state, moment)
        for sign_off_id, state, moment, data in session.execute(answers)
        if HASH_NAME in data
    }
    rows = select(
        ServiceDocument.sha256, ServiceDocument.sign_off_id, ServiceDocument.outcome, ServiceDocument.stated_at
    )
    issued = {
        sha256: (sign_off_id, state.value, moment) for sha256, sign_off_id, state, moment in session.execute(rows)
    }
    for sha256 in sorted(bound.keys() | issued.keys()):
        if bound.get(sha256) != issued.get(sha256):
            yield f"Document {sha256} is not as the chain says it was issued."


def statement_faults(session: OrmSession) -> Iterator[str]:
    """Make the statement of each sign-off anew; to be asked where all that it is made of holds."""
    for sign_off_id in session.scalars(select(ServiceDocument.sign_off_id).distinct()).all():
        sign_off = session.get_one(SignOff, sign_off_id)
        report, visit = session.get_one(ServiceReport, sign_off.report_id), session.get_one(Visit, sign_off.visit_id)
        try:
            documents = _documents(session, sign_off)
        except InvalidToken:
            yield f"A document of sign-off {sign_off_id} can't be opened: it was changed, or its key is gone."
            continue
        standing = _standing(documents)
        statement = _statement(standing, sign_off, report, visit, visit.ticket)
        if not _is_erased(documents) and statement.sha256 != standing.sha256:
            yield f"Document {standing.sha256} does not say what was said when it was issued."


def _printed(session: OrmSession, visit: Visit) -> PrintedReport:
    report = report_of(session, visit.id)
    if report is None:
        raise NotFound(f"There is no report of a visit {visit.id}.")
    sign_off = session.scalars(select(SignOff).where(SignOff.report_id == report.id)).one()
    documents = _documents(session, sign_off)
    if not report.content or _is_erased(documents):
        raise Erased("This report was erased with the customer it was for.")
    if not documents:
        draft = ServiceDocument(outcome=sign_off.state, stated_at=sign_off.stands_since, salt="")
        return PrintedReport(_statement(draft, sign_off, report, visit, visit.ticket), report.content, False)
    standing = _standing(documents)
    statement = _statement(standing, sign_off, report, visit, visit.ticket)
    if statement.sha256 != standing.sha256:
        detail = "This report is not as it was answered: the evidence has to be verified."
        raise Conflict(detail, code="report_changed")
    return PrintedReport(statement, report.content, True)


def _documents(session: OrmSession, sign_off: SignOff) -> Sequence[ServiceDocument]:
    return session.scalars(select(ServiceDocument).where(ServiceDocument.sign_off_id == sign_off.id)).all()


def _is_erased(documents: Sequence[ServiceDocument]) -> bool:
    return any(not document.salt for document in documents)


def _standing(documents: Sequence[ServiceDocument]) -> ServiceDocument:
    """Return that of the last answer: a refusal or an absence is followed by one answer at most, any other by none."""
    return min(documents, key=lambda document: document.outcome in UNANSWERED)


def _statement(
    document: ServiceDocument, sign_off: SignOff, report: ServiceReport, visit: Visit, ticket: Ticket
) -> Statement:
    return Statement(
        salt=str(document.salt),
        visit=visit.number,
        ticket=ticket.number,
        report_version=report.report_version,
        report_sha256=report.sha256,
        media_type=report.media_type,
        outcome=document.outcome,
        stated_at=document.stated_at,
        signed_at=sign_off.signed_at,
        signer_name=_unsealed(sign_off.signer_name),
        signer_role=_unsealed(sign_off.signer_role),
        method=sign_off.method,
        strokes=_unsealed(sign_off.strokes),
        reason=_unsealed(sign_off.reason),
    )


def _unsealed(text: str | None) -> str | None:
    """Return what is written of a sealed value, without whose it is."""
    return None if text is None else str(text)
