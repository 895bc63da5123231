"""Scenes for the table of visits."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.catalogue import CancelReason, OverrideReason, PostponeReason, TurnBackReason
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.phone_commands import CommandType
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Shift
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.late_facts import find_ever_sent, make_way
from fieldsvc.services.placements import Placement, place_visit
from fieldsvc.services.sending import dispatch_visit
from fieldsvc.services.visit_returns import Cancellation, Postponement, cancel_visit, postpone_visit, turn_back
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.day_world import TRAVEL, DayWorld
from tests.fieldsvc.services.run_world import planner
from tests.fieldsvc.services.scenes import Scene, UseCase
from tests.fieldsvc.stage import RECORD, STEPS, WAYS, Stage

_S = VisitState
_TAKEN_BACK = Cancellation(CancelReason.OTHER, timedelta(days=1))
_PUT_OFF = Postponement(PostponeReason.OTHER)


def visit_scene(database: Database, action: str, start: VisitState | None) -> Scene:
    """Somebody about to take a row of the table of visits."""
    assert start is not None, "no visit is born by a row of its table"
    if action == "unplan":
        return _unplanned_by_a_run(database, start)
    stage = Stage(database, build_cast(database))
    _work_tomorrow(stage)
    if action == "late_check_in":
        _stand(stage, start, stage.cast.technician2)
    else:
        _stand(stage, start, stage.cast.technician1)
    if action == "complete":
        stage.walk(*RECORD)
    return Scene(database, "visit", actors_of(stage), lambda actor: _act(stage, action, actor)).begin()


def actors_of(stage: Stage) -> dict[Role, Actor]:
    """Whoever has to do with the cast's visit, by role."""
    cast = stage.cast
    return {
        Role.TECHNICIAN: cast.technician1,
        Role.AGENT: cast.agent,
        Role.DISPATCHER: cast.dispatcher,
        Role.WAREHOUSE: cast.warehouse_keeper,
        Role.SUPERVISOR: cast.supervisor,
        Role.ADMIN: cast.admin,
        Role.CUSTOMER: stage.customer_actor(),
        Role.SYSTEM: SYSTEM,
    }


def _act(stage: Stage, action: str, actor: Actor) -> UseCase:
    visit = stage.cast.visit
    if action in ("plan", "reassign"):
        return _placed(stage, stage.cast.technician2, 14)
    if action in STEPS:
        return STEPS[action](visit)
    others: dict[str, UseCase] = {
        "dispatch": lambda uow: dispatch_visit(uow, visit),
        "abort_travel": lambda uow: turn_back(uow, visit, _reason_of(uow)),
        "postpone": lambda uow: postpone_visit(uow, visit, _PUT_OFF),
        "cancel": lambda uow: cancel_visit(uow, visit, _TAKEN_BACK),
        "cancel_en_route": lambda uow: cancel_visit(uow, visit, _TAKEN_BACK),
        "late_check_in": lambda uow: _been_there(uow, visit, actor),
    }
    return others[action]


def _reason_of(uow: UnitOfWork) -> TurnBackReason:
    """Why somebody turns back, as the one who says so may."""
    is_technicians = uow.actor.role is Role.TECHNICIAN or uow.context.on_behalf
    return TurnBackReason.SICK if is_technicians else TurnBackReason.DIVERTED


def _been_there(uow: UnitOfWork, visit_id: UUID, actor: Actor) -> object:
    """What a phone's check-in does that comes when somebody else has the visit, or nobody."""
    sent = find_ever_sent(uow, visit_id)
    if sent is None:
        raise NotFound(f"{actor.role} was never sent the visit.")
    return make_way(uow, CommandType.CHECK_IN, *sent)


def _stand(stage: Stage, state: VisitState, whose: Actor) -> None:
    """Bring the cast's visit to a state, by now on somebody's day where it is on one."""
    cast, visit = stage.cast, stage.cast.visit
    if state is _S.UNSCHEDULED:
        stage.act(cast.dispatcher, lambda uow: postpone_visit(uow, visit, _PUT_OFF))
    elif state is _S.CANCELLED:
        stage.act(cast.dispatcher, lambda uow: cancel_visit(uow, visit, _TAKEN_BACK))
    elif state is _S.PLANNED or whose is not cast.technician1:
        stage.act(cast.dispatcher, _placed(stage, whose, 10))
        if state in (_S.DISPATCHED, _S.ACCEPTED):
            stage.act(cast.dispatcher, lambda uow: dispatch_visit(uow, visit))
        if state is _S.ACCEPTED:
            stage.walk("accept", actor=whose)
    else:
        stage.walk(*WAYS[state])


def _placed(stage: Stage, whose: Actor, hour: int) -> UseCase:
    """Put the cast's visit on somebody's day tomorrow."""
    assert whose.technician_id is not None
    start = datetime.combine(stage.cast.day + timedelta(days=1), time(hour), UTC)
    wanted = Placement((whose.technician_id,), start, OverrideReason.OTHER)
    return lambda uow: place_visit(uow, TRAVEL, stage.cast.visit, wanted)


def _work_tomorrow(stage: Stage) -> None:
    day = stage.cast.day + timedelta(days=1)
    with stage.database.unit_of_work() as uow:
        for actor in (stage.cast.technician1, stage.cast.technician2):
            begins = datetime.combine(day, time(8), UTC)
            uow.session.add(
                Shift(
                    id=uow.new_id(),
                    technician_id=actor.technician_id,
                    day=day,
                    starts_at=begins,
                    ends_at=begins + timedelta(hours=10),
                    breaks=[],
                )
            )
        uow.commit()


def _unplanned_by_a_run(database: Database, start: VisitState) -> Scene:
    world = DayWorld(database)
    world.technician("Ana")
    world.visit("V1")
    world.apply(world.propose(plan=planner(Ana="V1")), dispatches=start is _S.DISPATCHED)
    run_id = world.propose(plan=planner(Ana=""))
    act: Callable[[Actor], UseCase] = lambda _: lambda uow: apply_run(uow, run_id, ApplyOptions())  # noqa: E731
    return Scene(database, "visit", planners_of(world), act).begin()


def planners_of(world: DayWorld) -> dict[Role, Actor]:
    """Somebody of each role in the world of a day."""
    staff = (Role.TECHNICIAN, Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR, Role.ADMIN)
    return {
        **{role: world.user(f"some {role.value}", role) for role in staff},
        Role.DISPATCHER: world.dispatcher,
        Role.CUSTOMER: Actor(Role.CUSTOMER),
        Role.SYSTEM: SYSTEM,
    }
