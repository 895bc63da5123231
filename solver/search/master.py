"""The master problem: of all tours that the searches have met, the set that costs least together.

Set partitioning over a pool of columns, as in Pillac, Guéret, Medaglia, "A parallel matheuristic for the technician
routing and scheduling problem", Optimization Letters 7 (2013), section 3.3, with rows for dated stock beside theirs;
solved by CP-SAT from the incumbent. Tours of jobs that other routes matter to stay as the incumbent has them.
"""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ortools.sat.python import cp_model

from solver.search.bench import Bench, Load, Tours, loads_of, tours_of
from solver.search.instance import Instance
from solver.search.part import Column
from solver.search.state import COST, LINKED, NEEDY, NODE, STOPS
from solver.units import Cents, Seconds

MOST_COLUMNS = 8_000
"""Beyond these the model takes longer to build than it gains."""
_COLUMNS_A_SECOND = 5_000
"""Of the time given: a short call gets a small model."""
_LEAST_S = 0.05
"""Less time is not worth beginning."""
_Loaded = tuple[Column, tuple[Load, ...]]
_Standing = tuple[tuple[int, ...], Cents, tuple[Load, ...]]
"""Nodes, cents and loads of a tour that was laid on its own."""


class Master:
    """The master problem of one instance; it remembers how each tour stands on its own."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[tuple[int, tuple[int, ...]], _Standing | None] = {}
        self._empty = Bench(instance, 0)

    def recombined(
        self, incumbent: Tours, columns: Iterable[Column], seconds: float, workers: int, seed: int, *, is_counted: bool
    ) -> tuple[Tours, Cents] | None:
        """The best plan made of known tours, if it is better than the incumbent; its tours and cents.

        With `is_counted` the effort is counted by the solver's own deterministic clock, so that a run repeats; give it
        one worker then.
        """
        began = time.monotonic()
        bench = Bench(self._instance, seed)
        bench.lay(incumbent)
        before, standing = bench.cents, tours_of(self._instance, bench.state)
        fixed = _fixed_shifts(self._instance, bench)
        own = [
            (Column(shift, nodes, int(bench.state.figures[shift, COST]), before), standing.loads[shift])
            for shift, nodes in standing.nodes.items()
            if shift not in fixed
        ]
        gone = {node for shift in fixed for node in standing.nodes.get(shift, ())}
        others = (
            one
            for one in columns
            if one.shift not in fixed and gone.isdisjoint(one.nodes) and not self._draws_on_other_days(one)
        )
        most = min(MOST_COLUMNS, int(_COLUMNS_A_SECOND * seconds))
        until = math.inf if is_counted else began + seconds / 2
        pool = own + self._best_of(others, {(one.shift, frozenset(one.nodes)) for one, _ in own}, most, until)
        stay = sorted(fixed & standing.nodes.keys())
        taken = [_taken(self._instance, standing.nodes[shift], standing.loads[shift]) for shift in stay]
        model = _Model(self._instance, pool, len(own), taken)
        left_s = seconds - (time.monotonic() - began)
        if not is_counted and left_s < _LEAST_S:
            return None
        chosen = model.solve(seconds, None if is_counted else left_s, workers, seed)
        if chosen is None:
            return None
        nodes = {shift: tour for shift, tour in standing.nodes.items() if shift in fixed}
        loads = {shift: standing.loads[shift] for shift in nodes}
        tours = Tours(
            nodes | {one.shift: one.nodes for one, _ in chosen},
            standing.meetings,
            loads | {one.shift: taken for one, taken in chosen},
        )
        again = Bench(self._instance, seed)
        again.lay(tours)
        return (tours, again.cents) if again.cents < before else None

    def _draws_on_other_days(self, one: Column) -> bool:
        """Whether its jobs need parts, which the technician's other shifts may need as well."""
        technician = int(self._instance.shifts["technician"][one.shift])
        first, last = self._instance.technician_first[technician : technician + 2].tolist()
        jobs = [node for node in one.nodes if node < self._instance.jobs]
        own = self._instance.nodes[jobs]
        return last - first > 1 and bool((own["first_part"] < own["last_part"]).any())

    def _best_of(
        self, columns: Iterable[Column], known: set[tuple[int, frozenset[int]]], most: int, until: float
    ) -> list[_Loaded]:
        """Columns of the best plans, with their loads; no two with the same stops, and none that can't be laid."""
        found: list[_Loaded] = []
        for one in sorted(columns, key=lambda one: (one.total, one.shift, one.nodes)):
            if len(found) >= most or time.monotonic() > until:
                break
            loaded = None if (one.shift, frozenset(one.nodes)) in known else self._laid(one)
            key = (one.shift, frozenset((loaded or (one, ()))[0].nodes))
            if loaded is not None and key not in known:
                found.append(loaded)
            known |= {key, (one.shift, frozenset(one.nodes))}
        return found

    def _laid(self, one: Column) -> _Loaded | None:
        """A tour as it stands on its own, with what it loads then; None where it can't be laid.

        A warehouse stop that it needed beside others may do nothing now, and is left out.
        """
        if all(node < self._instance.jobs for node in one.nodes):
            return one, ()
        key = (one.shift, one.nodes)
        if len(self._known) > 8 * MOST_COLUMNS:
            self._known.clear()
        if key not in self._known:
            self._known[key] = None
            if self._empty.lay_alone(one.shift, one.nodes):
                state = self._empty.state
                nodes = tuple(state.stops[one.shift, : state.figures[one.shift, STOPS], NODE].tolist())
                self._known[key] = (nodes, int(state.figures[one.shift, COST]), loads_of(state, one.shift))
                self._empty.lay_alone(one.shift, one.nodes[: self._instance.shifts["committed"][one.shift]])
        if (known := self._known[key]) is None:
            return None
        nodes, cents, loads = known
        return replace(one, nodes=nodes, cents=cents), loads


