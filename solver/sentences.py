"""What a dispatcher reads about an unplanned job: one sentence with its figures, and what to do about it."""

from collections.abc import Mapping, Sequence

from solver.eligibility import is_frozen, job_windows
from solver.fetch_sentences import not_reachable_sentence, out_of_stock_sentence, tool_sentence
from solver.plan import Cause, Route, Stop, StopKind
from solver.problem import Job, Problem, VehicleShift
from solver.reasons import Reason
from solver.relaxation import alone_route, has_road
from solver.units import clock
from solver.wording import capital, names, window_list

Relaxed = frozenset[Reason]
_Timed = tuple[VehicleShift, Route, Stop]


def sentence(
    problem: Problem, job: Job, reason: Reason, shifts: Sequence[VehicleShift], relaxed: Relaxed = frozenset()
) -> str:
    """The sentence for one cause.

    `shifts`: those for which this is what stands in the way, alone or, with others, as one of `relaxed`.
    """
    if relaxed - {reason} and reason in _STATIC:
        told = dict.fromkeys(f"{names(problem, [shift])} {obstacle(job, shift, reason)}" for shift in shifts)
        more = f", and {len(told) - 3} more alike" if len(told) > 3 else ""
        return "; ".join(list(told)[:3]) + more + "."
    write = _WRITERS.get(reason)
    return write(problem, job, shifts, relaxed) if write else f"{job.id}: {reason.title}."


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
            is_listed = shift.technician in job.excluded_technicians
            return "is excluded for this visit" if is_listed else "is not among those required"
        case _:
            return _OTHER_OBSTACLES[reason]


