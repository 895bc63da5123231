"""The ledger under every verb and killed before its statements; and that this finds what does not hold."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update

from bench.ledger import kills
from bench.ledger.books import Books
from bench.ledger.ground import Ground, ground
from bench.ledger.invariants import changes_of_the_past, faults_of
from bench.ledger.kills import kill_everywhere
from bench.ledger.machine import run_machine
from bench.ledger.world import act
from bench.phones.databases import databases
from fieldsvc.models import StockBalance, StockLocation
from fieldsvc.services import reserved_units
from fieldsvc.services.reservations import ReservationWish, release_reservation, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_moves import Delivery, receive_units

ON_BOTH = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])


@pytest.fixture
def standing() -> Iterator[Ground]:
    with ground("sqlite") as made:
        yield made


@ON_BOTH
def test_whatever_is_done_with_units(kind: str) -> None:
    tally: Counter[tuple[str, str]] = Counter()
    with ground(kind) as made:
        run_machine(made, examples=8, steps=25, start=1, tally=tally)
    done = {name for name, outcome in tally if outcome == "done"}
    assert {"deliver", "ship", "receive", "use", "apply"} <= done


@ON_BOTH
def test_killed_at_some_statements(kind: str) -> None:
    with databases(kind) as made:
        seen = list(kill_everywhere(made, first=5, every=40))
    assert {name for name, _, _ in seen} == {"reserve", "ship and receive", "apply"}
    assert [found for _, _, found in seen if found] == []
    assert any(where.startswith("before statement") for _, where, _ in seen)


def test_who_is_not_served_is_found(standing: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that forgets those who wait when units come."""
    monkeypatch.setattr("fieldsvc.services.stock_moves.serve_waiting", lambda *_: None)
    with pytest.raises(AssertionError, match="waits though units are free"):
        run_machine(standing, examples=200, steps=30, start=1, tally=Counter())
