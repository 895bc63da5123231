"""Rounds of search: lanes side by side, then what they learn from each other, then the master now and then."""

from dataclasses import dataclass

from solver.engines.ruin_columns import Columns
from solver.engines.ruin_standing import SIZE, Order, Standing, seed_of
from solver.plan import Plan
from solver.search.bench import Tours
from solver.search.part import Found, Stretch, search_part
from solver.units import Cents

_FAR_BEHIND = 30.0
"""Temperatures by which the plan of a lane may be dearer than the best one."""
_ROUND_S = 1.0
_ROUNDS = 12
"""With an iteration limit."""


@dataclass(slots=True)
class _Lane:
    """Where one search stands."""

    tours: Tours
    cents: Cents


class Rounds:
    """One solve: the best tours so far, the lanes, and the columns for the master."""

    def __init__(self, order: Order) -> None:
        self._schedule, self._executor, self._stop = order.schedule, order.executor, order.stop
        self._standing = Standing(order.problem, order.schedule, order.tell, is_searched=True)
        self._instance = self._standing.instance
        self._columns = Columns(self._standing, order.schedule)

    def run(self, start: Plan | None) -> None:
        """Search until the limit; tell every improvement."""
        standing = self._standing
        first = Stretch(self._schedule.seed, 0.0, 0, 1.0, 1.0, SIZE)
        self._learn(search_part(self._instance, standing.start(start), first))
        standing.report()
        lanes = [_Lane(standing.best, standing.cents) for _ in range(self._schedule.lanes)]
        turn = 0
        while not self._is_over(turn):
            for lane, found in zip(lanes, self._search(lanes, turn), strict=True):
                self._learn(found)
                lane.tours, lane.cents = found.last, found.last_cents
            turn += 1
            better = self._columns.recombined(self._share_done(turn))
            if better is not None:
                lane = lanes[turn % len(lanes)]
                lane.tours, lane.cents = better
            self._exchange(lanes, self._share_done(turn))
            standing.report()
        standing.report(is_last=True)

    def _is_over(self, turn: int) -> bool:
        if self._stop():
            return True
        is_done = self._schedule.steps is not None and turn >= _ROUNDS
        return is_done or self._standing.left_s < 0.1

    def _share_done(self, turn: int) -> float:
        if self._schedule.steps is not None:
            return turn / _ROUNDS
        return self._standing.share_spent

    def _search(self, lanes: list[_Lane], turn: int) -> list[Found]:
        standing, schedule = self._standing, self._schedule
        seconds, steps = min(_ROUND_S, standing.left_s), None
        now, ahead = standing.share_spent, standing.share_after(seconds)
        if schedule.steps is not None:
            steps = schedule.steps * (turn + 1) // _ROUNDS - schedule.steps * turn // _ROUNDS
            now, ahead = turn / _ROUNDS, (turn + 1) / _ROUNDS
        hot, cold = standing.temperature(now), standing.temperature(ahead)
        waiting = [
            self._executor.submit(
                search_part,
                self._instance,
                lane.tours,
                Stretch(seed_of(schedule.seed, turn, number), seconds, steps, hot, cold, SIZE),
            )
            for number, lane in enumerate(lanes)
        ]
        return [one.result() for one in waiting]

    def _learn(self, found: Found) -> None:
        self._columns.learn(found.columns)
        self._standing.keep(found.best, found.best_cents)

    def _exchange(self, lanes: list[_Lane], share: float) -> None:
        """A lane that has fallen far behind the best plan, for how hot it is, goes on from there."""
        limit = self._standing.cents + _FAR_BEHIND * self._standing.temperature(share)
        for lane in lanes:
            if lane.cents > limit:
                lane.tours, lane.cents = self._standing.best, self._standing.cents
