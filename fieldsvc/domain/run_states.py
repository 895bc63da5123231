"""The life cycle of an optimization run."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    SOLVING = "solving"
    PROPOSED = "proposed"
    APPLIED = "applied"
    PARTLY_APPLIED = "partly_applied"
    DISCARDED = "discarded"
    REVERTED = "reverted"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STALE = "stale"
    SUPERSEDED = "superseded"


_S = RunState
UNFINISHED = (_S.QUEUED, _S.SOLVING)

# An admin has the rows of the planners, as the permission matrix gives all of the plan to that role.
_PLANNERS = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN})
_SYSTEM = frozenset({Role.SYSTEM})

RUN = LifeCycle(
    "optimization run",
    (
        Transition("request", (), _S.QUEUED, _PLANNERS | _SYSTEM, "an identical request joins, an overlapping queues"),
        Transition("claim", (_S.QUEUED,), _S.SOLVING, _SYSTEM, "a lease with a new fencing token"),
        Transition("requeue", (_S.SOLVING,), _S.QUEUED, _SYSTEM, "once, after a lost worker"),
        Transition("propose", (_S.SOLVING,), _S.PROPOSED, _SYSTEM, "the checked plan is stored"),
        Transition(
            "apply",
            (_S.PROPOSED,),
            _S.APPLIED,
            _PLANNERS | _SYSTEM,
            "versions and plan are checked against current facts, then published in one piece",
        ),
        Transition(
            "apply_partly",
            (_S.PROPOSED,),
            _S.PARTLY_APPLIED,
            _PLANNERS | _SYSTEM,
            "whole routes touched by a change made meanwhile are skipped and named",
        ),
        Transition("discard", (_S.PROPOSED,), _S.DISCARDED, _PLANNERS),
        Transition(
            "revert",
            (_S.APPLIED, _S.PARTLY_APPLIED),
            _S.REVERTED,
            _PLANNERS,
            "while nothing it moved has started and no later run has the same days: what it replaced is published anew",
        ),
        Transition("fail", (_S.SOLVING,), _S.FAILED, _SYSTEM, "the error's code is stored"),
        Transition("cancel", UNFINISHED, _S.CANCELLED, _PLANNERS | _SYSTEM, "a running solve is killed"),
        Transition(
            "go_stale",
            (_S.PROPOSED,),
            _S.STALE,
            _PLANNERS | _SYSTEM,
            "no route of the proposal could be published any more",
        ),
        Transition(
            "supersede",
            (_S.PROPOSED,),
            _S.SUPERSEDED,
            _PLANNERS | _SYSTEM,
            "another run has published all its technician-days anew",
        ),
    ),
)
