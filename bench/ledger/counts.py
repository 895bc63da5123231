"""Counts, as the product books facts: it has no verb for them yet, and what follows from one is there already."""

from collections.abc import Callable
from uuid import UUID

from fieldsvc.domain.ledger import MoveReason
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import (
    bump,
    held_balance,
    hold_parts,
    serve_anywhere,
    serve_waiting,
)
from fieldsvc.services.stock import Units, free_units, post_move


def counting(units: Units, place: UUID, gone_to: UUID) -> Callable[[UnitOfWork], object]:
    """Return what books that units are gone, whoever was promised them."""

    def count(uow: UnitOfWork) -> None:
        hold_parts(uow, [units.part_id])
        expire_overdue(uow, units.part_id)
        balance = held_balance(uow, units.part_id, place)
        if balance.on_hand >= units.quantity:
            bump(uow, balance, units.quantity - free_units(balance))
        _post(uow, units, place, gone_to)
        serve_anywhere(uow, units.part_id)

    return count


def finding(units: Units, extra: UUID, place: UUID) -> Callable[[UnitOfWork], object]:
    """Return what books that there are more units."""

    def find(uow: UnitOfWork) -> None:
        hold_parts(uow, [units.part_id])
        expire_overdue(uow, units.part_id)
        _post(uow, units, extra, place)
        serve_waiting(uow, units.part_id, place)

    return find


def _post(uow: UnitOfWork, units: Units, source: UUID, target: UUID) -> None:
    draws: list[tuple[int, str | None]] = [(1, serial) for serial in units.serials]
    for quantity, serial in draws or [(units.quantity, None)]:
        post_move(
            uow,
            part_id=units.part_id,
            quantity=quantity,
            from_location_id=source,
            to_location_id=target,
            reason=MoveReason.COUNT,
            serial=serial,
        )
