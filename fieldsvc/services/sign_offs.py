"""The report is presented, and the customer answers it: on the technician's device, or by link."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.sign_off_states import OUTCOMES, SETTLED, SIGN_OFF, UNANSWERED, SignOffState
from fieldsvc.domain.visit_states import AT_THE_SITE, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import CustomerLink
from fieldsvc.models.records import ServiceReport, SignOff
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import Personal, UnitOfWork
from fieldsvc.services.customer_links import has_open_link
from fieldsvc.services.documents import HASH_NAME, issue_document
from fieldsvc.services.scopes import load_visit, touch
from fieldsvc.services.service_reports import reported_visit_id, sign_off_of
from fieldsvc.services.tickets import follow_visits

_MOST_OVERDUE = 1000
_ANSWERED = {
    "sign": "report_signed",
    "confirm": "report_confirmed",
    "refuse": "sign_off_refused",
    "note_absence": "customer_absent",
    "waive": "sign_off_waived",
    "dispute": "report_disputed",
}

Strokes = Sequence[Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Signature:
    """How the customer signs. strokes: [[[x, y, t_ms], …], …]; method: drawn or typed."""

    signer_name: str
    signer_role: str
    method: str
    strokes: Strokes = ()
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Presentation:
    """The bytes the customer is shown, and whether the customer can answer them by link."""

    content: bytes
    media_type: str
    is_sent_by_link: bool = False


def present_report(uow: UnitOfWork, visit_id: UUID, presentation: Presentation, version: int | None = None) -> SignOff:
    """Store the very bytes the customer is shown as the next version of the report.

    The same bytes once more, while nobody has answered them, are the same presentation.
    """
    visit = load_visit(uow, visit_id, Action.SIGN_OFF_CREATE, version)
    row = SIGN_OFF.allowed(SignOffState.PENDING, "present", uow.actor.role, on_behalf=uow.context.on_behalf)
    if visit.state not in AT_THE_SITE:
        raise Conflict(f"The visit is {visit.state}: a report is presented on site.", code="visit_not_on_site")
    if not presentation.content:
        fault = Fault("report_empty", "/content", "There is nothing in this report.")
        raise Invalid("The report is empty.", faults=[fault])
    if presentation.is_sent_by_link and not has_open_link(uow, visit.ticket_id):
        raise Conflict("The customer has no link that is still open; the desk can make one.", code="no_customer_link")
    previous, sha256 = sign_off_of(uow.session, visit_id), hashlib.sha256(presentation.content).hexdigest()
    if previous is not None and _is_same(uow, previous, row.to, sha256, presentation):
        if presentation.is_sent_by_link and not previous.is_sent_by_link:
            previous.is_sent_by_link = True
            touch(visit)
            uow.record(previous, "report_sent_by_link", row.to, row.to, data={"visit_id": visit_id})
        return previous
    versions = select(func.count()).select_from(ServiceReport).where(ServiceReport.visit_id == visit_id)
    report = ServiceReport(
        id=uow.new_id(),
        visit_id=visit_id,
        report_version=(uow.session.scalar(versions) or 0) + 1,
        content=presentation.content,
        sha256=sha256,
        media_type=presentation.media_type,
        is_after_signature=previous is not None and previous.state in SETTLED,
        recorded_at=uow.now,
    )
    sign_off = SignOff(
        id=uow.new_id(),
        visit_id=visit_id,
        report_id=report.id,
        report_sha256=report.sha256,
        state=row.to,
        is_sent_by_link=presentation.is_sent_by_link,
        recorded_at=uow.now,
        state_since=uow.now,
    )
    uow.session.add_all([report, sign_off])
    touch(visit)
    data = {
        "visit_id": visit_id,
        "report_version": report.report_version,
        "report_sha256": report.sha256,
        "is_after_signature": report.is_after_signature,
    }
    uow.record(sign_off, "report_presented", SignOffState.PENDING, row.to, data=data)
    return sign_off


def _is_same(
    uow: UnitOfWork, previous: SignOff, presented: SignOffState, sha256: str, presentation: Presentation
) -> bool:
    """Tell whether a report is the one that lies there unanswered."""
    if previous.state is not presented or previous.report_sha256 != sha256:
        return False
    return uow.get(ServiceReport, previous.report_id).media_type == presentation.media_type


def sign_report(
    uow: UnitOfWork, visit_id: UUID, report_sha256: str, signature: Signature, version: int | None = None
) -> SignOff:
    """Take the customer's signature on the technician's device."""
    if signature.method == "drawn" and not any(signature.strokes):
        fault = Fault("strokes_missing", "/strokes", "A drawn signature consists of strokes.")
        raise Invalid("There is no signature.", faults=[fault])
    said = {
        "signer_name": signature.signer_name,
        "signer_role": signature.signer_role,
        "method": signature.method,
        "device_id": signature.device_id,
        "strokes": json.dumps(signature.strokes, separators=(",", ":")),
        "signed_at": uow.occurred_at,
    }
    return _settle(uow, answer_report(uow, visit_id, report_sha256, "sign", said, version))


def refuse_report(
    uow: UnitOfWork, visit_id: UUID, report_sha256: str, reason: str, version: int | None = None
) -> SignOff:
    """Note that the customer does not sign, and why."""
    return _settle(uow, answer_report(uow, visit_id, report_sha256, "refuse", {"reason": reason}, version))


def note_absence(uow: UnitOfWork, visit_id: UUID, report_sha256: str, version: int | None = None) -> SignOff:
    """Note that nobody was there to sign."""
    return _settle(uow, answer_report(uow, visit_id, report_sha256, "note_absence", {}, version))


def waive_sign_off(
    uow: UnitOfWork, visit_id: UUID, report_sha256: str, reason: str, version: int | None = None
) -> SignOff:
    """Let a supervisor do without the customer's answer."""
    return _settle(uow, answer_report(uow, visit_id, report_sha256, "waive", {"reason": reason}, version))


