"""Times of one route: as early as can be, the departure as late as costs nobody anything."""

from solver.draft import Draft
from solver.plan import StopKind
from solver.problem import Predecessor, Window
from solver.schedule import Visit
from tests.solver.builders import EAST, NORTH, at, job, problem, shift


def test_a_job_that_others_wait_for_is_not_delayed_by_a_late_departure() -> None:
    """Ann's second visit is at 14:00, so she could leave late; but bob's only time is 10:00, after her first."""
    late = job("late", EAST, windows=(Window(at(14), at(14, 10)),))
    after = job("after", windows=(Window(at(10), at(11)),), predecessors=(Predecessor("first", 0),))
    draft = Draft(problem((job("first", NORTH), late, after), (shift(), shift("bob"))))
    for on, jobs in (("ann-0", ("first", "late")), ("bob-0", ("after",))):
        trial = draft.try_tours({on: tuple(Visit(StopKind.JOB, one) for one in jobs)})
        assert trial is not None, on
        draft.accept(trial)
