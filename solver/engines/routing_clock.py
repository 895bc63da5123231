"""A clock without breaks: the routing model runs on it, so that rests cost it nothing.

Interval variables for breaks make OR-Tools several times slower. Instead every rest is cut out of the time line at
the latest second at which some break's window opens: what starts before it keeps its time, what starts later moves
forward by the rest. A service or drive that straddles the cut is not interrupted: the technician rests after the
service, or at either end of the drive. A shift without that break loses the time, and a service that outlasts the
break's window can't be timed; the finished route is timed exactly and says so.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from solver.problem import VehicleShift, Window
from solver.units import Seconds


@dataclass(frozen=True, slots=True)
class Clock:
    """Cuts (second, length) in the order of time, not overlapping."""

    cuts: tuple[tuple[Seconds, Seconds], ...]

    def early(self, second: Seconds) -> Seconds:
        """The first second of this clock that is not before a real second."""
        gone = 0
        for start, length in self.cuts:
            if second < start:
                break
            gone += min(length, second - start)
        return second - gone

    def late(self, second: Seconds) -> Seconds:
        """The last second of this clock that is not after a real second."""
        inside = any(start <= second < start + length for start, length in self.cuts)
        return self.early(second) - inside

    def window(self, window: Window) -> Window | None:
        """A window on this clock; None where it lies inside a rest."""
        start, end = self.early(window.start), self.late(window.end)
        return Window(start, end) if start <= end else None


def clock_of(shifts: Sequence[VehicleShift]) -> Clock:
    """Cut one rest out per group of breaks whose windows overlap, as long as the longest any one shift has there."""
    rests = sorted(
        (one.window.start, one.window.end, one.duration_s, shift.id) for shift in shifts for one in shift.breaks
    )
    cuts: list[tuple[Seconds, Seconds]] = []
    group: list[tuple[Seconds, Seconds, Seconds, str]] = []
    for rest in rests:
        if group and rest[0] > min(end for _, end, _, _ in group):
            cuts.append(_cut(group))
            group = []
        group.append(rest)
    if group:
        cuts.append(_cut(group))
    apart = []
    free = -(2**62)
    for start, length in cuts:
        apart.append((max(start, free), length))
        free = apart[-1][0] + length
    return Clock(tuple(apart))


def _cut(group: Sequence[tuple[Seconds, Seconds, Seconds, str]]) -> tuple[Seconds, Seconds]:
    lengths: Counter[str] = Counter()
    for _, _, duration, shift in group:
        lengths[shift] += duration
    return max(start for start, _, _, _ in group), max(lengths.values())