def _fixed_shifts(instance: Instance, bench: Bench) -> set[int]:
    """Shifts whose tours depend on others: of linked jobs, or of a technician who fetches over several days."""
    figures = bench.state.figures
    fixed = {shift for shift in range(len(instance.shifts)) if figures[shift, LINKED]}
    firsts = instance.technician_first.tolist()
    for first, last in pairwise(firsts):
        own = instance.technician_shifts[first:last].tolist()
        if len(own) > 1 and any(figures[shift, NEEDY] for shift in own):
            fixed.update(own)
    return fixed


class _Model:
    """Which of some columns to use; the first `own` are those of the incumbent.

    fixed: what the tours that stay take of finite stock, stock to (second, units).
    """

    def __init__(
        self, instance: Instance, pool: Sequence[_Loaded], own: int, fixed: Sequence[Mapping[int, tuple[Seconds, int]]]
    ) -> None:
        self._instance, self._pool = instance, pool
        self._model = cp_model.CpModel()
        self._use = [self._model.new_bool_var("") for _ in pool]
        self._cover(own)
        self._limit_stock(fixed)

    def _cover(self, own: int) -> None:
        """Every job once at most, every shift one tour at most; the cost; the incumbent as a hint."""
        model, use, instance = self._model, self._use, self._instance
        by_job: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        by_shift: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        is_committed, is_held = (instance.nodes[name].tolist() for name in ("is_committed", "is_held"))
        for variable, (one, _) in zip(use, self._pool, strict=True):
            by_shift[one.shift].append(variable)
            for node in one.nodes:
                if node < instance.jobs and not is_committed[node]:
                    by_job[node].append(variable)
        for variables in by_shift.values():
            model.add_at_most_one(variables)
        planned = {node for one, _ in self._pool[:own] for node in one.nodes}
        left_out, penalties = [], []
        for job, variables in by_job.items():
            if is_held[job] and job in planned:
                model.add_exactly_one(variables)
                continue
            left_out.append(model.new_bool_var(""))
            model.add_exactly_one([left_out[-1], *variables])
            model.add_hint(left_out[-1], job not in planned)
            penalties.append(int(instance.nodes["leaving_out_cents"][job]))
        begun = instance.shifts["begun_cents"].tolist()
        weights = [one.cents - begun[one.shift] for one, _ in self._pool]
        total = cp_model.LinearExpr.weighted_sum(use, weights)
        model.minimize(total + cp_model.LinearExpr.weighted_sum(left_out, penalties))
        for number, variable in enumerate(use):
            model.add_hint(variable, number < own)

    def _limit_stock(self, fixed: Sequence[Mapping[int, tuple[Seconds, int]]]) -> None:
        """Before each receipt, and in the end, all loads begun by then are at most what was received before."""
        instance = self._instance
        takers: dict[int, list[tuple[Seconds, int, cp_model.IntVar]]] = defaultdict(list)
        for variable, (one, loads) in zip(self._use, self._pool, strict=True):
            for stock, (second, units) in _taken(instance, one.nodes, loads).items():
                takers[stock].append((second, units, variable))
        for stock, taken in takers.items():
            first, last = instance.receipt_first[stock], instance.receipt_first[stock + 1]
            received = 0
            for moment, quantity in [*instance.receipts[first:last].tolist(), (math.inf, 0)]:
                left = received - sum(
                    units for one in fixed if stock in one for second, units in [one[stock]] if second < moment
                )
                early = [one for one in taken if one[0] < moment]
                quantities = [units for _, units, _ in early]
                if sum(quantities) > left:
                    total = cp_model.LinearExpr.weighted_sum([variable for _, _, variable in early], quantities)
                    self._model.add(total <= left)
                received += quantity

    def solve(self, effort: float, seconds: float | None, workers: int, seed: int) -> list[_Loaded] | None:
        """The columns of the best plan found within an effort, or within seconds where these are given."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        if seconds is None:
            solver.parameters.max_deterministic_time = effort
        else:
            solver.parameters.max_time_in_seconds = seconds
        if solver.solve(self._model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [one for one, variable in zip(self._pool, self._use, strict=True) if solver.value(variable)]


def _taken(instance: Instance, nodes: Sequence[int], loads: Sequence[Load]) -> Mapping[int, tuple[Seconds, int]]:
    """Finite stock to (second, units) that a tour takes of it."""
    found: dict[int, tuple[Seconds, int]] = {}
    for stop, part, units, job, second in loads:
        stock = int(instance.stock_row[nodes[stop] - instance.jobs, part])
        if stock >= 0 and job < 0:
            first, before = found.get(stock, (second, 0))
            found[stock] = (min(first, second), before + units)
    return found
