"""Parts of a visit whose place another part takes."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.stock import Part, PartSubstitute
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import load_visit, touch


def substitute_part(
    uow: UnitOfWork, visit_id: UUID, part_id: UUID, substitute_id: UUID, version: int | None = None
) -> Visit:
    """Let a visit that is on no plan need another part instead; the next run plans it with that one."""
    visit = load_visit(uow, visit_id, Action.VISIT_PLACE, version)
    if visit.state is not VisitState.UNSCHEDULED:
        message = f"The visit is {visit.state}: its parts are planned. Take it off the plan first."
        raise Conflict(message, code="visit_on_plan")
    needs = {one.part_id: one for one in visit.parts}
    faults = []
    if part_id not in needs:
        faults.append(Fault("not_needed", "/part_id", f"The visit does not need part {part_id}."))
    allowed = select(PartSubstitute.position).where(
        PartSubstitute.part_id == part_id, PartSubstitute.substitute_id == substitute_id
    )
    if uow.session.scalar(allowed) is None:
        faults.append(Fault("no_substitute", "/substitute_id", "The catalogue does not say that this part can do it."))
    if faults:
        raise Invalid("The part can't be replaced like this.", faults=faults)
    need, known = needs[part_id], needs.get(substitute_id)
    if known is None:
        need.part_id = substitute_id
    else:
        known.quantity += need.quantity
        visit.parts.remove(need)
    touch(visit)
    numbers = {name: uow.get(Part, one).number for name, one in (("from", part_id), ("to", substitute_id))}
    uow.record(visit, "part_substituted", data=numbers)
    return visit
