"""The life cycle of an approval: what the customer is asked to pay for, before it is done."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class ApprovalState(StrEnum):
    """Where an approval stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


_S = ApprovalState
_T = frozenset({Role.TECHNICIAN})
_C = frozenset({Role.CUSTOMER})
_DESK = frozenset({Role.AGENT, Role.DISPATCHER})
_SYSTEM = frozenset({Role.SYSTEM})

# The customer decides: on the technician's device, or by link. Nobody at a desk can for him.
APPROVAL = LifeCycle(
    "approval",
    (
        Transition("request", (), _S.REQUESTED, _T | _DESK, "lines with prices; the sum is shown", on_behalf=False),
        Transition(
            "approve", (_S.REQUESTED,), _S.APPROVED, _T | _C, "signed on the device, or by link", on_behalf=False
        ),
        Transition("decline", (_S.REQUESTED,), _S.DECLINED, _T | _C, "why, if the customer says so", on_behalf=False),
        Transition(
            "withdraw",
            (_S.REQUESTED,),
            _S.WITHDRAWN,
            _T | _DESK | _SYSTEM,
            "nobody wants an answer any more; by the system with a ticket that is cancelled",
            on_behalf=False,
        ),
    ),
)
