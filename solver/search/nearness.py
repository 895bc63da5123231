"""Which jobs have to do with which: quick to do one right before or after the other, or in need of the same part."""

from itertools import chain

import numpy as np

from solver.search.instance import FAR, Flags, Ints, Longs, Records

_MOST_NEAR = 100
"""Neighbours kept for each job; a step looks no further."""
_ROWS = 512
"""Jobs looked at together; more would only take more memory."""


def near_jobs(nodes: Records, windows: Ints, travel_s: Ints, is_committed: Flags) -> Ints:
    """For each job the others, nearest first, itself before them; shape (J, most). A fifth of the waiting counts."""
    count = len(is_committed)
    most = min(_MOST_NEAR, count)
    found = np.zeros((count, most), np.int32)
    places = nodes["location"][:count]
    opens, closes = _spans(nodes[:count], windows)
    for first in range(0, count, _ROWS):
        rows = np.arange(first, min(first + _ROWS, count))
        there = travel_s[np.ix_(places[rows], places)]
        there = np.minimum(there, travel_s[np.ix_(places, places[rows])].T).astype(np.int64)
        apart = np.maximum(opens[None, :] - closes[rows, None], opens[rows, None] - closes[None, :]) - there
        away = there + np.maximum(0, apart) // 5
        away[:, is_committed] = FAR
        away[np.arange(len(rows)), rows] = -1
        # Ties go to the lower number, so that the order does not depend on how it is found.
        ranked = away * count + np.arange(count)
        best = np.argpartition(ranked, most - 1, axis=1)[:, :most] if most < count else np.argsort(ranked, axis=1)
        order = np.argsort(np.take_along_axis(ranked, best, axis=1), axis=1)
        found[rows] = np.take_along_axis(best, order, axis=1)
    return found


def takers_of(jobs: Records, parts: Ints, count: int) -> tuple[Ints, Ints]:
    """The jobs that need each of `count` parts, and where those of each end."""
    found: list[list[int]] = [[] for _ in range(count)]
    for number in np.flatnonzero(jobs["first_part"] < jobs["last_part"]).tolist():
        for part in parts[jobs["first_part"][number] : jobs["last_part"][number], 0].tolist():
            found[part].append(number)
    ends = np.cumsum([0, *map(len, found)])
    return np.array(list(chain.from_iterable(found)), np.int32), ends.astype(np.int32)


def turned(travel: Ints) -> Ints:
    """Matrices with rows and columns exchanged."""
    return np.ascontiguousarray(travel.transpose(0, 2, 1))


def _spans(jobs: Records, windows: Ints) -> tuple[Longs, Longs]:
    """When each job may start at the earliest and at the latest; 0 and 0 without any window."""
    has_any = jobs["first_window"] < jobs["last_window"]
    opens, closes = np.zeros(len(jobs), np.int64), np.zeros(len(jobs), np.int64)
    opens[has_any] = windows[jobs["first_window"][has_any], 0]
    closes[has_any] = windows[jobs["last_window"][has_any] - 1, 1]
    return opens, closes
