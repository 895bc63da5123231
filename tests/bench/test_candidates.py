import argparse
import json

import pytest

from bench import candidates
from bench.city_days import city_day
from solver.insertion import first_come_plan


def test_visits_all_over_the_day_are_asked_about() -> None:
    problem = city_day(40, 5, seed=1)
    spent = candidates.asked_ms(problem, first_come_plan(problem), 10)
    assert len(spent) == 10
    assert min(spent) > 0


@pytest.mark.engine
def test_a_run_ends_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser("candidates")
    candidates.add_command(parser)
    few = ["--sizes", "30", "--seeds", "1", "--asked", "10", "--time-limit", "1", "--no-save"]
    assert candidates.run(parser.parse_args(few)) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1].removeprefix("RESULT "))
    (row,) = figures["rows"]
    assert 0 < row["median_ms"] <= row["longest_ms"]
    assert row["asked"] == 10
