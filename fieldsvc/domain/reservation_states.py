"""The life cycle of a reservation: units of a part that are promised to a ticket, and to nobody else."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class ReservationState(StrEnum):
    """Where a reservation stands. Picked: set aside, or on its way to a van; staged: on the van."""

    RESERVED = "reserved"
    PICKED = "picked"
    STAGED = "staged"
    BACKORDERED = "backordered"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


_S = ReservationState
# Those that hold units, and those that may be over with time.
HOLDING = (_S.RESERVED, _S.PICKED, _S.STAGED)
ACTIVE = (*HOLDING, _S.BACKORDERED)
EXPIRABLE = (_S.RESERVED, _S.BACKORDERED)
_KEEPERS = frozenset({Role.WAREHOUSE, Role.ADMIN})
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
        Transition("pick", (_S.RESERVED,), _S.PICKED, _KEEPERS, "set aside for the technician", on_behalf=False),
        Transition(
            "put_back",
            (_S.PICKED, _S.STAGED),
            _S.RESERVED,
            _KEEPERS | _SYSTEM,
            "by the system when the plan counts on it no more",
            on_behalf=False,
        ),
        Transition("stage", (_S.PICKED,), _S.STAGED, _SYSTEM, "with the hand-over that brought it to the van"),
        Transition("consume", HOLDING, _S.CONSUMED, _SYSTEM, "with the use it was for: one move of as many"),
        Transition("bump", HOLDING, _S.BACKORDERED, _SYSTEM, "a fact has taken the units; it waits again"),
        Transition("expire", EXPIRABLE, _S.EXPIRED, _SYSTEM, "when its time is over; whoever waits is served"),
        Transition(
            "release",
            ACTIVE,
            _S.RELEASED,
            _STAFF | _SYSTEM,
            "whoever waits is served; what is on a van and spare is proposed to be brought back",
        ),
    ),
)
