"""Units promised by the cast: making, giving up and looking at reservations."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import Reservation, StockBalance
from fieldsvc.services import (
    reservations,
)
from fieldsvc.services.doctor import examine
from fieldsvc.services.reservations import ReservationWish
from fieldsvc.services.stock import post_move
from tests.fieldsvc.stage import Stage


def assert_sound(stage: Stage) -> None:
    with stage.database.read_only() as session:
        assert examine(session, stage.database.clock.now()) == []


def reserve(stage: Stage, quantity: int = 1, login: str = "warehouse", **changes: Any) -> list[Reservation]:
    """Promise units of P-1 in the warehouse, which has five, to T1."""
    cast = stage.cast
    wish = {"ticket_id": cast.ticket, "part_id": cast.part, "location_id": cast.warehouse} | changes
    return list(
        stage.act(
            cast.actors[login], lambda uow: reservations.reserve_units(uow, ReservationWish(quantity=quantity, **wish))
        )
    )


def release(stage: Stage, one: Reservation, login: str = "warehouse", version: int | None = None) -> Reservation:
    return stage.act(stage.cast.actors[login], lambda uow: reservations.release_reservation(uow, one.id, version))


def balance(stage: Stage, location: UUID, part: UUID | None = None) -> tuple[int, int]:
    """(on hand, reserved)."""
    with stage.database.read_only() as session:
        wanted = (StockBalance.part_id == (part or stage.cast.part), StockBalance.location_id == location)
        row = session.scalars(select(StockBalance).where(*wanted)).one()
        return row.on_hand, row.reserved


def state(stage: Stage, one: Reservation) -> ReservationState:
    return stage.row(Reservation, one.id).state


def kinds(stage: Stage, one: Reservation) -> list[str]:
    return [event.kind for event in stage.events(one.id)]


def of_ticket(stage: Stage, ticket: UUID) -> dict[ReservationState, int]:
    """Units by state, of what staff has reserved."""
    found: dict[ReservationState, int] = {}
    with stage.database.read_only() as session:
        by_staff = (Reservation.ticket_id == ticket, ~Reservation.is_planned)
        for one in session.scalars(select(Reservation).where(*by_staff)):
            found[one.state] = found.get(one.state, 0) + one.quantity
    return found


def move_away(stage: Stage, quantity: int) -> None:
    """Let the warehouse sell units of P-1."""
    cast = stage.cast

    def sell(uow: Any) -> None:
        post_move(
            uow,
            part_id=cast.part,
            quantity=quantity,
            from_location_id=cast.warehouse,
            to_location_id=cast.van2,
            reason=MoveReason.TRANSFER,
        )

    stage.act(cast.warehouse_keeper, sell)


def late(stage: Stage, one: Reservation) -> None:
    """Let the time of a reservation be over, and nobody have swept it."""
    with stage.database.unit_of_work() as uow:
        uow.get(Reservation, one.id).hold_until = stage.database.clock.now() - timedelta(seconds=1)
        uow.commit()
