"""The life cycle of a replenishment proposal: what should be ordered, until a person has decided."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class ReplenishmentState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    ORDERED = "ordered"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"


_S = ReplenishmentState
_KEEPERS = frozenset({Role.WAREHOUSE, Role.ADMIN})

REPLENISHMENT = LifeCycle(
    "replenishment_proposal",
    (
        Transition("propose", (), _S.PROPOSED, _KEEPERS | {Role.SYSTEM}, "by forecast, with the figures that say why"),
        Transition("order", (_S.PROPOSED,), _S.ORDERED, _KEEPERS, "it is a line of a drafted purchase order"),
        Transition("dismiss", (_S.PROPOSED,), _S.DISMISSED, _KEEPERS, "with a reason"),
        Transition("supersede", (_S.PROPOSED,), _S.SUPERSEDED, frozenset({Role.SYSTEM}), "by newer figures"),
    ),
)
