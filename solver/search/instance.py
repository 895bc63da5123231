"""The problem as arrays: what every kernel of this package reads and none writes.

Rows are named as the problem names them. `nodes` holds the jobs first, in the problem's order, then the warehouses; a
tour is a list of node numbers. Integers throughout, in the problem's units.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.search.kernel import Block
from solver.units import MAX_TIME_S

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Records = NDArray[Any]

FAR = 1 << 28
"""Seconds or metres of a pair without a road, and any second that is out of reach."""
NEVER = -MAX_TIME_S
ALWAYS = MAX_TIME_S
INFEASIBLE = 1 << 60
"""Cents of what can't be."""
NO_STOCK, UNLIMITED = -2, -1
"""In `stock_row`: the warehouse has none of the part, or as much as anybody wants."""

NODE = np.dtype(
    [
        ("location", np.int32),
        ("first_window", np.int32),
        ("last_window", np.int32),
        ("due_s", np.int32),
        ("late_cents_per_minute", np.int64),
        ("leaving_out_cents", np.int64),
        ("first_part", np.int32),
        ("last_part", np.int32),
        ("first_earmark", np.int32),
        ("last_earmark", np.int32),
        ("tool_set", np.int32),
        ("crew", np.int32),
        ("crew_row", np.int32),
        ("previous_s", np.int32),
        ("first_predecessor", np.int32),
        ("last_predecessor", np.int32),
        ("first_successor", np.int32),
        ("last_successor", np.int32),
        ("first_sequence", np.int32),
        ("last_sequence", np.int32),
        ("is_linked", np.bool_),
        ("is_held", np.bool_),
        ("is_committed", np.bool_),
    ],
    align=True,
)
"""A job or warehouse. due_s: FAR where lateness costs nothing. tool_set: -1 = needs none. previous_s: start in the
published plan, NEVER = none. is_linked: has predecessors, successors, a crew or a locked order, so that other routes
matter. is_held: locked, frozen or needed by such a job, so that the search never takes it out once it stands."""

SHIFT = np.dtype(
    [
        ("technician", np.int32),
        ("profile", np.int32),
        ("earliest_start", np.int32),
        ("latest_end", np.int32),
        ("latest_return", np.int32),
        ("start_location", np.int32),
        ("end_location", np.int32),
        ("first_break", np.int32),
        ("last_break", np.int32),
        ("max_jobs", np.int32),
        ("max_pickups", np.int32),
        ("committed", np.int32),
        ("cents_per_hour", np.int64),
        ("cents_per_km", np.int64),
        ("overtime_cents_per_hour", np.int64),
        ("fixed_cents", np.int64),
        ("load_target_s", np.int64),
        ("begun_cents", np.int64),
    ],
    align=True,
)
"""A technician's day. load_target_s: FAR = none. begun_cents: cost of the route that holds only what has begun."""


@dataclass
class Instance(Block):
    """All of it. J jobs, W warehouses, S shifts, T technicians, P parts, L locations, F finite stocks.

    nodes: (J + W). shifts: (S). windows, breaks: rows (start, end); `breaks` adds duration and 1 if paid.
    travel_s, travel_m: (profiles, L, L), FAR where there is no road, 0 from a place to itself. back_s, back_m: the same
    the other way round, [profile, to, from], so that all ways to one place lie side by side.
    allowed: (J, S), no rule keeps the shift from the job. service_s: (J, S). pair_cents: (J, S), what the pair costs
    wherever it stands (not preferred, levels above, changed shift). parts: rows (part, quantity) of the jobs in turn;
    earmarks: (part, quantity, technician or -1, warehouse or -1). van_stock: (T, P). stock_row: (W, P), row of a
    finite stock or NO_STOCK or UNLIMITED. receipts: (second, quantity), those of finite stock f from receipt_first[f]
    to receipt_first[f + 1], in the order of time. lacks: (S, tool sets), what
    is not on the van, a bit for each tool of the set by its name; lends: (W, tool sets), what the warehouse has.
    predecessors: rows (job, lag), successors the same the other way.
    sequences: row of an order in which the job stands; orders: (number, job) to its rank, -1 = not in it.
    technician_first: shifts of technician t are `technician_shifts[technician_first[t]:technician_first[t + 1]]`, in
    the order of time. near: (J, most), jobs by how close they are to do before or after, nearest first. takers: jobs by
    part, those of part p from taker_first[p] to taker_first[p + 1]. handling_s: (W). crew_covers: (crew jobs, S), the
    tools of its set and after them its skills that the shift brings for the job; crew_needs: (crew jobs), all of them.
    committed_s: (S, most begun), stated start, NEVER = on the way; committed_job: the same shape. begun_s: the
    same shape, when each starts while nothing else is planned.
    rates: travel_cents_per_hour, load_over_target_cents_per_hour, disruption_cents_per_minute, tolerance_s, and
    whether there are published starts and crews.
    """

    nodes: Records
    shifts: Records
    windows: Ints
    breaks: Ints
    travel_s: Ints
    travel_m: Ints
    back_s: Ints
    back_m: Ints
    allowed: Flags
    service_s: Ints
    pair_cents: Longs
    parts: Ints
    earmarks: Ints
    van_stock: Ints
    stock_row: Ints
    receipts: Ints
    receipt_first: Ints
    lacks: Longs
    lends: Longs
    predecessors: Ints
    successors: Ints
    sequences: Ints
    orders: Ints
    technician_shifts: Ints
    technician_first: Ints
    near: Ints
    takers: Ints
    taker_first: Ints
    committed_s: Ints
    begun_s: Ints
    committed_job: Ints
    handling_s: Ints
    crew_covers: Longs
    crew_needs: Longs
    rates: Longs

    @property
    def jobs(self) -> int:
        """J."""
        return int(self.allowed.shape[0])

    @property
    def most_members(self) -> int:
        """The most technicians of any crew."""
        return int(self.nodes["crew"].max(initial=1))

    @property
    def most_breaks(self) -> int:
        """The most breaks of any shift."""
        return int((self.shifts["last_break"] - self.shifts["first_break"]).max(initial=0))


TRAVEL_RATE, LOAD_RATE, MOVED_RATE, TOLERANCE_S, HAS_PREVIOUS, HAS_CREWS = range(6)
"""Places in `Instance.rates`; the last two are 0 or 1."""
