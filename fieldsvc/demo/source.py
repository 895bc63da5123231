"""Reads the files of the demo day: the solver's problem, and the people and things behind it."""

import base64
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAYS = Path(__file__).resolve().parents[2] / "fixtures" / "days"


class DemoFilesMissing(Exception):
    """The demo day is part of the source checkout, not of the installed package."""


@dataclass(frozen=True)
class DemoDay:
    """The problem document, people keyed by job and technician id, and travel between the document's locations."""

    problem: dict[str, Any]
    people: dict[str, Any]
    seconds: NDArray[np.int32]
    metres: NDArray[np.int32]

    @property
    def points(self) -> list[tuple[float, float]]:
        """Latitude and longitude of every location, in the order of the matrices."""
        return [(place["latitude"], place["longitude"]) for place in self.problem["locations"]]


def read_day(name: str = "city", directory: Path = DAYS) -> DemoDay:
    """Read one day; raises DemoFilesMissing outside a checkout."""
    problem_file, people_file = directory / f"{name}.problem.json", directory / f"{name}.people.json"
    if not (problem_file.is_file() and people_file.is_file()):
        raise DemoFilesMissing(
            f"The demo day is not at {directory}. Run the demo from a checkout of the source, with `make demo`."
        )
    problem = json.loads(problem_file.read_text(encoding="utf-8"))
    people = json.loads(people_file.read_text(encoding="utf-8"))
    profile = problem["profiles"]["car"]
    size = len(problem["locations"])
    return DemoDay(problem, people, _cells(profile["seconds"], size), _cells(profile["metres"], size))


def _cells(packed: str, size: int) -> NDArray[np.int32]:
    cells = np.frombuffer(zlib.decompress(base64.b64decode(packed)), dtype="<i4")
    return cells.reshape(size, size).astype(np.int32)
