"""From the jobs and warehouses of a problem to the nodes of an instance, with the lists that hang on them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from solver.eligibility import start_windows
from solver.problem import Job, Problem
from solver.score import leaving_out_cents
from solver.search.instance import ALWAYS, FAR, NEVER, NODE, Ints, Longs, Records


class Numbers:
    """What ids are called in arrays: jobs and technicians by their place in the problem, parts and tool sets anew."""

    def __init__(self, problem: Problem) -> None:
        self.jobs = {job.id: index for index, job in enumerate(problem.jobs)}
        self.technicians = {one.id: index for index, one in enumerate(problem.technicians)}
        self.warehouses = {one.id: index for index, one in enumerate(problem.warehouses)}
        self.parts = {
            part: index for index, part in enumerate(sorted({part for job in problem.jobs for part in job.parts}))
        }
        sets = dict.fromkeys(job.tools for job in problem.jobs if job.tools)
        self.tool_sets = {tools: index for index, tools in enumerate(sets)}


def nodes_of(problem: Problem, numbers: Numbers) -> tuple[Records, dict[str, Any]]:
    """The nodes, and by their names in Instance the lists of which each node has a stretch."""
    jobs, parts = problem.jobs, numbers.parts
    orders, order_rows = _orders(problem, numbers.jobs)
    needs = ([(parts[part], quantity) for part, quantity in job.parts.items()] for job in jobs)
    firsts = ([(numbers.jobs[one.job], one.lag_s) for one in _firsts(problem, job)] for job in jobs)
    lists = {
        "windows": rows_of(_windows(problem), 2),
        "parts": rows_of(needs, 2),
        "earmarks": rows_of((_earmarks(job, numbers) for job in jobs), 4),
        "predecessors": rows_of(firsts, 2),
        "successors": rows_of(_followers(problem, numbers.jobs), 2),
        "sequences": rows_of(order_rows, 1),
    }
    nodes = np.zeros(len(jobs) + len(problem.warehouses), NODE)
    nodes["location"] = [*(job.location for job in jobs), *(one.location for one in problem.warehouses)]
    own = nodes[: len(jobs)]
    for name, (_, ends) in lists.items():
        stretch = nodes if name == "windows" else own
        stretch[f"first_{name[:-1]}"], stretch[f"last_{name[:-1]}"] = ends[:-1], ends[1:]
    _fill_jobs(problem, own, numbers.tool_sets)
    crews = _crews(problem, own)
    is_waited_for = own["first_successor"] < own["last_successor"]
    own["is_linked"] = ~own["is_committed"] & (
        (own["first_predecessor"] < own["last_predecessor"])
        | is_waited_for
        | (own["first_sequence"] < own["last_sequence"])
        | (own["crew"] > 1)
    )
    on_the_way = [numbers.jobs[one.job] for shift in problem.shifts for one in shift.committed if one.start_s is None]
    own["is_linked"][on_the_way] = is_waited_for[on_the_way]
    rows = {name: rows for name, (rows, _) in lists.items()}
    return nodes, rows | crews | {"orders": orders}


def rows_of(groups: Iterable[Sequence[Any]], width: int) -> tuple[Ints, Ints]:
    """The rows of all groups in turn, and where each group ends (group g is rows ends[g] to ends[g + 1])."""
    rows: list[Any] = []
    ends = [0]
    for group in groups:
        rows.extend(group)
        ends.append(len(rows))
    return np.array(rows, np.int32).reshape(-1, width), np.array(ends, np.int32)


def _windows(problem: Problem) -> Iterable[list[tuple[int, int]]]:
    begun = problem.committed_jobs
    for job in problem.jobs:
        if job.id in begun:
            yield [(NEVER, ALWAYS)]
        else:
            yield [(one.start, one.end) for one in start_windows(problem, job)]
    for warehouse in problem.warehouses:
        yield sorted((one.start, one.end) for one in warehouse.windows) or [(NEVER, ALWAYS)]


def _earmarks(job: Job, numbers: Numbers) -> list[tuple[int, int, int, int]]:
    return [
        (
            numbers.parts[one.part],
            one.quantity,
            -1 if one.technician is None else numbers.technicians[one.technician],
            -1 if one.warehouse is None else numbers.warehouses[one.warehouse],
        )
        for one in job.earmarks
        if one.part in job.parts
    ]


def _firsts(problem: Problem, job: Job) -> Sequence[Any]:
    return () if job.id in problem.committed_jobs else job.predecessors


def _followers(problem: Problem, rank: Mapping[str, int]) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = [[] for _ in problem.jobs]
    for job in problem.jobs:
        for first in _firsts(problem, job):
            found[rank[first.job]].append((rank[job.id], first.lag_s))
    return found


def _orders(problem: Problem, rank: Mapping[str, int]) -> tuple[Ints, list[list[tuple[int]]]]:
    orders = np.full((len(problem.sequences), len(problem.jobs)), -1, np.int32)
    rows: list[list[tuple[int]]] = [[] for _ in problem.jobs]
    for number, sequence in enumerate(problem.sequences):
        for place, job in enumerate(sequence):
            orders[number, rank[job]] = place
            rows[rank[job]].append((number,))
    return orders, rows


def _fill_jobs(problem: Problem, own: Records, tool_sets: Mapping[frozenset[str], int]) -> None:
    jobs, begun = problem.jobs, problem.committed_jobs
    own["due_s"] = [job.due_s if job.due_s is not None and job.lateness_cents_per_minute else FAR for job in jobs]
    own["late_cents_per_minute"] = [job.lateness_cents_per_minute if job.due_s is not None else 0 for job in jobs]
    own["leaving_out_cents"] = [leaving_out_cents(problem, job) for job in jobs]
    own["tool_set"] = [tool_sets.get(job.tools, -1) for job in jobs]
    own["crew"] = [job.crew_size for job in jobs]
    own["previous_s"] = [NEVER if job.previous is None else job.previous.start_s for job in jobs]
    own["is_held"] = _held(problem)
    own["is_committed"] = [job.id in begun for job in jobs]


def _held(problem: Problem) -> list[bool]:
    """Jobs that are locked or frozen, and those that such a job must follow: without them it could not stay."""
    freeze = problem.freeze_until_s
    waiting = [
        job
        for job in problem.jobs
        if job.lock is not None or (freeze is not None and job.previous is not None and job.previous.start_s < freeze)
    ]
    held = {job.id for job in waiting}
    while waiting:
        firsts = [first.job for first in waiting.pop().predecessors if first.job not in held]
        held.update(firsts)
        waiting += [problem.job_by_id[first] for first in firsts]
    return [job.id in held for job in problem.jobs]


def tool_bits(tools: frozenset[str]) -> dict[str, int]:
    """What stands for each tool of a set in words of `lacks`, `lends` and `crew_covers`."""
    return {tool: 1 << rank for rank, tool in enumerate(sorted(tools))}


def _crews(problem: Problem, own: Records) -> dict[str, Longs]:
    """What each shift brings to each crew job, tools first, then skills; numbers these."""
    crews = [index for index, job in enumerate(problem.jobs) if job.crew_size > 1]
    own["crew_row"][crews] = range(len(crews))
    covers = np.zeros((len(crews), len(problem.shifts)), np.int64)
    needs = np.zeros(len(crews), np.int64)
    for row, index in enumerate(crews):
        job = problem.jobs[index]
        tools = sorted(job.tools)
        needs[row] = (1 << len(tools) + len(job.skills)) - 1
        for number, shift in enumerate(problem.shifts):
            has = [tool in shift.tools for tool in tools]
            has += [shift.skills.get(skill, 0) >= level for skill, level in job.skills.items()]
            covers[row, number] = sum(1 << bit for bit, is_there in enumerate(has) if is_there)
    return {"crew_covers": covers, "crew_needs": needs}
