"""The life cycle of an absence: said, or asked for and decided about."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class AbsenceState(StrEnum):
    """Where an absence stands; only a granted one is planned around."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class AbsenceReason(StrEnum):
    """Why somebody does not work."""

    SICK = "sick"
    FAMILY = "family"
    LEAVE = "leave"
    TRAINING = "training"
    OTHER = "other"


_S = AbsenceState
NOBODY_IS_ASKED = frozenset({AbsenceReason.SICK, AbsenceReason.FAMILY})
"""Reasons for which a technician says that he is not there, and does not ask."""
_T = frozenset({Role.TECHNICIAN})
_PLANNERS = frozenset({Role.DISPATCHER, Role.ADMIN})

ABSENCE = LifeCycle(
    "absence",
    (
        Transition("request", (), _S.REQUESTED, _T, "a planner decides", on_behalf=False),
        Transition("report", (), _S.GRANTED, _T | _PLANNERS, "sick, or family: nobody is asked", on_behalf=False),
        Transition("grant", (_S.REQUESTED,), _S.GRANTED, _PLANNERS, "whoever has a visit planned then is told of"),
        Transition("refuse", (_S.REQUESTED,), _S.REFUSED, _PLANNERS),
        Transition(
            "withdraw",
            (_S.REQUESTED, _S.GRANTED),
            _S.WITHDRAWN,
            _T | _PLANNERS,
            "before it begins; one that has begun ends",
            on_behalf=False,
        ),
    ),
)
