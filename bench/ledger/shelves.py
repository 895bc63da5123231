"""Units on their shelves and what is promised of them, in plain Python: moved, promised, lost and passed on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from bench.ledger.books import OVER, Books, Key, Promise
from bench.ledger.invariants import places_for
from bench.ledger.world import World
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.services.stock import Units

Thing = TypeVar("Thing")


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


class Shelves:
    """The books as they are about to be."""

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

    def free(self, part: UUID, place: UUID) -> int:
        """Return what nobody has been promised."""
        reserved = sum(
            one.quantity for one in self.held if (one.part, one.place, one.state) == (part, place, "reserved")
        )
        return self.on_hand[part, place] - reserved

    def expire(self, part: UUID) -> None:
        """What was held for too long ends."""
        over = [one for one in self.held if one.part == part and one.is_overdue(self.now)]
        for one in over:
            self._end(one, "expired")
        freed = {one.place for one in over if one.state == "reserved" and one.place is not None}
        for place in sorted(freed):
            self._serve(part, place)

    def serve_losers(self) -> None:
        """Whoever has lost units to a fact gets others that are free."""
        for part in {one.part for one in self.held if one.state == "backordered"}:
            self._serve_anywhere(part)

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
        draws: list[tuple[int, str | None]] = [(1, serial) for serial in units.serials]
        for quantity, serial in draws or [(units.quantity, None)]:
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
        return places_for(one.place, one.ticket, self.books, self.world)

    def _split(self, one: Held, units: int) -> Held:
        if units == one.quantity:
            return one
        part = one.split(units)
        self.held.append(part)
        return part

    def _end(self, one: Held, state: str) -> None:
        self.held.remove(one)
        self.ended[one.ticket, one.part, state] += one.quantity

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


def _told(what: str, seen: Counter[Thing], wanted: Counter[Thing]) -> Iterable[str]:
    if seen != wanted:
        yield f"{what}: {seen - wanted} is too much, {wanted - seen} is missing"
