"""The ledger under every verb and killed before its statements; and that this finds what does not hold."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from bench.ledger import kills
from bench.ledger.ground import Ground, ground
from bench.ledger.kills import UseCase, kill_everywhere
from bench.ledger.machine import LedgerMachine, run_machine
from bench.phones.databases import databases
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.reservations import ReservationWish, reserve_units

ON_BOTH = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])


@pytest.fixture
def machine() -> Iterator[LedgerMachine]:
    """Give a machine whose steps the test chooses."""
    with ground("sqlite") as standing:
        made = type("Chosen", (LedgerMachine,), {"ground": standing, "tally": Counter(), "tell": lambda _: None})()
        made.begin()
        yield made


def wait_for_b(machine: LedgerMachine) -> None:
    """Two of five units are waited for."""
    machine.reserve(
        part="B", ticket=0, visit=None, quantity=5, place="house-b", minutes=None, takes_part=True, by="keeper"
    )


@ON_BOTH
def test_whatever_is_done_with_units(kind: str) -> None:
    tally: Counter[tuple[str, str]] = Counter()
    with ground(kind) as standing:
        run_machine(standing, examples=6, steps=30, start=1, tally=tally)
    assert {"deliver", "ship", "receive", "use", "apply"} <= {name for name, outcome in tally if outcome == "done"}
    assert not any("planted" in name and outcome == "missed" for name, outcome in tally)


@ON_BOTH
def test_killed_at_some_statements(kind: str) -> None:
    with databases(kind) as made:
        seen = list(kill_everywhere(made, first=5, every=61))
    assert {name for name, _, _ in seen} == {"reserve", "ship and receive", "apply"}
    assert [found for _, _, found in seen if found] == []


def test_who_is_not_served_is_found(machine: LedgerMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_b(machine)
    monkeypatch.setattr("fieldsvc.services.deliveries.serve_waiting", lambda *_: None)
    with pytest.raises(AssertionError, match="waits though units are free at house-b"):
        machine.deliver(part="B", place="house-b", quantity=1, pick=0)


def test_units_that_go_elsewhere_are_found(machine: LedgerMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The books hold, and are not what they should be."""
    wait_for_b(machine)
    monkeypatch.setattr("fieldsvc.services.reservations.end_reservation", lambda *_, **__: None)
    with pytest.raises(AssertionError, match=r"released'.* is missing"):
        machine.release(pick=1)


def test_a_refusal_that_changes_something_is_found(machine: LedgerMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    def commit_first(uow: UnitOfWork, wish: ReservationWish) -> Any:
        made = reserve_units(uow, wish)
        uow.commit()
        return made + reserve_units(uow, wish)

    monkeypatch.setattr("bench.ledger.warehouse_rules.reservations.reserve_units", commit_first)
    with pytest.raises(AssertionError, match=r"it was refused .*, and has changed something"):
        machine.reserve(
            part="B", ticket=0, visit=None, quantity=3, place="house-b", minutes=None, takes_part=False, by="keeper"
        )


def test_half_a_use_case_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_two_parts(standing: Ground) -> UseCase:
        wish = ReservationWish(standing.world.tickets[0], standing.world.parts["A"], 1)

        def reserve(uow: UnitOfWork) -> None:
            reserve_units(uow, wish)
            uow.commit()
            reserve_units(uow, wish)

        return UseCase("half", ((standing.world.keeper, reserve),))

    monkeypatch.setattr(kills, "_USE_CASES", (in_two_parts,))
    with databases("sqlite") as made:
        seen = list(kill_everywhere(made, every=4))
    said = "; ".join(one for _, _, found in seen for one in found)
    assert "half of it is there" in said
    assert "it can't be done once more" in said
