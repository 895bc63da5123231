"""The life cycle of a transfer: units on their way from one place to another."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class TransferState(StrEnum):
    """Where a transfer stands; the units of a shipped one are in transit."""

    DRAFT = "draft"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CANCELLED = "cancelled"


_S = TransferState
_KEEPERS = frozenset({Role.WAREHOUSE, Role.ADMIN})
_BOTH = _KEEPERS | {Role.TECHNICIAN}

TRANSFER = LifeCycle(
    "transfer",
    (
        Transition("draft", (), _S.DRAFT, _BOTH, "a technician to or from the own van", on_behalf=False),
        Transition(
            "draft_return",
            (),
            _S.DRAFT,
            _BOTH | {Role.DISPATCHER},
            "what no visit needs any more, from a van to the warehouse it came from; a technician from the own van",
            on_behalf=False,
        ),
        Transition("hand_over", (), _S.SHIPPED, _KEEPERS, "what the visits of a technician's day need leaves at once"),
        Transition("ship", (_S.DRAFT,), _S.SHIPPED, _BOTH, "the units leave: they are in transit", on_behalf=False),
        Transition(
            "receive", (_S.SHIPPED,), _S.RECEIVED, _BOTH, "what is missing, or too much, is recorded", on_behalf=False
        ),
        Transition("cancel", (_S.DRAFT, _S.SHIPPED), _S.CANCELLED, _KEEPERS, "what was shipped is back where it was"),
    ),
)
