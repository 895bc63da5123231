"""The life cycle of a task: something that somebody at the desk has to look at."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"


_DESK = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})
_KEEPERS = frozenset({Role.WAREHOUSE})  # of what asks for a count, and of nothing else

TASK = LifeCycle(
    "task",
    (
        Transition("raise", (), TaskState.OPEN, _DESK | _SYSTEM, "the system has one of a kind open for a thing"),
        Transition("finish", (TaskState.OPEN,), TaskState.DONE, _DESK | _KEEPERS | _SYSTEM, "what came of it is noted"),
    ),
)
