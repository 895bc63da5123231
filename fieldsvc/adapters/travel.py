"""Travel times: a port, a table of known places, and the estimate where no road is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""Latitude and longitude in degrees."""
Cells = NDArray[np.int32]

EARTH_RADIUS_M = 6_371_008.8
DETOUR = 1.3
"""Roads are longer than the straight line: a factor commonly measured in cities."""
FARTHEST_M = 2_500_000
"""Nobody drives further to a visit: beyond it a place is on another continent, or has wrong coordinates."""


class TravelTimes(Protocol):
    """Tells how long and how far it is between places; asymmetric, -1 where there is no road."""

    def matrix(self, points: Sequence[Point], profile: str) -> tuple[Cells, Cells]:
        """Seconds and metres, each of shape (points, points), row = from."""
        ...


class EstimatedTravel:
    """Great-circle distance times a detour, at one speed: what is left when nothing knows the roads."""

    def __init__(self, speed_m_per_s: float = 7.5) -> None:
        self._speed = speed_m_per_s

    def matrix(self, points: Sequence[Point], profile: str) -> tuple[Cells, Cells]:  # noqa: ARG002 -- one speed for all
        """Estimate every pair; the same place is 0 away, any other at least a second and a metre, or no road away."""
        radians = np.radians(np.asarray(points, dtype=float).reshape(-1, 2))
        latitude, longitude = radians[:, 0], radians[:, 1]
        half = (
            np.sin((latitude[:, None] - latitude[None, :]) / 2) ** 2
            + np.cos(latitude)[:, None]
            * np.cos(latitude)[None, :]
            * np.sin((longitude[:, None] - longitude[None, :]) / 2) ** 2
        )
        metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))) * DETOUR
        apart = metres > 0
        whole_metres = np.where(apart, np.maximum(1, np.rint(metres)), 0).astype(np.int32)
        seconds = np.where(apart, np.maximum(1, np.ceil(metres / self._speed)), 0).astype(np.int32)
        seconds[metres > FARTHEST_M] = whole_metres[metres > FARTHEST_M] = -1
        return seconds, whole_metres


class TableTravel:
    """Known roads between known places, another source for every pair it doesn't know.

    points: the places of the rows and columns; places closer than a metre count as the same.
    """

    def __init__(self, points: Sequence[Point], seconds: Cells, metres: Cells, otherwise: TravelTimes) -> None:
        self._rows = {_key(point): row for row, point in enumerate(points)}
        self._seconds, self._metres = seconds, metres
        self._otherwise = otherwise

    def matrix(self, points: Sequence[Point], profile: str) -> tuple[Cells, Cells]:
        """Read what is known from the table and estimate the rest."""
        rows = np.array([self._rows.get(_key(point), -1) for point in points], dtype=np.int64)
        known = rows >= 0
        if known.all():
            grid = np.ix_(rows, rows)
            return self._seconds[grid].astype(np.int32), self._metres[grid].astype(np.int32)
        seconds, metres = self._otherwise.matrix(points, profile)
        inside, table = np.ix_(known, known), np.ix_(rows[known], rows[known])
        seconds[inside], metres[inside] = self._seconds[table], self._metres[table]
        return seconds, metres


def read_travel(path: str) -> TravelTimes:
    """The table in a file that `write_travel` wrote, with estimates beside it; without a path estimates only."""
    if not path:
        return EstimatedTravel()
    with np.load(path, allow_pickle=False) as table:
        points = [(float(latitude), float(longitude)) for latitude, longitude in table["points"]]
        return TableTravel(points, table["seconds"], table["metres"], EstimatedTravel())


def write_travel(path: Path, points: Sequence[Point], seconds: Cells, metres: Cells) -> None:
    """Keep a table of known travel times; a reader never sees half of it."""
    draft = path.with_suffix(".draft.npz")
    np.savez_compressed(draft, points=np.asarray(points), seconds=seconds, metres=metres)
    draft.replace(path)


def _key(point: Point) -> tuple[int, int]:
    return round(point[0] * 100_000), round(point[1] * 100_000)
