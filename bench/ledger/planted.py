"""Faults put into the books by hand, which the product's own checks have to find."""

from collections.abc import Callable
from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy.orm import Session as OrmSession

from bench.ledger.books import Books, Promise
from bench.ledger.world import World
from fieldsvc.models import LotBalance, PlannedPart, Reservation, StockBalance, StockMove, Visit
from fieldsvc.services.stock_checks import STOCK_CHECKS

Plant = Callable[[OrmSession, Books, World], bool]
"""Plants a fault, or returns False where the books have no room for it."""


def planted(session: OrmSession, books: Books, world: World) -> tuple[str, bool]:
    """Plant one fault, by how long the ledger is; returns what it was and whether the checks named its invariant."""
    start = len(books.moves) % len(_PLANTS)
    for what, invariant, plant in (*_PLANTS[start:], *_PLANTS[:start]):
        if plant(session, books, world):
            named = {name for name, check in STOCK_CHECKS for _ in check(session)}
            return what, invariant in named
    raise AssertionError("the first one has room always")


def _more_on_hand(session: OrmSession, books: Books, _: World) -> bool:
    part, place = max(books.balances, key=lambda key: books.balances[key][0])
    return _set_balance(session, part, place, on_hand=StockBalance.on_hand + 1)


def _less_reserved(session: OrmSession, books: Books, _: World) -> bool:
    held = [key for key, (_, reserved) in books.balances.items() if reserved]
    return bool(held) and _set_balance(session, *held[0], reserved=StockBalance.reserved - 1)


def _move_without_balances(session: OrmSession, books: Books, world: World) -> bool:
    move = next(iter(books.moves.values()))
    ends = {"from_location_id": world.places["supplier"].id, "to_location_id": world.places["house-b"].id}
    times = {"occurred_at": move.occurred_at, "recorded_at": move.recorded_at}
    session.execute(
        insert(StockMove).values(id=uuid4(), part_id=move.part, quantity=1, reason="receipt", **ends, **times)
    )
    return True


def _larger_reservation(session: OrmSession, books: Books, _: World) -> bool:
    return _change_one(session, [one for one in books.active() if one.state == "reserved"])


def _larger_consumption(session: OrmSession, books: Books, _: World) -> bool:
    return _change_one(session, [one for one in books.promises.values() if one.state == "consumed"])


def _visit_that_is_over(session: OrmSession, books: Books, _: World) -> bool:
    held = [one.visit for one in books.active() if one.visit is not None]
    if not held:
        return False
    session.execute(update(Visit).where(Visit.id == held[0]).values(state="cancelled"))
    return True


def _more_counted_on(session: OrmSession, books: Books, _: World) -> bool:
    session.execute(update(PlannedPart).values(quantity=PlannedPart.quantity + 1))
    return bool(books.claims)


def _more_of_a_lot(session: OrmSession, books: Books, _: World) -> bool:
    (lot, place), _units = next(iter(books.lot_balances.items()))
    row = (LotBalance.lot_id == lot, LotBalance.location_id == place)
    session.execute(update(LotBalance).where(*row).values(on_hand=LotBalance.on_hand + 1))
    return True


def _set_balance(session: OrmSession, part: UUID, place: UUID, **values: object) -> bool:
    row = (StockBalance.part_id == part, StockBalance.location_id == place)
    session.execute(update(StockBalance).where(*row).values(**values))
    return True


def _change_one(session: OrmSession, found: list[Promise]) -> bool:
    if not found:
        return False
    larger = {"quantity": Reservation.quantity + 1}
    session.execute(update(Reservation).where(Reservation.id == found[0].id).values(**larger))
    return True


_PLANTS: tuple[tuple[str, str, Plant], ...] = (
    ("more on hand than moved", "S1", _more_on_hand),
    ("less reserved than promised", "S2", _less_reserved),
    ("a move without balances", "S1", _move_without_balances),
    ("a larger reservation", "S2", _larger_reservation),
    ("more used up than moved", "R1", _larger_consumption),
    ("a visit that is over", "R2", _visit_that_is_over),
    ("more of a lot than moved", "S", _more_of_a_lot),
    ("more counted on than reserved", "R", _more_counted_on),
)
