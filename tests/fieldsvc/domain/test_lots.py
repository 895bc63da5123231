"""Lots are taken first expired first out, and no unit twice, whatever was wanted and set aside."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.lots import (
    LotStock,
    LotUnits,
    choose,
    draws_document,
    draws_from,
    first_expired_first,
    is_expired,
    split,
    units_document,
    units_from,
    without,
)

TODAY = date(2026, 11, 28)
_days = st.none() | st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))


def _stock(rows: list[tuple[date | None, int]]) -> list[LotStock]:
    return [LotStock(UUID(int=number), f"L{number}", day, units) for number, (day, units) in enumerate(rows, start=1)]


stocks = st.lists(st.tuples(_days, st.integers(1, 5)), max_size=6).map(_stock)
by_lot = st.dictionaries(st.integers(1, 7).map(lambda number: UUID(int=number)), st.integers(0, 6), max_size=7)


def test_the_first_to_expire_go_first_then_those_without_a_day_and_the_expired_last() -> None:
    tomorrow, yesterday = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
    stock = _stock([(None, 1), (tomorrow, 1), (yesterday, 1), (TODAY, 1)])
    assert [lot.int for lot, _ in first_expired_first(stock, 4, TODAY)] == [4, 2, 1, 3]
    assert [is_expired(day, TODAY) for day in (None, tomorrow, TODAY, yesterday)] == [False, False, False, True]


@given(stocks, st.integers(0, 30), by_lot, by_lot)
def test_what_is_chosen_is_there_and_as_many_as_wanted(stock, quantity, wanted, kept) -> None:
    there = {lot.lot_id: lot.units for lot in stock}
    draws = choose(stock, quantity, TODAY, tuple(wanted.items()), kept)
    assert len(dict(draws)) == len(draws)
    assert all(0 < units <= there[lot] for lot, units in draws)
    assert sum(units for _, units in draws) == min(quantity, sum(there.values()))
    room = quantity
    for lot, units in wanted.items():  # who named one gets it, as far as it is there
        asked = min(units, there.get(lot, 0), room)
        assert dict(draws).get(lot, 0) >= asked
        room -= asked


@given(stocks, st.integers(0, 30), by_lot)
def test_what_is_set_aside_is_taken_only_where_nothing_else_is_left(stock, quantity, kept) -> None:
    draws = dict(choose(stock, quantity, TODAY, kept=kept))
    free = sum(max(0, lot.units - kept.get(lot.lot_id, 0)) for lot in stock)
    touched = sum(max(0, units - max(0, _units(stock, lot) - kept.get(lot, 0))) for lot, units in draws.items())
    assert touched == max(0, min(quantity, sum(lot.units for lot in stock)) - free)


@given(stocks, st.integers(0, 30), st.integers(0, 30))
def test_draws_are_split_and_put_together_again(stock, quantity, units) -> None:
    draws = first_expired_first(stock, quantity, TODAY)
    first, rest = split(draws, units)
    total = sum(count for _, count in draws)
    assert sum(count for _, count in first) == min(units, total)
    assert without(draws, first) == rest
    assert draws_from(draws_document(draws)) == draws


def test_named_units_are_stored_as_they_are() -> None:
    named = (LotUnits("L-1", 2), LotUnits("L-2", 3, TODAY))
    assert units_from(units_document(named)) == named


def _units(stock: list[LotStock], lot_id: UUID) -> int:
    return next(lot.units for lot in stock if lot.lot_id == lot_id)
