"""The life cycle of a visit, and what an optimization run may do with it in each state."""

from enum import StrEnum

from fieldsvc.domain.roles import Role
from fieldsvc.domain.transitions import LifeCycle, Transition


class VisitState(StrEnum):
    """Where a visit stands; an assignment uses the states from dispatched on."""

    UNSCHEDULED = "unscheduled"
    PLANNED = "planned"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    WORKING = "working"
    PAUSED = "paused"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


class RunMay(StrEnum):
    """What a run may do with a visit."""

    MOVE_FREELY = "move it freely"
    MOVE_AS_DISRUPTION = "move it, as a disruption"
    KEEP_TECHNICIAN = "keep the technician; the start stays in the promised window"
    NOT_TOUCH = "not touch it"
    IGNORE = "ignore it"


_S = VisitState
PUBLISHED = (_S.PLANNED, _S.DISPATCHED, _S.ACCEPTED)
AT_THE_SITE = (_S.ON_SITE, _S.WORKING, _S.PAUSED)
STARTED = (_S.EN_ROUTE, *AT_THE_SITE)
CLOSED = (_S.COMPLETED, _S.INCOMPLETE, _S.CANCELLED)

RUN_MAY: dict[VisitState, RunMay] = {
    _S.UNSCHEDULED: RunMay.MOVE_FREELY,
    _S.PLANNED: RunMay.MOVE_FREELY,
    _S.DISPATCHED: RunMay.MOVE_AS_DISRUPTION,
    _S.ACCEPTED: RunMay.KEEP_TECHNICIAN,
    _S.EN_ROUTE: RunMay.NOT_TOUCH,
    _S.ON_SITE: RunMay.NOT_TOUCH,
    _S.WORKING: RunMay.NOT_TOUCH,
    _S.PAUSED: RunMay.NOT_TOUCH,
    _S.COMPLETED: RunMay.NOT_TOUCH,
    _S.INCOMPLETE: RunMay.NOT_TOUCH,
    _S.CANCELLED: RunMay.IGNORE,
}

_T = frozenset({Role.TECHNICIAN})
_D = frozenset({Role.DISPATCHER})
_C = frozenset({Role.CUSTOMER})
_SYSTEM = frozenset({Role.SYSTEM})
# The permission matrix gives all of the plan to admins too.
_PLANNERS = _D | {Role.ADMIN}
_NOT_STARTED = (_S.CANCELLED, _S.UNSCHEDULED, *PUBLISHED)
LATE_FROM = frozenset(_NOT_STARTED)

VISIT = LifeCycle(
    "visit",
    (
        Transition("plan", (_S.UNSCHEDULED,), _S.PLANNED, _SYSTEM | _PLANNERS, "by a run or by hand"),
        Transition("dispatch", (_S.PLANNED,), _S.DISPATCHED, _SYSTEM | _PLANNERS, "the phone sees it from now on"),
        Transition("accept", (_S.DISPATCHED,), _S.ACCEPTED, _T),
        Transition(
            "decline",
            (_S.DISPATCHED, _S.ACCEPTED),
            _S.UNSCHEDULED,
            _T,
            "a reason; the pair is barred from later runs",
        ),
        Transition(
            "reassign", PUBLISHED, _S.PLANNED, _SYSTEM | _PLANNERS, "the customer is told if the window changes"
        ),
        Transition("unplan", (_S.PLANNED, _S.DISPATCHED), _S.UNSCHEDULED, _SYSTEM, "by a run, with reasons"),
        Transition(
            "depart",
            (_S.ACCEPTED,),
            _S.EN_ROUTE,
            _T,
            "parts on board or a pick-up before it, else a warning; the customer learns the arrival time",
            fact=True,
        ),
        Transition("abort_travel", (_S.EN_ROUTE,), _S.UNSCHEDULED, _T | _D, "a reason: breakdown, sick or diverted"),
        Transition(
            "check_in",
            (_S.EN_ROUTE,),
            _S.ON_SITE,
            _T,
            "the distance to the site is stored; outside the geofence a warning, never a refusal",
            fact=True,
        ),
        Transition("work", (_S.ON_SITE, _S.PAUSED), _S.WORKING, _T, "hands-on time runs", fact=True),
        Transition("pause", (_S.WORKING,), _S.PAUSED, _T, "hands-on time stands", fact=True),
        Transition(
            "complete",
            (_S.WORKING,),
            _S.COMPLETED,
            _T,
            "diagnosis, verification, parts statement and sign-off outcome are there",
            fact=True,
        ),
        Transition(
            "break_off",
            AT_THE_SITE,
            _S.INCOMPLETE,
            _T,
            "a reason; a follow-up visit is drafted",
            fact=True,
        ),
        Transition("postpone", PUBLISHED, _S.UNSCHEDULED, _D | _C, "back to be planned for another time"),
        Transition(
            "cancel",
            (_S.UNSCHEDULED, *PUBLISHED),
            _S.CANCELLED,
            _D | _C | _SYSTEM,
            "by the system with its ticket; flagged as late after the cut-off",
        ),
        Transition("cancel_en_route", (_S.EN_ROUTE,), _S.CANCELLED, _D, "flagged as late"),
        Transition(
            "late_check_in",
            _NOT_STARTED,
            _S.ON_SITE,
            _T,
            "a fact learnt late: stands as it happened, whoever has the visit by now; raises a task for the office",
            fact=True,
        ),
    ),
)
