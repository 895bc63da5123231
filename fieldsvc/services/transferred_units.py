"""The ledger of a transfer: what was sent, what is on its way, and what has arrived beside what was to."""

from uuid import UUID

from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.lots import LotDraws, draws_document, draws_from, split
from fieldsvc.models.transfers import TransferLine
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import lots_of
from fieldsvc.services.reserved_units import bump, held_balance, serve_anywhere
from fieldsvc.services.stock import Units, free_units, locate_serial, post_move


def post_units(
    uow: UnitOfWork, part_id: UUID, units: Units, source: UUID, target: UUID, lots: LotDraws = ()
) -> list[UUID]:
    """Move units, each serial by itself; returns the ids of the moves. lots: which are wanted first."""
    draws: list[tuple[int, str | None]] = [(1, serial) for serial in units.serials]
    if not draws and units.quantity:
        draws = [(units.quantity, None)]
    return [
        post_move(
            uow,
            part_id=part_id,
            quantity=quantity,
            from_location_id=source,
            to_location_id=target,
            reason=MoveReason.TRANSFER,
            serial=serial,
            lots=lots,
        ).id
        for quantity, serial in draws
    ]


def send_line(uow: UnitOfWork, line: TransferLine, source: UUID, transit: UUID, lots: LotDraws = ()) -> list[UUID]:
    """Let the units of a line leave, and note which lots are on the way; returns the ids of the moves."""
    moves = post_units(uow, line.part_id, sent_units(line), source, transit, lots)
    line.lots = draws_document(lots_of(uow.session, moves))
    return moves


def post_from_the_way(
    uow: UnitOfWork, units: Units, transit: UUID, target: UUID, unknown: UUID | None = None, lots: LotDraws = ()
) -> list[UUID]:
    """Move units that were on the way, whoever else was promised some there: what has arrived is never refused.

    unknown: where those come from that the books don't have on the way any more; None = they don't come.
    lots: those that were sent.
    """
    if not units.quantity:
        return []
    balance = held_balance(uow, units.part_id, transit)
    there = min(units.quantity, balance.on_hand)
    lost = bump(uow, balance, there - free_units(balance))
    moves = post_units(uow, units.part_id, Units(units.part_id, there, units.serials[:there]), transit, target, lots)
    if unknown is not None and there < units.quantity and not units.serials:
        moves += post_units(uow, units.part_id, Units(units.part_id, units.quantity - there), unknown, target)
    if lost:
        serve_anywhere(uow, units.part_id)
    return moves


def in_transit(uow: UnitOfWork, units: Units, transit: UUID) -> Units:
    """Units without the serials that a fact has taken meanwhile: used on the way, or counted somewhere else."""
    if not units.serials:
        return units
    places = [(serial, locate_serial(uow.session, units.part_id, serial)) for serial in units.serials]
    left = tuple(serial for serial, place in places if place is not None and place.id == transit)
    return Units(units.part_id, len(left), left)


def post_beyond(uow: UnitOfWork, units: Units, unknown: UUID, target: UUID) -> list[UUID]:
    """Book in what nobody shipped: a known serial from where the books have it, whoever was promised it."""
    if not units.serials:
        return post_units(uow, units.part_id, units, unknown, target)
    moves, lost = [], 0
    for serial in units.serials:
        place = locate_serial(uow.session, units.part_id, serial)
        if place is not None and place.id == target:
            continue
        if place is not None:
            balance = held_balance(uow, units.part_id, place.id)
            lost += bump(uow, balance, 1 - free_units(balance))
        source = unknown if place is None else place.id
        moves += post_units(uow, units.part_id, Units(units.part_id, 1, (serial,)), source, target)
    if lost:
        serve_anywhere(uow, units.part_id)
    return moves


def sent_lots(line: TransferLine, arrived: int = 0) -> LotDraws:
    """Which lots of a line are on the way, but for those of the first units, which have arrived."""
    return split(draws_from(line.lots), arrived)[1]


def sent_units(line: TransferLine) -> Units:
    """What a line was to bring."""
    return Units(line.part_id, line.quantity, tuple(line.serials))


def unused_units(line: TransferLine) -> Units:
    """What of a line was not used on its way; which serials those are, `in_transit` knows."""
    return Units(line.part_id, line.quantity - line.used_quantity, tuple(line.serials))


def compared(line: TransferLine, counted: Units) -> tuple[Units, Units, Units]:
    """What has arrived of what was sent, what has not, and what has arrived beyond it.

    What was used on the way has arrived as well, whether it is counted or not: it is in none of the three.
    """
    part, sent = line.part_id, sent_units(line)
    if sent.serials or counted.serials:
        there = tuple(one for one in sent.serials if one in counted.serials)
        missing = tuple(one for one in sent.serials if one not in counted.serials)
        beyond = tuple(one for one in counted.serials if one not in sent.serials)
        return Units(part, len(there), there), Units(part, len(missing), missing), Units(part, len(beyond), beyond)
    left = sent.quantity - line.used_quantity
    arrived = min(left, counted.quantity)
    return Units(part, arrived), Units(part, left - arrived), Units(part, max(0, counted.quantity - sent.quantity))
