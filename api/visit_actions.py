"""What all actions on a visit have in common: who acts for whom, when it happened, and the visit as the answer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response

from api.current import current_actor
from api.etags import expected_version
from api.idempotency import run_command
from api.rendering import rendered
from api.schemas.visits import VisitRecordSchema
from fieldsvc.services.visit_views import ChangesVisit, show_visit


def act_on_visit(
    body: Mapping[str, Any], visit_id: UUID, action: ChangesVisit, *, status: int = 200, leaves_scope: bool = False
) -> Response:
    """Run an action with the version If-Match names, and answer with the visit as it then stands.

    leaves_scope: a technician has the visit no more after it.
    """
    version = expected_version()
    return run_command(
        lambda uow: show_visit(uow, visit_id, action(uow, version)),
        rendered(VisitRecordSchema, status),
        occurred_at=body.get("occurred_at"),
        on_behalf=body.get("on_behalf", False),
        leaves_scope=leaves_scope and current_actor().technician_id is not None,
    )
