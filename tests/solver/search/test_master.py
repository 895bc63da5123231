"""The master puts known tours together: better than each search alone, within the stock that all share."""

import pytest

from solver.problem import Lock, Problem, Receipt, Technician, Window
from solver.search.bench import Bench, Meeting, Tours
from solver.search.master import Master
from solver.search.part import Column
from solver.search.reading import instance_of
from tests.solver.builders import EAST, NORTH, SOUTH, at, job, problem, shift, warehouse

pytestmark = pytest.mark.engine

PAID = {"cost_cents_per_hour": 3_600, "cost_cents_per_km": 100}


def column(day: Problem, shift_number: int, *nodes: int) -> Column:
    """The tour with its own cost, as a search would have met it."""
    bench = Bench(instance_of(day), 0)
    bench.lay(Tours({shift_number: nodes}))
    return Column(shift_number, nodes, int(bench.state.figures[shift_number, 3]), 0)


def recombined(day: Problem, incumbent: Tours, columns: list[Column]) -> tuple[Tours, int] | None:
    return Master(instance_of(day)).recombined(incumbent, columns, 1.0, 1, 1, is_counted=True)


def test_the_best_of_two_plans_is_better_than_both() -> None:
    jobs = (job("north", NORTH), job("east", EAST), job("south", SOUTH))
    day = problem(jobs, (shift("ann", **PAID), shift("bob", **PAID)))
    incumbent = Tours({0: (0,)})
    better = recombined(day, incumbent, [column(day, 0, 0, 1), column(day, 1, 2)])
    assert better is not None
    tours, cents = better
    assert tours.nodes == {0: (0, 1), 1: (2,)}
    bench = Bench(instance_of(day), 0)
    bench.lay(tours)
    assert bench.cents == cents


def test_nothing_better_is_nothing() -> None:
    day = problem((job("north", NORTH),), (shift("ann", **PAID),))
    assert recombined(day, Tours({0: (0,)}), [column(day, 0, 0)]) is None


@pytest.mark.parametrize(("receipts", "planned"), [((Receipt(0, 1),), 1), ((Receipt(0, 1), Receipt(at(7), 1)), 2)])
def test_no_set_of_tours_takes_more_than_there_is(receipts: tuple[Receipt, ...], planned: int) -> None:
    depot = warehouse(stock={"pump": receipts})
    jobs = (job("one", NORTH, parts={"pump": 1}), job("two", SOUTH, parts={"pump": 1}))
    day = problem(jobs, (shift("ann", **PAID), shift("bob", **PAID)), warehouses=(depot,))
    known = [column(day, 0, 2, 0), column(day, 1, 2, 1)]
    better = recombined(day, Tours(), known)
    assert better is not None
    assert len(better[0].nodes) == planned


def test_the_tours_of_a_crew_stay_as_they_are() -> None:
    jobs = (job("crew", EAST, crew_size=2), job("north", NORTH), job("south", SOUTH))
    day = problem(jobs, tuple(shift(name, **PAID) for name in ("ann", "bob", "eve")))
    start = at(9)
    incumbent = Tours({0: (0,), 1: (0,)}, {0: Meeting(start, start + 1_800, 0)})
    better = recombined(day, incumbent, [column(day, 2, 1, 2), column(day, 0, 1)])
    assert better is not None
    assert better[0].nodes == {0: (0,), 1: (0,), 2: (1, 2)}


def test_a_locked_job_is_not_given_up_for_a_dearer_one() -> None:
    jobs = (
        job("held", NORTH, unplanned_penalty_cents=2_000, lock=Lock(shifts=("ann-0",))),
        job("dear", SOUTH, unplanned_penalty_cents=90_000),
    )
    day = problem(jobs, (shift("ann", max_jobs=1, **PAID),))
    incumbent = Tours({0: (0,)})
    better = recombined(day, incumbent, [column(day, 0, 1)])
    assert better is None


def test_no_van_is_emptied_twice_by_the_days_of_one_technician() -> None:
    jobs = (
        job("one", NORTH, parts={"pump": 1}, windows=(Window(at(8), at(17)),)),
        job("two", SOUTH, parts={"pump": 1}, windows=(Window(at(8, day=1), at(17, day=1)),)),
    )
    day = problem(
        jobs,
        (shift("ann", **PAID), shift("ann", day=1, **PAID)),
        technicians=(Technician("ann", van_stock={"pump": 1}),),
    )
    better = recombined(day, Tours(), [column(day, 0, 0), column(day, 1, 1)])
    assert better is None or len(better[0].nodes) == 1


def test_a_warehouse_stop_that_does_nothing_on_its_own_is_left_out() -> None:
    """As another tour once made it needed: what is loaded elsewhere must not be taken for loaded there."""
    depots = (warehouse("bare", SOUTH), warehouse("full", NORTH, stock={"pump": (Receipt(0, 1),)}))
    jobs = (job("plain", EAST), job("needy", NORTH, parts={"pump": 1}))
    day = problem(jobs, (shift("ann", max_pickups=2, **PAID),), warehouses=depots)
    better = recombined(day, Tours({0: (0,)}), [column(day, 0, 2, 0, 3, 1)])
    assert better is not None
    assert better[0].nodes == {0: (0, 3, 1)}
    assert [(stop, units) for stop, _, units, _, _ in better[0].loads[0]] == [(1, 1)]
