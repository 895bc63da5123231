"""Tasks: raised by what happens or by people, listed in the inbox of a team, and finished."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import joinedload, selectinload

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.errors import Fault, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.roles import Role
from fieldsvc.domain.task_states import TASK, TaskState
from fieldsvc.models.tasks import Task
from fieldsvc.models.technicians import Team
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import load_ticket, scope_of

_LONGEST_NOTE = 10_000
# What is shown of a task beside its own columns.
_SHOWN = (joinedload(Task.ticket), selectinload(Task.unknown_uses))


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What somebody asks another team, or the own one, to look at. team_id: None = the ticket's team."""

    note: str
    team_id: UUID | None = None
    due_at: datetime | None = None


def raise_task(uow: UnitOfWork, kind: TaskKind, visit: Visit) -> None:
    """Let the visit's team look at something, as the system; once while nobody has. The visit has to be locked."""
    if _open_of(uow.session, kind, visit.id) is None:
        _add(uow, kind, visit.ticket, visit, visit.team_id, source="system")


def has_open_task(session: OrmSession, kind: TaskKind, subject_id: UUID) -> bool:
    """Tell whether somebody has still to look at something."""
    query = select(Task.id).where(Task.kind == kind, Task.subject_id == subject_id, Task.state == TaskState.OPEN)
    return session.scalar(query) is not None


def ask_the_desk(uow: UnitOfWork, kind: TaskKind, visit: Visit, note: str) -> None:
    """Let the visit's team read what a technician asks for; added to what is asked already. The visit is locked."""
    task = _open_of(uow.session, kind, visit.id)
    if task is None:
        task = _add(uow, kind, visit.ticket, visit, visit.team_id, source="system")
        task.raised_by = uow.actor.user_id
    task.note = note if task.note is None else f"{task.note}\n{note}"[-_LONGEST_NOTE:]


def finish_tasks(uow: UnitOfWork, kind: TaskKind, visit: Visit) -> None:
    """Somebody has looked at it by doing what it asked for. The visit has to be locked."""
    task = _open_of(uow.session, kind, visit.id)
    if task is not None:
        _finish(uow, task, None, Role.SYSTEM)


def raise_ticket_task(uow: UnitOfWork, kind: TaskKind, ticket: Ticket) -> None:
    """Let the ticket's team look at something that is about no visit; once while nobody has. The ticket is locked."""
    if _open_of(uow.session, kind, ticket.id) is None:
        _add(uow, kind, ticket, None, ticket.team_id, source="system")


def finish_ticket_tasks(uow: UnitOfWork, kind: TaskKind, ticket: Ticket) -> None:
    """Somebody has looked at it by doing what it asked for. The ticket has to be locked."""
    task = _open_of(uow.session, kind, ticket.id)
    if task is not None:
        _finish(uow, task, None, Role.SYSTEM)


def task_about(uow: UnitOfWork, kind: TaskKind, visit: Visit, team_id: UUID, subject_id: UUID) -> Task:
    """The one open task of a kind about something that a visit has shown, raised by the system if there is none.

    Nobody else may ask for this subject meanwhile.
    """
    uow.flush()  # reading the task anew would forget what is not sent yet
    task = _open_of(uow.session, kind, subject_id)
    return task or _add(uow, kind, visit.ticket, visit, team_id, source="system", subject_id=subject_id)


def end_task(uow: UnitOfWork, task: Task) -> None:
    """Somebody has done what a locked task asks for."""
    _finish(uow, task, None, Role.SYSTEM)


def request_task(uow: UnitOfWork, ticket_id: UUID, wanted: TaskRequest, version: int | None = None) -> Task:
    """Ask a team to look at a ticket."""
    ticket = load_ticket(uow, ticket_id, Action.TASK_REQUEST, version)
    TASK.allowed_at_birth("raise", uow.actor.role)
    faults = []
    if wanted.team_id is not None and uow.find(Team, wanted.team_id) is None:
        faults.append(Fault("unknown_team", "/team_id", "There is no such team."))
    if wanted.due_at is not None and wanted.due_at <= uow.now:
        faults.append(Fault("due_over", "/due_at", "This time has passed."))
    if faults:
        raise Invalid("The task can't be given like this.", faults=faults)
    task = _add(uow, TaskKind.REQUEST, ticket, None, wanted.team_id or ticket.team_id)
    task.note, task.due_at, task.raised_by = wanted.note, wanted.due_at, uow.actor.user_id
    return task


