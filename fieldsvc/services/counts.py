"""Counts: somebody looks what is at a place, without being told what should be; differences are decided about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.count_states import COUNT, CountState
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import units_document
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.roles import Role
from fieldsvc.models.counts import StockCount, StockCountLine
from fieldsvc.models.stock import Part, StockBalance, StockLocation
from fieldsvc.models.technicians import Technician
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.count_tasks import end_count_tasks
from fieldsvc.services.count_views import CountView, view_count
from fieldsvc.services.counted_units import compare_line, post_line
from fieldsvc.services.lots import day_faults, local_day, lot_faults
from fieldsvc.services.numbers import new_number
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import hold_parts
from fieldsvc.services.scopes import locations_in_scope, scope_of, touch
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units


@dataclass(frozen=True, slots=True)
class CountWish:
    """Where to count, and which parts; none named = all that is there."""

    location_id: UUID
    part_ids: tuple[UUID, ...] = ()


def open_count(uow: UnitOfWork, wish: CountWish) -> StockCount:
    """Say what is to be counted where."""
    scope_of(uow.actor, Action.COUNT)
    row = COUNT.allowed_at_birth("open", uow.actor.role)
    faults = list(_wish_faults(uow, wish))
    if faults:
        raise Invalid("This can't be counted.", faults=faults)
    count = StockCount(
        id=uow.new_id(),
        number=new_number(uow, "C"),
        location_id=wish.location_id,
        is_whole=not wish.part_ids,
        state=row.to,
        opened_at=uow.now,
        opened_by=uow.actor.user_id,
        differing_cents=0,
        lines=[_line(uow, position, part_id) for position, part_id in enumerate(wish.part_ids)],
    )
    uow.session.add(count)
    uow.record(count, "count_opened", None, row.to, data={"location_id": wish.location_id})
    return count


def submit_count(
    uow: UnitOfWork, count_id: UUID, counted: Sequence[Units], approval_from_cents: int, version: int | None = None
) -> StockCount:
    """Compare what was counted with the books; differences that are worth less than approval_from_cents are posted."""
    count = _load(uow, count_id, version, Action.COUNT)
    row = COUNT.allowed(count.state, "submit", uow.actor.role)
    named = uow.session.scalars(select(Part.id).where(Part.id.in_([units.part_id for units in counted])))
    parts = {*named, *(_parts_in_books(uow.session, count.location_id) if count.is_whole else ())}
    hold_parts(uow, parts)
    for part_id in sorted(parts):
        if uow.get(Part, part_id).has_lots:
            expire_overdue(uow, part_id)  # nobody counts what may not be used any more
    faults = list(_faults(uow, count, counted))
    if faults:
        raise Invalid("This is not the count that was asked for.", faults=faults)
    _refuse_waiting(uow, count, [units.part_id for units in counted])
    lines = {line.part_id: line for line in count.lines}
    for units in counted:
        if units.part_id not in lines:
            lines[units.part_id] = _line(uow, len(lines), units.part_id)
            count.lines.append(lines[units.part_id])
        line = lines[units.part_id]
        line.counted_quantity, line.counted_serials = units.quantity, list(units.serials)
        line.counted_lots = units_document(units.lots) if uow.get(Part, units.part_id).has_lots else None
    count.differing_cents = sum(compare_line(uow, count.location_id, line) for line in count.lines)
    count.submitted_at, count.submitted_by = uow.occurred_at, uow.actor.user_id
    before, count.state = count.state, row.to
    uow.record(count, "count_submitted", before, row.to, data={"differing_cents": count.differing_cents})
    if count.differing_cents < approval_from_cents:
        _post(uow, count, Role.SYSTEM)
    return count


def approve_count(uow: UnitOfWork, count_id: UUID, version: int | None = None) -> StockCount:
    """Let the differences be moves. Approved twice is approved."""
    count = _load(uow, count_id, version, Action.COUNT_DECIDE)
    if count.state is CountState.POSTED:
        return count
    COUNT.allowed(count.state, "post", uow.actor.role)
    hold_parts(uow, [line.part_id for line in count.lines])
    count.decided_at, count.decided_by = uow.now, uow.actor.user_id
    _post(uow, count, uow.actor.role)
    return count


def ask_recount(uow: UnitOfWork, count_id: UUID, reason: str, version: int | None = None) -> StockCount:
    """Let it be counted again; what was counted, and what was expected, is thrown away."""
    count = _load(uow, count_id, version, Action.COUNT_DECIDE)
    row = COUNT.allowed(count.state, "recount", uow.actor.role)
    for line in list(count.lines):
        line.counted_quantity = line.counted_serials = line.expected_quantity = line.expected_serials = None
        line.counted_lots = line.expected_lots = None
        if count.is_whole:
            count.lines.remove(line)
    count.differing_cents, count.recount_reason = 0, reason
    before, count.state = count.state, row.to
    uow.record(count, "recount_wanted", before, row.to, reason=reason)
    return count


def cancel_count(uow: UnitOfWork, count_id: UUID, version: int | None = None) -> StockCount:
    """Give a count up. Given up twice is given up."""
    count = _load(uow, count_id, version, Action.COUNT)
    if count.state is CountState.CANCELLED:
        return count
    row = COUNT.allowed(count.state, "cancel", uow.actor.role)
    before, count.state = count.state, row.to
    uow.record(count, "count_cancelled", before, row.to)
    return count


def get_count(session: OrmSession, actor: Actor, count_id: UUID, action: Action = Action.COUNT_READ) -> StockCount:
    """Return one count at a place of the actor's scope; a technician's at the own van."""
    query = select(StockCount).where(StockCount.id == count_id, counts_in_scope(actor, action))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no count {count_id}.")
    return found


def counts_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition for the counts the actor may do this to; a technician's are those of the own van."""
    if scope_of(actor, action) is Scope.OWN:
        vans = select(Technician.van_location_id).where(Technician.id == actor.technician_id)
        return StockCount.location_id.in_(vans)
    return StockCount.location_id.in_(select(StockLocation.id).where(locations_in_scope(actor, action)))


