"""What was used week by week, and how stock stands, of all that a warehouse supplies: itself and its team's vans."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.order_proposal import StockPosition
from fieldsvc.domain.purchase_order_states import EXPECTED, PurchaseOrderState
from fieldsvc.domain.replenishment_states import ReplenishmentState
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine
from fieldsvc.models.replenishment import ReplenishmentProposal
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import StockBalance, StockLocation, StockMove
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit

HISTORY_WEEKS = 52
WEEK = timedelta(days=7)
_TO_ORDER = (PurchaseOrderState.DRAFT, PurchaseOrderState.APPROVED)
_SUPPLIED = (LocationKind.WAREHOUSE, LocationKind.VAN, LocationKind.LOCKER)


def weekly_use(
    session: OrmSession, house: StockLocation, now: datetime, part_ids: Collection[UUID] | None = None
) -> dict[UUID, list[int]]:
    """Units used at visits of the warehouse's team in each of the last weeks, by part, the newest last.

    However they got there: what came from nobody knows where was needed as well. part_ids: of which parts; None = all.
    """
    begins = now - HISTORY_WEEKS * WEEK
    query = (
        select(StockMove.part_id, StockMove.occurred_at, StockMove.quantity)
        .join(Visit, Visit.id == StockMove.visit_id)
        .where(_is_use(house, now, part_ids))
    )
    found: dict[UUID, list[int]] = {}
    for part_id, occurred_at, quantity in session.execute(query.execution_options(yield_per=10_000)):
        weeks = found.setdefault(part_id, [0] * HISTORY_WEEKS)
        weeks[min((occurred_at - begins) // WEEK, HISTORY_WEEKS - 1)] += quantity
    return found


def use_from(
    session: OrmSession,
    house: StockLocation,
    now: datetime,
    van_ids: Collection[UUID],
    part_ids: Collection[UUID] | None = None,
) -> dict[tuple[UUID, UUID], int]:
    """Units of the same use that were drawn from vans, by van and part."""
    query = (
        select(StockMove.from_location_id, StockMove.part_id, func.sum(StockMove.quantity))
        .join(Visit, Visit.id == StockMove.visit_id)
        .where(_is_use(house, now, part_ids), StockMove.from_location_id.in_(van_ids))
        .group_by(StockMove.from_location_id, StockMove.part_id)
    )
    return {(van, part): int(units) for van, part, units in session.execute(query)}


def _is_use(house: StockLocation, now: datetime, part_ids: Collection[UUID] | None) -> ColumnElement[bool]:
    """The condition for moves by which the warehouse's team has used something in the last weeks."""
    return and_(
        StockMove.reason == MoveReason.CONSUMPTION,
        StockMove.occurred_at >= now - HISTORY_WEEKS * WEEK,
        StockMove.occurred_at < now,
        true() if house.team_id is None else Visit.team_id == house.team_id,
        true() if part_ids is None else StockMove.part_id.in_(part_ids),
    )


@dataclass(frozen=True, slots=True)
class Positions:
    """How stock of parts stands, by part."""

    on_hand: Mapping[UUID, int]
    reserved: Mapping[UUID, int]
    on_order: Mapping[UUID, int]
    backordered: Mapping[UUID, int]
    to_order: Mapping[UUID, int]

    def of(self, part_id: UUID) -> StockPosition:
        """The one of a part."""
        return StockPosition(
            self.on_hand.get(part_id, 0),
            self.reserved.get(part_id, 0),
            self.on_order.get(part_id, 0),
            self.backordered.get(part_id, 0),
            self.to_order.get(part_id, 0),
        )


def read_positions(session: OrmSession, house: StockLocation) -> Positions:
    """How stock of all parts stands at a warehouse and the vans it supplies, taken together."""
    places = select(StockLocation.id).where(StockLocation.kind.in_(_SUPPLIED), _is_supplied_by(house))
    balances = select(StockBalance.part_id, func.sum(StockBalance.on_hand), func.sum(StockBalance.reserved))
    rows = session.execute(balances.where(StockBalance.location_id.in_(places)).group_by(StockBalance.part_id)).all()
    ordered = (
        select(PurchaseOrderLine.part_id, PurchaseOrderLine.open_quantity, PurchaseOrder.state)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.order_id)
        .where(PurchaseOrder.state.in_((*EXPECTED, *_TO_ORDER)), PurchaseOrder.location_id.in_(places))
    )
    on_order: Counter[UUID] = Counter()
    to_order = _proposed_elsewhere(session, house)
    for part_id, units, state in session.execute(ordered):
        (on_order if state in EXPECTED else to_order)[part_id] += max(0, units)
    waiting = (
        select(Reservation.part_id, func.sum(Reservation.quantity))
        .join(Ticket, Ticket.id == Reservation.ticket_id)
        .where(
            Reservation.state == ReservationState.BACKORDERED,
            true() if house.team_id is None else Ticket.team_id == house.team_id,
        )
        .group_by(Reservation.part_id)
    )
    return Positions(
        {part: int(on_hand) for part, on_hand, _ in rows},
        {part: int(reserved) for part, _, reserved in rows},
        on_order,
        {part: int(units) for part, units in session.execute(waiting)},
        to_order,
    )


def houses_beside(house: StockLocation) -> ColumnElement[bool]:
    """The condition for warehouses, itself among them, that supply the same vans as one does."""
    is_warehouse = StockLocation.kind == LocationKind.WAREHOUSE
    if house.team_id is None:
        return is_warehouse
    return is_warehouse & or_(StockLocation.team_id == house.team_id, StockLocation.team_id.is_(None))


def _proposed_elsewhere(session: OrmSession, house: StockLocation) -> Counter[UUID]:
    """What is proposed, and undecided, for other warehouses that supply the same: one order is enough for all."""
    others = select(StockLocation.id).where(houses_beside(house), StockLocation.id != house.id)
    query = select(ReplenishmentProposal.part_id, func.sum(ReplenishmentProposal.quantity)).where(
        ReplenishmentProposal.location_id.in_(others), ReplenishmentProposal.state == ReplenishmentState.PROPOSED
    )
    return Counter({part: int(units) for part, units in session.execute(query.group_by(ReplenishmentProposal.part_id))})


def _is_supplied_by(house: StockLocation) -> ColumnElement[bool]:
    if house.team_id is None:
        return true()
    return or_(StockLocation.team_id == house.team_id, StockLocation.id == house.id)
