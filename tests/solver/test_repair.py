"""An older plan under today's facts keeps what still holds."""

from random import Random

import pytest

from bench.random_days.feasible import feasible_day
from solver.check import violations
from solver.plan import Plan, StopKind
from solver.problem import Job, Window
from solver.repair import repaired, repaired_plan
from solver.schedule import Visit
from tests.solver.builders import EAST, NORTH, at, drive_s, job, problem, shift, warehouse


def test_a_job_that_no_longer_holds_leaves_the_warehouse_stop_to_the_jobs_after_it() -> None:
    lapsed = job("lapsed", NORTH, windows=(Window(at(1), at(2)),))
    needy = tuple(job(f"needy-{rank}", EAST, parts={"seal": 1}) for rank in range(2))
    day = problem((lapsed, *needy), (shift(),), warehouses=(warehouse(stock={"seal": None}),))
    tour = (Visit(StopKind.WAREHOUSE, "depot"), *(Visit(StopKind.JOB, one.id) for one in day.jobs))
    (route,) = repaired(day, {"ann-0": tour}).routes
    assert route.jobs == ("needy-0", "needy-1")


class TestCrews:
    """Ann and bob do the heavy job together; each has a job before it."""

    heavy = job("heavy", EAST, service_s=3_600, crew_size=2)
    first = job("first", NORTH)
    other = job("other", NORTH)

    def repaired(
        self,
        *,
        first: Job = first,
        other: Job = other,
        met: int = at(10),
        technicians: tuple[str, ...] = ("ann", "bob"),
    ) -> Plan:
        shifts = tuple(shift(technician) for technician in technicians)
        day = problem((self.heavy, first, other), shifts)
        tours = {
            "ann-0": (Visit(StopKind.JOB, "first"), Visit(StopKind.JOB, "heavy")),
            "bob-0": (Visit(StopKind.JOB, "other"), Visit(StopKind.JOB, "heavy", supplies=False)),
        }
        plan = repaired(day, tours, {"heavy": (met, met + 3_600)})
        assert violations(day, plan) == ()
        return plan

    def starts(self, plan: Plan) -> list[int]:
        return [stop.start_s for route in plan.routes for stop in route.stops if stop.id == "heavy"]

    def test_a_crew_meets_when_it_was_to(self) -> None:
        plan = self.repaired()
        assert [route.jobs for route in plan.routes] == [("first", "heavy"), ("other", "heavy")]
        assert self.starts(plan) == [at(10), at(10)]

    def test_a_crew_waits_for_its_last_member(self) -> None:
        plan = self.repaired(other=job("other", NORTH, windows=(Window(at(11), at(12)),)))
        assert self.starts(plan) == [at(11, 30) + drive_s(NORTH, EAST)] * 2

    def test_without_a_member_it_drops_out_alone(self) -> None:
        plan = self.repaired(technicians=("ann",))
        assert [route.jobs for route in plan.routes] == [("first",)]

    def test_it_stays_together_when_a_member_loses_another_job(self) -> None:
        plan = self.repaired(other=job("other", NORTH, windows=(Window(at(1), at(2)),)))
        assert [route.jobs for route in plan.routes] == [("first", "heavy"), ("heavy",)]

    def test_without_a_time_to_meet_it_drops_out(self) -> None:
        day = problem((self.heavy,), (shift("ann"), shift("bob")))
        tours = {one.id: (Visit(StopKind.JOB, "heavy", supplies=one.technician == "ann"),) for one in day.shifts}
        assert repaired(day, tours).routes == ()


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_kept_of_a_plan_keeps_every_rule(seed: int) -> None:
    day, plan = feasible_day(Random(seed))
    assert violations(day, repaired_plan(day, plan)) == ()


def test_nearly_every_crew_stays_together() -> None:
    had = kept = 0
    for seed in range(200):
        day, plan = feasible_day(Random(seed))
        crews = {job.id for job in day.jobs if job.crew_size > 1} - day.committed_jobs
        had += len(crews & {job for route in plan.routes for job in route.jobs})
        kept += len(crews & {job for route in repaired_plan(day, plan).routes for job in route.jobs})
    assert had > 40
    assert kept > 0.85 * had
