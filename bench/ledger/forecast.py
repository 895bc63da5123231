"""What a verb of the warehouse has to do to the books, worked out in plain Python before it is done."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bench.ledger.books import OVER, TICKET_OPEN, VISIT_OVER, Books, Key, Move, Promise, Shipment, places_for
from bench.ledger.world import World
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.services.reservations import ReservationWish
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_moves import Delivery


class Refused(Exception):
    """This is not to be done."""


class Posted(NamedTuple):
    """A move that has to be there afterwards."""

    part: UUID
    quantity: int
    source: UUID
    target: UUID
    reason: str
    serial: str | None


@dataclass
class Held:
    """Units that are promised or waited for; the same fields as the promise they come from."""

    ticket: UUID
    visit: UUID | None
    part: UUID
    place: UUID | None
    quantity: int
    state: str
    is_planned: bool
    is_asked_for: bool
    for_any_visit: bool
    hold_until: datetime | None
    requested_at: datetime
    of: UUID | None = None

    @classmethod
    def by(cls, one: Promise) -> "Held":
        """Return what a promise holds."""
        fields = (one.ticket, one.visit, one.part, one.place, one.quantity, one.state, one.is_planned)
        return cls(*fields, one.is_asked_for, one.for_any_visit, one.hold_until, one.requested_at, one.id)

    def split(self, units: int) -> "Held":
        """Take units out."""
        self.quantity -= units
        kind = (self.is_planned, self.is_asked_for, self.for_any_visit, self.hold_until, self.requested_at)
        return Held(self.ticket, self.visit, self.part, self.place, units, self.state, *kind)

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.hold_until is not None and self.hold_until <= now and not self.is_planned

    @property
    def key(self) -> tuple[object, ...]:
        """All but how many."""
        whose = (self.ticket, self.visit, self.part, self.place, self.state)
        return (*whose, self.is_planned, self.is_asked_for, self.for_any_visit, self.hold_until, self.requested_at)


class Forecast:
    """The books after a verb. Each verb changes it or raises Refused."""

    def __init__(self, books: Books, world: World, now: datetime) -> None:
        self.books, self.world, self.now = books, world, now
        self.on_hand: Counter[Key] = Counter({key: on_hand for key, (on_hand, _) in books.balances.items()})
        self.held = [Held.by(one) for one in books.active()]
        self.ended: Counter[tuple[UUID, UUID, str]] = _ended(books)
        self.posted: Counter[Posted] = Counter()
        self.serials = serial_places(books)
        self._special = {
            place.kind: place.id for place in world.places.values() if place.kind not in (LocationKind.WAREHOUSE,)
        }

    def deliver(self, delivery: Delivery) -> None:
        """A supplier brings units."""
        if any(self._is_here(delivery.part_id, one) for one in delivery.serials):
            raise Refused
        units = Units(delivery.part_id, delivery.quantity, delivery.serials)
        self._move(units, self._special[LocationKind.SUPPLIER], delivery.location_id, "receipt")
        self._serve(delivery.part_id, delivery.location_id)

    def reserve(self, wish: ReservationWish) -> None:
        """Somebody reserves."""
        state, _, _ = self.books.tickets[wish.ticket_id]
        if state not in TICKET_OPEN or not self._may_be_until(wish.hold_until):
            raise Refused
        if wish.visit_id is not None and (
            self.books.visits[wish.visit_id][0] in VISIT_OVER or self.books.visits[wish.visit_id][1] != wish.ticket_id
        ):
            raise Refused
        self.expire(wish.part_id)
        place = wish.location_id or self._best_place(wish)
        units = 0 if place is None else min(wish.quantity, max(0, self.free(wish.part_id, place)))
        if units < wish.quantity and not wish.takes_part:
            raise Refused
        if units:
            self._promise(wish, units, "reserved", place)
        if units < wish.quantity:
            self._promise(wish, wish.quantity - units, "backordered", wish.location_id)
            if wish.location_id is None:
                self._serve_anywhere(wish.part_id)

    def extend(self, one: Promise, hold_until: datetime | None) -> None:
        """Somebody wants units held until another time."""
        self.expire(one.part)
        held = self._of(one)
        if held is None or one.is_planned or not self._may_be_until(hold_until):
            raise Refused
        held.hold_until = hold_until

    def release(self, one: Promise) -> None:
        """Somebody gives units up."""
        if one.state == "released":
            return
        held = self._of(one)
        if held is None or one.is_planned:
            raise Refused
        self._end(held, "released")
        if held.state == "reserved" and held.place is not None:
            self._serve(held.part, held.place)

    def expire(self, part: UUID) -> None:
        """What was held for too long ends."""
        over = [one for one in self.held if one.part == part and one.is_overdue(self.now)]
        for one in over:
            self._end(one, "expired")
        freed = {one.place for one in over if one.state == "reserved" and one.place is not None}
        for place in sorted(freed):
            self._serve(part, place)

    def reverse(self, move: Move) -> None:
        """A move is taken back."""
        is_reversed = any(one.reverses == move.id for one in self.books.moves.values())
        if move.reason in ("correction", "transfer") or move.visit is not None or is_reversed:
            raise Refused
        if move.serial is not None and (
            self.serials.get((move.part, move.serial)) != move.target or not self._is_here(move.part, move.serial)
        ):  # the books know where a serial is, and not where outside: what a count has sent there stays out
            raise Refused
        self.expire(move.part)
        if self.world.place_by_id[move.target].is_physical and self.free(move.part, move.target) < move.quantity:
            raise Refused
        serials = (move.serial,) if move.serial is not None else ()
        self._move(Units(move.part, move.quantity, serials), move.target, move.source, "correction")
        self._serve(move.part, move.source)

    def ship(self, shipment: Shipment) -> None:
        """A transfer leaves."""
        if shipment.state != "draft":
            raise Refused
        for line in shipment.lines:
            self.expire(line.part)
        for line in shipment.lines:
            is_short = self.free(line.part, shipment.source) < line.quantity
            if is_short or any(self.serials.get((line.part, one)) != shipment.source for one in line.serials):
                raise Refused
        transit = self._special[LocationKind.IN_TRANSIT]
        for line in shipment.lines:
            self._move(Units(line.part, line.quantity, line.serials), shipment.source, transit, "transfer")

    def receive(self, shipment: Shipment, counted: Sequence[Units]) -> None:
        """A transfer arrives, as it was counted."""
        if shipment.state != "shipped":
            raise Refused
        found = {units.part_id: units for units in counted}
        transit, unknown = self._special[LocationKind.IN_TRANSIT], self._special[LocationKind.DISCREPANCY]
        for line in shipment.lines:
            part, target = line.part, shipment.target
            units = found.get(part, Units(part, line.quantity, line.serials))
            if line.serials:
                there = [one for one in line.serials if one in units.serials]
                self._arrive(part, there, target)
                self._arrive(part, [one for one in line.serials if one not in units.serials], unknown)
                for one in units.serials:
                    if one not in line.serials:
                        self._turn_up(part, one, target)
            else:
                arrived = min(units.quantity, line.quantity)
                self._move(Units(part, arrived), transit, target, "transfer")
                self._move(Units(part, line.quantity - arrived), transit, unknown, "transfer")
                self._move(Units(part, units.quantity - arrived), unknown, target, "transfer")
            self._serve(part, target)
        self.serve_losers()

    def cancel(self, shipment: Shipment) -> None:
        """A transfer is called off."""
        if shipment.state == "cancelled":
            return
        if shipment.state == "received":
            raise Refused
        if shipment.state == "shipped":
            for line in shipment.lines:
                if line.serials:
                    self._arrive(line.part, line.serials, shipment.source)
                else:
                    units, transit = Units(line.part, line.quantity), self._special[LocationKind.IN_TRANSIT]
                    self._move(units, transit, shipment.source, "transfer")
                self._serve(line.part, shipment.source)

    def count(self, units: Units, place: UUID, gone_to: UUID | None) -> None:
        """A count finds units gone, whoever was promised them, or, without gone_to, more than the books have."""
        self.expire(units.part_id)
        if gone_to is None:
            self._move(units, self._special[LocationKind.ADJUSTMENT], place, "count")
            self._serve(units.part_id, place)
            return
        if self.on_hand[units.part_id, place] < units.quantity:
            raise Refused
        if any(self.serials.get((units.part_id, one)) != place for one in units.serials):
            raise Refused
        self._bump(units.part_id, place, units.quantity - self.free(units.part_id, place))
        self._move(units, place, gone_to, "count")
        self._serve_anywhere(units.part_id)

    def serve_losers(self) -> None:
        """Whoever has lost units to a fact gets others that are free."""
        for part in {one.part for one in self.held if one.state == "backordered"}:
            self._serve_anywhere(part)

    def free(self, part: UUID, place: UUID) -> int:
        """Return what nobody has been promised."""
        reserved = sum(
            one.quantity for one in self.held if (one.part, one.place, one.state) == (part, place, "reserved")
        )
        return self.on_hand[part, place] - reserved

    def differences(self, after: Books) -> Iterable[str]:
        """Say how the books differ from this."""
        on_hand = Counter({key: here for key, (here, _) in after.balances.items()})
        if +on_hand != +self.on_hand or -on_hand != -self.on_hand:
            yield f"on hand is {+on_hand - +self.on_hand} more, {+self.on_hand - +on_hand} less than it should be"
        yield from _told("promised", _sums(map(Held.by, after.active())), _sums(self.held))
        yield from _told("ended", _ended(after), self.ended)
        new = [one for one in after.moves.values() if one.id not in self.books.moves]
        posted = Counter(Posted(one.part, one.quantity, one.source, one.target, one.reason, one.serial) for one in new)
        yield from _told("moved", posted, self.posted)
        if serial_places(after) != self.serials:
            yield f"serials are at {serial_places(after)}, not {self.serials}"

    def _move(self, units: Units, source: UUID, target: UUID, reason: str) -> None:
        if not units.quantity:
            return
        self.on_hand[units.part_id, source] -= units.quantity
        self.on_hand[units.part_id, target] += units.quantity
        for quantity, serial in [(1, one) for one in units.serials] or [(units.quantity, None)]:
            self.posted[Posted(units.part_id, quantity, source, target, reason, serial)] += 1
            if serial is not None:
                self.serials[units.part_id, serial] = target

    def _arrive(self, part: UUID, serials: Iterable[str], target: UUID) -> None:
        """Serials that are in transit still; what a fact has taken stays where it is."""
        transit = self._special[LocationKind.IN_TRANSIT]
        left = tuple(one for one in serials if self.serials.get((part, one)) == transit)
        self._move(Units(part, len(left), left), transit, target, "transfer")

    def _turn_up(self, part: UUID, serial: str, target: UUID) -> None:
        """A serial that nobody shipped: from where the books have it, whoever was promised it."""
        place = self.serials.get((part, serial))
        if place == target:
            return
        if place is None or not self.world.place_by_id[place].is_physical:
            place = self._special[LocationKind.DISCREPANCY]
        else:
            self._bump(part, place, 1 - self.free(part, place))
        self._move(Units(part, 1, (serial,)), place, target, "transfer")

    def _bump(self, part: UUID, place: UUID, units: int) -> None:
        """The least urgent and newest lose first; they wait again, staff's wherever there is some."""
        own = [one for one in self.held if (one.part, one.place, one.state) == (part, place, "reserved")]
        own.sort(key=lambda one: (self.books.rank(one.ticket), one.requested_at))
        for one in reversed(own):
            if units <= 0:
                return
            lost = self._split(one, min(units, one.quantity))
            units -= lost.quantity
            lost.state = "backordered"
            lost.place = lost.place if lost.is_planned else None

    def _serve_anywhere(self, part: UUID) -> None:
        for place in sorted(place.id for place in self.world.places.values() if place.is_physical):
            kind = self.world.place_by_id[place].kind
            if kind in (LocationKind.WAREHOUSE, LocationKind.LOCKER):
                self._serve(part, place)

    def _serve(self, part: UUID, place: UUID) -> None:
        """The most urgent first, then who has waited longest."""
        if not self.world.place_by_id[place].is_physical:
            return
        waiting = [one for one in self.held if one.part == part and one.state == "backordered"]
        waiting = [one for one in waiting if not one.is_overdue(self.now) and place in self._places_for(one)]
        waiting.sort(key=lambda one: (self.books.rank(one.ticket), one.requested_at))
        for one in waiting:
            units = min(one.quantity, self.free(part, place))
            if units <= 0:
                return
            filled = self._split(one, units)
            filled.state, filled.place = "reserved", place

    def _places_for(self, one: Held) -> Sequence[UUID]:
        return places_for(one, self.books, self.world)

    def _split(self, one: Held, units: int) -> Held:
        if units == one.quantity:
            return one
        part = one.split(units)
        self.held.append(part)
        return part

    def _end(self, one: Held, state: str) -> None:
        self.held.remove(one)
        self.ended[one.ticket, one.part, state] += one.quantity

    def _of(self, one: Promise) -> Held | None:
        return next((held for held in self.held if held.of == one.id), None)

    def _promise(self, wish: ReservationWish, units: int, state: str, place: UUID | None) -> None:
        kind = (False, True, wish.visit_id is None, wish.hold_until, self.now)
        self.held.append(Held(wish.ticket_id, wish.visit_id, wish.part_id, place, units, state, *kind))

    def _may_be_until(self, moment: datetime | None) -> bool:
        return moment is None or moment > self.now

    def _best_place(self, wish: ReservationWish) -> UUID | None:
        """The first warehouse of the ticket's team, by code, that has all units free; else the one with the most."""
        team = self.books.tickets[wish.ticket_id][2]
        houses = sorted(self.world.places.values(), key=lambda place: place.code)
        houses = [one for one in houses if one.kind is LocationKind.WAREHOUSE and one.team in (None, team)]
        free = [(min(wish.quantity, self.free(wish.part_id, one.id)), one.id) for one in houses]
        return max(free, key=lambda one: one[0])[1]

    def _is_here(self, part: UUID, serial: str) -> bool:
        place = self.serials.get((part, serial))
        return place is not None and self.world.place_by_id[place].is_physical


def serial_places(books: Books) -> dict[tuple[UUID, str], UUID]:
    """Return where serials are by the newest move of each."""
    ordered = sorted(books.moves.values(), key=lambda move: (move.recorded_at, move.id))
    return {(move.part, move.serial): move.target for move in ordered if move.serial is not None}


def _sums(held: Iterable[Held]) -> Counter[tuple[object, ...]]:
    sums: Counter[tuple[object, ...]] = Counter()
    for one in held:
        sums[one.key] += one.quantity
    return sums


def _ended(books: Books) -> Counter[tuple[UUID, UUID, str]]:
    sums: Counter[tuple[UUID, UUID, str]] = Counter()
    for one in books.promises.values():
        if one.state in OVER:
            sums[one.ticket, one.part, one.state] += one.quantity
    return sums


def _told(what: str, seen: Counter[object], wanted: Counter[object]) -> Iterable[str]:  # type: ignore[type-arg]
    if seen != wanted:
        yield f"{what}: {seen - wanted} is too much, {wanted - seen} is missing"
