import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from bench import torture, torture_search
from bench.crash_proof import Crash, answers
from bench.random_days.occurring import RULES
from bench.random_days.wild import wild_day
from bench.torture_search import Outcome
from solver.plan import Plan
from solver.problem import Problem

pytestmark = pytest.mark.engine


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[[int], object]]:
    """Makes a task, importable in other processes, of what it does with a seed."""

    def make(body: str) -> Callable[[int], object]:
        (tmp_path / "some_task.py").write_text(f"import os, time\n\n\ndef task(seed):\n    {body}\n    return seed\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(__import__("sys").modules, "some_task", raising=False)
        made: Callable[[int], object] = __import__("some_task").task
        return made

    return make


def test_a_process_that_dies_costs_its_seed_and_nothing_else(task: Callable[[str], Callable[[int], object]]) -> None:
    told = list(answers(task("seed in (2, 3) and os.kill(os.getpid(), 11)"), range(6), workers=2, patience_s=60))
    crashes = sorted((one for one in told if isinstance(one, Crash)), key=lambda one: one.seed)
    assert crashes == [Crash(seed, "its process was ended by SIGSEGV") for seed in (2, 3)]
    assert sorted(one for one in told if isinstance(one, int)) == [0, 1, 4, 5]


def test_an_exception_is_a_crash_and_its_trace_is_shown(
    task: Callable[[str], Callable[[int], object]], capfd: pytest.CaptureFixture[str]
) -> None:
    told = list(answers(task("assert seed, 'nothing is no seed'"), range(2), workers=1, patience_s=60))
    assert told == [Crash(0, "its process ended with exit code 1"), 1]
    assert "nothing is no seed" in capfd.readouterr().err


def test_a_process_that_hangs_is_ended(task: Callable[[str], Callable[[int], object]]) -> None:
    told = list(answers(task("seed or time.sleep(600)"), range(2), workers=2, patience_s=4))
    assert {one if isinstance(one, int) else one.seed: one for one in told} == {
        0: Crash(0, "nothing was heard of it for 4 s"),
        1: 1,
    }


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("torture")
    torture.add_command(parser)
    return parser.parse_args(arguments)


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    word, _, figures = capsys.readouterr().out.splitlines()[-1].partition(" ")
    assert word == "RESULT"
    told: dict[str, object] = json.loads(figures)
    return told


def test_the_last_line_holds_the_figures_and_the_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    options = parsed("--problems", "3", "--first-seed", "7", "--steps", "24")
    assert options.run(options) == 0
    told = result(capsys)
    assert (told["problems"], told["searches"], told["violations"], told["crashes"]) == (3, 6, 0, 0)
    assert set(told["rules"]) == set(RULES)
    assert max(told["rules"].values()) <= 3


def test_findings_name_their_seeds_and_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*_: object) -> Iterator[Outcome | Crash]:
        first = Outcome(4, jobs=5, rules=frozenset({"crews"}), searches=2, planned=6)
        first.note("violations", "with a start: [windows] job 1: too late")
        first.note("violations", "with a start: [skills] job 1: unskilled")
        yield first
        yield Crash(9, "its process was ended by SIGSEGV")

    monkeypatch.setattr(torture, "answers", told)
    options = parsed("--problems", "2")
    assert options.run(options) == 1
    figures = result(capsys)
    assert (figures["violations"], figures["crashes"], figures["jobs"]) == (2, 1, 5)
    assert figures["seeds_found"] == {"violations": [4], "crashes": [9]}
    assert figures["rules"]["crews"] == 1


def test_what_is_interrupted_tells_what_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*_: object) -> Iterator[Outcome]:
        yield Outcome(1, jobs=5, rules=frozenset(), searches=2)
        raise KeyboardInterrupt

    monkeypatch.setattr(torture, "answers", told)
    options = parsed("--problems", "9")
    assert options.run(options) == 0
    figures = result(capsys)
    assert (figures["problems"], figures["searches"]) == (1, 2)


def searched_as(plans: Callable[[Problem, Plan | None, int], list[Plan]], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Kinds of findings for one day where the engine reports these plans."""
    calls = iter(range(100))
    monkeypatch.setattr(
        torture_search, "_searched", lambda problem, start, *_, **__: plans(problem, start, next(calls))
    )
    return {one.kind for one in torture_search.tortured(10, 24).findings}


def test_a_sound_engine_has_no_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    _, good = wild_day(Random(10))
    assert searched_as(lambda *_: [good], monkeypatch) == set()


def test_each_fault_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    day, good = wild_day(Random(10))
    nothing = Plan(day.id)
    assert "violations" in searched_as(lambda *_: [nothing], monkeypatch)
    assert searched_as(lambda *_: [], monkeypatch) == {"violations"}
    assert "dropped_held_jobs" in searched_as(lambda *_: [nothing], monkeypatch)
    assert "dearer_than_start" in searched_as(lambda *_: [nothing, good], monkeypatch)
    assert searched_as(lambda _, __, call: [good] * (call + 1), monkeypatch) == {"not_repeated"}


def test_a_day_that_is_not_sound_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    day, _ = wild_day(Random(10))
    monkeypatch.setattr(torture_search, "wild_day", lambda _: (day, Plan(day.id)))
    with pytest.raises(ValueError, match="the day of seed 10 is not sound"):
        torture_search.tortured(10, 24)


@pytest.mark.parametrize("seed", [7_670, 8_147])
def test_what_once_broke_a_rule_does_so_no_more(seed: int) -> None:
    """Others wait for a job on the way, which a break may hold up: alone on its tour, or once more is planned."""
    assert torture_search.tortured(seed, 60).findings == []


@pytest.mark.parametrize("seed", [1_429, 1_966, 2_151, 5_294, 6_088])
def test_what_once_lost_held_jobs_does_so_no_more(seed: int) -> None:
    """Tours that hold only whole; lags around breaks and stock that comes in turns, which the arrays can't hold."""
    assert torture_search.tortured(seed, 60).findings == []
