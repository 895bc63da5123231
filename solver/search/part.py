"""One stretch of search on one instance, as a plain function of a picklable task: what an executor carries.

A task brings the tours to go on from and takes home the best and the last ones, with the good tours it met. It keeps
nothing between calls, so the same task gives the same answer in any thread, process or machine.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from solver.search.anneal import anneal, construct, keep_best
from solver.search.instance import Instance
from solver.search.pool import empty_pool
from solver.search.state import NODE, STOPS, TOTAL, State, empty_state, empty_work
from solver.search.step import Step, empty_step
from solver.search.tours import lay_prefixes, lay_tour, take_out
from solver.units import Cents, Seconds

_POOL = 8_192
"""Tours remembered in one stretch."""
_SLICE_S = 0.05
"""About how long the compiled loop runs between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Tours:
    """A plan without its times. nodes: by shift number, in order, committed jobs first, shifts without a tour left out.

    meetings: crew job to (start, end, shift of the member who brings the parts).
    """

    nodes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    meetings: Mapping[int, tuple[Seconds, Seconds, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A tour that a search met: shift, nodes in order, its cents, and the cents of the best plan it was part of."""

    shift: int
    nodes: tuple[int, ...]
    cents: Cents
    total: Cents


@dataclass(frozen=True, slots=True)
class Stretch:
    """How long and how hot: from `hot` to `cold` cents within `seconds`, or within `steps` where these are given.

    size: jobs taken out at a time, on average. shifts, jobs: what may change and move; None = everything.
    """

    seed: int
    seconds: float
    steps: int | None
    hot: float
    cold: float
    size: int
    shifts: tuple[int, ...] | None = None
    jobs: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Tours and cents of the best plan of a stretch and of the last one, good tours met, steps taken.

    best_cents: as the tours come out when they are laid anew, in whatever order; now and then not quite what the
    search saw, where tours wait for each other.
    """

    best: Tours
    best_cents: Cents
    last: Tours
    last_cents: Cents
    columns: tuple[Column, ...]
    steps: int


class Bench:
    """The arrays that a search works on."""

    def __init__(self, instance: Instance, seed: int) -> None:
        self.instance = instance
        self.state = empty_state(instance, seed)
        self.work = empty_work(instance)
        lay_prefixes(instance, self.state, self.work)

    def lay(self, tours: Tours) -> None:
        """Put tours on shifts that have none but their prefix; what doesn't hold whole, as far as it does."""
        for job, (start, end, supplier) in tours.meetings.items():
            self.state.job_start_s[job], self.state.job_end_s[job] = start, end
            self.state.supplier[job] = supplier
        waiting = dict(tours.nodes)
        while laid := [shift for shift, nodes in waiting.items() if self.lay_alone(shift, nodes)]:
            for shift in laid:
                del waiting[shift]
        self._lay_in_turns(waiting)
        self._part_from_half_crews()

    def construct(self, saved: State, step: Step) -> None:
        """Insert what is unplanned, each job where it is cheapest."""
        construct(self.instance, self.state, saved, step, self.work)

    @property
    def cents(self) -> Cents:
        """Of the whole plan."""
        return int(self.state.counters[TOTAL])

    def lay_alone(self, shift: int, nodes: Sequence[int]) -> bool:
        """Give a shift a tour, or none but its prefix; False, and nothing has changed, where it doesn't hold."""
        return bool(lay_tour(self.instance, self.state, shift, np.array(nodes, np.int32), self.work))

    def _lay_in_turns(self, waiting: Mapping[int, tuple[int, ...]]) -> None:
        """Append stop after stop to each tour in turn, since one may wait for another; drop what nothing lets in."""
        prefixes = self.instance.shifts["committed"]
        kept = {shift: list(nodes[: prefixes[shift]]) for shift, nodes in waiting.items()}
        queues = {shift: list(nodes[prefixes[shift] :]) for shift, nodes in waiting.items()}
        while any(queues.values()):
            moved = [self._append(shift, kept[shift], queue) for shift, queue in queues.items()]
            if not any(moved):
                blocked = next(queue for queue in queues.values() if queue)
                job = next((node for node in blocked if node < self.instance.jobs), None)
                if job is None:
                    blocked.clear()
                else:
                    blocked.remove(job)

    def _append(self, shift: int, kept: list[int], queue: list[int]) -> bool:
        """Move the next job, with the warehouse stops before it where it needs them, from the queue to the tour."""
        at = next((index for index, node in enumerate(queue) if node < self.instance.jobs), None)
        if at is None:
            return False
        for fetching in ([], queue[:at]):
            if self.lay_alone(shift, [*kept, *fetching, queue[at]]):
                kept += [*fetching, queue[at]]
                del queue[0 if fetching else at : at + 1]
                return True
        return False

    def _part_from_half_crews(self) -> None:
        """Take out crew jobs of which a member could not be laid, or that don't have the skills together."""
        nodes, shifts = self.instance.nodes, self.instance.shifts
        crews = np.flatnonzero((nodes["crew"][: self.instance.jobs] > 1) & ~nodes["is_committed"][: self.instance.jobs])
        for job in crews.tolist():
            members = [shift for shift, tour in tours_of(self.instance, self.state).nodes.items() if job in tour]
            people = {int(shifts["technician"][shift]) for shift in members}
            row, covered = int(nodes["crew_row"][job]), 0
            for shift in members:
                covered |= int(self.instance.crew_covers[row, shift])
            is_whole = len(people) == len(members) == nodes["crew"][job] and covered == self.instance.crew_needs[row]
            if members and not (is_whole and int(self.state.supplier[job]) in members):
                self._take_out(job)

    def _take_out(self, job: int) -> None:
        """Take a job off all its tours, and before it what must follow it."""
        node = self.instance.nodes[job]
        for after in self.instance.successors[node["first_successor"] : node["last_successor"], 0].tolist():
            self._take_out(after)
        is_out = np.zeros(self.instance.jobs, np.bool_)
        is_out[job] = True
        for shift, tour in tours_of(self.instance, self.state).nodes.items():
            if job in tour:
                take_out(self.instance, self.state, shift, is_out, self.work)


def tours_of(instance: Instance, state: State) -> Tours:
    """The tours of a state that hold more than what has begun."""
    nodes = {
        shift: tuple(state.stops[shift, :count, NODE].tolist())
        for shift, count in enumerate(state.figures[:, STOPS].tolist())
        if count > instance.shifts["committed"][shift]
    }
    crews = np.flatnonzero((instance.nodes["crew"][: instance.jobs] > 1) & (state.shift_of >= 0))
    meetings = {
        job: (int(state.job_start_s[job]), int(state.job_end_s[job]), int(state.supplier[job]))
        for job in crews.tolist()
    }
    return Tours(nodes, meetings)


def search_part(instance: Instance, tours: Tours, stretch: Stretch) -> Found:
    """Go on from some tours for a while; the best found is never worse than what could be laid of them."""
    began = time.monotonic()
    bench = Bench(instance, stretch.seed)
    saved, best, step = empty_state(instance, 0), empty_state(instance, 0), _extent(instance, stretch)
    pool = empty_pool(_POOL)
    bench.lay(tours)
    best.counters[TOTAL] = bench.cents + 1
    keep_best(bench.state, best)
    bench.construct(saved, step)
    if bench.cents < best.counters[TOTAL]:
        keep_best(bench.state, best)
    state, work = bench.state, bench.work

    def run(steps: int, hot: float, cold: float) -> None:
        anneal(instance, state, best, saved, step, pool, steps, stretch.size, hot, cold, work)

    if len(step.active) == 0:
        steps = 0
    elif stretch.steps is not None:
        run(stretch.steps, stretch.hot, stretch.cold)
        steps = stretch.steps
    else:
        steps = _run_for(stretch, began, run)
    found, again = tours_of(instance, best), Bench(instance, 0)
    again.lay(found)
    return Found(
        found,
        again.cents,
        tours_of(instance, state),
        bench.cents,
        tuple(
            Column(
                int(pool.shifts[row]),
                tuple(pool.tours[row, : pool.lengths[row]].tolist()),
                int(pool.cents[row]),
                int(pool.totals[row]),
            )
            for row in np.flatnonzero(pool.keys)
        ),
        steps,
    )


def _extent(instance: Instance, stretch: Stretch) -> Step:
    """What the stretch may change, with nothing taken out."""
    step = empty_step(instance)
    if stretch.shifts is None or stretch.jobs is None:
        return step
    is_open, is_active = np.zeros_like(step.is_open), np.zeros_like(step.is_active)
    is_open[list(stretch.shifts)] = True
    is_active[list(stretch.jobs)] = True
    is_active &= step.is_active
    return replace(step, is_open=is_open, is_active=is_active, active=np.flatnonzero(is_active).astype(np.int32))


def _run_for(stretch: Stretch, began: float, run: Callable[[int, float, float], None]) -> int:
    """Run in slices until the seconds are spent, cooling with the clock; the number of steps."""
    total, steps, cooling = 0, 50, stretch.cold / stretch.hot
    while (spent := time.monotonic() - began) < stretch.seconds:
        slice_s = min(_SLICE_S, stretch.seconds - spent)
        hot = stretch.hot * cooling ** (spent / stretch.seconds)
        cold = stretch.hot * cooling ** min(1.0, (spent + slice_s) / stretch.seconds)
        run(steps, hot, cold)
        total += steps
        used = time.monotonic() - began - spent
        steps = max(10, min(100_000, int(steps * slice_s / max(used, 1e-4))))
    return total
