"""Predecessors: no job waits for itself, directly or in a circle."""

from collections.abc import Iterator

from solver.validate.codes import FaultCode
from solver.validate.references import records
from solver.validate.report import Place, Record, Report, listed


def note_predecessors(problem: Record, report: Report) -> None:
    """Name every job that is its own predecessor, and every circle."""
    earlier: dict[str, list[str]] = {}
    places: dict[str, Place] = {}
    for place, job in records(problem, "jobs", Place()):
        if job["id"] is None or job["id"] in earlier:
            continue
        places[job["id"]] = place
        earlier[job["id"]] = []
        for below, first in records(job, "predecessors", place):
            if first["job"] == job["id"]:
                report.add(
                    FaultCode.SELF_PREDECESSOR,
                    below.at("job"),
                    "The job is its own predecessor; remove it from its predecessors.",
                )
            elif first["job"] is not None:
                earlier[job["id"]].append(first["job"])
    done: set[str] = set()
    for job_id in earlier:
        if job_id not in done:
            _note_cycles(job_id, earlier, done, places, report)


def _note_cycles(
    root: str, earlier: dict[str, list[str]], done: set[str], places: dict[str, Place], report: Report
) -> None:
    # A walk with its own stack: a chain of 20,000 jobs is legal and would exhaust Python's.
    path: list[str] = [root]
    position: dict[str, int] = {root: 0}
    left: list[Iterator[str]] = [iter(earlier[root])]
    while path:
        following = next(left[-1], None)
        if following is None:
            left.pop()
            finished = path.pop()
            del position[finished]
            done.add(finished)
        elif following in position:
            start = position[following]
            size = len(path) - start
            names = listed(path[start : start + 10])
            more = f" (the first 10 of {size})" if size > 10 else ""
            report.add(
                FaultCode.PREDECESSOR_CYCLE,
                places[following].at("predecessors"),
                f"{size} jobs wait for each other in a circle: {names}{more}; remove one of these predecessors.",
            )
        elif following in earlier and following not in done:
            position[following] = len(path)
            path.append(following)
            left.append(iter(earlier[following]))
