"""Scenes for the table of sign-offs: of a visit's report, and of a short report where the row is for that."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import Resolution
from fieldsvc.domain.roles import Role
from fieldsvc.domain.short_report import Solved
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.models import RemoteSolution, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import disputes, remote_solutions, sign_offs, tracking
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.services.scenes import Scene, UseCase
from tests.fieldsvc.services.visit_scenes import actors_of
from tests.fieldsvc.stage import REPORT, SIGNATURE, STEPS, Stage

_S = SignOffState
_SHA256 = hashlib.sha256(REPORT).hexdigest()
_MONTH = timedelta(days=30)
_SOLVED = Solved("no_display", "settings", "reconfigure", "brightness", Resolution.CONFIGURED, True)
_BY_LINK = sign_offs.Presentation(REPORT, "application/json", is_sent_by_link=True)
# Rows for which there has to have been an end of the visit.
_AFTERWARDS = ("expire", "dispute", "uphold", "dismiss")


def sign_off_scene(database: Database, action: str, start: SignOffState | None) -> Scene:
    """Somebody about to take a row of the table of sign-offs."""
    assert start is not None, "no sign-off is born by a row of its table"
    stage = Stage(database, build_cast(database))
    if action in ("send", "object"):
        return _of_a_short_report(stage, action)
    actors = actors_of(stage)
    stage.walk("accept", "depart", "check_in", "work", "diagnose", "solve", "verify")
    _stand(stage, actors[Role.CUSTOMER], start, ends=action in _AFTERWARDS)
    return Scene(database, "sign_off", actors, lambda actor: _act(stage, action, actor)).begin()


def _stand(stage: Stage, customer: Actor, state: SignOffState, *, ends: bool) -> None:
    """Bring the report of the cast's visit to a state; ends: the visit is completed."""
    visit = stage.cast.visit
    if state is _S.PENDING:
        return
    answered = state not in (_S.PRESENTED, _S.CONFIRMED_REMOTE, _S.EXPIRED)
    if answered:
        stage.walk("present")
        stage.act(stage.cast.technician1, _answers(visit)[_S.SIGNED if state is _S.DISPUTED else state])
    else:
        stage.act(stage.cast.technician1, lambda uow: sign_offs.present_report(uow, visit, _BY_LINK))
    if ends:
        stage.walk("complete")
    if state is _S.CONFIRMED_REMOTE:
        stage.act(customer, lambda uow: sign_offs.confirm_by_link(uow, _SHA256, "Dora"))
    elif state is _S.EXPIRED:
        with stage.database.unit_of_work() as uow:
            assert sign_offs.expire_sign_off(uow, visit, uow.now)
            uow.commit()
    elif state is _S.DISPUTED:
        stage.walk("dispute")


def _answers(visit: UUID) -> dict[SignOffState, UseCase]:
    return {
        _S.SIGNED: STEPS["sign"](visit),
        _S.REFUSED: lambda uow: sign_offs.refuse_report(uow, visit, _SHA256, "not what was agreed"),
        _S.ABSENT: lambda uow: sign_offs.note_absence(uow, visit, _SHA256),
    }


def _act(stage: Stage, action: str, actor: Actor) -> UseCase:
    visit, is_customer = stage.cast.visit, actor.role is Role.CUSTOMER

    def told(name: str) -> UseCase:
        """The same action by somebody who holds no link."""
        return lambda uow: sign_offs.answer_report(uow, visit, _SHA256, name, {})

    acts: dict[str, UseCase] = {
        "present": STEPS["present"](visit),
        "sign": lambda uow: sign_offs.sign_report(uow, visit, _SHA256, SIGNATURE),
        "refuse": _answers(visit)[_S.REFUSED],
        "note_absence": _answers(visit)[_S.ABSENT],
        "waive": lambda uow: sign_offs.waive_sign_off(uow, visit, _SHA256, "on the phone"),
        "expire": lambda uow: sign_offs.expire_sign_off(uow, visit, uow.now),
        "uphold": lambda uow: disputes.decide_dispute(uow, visit, "seen", is_upheld=True),
        "dismiss": lambda uow: disputes.decide_dispute(uow, visit, "seen", is_upheld=False),
        "confirm": (lambda uow: sign_offs.confirm_by_link(uow, _SHA256, "Dora")) if is_customer else told("confirm"),
        "dispute": (lambda uow: disputes.dispute_by_link(uow, _SHA256, "it drips", _MONTH))
        if is_customer
        else told("dispute"),
    }
    return acts[action]


def _of_a_short_report(stage: Stage, action: str) -> Scene:
    """The ticket of the visit that nobody has is solved from the desk, or about to be."""
    with stage.database.read_only() as session:
        ticket = session.get_one(Visit, stage.cast.unscheduled_visit).ticket_id
    link = stage.act(stage.cast.agent, lambda uow: tracking.create_link(uow, ticket, 3600))
    with stage.database.read_only() as session:
        customer = tracking.customer_by_link(session, link.token, stage.database.clock.now())
    actors = actors_of(stage) | {Role.CUSTOMER: customer}
    acts: dict[str, UseCase] = {
        "send": lambda uow: remote_solutions.resolve_without_visit(uow, ticket, _SOLVED),
        "object": _objects,
    }
    if action == "object":
        stage.act(stage.cast.agent, acts["send"])
    act: Callable[[Actor], UseCase] = lambda _: acts[action]  # noqa: E731
    return Scene(stage.database, "remote_solution", actors, act).begin()


def _objects(uow: UnitOfWork) -> object:
    remote = uow.session.scalars(select(RemoteSolution)).one()
    return remote_solutions.object_to_remote(uow, remote, remote.report_sha256, "still dark", _MONTH)
