"""What a technician asks the desk for from a visit: a part, or help."""

from uuid import UUID

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.models.stock import Part
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import load_visit
from fieldsvc.services.tasks import ask_the_desk


def request_part(uow: UnitOfWork, visit_id: UUID, part_id: UUID, quantity: int, note: str | None) -> Visit:
    """Ask for units of a part for a visit."""
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION)
    part = uow.find(Part, part_id)
    if part is None:
        fault = Fault("unknown_part", "/part_id", "There is no such part.")
        raise Invalid("This part can't be asked for.", faults=[fault])
    said = f"{quantity} × {part.number}" + (f": {note}" if note else "")
    ask_the_desk(uow, TaskKind.PART_REQUESTED, visit, said)
    uow.record(visit, "part_requested", data={"part_id": part_id, "quantity": quantity})
    return visit


def request_help(uow: UnitOfWork, visit_id: UUID, note: str) -> Visit:
    """Ask somebody to call back about a visit."""
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION)
    ask_the_desk(uow, TaskKind.HELP_REQUESTED, visit, note)
    uow.record(visit, "help_requested")
    return visit
