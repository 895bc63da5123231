"""Tasks are raised once, listed for the team, and finished once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from fieldsvc.domain.actor import SYSTEM
from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models import Task, Visit
from fieldsvc.services import disputes, tasks
from tests.fieldsvc.stage import WAYS, Stage

ASKED = tasks.TaskRequest("call the customer")


def inbox(stage: Stage, login: str = "agent", state: TaskState | None = TaskState.OPEN) -> list[Task]:
    with stage.database.read_only() as session:
        page = tasks.list_tasks(session, stage.cast.actors[login], PageRequest(limit=50), state=state)
        return list(page.items)


def ask(stage: Stage, login: str = "agent", wanted: tasks.TaskRequest = ASKED) -> Task:
    return stage.act(stage.cast.actors[login], lambda uow: tasks.request_task(uow, stage.cast.ticket, wanted))


def finish(stage: Stage, task: Task, login: str = "dispatcher", version: int | None = None) -> Task:
    return stage.act(stage.cast.actors[login], lambda uow: tasks.finish_task(uow, task.id, "called", version))


def test_a_task_is_asked_for_and_finished(stage: Stage) -> None:
    due = stage.database.clock.now() + timedelta(hours=2)
    task = ask(stage, wanted=tasks.TaskRequest("call the customer", due_at=due))
    (shown,) = inbox(stage)
    assert (shown.id, shown.kind, shown.note, shown.due_at) == (task.id, "request", "call the customer", due)
    assert shown.raised_by == stage.cast.agent.user_id
    done = finish(stage, task)
    assert (done.state, done.outcome, done.done_by) == (TaskState.DONE, "called", stage.cast.dispatcher.user_id)
    assert inbox(stage) == []
    assert [one.id for one in inbox(stage, state=None)] == [task.id]
    assert [one.kind for one in stage.events(task.id)] == ["task_raised", "task_finished"]


def test_it_is_finished_once(stage: Stage) -> None:
    task = ask(stage)
    finish(stage, task)
    with pytest.raises(TransitionRefused, match="The task is done"):
        finish(stage, task)
    with pytest.raises(StaleVersion):
        finish(stage, ask(stage), version=9)


def test_of_two_who_finish_it_at_once_one_does(stage: Stage) -> None:
    task, start = ask(stage), threading.Barrier(2)

    def go(login: str) -> bool:
        start.wait()
        try:
            finish(stage, task, login)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(go, ("agent", "dispatcher"))) == 1
    assert [one.kind for one in stage.events(task.id)] == ["task_raised", "task_finished"]


def test_it_is_for_the_desk_of_the_team(stage: Stage) -> None:
    task = ask(stage)
    for login, refusal in {"technician1": Forbidden, "outsider": NotFound}.items():
        with pytest.raises(refusal):
            finish(stage, task, login)
        with pytest.raises(refusal):
            ask(stage, login)
    with pytest.raises(NotFound):  # a warehouse has to do with counts alone
        finish(stage, task, "warehouse")
    with pytest.raises(Forbidden):
        ask(stage, "warehouse")
    assert inbox(stage, "outsider") == []
    assert [one.id for one in inbox(stage, "supervisor")] == [task.id]


def test_another_team_is_asked(stage: Stage) -> None:
    task = ask(stage, wanted=tasks.TaskRequest("have you a pump?", team_id=stage.cast.foreign_team))
    # Whose ticket it is reads what comes of it; who is asked says so.
    assert [one.id for one in inbox(stage)] == [one.id for one in inbox(stage, "outsider")] == [task.id]
    with pytest.raises(NotFound):
        finish(stage, task)
    assert finish(stage, task, "outsider").outcome == "called"


def test_all_that_is_wrong_with_it_is_named(stage: Stage) -> None:
    gone = stage.database.clock.now() - timedelta(hours=1)
    with pytest.raises(Invalid) as refused:
        ask(stage, wanted=tasks.TaskRequest("?", team_id=uuid4(), due_at=gone))
    assert [fault.code for fault in refused.value.faults] == ["unknown_team", "due_over"]


def test_what_happens_raises_one_while_nobody_has_looked(stage: Stage) -> None:
    def again(uow) -> None:
        visit = uow.get(Visit, stage.cast.visit, lock=True)
        tasks.raise_task(uow, TaskKind.NEW_TIMES_NEEDED, visit)

    for _ in range(2):
        stage.act(SYSTEM, again)
    (task,) = inbox(stage)
    assert (task.kind, task.visit_id) == ("new_times_needed", stage.cast.visit)
    finish(stage, task)
    stage.act(SYSTEM, again)
    assert len(inbox(stage)) == 1


def test_of_two_things_that_happen_at_once_one_task_is_raised(stage: Stage) -> None:
    start = threading.Barrier(2)

    def go(_: int) -> None:
        start.wait()
        stage.act(SYSTEM, raise_one)

    def raise_one(uow) -> None:
        tasks.raise_task(uow, TaskKind.NEW_TIMES_NEEDED, uow.get(Visit, stage.cast.visit, lock=True))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(go, range(2)))
    assert len(inbox(stage)) == 1


def test_an_objection_is_in_the_inbox_until_it_is_decided(stage: Stage) -> None:
    stage.walk(*WAYS["completed"], "dispute")
    (task,) = inbox(stage)
    assert task.kind == "report_disputed"
    with pytest.raises(TransitionRefused, match="Decide about the objection"):
        finish(stage, task)
    stage.act(stage.cast.agent, lambda uow: disputes.decide_dispute(uow, stage.cast.visit, "photo", is_upheld=False))
    assert inbox(stage) == []
