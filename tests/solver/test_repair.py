"""An older plan under today's facts keeps what still holds."""

from solver.plan import StopKind
from solver.problem import Window
from solver.repair import repaired
from solver.schedule import Visit
from tests.solver.builders import EAST, NORTH, at, job, problem, shift, warehouse


def test_a_job_that_no_longer_holds_leaves_the_warehouse_stop_to_the_jobs_after_it() -> None:
    lapsed = job("lapsed", NORTH, windows=(Window(at(1), at(2)),))
    needy = tuple(job(f"needy-{rank}", EAST, parts={"seal": 1}) for rank in range(2))
    day = problem((lapsed, *needy), (shift(),), warehouses=(warehouse(stock={"seal": None}),))
    tour = (Visit(StopKind.WAREHOUSE, "depot"), *(Visit(StopKind.JOB, one.id) for one in day.jobs))
    (route,) = repaired(day, {"ann-0": tour}).routes
    assert route.jobs == ("needy-0", "needy-1")
