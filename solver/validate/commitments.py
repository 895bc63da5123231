"""What is already fixed: locks of crews, stops begun, and fixed starts that need one technician twice at once."""

from dataclasses import dataclass

from solver.validate.codes import FaultCode
from solver.validate.references import records
from solver.validate.report import Place, Record, Report, listed, shown_text


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A stop whose shift and start are given."""

    start: int
    end: int
    job: str
    place: Place


def note_commitments(problem: Record, report: Report) -> None:
    """Judge locks, committed stops, and both against each other."""
    top = Place()
    shifts: dict[str, Record] = {}
    for _, shift in records(problem, "shifts", top):
        if shift["id"] is not None:
            shifts.setdefault(shift["id"], shift)
    jobs: dict[str, Record] = {}
    for place, job in records(problem, "jobs", top):
        _note_lock(job, shifts, place, report)
        if job["id"] is not None:
            jobs.setdefault(job["id"], job)
    begun: dict[str, list[tuple[Place, Record]]] = {}
    for place, shift in records(problem, "shifts", top):
        _note_order(shift, place, report)
        for below, stop in records(shift, "committed", place):
            if stop["job"] is not None:
                begun.setdefault(stop["job"], []).append((below, shift))
    for job_id, stops in begun.items():
        if job_id in jobs:
            _note_begun_twice(jobs[job_id], stops, report)
    _note_overlaps(_fixed_stops(problem, jobs, shifts), report)


def _note_lock(job: Record, shifts: dict[str, Record], place: Place, report: Report) -> None:
    named = [name for name in (job["lock"] or {}).get("shifts") or () if name is not None]
    crew = job["crew_size"]
    if not named or crew is None or "shifts" in job["lock"].wrong:
        return
    owners = [shifts[name]["technician"] for name in named if name in shifts]
    if len(job["lock"]["shifts"]) != crew:
        report.add(
            FaultCode.LOCK_CREW,
            place.at("lock", "shifts"),
            f"The lock names {len(job['lock']['shifts'])} shifts, but {crew} must be there at once; "
            "name one shift per member.",
        )
    elif len(set(owners)) < len(owners):
        report.add(
            FaultCode.LOCK_CREW,
            place.at("lock", "shifts"),
            f"The shifts {listed(named)} are not all of different technicians; name one per member.",
        )


def _note_order(shift: Record, place: Place, report: Report) -> None:
    latest: tuple[str, int] | None = None
    under_way: str | None = None
    for below, stop in records(shift, "committed", place):
        job, start = stop["job"], stop["start_s"]
        if job is None:
            continue
        if under_way is not None and job != under_way:
            report.add(
                FaultCode.COMMITTED_ORDER,
                below.at("job"),
                f"Job {shown_text(job)} stands after job {shown_text(under_way)}, to which the technician is still on "
                "the way; only the last committed job may lack its start.",
            )
        elif start is None:
            under_way = job
        elif latest is not None and start < latest[1]:
            report.add(
                FaultCode.COMMITTED_ORDER,
                below.at("start_s"),
                f"Job {shown_text(job)} was begun at {start} s, before job {shown_text(latest[0])} at {latest[1]} s, "
                "which stands earlier in the list; sort them by start.",
            )
        else:
            latest = (job, start)


def _note_begun_twice(job: Record, stops: list[tuple[Place, Record]], report: Report) -> None:
    by_shift = {id(shift): (place, shift) for place, shift in reversed(stops)}
    different = list(reversed(by_shift.values()))
    owners = [shift["technician"] for _, shift in different if shift["technician"] is not None]
    crew = job["crew_size"]
    if crew is None or (len(different) <= crew and len(set(owners)) == len(owners)):
        return
    names = listed(shift["id"] or "" for _, shift in different)
    report.add(
        FaultCode.COMMITTED_TWICE,
        different[-1][0].at("job"),
        f"Job {shown_text(job['id'])} needs {crew} technicians at once, but has begun on shifts {names}; "
        "keep it where it was begun, at most once per technician.",
    )


def _fixed_stops(problem: Record, jobs: dict[str, Record], shifts: dict[str, Record]) -> dict[str, list[_Fixed]]:
    """Per technician, the stops whose start second is given."""
    fixed: dict[str, list[_Fixed]] = {}

    def add(job: Record, crew: list[Record], start: int | None, place: Place) -> None:
        if start is None or not crew:
            return
        end = start + max(_service_s(job, shift) for shift in crew)
        for technician in {shift["technician"] for shift in crew if shift["technician"] is not None}:
            fixed.setdefault(technician, []).append(_Fixed(start, end, job["id"], place))

    for place, job in records(problem, "jobs", Place()):
        lock = job["lock"]
        if lock is not None and job["id"] is not None:
            crew = [shifts[name] for name in lock["shifts"] or () if name in shifts]
            add(job, crew, lock["start_s"], place.at("lock"))
    for place, shift in records(problem, "shifts", Place()):
        for below, stop in records(shift, "committed", place):
            if stop["job"] in jobs:
                add(jobs[stop["job"]], [shift], stop["start_s"], below)
    return fixed


def _service_s(job: Record, shift: Record) -> int:
    """As `Job.service_on`; what could not be read counts as nothing."""
    own = shift["skills"] or {}
    level = min((own.get(skill) or 0 for skill in job["skills"] or ()), default=0)
    reached = [
        pair for pair in job["service_s_by_level"] or () if pair is not None and None not in pair and pair[0] <= level
    ]
    return max(reached)[1] if reached else job["service_s"] or 0


def _note_overlaps(fixed: dict[str, list[_Fixed]], report: Report) -> None:
    for technician, stops in fixed.items():
        stops.sort(key=lambda stop: stop.start)
        longest: _Fixed | None = None
        for stop in stops:
            if (
                longest is not None
                and longest.job != stop.job
                and max(longest.start, stop.start) < min(longest.end, stop.end)
            ):
                report.add(
                    FaultCode.FIXED_STOPS_OVERLAP,
                    stop.place,
                    f"Job {shown_text(stop.job)} is fixed from {stop.start} s to {stop.end} s and job "
                    f"{shown_text(longest.job)} ({longest.place.pointer}) from {longest.start} s to {longest.end} s, "
                    f"both for technician {shown_text(technician)}; lift one lock, or move one of the two.",
                )
            if longest is None or stop.end > longest.end:
                longest = stop
