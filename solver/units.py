"""Units and limits. Everything is an integer; nothing here knows a time zone or a currency."""

from typing import TypeAlias

Seconds: TypeAlias = int
"""Seconds since local midnight of the horizon's first day, or a duration in seconds."""
Metres: TypeAlias = int
Cents: TypeAlias = int
"""Hundredths of whatever currency the caller plans in."""

DAY_S: Seconds = 86_400
MAX_TIME_S: Seconds = 60 * DAY_S
"""Two months: a plan further ahead is a forecast, and times still fit an int32 matrix cell many times over."""
MAX_TRAVEL_S: Seconds = 7 * DAY_S
"""A drive longer than a week is a wrong unit, most often milliseconds."""
MAX_TRAVEL_M: Metres = 20_100_000
"""Half the way round the earth."""
MAX_CENTS: Cents = 10**11
"""One amount. 10,000 of them still sum below 2**53, so JSON readers that use doubles stay exact."""
MAX_QUANTITY = 1_000_000
MAX_LEVEL = 100
MAX_JOBS = 20_000
MAX_SHIFTS = 5_000
MAX_LOCATIONS = 20_000
MAX_CREW = 10
MAX_TOOLS = 40
MAX_TIME_LIMIT_S = 6 * 3_600
"""Six hours: a night. More is a wrong unit."""

UNREACHABLE = -1
"""The matrix cell of a pair without a road; never 0."""


def money(cents: Cents) -> str:
    """Cents as people read amounts: 123456 is 1,234.56."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


def clock(seconds: Seconds) -> str:
    """Seconds of the horizon as people read them: 34200 is 09:30, 120600 is day 1 09:30, -7200 the day before 22:00."""
    day, rest = divmod(seconds, DAY_S)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    text = f"{hours:02}:{minutes:02}" + (f":{left:02}" if left else "")
    if day < 0:
        return f"{'the day before' if day == -1 else f'{-day} days before'} {text}"
    return f"day {day} {text}" if day else text
