"""Documents that prove what was said about a report: issued with it, printed when asked for, verified by anybody."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.documents import Statement
from fieldsvc.domain.errors import Erased, NotFound
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.texts import is_storable
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
    """A statement with its hash and the very bytes it is about."""

    statement: Statement
    sha256: str
    content: bytes


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
    """Compare the documents with the chain, and the newest of each sign-off with what it proves."""
    bound = {
        data[HASH_NAME]: sign_off_id
        for sign_off_id, data in session.execute(
            select(Event.entity_id, Event.data).where(Event.entity_type == "sign_off").order_by(Event.change_no)
        )
        if HASH_NAME in data
    }
    documents = session.scalars(select(ServiceDocument).order_by(ServiceDocument.id)).all()
    issued = {document.sha256: document.sign_off_id for document in documents}
    for sha256 in sorted(bound.keys() | issued.keys()):
        if bound.get(sha256) != issued.get(sha256):
            yield f"Document {sha256} is not the one that the chain says was issued."
    newest = {document.sign_off_id: document for document in documents}
    for sign_off_id, document in newest.items():
        try:
            sign_off = session.get_one(SignOff, sign_off_id)
        except InvalidToken:  # told of where the sign-offs are looked through
            continue
        report, visit = session.get_one(ServiceReport, sign_off.report_id), session.get_one(Visit, document.visit_id)
        statement = _statement(document, sign_off, report, visit, visit.ticket)
        if document.salt and statement.sha256 != document.sha256:  # without one the customer was erased
            yield f"Document {document.sha256} does not say what was said when it was issued."


def _printed(session: OrmSession, visit: Visit) -> PrintedReport:
    report = report_of(session, visit.id)
    if report is None:
        raise NotFound(f"There is no report of a visit {visit.id}.")
    newest = select(ServiceDocument).join(SignOff, SignOff.id == ServiceDocument.sign_off_id)
    newest = newest.where(SignOff.report_id == report.id).order_by(ServiceDocument.id.desc()).limit(1)
    document = session.scalar(newest)
    if document is None:
        raise NotFound("Nobody has answered this report yet, so there is nothing to print.")
    if not document.salt or not report.content:
        raise Erased("This report was erased with the customer it was for.")
    sign_off = session.get_one(SignOff, document.sign_off_id)
    return PrintedReport(_statement(document, sign_off, report, visit, visit.ticket), document.sha256, report.content)


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
