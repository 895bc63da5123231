"""The life cycle of a count: what is there, found out by looking, and what becomes of the difference."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class CountState(StrEnum):
    """Where a count stands; who counts is not shown what the books say before it is posted."""

    OPEN = "open"
    SUBMITTED = "submitted"
    POSTED = "posted"
    CANCELLED = "cancelled"


_S = CountState
_COUNT = frozenset({Role.TECHNICIAN, Role.WAREHOUSE, Role.ADMIN})
_DECIDE = frozenset({Role.SUPERVISOR, Role.ADMIN})

COUNT = LifeCycle(
    "count",
    (
        Transition("open", (), _S.OPEN, _COUNT, "which parts at which place; technicians the own van", on_behalf=False),
        Transition(
            "submit", (_S.OPEN,), _S.SUBMITTED, _COUNT, "compared with the books as they are then", on_behalf=False
        ),
        Transition(
            "post",
            (_S.SUBMITTED,),
            _S.POSTED,
            _DECIDE | {Role.SYSTEM},
            "the differences are moves; by the system at once where they are worth little",
        ),
        Transition("recount", (_S.SUBMITTED,), _S.OPEN, _DECIDE, "with a reason; what was counted is thrown away"),
        Transition("cancel", (_S.OPEN,), _S.CANCELLED, _COUNT, "nothing moves", on_behalf=False),
    ),
)
