"""Parts of a large day: everybody in one region, shared stock left over by the others, ties kept in place."""

from pathlib import Path

import pytest

from solver import codec
from solver.check import violations
from solver.draft import Draft
from solver.engines import routing_regions
from solver.engines.base import Incumbent
from solver.engines.routing import RoutingEngine
from solver.engines.routing_regions import regions_of, restricted, shared_out
from solver.engines.routing_repair import copied, followers, settle
from solver.insertion import first_come_plan
from solver.params import SolveParams
from solver.problem import Predecessor, Problem, Receipt
from solver.score import score
from tests.solver.builders import EAST, NORTH, SOUTH, at, job, problem, shift, warehouse

SMALL = Path(__file__).parents[3] / "fixtures" / "days" / "small.problem.json"


@pytest.fixture
def tiny_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_SHIFTS", "FAIR_SHIFTS"):
        monkeypatch.setattr(routing_regions, name, 2)


def test_a_day_that_fits_one_model_is_one_region() -> None:
    day = problem((job(),), (shift("ann"), shift("bob")))
    assert regions_of(Draft.begun(day), 1) == [("ann", "bob")]


@pytest.mark.usefixtures("tiny_regions")
def test_everybody_is_in_one_region_with_all_his_shifts() -> None:
    day = problem((job(),), tuple(shift(name, number) for name in ("ann", "bob", "eve") for number in (0, 1)))
    regions = regions_of(Draft.begun(day), 1)
    assert sorted(name for region in regions for name in region) == ["ann", "bob", "eve"]
    assert len(regions) > 1


@pytest.mark.usefixtures("tiny_regions")
def test_an_unplanned_job_goes_where_somebody_may_do_it() -> None:
    jobs = (job("gas", skills={"gas": 1}), job("nobody's", skills={"magic": 1}))
    day = problem(jobs, (shift("ann"), shift("bob"), shift("eve", skills={"gas": 1})))
    draft = Draft.begun(day)
    regions = regions_of(draft, 1)
    shares = shared_out(draft, regions, 1)
    assert {region for region, jobs in zip(regions, shares, strict=True) if jobs} == {
        region for region in regions if "eve" in region
    }


def two_routes(*, stock: tuple[Receipt, ...], bob_after: int = 0) -> Draft:
    """Ann is to fetch a seal when she likes; Bob has fetched one, not before the second given."""
    first = job("ann's", EAST, parts={"seal": 1}, required_technicians=frozenset({"ann"}))
    second = job("bob's", EAST, parts={"seal": 1}, required_technicians=frozenset({"bob"}))
    shifts = (shift("ann"), shift("bob", earliest_start=max(at(8), bob_after)))
    return Draft.of_plan(
        day := problem((second, first), shifts, warehouses=(warehouse(stock={"seal": stock}),)), first_come_plan(day)
    )


@pytest.mark.parametrize(
    ("stock", "left"),
    [
        ((Receipt(0, 5),), (Receipt(0, 4),)),
        ((Receipt(0, 1),), ()),
        ((Receipt(0, 1), Receipt(at(15), 1)), (Receipt(at(15), 1),)),
    ],
)
def test_stock_is_what_other_routes_leave(stock: tuple[Receipt, ...], left: tuple[Receipt, ...]) -> None:
    draft = two_routes(stock=stock)
    assert "bob-0" in draft.routes
    region = restricted(draft, ("ann",), ())
    assert region.warehouses[0].stock["seal"] == left


def test_a_load_still_to_come_is_kept_back() -> None:
    draft = two_routes(stock=(Receipt(0, 2),), bob_after=at(12))
    assert restricted(draft, ("ann",), ()).warehouses[0].stock["seal"] == (Receipt(0, 1),)


def followed() -> Draft:
    first = job("first", NORTH, required_technicians=frozenset({"ann"}))
    second = job("second", SOUTH, required_technicians=frozenset({"bob"}), predecessors=(Predecessor("first"),))
    day = problem((first, second), (shift("ann"), shift("bob")))
    return Draft.of_plan(day, first_come_plan(day))


def test_a_job_tied_to_another_region_keeps_its_place() -> None:
    draft = followed()
    region = restricted(draft, ("ann",), ())
    (only,) = region.jobs
    assert only.lock is not None
    assert (only.lock.shifts, only.lock.start_s) == (("ann-0",), draft.routes["ann-0"].stops[0].start_s)


def test_followers_are_taken_along_and_put_back() -> None:
    draft = followed()
    tied = followers(draft, ["ann-0"])
    assert set(tied) == {"bob-0"}
    emptied = copied(draft, ["ann-0", "bob-0"])
    assert emptied.planned == frozenset()
    settle(emptied, {**tied, "ann-0": draft.tours["ann-0"]})
    assert violations(draft.problem, emptied.plan()) == ()
    assert emptied.planned == {"first", "second"}


@pytest.mark.engine
@pytest.mark.usefixtures("tiny_regions")
def test_a_real_day_region_by_region() -> None:
    day: Problem = codec.problem_from_document(codec.loads(SMALL.read_bytes()))
    reported: list[Incumbent] = []
    params = SolveParams(time_limit_s=20, iteration_limit=10)
    RoutingEngine().solve(day, params, None, reported.append, lambda: False)
    assert [one for one in reported if violations(day, one.plan)] == []
    assert reported[-1].cost_cents < score(day, first_come_plan(day)).total_cents