def overdue_reports(session: OrmSession, deadline: datetime) -> Sequence[UUID]:
    """Return visits over and reported before a moment of which nobody has answered the report that counts."""
    newer = aliased(ServiceReport)
    is_followed = exists().where(
        newer.visit_id == ServiceReport.visit_id,
        newer.report_version > ServiceReport.report_version,
        ~newer.is_after_signature,
    )
    ended = exists().where(Assignment.visit_id == Visit.id, Assignment.is_lead, Assignment.finished_at <= deadline)
    due = (
        select(SignOff.visit_id)
        .join(ServiceReport, ServiceReport.id == SignOff.report_id)
        .join(Visit, Visit.id == SignOff.visit_id)
        .where(
            SignOff.state.in_(UNANSWERED),
            func.coalesce(SignOff.state_since, SignOff.recorded_at) <= deadline,
            Visit.state == VisitState.COMPLETED,
        )
        .where(ended, ~ServiceReport.is_after_signature, ~is_followed)
    )
    return session.scalars(due.order_by(SignOff.visit_id).limit(_MOST_OVERDUE)).all()


def expire_sign_off(uow: UnitOfWork, visit_id: UUID, deadline: datetime) -> bool:
    """Let a report that nobody has answered since then count as accepted, as the system; False if somebody has."""
    visit = uow.get(Visit, visit_id, lock=True)
    sign_off = sign_off_of(uow.session, visit_id)
    is_due = sign_off is not None and sign_off.state in UNANSWERED and sign_off.stands_since <= deadline
    if sign_off is None or not is_due or visit.state is not VisitState.COMPLETED:
        return False
    row = SIGN_OFF.allowed(sign_off.state, "expire", uow.actor.role)
    before, sign_off.state, sign_off.state_since = sign_off.state, row.to, uow.now
    data = {"visit_id": visit_id, HASH_NAME: issue_document(uow, sign_off)}
    uow.record(sign_off, "report_accepted_tacitly", before, row.to, data=data, source="system")
    touch(visit)
    _settle(uow, sign_off)
    return True


def confirm_by_link(uow: UnitOfWork, report_sha256: str, signer_name: str | None) -> SignOff:
    """Take the customer's confirmation of the report the link leads to; a link confirms once."""
    assert uow.actor.link_id is not None, "only a customer confirms by link"
    assert uow.actor.link_ticket_id is not None, "a link opens a ticket"
    visit_id = reported_visit_id(uow.session, uow.actor.link_ticket_id)
    if visit_id is None:
        raise Conflict("There is no report to confirm yet.", code="no_report_presented")
    load_visit(uow, visit_id, Action.SIGN_OFF_CREATE)  # locked before the link, as everywhere
    link = uow.get(CustomerLink, uow.actor.link_id, lock=True)
    if link.used_at is not None:
        raise Conflict("This link has confirmed a report already.", code="link_used")
    said = {"signer_name": signer_name, "method": "link", "signed_at": uow.now}
    sign_off = answer_report(uow, visit_id, report_sha256, "confirm", said)
    link.used_at = uow.now
    return _settle(uow, sign_off)


def answer_report(
    uow: UnitOfWork,
    visit_id: UUID,
    report_sha256: str,
    action: str,
    said: Mapping[str, object],
    version: int | None = None,
) -> SignOff:
    """Move the sign-off of the report that counts by an action; the visit's lock lets one of two answers win.

    said: what its fields become; bound to the evidence chain, so that nobody can exchange a signature later.
    """
    visit = load_visit(uow, visit_id, Action.SIGN_OFF_CREATE, version)
    sign_off = sign_off_of(uow.session, visit_id)
    if sign_off is None:
        raise Conflict("No report was presented yet.", code="no_report_presented")
    if sign_off.report_sha256 != report_sha256:
        raise Conflict("Another version of the report has been presented since; read it first.", code="other_report")
    row = SIGN_OFF.allowed(sign_off.state, action, uow.actor.role, on_behalf=uow.context.on_behalf)
    before, sign_off.state, sign_off.state_since = sign_off.state, row.to, uow.now
    personal = write_down(sign_off, said)
    data = {"visit_id": visit_id, "report_sha256": report_sha256}
    if row.to in OUTCOMES:
        data[HASH_NAME] = issue_document(uow, sign_off)
    uow.record(sign_off, _ANSWERED[action], before, row.to, data=data, personal=personal)
    touch(visit)
    return sign_off


def write_down(sign_off: SignOff, said: Mapping[str, object]) -> Personal:
    """Set fields of a sign-off, and return what binds them to the evidence chain."""
    for name, value in said.items():
        setattr(sign_off, name, value)
    return Personal(sign_off, said)


def _settle(uow: UnitOfWork, sign_off: SignOff) -> SignOff:
    follow_visits(uow, uow.get(Visit, sign_off.visit_id).ticket)
    return sign_off
