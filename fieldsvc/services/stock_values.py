"""What stock is worth: one sum for each part, at the weighted average of what its units cost.

Units that come in from outside bring what they cost; units that leave take their share of the sum, and the last one
takes all of it. Moves from shelf to van change nothing. So the moves' values add up to the sum, to the cent. What is
in quarantine has no value until somebody has decided about it.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.ledger import VALUED, MoveReason, value_entering, value_leaving
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models.records import Consumption
from fieldsvc.models.stock import Part, StockBalance, StockLocation, StockMove, StockValue
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.statements import insert_or_leave
from fieldsvc.persistence.unit_of_work import UnitOfWork


def book_value(uow: UnitOfWork, part_id: UUID, quantity: int, *, enters: bool, brings_cents: int | None = None) -> int:
    """Book what units of a held part bring into stock, or take out of it; returns the change in cents.

    To be called before the balances change. brings_cents: what the units that enter cost; None = the average, or the
    catalogue's cost where none are there.
    """
    uow.flush()
    insert_or_leave(uow.session, StockValue, ["part_id"], part_id=part_id, value_cents=0)
    query = select(StockValue).where(StockValue.part_id == part_id).with_for_update(key_share=True)
    held = uow.session.scalars(query.execution_options(populate_existing=True)).one()
    units = units_in_stock(uow.session, part_id)
    if not enters:
        change = -value_leaving(held.value_cents, units, quantity)
    elif brings_cents is not None:
        change = brings_cents
    else:
        change = value_entering(held.value_cents, units, quantity, uow.get(Part, part_id).unit_cost_cents)
    held.value_cents += change
    return change


@dataclass(frozen=True, slots=True)
class PartValue:
    """What all units of a part are worth together."""

    part_id: UUID
    units: int
    value_cents: int


def list_values(session: OrmSession, page: PageRequest, *, part_id: UUID | None = None) -> Page[PartValue]:
    """One page of what stock is worth, by part."""
    query = select(StockValue)
    if part_id is not None:
        query = query.where(StockValue.part_id == part_id)
    found = fetch_page(session, query, [StockValue.part_id], page)
    rows = [PartValue(one.part_id, units_in_stock(session, one.part_id), one.value_cents) for one in found.items]
    return Page(rows, found.next_after)


def units_in_stock(session: OrmSession, part_id: UUID) -> int:
    """How many units of a part there are together, but for those in quarantine."""
    query = (
        select(func.sum(StockBalance.on_hand))
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(StockBalance.part_id == part_id, StockLocation.kind.in_(VALUED))
    )
    return session.scalar(query) or 0


def value_in_stock(session: OrmSession, part_id: UUID) -> int:
    """What they are worth together, in cents."""
    return session.scalar(select(StockValue.value_cents).where(StockValue.part_id == part_id)) or 0


def is_valued(session: OrmSession, location_id: UUID) -> bool:
    """Tell whether units at a place count in what stock is worth."""
    return session.get_one(StockLocation, location_id).kind in VALUED


def parts_cost_of_ticket(session: OrmSession, ticket_id: UUID) -> int:
    """What the parts used up at a ticket's visits have cost, in cents."""
    query = (
        select(func.sum(StockMove.value_cents))
        .join(Consumption, Consumption.move_id == StockMove.id)
        .join(Visit, Visit.id == Consumption.visit_id)
        .where(Visit.ticket_id == ticket_id, StockMove.reason == MoveReason.CONSUMPTION)
    )
    return -int(session.scalar(query) or 0)  # PostgreSQL adds up to decimals
