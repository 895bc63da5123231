"""Roads that a day begun can't do without: to the job somebody drives to, and home from the last one."""

from collections.abc import Mapping

from solver.units import UNREACHABLE
from solver.validate.codes import FaultCode
from solver.validate.references import records
from solver.validate.report import Place, Record, Report, shown_text
from solver.validate.travel import Cells


def note_roads_home(problem: Record, seconds: Mapping[str, Cells], report: Report) -> None:
    """Judge the drives after the last stop that has begun; `seconds` by profile.

    Such a stop can't be taken off its shift, so without these roads no plan would be without violations.
    """
    places = {job["id"]: job["location"] for _, job in records(problem, "jobs", Place()) if job["id"] is not None}
    for place, shift in records(problem, "shifts", Place()):
        cells, here = seconds.get(shift["profile"]), shift["start_location"]
        for below, stop in records(shift, "committed", place):
            there = places.get(stop["job"])
            if stop["start_s"] is None:
                _note_road(cells, here, there, f"to job {shown_text(stop['job'] or '')}", below, report)
            here = there
        if shift["committed"]:
            _note_road(cells, here, shift["end_location"], "to the end of the shift", place.at("committed"), report)


def _note_road(
    cells: Cells | None, origin: int | None, destination: int | None, goal: str, place: Place, report: Report
) -> None:
    if cells is None or origin is None or destination is None or not 0 <= max(origin, destination) < len(cells):
        return
    if origin != destination and cells[origin, destination] == UNREACHABLE:
        message = f"No road leads from location no. {origin} {goal}, no. {destination}; correct the matrix or place."
        report.add(FaultCode.NO_ROAD_HOME, place, message)
