"""What customers have not answered yet of what they were asked to pay for."""

from uuid import UUID

from sqlalchemy import Select, select

from fieldsvc.domain.approval_states import ApprovalState
from fieldsvc.models.approvals import Approval


def open_approvals(ticket_id: UUID) -> Select[Approval]:
    """Return the query for the approvals of a ticket that nobody has answered."""
    return select(Approval).where(Approval.ticket_id == ticket_id, Approval.state == ApprovalState.REQUESTED)
