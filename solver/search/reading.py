"""From a Problem to the arrays of an Instance."""

from collections.abc import Mapping, Sequence

import numpy as np

from solver.draft import Draft
from solver.plan import Route, StopKind
from solver.problem import Problem
from solver.score import route_cents
from solver.search.eligible import allowed_pairs
from solver.search.instance import FAR, NEVER, NO_STOCK, SHIFT, UNLIMITED, Instance, Ints, Longs, Records
from solver.search.nearness import near_jobs, takers_of, turned
from solver.search.reading_nodes import Numbers, nodes_of, rows_of, tool_bits
from solver.units import MAX_QUANTITY


def instance_of(problem: Problem, *, is_searched: bool = True) -> Instance:
    """The arrays of a valid problem with at least one shift and one job.

    Where only tours are laid and parts are cut out, `near`, `back_s` and `back_m` can stay empty.
    """
    numbers = Numbers(problem)
    nodes, lists = nodes_of(problem, numbers)
    is_committed = nodes["is_committed"][: len(problem.jobs)]
    stock_row, receipts, receipt_first = _stock(problem, numbers.parts)
    lacks, lends = _tools(problem, numbers.tool_sets)
    technician_shifts, technician_first = _technician_shifts(problem, numbers.technicians)
    begun = Draft.begun(problem).routes
    committed_s, committed_job, begun_s = _committed(problem, numbers.jobs, begun)
    travel_s, travel_m, profiles = _travel(problem)
    shifts, breaks = _shifts(problem, numbers.technicians, profiles, begun)
    takers, taker_first = takers_of(nodes[: len(problem.jobs)], lists["parts"], len(numbers.parts))
    return Instance(
        **lists,
        nodes=nodes,
        shifts=shifts,
        breaks=breaks,
        travel_s=travel_s,
        travel_m=travel_m,
        back_s=turned(travel_s) if is_searched else np.zeros((0, 0, 0), np.int32),
        back_m=turned(travel_m) if is_searched else np.zeros((0, 0, 0), np.int32),
        allowed=allowed_pairs(problem),
        service_s=_service(problem),
        pair_cents=_pair_cents(problem),
        van_stock=_van_stock(problem, numbers.parts),
        stock_row=stock_row,
        receipts=receipts,
        receipt_first=receipt_first,
        lacks=lacks,
        lends=lends,
        technician_shifts=technician_shifts,
        technician_first=technician_first,
        near=near_jobs(nodes, lists["windows"], travel_s[0], is_committed)
        if is_searched
        else np.zeros((0, 0), np.int32),
        takers=takers,
        taker_first=taker_first,
        committed_s=committed_s,
        begun_s=begun_s,
        committed_job=committed_job,
        handling_s=np.array([one.handling_s for one in problem.warehouses], np.int32),
        rates=_rates(problem),
    )


def _stock(problem: Problem, parts: Mapping[str, int]) -> tuple[Ints, Ints, Ints]:
    stock_row = np.full((len(problem.warehouses), len(parts)), NO_STOCK, np.int32)
    groups: list[list[tuple[int, int]]] = []
    for index, warehouse in enumerate(problem.warehouses):
        for part, received in warehouse.stock.items():
            if part not in parts:
                continue
            if received is None:
                stock_row[index, parts[part]] = UNLIMITED
                continue
            stock_row[index, parts[part]] = len(groups)
            groups.append(sorted((one.from_s, min(one.quantity, MAX_QUANTITY)) for one in received))
    receipts, ends = rows_of(groups, 2)
    return stock_row, receipts, ends


def _tools(problem: Problem, tool_sets: Mapping[frozenset[str], int]) -> tuple[Longs, Longs]:
    """By tool set, the tools that each van lacks and those that each warehouse lends, as words of bits."""
    lacks = np.zeros((len(problem.shifts), len(tool_sets)), np.int64)
    lends = np.zeros((len(problem.warehouses), len(tool_sets)), np.int64)
    for tools, number in tool_sets.items():
        bits = tool_bits(tools)
        for row, shift in enumerate(problem.shifts):
            lacks[row, number] = sum(bits[tool] for tool in tools - shift.tools)
        for row, warehouse in enumerate(problem.warehouses):
            lends[row, number] = sum(bits[tool] for tool in tools & warehouse.tools)
    return lacks, lends


def _technician_shifts(problem: Problem, technicians: Mapping[str, int]) -> tuple[Ints, Ints]:
    own: list[list[tuple[int, int]]] = [[] for _ in technicians]
    for index, shift in enumerate(problem.shifts):
        own[technicians[shift.technician]].append((shift.earliest_start, index))
    rows, ends = rows_of([[(index,) for _, index in sorted(group)] for group in own], 1)
    return rows[:, 0].copy(), ends


def _travel(problem: Problem) -> tuple[Ints, Ints, Mapping[str, int]]:
    profiles = {name: index for index, name in enumerate(problem.profiles)}

    every = list(problem.profiles.values())
    return _stacked([one.seconds for one in every]), _stacked([one.metres for one in every]), profiles


