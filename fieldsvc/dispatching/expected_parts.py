"""When parts that are not there are to come, and how many a plan may count on before they are."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.purchase_order_states import EXPECTED
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models.purchasing import PurchaseOrder, PurchaseOrderLine
from fieldsvc.models.reservations import Reservation


def expected_days(session: OrmSession, places: Collection[UUID]) -> dict[UUID, date]:
    """The first day, by part, on which a supplier is to bring units to one of the places."""
    query = (
        select(PurchaseOrderLine.part_id, func.min(PurchaseOrderLine.expected_on))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.order_id)
        .where(
            PurchaseOrder.state.in_(EXPECTED),
            PurchaseOrder.location_id.in_(places),
            PurchaseOrderLine.open_quantity > 0,
            PurchaseOrderLine.expected_on.is_not(None),
        )
        .group_by(PurchaseOrderLine.part_id)
        .order_by(PurchaseOrderLine.part_id)
    )
    return {part: day for part, day in session.execute(query) if day is not None}


def coming_units(
    session: OrmSession,
    places: Collection[UUID],
    today: date,
    day: date,
    *,
    passed_over: Collection[UUID] = (),
    part_id: UUID | None = None,
) -> Counter[tuple[UUID, UUID]]:
    """Units, by (place, part), that suppliers are to bring before a day, less what others wait for.

    What is to come on the day itself may come too late for it, and what is overdue has been promised once already:
    neither counts. passed_over: visits whose own waiting does not, as they are planned anew.
    """
    coming: Counter[tuple[UUID, UUID]] = Counter()
    query = (
        select(PurchaseOrder.location_id, PurchaseOrderLine.part_id, PurchaseOrderLine.open_quantity)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.order_id)
        .where(
            PurchaseOrder.state.in_(EXPECTED),
            PurchaseOrder.location_id.in_(places),
            PurchaseOrderLine.open_quantity > 0,
            PurchaseOrderLine.expected_on >= today,
            PurchaseOrderLine.expected_on < day,
        )
    )
    waiting = (
        select(Reservation.location_id, Reservation.part_id, func.sum(Reservation.quantity))
        .where(
            Reservation.state == ReservationState.BACKORDERED,
            or_(Reservation.location_id.is_(None), Reservation.location_id.in_(places)),
            or_(~Reservation.is_planned, Reservation.visit_id.not_in(passed_over)),
        )
        .group_by(Reservation.location_id, Reservation.part_id)
    )
    if part_id is not None:
        query = query.where(PurchaseOrderLine.part_id == part_id)
        waiting = waiting.where(Reservation.part_id == part_id)
    for place, part, units in session.execute(query):
        coming[place, part] += units
    if not coming:
        return coming
    for wanted_at, part, units in session.execute(waiting):
        left = int(units)
        for place in sorted(places) if wanted_at is None else (wanted_at,):
            taken = min(left, coming[place, part])
            coming[place, part] -= taken
            left -= taken
    return +coming
