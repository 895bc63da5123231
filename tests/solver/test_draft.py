"""Changes of a draft: what is begun, shared or fixed elsewhere binds them, and nothing else does."""

from solver.draft import Draft
from solver.insertion import best_insertion, insert_where_cheapest
from solver.plan import StopKind
from solver.problem import CommittedStop
from solver.schedule import Visit
from tests.solver.builders import at, job, problem, shift


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
