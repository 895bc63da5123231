import argparse
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import anytime
from bench.anytime import Run, medians, moments_within, panels_of, rows_of
from bench.curves import Curve, Panel, drawn, median_of
from bench.results import COLUMNS

FAST = Run("day", "fast", 1, ((0.5, 2_000), (1.5, 1_100), (9.0, 1_000)), unplanned=2, violations=0)
SLOW = Run("day", "slow", 1, ((4.0, 3_000), (8.0, 1_500)), unplanned=3, violations=0)
SLOWER = Run("day", "slow", 2, ((6.0, 2_000),), unplanned=4, violations=0)
RUNS = [FAST, SLOW, SLOWER]


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("anytime")
    anytime.add_command(parser)
    return parser.parse_args(arguments)


def test_the_cost_at_a_moment_is_the_last_one_found_by_then() -> None:
    assert [FAST.cost_at(second) for second in (0.4, 0.5, 1, 1.5, 8.9, 9, 60)] == [
        None,
        2_000,
        2_000,
        1_100,
        1_100,
        1_000,
        1_000,
    ]


def test_costs_are_told_relative_to_the_best_end_of_the_day() -> None:
    assert medians(RUNS, [1, 5, 10]) == [
        {"instance": "day", "engine": "fast", "seeds": 1, "1 s": 100.0, "5 s": 10.0, "10 s": 0.0, "end": 0.0},
        {"instance": "day", "engine": "slow", "seeds": 2, "1 s": "", "5 s": "", "10 s": 75.0, "end": 75.0},
    ]


def test_the_limit_is_the_last_moment() -> None:
    assert moments_within(10) == [1, 2, 5, 10]
    assert moments_within(45) == [1, 2, 5, 10, 20, 30, 45]


def test_rows_have_the_columns_of_every_file() -> None:
    rows = rows_of(RUNS, [1, 10], workers=2, time_limit_s=10)
    assert len(rows) == 6
    assert all(set(row) <= set(COLUMNS) for row in rows)
    assert [(row["engine"], row["seconds"], row["cost_cents"], row["gap_percent"]) for row in rows[:4]] == [
        ("fast", 1, 2_000, 100.0),
        ("fast", 10, 1_000, 0.0),
        ("slow", 1, "", ""),
        ("slow", 10, 1_500, 50.0),
    ]


def test_the_median_begins_when_most_have_and_never_rises() -> None:
    curves = [((1.0, 50.0), (4.0, 10.0)), ((2.0, 40.0), (3.0, 30.0)), ((5.0, 90.0),)]
    assert median_of(curves) == ((2.0, 50.0), (4.0, 30.0))
    assert median_of([((1.0, 9.0),)]) == ((1.0, 9.0),)


def test_the_picture_has_a_panel_for_each_day_and_a_line_for_each_run() -> None:
    picture = ElementTree.fromstring(drawn([*panels_of(RUNS), Panel("a & b", (Curve("fast", ((1.0, 0.0),)),))], 10))
    texts = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"day", "a & b", "fast", "slow", "seconds", "0 %"} <= set(texts)
    widths = [one.get("stroke-width") for one in picture.iter("{http://www.w3.org/2000/svg}path")]
    assert (widths.count("0.8"), widths.count("2.5")) == (2, 2 + 3)  # two seeds of slow; legend, and medians


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("monday",), "there is no day monday; give small, city, large, city-100-12-1"),
        (("--engines", "ruin,steam"), "no engine is called 'steam'"),
    ],
)
def test_what_is_not_known_is_refused(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(*arguments)
    assert sentence in capsys.readouterr().err


@pytest.mark.engine
def test_a_city_day_is_measured_drawn_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept: list[object] = []
    monkeypatch.setattr(anytime, "append", lambda rows, command: kept.extend(rows) or anytime.ROOT / command)
    picture = tmp_path / "pictures/curve.svg"
    options = parsed(
        "city-20-4-1", "--time-limit", "1", "--seeds", "1", "--engines", "routing", "--picture", str(picture)
    )
    assert options.run(options) == 0
    assert len(kept) == 1
    ElementTree.parse(picture)
    word, _, figures = capsys.readouterr().out.splitlines()[-1].partition(" ")
    told = json.loads(figures)
    assert (word, told["violations"], list(told["best_cents"])) == ("RESULT", 0, ["city-20-4-1"])
    assert told["medians"][0]["end"] == 0.0
