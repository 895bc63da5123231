"""Engines that do what an engine must not. Each reports the good plan first, unless that is what is wrong with it."""

import ctypes
import gc
import os
import signal
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from solver.engines.base import Incumbent, Report, Stop
from solver.insertion import first_come_plan
from solver.params import SolveParams
from solver.plan import Plan
from solver.plan import Stop as PlanStop
from solver.problem import Problem
from solver.score import score

PATH = "tests.solver.engines.ill_engines"


class IllEngine:
    """Reports the first-come plan, then misbehaves."""

    name = "ill"

    def solve(self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: Stop) -> None:
        plan = first_come_plan(problem)
        report(Incumbent(plan, score(problem, plan).total_cents, 0.0))
        self.misbehave(problem, plan, report)

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        """What is wrong with this one; nothing at all here."""


class Sleeper(IllEngine):
    """Hears no limit and no stop."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        time.sleep(3_600)


class Holder(IllEngine):
    """Says in the file named by the problem who it is, then holds the interpreter lock as OR-Tools does."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        Path(problem.id).write_text(str(os.getpid()))
        ctypes.PyDLL(None).sleep(3_600)


class Crasher(IllEngine):
    """Ends as OR-Tools does on a bad shape."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class Raiser(IllEngine):
    """Has a bug."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        raise ZeroDivisionError("a bug in the engine")


class Leaver(IllEngine):
    """Ends without a word."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        os._exit(0)


class Printer(IllEngine):
    """Prints past Python's own streams."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        os.write(1, b"this is no plan")


class Liar(IllEngine):
    """Reports plans that are too good to be true, and nothing else."""

    def solve(self, problem: Problem, params: SolveParams, start: Plan | None, report: Report, stop: Stop) -> None:
        honest = first_come_plan(problem)
        report(Incumbent(replace(honest, routes=(), unplanned=()), 0, 0.0))
        routes = tuple(replace(route, stops=tuple(map(_sooner, route.stops))) for route in honest.routes)
        report(Incumbent(replace(honest, routes=routes), 0, 0.0))
        report(Incumbent(replace(honest, routes=(replace(honest.routes[0], shift="nobody"),)), 0, 0.0))


class Babbler(IllEngine):
    """Reports what is no plan."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        broken = replace(plan, routes=(replace(plan.routes[0], departure_s=cast(Any, "eight")),))
        report(Incumbent(broken, 0, 0.0))


class Scribbler(IllEngine):
    """Writes bytes into the pipe that are no frame."""

    def misbehave(self, problem: Problem, plan: Plan, report: Report) -> None:
        pipes = (one for one in gc.get_objects() if isinstance(one, Connection) and not one.closed and one.writable)
        for pipe in pipes:
            os.write(pipe.fileno(), b"\x00\x00\x00\x05hello")
        time.sleep(3_600)


def _sooner(stop: PlanStop) -> PlanStop:
    return replace(stop, start_s=stop.start_s - 36_000, end_s=stop.end_s - 36_000)
