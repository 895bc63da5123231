"""What has to hold of lots, checked from the rows alone: they add up to the ledger and the balances above them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.models.lots import Lot, LotBalance, StockMoveLot
from fieldsvc.models.stock import Part, StockBalance, StockMove


def lots_match_moves(session: OrmSession) -> Iterator[str]:
    """S: the units of a move of a part that has lots are of as many lots; what there is of a lot is what has moved."""
    named = select(StockMoveLot.move_id, func.sum(StockMoveLot.quantity).label("units"))
    lots = named.group_by(StockMoveLot.move_id).subquery()
    moves = (
        select(StockMove.id, StockMove.quantity, func.coalesce(lots.c.units, 0))
        .join(Part, Part.id == StockMove.part_id)
        .outerjoin(lots, lots.c.move_id == StockMove.id)
        .where(
            (Part.has_lots & (func.coalesce(lots.c.units, 0) != StockMove.quantity))
            | (~Part.has_lots & (lots.c.units > 0))
        )
    )
    for move, units, said in session.execute(moves.order_by(StockMove.id)):
        yield f"Stock move {move} has {units} units, and {said} of them are of lots."
    rows = union_all(
        _moved(StockMove.to_location_id, StockMoveLot.quantity),
        _moved(StockMove.from_location_id, -StockMoveLot.quantity),
        select(LotBalance.lot_id, LotBalance.location_id, -LotBalance.on_hand),
    ).subquery()
    lot_id, place, units = rows.c
    adds_up = select(lot_id, place, func.sum(units)).group_by(lot_id, place).having(func.sum(units) != 0)
    for lot, location, found in session.execute(adds_up.order_by(lot_id, place)):
        yield f"Lot {lot} at {location}: the moves add up to {found} more than the books say."


def lots_match_balances(session: OrmSession) -> Iterator[str]:
    """S: of a part that has lots, its lots at a place are all that is there."""
    rows = union_all(
        select(
            StockBalance.part_id,
            StockBalance.location_id,
            StockBalance.on_hand.label("said"),
            literal(0).label("found"),
        )
        .join(Part, Part.id == StockBalance.part_id)
        .where(Part.has_lots),
        select(Lot.part_id, LotBalance.location_id, literal(0), LotBalance.on_hand).join(
            Lot, Lot.id == LotBalance.lot_id
        ),
    ).subquery()
    part, place, said, found = rows.c
    query = select(part, place, func.sum(said), func.sum(found)).group_by(part, place)
    for part_id, location, units, lots in session.execute(query.having(func.sum(said) != func.sum(found))):
        yield f"Part {part_id} at {location}: {units} units on hand, {lots} of lots."


def _moved(place: Any, units: Any) -> Select[Any]:
    joined = select(StockMoveLot.lot_id, place.label("location_id"), units.label("units"))
    return joined.join(StockMove, StockMove.id == StockMoveLot.move_id)
