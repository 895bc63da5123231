"""What is to come: units on their way to a place, day by day, and who waits for units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.purchase_order_states import EXPECTED
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.rma_states import EXPECTED as EXPECTED_RETURNS
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import StockLocation
from fieldsvc.models.technicians import Team
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.services.scopes import locations_in_scope, tickets_in_scope
from fieldsvc.services.waiting_order import most_urgent_first


class InboundKind(StrEnum):
    """What brings units."""

    PURCHASE_ORDER = "purchase_order"
    TRANSFER = "transfer"
    RMA = "rma"


@dataclass(frozen=True, slots=True)
class InboundLine:
    """Units of a part on their way to a place. day: None = nobody has said when."""

    day: date | None
    kind: InboundKind
    id: UUID
    name: str | None
    location_id: UUID
    part_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class BackOrder:
    """Who waits for units of a part. expected_on: the day on which enough are to come; None = they are not ordered."""

    reservation: Reservation
    urgency: str | None
    expected_on: date | None


def list_inbound(session: OrmSession, actor: Actor, location_id: UUID | None = None) -> list[InboundLine]:
    """What is to come to places the actor may see, the soonest first, what has no day last."""
    places = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ))
    seen = set(session.scalars(places if location_id is None else places.where(StockLocation.id == location_id)))
    lines = [*_ordered(session), *_transferred(session), *_returned(session)]
    return sorted(
        (line for line in lines if line.location_id in seen),
        key=lambda line: (line.day is None, line.day or date.max, line.kind, str(line.id), str(line.part_id)),
    )


def list_back_orders(session: OrmSession, actor: Actor, part_id: UUID | None = None) -> list[BackOrder]:
    """Who waits, in the order in which they are served, each with the day on which its units are to come.

    Of tickets that the actor may see; others stand in the same queue.
    """
    query = (
        select(Reservation, Ticket)
        .join(Ticket, Ticket.id == Reservation.ticket_id)
        .where(Reservation.state == ReservationState.BACKORDERED)
        .order_by(Reservation.requested_at, Reservation.id)
    )
    if part_id is not None:
        query = query.where(Reservation.part_id == part_id)
    queues: dict[UUID, list[tuple[Reservation, Ticket]]] = {}
    for one, ticket in session.execute(query):
        queues.setdefault(one.part_id, []).append((one, ticket))
    seen = set(session.scalars(select(Ticket.id).where(tickets_in_scope(actor, Action.STOCK_READ))))
    coming: dict[UUID, list[tuple[date, int]]] = {}
    for line in sorted((one for one in _ordered(session) if one.day is not None), key=lambda one: str(one.day)):
        assert line.day is not None, "looked at"
        coming.setdefault(line.part_id, []).append((line.day, line.quantity))
    return [
        BackOrder(one, ticket.urgency, day)
        for part, queue in sorted(queues.items())
        for (one, ticket), day in _dated(most_urgent_first(queue), coming.get(part, []))
        if ticket.id in seen
    ]


def _dated(
    queue: Sequence[tuple[Reservation, Ticket]], coming: Sequence[tuple[date, int]]
) -> Iterator[tuple[tuple[Reservation, Ticket], date | None]]:
    """Give each of a queue the day on which what comes is enough for it and all before it."""
    deliveries, left, day = iter(coming), 0, None
    for one, ticket in queue:
        wanted = one.quantity
        while left < wanted and (delivery := next(deliveries, None)) is not None:
            day, left = delivery[0], left + delivery[1]
        is_enough = left >= wanted
        left -= min(left, wanted)
        yield (one, ticket), day if is_enough else None


def _ordered(session: OrmSession) -> list[InboundLine]:
    query = (
        select(PurchaseOrder, PurchaseOrderLine)
        .join(PurchaseOrderLine, PurchaseOrderLine.order_id == PurchaseOrder.id)
        .where(PurchaseOrder.state.in_(EXPECTED), PurchaseOrderLine.open_quantity > 0)
    )
    return [
        InboundLine(
            line.expected_on,
            InboundKind.PURCHASE_ORDER,
            order.id,
            order.number,
            order.location_id,
            line.part_id,
            line.open_quantity,
        )
        for order, line in session.execute(query)
    ]


def _transferred(session: OrmSession) -> list[InboundLine]:
    query = (
        select(Transfer, TransferLine)
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .where(Transfer.state == TransferState.SHIPPED, TransferLine.used_quantity < TransferLine.quantity)
    )
    return [
        InboundLine(
            transfer.day,
            InboundKind.TRANSFER,
            transfer.id,
            None,
            transfer.to_location_id,
            line.part_id,
            line.quantity - line.used_quantity,
        )
        for transfer, line in session.execute(query)
    ]


def _returned(session: OrmSession) -> list[InboundLine]:
    """Returns that were agreed to, on the day of the zone of the team that gets them."""
    query = (
        select(Rma, StockLocation.id, Team.zone)
        .join(StockLocation, StockLocation.id == Rma.to_location_id)
        .outerjoin(Team, Team.id == StockLocation.team_id)
        .where(Rma.state.in_(EXPECTED_RETURNS))
    )
    return [
        InboundLine(
            None if rma.expected_at is None else rma.expected_at.astimezone(ZoneInfo(zone or "UTC")).date(),
            InboundKind.RMA,
            rma.id,
            rma.number,
            place,
            rma.part_id,
            rma.quantity,
        )
        for rma, place, zone in session.execute(query)
    ]