def _no_technician(_problem: Problem, _job: Job, _shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    return "Nobody works in the days and teams being planned."


def _skill(problem: Problem, job: Job, _shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    missing = [skill for skill in job.skills if not any(skill in shift.skills for shift in problem.shifts)]
    if missing:
        return f"Needs the skill {', '.join(missing)}; none of the {len(problem.shifts)} shifts has it."
    return f"Needs {_skill_list(job)}; nobody who could take it has all of that."


def _skill_level(problem: Problem, job: Job, shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    parts = []
    for skill, level in job.skills.items():
        best = max(shifts, key=lambda shift: shift.skills.get(skill, 0))
        if best.skills.get(skill, 0) < level:
            parts.append(
                f"needs {skill} at level {level}; the best who could take it is "
                f"{names(problem, [best])} with level {best.skills.get(skill, 0)}"
            )
    return (capital("; ".join(parts)) or f"Needs {_skill_list(job)}") + "."


def _territory(problem: Problem, job: Job, shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    return f"Lies in {job.territory}; {names(problem, shifts)} could do it, but do not work there."


def _excluded(problem: Problem, job: Job, shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    who = names(problem, shifts)
    wanted = ", ".join(sorted(job.required_technicians))
    if wanted and job.required_technicians <= job.excluded_technicians:
        return f"May be done by {wanted} only, but the same list excludes them; {who} could do it otherwise."
    if not wanted:
        return f"The only ones who could do it are excluded: {who}."
    outside = [shift for shift in shifts if shift.technician not in job.required_technicians]
    barred = [shift for shift in shifts if shift.technician in job.required_technicians]
    told = [f"{names(problem, outside)} could do it, but are not among them"] if outside else []
    told += [f"{names(problem, barred)} could do it, but are excluded"] if barred else []
    return f"May be done by {wanted} only; {'; '.join(told)}."


def _declined(problem: Problem, _job: Job, shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    return f"The only ones who could do it have declined: {names(problem, shifts)}."


def _no_shift(_problem: Problem, job: Job, _shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    return f"May start {window_list(job)}; nobody suitable works that day."


def _outside(problem: Problem, job: Job, _shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    return f"May start {window_list(job)}; the days being planned end at {clock(problem.horizon_s)}."


def _window(problem: Problem, job: Job, shifts: Sequence[VehicleShift], relaxed: Relaxed) -> str:
    linked = [shift for shift in shifts if has_road(problem, job, shift)]
    if not linked:
        place = problem.locations[job.location]
        return (
            f"No road leads to {place.name or place.id} from where those who could do it start "
            f"({names(problem, shifts)}), or none from there to where they end."
        )
    begin = f"May start {window_list(job)}; nobody suitable can be there then"
    earliest = _timed(problem, job, linked, relaxed | {Reason.WINDOW_UNREACHABLE})
    if earliest is not None:
        shift, _, stop = earliest
        if stop.start_s > max(window.end for window in job_windows(job)):
            return f"{begin}. The first is {names(problem, [shift])}, who could start at {clock(stop.start_s)}."
    too_late = _timed(problem, job, linked, relaxed - {Reason.WINDOW_UNREACHABLE} | {Reason.SHIFT_TOO_SHORT})
    if too_late is not None and too_late[1].return_s > too_late[0].latest_return:
        return f"{begin} and be back in time. {_overrun(problem, too_late)}"
    return f"{begin}, with {names(problem, linked)} working {_hours(linked[0])} and keeping breaks, locks and freeze."


def _too_short(problem: Problem, job: Job, shifts: Sequence[VehicleShift], relaxed: Relaxed) -> str:
    timed = _timed(problem, job, shifts, relaxed | {Reason.SHIFT_TOO_SHORT})
    if timed is not None and timed[1].return_s > timed[0].latest_return:
        return f"Takes {job.service_on(timed[0]) // 60} min of work. {_overrun(problem, timed)}"
    return (
        f"Takes {min(job.service_on(shift) for shift in shifts) // 60} min of work, which leave no time for travel and "
        f"breaks within the shifts of {names(problem, shifts)}."
    )


def _timed(problem: Problem, job: Job, shifts: Sequence[VehicleShift], relaxed: Relaxed) -> _Timed | None:
    """Of the shifts that could do a job alone but for `relaxed`, the one that is back earliest before its end."""
    timed = [
        (shift, route, next(stop for stop in route.stops if stop.kind is StopKind.JOB))
        for shift in shifts
        if (route := alone_route(problem, job, shift, relaxed)) is not None
    ]
    return min(timed, key=lambda one: (one[1].return_s - one[0].latest_return, one[0].id), default=None)


def _overrun(problem: Problem, timed: _Timed) -> str:
    shift, route, stop = timed
    other = [one for one in ("break", "warehouse") if any(part.kind.value == one for part in route.stops)]
    extra = f", {' and '.join(other)} included" if other else ""
    return (
        f"{names(problem, [shift])} would start at {clock(stop.start_s)}, end at {clock(stop.end_s)} and be back at "
        f"{clock(route.return_s)}{extra}, but must be back by {clock(shift.latest_return)}."
    )


def _hours(shift: VehicleShift) -> str:
    return f"{clock(shift.earliest_start)}–{clock(shift.latest_return)}"


def _max_jobs(problem: Problem, _job: Job, shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    return f"Everybody who could do it has reached the number of visits of the day: {names(problem, shifts)}."


def _lock(problem: Problem, job: Job, _shifts: Sequence[VehicleShift], _relaxed: Relaxed) -> str:
    freeze = problem.freeze_until_s
    if job.lock is None and not is_frozen(problem, job) and freeze is not None:
        return (
            f"May start {window_list(job)}; nothing may be added before the freeze ends at {clock(freeze)}, and "
            "nobody suitable can do it after that."
        )
    return f"{lock_words(problem, job)}, which can't be kept today."


def lock_words(problem: Problem, job: Job) -> str:
    """Where a lock or the freeze holds a job, as the beginning of a sentence."""
    lock, previous = job.lock, job.previous
    if previous is not None and is_frozen(problem, job):
        frozen = [problem.shift_by_id[shift] for shift in previous.shifts if shift in problem.shift_by_id]
        who = f" with {names(problem, frozen)}" if frozen else ""
        return f"Is locked by the freeze at {clock(previous.start_s)}{who}"
    what = []
    if lock is not None and lock.shifts:
        locked = [problem.shift_by_id[shift] for shift in lock.shifts if shift in problem.shift_by_id]
        what.append(f"to {names(problem, locked)}")
    if lock is not None and lock.start_s is not None:
        what.append(f"at {clock(lock.start_s)}")
    if lock is not None and lock.start_range is not None:
        what.append(f"between {clock(lock.start_range.start)} and {clock(lock.start_range.end)}")
    return f"Is locked {' '.join(what)}"


def written(reason: Reason, text: str, details: Mapping[str, object]) -> Cause:
    """A cause with the reason's own remedy."""
    return Cause(reason, text, capital(reason.remedy) + ".", details)


def _skill_list(job: Job) -> str:
    return " and ".join(f"{skill} at level {level}" for skill, level in job.skills.items())


_OTHER_OBSTACLES = {
    Reason.DECLINED: "has declined this visit",
    Reason.MAX_JOBS: "has reached the number of visits of the day",
    Reason.LOCK_CONFLICT: "is not the one it is locked to",
    Reason.NO_SHIFT: "does not work on a day on which it may start",
}

_STATIC = frozenset(_OTHER_OBSTACLES) - {Reason.LOCK_CONFLICT} | {
    Reason.SKILL,
    Reason.SKILL_LEVEL,
    Reason.TERRITORY,
    Reason.EXCLUDED,
}

_WRITERS = {
    Reason.NO_TECHNICIAN: _no_technician,
    Reason.SKILL: _skill,
    Reason.SKILL_LEVEL: _skill_level,
    Reason.TOOL: tool_sentence,
    Reason.TERRITORY: _territory,
    Reason.EXCLUDED: _excluded,
    Reason.DECLINED: _declined,
    Reason.NO_SHIFT: _no_shift,
    Reason.WINDOW_OUTSIDE_HORIZON: _outside,
    Reason.WINDOW_UNREACHABLE: _window,
    Reason.SHIFT_TOO_SHORT: _too_short,
    Reason.MAX_JOBS: _max_jobs,
    Reason.PART_OUT_OF_STOCK: out_of_stock_sentence,
    Reason.PART_NOT_REACHABLE: not_reachable_sentence,
    Reason.LOCK_CONFLICT: _lock,
}