def finish_task(uow: UnitOfWork, task_id: UUID, outcome: str | None, version: int | None = None) -> Task:
    """Note what came of a task."""
    in_scope = tasks_in_scope(uow.actor, Action.TASK_MANAGE)
    uow.find(Task, task_id, lock=True)
    if uow.session.scalar(select(Task.id).where(Task.id == task_id, in_scope)) is None:
        raise NotFound(f"There is no task {task_id}.")
    task = uow.get(Task, task_id, version=version)
    if task.kind == TaskKind.REPORT_DISPUTED and task.state is TaskState.OPEN:
        raise TransitionRefused("Decide about the objection: the task ends with that.", code="decide_first")
    return _finish(uow, task, outcome, uow.actor.role)


def list_tasks(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    state: TaskState | None = None,
    ticket_id: UUID | None = None,
) -> Page[Task]:
    """Return the tasks of the actor's teams and tickets, the oldest first."""
    query = select(Task).where(tasks_in_scope(actor, Action.TASK_READ)).options(*_SHOWN)
    if state is not None:
        query = query.where(Task.state == state)
    if ticket_id is not None:
        query = query.where(Task.ticket_id == ticket_id)
    return fetch_page(session, query, [Task.raised_at, Task.id], page)


def get_task(session: OrmSession, actor: Actor, task_id: UUID) -> Task:
    """Return one task of the actor's teams."""
    query = select(Task).where(Task.id == task_id, tasks_in_scope(actor, Action.TASK_READ))
    task = session.scalar(query.options(*_SHOWN))
    if task is None:
        raise NotFound(f"There is no task {task_id}.")
    return task


def tasks_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition that holds for the tasks the actor may do this to.

    Whose ticket it is about may read what another team is asked, and what came of it. A warehouse's are about counts.
    """
    if scope_of(actor, action) is Scope.ALL:
        return true()
    own = Task.team_id.in_(actor.team_ids)
    if actor.role is Role.WAREHOUSE:
        return own & (Task.kind == TaskKind.COUNT_WANTED)
    if action is not Action.TASK_READ:
        return own
    return or_(own, Task.ticket_id.in_(select(Ticket.id).where(Ticket.team_id.in_(actor.team_ids))))


def _add(
    uow: UnitOfWork,
    kind: TaskKind,
    ticket: Ticket,
    visit: Visit | None,
    team_id: UUID,
    source: str | None = None,
    subject_id: UUID | None = None,
) -> Task:
    task = Task(
        id=uow.new_id(),
        kind=kind,
        team_id=team_id,
        ticket_id=ticket.id,
        visit_id=None if visit is None else visit.id,
        subject_id=subject_id or (ticket.id if visit is None else visit.id),
        state=TaskState.OPEN,
        raised_at=uow.now,
    )
    uow.session.add(task)
    data = {"kind": kind.value, "ticket_id": ticket.id} | ({} if visit is None else {"visit_id": visit.id})
    uow.record(task, "task_raised", None, task.state, data=data, source=source)
    return task


def _finish(uow: UnitOfWork, task: Task, outcome: str | None, role: Role) -> Task:
    row = TASK.allowed(task.state, "finish", role)
    before, task.state = task.state, row.to
    task.outcome, task.done_at, task.done_by = outcome, uow.now, uow.actor.user_id
    uow.record(task, "task_finished", before, row.to)
    return task


def _open_of(session: OrmSession, kind: TaskKind, subject_id: UUID) -> Task | None:
    query = select(Task).where(Task.kind == kind, Task.subject_id == subject_id, Task.state == TaskState.OPEN)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(locked).one_or_none()
