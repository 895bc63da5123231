"""Good tours seen by a search, for the master problem: a set-associative memory, the best of each set of jobs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.search.instance import Ints, Longs
from solver.search.kernel import Block, kernel
from solver.search.state import COST, LINKED, NODE, STOPS, State

WAYS = 8
"""Places that a tour may take."""
LONGEST = 48
"""Stops of a tour that is remembered; longer ones are not."""


@dataclass
class Pool(Block):
    """keys: (C), 0 = free. cents: (C), of the tour. totals: (C), of the best plan it was seen in. shifts: (C).

    lengths: (C). tours: (C, LONGEST), nodes in order.
    """

    keys: NDArray[np.uint64]
    cents: Longs
    totals: Longs
    shifts: Ints
    lengths: Ints
    tours: Ints


def empty_pool(size: int) -> Pool:
    """Room for `size` tours, a multiple of WAYS."""
    return Pool(
        keys=np.zeros(size, np.uint64),
        cents=np.zeros(size, np.int64),
        totals=np.zeros(size, np.int64),
        shifts=np.zeros(size, np.int32),
        lengths=np.zeros(size, np.int32),
        tours=np.zeros((size, LONGEST), np.int32),
    )


@kernel
def remember(pool: Pool, state: State, shift: int, jobs: int, total: int) -> None:
    """Keep the tour of a shift, seen in a plan of `total` cents, unless all tours in its place were in better plans."""
    count = state.figures[shift, STOPS]
    if count > LONGEST or count == 0 or state.figures[shift, LINKED] > 0:
        return
    key = _mixed(np.uint64(shift + 1))
    for index in range(count):
        node = state.stops[shift, index, NODE]
        if node < jobs:
            key += _mixed(np.uint64(node + 1_000_003))
    key |= np.uint64(1)
    first = WAYS * int(_mixed(key) % np.uint64(len(pool.keys) // WAYS))
    chosen, worst = -1, total
    for row in range(first, first + WAYS):
        if pool.keys[row] == key:
            pool.totals[row] = min(pool.totals[row], total)
            if pool.cents[row] <= state.figures[shift, COST]:
                return
            chosen = row
            total = pool.totals[row]
            break
        if pool.keys[row] == np.uint64(0):
            chosen, worst = row, 1 << 62
        elif pool.totals[row] > worst:
            chosen, worst = row, pool.totals[row]
    if chosen < 0:
        return
    pool.keys[chosen], pool.cents[chosen], pool.totals[chosen] = key, state.figures[shift, COST], total
    pool.shifts[chosen], pool.lengths[chosen] = shift, count
    for index in range(count):
        pool.tours[chosen, index] = state.stops[shift, index, NODE]


@kernel
def _mixed(word: Any) -> Any:
    """The finalizer of SplitMix64."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
