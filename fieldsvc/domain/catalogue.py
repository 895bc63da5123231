"""The value lists the rules themselves rely on."""

from enum import StrEnum

OPEN_LISTS = ("symptom", "cause", "action")
"""Lists of the catalogue that no rule relies on: a company may add to them."""


class Channel(StrEnum):
    """How a report came in."""

    PHONE = "phone"
    EMAIL = "email"
    WEB = "web"
    APP = "app"
    SOCIAL = "social"
    IMPORT = "import"


class Nature(StrEnum):
    """What a ticket is about."""

    HARDWARE = "hardware"
    SOFTWARE = "software"
    NETWORK = "network"
    POWER = "power"
    SENSOR = "sensor"
    INSTALLATION = "installation"
    MAINTENANCE = "maintenance"
    CONSUMABLE = "consumable"
    DELIVERY = "delivery"
    ENQUIRY = "enquiry"
    ORDER_STATUS = "order_status"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    RETURN_EXCHANGE = "return_exchange"
    ACCOUNT = "account"
    OTHER = "other"


class DeclineReason(StrEnum):
    """Why a technician says no to a visit."""

    TOO_FAR = "too_far"
    SKILL = "skill"
    PART = "part"
    OVERLAP = "overlap"
    PERSONAL = "personal"
    SAFETY = "safety"
    OTHER = "other"


class TurnBackReason(StrEnum):
    """Why a technician on the way does not arrive."""

    BREAKDOWN = "breakdown"
    SICK = "sick"
    DIVERTED = "diverted"
    OTHER = "other"


class PostponeReason(StrEnum):
    """Why a visit is put off."""

    CUSTOMER = "customer"
    TECHNICIAN = "technician"
    PART = "part"
    OTHER = "other"


class Resolution(StrEnum):
    """What came of a ticket."""

    REPAIRED = "repaired"
    REPLACED = "replaced"
    REFUNDED = "refunded"
    UPDATED = "updated"
    CONFIGURED = "configured"
    ADVISED = "advised"
    NO_FAULT_FOUND = "no_fault_found"
    REDRESS = "redress"


class OverrideReason(StrEnum):
    """Why somebody plans against a rule."""

    CUSTOMER_WISH = "customer_wish"
    EMERGENCY = "emergency"
    AGREED_WITH_TECHNICIAN = "agreed_with_technician"
    FACTS_OUTDATED = "facts_outdated"
    OTHER = "other"


class CancelReason(StrEnum):
    """Why a visit, or a ticket, is not wanted any more."""

    CUSTOMER = "customer"
    DUPLICATE = "duplicate"
    SOLVED_OTHERWISE = "solved_otherwise"
    OTHER = "other"


class TaskKind(StrEnum):
    """What somebody at the desk has to look at."""

    REPORT_DISPUTED = "report_disputed"
    NEW_TIMES_NEEDED = "new_times_needed"
    LATE_FACT = "late_fact"
    PHONE_CONFLICT = "phone_conflict"
    PART_REQUESTED = "part_requested"
    PART_MISSING = "part_missing"
    COUNT_WANTED = "count_wanted"
    HELP_REQUESTED = "help_requested"
    TECHNICIAN_ABSENT = "technician_absent"
    INSPECTION_WANTED = "inspection_wanted"
    INSPECTION_FAILED = "inspection_failed"
    REQUEST = "request"


class IncompleteReason(StrEnum):
    """Why a visit ended without the work being done."""

    PART_MISSING = "part_missing"
    WRONG_PART = "wrong_part"
    NO_ACCESS = "no_access"
    SKILL = "skill"
    SAFETY = "safety"
    TIME = "time"
    CUSTOMER_REFUSED = "customer_refused"
    OTHER = "other"
