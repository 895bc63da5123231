"""The life cycle of a ticket: what the customer reported, until it is closed."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    TRIAGED = "triaged"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


_S = TicketState
OPEN = (_S.NEW, _S.TRIAGED, _S.IN_PROGRESS, _S.WAITING)

# An admin has the ticket rows of the desk, as the permission matrix gives all of a ticket to that role.
_DESK = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})
_CUSTOMER = frozenset({Role.CUSTOMER})

TICKET = LifeCycle(
    "ticket",
    (
        Transition("report", (), _S.NEW, _DESK | _CUSTOMER | _SYSTEM, "the channel and both times are kept"),
        Transition(
            "triage",
            (_S.NEW,),
            _S.TRIAGED,
            _DESK | _SYSTEM,
            "nature, urgency, job type, site, team and handler are set",
        ),
        Transition("reject", (_S.NEW,), _S.REJECTED, _DESK, "a reason; the customer is told"),
        Transition(
            "wait",
            (_S.TRIAGED, _S.IN_PROGRESS),
            _S.WAITING,
            _DESK | _SYSTEM,
            "pauses the clock where the SLA says so; never hides a visit from a run",
        ),
        Transition("resume_triaged", (_S.WAITING,), _S.TRIAGED, _DESK | _SYSTEM, "the clock runs again"),
        Transition("resume_in_progress", (_S.WAITING,), _S.IN_PROGRESS, _DESK | _SYSTEM, "the clock runs again"),
        Transition(
            "resolve_without_visit",
            (_S.TRIAGED,),
            _S.RESOLVED,
            _DESK,
            "diagnosis, solution and verification recorded; a short report to confirm",
        ),
        Transition("start", (_S.TRIAGED,), _S.IN_PROGRESS, _SYSTEM, "a visit is published or started"),
        Transition(
            "fall_back",
            (_S.IN_PROGRESS,),
            _S.TRIAGED,
            _SYSTEM,
            "no visit is planned or started any more, or the newest ended incomplete: a follow-up is drafted",
        ),
        Transition(
            "resolve",
            (_S.IN_PROGRESS,),
            _S.RESOLVED,
            _SYSTEM,
            "no visit or approval is open; the newest not cancelled visit is completed, and inspected where wanted",
        ),
        Transition(
            "close",
            (_S.RESOLVED,),
            _S.CLOSED,
            _SYSTEM,
            "the outcome is signed, confirmed, tacitly accepted or waived",
        ),
        Transition(
            "reopen",
            (_S.RESOLVED, _S.CLOSED),
            _S.TRIAGED,
            _DESK | _CUSTOMER,
            "a repeat visit; urgency one level up; the customer only by a dispute within its window",
        ),
        Transition(
            "cancel",
            OPEN,
            _S.CANCELLED,
            _DESK | _CUSTOMER,
            "refused while a visit is on site or later, to all but a dispatcher already while one is en route; "
            "reservations are released and visits cancelled",
        ),
        Transition(
            "revive",
            (_S.CANCELLED, _S.RESOLVED, _S.CLOSED),
            _S.IN_PROGRESS,
            _SYSTEM,
            "somebody is at the site, as a phone tells late",
        ),
    ),
)
