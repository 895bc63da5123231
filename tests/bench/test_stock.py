import argparse
import json

import pytest

from bench import stock
from bench.city_days import PENALTIES
from bench.results import COLUMNS
from bench.stock_days import (
    demand_of,
    least_left_out_cents,
    shifts_for,
    short_parts,
    stock_day,
    with_unlimited_stock,
)
from solver.problem import Job, Location, Problem, Receipt, Technician, Warehouse
from solver.units import DAY_S
from solver.validate import problem_object_faults


@pytest.fixture(scope="module")
def day() -> Problem:
    return stock_day(60, seed=1, scarcity=0.3)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("stock")
    stock.add_command(parser)
    return parser.parse_args(["--no-save", *arguments])


def row(way: str, cost: int, unplanned_cents: int, seed: int = 1) -> dict[str, str | int | float]:
    figures = {"cost_cents": cost, "unplanned_cents": unplanned_cents, "unplanned": 2}
    return {"jobs": 60, "seed": seed, "engine": way, **figures}


def test_a_day_is_made_from_its_arguments_alone(day: Problem) -> None:
    again, other = stock_day(60, seed=1, scarcity=0.3), stock_day(60, seed=2, scarcity=0.3)
    assert (again.jobs, again.warehouses, again.technicians) == (day.jobs, day.warehouses, day.technicians)
    assert other.id != day.id
    assert other.warehouses != day.warehouses


def test_a_day_is_valid_and_its_stock_is_what_makes_it_hard(day: Problem) -> None:
    assert problem_object_faults(day) == []
    assert len(day.shifts) == shifts_for(60) == 10
    assert len({job.unplanned_penalty_cents for job in day.jobs if job.parts}) == len(PENALTIES)
    needing = [job for job in day.jobs if not short_parts(day).isdisjoint(job.parts)]
    assert len(needing) > 20
    assert least_left_out_cents(day) > 0


def test_units_lie_on_vans_in_every_warehouse_and_in_deliveries(day: Problem) -> None:
    receipts = {
        house.id: [receipt for units in house.stock.values() for receipt in units or ()] for house in day.warehouses
    }
    assert all(receipts.values())
    assert sum(any(one.from_s for one in units) for units in receipts.values()) == 3
    assert any(technician.van_stock for technician in day.technicians)
    assert all(house.windows for house in day.warehouses)


def test_some_parts_lie_in_the_far_warehouse_alone(day: Problem) -> None:
    *near, far = day.warehouses
    elsewhere = {part for house in near for part in house.stock}
    elsewhere |= {part for one in day.technicians for part in one.van_stock}
    only_far = set(far.stock) - elsewhere
    assert only_far
    assert len(only_far) < len(demand_of(day.jobs))


def test_without_scarcity_nothing_is_short() -> None:
    plenty = stock_day(60, seed=1, scarcity=0)
    assert (short_parts(plenty), least_left_out_cents(plenty)) == (frozenset(), 0)


def test_unlimited_stock_is_every_part_in_every_warehouse(day: Problem) -> None:
    endless = with_unlimited_stock(day)
    assert problem_object_faults(endless) == []
    assert all(set(house.stock) == set(demand_of(day.jobs)) for house in endless.warehouses)
    assert (short_parts(endless), least_left_out_cents(endless)) == (frozenset(), 0)
    assert endless.jobs == day.jobs


def test_what_must_be_left_out_is_the_least_that_the_units_allow() -> None:
    problem = Problem(
        "three units",
        DAY_S,
        (Location("here"),),
        {},
        technicians=(Technician("tech", van_stock={"pump": 1}),),
        jobs=tuple(
            Job(name, 0, 0, parts={"pump": units}, unplanned_penalty_cents=cents)
            for name, units, cents in (("dear", 3, 500), ("one", 1, 300), ("two", 2, 400), ("more", 2, 350))
        ),
        warehouses=(Warehouse("store", 0, stock={"pump": (Receipt(0, 1), Receipt(3_600, 1))}),),
    )
    assert short_parts(problem) == {"pump"}
    assert least_left_out_cents(problem) == 500 + 350  # one and two are done


def test_the_joint_plan_is_compared_with_the_least_of_the_others() -> None:
    rows = [
        row("joint", 90, 30), row("priority", 100, 40), row("arrival", 120, 60), row("open-vans", 110, 20),
        row("unlimited", 10, 0),
    ]  # fmt: skip
    assert stock.ratios_of(rows) == [
        {"jobs": 60, "seed": 1, "cost_cents": 0.9, "unplanned_cents": 1.5, "unplanned": 1.0}
    ]
    assert stock.losses_of(rows) == ["lost: 60 jobs, seed 1, unplanned_cents 30 against 20"]


def test_a_loss_against_nothing_is_told_too() -> None:
    rows = [row("joint", 90, 30), *(row(way, 90, 0) for way in stock.WAYS)]
    assert stock.ratios_of(rows)[0]["unplanned_cents"] == ""
    assert stock.losses_of(rows) == ["lost: 60 jobs, seed 1, unplanned_cents 30 against 0"]


def test_medians_are_over_seeds() -> None:
    rows = [row("joint", cost, 5, seed) for seed, cost in enumerate((30, 10, 20))]
    assert stock.medians(rows) == [
        {"jobs": 60, "engine": "joint", "cost_cents": 20, "unplanned_cents": 5, "unplanned": 2}
    ]


def test_a_scarcity_that_is_no_share_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed("--scarcity", "0.8")
    assert "the scarcity is 0.8; give a share from 0 to 0.5" in capsys.readouterr().err


@pytest.mark.engine
def test_the_last_line_holds_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    options = parsed("--jobs", "20", "--seeds", "1", "--time-limit", "2", "--workers", "1")
    assert options.run(options) == 0
    word, _, figures = capsys.readouterr().out.splitlines()[-1].partition(" ")
    result = json.loads(figures)
    assert word == "RESULT"
    assert [one["engine"] for one in result["rows"]] == ["joint", "priority", "arrival", "open-vans", "unlimited"]
    assert set(result["rows"][0]) - {"jobs"} <= set(COLUMNS)
    assert all(one["violations"] == 0 for one in result["rows"])
    assert all(one["unplanned_cents"] >= one["least_unplanned_cents"] for one in result["rows"])
    assert result["ratios"][0].keys() == {"jobs", "seed", "cost_cents", "unplanned_cents", "unplanned"}
