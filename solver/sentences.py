"""What a dispatcher reads about an unplanned job: one sentence with its figures, and what to do about it."""

from collections.abc import Sequence

from solver.eligibility import job_windows
from solver.problem import Job, Problem, VehicleShift
from solver.reasons import Reason
from solver.units import clock


def sentence(problem: Problem, job: Job, reason: Reason, shifts: Sequence[VehicleShift]) -> str:
    """The sentence for one cause. `shifts`: those for which this is what stands in the way."""
    write = _WRITERS.get(reason)
    return write(problem, job, shifts) if write else f"{job.id}: {reason.title}."


def obstacle(job: Job, shift: VehicleShift, reason: Reason) -> str:
    """What keeps one technician from a job, as the rest of a sentence that begins with the name."""
    match reason:
        case Reason.SKILL:
            return f"does not have {', '.join(skill for skill in job.skills if skill not in shift.skills)}"
        case Reason.SKILL_LEVEL:
            low = [
                f"{skill} at level {shift.skills[skill]}, where {level} is needed"
                for skill, level in job.skills.items()
                if 0 < shift.skills.get(skill, 0) < level
            ]
            return f"has {' and '.join(low)}"
        case Reason.TOOL:
            return f"does not carry {', '.join(sorted(job.tools - shift.tools))} and can't fetch it"
        case Reason.TERRITORY:
            return f"does not work in {job.territory}"
        case Reason.EXCLUDED:
            return "is not among those required" if job.required_technicians else "is excluded for this visit"
        case _:
            return _OTHER_OBSTACLES[reason]


def names(problem: Problem, shifts: Sequence[VehicleShift], most: int = 3) -> str:
    """Technicians of some shifts for people: at most a few names, then how many more."""
    ids = list(dict.fromkeys(shift.technician for shift in shifts))
    shown = [problem.technician_by_id[one].name or one for one in ids[:most]]
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(shown) + more


def _no_technician(_problem: Problem, _job: Job, _shifts: Sequence[VehicleShift]) -> str:
    return "Nobody works in the days and teams being planned."


def _skill(problem: Problem, job: Job, _shifts: Sequence[VehicleShift]) -> str:
    missing = [skill for skill in job.skills if not any(skill in shift.skills for shift in problem.shifts)]
    if missing:
        return f"Needs the skill {', '.join(missing)}; none of the {len(problem.shifts)} shifts has it."
    return f"Needs {_skill_list(job)}; nobody who could take it has all of that."


