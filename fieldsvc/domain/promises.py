"""What a customer was promised, and which change of plan breaks a promise or a technician's word."""

from collections.abc import Iterable
from datetime import datetime, timedelta

Promise = tuple[datetime, datetime]
"""An arrival window, both ends included."""

RETIME_TOLERANCE = timedelta(minutes=15)
"""A start that moves no further keeps the visit dispatched or accepted: the phone shows the new time."""
LONGEST_PROMISE = timedelta(hours=5)
"""An agreed window longer than this tells a customer nothing; a window around the start is promised instead."""
_HALF_HOUR = timedelta(minutes=30)


def is_retimed_only(before: datetime, after: datetime) -> bool:
    """Tell whether a start moved so little that nobody has to be asked again."""
    return abs(after - before) <= RETIME_TOLERANCE


def arrival_window(start: datetime, promised: Promise | None, agreed: Iterable[Promise]) -> Promise:
    """Return the window to promise for a start: the one promised while it holds, one agreed on, or one around it."""
    if promised is not None and promised[0] <= start <= promised[1]:
        return promised
    for first, last in agreed:
        if first <= start <= last and last - first <= LONGEST_PROMISE:
            return first, last
    floor = start - timedelta(seconds=round(start.timestamp()) % round(_HALF_HOUR.total_seconds()))
    return floor - _HALF_HOUR, floor + 3 * _HALF_HOUR
