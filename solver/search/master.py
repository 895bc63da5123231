"""The master problem: of all tours that the searches have met, the set that costs least together.

Set partitioning over a pool of columns, as in Pillac, Guéret, Medaglia, "A parallel matheuristic for the technician
routing and scheduling problem", Optimization Letters 7 (2013), section 3.3, with rows for dated stock beside theirs;
solved by CP-SAT from the incumbent. Tours of jobs that other routes matter to stay as the incumbent has them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from ortools.sat.python import cp_model

from solver.search.instance import Instance
from solver.search.part import Bench, Column, Tours
from solver.search.state import COST, LINKED, NEEDY
from solver.units import Cents, Seconds

MOST_COLUMNS = 8_000
"""Beyond these the model takes longer to build than it gains."""
_COLUMNS_A_SECOND = 5_000
"""Of the time given: a short call gets a small model."""


def recombined(
    instance: Instance, incumbent: Tours, columns: Iterable[Column], seconds: float, workers: int, seed: int
) -> tuple[Tours, Cents] | None:
    """The best plan made of known tours, if it is better than the incumbent; its tours and cents.

    With `workers` 1 the effort is counted by the solver's own deterministic clock, so that a run repeats.
    """
    bench = Bench(instance, seed)
    bench.lay(incumbent)
    before = bench.cents
    fixed = _fixed_shifts(instance, bench)
    own = [
        Column(shift, nodes, int(bench.state.figures[shift, COST]), before)
        for shift, nodes in incumbent.nodes.items()
        if shift not in fixed
    ]
    gone = {node for shift in fixed for node in incumbent.nodes.get(shift, ())}
    others = (one for one in columns if one.shift not in fixed and gone.isdisjoint(one.nodes))
    chosen = _chosen(instance, own, others, seconds, workers, seed)
    if chosen is None:
        return None
    nodes = {shift: tour for shift, tour in incumbent.nodes.items() if shift in fixed}
    tours = Tours(nodes | {one.shift: one.nodes for one in chosen}, incumbent.meetings)
    again = Bench(instance, seed)
    again.lay(tours)
    return (tours, again.cents) if again.cents < before else None


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


def _chosen(
    instance: Instance,
    own: Sequence[Column],
    others: Iterable[Column],
    seconds: float,
    workers: int,
    seed: int,
) -> list[Column] | None:
    """Solve the model; None where CP-SAT has nothing better than the incumbent it was given."""
    known = {(one.shift, frozenset(one.nodes)) for one in own}
    ranked = sorted(others, key=lambda one: (one.total, one.shift, one.nodes))
    columns = list(own)
    most = min(MOST_COLUMNS, int(_COLUMNS_A_SECOND * seconds))
    for one in ranked:
        key = (one.shift, frozenset(one.nodes))
        if key not in known and len(columns) < most:
            known.add(key)
            columns.append(one)
    model = cp_model.CpModel()
    use = [model.new_bool_var("") for _ in columns]
    by_job: dict[int, list[int]] = defaultdict(list)
    by_shift: dict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(columns):
        by_shift[one.shift].append(number)
        for node in one.nodes:
            if node < instance.jobs and not instance.nodes["is_committed"][node]:
                by_job[node].append(number)
    for numbers in by_shift.values():
        model.add_at_most_one(use[number] for number in numbers)
    left_out, penalties = [], []
    for job, numbers in by_job.items():
        stays_out = model.new_bool_var("")
        model.add_exactly_one([stays_out, *(use[number] for number in numbers)])
        left_out.append(stays_out)
        penalties.append(int(instance.nodes["leaving_out_cents"][job]))
    _limit_stock(instance, model, columns, use)
    begun = instance.shifts["begun_cents"].tolist()
    weights = [one.cents - begun[one.shift] for one in columns]
    model.minimize(
        cp_model.LinearExpr.weighted_sum(use, weights) + cp_model.LinearExpr.weighted_sum(left_out, penalties)
    )
    planned = {node for one in own for node in one.nodes}
    for number, variable in enumerate(use):
        model.add_hint(variable, number < len(own))
    for job, variable in zip(by_job, left_out, strict=True):
        model.add_hint(variable, job not in planned)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    if workers == 1:
        solver.parameters.max_deterministic_time = seconds
    else:
        solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [one for number, one in enumerate(columns) if solver.value(use[number])]


def _limit_stock(
    instance: Instance, model: cp_model.CpModel, columns: Sequence[Column], use: Sequence[cp_model.IntVar]
) -> None:
    """Before each receipt, and in the end, all loads begun by then are at most what was received before."""
    if len(instance.receipt_first) < 2:
        return
    takers: dict[int, list[tuple[Seconds, int, int]]] = defaultdict(list)
    bench = Bench(instance, 0)
    for number, one in enumerate(columns):
        for stock, (second, units) in _loads(instance, bench, one).items():
            takers[stock].append((second, units, number))
    for stock, loads in takers.items():
        receipts = instance.receipts[instance.receipt_first[stock] : instance.receipt_first[stock + 1]].tolist()
        received = 0
        for moment, quantity in receipts:
            early = [(units, use[number]) for second, units, number in loads if second < moment]
            if early:
                model.add(sum(units * variable for units, variable in early) <= received)
            received += quantity
        model.add(sum(units * use[number] for _, units, number in loads) <= received)


def _loads(instance: Instance, bench: Bench, one: Column) -> Mapping[int, tuple[Seconds, int]]:
    """Finite stock to (second, units) that a tour takes, on its own; `bench` has no tour before and after."""
    if all(node < instance.jobs for node in one.nodes):
        return {}
    if not bench.lay_alone(one.shift, one.nodes):
        return {}
    taken = {
        stock: (int(bench.state.loaded_s[stock, one.shift]), int(bench.state.loaded[stock, one.shift]))
        for stock in bench.state.loaded[:, one.shift].nonzero()[0].tolist()
    }
    bench.lay_alone(one.shift, one.nodes[: instance.shifts["committed"][one.shift]])
    return taken
