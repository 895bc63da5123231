"""What a customer can do by link."""

from datetime import time
from enum import StrEnum


class CustomerOption(StrEnum):
    """One thing that is open to the customer now."""

    CONFIRM = "confirm"
    DISPUTE = "dispute"
    RATE = "rate"
    POSTPONE = "postpone"
    CANCEL = "cancel"


class PartOfDay(StrEnum):
    """When on a day the customer can be visited."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    DAY = "day"

    @property
    def hours(self) -> tuple[time, time]:
        """From when until when, by the clocks at the site."""
        return {
            PartOfDay.MORNING: (time(8), time(12)),
            PartOfDay.AFTERNOON: (time(13), time(18)),
            PartOfDay.DAY: (time(8), time(18)),
        }[self]
