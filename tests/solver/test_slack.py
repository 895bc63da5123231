"""The cheap test that rules out insertions rules out nothing that holds."""

from solver.eligibility import start_windows
from solver.plan import StopKind
from solver.problem import Window
from solver.schedule import Visit
from solver.slack import may_fit, slack_of
from tests.solver.builders import DEPOT, SOUTH, at, job, problem, shift, warehouse


def test_opening_windows_count_in_any_order() -> None:
    """The depot opens at 09:00 and again at 14:00; a visit at 10:00 fits in after the first opening."""
    depot = warehouse(windows=(Window(at(14), at(15)), Window(at(9), at(9, 10))), stock={"seal": None})
    noon = job("noon", SOUTH, windows=(Window(at(10), at(10, 30)),))
    needy = job("needy", DEPOT, parts={"seal": 1})
    ann = shift()
    day = problem((needy, noon), (ann,), warehouses=(depot,))
    tour = (Visit(StopKind.WAREHOUSE, "depot"), Visit(StopKind.JOB, "needy"))
    assert may_fit(day, ann, slack_of(day, ann, tour), noon, 1, start_windows(day, noon))
