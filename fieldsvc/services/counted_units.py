"""The ledger of a count: what the books had, and the moves that make them say what was counted."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.lots import LotDraws, LotUnits, units_document
from fieldsvc.models.counts import StockCountLine
from fieldsvc.models.stock import Part, StockMove
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import find_lot, lots_at, named_lots
from fieldsvc.services.reserved_units import bump, held_balance, put_back_missing, serve_anywhere, serve_waiting
from fieldsvc.services.stock import free_units, locate_serial, post_move, special_location
from fieldsvc.services.stock_values import units_in_stock, value_in_stock


def compare_line(uow: UnitOfWork, location_id: UUID, line: StockCountLine) -> int:
    """Note what the books have of a held part; returns what the difference is worth, whichever way it goes."""
    part = uow.get(Part, line.part_id)
    line.expected_quantity = held_balance(uow, part.id, location_id).on_hand
    line.expected_serials = serials_at(uow.session, part.id, location_id) if part.is_serialised else []
    if part.has_lots:
        there = lots_at(uow.session, part.id, location_id)
        line.expected_lots = units_document([LotUnits(one.code, one.units, one.expires_on) for one in there])
    if part.is_serialised:
        differing = len(set(line.counted_serials or ()) ^ set(line.expected_serials))
    elif part.has_lots:
        differing = sum(abs(units) for _, units in lot_differences(line))
    else:
        differing = abs((line.counted_quantity or 0) - line.expected_quantity)
    units = units_in_stock(uow.session, part.id)
    each = value_in_stock(uow.session, part.id) // units if units else part.unit_cost_cents
    return differing * max(each, 1)


def serials_at(session: OrmSession, part_id: UUID, location_id: UUID) -> list[str]:
    """The serials that the books have at a place, in their order."""
    query = select(StockMove.serial).where(
        StockMove.part_id == part_id, StockMove.to_location_id == location_id, StockMove.serial.is_not(None)
    )
    came = {serial for serial in session.scalars(query) if serial is not None}
    places = {serial: locate_serial(session, part_id, serial) for serial in came}
    return sorted(serial for serial, place in places.items() if place is not None and place.id == location_id)


def post_line(uow: UnitOfWork, location_id: UUID, line: StockCountLine) -> list[UUID]:
    """Post the difference of a held part as it was when it was counted; returns the ids of the moves.

    Who was promised what is not there waits again, and who waits is served by what was found.
    """
    outside = special_location(uow, LocationKind.ADJUSTMENT).id
    counted, expected = set(line.counted_serials or ()), set(line.expected_serials or ())
    moves = []
    if counted or expected:
        for serial in sorted(expected - counted):
            place = locate_serial(uow.session, line.part_id, serial)
            if place is not None and place.id == location_id:  # else somebody has found it meanwhile
                moves.append(_take(uow, line.part_id, 1, location_id, outside, serial))
        for serial in sorted(counted - expected):
            place = locate_serial(uow.session, line.part_id, serial)
            if place is None:
                moves.append(_bring(uow, line.part_id, 1, outside, location_id, serial))
            elif place.id != location_id:  # a known serial comes from where the books have it
                moves.append(_take(uow, line.part_id, 1, place.id, location_id, serial))
    elif line.counted_lots is not None:
        moves += _post_lots(uow, location_id, line, outside)
    else:
        difference = (line.counted_quantity or 0) - (line.expected_quantity or 0)
        if difference < 0:
            moves.append(_take(uow, line.part_id, -difference, location_id, outside, None))
        elif difference > 0:
            moves.append(_bring(uow, line.part_id, difference, outside, location_id, None))
    return moves


def _post_lots(uow: UnitOfWork, location_id: UUID, line: StockCountLine, outside: UUID) -> list[UUID]:
    moves = []
    part = uow.get(Part, line.part_id)
    for named, difference in lot_differences(line):
        _refuse_other_day(uow, part, named)
        lots = named_lots(uow, part, [LotUnits(named.code, abs(difference), named.expires_on)])
        if difference > 0:
            moves.append(_bring(uow, part.id, difference, outside, location_id, None, lots))
            continue
        there = next((one.units for one in lots_at(uow.session, part.id, location_id) if one.code == named.code), 0)
        _refuse_moved(-difference, there)
        moves.append(_take(uow, part.id, -difference, location_id, outside, None, lots))
    return moves


def _refuse_other_day(uow: UnitOfWork, part: Part, named: LotUnits) -> None:
    lot = find_lot(uow.session, part.id, named.code)
    if lot is not None and named.expires_on is not None and lot.expires_on != named.expires_on:
        message = f"Lot {named.code} was counted with another last day than it has by now: count again."
        raise Conflict(message, code="lot_day_differs")


def lot_differences(line: StockCountLine) -> list[tuple[LotUnits, int]]:
    """The lots of which there are more or fewer than the books have, and by how many; what is missing goes first."""
    counted = {one.code: one for one in line.counted_lot_units or ()}
    expected = {one.code: one for one in line.expected_lot_units or ()}
    found = []
    for code in sorted(counted.keys() | expected.keys()):
        units = [lots[code].quantity if code in lots else 0 for lots in (counted, expected)]
        found.append((counted.get(code) or LotUnits(code, 0), units[0] - units[1]))
    return sorted([one for one in found if one[1]], key=lambda one: one[1] > 0)


def _refuse_moved(missing: int, left: int) -> None:
    if left < missing:
        message = f"{missing} are missing by the count, and only {left} are left since: count again."
        raise Conflict(message, code="moved_since_counted")


def _take(
    uow: UnitOfWork, part_id: UUID, units: int, source: UUID, target: UUID, serial: str | None, lots: LotDraws = ()
) -> UUID:
    balance = held_balance(uow, part_id, source)
    _refuse_moved(units, balance.on_hand)
    lost = bump(uow, balance, units - free_units(balance))
    move = _move(uow, part_id, units, source, target, serial, lots)
    if lots:
        put_back_missing(uow, part_id, source)
    if lost:
        serve_anywhere(uow, part_id)
    return move


def _bring(
    uow: UnitOfWork, part_id: UUID, units: int, source: UUID, target: UUID, serial: str | None, lots: LotDraws = ()
) -> UUID:
    move = _move(uow, part_id, units, source, target, serial, lots)
    serve_waiting(uow, part_id, target)
    return move


def _move(
    uow: UnitOfWork, part_id: UUID, units: int, source: UUID, target: UUID, serial: str | None, lots: LotDraws
) -> UUID:
    return post_move(
        uow,
        part_id=part_id,
        quantity=units,
        from_location_id=source,
        to_location_id=target,
        reason=MoveReason.COUNT,
        serial=serial,
        lots=lots,
    ).id
