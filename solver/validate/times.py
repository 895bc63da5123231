"""Windows, shifts and breaks: in order, and inside one another."""

from solver.units import DAY_S
from solver.validate.codes import FaultCode
from solver.validate.report import Place, Record, Report, shown_text


def note_window(window: Record, place: Place, report: Report) -> None:
    """A window starts before it ends; both may be the same second."""
    start, end = window["start"], window["end"]
    if start is not None and end is not None and start > end:
        report.add(
            FaultCode.WINDOW_INVERTED,
            place,
            f"The window starts at {start} s and ends at {end} s; swap them.",
        )


def note_shift(shift: Record, place: Place, report: Report) -> None:
    """A shift starts before it ends, and every break can be held inside it wherever in its window it starts."""
    start, end = shift["earliest_start"], shift["latest_end"]
    if start is None or end is None:
        return
    if start > end:
        report.add(
            FaultCode.SHIFT_INVERTED,
            place,
            f"The shift starts at {start} s and ends at {end} s; correct them (past midnight goes on from {DAY_S}).",
        )
        return
    overtime = shift["overtime_limit_s"]
    for index, one in enumerate(shift["breaks"] or ()):
        if one is not None and overtime is not None:
            _note_break(one, start, end + overtime, place.at("breaks", index), report)


def _note_break(one: Record, start: int, latest_return: int, place: Place, report: Report) -> None:
    window, duration = one["window"], one["duration_s"]
    if window is None or duration is None or window["start"] is None or window["end"] is None:
        return
    first, last = window["start"], window["end"]
    if first > last or (first >= start and last + duration <= latest_return):
        return
    report.add(
        FaultCode.BREAK_OUTSIDE_SHIFT,
        place.at("window"),
        f"Break {shown_text(one['id'] or '')} starts from {first} s to {last} s and lasts {duration} s, but its shift "
        f"(with overtime) is from {start} s to {latest_return} s; let it start from {start} s to "
        f"{latest_return - duration} s, or leave it out.",
    )


def note_horizon(shift: Record, horizon_s: int, place: Place, report: Report) -> None:
    """A shift and its day lie within the horizon; overtime may go beyond."""
    start, end, day = shift["earliest_start"], shift["latest_end"], shift["day"]
    days = -(-horizon_s // DAY_S)
    if day is not None and day >= days:
        report.add(
            FaultCode.SHIFT_OUTSIDE_HORIZON,
            place.at("day"),
            f"Day {day} is beyond the horizon of {horizon_s} s; give 0 to {days - 1}, or widen the horizon.",
        )
    if start is not None and not 0 <= start <= horizon_s:
        report.add(
            FaultCode.SHIFT_OUTSIDE_HORIZON,
            place.at("earliest_start"),
            f"The shift starts at {start} s, the horizon is 0 to {horizon_s} s; cut the shift or widen the horizon.",
        )
    if end is not None and not 0 <= end <= horizon_s:
        report.add(
            FaultCode.SHIFT_OUTSIDE_HORIZON,
            place.at("latest_end"),
            f"The shift ends at {end} s, the horizon is 0 to {horizon_s} s; cut the shift or widen the horizon.",
        )
