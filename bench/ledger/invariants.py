"""What has to hold of the books whatever was done: S1 to S5, R1 and R2 of the design, and that nobody waits in vain.

Written from the design and not from the product's own checks, which are compared with it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from bench.ledger.books import OVER, TICKET_OPEN, VISIT_OVER, Books, Key
from bench.ledger.lots import lot_faults
from bench.ledger.world import World
from fieldsvc.domain.ledger import LocationKind


def faults_of(books: Books, world: World, now: datetime) -> Iterator[str]:
    """Say what does not hold now."""
    return chain(
        _ledger_faults(books, world),
        _serial_faults(books, world),
        lot_faults(books, world),
        _reserved_faults(books, world),
        _ending_faults(books),
        _plan_faults(books),
        _waiting_faults(books, world, now),
    )


def changes_of_the_past(before: Books, after: Books) -> Iterator[str]:
    """S4 and R1: say what was over and is another thing now."""
    for move in before.moves.values():
        if after.moves.get(move.id) != move:
            yield f"S4: {move} is {after.moves.get(move.id)} now"
    for one in before.promises.values():
        if one.state in OVER and after.promises.get(one.id) != one:
            yield f"R1: {one} is {after.promises.get(one.id)} now"


def _ledger_faults(books: Books, world: World) -> Iterator[str]:
    sums: Counter[Key] = Counter()
    for move in books.moves.values():
        if move.quantity <= 0 or move.source == move.target:
            yield f"S3: {move} moves nothing"
        sums[move.part, move.source] -= move.quantity
        sums[move.part, move.target] += move.quantity
    for key in sums.keys() | books.balances.keys():
        if sums[key] != books.balances.get(key, (0, 0))[0]:
            yield f"S1: {_name(world, key)} has {books.balances.get(key)}, the moves say {sums[key]}"
    for part in world.parts.values():
        total = sum(on_hand for (of, _), (on_hand, _) in books.balances.items() if of == part)
        if total:
            yield f"S3: over all places there are {total} of a part"
    reversed_ones = Counter(move.reverses for move in books.moves.values() if move.reverses is not None)
    yield from (
        f"S4: {books.moves[one]} is reversed {times} times" for one, times in reversed_ones.items() if times > 1
    )
    for move in books.moves.values():
        if move.reverses is not None:
            of = books.moves[move.reverses]
            same = (of.part, of.quantity, of.target, of.source, of.serial)
            if same != (move.part, move.quantity, move.source, move.target, move.serial):
                yield f"S4: {move} does not reverse {of}"


def _serial_faults(books: Books, world: World) -> Iterator[str]:
    """S5, by adding up the moves of each serial: never by its newest one."""
    sums: dict[tuple[UUID, str], Counter[UUID]] = {}
    for move in books.moves.values():
        if move.serial is not None:
            places = sums.setdefault((move.part, move.serial), Counter())
            places[move.source] -= move.quantity
            places[move.target] += move.quantity
    physical = world.place_by_id
    at: Counter[Key] = Counter()
    for (part, serial), places in sums.items():
        here = {place: units for place, units in places.items() if units and physical[place].is_physical}
        if any(units != 1 for units in here.values()) or len(here) > 1:
            yield f"S5: serial {serial} is at {[(physical[place].code, units) for place, units in here.items()]}"
        at.update((part, place) for place in here)
    part = world.parts["C"]
    for (of, place), (on_hand, _) in books.balances.items():
        if of == part and physical[place].is_physical and on_hand != at[of, place]:
            yield f"S5: {on_hand} units of C at {physical[place].code}, {at[of, place]} serials"


def _reserved_faults(books: Books, world: World) -> Iterator[str]:
    sums: Counter[Key] = Counter()
    for one in books.promises.values():
        if one.quantity <= 0:
            yield f"S2: {one} is of nothing"
        if one.state == "reserved":
            if one.place is None:
                yield f"S2: {one} is nowhere"
            else:
                sums[one.part, one.place] += one.quantity
    places = world.place_by_id
    for key in sums.keys() | books.balances.keys():
        on_hand, reserved = books.balances.get(key, (0, 0))
        if sums[key] != reserved:
            yield f"S2: {_name(world, key)} has {reserved} reserved, reservations hold {sums[key]}"
        if places[key[1]].is_physical and not 0 <= reserved <= on_hand:
            yield f"S2: {_name(world, key)} has {on_hand} on hand, {reserved} reserved"


def _ending_faults(books: Books) -> Iterator[str]:
    used = Counter(one.move for one in books.promises.values() if one.move is not None)
    for one in books.promises.values():
        if (one.state == "consumed") != (one.move is not None):
            yield f"R1: {one} and its move do not go together"
        if one.move is not None:
            move = books.moves[one.move]
            if (move.part, move.quantity, move.source) != (one.part, one.quantity, one.place) or used[one.move] > 1:
                yield f"R1: {one} was used up by {move}"
        if one.state not in OVER:
            if books.tickets[one.ticket][0] not in TICKET_OPEN:
                yield f"R2: the ticket of {one} is {books.tickets[one.ticket][0]}"
            if one.visit is not None and books.visits[one.visit][0] in VISIT_OVER:
                yield f"R2: the visit of {one} is {books.visits[one.visit][0]}"


def _plan_faults(books: Books) -> Iterator[str]:
    held: Counter[tuple[UUID, UUID, UUID]] = Counter()
    for one in books.active():
        if one.is_planned:
            assert one.visit is not None, "the database sees to it"
            assert one.place is not None, "a plan has units from somewhere"
            held[one.visit, one.part, one.place] += one.quantity
    for key in held.keys() | books.claims.keys():
        if held[key] != books.claims[key]:
            yield f"R: visit {key[0]} counts on {books.claims[key]} of {key[1]} at {key[2]}, the plan holds {held[key]}"


def _waiting_faults(books: Books, world: World, now: datetime) -> Iterator[str]:
    for one in books.active():
        if one.state == "backordered" and not one.is_overdue(now):
            for place in places_for(one.place, one.ticket, books, world):
                if books.free((one.part, place)) > 0:
                    yield f"R: {one} waits though units are free at {world.place_by_id[place].code}"


def places_for(place: UUID | None, ticket: UUID, books: Books, world: World) -> Sequence[UUID]:
    """Return the places whose free units are for a back-order; place: where it is wanted."""
    if place is not None:
        return [place]
    team = books.tickets[ticket][2]
    kinds = (LocationKind.WAREHOUSE, LocationKind.LOCKER)
    return [one.id for one in world.places.values() if one.kind in kinds and one.team in (None, team)]


def _name(world: World, key: Key) -> str:
    part = next((number for number, one in world.parts.items() if one == key[0]), str(key[0]))
    return f"{part} at {world.place_by_id[key[1]].code}"
