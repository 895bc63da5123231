"""What a warehouse does with its pick lists: units are set aside, put back, and handed over to technicians."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import LotDraws, draws_document, draws_from, share_out
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.reservation_states import HOLDING, ReservationState
from fieldsvc.domain.transfer_states import TRANSFER
from fieldsvc.models.assignments import Assignment, PlannedPart
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.models.technicians import Technician
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.carried_units import load, pick_up
from fieldsvc.services.lots import choose_lots
from fieldsvc.services.moved_claims import move_claim
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.pick_lists import is_for_day
from fieldsvc.services.reserved_units import hold_parts, move_reservation, split_off
from fieldsvc.services.scopes import locations_in_scope, scope_of
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units, locate_serial, special_location
from fieldsvc.services.transferred_units import send_line


@dataclass(frozen=True, slots=True)
class Tour:
    """Whose visits of which day, as far as a warehouse has their parts."""

    location_id: UUID
    technician_id: UUID
    day: date


@dataclass(frozen=True, slots=True)
class _Share:
    """What one assignment counts on at the warehouse, with what is reserved for it there."""

    assignment: Assignment
    planned: PlannedPart
    reservations: Sequence[Reservation]

    @property
    def units(self) -> int:
        return sum(one.quantity for one in self.reservations)

    def lots(self, part_id: UUID) -> LotDraws:
        """Which lots of a part were picked for it."""
        documents = [one.lots for one in self.reservations if one.part_id == part_id]
        return tuple(draw for document in documents for draw in draws_from(document))


def pick_units(uow: UnitOfWork, tour: Tour, part_ids: Sequence[UUID] = ()) -> list[Reservation]:
    """Note that units were set aside for a technician; part_ids: which, none = all. Picked twice is picked."""
    shares = _shares(uow, tour, part_ids)
    picked = [one for share in shares for one in share.reservations]
    if not picked:
        raise Conflict("There is nothing that could be set aside.", code="nothing_to_pick")
    for reservation in picked:
        if reservation.state is ReservationState.RESERVED:
            if uow.get(Part, reservation.part_id).has_lots:
                chosen = choose_lots(uow, reservation.part_id, tour.location_id, reservation.quantity)
                reservation.lots = draws_document(chosen)
            move_reservation(uow, reservation, "pick", "reservation_picked", role=uow.actor.role)
    return picked


def put_back(uow: UnitOfWork, tour: Tour, part_ids: Sequence[UUID] = ()) -> list[Reservation]:
    """Note that units that were set aside lie in their bins again; they stay reserved."""
    back = [one for share in _shares(uow, tour, part_ids) for one in share.reservations]
    for reservation in back:
        if reservation.state is ReservationState.PICKED:
            move_reservation(uow, reservation, "put_back", "reservation_put_back", role=uow.actor.role)
    return back


def hand_over(uow: UnitOfWork, tour: Tour, serials: Mapping[UUID, Sequence[str]]) -> Transfer:
    """Let what is reserved for a technician's visits of a day leave for the van, and wait there to be confirmed.

    serials: by part, one for each unit. The plan counts on the van from now on; what waits stays with the warehouse.
    """
    shares = [share for share in _shares(uow, tour, ()) if share.units]
    if not shares:
        raise Conflict("Nothing is reserved there for these visits.", code="nothing_to_hand_over")
    van_id = uow.get(Technician, tour.technician_id).van_location_id
    if van_id is None:
        raise Conflict("The technician has no van to bring it to.", code="no_van")
    wanted = Counter[UUID]()
    for share in shares:
        wanted[share.planned.part_id] += share.units
    lines = [Units(part, units, tuple(serials.get(part, ()))) for part, units in sorted(wanted.items())]
    faults = [*_serial_faults(uow, tour.location_id, lines), *_unwanted(wanted, serials)]
    if faults:
        raise Invalid("This can't be handed over.", faults=faults)
    transfer = _ship(uow, tour, van_id, lines)
    transit = special_location(uow, LocationKind.IN_TRANSIT).id
    for share in shares:
        for reservation in share.reservations:
            pick_up(uow, reservation)
    moves = []
    for line in transfer.lines:
        picked = tuple(lot for share in shares for lot in share.lots(line.part_id))
        moves += send_line(uow, line, tour.location_id, transit, picked)
    _note_lots(transfer, [one for share in shares for one in share.reservations])
    for share in shares:
        for reservation in share.reservations:
            load(uow, reservation, transfer, transit)
        move_claim(uow, share.assignment, share.planned, share.units, van_id, None)
    uow.record(transfer, "units_handed_over", None, transfer.state, data={"moves": moves})
    return transfer


def _note_lots(transfer: Transfer, carried: Sequence[Reservation]) -> None:
    """Note which of the lots on the way are for whom: those that were picked for it, as far as they are there."""
    for line in transfer.lines:
        own = [one for one in carried if one.part_id == line.part_id]
        wishes = [(one.quantity, draws_from(one.lots)) for one in own]
        for reservation, lots in zip(own, share_out(draws_from(line.lots), wishes), strict=True):
            reservation.lots = draws_document(lots)


def _warehouse(uow: UnitOfWork, location_id: UUID) -> Select[StockLocation]:
    in_scope = locations_in_scope(uow.actor, Action.STOCK_MOVE) & (StockLocation.kind == LocationKind.WAREHOUSE)
    return select(StockLocation).where(StockLocation.id == location_id, in_scope)


def _shares(uow: UnitOfWork, tour: Tour, part_ids: Sequence[UUID]) -> list[_Share]:
    """What the visits of a technician's day have reserved at a warehouse, with all of it locked."""
    scope_of(uow.actor, Action.STOCK_MOVE)
    if uow.session.scalar(_warehouse(uow, tour.location_id)) is None:
        raise NotFound(f"There is no warehouse {tour.location_id}.")
    claims = (
        select(Assignment, PlannedPart)
        .join(PlannedPart, PlannedPart.assignment_id == Assignment.id)
        .join(Visit, Visit.id == Assignment.visit_id)
        .where(PlannedPart.location_id == tour.location_id, is_for_day(tour.day, tour.technician_id))
        .order_by(Assignment.position, PlannedPart.id)
    )
    if part_ids:
        claims = claims.where(PlannedPart.part_id.in_(part_ids))
    seen = uow.session.execute(claims).all()
    for visit_id in sorted({assignment.visit_id for assignment, _ in seen}):
        uow.get(Visit, visit_id, lock=True)
    parts = sorted({planned.part_id for _, planned in seen})
    hold_parts(uow, parts)
    for part_id in parts:
        expire_overdue(uow, part_id)
    found = uow.session.execute(claims.execution_options(populate_existing=True)).all()  # as it is now
    known = {(assignment.visit_id, planned.part_id) for assignment, planned in seen}
    if not {(assignment.visit_id, planned.part_id) for assignment, planned in found} <= known:
        raise Conflict("The day was planned anew meanwhile; look again.", code="changed_meanwhile")
    taken: set[UUID] = set()
    return [_share(uow, tour, assignment, planned, taken) for assignment, planned in found]


