"""One run, from a snapshot to a proposal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fieldsvc.adapters.travel import TravelTimes
from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.dispatching.published import published_tours
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import take_snapshot
from fieldsvc.persistence.database import Database
from solver import engines
from solver.engines.base import Incumbent
from solver.errors import InvalidProblem, SolverError
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.solve import Result, solve

TIME_TO_DECIDE = timedelta(minutes=10)
"""How long a proposal for the day that is under way can be looked at before it is too late for its first drives."""


class SolveFailed(Exception):
    """A run gave no plan; code and detail say why. It ends in the run's row, never in an answer."""

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.detail, self.code = detail, code


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and with what a run may solve."""

    engine: str
    time_limit_s: int
    seed: int
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a solve is: the best plan so far."""

    seconds: float
    cost_cents: int
    unplanned: int


def prepare_engine() -> bool:
    """Do once what the first run would otherwise wait for: compile kernels. Whether there was anything to do."""
    return engines.prepare(SolveParams().engine)


def solve_scope(
    database: Database,
    scope: Scope,
    travel: TravelTimes,
    effort: Effort,
    on_progress: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> Proposal:
    """Read, solve in a child process, check, explain. Nothing is written, and nothing is open while it solves."""
    now = database.clock.now()
    as_of = now + timedelta(seconds=effort.time_limit_s) + TIME_TO_DECIDE
    with database.read_only() as session:
        snapshot = take_snapshot(session, scope, travel, as_of, held_at=now)
        tours = published_tours(session, snapshot)
    published = tours.plan(snapshot)

    def tell(found: Incumbent) -> None:
        on_progress(Progress(found.found_after_s, found.cost_cents, len(found.plan.unplanned)))

    try:
        result = _solve(snapshot.problem, effort, published, tell, should_stop)
    except InvalidProblem as error:
        raise SolveFailed("; ".join(map(str, error.faults[:20])), code=error.code.lower()) from error
    except SolverError as error:
        raise SolveFailed(str(error), code=error.code.lower()) from error
    return Proposal(snapshot, result.plan, proposal_of(snapshot, result, published, tours.placements(snapshot)))


def _solve(
    problem: Problem,
    effort: Effort,
    published: Plan,
    tell: Callable[[Incumbent], None],
    should_stop: Callable[[], bool],
) -> Result:
    params = SolveParams(effort.engine, effort.time_limit_s, seed=effort.seed, workers=effort.workers)
    start = published if published.routes else None
    return solve(problem, params, start=start, on_incumbent=tell, should_stop=should_stop)
