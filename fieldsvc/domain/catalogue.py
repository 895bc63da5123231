"""The value lists the rules themselves rely on."""

from enum import StrEnum


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
