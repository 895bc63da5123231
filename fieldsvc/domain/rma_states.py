"""The life cycle of an RMA: units that come back, from the request to what became of them."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class RmaState(StrEnum):
    """Where a return stands; its units are in quarantine from the receipt to the disposition."""

    REQUESTED = "requested"
    AUTHORIZED = "authorized"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    DISPOSITIONED = "dispositioned"
    CLOSED = "closed"
    REFUSED = "refused"
    LOST = "lost"


class RmaReason(StrEnum):
    """Why units come back."""

    SWAPPED_OUT = "swapped_out"
    DEFECTIVE_ON_ARRIVAL = "defective_on_arrival"
    WRONG_PART = "wrong_part"
    UNUSED = "unused"
    CUSTOMER_RETURN = "customer_return"
    EXPIRED = "expired"


class Disposition(StrEnum):
    """What becomes of units that came back."""

    RESTOCK = "restock"
    REPAIR = "repair"
    REPLACE = "replace"
    CREDIT = "credit"
    RETURN_TO_VENDOR = "return_to_vendor"
    SCRAP = "scrap"
    REJECT = "reject"


# The supplier has still to do something: bring a unit, or pay.
UNSETTLED = (Disposition.REPAIR, Disposition.REPLACE, Disposition.CREDIT)
# What can become of units that may not be used any more.
FOR_EXPIRED = (Disposition.SCRAP, Disposition.RETURN_TO_VENDOR, Disposition.CREDIT)

_S = RmaState
EXPECTED = (_S.AUTHORIZED, _S.IN_TRANSIT)
_ASK = frozenset({Role.TECHNICIAN, Role.AGENT, Role.DISPATCHER, Role.WAREHOUSE, Role.ADMIN, Role.SYSTEM})
_DECIDE = frozenset({Role.SUPERVISOR, Role.WAREHOUSE, Role.ADMIN})
_SEND = frozenset({Role.TECHNICIAN, Role.WAREHOUSE, Role.ADMIN})
_KEEP = frozenset({Role.WAREHOUSE, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})

RMA = LifeCycle(
    "rma",
    (
        Transition("request", (), _S.REQUESTED, _ASK, "what is to come back, from where and why", on_behalf=False),
        Transition(
            "set_aside", (), _S.INSPECTED, _SYSTEM, "its lot has expired: out of use where it is, in quarantine"
        ),
        Transition("authorize", (_S.REQUESTED,), _S.AUTHORIZED, _DECIDE, "it may come; the warehouse expects it"),
        Transition("refuse", (_S.REQUESTED, _S.AUTHORIZED), _S.REFUSED, _DECIDE, "with a reason; nothing has moved"),
        Transition("send", (_S.AUTHORIZED,), _S.IN_TRANSIT, _SEND, "on its way; own units are in transit"),
        Transition(
            "lose",
            (_S.IN_TRANSIT, _S.RECEIVED, _S.INSPECTED),
            _S.LOST,
            _KEEP,
            "it never came, or is not found any more; what the books have there is with the discrepancies",
        ),
        Transition("receive", EXPECTED, _S.RECEIVED, _KEEP, "in quarantine"),
        Transition("inspect", (_S.RECEIVED,), _S.INSPECTED, _KEEP, "what was found"),
        Transition(
            "disposition", (_S.INSPECTED,), _S.DISPOSITIONED, _DECIDE, "it leaves quarantine for where it was decided"
        ),
        Transition("close", (_S.DISPOSITIONED,), _S.CLOSED, _SYSTEM, "at once, or when the supplier has settled it"),
    ),
)
