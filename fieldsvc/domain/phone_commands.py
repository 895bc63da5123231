"""What a phone may have queued while it was offline: facts, never refused for the plan's sake, and requests."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from fieldsvc.domain.transitions import Transition
from fieldsvc.domain.visit_states import AT_THE_SITE, STARTED, VISIT, VisitState

# The clock of a phone may be this much fast, or slow, before its times are corrected.
CLOCK_TOLERANCE = timedelta(minutes=5)


# How events say that a phone told something, that it must have been, or that it follows from what was told. Their times
# are corrected when they come in.
SYNC, IMPLIED, INFERRED = "sync", "implied", "inferred"
PHONE_SOURCES = frozenset({SYNC, IMPLIED, INFERRED})


class CommandType(StrEnum):
    """What a command says or asks."""

    DEPARTURE = "departure"
    CHECK_IN = "check_in"
    WORK = "work"
    PAUSE = "pause"
    CHECKLIST = "checklist"
    DIAGNOSIS = "diagnosis"
    SOLUTION = "solution"
    VERIFICATION = "verification"
    CONSUMPTION = "consumption"
    PHOTO = "photo"
    REPORT = "report"
    SIGN_OFF = "sign_off"
    APPROVAL = "approval"
    COMPLETION = "completion"
    INCOMPLETION = "incompletion"
    ACCEPTANCE = "acceptance"
    DECLINATION = "declination"
    TURNING_BACK = "turning_back"
    PART_REQUEST = "part_request"
    HELP_REQUEST = "help_request"
    ABSENCE = "absence"


class CommandStatus(StrEnum):
    """What became of a command. kept: a fact that stands as it was told, for the office, but moves nothing."""

    APPLIED = "applied"
    KEPT = "kept"
    CONFLICT = "conflict"
    REJECTED = "rejected"


_C = CommandType
REQUESTS = frozenset({_C.ACCEPTANCE, _C.DECLINATION, _C.TURNING_BACK, _C.PART_REQUEST, _C.HELP_REQUEST, _C.ABSENCE})
# Commands whose entity is the technician, not a visit.
ABOUT_ONESELF = frozenset({_C.ABSENCE})
FACTS = frozenset(CommandType) - REQUESTS

# The row of the visit's table a fact takes; what is recorded at the site takes none.
FACT_ACTIONS: dict[CommandType, str] = {
    _C.DEPARTURE: "depart",
    _C.CHECK_IN: "check_in",
    _C.WORK: "work",
    _C.PAUSE: "pause",
    _C.COMPLETION: "complete",
    _C.INCOMPLETION: "break_off",
}
# Facts that say nothing new in these states: another phone of the technician has told them.
_SAID_ALREADY: dict[CommandType, tuple[VisitState, ...]] = {
    _C.DEPARTURE: STARTED,
    _C.CHECK_IN: AT_THE_SITE,
    _C.WORK: (VisitState.WORKING,),
    _C.PAUSE: (VisitState.PAUSED,),
}
# The customer may still answer a report when the visit has ended, and what is prepared is prepared before the way.
_ANY_TIME = frozenset({_C.SIGN_OFF, _C.CHECKLIST})
_WAY = ("accept", "depart", "check_in", "work")


def is_said_already(kind: CommandType, state: VisitState) -> bool:
    """Tell whether a fact changes nothing in this state."""
    return state in _SAID_ALREADY.get(kind, ())


def skipped_steps(kind: CommandType, state: VisitState) -> tuple[str, ...]:
    """Return the technician's steps that must have been taken before a fact, but were not told; in their order.

    Who has worked was there, and who was there had set off. Where no step leads to the fact there is none.
    """
    if kind in _ANY_TIME or kind in REQUESTS:
        return ()
    action = FACT_ACTIONS.get(kind)
    wanted = AT_THE_SITE if action is None else _row(action).from_states
    return tuple(_steps(state, wanted))


def _steps(state: VisitState, wanted: Collection[VisitState]) -> Iterator[str]:
    taken = []
    while state not in wanted:
        row = next((row for row in map(_row, _WAY) if state in row.from_states), None)
        if row is None:
            return
        taken.append(row.action)
        state = row.to
    yield from taken


def _row(action: str) -> Transition[VisitState]:
    return next(row for row in VISIT.rows if row.action == action)


def corrected_time(said: datetime, offset: timedelta, earliest: datetime, now: datetime) -> datetime:
    """Return when something happened by the server's clock.

    offset: server minus phone, measured when the phone pushes. Nothing has happened in the future, nor before the
    visit was sent out: a phone's clock is no reason to refuse what was done.
    """
    moment = said if abs(offset) <= CLOCK_TOLERANCE else said + offset
    return min(max(moment, earliest), now)
