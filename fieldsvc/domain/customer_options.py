"""What a customer can do by link."""

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