def list_counts(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: CountState | None = None,
    location_id: UUID | None = None,
) -> Page[CountView]:
    """One page of the counts at places of the actor's scope, the newest first."""
    query = select(StockCount).where(counts_in_scope(actor, Action.COUNT_READ))
    if state is not None:
        query = query.where(StockCount.state == state)
    if location_id is not None:
        query = query.where(StockCount.location_id == location_id)
    found = fetch_page(session, query, (StockCount.opened_at, StockCount.id), page, is_descending=True)
    return Page([view_count(actor, count) for count in found.items], found.next_after)


def _post(uow: UnitOfWork, count: StockCount, role: Role) -> None:
    row = COUNT.allowed(count.state, "post", role)
    for line in count.lines:
        expire_overdue(uow, line.part_id)
    moves = [move for line in count.lines for move in post_line(uow, count.location_id, line)]
    for line in count.lines:
        expire_overdue(uow, line.part_id)  # what was found may have expired
    before, count.state = count.state, row.to
    touch(count)
    uow.record(count, "count_posted", before, row.to, data={"moves": moves})
    end_count_tasks(uow, count)


def _line(uow: UnitOfWork, position: int, part_id: UUID) -> StockCountLine:
    return StockCountLine(id=uow.new_id(), position=position, part_id=part_id)


def _load(uow: UnitOfWork, count_id: UUID, version: int | None, action: Action) -> StockCount:
    get_count(uow.session, uow.actor, count_id, action)
    return uow.get(StockCount, count_id, version=version, lock=True)


def _parts_in_books(session: OrmSession, location_id: UUID) -> Sequence[UUID]:
    query = select(StockBalance.part_id).where(StockBalance.location_id == location_id, StockBalance.on_hand > 0)
    return session.scalars(query).all()


def _wish_faults(uow: UnitOfWork, wish: CountWish) -> Iterator[Fault]:
    usable = locations_in_scope(uow.actor, Action.COUNT) & StockLocation.is_physical
    place = select(StockLocation.id).where(StockLocation.id == wish.location_id, usable)
    if uow.session.scalar(place.where(StockLocation.kind != LocationKind.IN_TRANSIT)) is None:
        yield Fault("unknown_location", "/location_id", f"There is no place {wish.location_id}.")
    elif scope_of(uow.actor, Action.COUNT) is Scope.OWN:
        technician_id = uow.actor.technician_id
        van = None if technician_id is None else uow.get(Technician, technician_id).van_location_id
        if van != wish.location_id:
            yield Fault("not_own_van", "/location_id", "A technician counts the own van.")
    seen: set[UUID] = set()
    for index, part_id in enumerate(wish.part_ids):
        if uow.find(Part, part_id) is None:
            yield Fault("unknown_part", f"/part_ids/{index}", f"There is no part {part_id}.")
        elif part_id in seen:
            yield Fault("duplicate", f"/part_ids/{index}", "This part is named twice.")
        seen.add(part_id)


def _faults(uow: UnitOfWork, count: StockCount, counted: Sequence[Units]) -> Iterator[Fault]:
    """Each part that was asked for is counted once; of a whole place, each that the books have there, zero included."""
    asked = {line.part_id for line in count.lines}
    today = local_day(uow.session, uow.get(StockLocation, count.location_id), uow.now)
    seen: set[UUID] = set()
    for index, units in enumerate(counted):
        pointer = f"/counted/{index}"
        part = uow.find(Part, units.part_id)
        if part is None:
            yield Fault("unknown_part", f"{pointer}/part_id", f"There is no part {units.part_id}.")
        elif not count.is_whole and units.part_id not in asked:
            yield Fault("not_asked_for", f"{pointer}/part_id", f"Part {part.number} is not in this count.")
        elif units.part_id in seen:
            yield Fault("duplicate", f"{pointer}/part_id", "This part is counted twice.")
        else:
            yield from serial_faults(part, units, pointer)
            yield from lot_faults(part, units.quantity, units.lots, pointer)
            yield from day_faults(uow, part, units.lots, today, pointer)
        seen.add(units.part_id)
    wanted = _parts_in_books(uow.session, count.location_id) if count.is_whole else asked
    for part_id in sorted(set(wanted) - seen):
        number = uow.get(Part, part_id).number
        yield Fault("not_counted", "/counted", f"Part {number} ({part_id}) was not counted; 0 if there is none.")


def _refuse_waiting(uow: UnitOfWork, count: StockCount, part_ids: Sequence[UUID]) -> None:
    """Two counts of the same units that wait for a decision would take their difference twice."""
    query = (
        select(StockCount.number)
        .join(StockCountLine, StockCountLine.count_id == StockCount.id)
        .where(
            StockCount.location_id == count.location_id,
            StockCount.state == CountState.SUBMITTED,
            StockCountLine.part_id.in_(part_ids),
        )
    )
    other = uow.session.scalars(query.limit(1)).first()
    if other is not None:
        message = f"Count {other} of the same parts waits for a decision: let it be posted, or counted again, first."
        raise Conflict(message, code="count_waiting")
