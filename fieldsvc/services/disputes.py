"""A customer who is not content with what was signed for, and what the desk decides about it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.sign_off_states import SETTLED, SIGN_OFF
from fieldsvc.domain.visit_states import STARTED, VisitState
from fieldsvc.models.records import SignOff
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.reopenings import reopen_more_urgently
from fieldsvc.services.scopes import load_visit, touch
from fieldsvc.services.service_reports import reported_visit_id, sign_off_of
from fieldsvc.services.sign_offs import answer_report, write_down
from fieldsvc.services.tasks import finish_tasks, raise_task
from fieldsvc.services.tickets import follow_visits
from fieldsvc.services.visit_drafts import draft_visit


def dispute_by_link(uow: UnitOfWork, report_sha256: str, objection: str, window: timedelta) -> SignOff:
    """Let the customer object to a report that was accepted, while the window since then is open."""
    assert uow.actor.link_ticket_id is not None, "a link opens a ticket"
    visit_id = _visit_of(uow, report_sha256) or reported_visit_id(uow.session, uow.actor.link_ticket_id)
    if visit_id is None:
        raise Conflict("There is no report to object to yet.", code="no_report_presented")
    visit = load_visit(uow, visit_id, Action.SIGN_OFF_CREATE)
    if visit.state is not VisitState.COMPLETED:
        what = "the technician" if visit.state in STARTED else "the service desk"
        raise Conflict(f"The visit is {visit.state}: tell {what}.", code="visit_not_over")
    accepted = sign_off_of(uow.session, visit_id)
    if accepted is not None and accepted.state in SETTLED and uow.now > accepted.stands_since + window:
        end = (accepted.stands_since + window).isoformat(timespec="minutes")
        raise Conflict(f"This report was open to objections until {end}.", code="dispute_window_over")
    said = {"objection": objection, "disputed_at": uow.now}
    sign_off = answer_report(uow, visit_id, report_sha256, "dispute", said)
    raise_task(uow, TaskKind.REPORT_DISPUTED, visit)
    return sign_off


def decide_dispute(
    uow: UnitOfWork, visit_id: UUID, reason: str, *, is_upheld: bool, version: int | None = None
) -> SignOff:
    """Let the desk uphold an objection, which reopens the ticket, or dismiss it."""
    visit = load_visit(uow, visit_id, Action.DISPUTE_DECIDE, version)
    sign_off = sign_off_of(uow.session, visit_id)
    if sign_off is None:
        raise Conflict("No report was presented yet.", code="no_report_presented")
    row = SIGN_OFF.allowed(sign_off.state, "uphold" if is_upheld else "dismiss", uow.actor.role)
    before, sign_off.state, sign_off.state_since = sign_off.state, row.to, uow.now
    decided = write_down(sign_off, {"decision": reason, "decided_at": uow.now})
    uow.record(sign_off, f"dispute_{row.to.value}", before, row.to, data={"visit_id": visit_id}, personal=decided)
    finish_tasks(uow, TaskKind.REPORT_DISPUTED, visit)
    touch(visit)
    if is_upheld:
        _reopen(uow, visit)
    follow_visits(uow, visit.ticket)
    return sign_off


def _visit_of(uow: UnitOfWork, report_sha256: str) -> UUID | None:
    """The visit of the linked ticket that the report is of, the newest where several have the same one."""
    of_ticket = select(SignOff.visit_id).join(Visit, Visit.id == SignOff.visit_id)
    of_ticket = of_ticket.where(Visit.ticket_id == uow.actor.link_ticket_id, SignOff.report_sha256 == report_sha256)
    return uow.session.scalars(of_ticket.order_by(Visit.id.desc()).limit(1)).first()


def _reopen(uow: UnitOfWork, visit: Visit) -> None:
    """Draft a visit that does it again, more urgently; its ticket is open from now on."""
    uow.flush()
    ticket = uow.get(Ticket, visit.ticket_id, lock=True)
    defaults = reopen_more_urgently(uow, ticket)
    assert ticket.due_at is not None, "set just now"
    draft_visit(uow, ticket, visit.site, visit.job_type, defaults, windows=(), due_at=ticket.due_at, repeats=visit.id)
