"""What the technician records on site: diagnosis, solution, verification, and the parts that were used."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import AT_THE_SITE
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.records import Consumption, Diagnosis
from fieldsvc.models.stock import Part
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.catalogue import unknown_codes
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.scopes import acting_assignment, check_acts_in_the_field, load_visit, touch
from fieldsvc.services.stock import balancing_location, free_units, locate_serial, lock_balances, post_move

_NO_LIMIT = 2**31


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


@dataclass(frozen=True, slots=True)
class Use:
    """Units of a part that were used; a serialised one is one unit with its serial."""

    part_id: UUID
    quantity: int = 1
    serial: str | None = None


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


def book_use(
    uow: UnitOfWork, visit: Visit, use: Use, assignment: Assignment | None, van_id: UUID | None
) -> list[Consumption]:
    """Book parts that were used at a locked visit. What happened is never refused for the books' sake.

    Units come from where the plan has them for this visit, the van first; more than it holds from the rest of the
    van, then of those places; a known serial from where the books have it. Only what the books know nothing of comes
    from the discrepancy location. A row for each draw.
    """
    part_id, quantity, serial = use.part_id, use.quantity, use.serial
    _check_use(uow, visit, use)
    customer = balancing_location(uow, LocationKind.CUSTOMER).id
    unknown = balancing_location(uow, LocationKind.DISCREPANCY).id
    draws = _draws(uow, assignment, van_id, part_id, serial)
    balances = lock_balances(uow, [(part_id, place) for place in (*(place for place, _ in draws), unknown, customer)])
    consumptions, open_units, counted_off = [], quantity, 0
    # A serial may have left while the locks were waited for.
    for place, most in draws if serial is None else _draws(uow, assignment, van_id, part_id, serial):
        key = (part_id, place)
        units = min(open_units, most, free_units(balances[key])) if key in balances else 0
        if units:
            consumptions.append(_use(uow, visit, part_id, units, serial, place, customer))
            open_units -= units
            counted_off += _count_off(assignment, part_id, units, place)
    if open_units:
        consumptions.append(_use(uow, visit, part_id, open_units, serial, unknown, customer))
    _count_off(assignment, part_id, quantity - counted_off, None)  # the visit needs these no more
    touch(visit)
    data = {"part_id": part_id, "quantity": quantity, "unknown_quantity": open_units}
    uow.record(visit, "part_consumed", data=data)
    return consumptions


def load_on_site(uow: UnitOfWork, visit_id: UUID, version: int | None) -> tuple[Visit, Assignment | None]:
    """Return a visit at which the actor may record something now, with whose assignment it is."""
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION, version)
    check_acts_in_the_field(uow, "Recording at a visit")
    assignment = acting_assignment(uow, visit)
    is_there = assignment is not None and assignment.state in AT_THE_SITE  # of a crew, a helper before the lead
    if visit.state not in AT_THE_SITE and not is_there:
        raise Conflict(f"The visit is {visit.state}: this is recorded on site.", code="visit_not_on_site")
    return visit, assignment


def _check_use(uow: UnitOfWork, visit: Visit, use: Use) -> None:
    part_id, quantity, serial = use.part_id, use.quantity, use.serial
    part = uow.find(Part, part_id)
    faults = []
    if part is None:
        faults.append(Fault("unknown_part", "/part_id", "There is no such part."))
    if quantity < 1:
        faults.append(Fault("quantity_not_positive", "/quantity", "The quantity has to be 1 or more."))
    if part is not None and part.is_serialised:
        if serial is None:
            faults.append(Fault("serial_needed", "/serial", "This part is serialised: give the serial."))
        if quantity > 1:
            faults.append(Fault("one_per_serial", "/quantity", "A serial is one unit: record each by itself."))
    if part is not None and not part.is_serialised and serial is not None:
        faults.append(Fault("serial_not_used", "/serial", "This part has no serials."))
    if faults:
        raise Invalid("This use can't be booked.", faults=faults)
    if serial is not None:
        used = select(Consumption.id).where(
            Consumption.visit_id == visit.id, Consumption.part_id == part_id, Consumption.serial == serial
        )
        if uow.session.scalars(used).first() is not None:
            raise Conflict("This serial is recorded at this visit already.", code="serial_already_used")


def _draws(
    uow: UnitOfWork, assignment: Assignment | None, van_id: UUID | None, part_id: UUID, serial: str | None
) -> list[tuple[UUID, int]]:
    """Where units come from and how many at most: what the plan holds for the visit, then the van and those places."""
    if serial is not None:
        known = locate_serial(uow.session, part_id, serial)
        return [(known.id, 1)] if known is not None else []
    parts = assignment.planned_parts if assignment is not None else ()
    planned = [(one.location_id, one.quantity) for one in parts if one.part_id == part_id]
    planned.sort(key=lambda draw: draw[0] != van_id)
    beyond = dict.fromkeys([*([van_id] if van_id is not None else []), *(place for place, _ in planned)])
    return [*planned, *((place, _NO_LIMIT) for place in beyond)]


def _use(
    uow: UnitOfWork, visit: Visit, part_id: UUID, quantity: int, serial: str | None, source: UUID, customer: UUID
) -> Consumption:
    move = post_move(
        uow,
        part_id=part_id,
        quantity=quantity,
        from_location_id=source,
        to_location_id=customer,
        reason=MoveReason.CONSUMPTION,
        serial=serial,
        visit_id=visit.id,
    )
    consumption = Consumption(
        id=uow.new_id(),
        visit_id=visit.id,
        part_id=part_id,
        quantity=quantity,
        serial=serial,
        move_id=move.id,
        occurred_at=uow.occurred_at,
        recorded_at=uow.now,
    )
    uow.session.add(consumption)
    return consumption


def _count_off(assignment: Assignment | None, part_id: UUID, quantity: int, place: UUID | None) -> int:
    """Let the published plan count on so many units less, at one place or at any; return how many it gave up.

    They are gone, and a run must not subtract them twice.
    """
    wanted = quantity
    if assignment is None:
        return 0
    for planned in [one for one in assignment.planned_parts if one.part_id == part_id]:
        if place is not None and planned.location_id != place:
            continue
        units = min(quantity, planned.quantity)
        quantity -= units
        if units == planned.quantity:
            assignment.planned_parts.remove(planned)
        else:
            planned.quantity -= units
    return wanted - quantity
