"""The life cycle of a privacy request: somebody's data is handed over or erased, and two people say so."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class PrivacyKind(StrEnum):
    """What is asked for."""

    EXPORT = "export"
    ERASURE = "erasure"


class PrivacyState(StrEnum):
    """Where a privacy request stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


_S = PrivacyState
_ADMIN = frozenset({Role.ADMIN})

PRIVACY_REQUEST = LifeCycle(
    "privacy_request",
    (
        Transition("request", (), _S.REQUESTED, _ADMIN, "for one customer, and why"),
        Transition(
            "approve",
            (_S.REQUESTED,),
            _S.APPROVED,
            _ADMIN,
            "by another person than who asked; an erasure is done with it, an export can be fetched for some days",
        ),
        Transition("withdraw", (_S.REQUESTED,), _S.WITHDRAWN, _ADMIN, "nothing was done"),
    ),
)
