"""The life cycle of a purchase order: units of parts that a supplier is to bring."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class PurchaseOrderState(StrEnum):
    """Where a purchase order stands; units of one that is ordered are expected."""

    DRAFT = "draft"
    APPROVED = "approved"
    ORDERED = "ordered"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


_S = PurchaseOrderState
EXPECTED = (_S.ORDERED, _S.PART_RECEIVED)
_CAME = (_S.PART_RECEIVED, _S.RECEIVED)
_KEEPERS = frozenset({Role.WAREHOUSE, Role.ADMIN})
_DECIDE = frozenset({Role.SUPERVISOR, Role.ADMIN})

PURCHASE_ORDER = LifeCycle(
    "purchase_order",
    (
        Transition("draft", (), _S.DRAFT, _KEEPERS | {Role.SYSTEM}, "what is wanted, from whom, at what price"),
        Transition("approve", (_S.DRAFT,), _S.APPROVED, _DECIDE, "it may be ordered"),
        Transition("order", (_S.APPROVED,), _S.ORDERED, _KEEPERS, "the supplier has it; its units are expected"),
        Transition("receive_some", EXPECTED, _S.PART_RECEIVED, _KEEPERS, "units are in stock, whoever waits is served"),
        Transition("receive", EXPECTED, _S.RECEIVED, _KEEPERS, "all lines are there, or the rest will not come"),
        Transition("take_back_surplus", (_S.RECEIVED,), _S.RECEIVED, _KEEPERS, "a receipt was wrong; enough is there"),
        Transition("take_back_some", _CAME, _S.PART_RECEIVED, _KEEPERS, "a receipt was wrong; its units are expected"),
        Transition("take_back_all", _CAME, _S.ORDERED, _KEEPERS, "a receipt was wrong, and nothing else has come"),
        Transition(
            "cancel",
            (_S.DRAFT, _S.APPROVED, _S.ORDERED),
            _S.CANCELLED,
            _DECIDE,
            "nothing of it is expected any more",
        ),
    ),
)
