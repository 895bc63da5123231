"""Booking parts that were used at a visit: from where the books have them, whatever was promised to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.lots import LotDraws, draws_from
from fieldsvc.domain.reservation_states import HOLDING
from fieldsvc.domain.rma_states import RMA, RmaReason
from fieldsvc.domain.roles import Role
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.records import Consumption
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockBalance, StockLocation
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.carried_units import note_used_on_the_way
from fieldsvc.services.count_tasks import ask_for_count
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.planned_reservations import settle_reservations
from fieldsvc.services.reserved_units import (
    bump,
    held_for,
    hold_parts,
    note_consumed,
    serve_anywhere,
    take_reserved,
)
from fieldsvc.services.rma_requests import RmaWish, write_request
from fieldsvc.services.scopes import open_assignments, touch
from fieldsvc.services.stock import free_units, locate_serial, lock_balances, post_move, special_location

_NO_LIMIT = 2**31


@dataclass(frozen=True, slots=True)
class Use:
    """Units of a part that were used; a serialised one is one unit with its serial.

    swapped_serial: of the unit that it has taken the place of; that one comes back.
    """

    part_id: UUID
    quantity: int = 1
    serial: str | None = None
    swapped_serial: str | None = None


def book_use(
    uow: UnitOfWork, visit: Visit, use: Use, assignment: Assignment | None, van_id: UUID | None
) -> list[Consumption]:
    """Book parts that were used at a locked visit. What happened is never refused for the books' sake.

    Units come from where the plan has them for whoever used them, the van first, then from the rest of the van, then
    from where they are reserved for the visit, then from what else is at those places; a known serial from where the
    books have it. What is there but promised to others is taken from them: they wait again. Only what the books know
    nothing of comes from the discrepancy location, and asks for a count of the van. A row for each draw. assignment:
    None = others have the visit now, and what the plan has for them stays theirs.
    """
    _check_use(uow, visit, use)
    ticket = uow.get(Ticket, visit.ticket_id, lock=True)  # before the part, as everywhere
    hold_parts(uow, [use.part_id])
    expire_overdue(uow, use.part_id)
    customer = special_location(uow, LocationKind.CUSTOMER).id
    unknown, transit = (special_location(uow, kind).id for kind in (LocationKind.DISCREPANCY, LocationKind.IN_TRANSIT))
    crew = [] if assignment is None else _crew(uow, assignment)
    own = _reserved(uow, visit, use, crew, van_id)
    planned = _planned(assignment, van_id, use.part_id) if use.serial is None else _known(uow, use)
    van = [van_id] if van_id is not None and use.serial is None else []
    reserved = [one.location_id for one in own if one.location_id is not None] if use.serial is None else []
    places = list(dict.fromkeys([*van, *(place for place, _ in planned), *reserved]))
    uow.flush()
    locked = lock_balances(uow, [(use.part_id, place) for place in (*places, unknown, customer)])
    withdrawal = _Withdrawal(uow, visit, use, customer, own, {place: balance for (_, place), balance in locked.items()})
    for place, most in planned:
        withdrawal.draw(place, most)
    for place in van:
        withdrawal.draw(place)
    for place in reserved:
        withdrawal.draw_reserved(place)
    # What else is on its way belongs to other transfers, which count on it.
    shared = [place for place in places if place != transit or use.serial is not None]
    for place in shared:
        withdrawal.draw(place)
    has_taken = [withdrawal.take_from_others(place) for place in shared]
    unknown_units = withdrawal.open_units
    counted_off = sum(_count_off(crew, use.part_id, units, place) for place, units in withdrawal.drawn)
    if unknown_units:
        withdrawal.book(unknown, unknown_units)
        ask_for_count(uow, visit, withdrawal.consumptions[-1].move_id, van_id)
    _count_off(crew, use.part_id, use.quantity - counted_off, None)  # the visit needs these no more
    touch(visit)
    data = {"part_id": use.part_id, "quantity": use.quantity, "unknown_quantity": unknown_units}
    uow.record(visit, "part_consumed", data=data)
    if use.swapped_serial is not None:
        _ask_back(uow, visit, use)
    settle_reservations(uow, ticket)
    if any(has_taken):
        serve_anywhere(uow, use.part_id)  # there may be some elsewhere for those who have lost theirs
    return withdrawal.consumptions


def _ask_back(uow: UnitOfWork, visit: Visit, use: Use) -> None:
    """Ask that the unit comes back which the new one has taken the place of; the desk or the warehouse decides."""
    wish = RmaWish(
        use.part_id,
        RmaReason.SWAPPED_OUT,
        serial=use.swapped_serial,
        ticket_id=visit.ticket_id,
        visit_id=visit.id,
    )
    write_request(uow, wish, RMA.allowed_at_birth("request", Role.SYSTEM).to)


class _Withdrawal:
    """A use that is being booked: what has been drawn from where, and how many units are still to be found."""

    def __init__(
        self,
        uow: UnitOfWork,
        visit: Visit,
        use: Use,
        customer: UUID,
        own: Sequence[Reservation],
        balances: Mapping[UUID, StockBalance],
    ) -> None:
        self._uow, self._visit, self._use, self._customer = uow, visit, use, customer
        self._own, self._balances = own, balances
        self.open_units = use.quantity
        self.drawn: list[tuple[UUID, int]] = []
        self.consumptions: list[Consumption] = []

    def draw(self, place: UUID, most: int = _NO_LIMIT) -> None:
        """Use what is reserved for the visit at a place, then what is free there."""
        drawn = self.draw_reserved(place, most)
        if place in self._balances:
            self.book(place, min(self.open_units, most - drawn, free_units(self._balances[place])))

    def draw_reserved(self, place: UUID, most: int = _NO_LIMIT) -> int:
        """Use what is reserved for the visit at a place; returns how many units."""
        before = self.open_units
        for reservation in self._own:
            is_there = reservation.location_id == place and reservation.state in HOLDING
            units = min(self.open_units, most - (before - self.open_units), reservation.quantity)
            if is_there and units > 0:
                used = take_reserved(self._uow, reservation, self._balances[place], units)
                self.book(place, units, draws_from(used.lots))
                note_used_on_the_way(self._uow, used, units, self.consumptions[-1].move_id)
                note_consumed(self._uow, used, self.consumptions[-1].move_id)
        return before - self.open_units

    def take_from_others(self, place: UUID) -> int:
        """Use what is at a place though others were promised it; returns how many units."""
        if not self.open_units or place not in self._balances:
            return 0
        taken = bump(self._uow, self._balances[place], self.open_units)
        self.book(place, taken)
        return taken

    def book(self, place: UUID, units: int, lots: LotDraws = ()) -> None:
        """Move units from a place to the customer; lots: those that were picked for the visit."""
        if not units:
            return
        move = post_move(
            self._uow,
            part_id=self._use.part_id,
            quantity=units,
            from_location_id=place,
            to_location_id=self._customer,
            reason=MoveReason.CONSUMPTION,
            serial=self._use.serial,
            visit_id=self._visit.id,
            lots=lots,
        )
        consumption = Consumption(
            id=self._uow.new_id(),
            visit_id=self._visit.id,
            part_id=self._use.part_id,
            quantity=units,
            serial=self._use.serial,
            swapped_serial=None if self.consumptions else self._use.swapped_serial,
            move_id=move.id,
            occurred_at=self._uow.occurred_at,
            recorded_at=self._uow.now,
        )
        self._uow.session.add(consumption)
        self.consumptions.append(consumption)
        self.drawn.append((place, units))
        self.open_units -= units


def _crew(uow: UnitOfWork, assignment: Assignment) -> list[Assignment]:
    """Everybody who has the visit, whoever acts first."""
    others = [one for one in open_assignments(uow, assignment.visit_id) if one.id != assignment.id]
    return [assignment, *others]


def _reserved(
    uow: UnitOfWork, visit: Visit, use: Use, crew: Sequence[Assignment], van_id: UUID | None
) -> list[Reservation]:
    """What is reserved for the visit where those who are there can have got it: no other van but those of the crew."""
    vans = {van_id, *(one.technician.van_location_id for one in crew)}
    others = select(StockLocation.id).where(
        StockLocation.kind == LocationKind.VAN, StockLocation.id.not_in(vans - {None})
    )
    out_of_reach = set(uow.session.scalars(others))
    return [
        one
        for one in held_for(uow, visit, use.part_id)
        if one.place_id not in out_of_reach and (crew or not one.is_planned)
    ]


def _planned(assignment: Assignment | None, van_id: UUID | None, part_id: UUID) -> list[tuple[UUID, int]]:
    """Where the plan has units for the visit, and how many; those on the van first."""
    parts = assignment.planned_parts if assignment is not None else ()
    found = [(one.location_id, one.quantity) for one in parts if one.part_id == part_id]
    return sorted(found, key=lambda draw: draw[0] != van_id)


def _known(uow: UnitOfWork, use: Use) -> list[tuple[UUID, int]]:
    """Where the books have the one unit of a serial."""
    known = locate_serial(uow.session, use.part_id, use.serial) if use.serial is not None else None
    return [(known.id, 1)] if known is not None else []


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
    if part is not None and not part.is_serialised:
        for name in ("serial", "swapped_serial"):
            if getattr(use, name) is not None:
                faults.append(Fault("serial_not_used", f"/{name}", "This part has no serials."))
    if serial is not None and serial == use.swapped_serial:
        faults.append(Fault("same_serial", "/swapped_serial", "One unit can't take its own place."))
    if faults:
        raise Invalid("This use can't be booked.", faults=faults)
    if serial is not None:
        used = select(Consumption.id).where(
            Consumption.visit_id == visit.id, Consumption.part_id == part_id, Consumption.serial == serial
        )
        if uow.session.scalars(used).first() is not None:
            raise Conflict("This serial is recorded at this visit already.", code="serial_already_used")


def _count_off(crew: Sequence[Assignment], part_id: UUID, quantity: int, place: UUID | None) -> int:
    """Let the published plan count on so many units less, at one place or at any; return how many it gave up.

    They are gone, and a run must not subtract them twice.
    """
    wanted = quantity
    for assignment in crew:
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
