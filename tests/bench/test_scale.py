import argparse
import json
import math

import numpy as np
import pytest

from bench import scale
from bench.city_days import SIDE_M, city_day
from bench.results import Row


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("scale")
    scale.add_command(parser)
    return parser.parse_args(["--no-save", *arguments])


def test_a_large_day_is_as_dense_as_a_city() -> None:
    one, four = city_day(100, 12, seed=1), city_day(400, 48, seed=1, cities=4)
    farthest = [int(day.profiles["car"].metres.max()) for day in (one, four)]
    assert farthest[0] > SIDE_M * 1.1
    assert 1.5 < farthest[1] / farthest[0] < 2.5
    nearest = [_mean_of_nearest(day.profiles["car"].metres) for day in (one, four)]
    assert math.isclose(*nearest, rel_tol=0.35)


def _mean_of_nearest(metres: object) -> float:
    cells = np.array(metres, np.float64)
    np.fill_diagonal(cells, np.inf)
    return float(cells.min(axis=1).mean())


def row(jobs: int, seed: int, cents_per_job: float) -> Row:
    figures = {"unplanned": 0, "first_plan_s": 2.0, "seconds": 60.0, "peak_memory_mb": 500.0 + seed}
    return {"jobs": jobs, "seed": seed, "cents_per_job": cents_per_job, **figures}


def test_large_days_are_compared_with_the_mean_of_separate_ones() -> None:
    rows = [row(1_000, 1, 200.0), row(1_000, 2, 300.0), *(row(3_000, seed, 260.0 + seed) for seed in (1, 2, 3))]
    thousand, large = scale.summary(rows)
    assert (thousand["cents_per_job"], thousand["over_separate"]) == (250.0, 1.0)
    assert (large["cents_per_job"], large["over_separate"], large["days"]) == (262.0, 1.048, 3)
    assert large["peak_memory_mb"] == 502.0


def test_only_whole_thousands_are_days_of_cities() -> None:
    assert parsed("--sizes", "2000,4000").sizes == [2_000, 4_000]
    with pytest.raises(SystemExit):
        parsed("--sizes", "2500")


@pytest.mark.engine
def test_a_run_ends_with_its_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(scale, "THOUSAND", 20)
    assert scale.run(parsed("--sizes", "20", "--time-limit", "1", "--separate", "1")) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    figures = json.loads(last.removeprefix("RESULT "))
    assert figures["command"] == "scale"
    assert figures["violations"] == 0
    assert [size["jobs"] for size in figures["sizes"]] == [20]
