"""The life cycle of a phone that works offline: registered, taken back, lost, and wiped."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class DeviceState(StrEnum):
    """Where a device stands."""

    ACTIVE = "active"
    REVOKED = "revoked"
    LOST = "lost"
    FORKED = "forked"
    WIPED = "wiped"


_S = DeviceState
_T = frozenset({Role.TECHNICIAN})
_OFFICE = frozenset({Role.SUPERVISOR, Role.ADMIN})

DEVICE = LifeCycle(
    "device",
    (
        Transition("register", (), _S.ACTIVE, _T, "its commands are numbered from 1", on_behalf=False),
        Transition(
            "revoke",
            (_S.ACTIVE,),
            _S.REVOKED,
            _T | _OFFICE,
            "it gets nothing any more; it is wiped once it has pushed what it holds",
            on_behalf=False,
        ),
        Transition(
            "confirm_loss",
            (_S.ACTIVE, _S.REVOKED, _S.FORKED),
            _S.LOST,
            _OFFICE,
            "what it holds is given up: its session ends, and with its next contact it is wiped",
        ),
        Transition("fork", (_S.ACTIVE,), _S.FORKED, frozenset({Role.SYSTEM}), "two phones use its numbers"),
        Transition("confirm_wipe", (_S.REVOKED,), _S.WIPED, _T, "its session ends", on_behalf=False),
    ),
)
