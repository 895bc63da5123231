"""Coordinates: on earth, not swapped, not in the sea at (0, 0)."""

from solver.validate.codes import FaultCode
from solver.validate.report import Place, Record, Report


def note_coordinates(location: Record, place: Place, report: Report) -> None:
    """Judge latitude and longitude together."""
    latitude, longitude = location["latitude"], location["longitude"]
    if (latitude is None and longitude is None) or location.wrong & {"latitude", "longitude"}:
        return
    if latitude is None or longitude is None:
        given = "latitude" if longitude is None else "longitude"
        report.add(
            FaultCode.COORDINATES_HALF,
            place,
            f"The location has a {given} only; give both, or null for both.",
        )
    elif 90 < abs(latitude) <= 180 and abs(longitude) <= 90:
        report.add(
            FaultCode.COORDINATES_SWAPPED,
            place.at("latitude"),
            f"Latitude {latitude:g} is beyond 90, longitude {longitude:g} is not: the two seem swapped; swap them, or "
            "correct the latitude.",
        )
    elif latitude == 0 and longitude == 0:
        report.add(
            FaultCode.COORDINATES_ZERO,
            place,
            "The location is at (0, 0), in the sea; geocode its address, or give null for both.",
        )
    else:
        _note_range("latitude", latitude, 90, place, report)
        _note_range("longitude", longitude, 180, place, report)


def _note_range(name: str, degrees: float, limit: int, place: Place, report: Report) -> None:
    if abs(degrees) <= limit:
        return
    figure = f"{degrees:g}" if abs(degrees) < 1e15 else "beyond all bounds"
    report.add(
        FaultCode.COORDINATES_OUT_OF_RANGE,
        place.at(name),
        f"{name} is {figure}; give degrees from -{limit} to {limit}.",
    )
