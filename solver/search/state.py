"""Tours as arrays: what a search changes. One State per lane; nothing in it is shared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.search.instance import Instance, Ints, Longs
from solver.search.kernel import Block

MOST_STOPS = 120
"""Stops of one tour; longer ones are not built."""
MOST_LOADS = 96
"""Load entries of one tour."""

NODE, LOCATION, SERVICE, FIRST_WINDOW, LAST_WINDOW, EARLIEST, LATEST, FIXED = range(8)
"""Columns of a stop. EARLIEST, LATEST: bounds on its start that other routes or receipts set. FIXED: the second it
began, NEVER = not begun."""

STOPS, JOBS, PICKUPS, COST, TRAVEL_S, TRAVEL_M, SERVICE_S, PAID_S, DEPARTURE_S, RETURN_S = range(10)
STAMP, LINKED, NEEDY, MOVED = range(10, 14)
"""Columns of a tour's figures. LINKED: number of its jobs that other routes matter to. NEEDY: number of its stops that
have to do with parts or tools. STAMP: equal stamps mean equal tours. MOVED: cents for starts that are not the published
ones."""

STOP, PART, QUANTITY, FOR_JOB = range(4)
"""Columns of a load: place in the tour, part, units, job it is earmarked for or -1."""

STAMPED, STOCK_STAMPED, CENTS, PLACE_CODE = range(4)
"""Columns of what is remembered. STOCK_STAMPED: of finite stock, where that matters to the job, else 0. PLACE_CODE: -1
where there is no place below so many CENTS."""


@dataclass
class State(Block):
    """M = most stops of a tour, F finite stocks; the rest as in Instance.

    stops: (S, M, 8). figures: (S, 14), cents, seconds and metres. free_s: (S, M + 1), earliest second at which the
    technician is free after so many stops, breaks left out. latest_s: (S, M + 1), latest second to be at a stop,
    breaks left out; the last is that of the end. start_s: (S, M). leg_s: (S, M + 1), seconds to a stop from the
    one before; the last is the way to the end.
    loads: (S, MOST_LOADS, 4); load_count: (S). loaded: (F, S), units; loaded_s: (F, S), when.
    shift_of: (J), -1 = unplanned; of a crew, one of its members. job_start_s, job_end_s: (J); of a crew job, the
    meeting that is planned or being tried. supplier: (J), of a crew, the member whose van the parts come from.
    borrows: (crew jobs, most members, 2), rows (shift or -1, what that member fetches as bits of `crew_needs`).
    counters: see `NEXT_STAMP` and after. random: the generator's word.
    remembered: (J, S, 4), the best place of a job on a tour as it was at a stamp, columns from STAMPED on; (0, 0, 4)
    where nothing is inserted.
    """

    stops: Ints
    figures: Longs
    free_s: Ints
    latest_s: Ints
    start_s: Ints
    leg_s: Ints
    loads: Ints
    load_count: Ints
    loaded: Ints
    loaded_s: Ints
    shift_of: Ints
    job_start_s: Ints
    job_end_s: Ints
    supplier: Ints
    borrows: Longs
    counters: Longs
    random: NDArray[np.uint64]
    remembered: Ints


NEXT_STAMP, STOCK_STAMP, TOTAL = range(3)
"""Places in `State.counters`: the last stamp given, one for the state of finite stock, cents of the whole plan."""


@dataclass
class Work(Block):
    """Room for what is tried. A trial tour, its labels and its steps with breaks; none of it outlives a trial."""

    stops: Ints
    free_s: Ints
    start_s: Ints
    break_before: NDArray[np.int8]
    break_after: NDArray[np.int8]
    label_start_s: Ints
    steps: Ints
    figures: Longs
    all_loads: Ints
    van: Ints
    pickups: Ints
    best: Longs
    members: Longs
    pending: Ints
    scratch: Ints


def empty_state(instance: Instance, seed: int, *, is_searched: bool = False) -> State:
    """Nothing planned; the figures of every tour are those of an empty one until the prefixes are laid.

    Only where a search inserts jobs does it need room to remember places.
    """
    jobs, shifts = instance.jobs, len(instance.shifts)
    pairs = (jobs, shifts) if is_searched else (0, 0)
    stops = most_stops(instance)
    finite = len(instance.receipt_first) - 1
    return State(
        stops=np.zeros((shifts, stops, 8), np.int32),
        figures=np.zeros((shifts, 14), np.int64),
        free_s=np.zeros((shifts, stops + 1), np.int32),
        latest_s=np.zeros((shifts, stops + 1), np.int32),
        start_s=np.zeros((shifts, stops), np.int32),
        leg_s=np.zeros((shifts, stops + 1), np.int32),
        loads=np.zeros((shifts, MOST_LOADS, 4), np.int32),
        load_count=np.zeros(shifts, np.int32),
        loaded=np.zeros((finite, shifts), np.int32),
        loaded_s=np.zeros((finite, shifts), np.int32),
        shift_of=np.full(jobs, -1, np.int32),
        job_start_s=np.zeros(jobs, np.int32),
        job_end_s=np.zeros(jobs, np.int32),
        supplier=np.full(jobs, -1, np.int32),
        borrows=np.full((len(instance.crew_needs), instance.most_members, 2), -1, np.int64),
        counters=np.zeros(3, np.int64),
        random=np.array([seed], np.uint64),
        remembered=np.full((*pairs, 4), -1, np.int32),
    )


def empty_work(instance: Instance) -> Work:
    """Room for one lane."""
    stops, masks, breaks = most_stops(instance), 1 << instance.most_breaks, instance.most_breaks
    shifts = int(np.diff(instance.technician_first).max(initial=1))
    return Work(
        stops=np.zeros((stops, 8), np.int32),
        free_s=np.zeros((stops + 2, masks), np.int32),
        start_s=np.zeros(stops, np.int32),
        break_before=np.zeros((stops + 2, masks), np.int8),
        break_after=np.zeros((stops + 2, masks), np.int8),
        label_start_s=np.zeros((stops + 2, masks), np.int32),
        steps=np.zeros((stops + 2 + breaks, 6), np.int32),
        figures=np.zeros(14, np.int64),
        all_loads=np.zeros((MOST_LOADS * shifts, 5), np.int32),
        van=np.zeros(instance.van_stock.shape[1], np.int32),
        pickups=np.zeros((stops * shifts, 3), np.int32),
        best=np.zeros(8, np.int64),
        members=np.zeros((10, 3), np.int64),
        pending=np.zeros(len(instance.shifts), np.int32),
        scratch=np.zeros((stops, 8), np.int32),
    )


def most_stops(instance: Instance) -> int:
    """M: as many stops as a tour can have."""
    pickups = int(min(4, instance.shifts["max_pickups"].max(initial=0)))
    return min(MOST_STOPS, instance.jobs + pickups) + 2
