"""The life cycle of the customer's statement about one version of the service report."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class SignOffState(StrEnum):
    """Where a sign-off stands."""

    PENDING = "pending"
    PRESENTED = "presented"
    SIGNED = "signed"
    CONFIRMED_REMOTE = "confirmed_remote"
    REFUSED = "refused"
    ABSENT = "absent"
    WAIVED = "waived"
    EXPIRED = "expired"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


_S = SignOffState
# Reports that the customer may still answer; with time they count as accepted.
UNANSWERED = (_S.PRESENTED, _S.REFUSED, _S.ABSENT)

# States that are an outcome at the end of a visit; a presented report counts only when it was sent by link.
OUTCOMES = frozenset({_S.SIGNED, _S.CONFIRMED_REMOTE, _S.REFUSED, _S.ABSENT, _S.WAIVED, _S.EXPIRED})
# States that close a resolved ticket.
SETTLED = frozenset({_S.SIGNED, _S.CONFIRMED_REMOTE, _S.WAIVED, _S.EXPIRED, _S.DISMISSED})

_T = frozenset({Role.TECHNICIAN})
_C = frozenset({Role.CUSTOMER})
_V = frozenset({Role.SUPERVISOR})
_DESK = frozenset({Role.AGENT, Role.DISPATCHER})
_SYSTEM = frozenset({Role.SYSTEM})

# Nobody at a desk can be present for the customer: no row of the technician is open on behalf.
SIGN_OFF = LifeCycle(
    "sign-off",
    (
        Transition("present", (_S.PENDING,), _S.PRESENTED, _T, "the stored bytes are what is shown", on_behalf=False),
        Transition(
            "sign",
            (_S.PRESENTED,),
            _S.SIGNED,
            _T | _C,
            "by the customer, on the technician's device",
            on_behalf=False,
        ),
        Transition("send", (_S.PENDING,), _S.PRESENTED, _DESK, "the short report of what was solved without a visit"),
        Transition("object", (_S.PRESENTED,), _S.DISPUTED, _C, "to a short report, by link"),
        Transition("confirm", UNANSWERED, _S.CONFIRMED_REMOTE, _C, "by a single-use link"),
        Transition("refuse", (_S.PRESENTED,), _S.REFUSED, _T, "a reason", on_behalf=False),
        Transition("note_absence", (_S.PRESENTED,), _S.ABSENT, _T, on_behalf=False),
        Transition("waive", (_S.PRESENTED,), _S.WAIVED, _V, "a reason"),
        Transition("expire", UNANSWERED, _S.EXPIRED, _SYSTEM, "tacit acceptance after the days of the preset"),
        Transition("dispute", (_S.SIGNED, _S.CONFIRMED_REMOTE, _S.EXPIRED), _S.DISPUTED, _C),
        Transition("uphold", (_S.DISPUTED,), _S.UPHELD, _DESK, "the ticket is reopened"),
        Transition("dismiss", (_S.DISPUTED,), _S.DISMISSED, _DESK, "a reason"),
    ),
)
