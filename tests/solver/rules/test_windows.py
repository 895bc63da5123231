"""Service starts inside a window; both ends belong to it."""

import pytest

from solver.problem import CommittedStop, Window
from tests.solver.builders import at, job, plan, problem, route, rules_broken, rules_broken_by, shift, stop

MORNING, EVENING = Window(at(9), at(11)), Window(at(14), at(15))


def test_a_job_without_windows_starts_any_time() -> None:
    assert rules_broken_by(job(), start_s=at(13, 7, 11)) == set()


@pytest.mark.parametrize("start", [at(9), at(10), at(11), at(14), at(15)])
def test_inside_and_at_both_ends(start: int) -> None:
    assert rules_broken_by(job(windows=(MORNING, EVENING)), start_s=start) == set()


@pytest.mark.parametrize("start", [at(9) - 1, at(11) + 1, at(12), at(14) - 1, at(15) + 1])
def test_a_second_outside(start: int) -> None:
    assert rules_broken_by(job(windows=(MORNING, EVENING)), start_s=start) == {"windows"}


def test_a_window_of_one_second() -> None:
    noon = Window(at(12), at(12))
    assert rules_broken_by(job(windows=(noon,)), start_s=at(12)) == set()
    assert rules_broken_by(job(windows=(noon,)), start_s=at(12) + 1) == {"windows"}


def test_the_arrival_may_lie_before_the_window() -> None:
    ann, early = shift(), job(windows=(EVENING,))
    by = plan(route(ann, stop(early, at(14), arrival_s=at(9))))
    assert rules_broken(problem((early,), (ann,)), by) == set()


def test_the_end_may_lie_after_the_window() -> None:
    assert rules_broken_by(job(service_s=7_200, windows=(EVENING,)), start_s=at(14, 30)) == set()


def test_a_job_that_has_begun_may_have_missed_its_window() -> None:
    ann = shift(committed=(CommittedStop("job", at(13)),))
    assert rules_broken_by(job(windows=(MORNING,)), ann, at(13)) == set()
