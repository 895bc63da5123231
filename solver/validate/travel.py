"""Travel matrices: one row and column per location, whole cells in range, 0 where it belongs, and only there."""

import base64
import zlib
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from solver.units import MAX_TRAVEL_M, MAX_TRAVEL_S, UNREACHABLE
from solver.validate.codes import FaultCode
from solver.validate.report import Place, Record, Report, shown, shown_text
from solver.validate.shapes import MATRIX

_FAR_M = 300
"""Places further apart are not one place: no drive between them takes 0."""
_EARTH_RADIUS_M = 6_371_000
_CELLS_NAMED = 20
"""Cells named per matrix and code; the last message counts the rest. A wrong unit makes every cell wrong."""

Cells = NDArray[np.int64] | NDArray[np.int32]


def note_travel(problem: Record, report: Report) -> dict[str, Cells]:
    """Judge both matrices of every profile; return those of seconds that could be read, by profile."""
    found: dict[str, Cells] = {}
    if problem["locations"] is None:
        return found
    locations = _Locations(problem["locations"])
    for name, profile in (problem["profiles"] or {}).items():
        if profile is None:
            continue
        place = Place().at("profiles", name)
        place = Place(place.pointer, shown_text(name))
        read: dict[str, Cells] = {}
        for key, limit in (("seconds", MAX_TRAVEL_S), ("metres", MAX_TRAVEL_M)):
            if key not in profile.wrong:
                cells = _read(profile[key], locations.count, place.at(key), report)
                if cells is not None:
                    read[key] = cells
                    _note_cells(cells, limit, locations, place.at(key), report)
        seconds, metres = read.get("seconds"), read.get("metres")
        if seconds is not None:
            found[name] = seconds
        if seconds is not None and metres is not None:
            _note_disagreement(seconds, metres, locations, place.at("metres"), report)
    return found


class _Locations:
    """How messages call the locations, and how far apart they are."""

    def __init__(self, records: list[Record | None]) -> None:
        self.count = len(records)
        self._ids = [None if record is None else record["id"] for record in records]
        self._degrees = np.array([_degrees(record) for record in records], dtype=np.float64).reshape(-1, 2)

    def name(self, index: int) -> str:
        """Its id if it has one, else its index."""
        return shown_text(self._ids[index] or f"no. {index}")

    def metres(self, origin: int, others: NDArray[np.intp]) -> NDArray[np.float64]:
        """Great-circle metres from one location to others; NaN where degrees are not known."""
        here = np.radians(self._degrees[origin])
        there = np.radians(self._degrees[others])
        half = np.sin((there - here) / 2) ** 2
        chord = half[:, 0] + np.cos(here[0]) * np.cos(there[:, 0]) * half[:, 1]
        distance: NDArray[np.float64] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
        return distance


def _degrees(location: Record | None) -> tuple[float, float]:
    if location is None or location["latitude"] is None or location["longitude"] is None:
        return (np.nan, np.nan)
    latitude, longitude = location["latitude"], location["longitude"]
    on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return (float(latitude), float(longitude)) if on_earth else (np.nan, np.nan)


def _read(value: object, size: int, place: Place, report: Report) -> Cells | None:
    """The cells as a square array, or None with faults."""
    if isinstance(value, np.ndarray):
        return _from_array(value, size, place, report)
    if isinstance(value, str):
        return _from_text(value, size, place, report)
    if isinstance(value, list):
        return _from_rows(value, size, place, report)
    report.wrong_type(place, value, MATRIX.wanted)
    return None


def _from_array(value: NDArray[np.generic], size: int, place: Place, report: Report) -> Cells | None:
    if value.dtype != np.int32:
        report.add(FaultCode.MATRIX_TYPE, place, f"The matrix holds {value.dtype}; give int32.")
        return None
    if value.shape != (size, size):
        report.add(
            FaultCode.MATRIX_SHAPE,
            place,
            f"The matrix has shape {value.shape}; there are {size} locations, so give {size} x {size}.",
        )
        return None
    return value.astype(np.int32, copy=False)


def _from_text(text: str, size: int, place: Place, report: Report) -> Cells | None:
    wanted = size * size * 4
    inflater = zlib.decompressobj()
    try:
        packed = base64.b64decode(text, validate=True)
        # One byte more than is right is enough to know that there is too much: a small text may inflate to terabytes.
        raw = inflater.decompress(packed, wanted + 1)
    except (ValueError, zlib.error):
        report.add(FaultCode.MATRIX_UNREADABLE, place, "The text is not base64 of zlib; pack it again, or send rows.")
        return None
    if len(raw) == wanted and inflater.eof and not inflater.unused_data:
        return np.frombuffer(raw, dtype="<i4").astype(np.int32, copy=False).reshape(size, size)
    if len(raw) < wanted and not inflater.eof:
        report.add(FaultCode.MATRIX_UNREADABLE, place, f"The packed text ends after {len(raw)} bytes; pack it again.")
        return None
    found = "more" if len(raw) > wanted or inflater.eof is False else str(len(raw))
    after = " and something after it" if inflater.unused_data else ""
    report.add(
        FaultCode.MATRIX_SHAPE,
        place,
        f"The packed matrix holds {found} bytes{after}; {size} locations need {size} x {size} cells of 4, "
        f"{wanted} bytes.",
    )
    return None


