"""The places of a problem: one matrix row for every place, however many visits are there."""

from fieldsvc.adapters.travel import Point, TravelTimes
from solver.problem import Location, Profile


class Places:
    """Collects places while a problem is being written; then asks for travel between all of them at once."""

    def __init__(self) -> None:
        self._indices: dict[tuple[float, float], int] = {}
        self._locations: list[Location] = []

    def index(self, point: Point, name: str) -> int:
        """The row of a place; a place met before keeps the name it had."""
        key = (round(point[0], 6), round(point[1], 6))
        if key not in self._indices:
            self._indices[key] = len(self._locations)
            self._locations.append(Location(f"place-{len(self._locations)}", name, *key))
        return self._indices[key]

    @property
    def locations(self) -> tuple[Location, ...]:
        """All places in the order of their rows."""
        return tuple(self._locations)

    def profiles(self, names: frozenset[str], travel: TravelTimes) -> dict[str, Profile]:
        """Matrices of every travel profile named."""
        return {name: Profile(*travel.matrix(list(self._indices), name)) for name in sorted(names)}