def _share(uow: UnitOfWork, tour: Tour, assignment: Assignment, planned: PlannedPart, taken: set[UUID]) -> _Share:
    query = select(Reservation).where(
        Reservation.visit_id == assignment.visit_id,
        Reservation.part_id == planned.part_id,
        Reservation.location_id == tour.location_id,
        Reservation.is_planned,
        Reservation.state.in_(HOLDING),
    )
    own, missing = [], planned.quantity
    for reservation in uow.session.scalars(query.order_by(Reservation.id)).all():
        units = min(missing, reservation.quantity)
        if reservation.id in taken or not units:
            continue
        own.append(split_off(uow, reservation, units))
        taken.add(own[-1].id)
        missing -= units
    uow.flush()
    return _Share(assignment, planned, own)


def _serial_faults(uow: UnitOfWork, location_id: UUID, lines: Sequence[Units]) -> Iterator[Fault]:
    for line in lines:
        wrong = list(serial_faults(uow.get(Part, line.part_id), line))
        yield from wrong
        for serial in line.serials if not wrong else ():
            place = locate_serial(uow.session, line.part_id, serial)
            if place is None or place.id != location_id:
                yield Fault("serial_elsewhere", "/serials", f"The books don't have {serial} there.")


def _unwanted(wanted: Counter[UUID], serials: Mapping[UUID, Sequence[str]]) -> Iterator[Fault]:
    for part_id in sorted(serials.keys() - wanted.keys()):
        message = f"Nothing of part {part_id} is reserved there for these visits."
        yield Fault("not_asked_for", "/serials", message)


def _ship(uow: UnitOfWork, tour: Tour, van_id: UUID, lines: Sequence[Units]) -> Transfer:
    row = TRANSFER.allowed_at_birth("hand_over", uow.actor.role)
    transfer = Transfer(
        id=uow.new_id(),
        from_location_id=tour.location_id,
        to_location_id=van_id,
        state=row.to,
        drafted_at=uow.now,
        drafted_by=uow.actor.user_id,
        shipped_at=uow.occurred_at,
        technician_id=tour.technician_id,
        day=tour.day,
        lines=[
            TransferLine(
                id=uow.new_id(),
                position=position,
                part_id=line.part_id,
                quantity=line.quantity,
                serials=list(line.serials),
            )
            for position, line in enumerate(lines)
        ],
    )
    uow.session.add(transfer)
    uow.flush()
    return transfer
