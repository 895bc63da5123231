"""Changes of a draft: what is begun, shared or fixed elsewhere binds them, and nothing else does."""

from solver.check import violations
from solver.draft import Draft
from solver.insertion import best_insertion, insert_where_cheapest
from solver.plan import StopKind
from solver.problem import CommittedStop, Receipt, Window
from solver.schedule import Visit
from tests.solver.builders import DEPOT, EAST, NORTH, at, job, left_out, problem, route, shift, stop, warehouse
from tests.solver.builders import plan as planned


def visit(id: str) -> Visit:
    return Visit(StopKind.JOB, id)


def test_a_sequence_that_has_begun_on_two_routes_hinders_no_other_job() -> None:
    first, second, other = job("first"), job("second"), job("other")
    ann = shift(committed=(CommittedStop("first", at(8, 10)),))
    bob = shift("bob", committed=(CommittedStop("second", at(8, 10)),))
    day = problem((first, second, other), (ann, bob), sequences=(("first", "second"),))
    draft = Draft.begun(day)
    insert_where_cheapest(draft, [other])
    assert draft.planned == {"first", "second", "other"}


def test_a_sequence_is_kept_on_one_route_and_in_order() -> None:
    day = problem((job("a"), job("b")), (shift(), shift("bob")), sequences=(("a", "b"),))
    draft = Draft(day)
    assert draft.try_tours({"ann-0": (visit("b"), visit("a"))}) is None
    alone = draft.try_tours({"ann-0": (visit("a"),)})
    assert alone is not None
    draft.accept(alone)
    assert draft.try_tours({"bob-0": (visit("b"),)}) is None
    found = best_insertion(draft, job("b"))
    assert found is not None
    assert [one.id for one in found.trial.tours["ann-0"]] == ["a", "b"]


def test_a_pickup_waits_for_units_that_no_other_route_takes() -> None:
    """One unit at first and one from 10:00 on: the second to fetch one waits, whoever that is."""
    day = problem(
        tuple(job(name, DEPOT, parts={"seal": 1}) for name in ("a", "b")),
        (shift(), shift("bob")),
        warehouses=(warehouse(stock={"seal": (Receipt(0, 1), Receipt(at(10), 1))}),),
    )
    draft = Draft(day)
    for on, name in (("ann-0", "a"), ("bob-0", "b")):
        trial = draft.try_tours({on: (Visit(StopKind.WAREHOUSE, "depot"), visit(name))})
        assert trial is not None, on
        draft.accept(trial)
    assert draft.routes["ann-0"].stops[0].start_s < at(9)
    assert draft.routes["bob-0"].stops[0].start_s == at(10)
    assert violations(day, draft.plan()) == ()


def test_a_pickup_leaves_what_a_later_one_needs() -> None:
    """The one unit at hand is spoken for at 09:00, before the next arrives: an earlier pickup would rob it."""
    early = job("early", DEPOT, parts={"seal": 1})
    fixed = job("fixed", DEPOT, parts={"seal": 1}, windows=(Window(at(9, 30), at(9, 30)),))
    day = problem(
        (early, fixed),
        (shift(), shift("bob")),
        warehouses=(warehouse(stock={"seal": (Receipt(0, 1), Receipt(at(10), 1))}),),
    )
    draft = Draft(day)
    for on, name in (("ann-0", "fixed"), ("bob-0", "early")):
        trial = draft.try_tours({on: (Visit(StopKind.WAREHOUSE, "depot"), visit(name))})
        assert trial is not None, on
        draft.accept(trial)
    assert draft.routes["bob-0"].stops[0].start_s == at(10)
    assert violations(day, draft.plan()) == ()


def test_nobody_is_drawn_away_from_a_crew() -> None:
    """Ann and bob meet at 09:00 in the east; what is added around must leave the meeting alone."""
    pair = job("pair", EAST, crew_size=2, windows=(Window(at(9), at(12)),))
    others = tuple(job(f"job-{rank}", NORTH, 900) for rank in range(8))
    ann, bob = shift(), shift("bob")
    day = problem((pair, *others), (ann, bob))
    begun = planned(
        route(ann, stop(pair, at(9))),
        route(bob, stop(pair, at(9), supplies=False)),
        unplanned=left_out(*others),
    )
    draft = Draft.of_plan(day, begun)
    for one in others:
        found = best_insertion(draft, one)
        assert found is not None
        draft.accept(found.trial)
        assert violations(day, draft.plan()) == ()
    assert draft.interval("pair") == (at(9), at(9, 30))
    assert draft.try_tours({"ann-0": ()}) is None
