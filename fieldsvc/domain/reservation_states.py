"""The life cycle of a reservation: units of a part that are promised to a ticket, and to nobody else."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class ReservationState(StrEnum):
    """Where a reservation stands; only a reserved one holds units."""

    RESERVED = "reserved"
    BACKORDERED = "backordered"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


_S = ReservationState
ACTIVE = (_S.RESERVED, _S.BACKORDERED)
_STAFF = frozenset({Role.TECHNICIAN, Role.DISPATCHER, Role.WAREHOUSE, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})

RESERVATION = LifeCycle(
    "reservation",
    (
        Transition("reserve", (), _S.RESERVED, _STAFF | _SYSTEM, "by a plan, or refused with what is available"),
        Transition("backorder", (), _S.BACKORDERED, _STAFF | _SYSTEM, "waits for units that are not there"),
        Transition(
            "fill",
            (_S.BACKORDERED,),
            _S.RESERVED,
            _SYSTEM,
            "when units are free: the most urgent ticket first, then who has waited longest",
        ),
        Transition("consume", (_S.RESERVED,), _S.CONSUMED, _SYSTEM, "with the use it was for: one move of as many"),
        Transition("bump", (_S.RESERVED,), _S.BACKORDERED, _SYSTEM, "a fact has taken the units; it waits again"),
        Transition("expire", ACTIVE, _S.EXPIRED, _SYSTEM, "when its time is over; whoever waits is served"),
        Transition("release", ACTIVE, _S.RELEASED, _STAFF | _SYSTEM, "whoever waits is served"),
    ),
)
