"""What the technician records on site: diagnosis, solution, verification, and the parts that were used."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import AT_THE_SITE
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.records import Consumption, Diagnosis
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.catalogue import unknown_codes
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.part_uses import Use, book_use
from fieldsvc.services.scopes import acting_assignment, check_acts_in_the_field, load_visit, touch


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosis: three codes, how it was made, and a note in words."""

    symptom: str
    cause: str
    action: str
    note: str | None = None
    methods: Sequence[str] = ()
    tools: Sequence[str] = ()
    data_captured: str | None = None


def record_diagnosis(uow: UnitOfWork, visit_id: UUID, finding: Finding, version: int | None = None) -> Outcome:
    """Add what was found; a code that is not offered for the product is kept and told."""
    visit, assignment = load_on_site(uow, visit_id, version)
    diagnosis = Diagnosis(
        id=uow.new_id(),
        visit_id=visit.id,
        technician_id=assignment.technician_id if assignment else None,
        symptom=finding.symptom,
        cause=finding.cause,
        action=finding.action,
        note=finding.note,
        methods=list(finding.methods) or None,
        tools=list(finding.tools) or None,
        data_captured=finding.data_captured,
        occurred_at=uow.occurred_at,
        recorded_at=uow.now,
    )
    uow.session.add(diagnosis)
    touch(visit)
    codes = {"symptom": finding.symptom, "cause": finding.cause, "action": finding.action}
    uow.record(visit, "diagnosis_recorded", data=codes | {"diagnosis_id": diagnosis.id})
    unknown = unknown_codes(uow.session, visit, codes)
    return Outcome(
        visit, tuple(Notice("unknown_code", f"{code} is no {name} of the catalogue.") for name, code in unknown)
    )


def record_solution(uow: UnitOfWork, visit_id: UUID, solution: str, version: int | None = None) -> Visit:
    """Say what was done; a later word replaces an earlier one."""
    visit, _ = load_on_site(uow, visit_id, version)
    visit.solution = solution
    touch(visit)
    uow.record(visit, "solution_recorded")
    return visit


def record_verification(
    uow: UnitOfWork, visit_id: UUID, *, passed: bool, reason: str | None = None, version: int | None = None
) -> Visit:
    """Say whether the repair was tested and works; if it does not, why."""
    visit, _ = load_on_site(uow, visit_id, version)
    if not passed and not reason:
        fault = Fault("verification_reason_missing", "/reason", "The test failed: give the reason.")
        raise Invalid("A failed test needs a reason.", faults=[fault])
    visit.verification_passed, visit.verification_reason = passed, reason
    touch(visit)
    uow.record(visit, "verification_recorded", data={"passed": passed})
    return visit


def record_consumption(uow: UnitOfWork, visit_id: UUID, use: Use, version: int | None = None) -> list[Consumption]:
    """Book parts that were used at the site; see `book_use`."""
    visit, assignment = load_on_site(uow, visit_id, version)
    van_id = assignment.technician.van_location_id if assignment else None
    return book_use(uow, visit, use, assignment, van_id)


def load_on_site(uow: UnitOfWork, visit_id: UUID, version: int | None) -> tuple[Visit, Assignment | None]:
    """Return a visit at which the actor may record something now, with whose assignment it is."""
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION, version)
    check_acts_in_the_field(uow, "Recording at a visit")
    assignment = acting_assignment(uow, visit)
    is_there = assignment is not None and assignment.state in AT_THE_SITE  # of a crew, a helper before the lead
    if visit.state not in AT_THE_SITE and not is_there:
        raise Conflict(f"The visit is {visit.state}: this is recorded on site.", code="visit_not_on_site")
    return visit, assignment
