"""A few rounds of each race between plans and the warehouse; what goes wrong in one is told."""

from collections.abc import Iterator

import pytest

from bench.phones.databases import databases
from bench.plan_races_reruns import Reruns, _wrong
from bench.plan_races_units import UnitRace
from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.run_states import RunState


@pytest.fixture
def race() -> Iterator[UnitRace]:
    with databases("sqlite") as made, UnitRace.on(made, seed=1) as begun:
        yield begun


def test_one_of_two_gets_the_unit(race: UnitRace) -> None:
    outcomes = [race.play() for _ in range(4)]
    assert [found for _, found in outcomes] == [[]] * 4
    assert all(" won, the other was told " in what for what, _ in outcomes)
    assert race.doctor() == []


def test_a_unit_that_both_or_nobody_got_is_told() -> None:
    refused = Conflict("too late", code="not_enough_stock")
    wrong = UnitRace._wrong
    assert list(wrong(RunState.APPLIED, None, refused, 1, 0)) == []
    assert list(wrong(RunState.STALE, None, None, 0, 0)) == []
    assert "both have got" in next(wrong(RunState.APPLIED, None, None, 1, 0))
    assert "nobody has got" in next(wrong(RunState.STALE, None, refused, 0, 0))
    assert "are left" in next(wrong(RunState.STALE, None, None, 0, 1))
    assert "was told" in next(wrong(RunState.APPLIED, None, Conflict("?", code="busy"), 1, 0))


def test_an_untouched_plan_stays_as_it_is() -> None:
    with databases("sqlite") as made, Reruns.on(made, seed=2) as again:
        before = again._published().keys()
        for _ in range(5):
            told, found = again.play(None)
            assert found == []
            assert told["run again as published"] == 1
        assert again._published().keys() == before
        assert again.doctor() == []


def test_a_visit_that_is_lost_or_moved_without_a_word_is_told() -> None:
    was = {"V1": ("planned", "Ana", (8, 8, 9, 0), ()), "V2": ("planned", "Ana", (10, 10, 11, 1), ())}
    assert list(_wrong(was, was, {})) == []
    later = was | {"V2": ("planned", "Ana", (11, 11, 12, 1), ())}
    assert list(_wrong(was, later, {"V2": "retimed"})) == []
    assert [one.partition(";")[0] for one in _wrong(was, {"V2": later["V2"]}, {})] == [
        "visit V1 is lost",
        "visit V2 (planned) moves from 10 to 11 (planned), and no difference tells",
    ]