def _skill_level(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    parts = []
    for skill, level in job.skills.items():
        best = max(shifts, key=lambda shift: shift.skills.get(skill, 0))
        if best.skills.get(skill, 0) < level:
            parts.append(
                f"needs {skill} at level {level}; the best who could take it is "
                f"{names(problem, [best])} with level {best.skills.get(skill, 0)}"
            )
    return (_capital("; ".join(parts)) or f"Needs {_skill_list(job)}") + "."


def _tool(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    lent = frozenset[str]().union(*(warehouse.tools for warehouse in problem.warehouses))
    missing = sorted(job.tools - lent - frozenset[str]().union(*(shift.tools for shift in shifts)))
    which = ", ".join(missing or sorted(job.tools))
    return (
        f"Needs {which}; none of those who could take it ({names(problem, shifts)}) has it, and no warehouse lends it."
    )


def _territory(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    return f"Lies in {job.territory}; {names(problem, shifts)} could do it, but do not work there."


def _excluded(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    who = names(problem, shifts)
    if job.required_technicians:
        wanted = ", ".join(sorted(job.required_technicians))
        return f"May be done by {wanted} only; {who} could do it, but are not among them."
    return f"The only ones who could do it are excluded: {who}."


def _declined(problem: Problem, _job: Job, shifts: Sequence[VehicleShift]) -> str:
    return f"The only ones who could do it have declined: {names(problem, shifts)}."


def _no_shift(_problem: Problem, job: Job, _shifts: Sequence[VehicleShift]) -> str:
    return f"May start {_window_list(job)}; nobody suitable works that day."


def _outside(problem: Problem, job: Job, _shifts: Sequence[VehicleShift]) -> str:
    return f"May start {_window_list(job)}; the days being planned end at {clock(problem.horizon_s)}."


def _window(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    nearest = min(shifts, key=lambda shift: problem.travel_s(shift, shift.start_location, job.location) % 10**9)
    travel = problem.travel_s(nearest, nearest.start_location, job.location)
    road = f"{travel // 60} min away" if travel >= 0 else "with no road to it"
    return (
        f"May start {_window_list(job)}; nobody suitable can be there then. {names(problem, [nearest])} is nearest, "
        f"works {clock(nearest.earliest_start)}–{clock(nearest.latest_return)} and is {road}."
    )


def _too_short(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    longest = max(shifts, key=lambda shift: shift.latest_return - shift.earliest_start)
    travel = sum(
        max(0, problem.travel_s(longest, *pair))
        for pair in ((longest.start_location, job.location), (job.location, longest.end_location))
    )
    return (
        f"Takes {job.service_on(longest) // 60} min of work and {travel // 60} min of travel; the longest suitable "
        f"shift, {names(problem, [longest])}'s, has {(longest.latest_return - longest.earliest_start) // 60} min."
    )


def _max_jobs(problem: Problem, _job: Job, shifts: Sequence[VehicleShift]) -> str:
    return f"Everybody who could do it has reached the number of visits of the day: {names(problem, shifts)}."


def _out_of_stock(problem: Problem, job: Job, _shifts: Sequence[VehicleShift]) -> str:
    short = [
        f"{quantity} × {part} (most in one place: {most_at_hand(problem, part)})"
        for part, quantity in job.parts.items()
        if most_at_hand(problem, part) < quantity
    ]
    return f"Needs {', '.join(short) or 'parts'}, more than any van or warehouse has."


def _not_reachable(problem: Problem, job: Job, shifts: Sequence[VehicleShift]) -> str:
    stocked = ", ".join(
        sorted({house.id for house in problem.warehouses for part in job.parts if house.stock.get(part, ()) != ()})
    )
    parts = ", ".join(f"{quantity} × {part}" for part, quantity in job.parts.items())
    return (
        f"Needs {parts}, in stock at {stocked or 'other vans'}; {names(problem, shifts)} can't fetch it and still "
        f"start {_window_list(job)}."
    )


def _lock(problem: Problem, job: Job, _shifts: Sequence[VehicleShift]) -> str:
    lock, previous = job.lock, job.previous
    what = []
    if lock is not None and lock.shifts:
        locked = [problem.shift_by_id[shift] for shift in lock.shifts if shift in problem.shift_by_id]
        what.append(f"to {names(problem, locked)}")
    if lock is not None and lock.start_s is not None:
        what.append(f"at {clock(lock.start_s)}")
    if lock is not None and lock.start_range is not None:
        what.append(f"between {clock(lock.start_range.start)} and {clock(lock.start_range.end)}")
    if not what and previous is not None:
        what.append(f"by the freeze at {clock(previous.start_s)}")
    return f"Is locked {' '.join(what) or 'in a sequence'}, which can't be kept today."


def most_at_hand(problem: Problem, part: str) -> int:
    """The most units of a part in any one van or warehouse; 10**9 where a warehouse has no limit."""
    vans = [technician.van_stock.get(part, 0) for technician in problem.technicians]
    houses = [
        10**9 if (receipts := warehouse.stock.get(part, ())) is None else sum(one.quantity for one in receipts)
        for warehouse in problem.warehouses
    ]
    return max([0, *vans, *houses])


def _skill_list(job: Job) -> str:
    return " and ".join(f"{skill} at level {level}" for skill, level in job.skills.items())


def _window_list(job: Job) -> str:
    if not job.windows:
        return "at any time"
    return " or ".join(f"{clock(window.start)}–{clock(window.end)}" for window in job_windows(job))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_OTHER_OBSTACLES = {
    Reason.DECLINED: "has declined this visit",
    Reason.MAX_JOBS: "has reached the number of visits of the day",
    Reason.LOCK_CONFLICT: "is not the one it is locked to",
    Reason.NO_SHIFT: "does not work on a day on which it may start",
}

_WRITERS = {
    Reason.NO_TECHNICIAN: _no_technician,
    Reason.SKILL: _skill,
    Reason.SKILL_LEVEL: _skill_level,
    Reason.TOOL: _tool,
    Reason.TERRITORY: _territory,
    Reason.EXCLUDED: _excluded,
    Reason.DECLINED: _declined,
    Reason.NO_SHIFT: _no_shift,
    Reason.WINDOW_OUTSIDE_HORIZON: _outside,
    Reason.WINDOW_UNREACHABLE: _window,
    Reason.SHIFT_TOO_SHORT: _too_short,
    Reason.MAX_JOBS: _max_jobs,
    Reason.PART_OUT_OF_STOCK: _out_of_stock,
    Reason.PART_NOT_REACHABLE: _not_reachable,
    Reason.LOCK_CONFLICT: _lock,
}
