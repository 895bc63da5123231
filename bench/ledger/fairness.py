"""What plans and uses in the field may do to what others were promised: what any right way of doing it keeps."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from bench.ledger.books import TICKET_OPEN, VISIT_OVER, Books, Move, Promise
from bench.ledger.shelves import serial_places
from bench.ledger.world import World
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.services.part_uses import Use

_WHOSE = tuple[UUID, UUID]
"""A ticket and a part."""


def faults_of_plan(before: Books, after: Books, now: datetime) -> Iterator[str]:
    """Say what a plan, or the end of a visit or ticket, did that it may not."""
    if before.moves != after.moves:
        yield "a plan has moved units"
    yield from _lost_wishes(before, after, now, used=Counter())
    yield from _lost_units(before, after, now, own=_touched(before, after))


def faults_of_use(before: Books, after: Books, now: datetime, world: World, use: Use, visit: UUID) -> Iterator[str]:
    """Say what booking a use did that it may not."""
    new = [move for move in after.moves.values() if move.id not in before.moves]
    ticket = before.visits[visit][1]
    if sum(move.quantity for move in new) != use.quantity:
        yield f"{use.quantity} units were used, {new} were booked"
    for move in new:
        if (move.part, move.serial, move.visit) != (use.part_id, use.serial, visit):
            yield f"{move} is not of this use"
        if move.target != world.places["customer"].id or move.reason != "consumption":
            yield f"{move} does not go to the customer"
    yield from _wrong_draws(before, after, now, world, use, visit, new)
    used: Counter[_WHOSE] = Counter()
    for one in after.promises.values():
        if one.state == "consumed" and (one.id not in before.promises or before.promises[one.id].state != "consumed"):
            used[one.ticket, one.part] += one.quantity
            if one.ticket != ticket:
                yield f"{one} of another ticket was used up"
    yield from _lost_wishes(before, after, now, used)
    # Whoever is bumped waits, and loses units of this part only.
    parts = {use.part_id}
    yield from _lost_units(before, after, now, own={ticket}, bumped=parts)


def _wrong_draws(
    before: Books, after: Books, now: datetime, world: World, use: Use, visit: UUID, new: list[Move]
) -> Iterator[str]:
    unknown = world.places["discrepancy"].id
    if use.serial is not None:
        known = serial_places(before).get((use.part_id, use.serial))
        is_here = known is not None and world.place_by_id[known].is_physical
        if [move.source for move in new] != [known if is_here else unknown]:
            yield f"serial {use.serial} was known at {known}, drawn from {[move.source for move in new]}"
        return
    places = _places_of(before, now, world, use.part_id, visit)
    for move in new:
        if move.source not in places and move.source != unknown:
            yield f"{move} comes from a place that has nothing for the visit"
        if move.source == unknown and (left := [p for p in places if after.balances.get((use.part_id, p), (0,))[0]]):
            yield f"{move} was called unknown, units are left at {[world.place_by_id[place].code for place in left]}"


def _places_of(before: Books, now: datetime, world: World, part: UUID, visit: UUID) -> set[UUID]:
    """The vans of those who have the visit, where the plan has units for it, and where they are reserved for it."""
    holders = before.holders.get(visit, frozenset())
    vans = {world.van(number) for number, one in enumerate(world.technicians) if one.technician_id in holders}
    others = {place.id for place in world.places.values() if place.kind is LocationKind.VAN} - vans
    places = vans | {place for of, what, place in before.claims if (of, what) == (visit, part)}
    ticket = before.visits[visit][1]
    for one in before.active():
        is_for_it = one.ticket == ticket and one.visit in (None, visit) and one.part == part
        if is_for_it and one.state == "reserved" and one.place is not None and not one.is_overdue(now):
            places |= {one.place} - others
    return places


def _lost_wishes(before: Books, after: Books, now: datetime, used: Counter[_WHOSE]) -> Iterator[str]:
    """What staff has asked for ends with its visit or ticket, by its time, or by being used, and never else."""
    least: Counter[_WHOSE] = Counter()
    most: Counter[_WHOSE] = Counter()
    for one in before.active():
        if not one.is_asked_for:
            continue
        whose = one.ticket, one.part
        ends, may_end = _ends(one, after, now)
        most[whose] += 0 if ends else one.quantity
        least[whose] += 0 if may_end else one.quantity
    kept: Counter[_WHOSE] = Counter()
    for one in after.active():
        if one.is_asked_for:
            kept[one.ticket, one.part] += one.quantity
    for whose in most.keys() | kept.keys():
        if not least[whose] - used[whose] <= kept[whose] <= most[whose]:
            yield f"ticket and part {whose}: staff has {kept[whose]}, {least[whose]} to {most[whose]} should be left"


def _ends(one: Promise, after: Books, now: datetime) -> tuple[bool, bool]:
    """(whether it has to end, whether it may)."""
    if after.tickets[one.ticket][0] not in TICKET_OPEN:
        return True, True
    state = after.visits[one.visit][0] if one.visit is not None else None
    if state in VISIT_OVER and not one.for_any_visit and state != "incomplete":
        return True, True
    return False, one.hold_until is not None and one.hold_until <= now


def _lost_units(
    before: Books, after: Books, now: datetime, own: set[UUID], bumped: set[UUID] | None = None
) -> Iterator[str]:
    """Other tickets keep the units they were promised; a fact may take some of its part, and they wait for as many."""
    had, has = _units(before, now), _units(after, now)
    for (ticket, part, is_reserved), units in had.items():
        if ticket in own:
            continue
        left = has[ticket, part, is_reserved]
        total = has[ticket, part, True] + has[ticket, part, False]
        wanted = had[ticket, part, True] + had[ticket, part, False]
        if is_reserved and left < units and part not in (bumped or ()):
            yield f"ticket {ticket} had {units} units of {part}, and has {left}"
        if total < wanted:
            yield f"ticket {ticket} was promised {wanted} units of {part}, and is {total}"


def _units(books: Books, now: datetime) -> Counter[tuple[UUID, UUID, bool]]:
    units: Counter[tuple[UUID, UUID, bool]] = Counter()
    for one in books.active():
        if not one.is_overdue(now):
            units[one.ticket, one.part, one.state == "reserved"] += one.quantity
    return units


def _touched(before: Books, after: Books) -> set[UUID]:
    """Tickets of which the plan, a visit or the state is another one now."""
    visits = {key[0] for key in before.claims.keys() | after.claims.keys() if before.claims[key] != after.claims[key]}
    visits |= {one for one in after.visits if before.visits.get(one) != after.visits[one]}
    tickets = {after.visits[one][1] for one in visits}
    return tickets | {one for one in after.tickets if before.tickets[one] != after.tickets[one]}
