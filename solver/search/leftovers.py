"""What finite stock is left to the parts of a plan that are searched side by side, so that no unit is used twice.

Of each stock one part may use all that nobody else loads; every other part gets what its own tours load already, from
the second at which they do. Who gets the rest of which stock changes from turn to turn.
"""

from collections.abc import Sequence

import numpy as np

from solver.search.inside import Receipts
from solver.search.instance import Flags, Instance, Ints
from solver.search.reading_nodes import rows_of
from solver.search.state import State


def leftovers(instance: Instance, state: State, parts: Sequence[Sequence[int]], turn: int) -> list[Receipts]:
    """For each part, given by its shifts, the receipts it may use while the tours of `state` stand elsewhere."""
    finite = len(instance.receipt_first) - 1
    found = []
    for number, shifts in enumerate(parts):
        is_own = np.zeros(len(instance.shifts), np.bool_)
        is_own[list(shifts)] = True
        groups = [
            _rest(instance, state, stock, ~is_own)
            if (stock + turn) % len(parts) == number
            else _loads(state, stock, is_own)
            for stock in range(finite)
        ]
        found.append(Receipts(*rows_of(groups, 2)))
    return found


def _loads(state: State, stock: int, who: Flags) -> list[tuple[int, int]]:
    """(second, units) that some shifts load, in the order of time."""
    shifts = np.flatnonzero(who & (state.loaded[stock] > 0))
    return sorted(zip(state.loaded_s[stock, shifts].tolist(), state.loaded[stock, shifts].tolist(), strict=True))


def _rest(instance: Instance, state: State, stock: int, others: Flags) -> list[tuple[int, int]]:
    """Receipts less the loads of others: of what is there at a second, as much as stays there for good."""
    own: Ints = instance.receipts[instance.receipt_first[stock] : instance.receipt_first[stock + 1]]
    moves = sorted([*map(tuple, own.tolist()), *((second, -units) for second, units in _loads(state, stock, others))])
    seconds = sorted({second for second, _ in moves})
    change = dict.fromkeys(seconds, 0)
    for second, units in moves:
        change[second] += units
    there = np.cumsum([change[second] for second in seconds])
    stays = np.maximum(0, np.minimum.accumulate(there[::-1])[::-1])
    more = np.diff(stays, prepend=0)
    return [(second, int(units)) for second, units in zip(seconds, more.tolist(), strict=True) if units > 0]