def _stacked(matrices: Sequence[Ints]) -> Ints:
    """Matrices with FAR for no road, on top of each other; a single one that has all roads is used as it is."""
    if len(matrices) == 1 and matrices[0].flags.c_contiguous:
        only = matrices[0]
        if only.size and only.min() >= 0 and not only.diagonal().any():
            return only[None]
    cells = np.stack([np.where(one < 0, FAR, one) for one in matrices]).astype(np.int32)
    cells[:, np.arange(cells.shape[1]), np.arange(cells.shape[1])] = 0
    return np.ascontiguousarray(cells)


def _shifts(
    problem: Problem, technicians: Mapping[str, int], profiles: Mapping[str, int], begun: Mapping[str, Route]
) -> tuple[Records, Ints]:
    """The shifts, and the breaks of all of them in turn."""
    breaks, break_ends = rows_of(
        (
            [(one.window.start, one.window.end, one.duration_s, one.paid) for one in shift.breaks]
            for shift in problem.shifts
        ),
        4,
    )
    records = np.zeros(len(problem.shifts), SHIFT)
    for index, shift in enumerate(problem.shifts):
        own = records[index]
        own["technician"], own["profile"] = technicians[shift.technician], profiles[shift.profile]
        own["earliest_start"], own["latest_end"] = shift.earliest_start, shift.latest_end
        own["latest_return"] = shift.latest_return
        own["start_location"], own["end_location"] = shift.start_location, shift.end_location
        own["first_break"], own["last_break"] = break_ends[index], break_ends[index + 1]
        own["max_jobs"] = FAR if shift.max_jobs is None else shift.max_jobs
        own["max_pickups"], own["committed"] = shift.max_pickups, len(shift.committed)
        own["cents_per_hour"], own["cents_per_km"] = shift.cost_cents_per_hour, shift.cost_cents_per_km
        own["overtime_cents_per_hour"] = shift.overtime_cents_per_hour
        own["fixed_cents"] = shift.fixed_cost_cents
        own["load_target_s"] = FAR if shift.load_target_s is None else shift.load_target_s
        own["begun_cents"] = route_cents(problem, begun[shift.id]) if shift.id in begun else 0
    return records, breaks


def _service(problem: Problem) -> Ints:
    jobs, shifts = problem.jobs, problem.shifts
    cells = np.repeat(np.array([job.service_s for job in jobs], np.int32)[:, None], len(shifts), axis=1)
    for index, job in enumerate(jobs):
        if job.service_s_by_level:
            cells[index] = [job.service_on(shift) for shift in shifts]
        if job.id in problem.begun_stays:
            cells[index] = problem.begun_stays[job.id]
    return np.ascontiguousarray(cells)


def _pair_cents(problem: Problem) -> Longs:
    """Not preferred, levels above the required ones, another shift than in the published plan."""
    weights, shifts = problem.weights, problem.shifts
    cells = np.zeros((len(problem.jobs), len(shifts)), np.int64)
    owners = np.array([shift.technician for shift in shifts])
    names = [shift.id for shift in shifts]
    skills = {skill for job in problem.jobs for skill in job.skills}
    levels = {skill: np.array([shift.skills.get(skill, 0) for shift in shifts], np.int64) for skill in skills}
    for index, job in enumerate(problem.jobs):
        own = cells[index]
        if job.preferred_technicians:
            own += np.where(np.isin(owners, list(job.preferred_technicians)), 0, weights.non_preferred_cents)
        if job.crew_size == 1:
            for skill, level in job.skills.items():
                own += np.maximum(0, levels[skill] - level) * weights.over_qualification_cents
        if job.previous is not None:
            is_same = np.array([set(job.previous.shifts) == {name} for name in names])
            if job.crew_size > 1:
                is_same = np.isin(names, list(job.previous.shifts))
            own += np.where(is_same, 0, weights.disruption_change_cents)
    return cells


def _van_stock(problem: Problem, parts: Mapping[str, int]) -> Ints:
    cells = np.zeros((len(problem.technicians), len(parts)), np.int32)
    for index, technician in enumerate(problem.technicians):
        for part, quantity in technician.van_stock.items():
            if part in parts:
                cells[index, parts[part]] = min(quantity, MAX_QUANTITY)
    return cells


def _committed(problem: Problem, rank: Mapping[str, int], routes: Mapping[str, Route]) -> tuple[Ints, Ints, Ints]:
    most = max((len(shift.committed) for shift in problem.shifts), default=0)
    seconds = np.full((len(problem.shifts), most), NEVER, np.int32)
    jobs = np.full((len(problem.shifts), most), -1, np.int32)
    alone = np.full((len(problem.shifts), most), NEVER, np.int32)
    for index, shift in enumerate(problem.shifts):
        for place, begun in enumerate(shift.committed):
            jobs[index, place] = rank[begun.job]
            seconds[index, place] = NEVER if begun.start_s is None else begun.start_s
        if shift.id in routes:
            starts = [stop.start_s for stop in routes[shift.id].stops if stop.kind is StopKind.JOB]
            alone[index, : len(starts)] = starts
    return seconds, jobs, alone


def _rates(problem: Problem) -> Longs:
    weights = problem.weights
    return np.array(
        [
            weights.travel_cents_per_hour,
            weights.load_over_target_cents_per_hour,
            weights.disruption_cents_per_minute,
            weights.disruption_tolerance_s,
            any(job.previous is not None for job in problem.jobs),
            any(job.crew_size > 1 for job in problem.jobs),
        ],
        np.int64,
    )
