"""The tours that the searches of one solve have met, and the master that puts them together anew now and then."""

from collections.abc import Iterable
from dataclasses import replace

from solver.engines.ruin_standing import Schedule, Standing
from solver.search.bench import Tours
from solver.search.master import MOST_COLUMNS, Master
from solver.search.part import Column
from solver.units import Cents

_SHARES = (0.3, 0.5, 0.65, 0.8, 0.9, 0.97)
"""After which parts of the time or steps the master is called."""
_MASTER_SHARE, _MOST_MASTER_S = 0.03, 5.0
"""Of the time limit, for each call of the master; nobody who asks it to stop should wait for longer."""
_COUNTED_S = 2.0
"""With an iteration limit, by the solver's own clock."""


class Columns:
    """Known tours, the cheapest of each set of jobs on a shift, and when they are put together next."""

    def __init__(self, standing: Standing, schedule: Schedule, shares: Iterable[float] = _SHARES) -> None:
        self._standing, self._schedule = standing, schedule
        self._master = Master(standing.instance)
        self._known: dict[tuple[int, frozenset[int]], Column] = {}
        self._shares = list(shares)

    def learn(self, columns: Iterable[Column]) -> None:
        """Remember tours that are new or cheaper than before; `total` of a column ranks it, the lowest first."""
        for one in columns:
            key = (one.shift, frozenset(one.nodes))
            known = self._known.get(key)
            if known is None:
                self._known[key] = one
                continue
            cheaper, total = min(one, known, key=lambda tour: tour.cents), min(one.total, known.total)
            self._known[key] = replace(cheaper, total=total)
        if len(self._known) > 4 * MOST_COLUMNS:
            kept = sorted(self._known.items(), key=lambda item: item[1].total)[: 2 * MOST_COLUMNS]
            self._known = dict(kept)

    def recombined(self, share: float) -> tuple[Tours, Cents] | None:
        """When it is time again: a plan better than the best so far, if known tours make one."""
        if not self._shares or share < self._shares[0]:
            return None
        while self._shares and share >= self._shares[0]:
            self._shares.pop(0)
        standing, schedule = self._standing, self._schedule
        is_counted = schedule.steps is not None
        limit = min(schedule.seconds * _MASTER_SHARE, _MOST_MASTER_S, standing.left_s)
        seconds = _COUNTED_S if is_counted else limit
        if seconds < 0.05:
            return None
        workers = 1 if is_counted else schedule.workers
        better = self._master.recombined(
            standing.best, self._known.values(), seconds, workers, schedule.seed, is_counted=is_counted
        )
        if better is not None:
            standing.keep(*better)
        return better
