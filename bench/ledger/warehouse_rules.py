"""What the warehouse and the desk do with units: each step's outcome is known before it is taken."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bench.ledger.books import Line, Promise, Shipment
from bench.ledger.counts import counting, finding
from bench.ledger.forecast import Forecast
from bench.ledger.ground import TRAVEL
from bench.ledger.lots import lots_named
from bench.ledger.played import Played
from bench.ledger.shelves import serial_places
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.services import reservations, transfers
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_moves import reverse_move
from fieldsvc.worker import WorkerPorts, end_holds

Thing = TypeVar("Thing")
PARTS = st.sampled_from("AABBC")
PICK = st.integers(0, 63)
FEW = st.integers(1, 3)
TICKETS = st.integers(0, 4)
_STORES = ("house-a", "house-b", "house-c", "south", "locker", "van0", "van1", "quarantine")
STORES = st.sampled_from(_STORES)
RESERVABLE = st.sampled_from(_STORES[:-1])
MINUTES = st.sampled_from((1, 5, 30, 120))
SERIALS = tuple(f"S{number}" for number in range(6))


class WarehouseRules(Played):
    """Deliveries, reservations, moves taken back, transfers and counts."""

    @rule(part=PARTS, place=STORES, quantity=FEW, pick=PICK)
    def deliver(self, part: str, place: str, quantity: int, pick: int) -> None:
        serials = self._new_serials(quantity, pick) if part == "C" else ()
        lots = lots_named(quantity, pick) if part == "B" else ()
        delivery = Delivery(self.world.parts[part], self.world.places[place].id, quantity, serials, lots)
        self.do(
            "deliver",
            self.world.keeper,
            lambda uow: receive_units(uow, delivery),
            foresee=lambda books: books.deliver(delivery),
        )

    @rule(
        part=PARTS,
        ticket=TICKETS,
        visit=st.sampled_from((None, None, 0, 1)),
        quantity=st.integers(1, 5),
        place=st.none() | RESERVABLE,
        minutes=st.none() | MINUTES,
        takes_part=st.booleans(),
        by=st.sampled_from(("keeper", "keeper", "dispatcher", "technician")),
    )
    def reserve(
        self,
        part: str,
        ticket: int,
        visit: int | None,
        quantity: int,
        place: str | None,
        minutes: int | None,
        takes_part: bool,
        by: str,
    ) -> None:
        wish = reservations.ReservationWish(
            self.world.tickets[ticket],
            self.world.parts[part],
            quantity,
            visit_id=None if visit is None else self.world.visits[2 * ticket + visit],
            location_id=None if place is None else self.world.places[place].id,
            hold_until=None if minutes is None else self.ground.at(minutes),
            takes_part=takes_part,
        )
        actors = {"keeper": self.world.keeper, "dispatcher": self.world.dispatcher}
        self.do(
            f"reserve as {by}",
            actors.get(by, self.world.technicians[0]),
            lambda uow: reservations.reserve_units(uow, wish),
            foresee=lambda books: books.reserve(wish),
            may_be_refused=by != "keeper",
        )

    @rule(pick=PICK, minutes=st.none() | MINUTES)
    def extend(self, pick: int, minutes: int | None) -> None:
        if (one := self._promise(pick)) is not None:
            until = None if minutes is None else self.ground.at(minutes)
            self.do(
                "extend",
                self.world.keeper,
                lambda uow: reservations.extend_reservation(uow, one.id, until),
                foresee=lambda books: books.extend(one, until),
            )

    @rule(pick=PICK)
    def release(self, pick: int) -> None:
        if (one := self._promise(pick)) is not None:
            self.do(
                "release",
                self.world.keeper,
                lambda uow: reservations.release_reservation(uow, one.id),
                foresee=lambda books: books.release(one),
            )

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.ground.clock.moment += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        """The worker ends what is held for too long."""
        ports = WorkerPorts(self.ground.database, TRAVEL, lease_s=60, poll_s=1)
        parts = sorted(self.world.parts.values())

        def end_all(books: Forecast) -> None:
            for part in parts:
                books.expire(part)

        self.watch("sweep", lambda: end_holds(ports), end_all)

    @rule(pick=PICK)
    def reverse(self, pick: int) -> None:
        moves = [one for one in self.books.moves.values() if one.reason in ("receipt", "count")]
        move = self._one_of(moves if pick % 4 else list(self.books.moves.values()), pick // 4)
        if move is not None:
            self.do(
                "take a move back",
                self.world.keeper,
                lambda uow: reverse_move(uow, move.id),
                foresee=lambda books: books.reverse(move),
            )

    @rule(to=STORES, wanted=st.lists(st.tuples(PARTS, FEW), min_size=1, max_size=2), pick=PICK, leaves=st.booleans())
    def draft(self, to: str, wanted: Sequence[tuple[str, int]], pick: int, leaves: bool) -> None:
        new = self._draft(self._store_with(wanted[0][0], pick), to, wanted, pick)
        if new is not None and leaves:
            self._ship(new)

    @rule(pick=PICK)
    def ship(self, pick: int) -> None:
        if (one := self._shipment("draft", pick)) is not None:
            self._ship(one)

    @rule(pick=PICK, counting=st.sampled_from((None, None, 0, -1, 1, 2)), other=PICK)
    def receive(self, pick: int, counting: int | None, other: int) -> None:
        if (one := self._shipment("shipped", pick)) is not None:
            self._receive(
                one, None if counting is None else [self._counted(line, counting, other) for line in one.lines]
            )

    @rule(pick=PICK)
    def call_off(self, pick: int) -> None:
        one = self._shipment("shipped" if pick % 2 else "draft", pick)
        if one is not None:
            self.do(
                "call a transfer off",
                self.world.keeper,
                lambda uow: transfers.cancel_transfer(uow, one.id),
                foresee=lambda books: books.cancel(one),
            )

    @rule(to=st.sampled_from(("van0", "van1", "house-a")), part=PARTS, quantity=FEW, pick=PICK)
    def hand_out(self, to: str, part: str, quantity: int, pick: int) -> None:
        """Draft, ship and receive, one after the other."""
        new = self._draft(self._store_with(part, pick), to, [(part, quantity)], pick)
        if new is not None and self._ship(new):
            self._receive(self.books.shipments[new.id], None)

    def _draft(self, source: str, to: str, wanted: Sequence[tuple[str, int]], pick: int) -> Shipment | None:
        lines = tuple(self._units_at(part, source, quantity, pick) for part, quantity in dict(wanted).items())
        wish = transfers.TransferWish(self.world.places[source].id, self.world.places[to].id, lines)
        before = self.books.shipments.keys()
        self.do("draft", self.world.keeper, lambda uow: transfers.draft_transfer(uow, wish))
        return next((one for one in self.books.shipments.values() if one.id not in before), None)

    def _ship(self, one: Shipment) -> bool:
        return self.do(
            "ship",
            self.world.keeper,
            lambda uow: transfers.ship_transfer(uow, one.id),
            foresee=lambda books: books.ship(one),
        )

    def _receive(self, one: Shipment, counted: Sequence[Units] | None) -> None:
        self.do(
            "receive" if counted is None else "receive as counted",
            self.world.keeper,
            lambda uow: transfers.receive_transfer(uow, one.id, counted),
            foresee=lambda books: books.receive(one, counted or ()),
        )

    @rule(part=PARTS, quantity=FEW, gone_to=st.sampled_from(("scrap", "adjustment")), pick=PICK)
    def lose(self, part: str, quantity: int, gone_to: str, pick: int) -> None:
        """Units are scrapped, or not found: a fact, whoever was promised them."""
        place = self._store_with(part, pick)
        units = self._units_at(part, place, 1 if part == "C" else quantity, pick)
        here, there = self.world.places[place].id, self.world.places[gone_to].id
        self.do(
            f"lose to {gone_to}",
            self.world.keeper,
            counting(units, here, there),
            foresee=lambda books: books.count(units, here, there),
        )

    @rule(part=st.sampled_from("AB"), place=STORES, quantity=FEW)
    def find(self, part: str, place: str, quantity: int) -> None:
        """A count finds more than the books have."""
        units, here = Units(self.world.parts[part], quantity), self.world.places[place].id
        extra = self.world.places[LocationKind.ADJUSTMENT.value].id
        self.do(
            "find", self.world.keeper, finding(units, extra, here), foresee=lambda books: books.count(units, here, None)
        )

    def _new_serials(self, quantity: int, pick: int) -> tuple[str, ...]:
        return tuple(SERIALS[(pick + number) % len(SERIALS)] for number in range(quantity))

    def _store_with(self, part: str, pick: int) -> str:
        """Return a store that has units of a part, mostly; else any."""
        of = self.world.parts[part]
        found = [
            one for one in _STORES if self.books.balances.get((of, self.world.places[one].id), (0,))[0] and pick % 8
        ]
        return (found or _STORES)[pick // 8 % len(found or _STORES)]

    def _units_at(self, part: str, place: str, quantity: int, pick: int) -> Units:
        """Units to be moved; of the serialised part those that are there, or any."""
        if part != "C":
            return Units(self.world.parts[part], quantity)
        where = serial_places(self.books)
        here = sorted(serial for (_, serial), at in where.items() if at == self.world.places[place].id)
        serials = tuple(here[:quantity]) or self._new_serials(1, pick)
        return Units(self.world.parts[part], len(serials), serials)

    def _counted(self, line: Line, by: int, pick: int) -> Units:
        """So many more or less; of the serialised part the last one is another, or one more has come."""
        if not line.serials:
            return Units(line.part, max(0, line.quantity + by))
        others = [one for one in SERIALS if one not in line.serials]
        serials = line.serials[: len(line.serials) + min(by, 0)] + ((others[pick % len(others)],) if by > 0 else ())
        return Units(line.part, len(serials), serials)

    def _promise(self, pick: int) -> Promise | None:
        """Return one that staff may change, mostly; else any."""
        found = [one for one in self.books.active() if not one.is_planned and pick % 8]
        return self._one_of(found or list(self.books.promises.values()), pick // 8)

    def _shipment(self, state: str, pick: int) -> Shipment | None:
        found = [one for one in self.books.shipments.values() if pick % 8 == 0 or one.state == state]
        return self._one_of(found, pick // 8)

    def _one_of(self, found: Sequence[Thing], pick: int) -> Thing | None:
        return found[pick % len(found)] if found else None