def _from_rows(rows: list[object], size: int, place: Place, report: Report) -> Cells | None:
    good = True
    if len(rows) != size:
        report.add(
            FaultCode.MATRIX_SHAPE,
            place,
            f"The matrix has {len(rows)} rows; there are {size} locations, so give {size} rows of {size}.",
        )
        good = False
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            report.add(
                FaultCode.MATRIX_TYPE, place.at(index), f"Row {index} is {shown(row)}; give a list of {size} cells."
            )
            good = False
        elif len(row) != size:
            report.add(
                FaultCode.MATRIX_SHAPE,
                place.at(index),
                f"Row {index} has {len(row)} cells; there are {size} locations, so give {size}.",
            )
            good = False
    good = _are_whole(rows, place, report) and good
    return _to_array(rows, size) if good else None


def _are_whole(rows: list[object], place: Place, report: Report) -> bool:
    wrong: list[tuple[int, int]] = []
    for index, row in enumerate(rows):
        if isinstance(row, list) and not set(map(type, row)) <= {int}:
            wrong.extend((index, column) for column, cell in enumerate(row) if type(cell) is not int)

    def message(row: int, column: int) -> str:
        cells = rows[row]
        found = shown(cells[column]) if isinstance(cells, list) else ""
        found = "missing (null)" if found == "null" else found
        return f"The cell is {found}; give a whole number, or -1 where there is no road."

    _note_some(FaultCode.MATRIX_TYPE, wrong, message, place, report)
    return not wrong


def _to_array(rows: list[object], size: int) -> Cells:
    try:
        return np.array(rows, dtype=np.int64).reshape(size, size)
    except OverflowError:
        # An integer beyond 64 bits stays out of range when it is cut to them.
        limit = 2**62
        cut = [[max(-limit, min(limit, cell)) for cell in row] for row in rows]  # type: ignore[attr-defined]
        return np.array(cut, dtype=np.int64).reshape(size, size)


def _note_cells(cells: Cells, limit: int, locations: _Locations, place: Place, report: Report) -> None:
    count = locations.count

    def out_of_range(row: int, column: int) -> str:
        return (
            f"From {locations.name(row)} to {locations.name(column)} stands {cells[row, column]}; "
            f"give 0 to {limit}, or -1 where there is no road."
        )

    def on_diagonal(row: int, column: int) -> str:
        return f"From {locations.name(row)} to itself stands {cells[row, column]}; give 0."

    def zero(row: int, column: int) -> str:
        apart = locations.metres(row, np.array([column]))[0]
        return (
            f"From {locations.name(row)} to {locations.name(column)} stands 0, but they are {apart:.0f} m apart; "
            "compute it, or give -1 where there is no road."
        )

    outside = np.argwhere((cells < UNREACHABLE) | (cells > limit)) if count else ()
    _note_some(FaultCode.MATRIX_RANGE, _pairs(outside), out_of_range, place, report)
    diagonal = np.flatnonzero(np.diagonal(cells)) if count else ()
    _note_some(FaultCode.MATRIX_DIAGONAL, [(int(i), int(i)) for i in diagonal], on_diagonal, place, report)
    _note_some(FaultCode.MATRIX_ZERO, _far_zeros(cells, locations), zero, place, report)


def _far_zeros(cells: Cells, locations: _Locations) -> list[tuple[int, int]]:
    # Row by row, so that a matrix of zeros costs one row of distances at a time.
    far: list[tuple[int, int]] = []
    for row in range(locations.count):
        zeros = np.flatnonzero(cells[row] == 0)
        if len(zeros) > 1 or (len(zeros) == 1 and zeros[0] != row):
            far.extend((row, int(column)) for column in zeros[locations.metres(row, zeros) > _FAR_M])
    return far


def _note_disagreement(seconds: Cells, metres: Cells, locations: _Locations, place: Place, report: Report) -> None:
    def message(row: int, column: int) -> str:
        return (
            f"From {locations.name(row)} to {locations.name(column)} stand {seconds[row, column]} s but "
            f"{metres[row, column]} m; give -1 in both where there is no road."
        )

    different = np.argwhere((seconds == UNREACHABLE) != (metres == UNREACHABLE))
    _note_some(FaultCode.MATRIX_DISAGREES, _pairs(different), message, place, report)


def _pairs(cells: Iterable[NDArray[np.intp]]) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in cells]


def _note_some(
    code: FaultCode, cells: list[tuple[int, int]], message: Callable[[int, int], str], place: Place, report: Report
) -> None:
    for row, column in cells[:_CELLS_NAMED]:
        more = len(cells) - _CELLS_NAMED
        last = more > 0 and (row, column) == cells[_CELLS_NAMED - 1]
        rest = f" {more} more cells of this matrix have the same fault." if last else ""
        report.add(code, place.at(row, column), message(row, column) + rest)
