"""What a verb of the warehouse has to do to the books, worked out in plain Python before it is done."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bench.ledger.books import TICKET_OPEN, VISIT_OVER, Move, Promise, Shipment
from bench.ledger.shelves import Held, Refused, Shelves
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.services.deliveries import Delivery
from fieldsvc.services.reservations import ReservationWish
from fieldsvc.services.stock import Units


class Forecast(Shelves):
    """The books after a verb. Each verb changes it or raises Refused."""

    def deliver(self, delivery: Delivery) -> None:
        """A supplier brings units; nobody delivers to quarantine."""
        if self.world.place_by_id[delivery.location_id].kind is LocationKind.QUARANTINE:
            raise Refused
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

    def reverse(self, move: Move) -> None:
        """A move is taken back."""
        is_reversed = any(one.reverses == move.id for one in self.books.moves.values())
        if move.reason in ("correction", "transfer") or move.visit is not None or is_reversed:
            raise Refused
        if move.serial is not None and self._newest_of(move.part, move.serial) != move.id:
            raise Refused
        lots = self.books.lot_moves.get(move.id, {})
        is_here = self.world.place_by_id[move.target].is_physical
        if is_here and any(self.books.lot_balances[lot, move.target] < units for lot, units in lots.items()):
            raise Refused  # as many may be there, but of other lots
        self.expire(move.part)
        if is_here and self.free(move.part, move.target) < move.quantity:
            raise Refused
        serials = (move.serial,) if move.serial is not None else ()
        self._move(Units(move.part, move.quantity, serials), move.target, move.source, "correction")
        self._serve(move.part, move.source)

    def _newest_of(self, part: UUID, serial: str) -> UUID:
        """The move by which a serial is where it is."""
        own = (one for one in self.books.moves.values() if (one.part, one.serial) == (part, serial))
        return max(own, key=lambda one: (one.recorded_at, one.id)).id

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
