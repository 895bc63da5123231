"""What the books knew nothing of is counted: asked for once for a part on a van, and answered by the count itself."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.errors import Conflict, Forbidden, NotFound, StaleVersion
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.phone_commands import CommandStatus
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models import StockCount, Task, Technician
from fieldsvc.services import counts, tasks, visit_records
from fieldsvc.services.counts import CountWish
from fieldsvc.services.doctor import examine
from fieldsvc.services.part_uses import Use
from fieldsvc.services.stock import Units
from fieldsvc.services.wanted_counts import open_wanted_count
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.phone import Phone
from tests.fieldsvc.services.test_late_facts import give_to_another
from tests.fieldsvc.stage import Stage

NEVER, ALWAYS = 10**9, 0


@pytest.fixture(autouse=True)
def _books_are_sound(stage: Stage) -> Iterator[None]:
    """Whatever was used and counted, the doctor finds nothing."""
    yield
    assert_sound(stage)


def assert_sound(stage: Stage) -> None:
    with stage.database.read_only() as session:
        assert examine(session, stage.database.clock.now()) == []


def use(stage: Stage, quantity: int = 1, part: UUID | None = None, serial: str | None = None) -> None:
    wanted = Use(part or stage.cast.part, quantity, serial)
    stage.act(stage.cast.technician1, lambda uow: visit_records.record_consumption(uow, stage.cast.visit, wanted))


def seen(stage: Stage, login: str = "dispatcher", state: TaskState | None = TaskState.OPEN) -> list[Task]:
    with stage.database.read_only() as session:
        page = tasks.list_tasks(session, stage.cast.actors[login], PageRequest(limit=50), state=state)
        return [one for one in page.items if one.kind == TaskKind.COUNT_WANTED]


def opened(stage: Stage, *parts: UUID, place: UUID | None = None) -> UUID:
    wish = CountWish(place or stage.cast.van1, parts)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: counts.open_count(uow, wish)).id


def submitted(stage: Stage, count: UUID, *counted: Units, approval_from: int = NEVER) -> StockCount:
    keeper = stage.cast.warehouse_keeper
    return stage.act(keeper, lambda uow: counts.submit_count(uow, count, counted, approval_from))


def test_units_that_nobody_knew_of_ask_for_a_count_once(stage: Stage) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 2)
    assert seen(stage) == []  # the books had both
    use(stage, 3)
    (task,) = seen(stage)
    assert (task.part_id, task.location_id, task.unknown_quantity) == (cast.part, cast.van1, 3)
    assert (task.team_id, task.visit_id, task.ticket_id) == (cast.team, cast.visit, cast.ticket)
    use(stage, 1)
    (more,) = seen(stage)
    assert (more.id, more.unknown_quantity, more.version > task.version) == (task.id, 4, True)
    assert [(one.visit_id, one.quantity) for one in more.unknown_uses] == [(cast.visit, 3), (cast.visit, 1)]
    kinds = [event.kind for event in stage.events(task.id)]
    assert kinds == ["task_raised", "unknown_use_noted", "unknown_use_noted"]
    noted = stage.events(task.id)[1].data
    assert (noted["part_id"], noted["location_id"], noted["quantity"]) == (str(cast.part), str(cast.van1), 3)


def test_each_part_has_its_own_and_serials_are_named(stage: Stage) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 3)
    for serial in ("S-1", "S-8", "S-9"):  # the first is known
        use(stage, 1, cast.serial_part, serial)
    found = {task.part_id: task for task in seen(stage)}
    assert set(found) == {cast.part, cast.serial_part}
    assert [one.serial for one in found[cast.serial_part].unknown_uses] == ["S-8", "S-9"]
    assert found[cast.serial_part].location_id == cast.van1


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_count_that_is_posted_ends_it(stage: Stage, is_whole: bool) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 3)
    (task,) = seen(stage)
    submitted(stage, opened(stage, cast.far_part), Units(cast.far_part, 0))  # another part
    submitted(stage, opened(stage, cast.part, place=cast.van2), Units(cast.part, 0))  # another van
    submitted(stage, opened(stage, cast.part, place=cast.warehouse), Units(cast.part, 5))
    assert [one.id for one in seen(stage)] == [task.id]
    if is_whole:  # what the books do not have there needs not be named
        submitted(stage, opened(stage), Units(cast.serial_part, 1, ("S-1",)))
    else:
        submitted(stage, opened(stage, cast.part), Units(cast.part, 1))
    assert seen(stage) == []
    (done,) = seen(stage, state=None)
    assert (done.id, done.state, done.unknown_quantity) == (task.id, TaskState.DONE, 1)
    assert [event.kind for event in stage.events(task.id)][-1] == "task_finished"
    use(stage, 5)  # what the next one shows is asked for anew
    (anew,) = seen(stage)
    assert anew.id != task.id


def test_it_waits_for_whoever_decides_about_the_count(stage: Stage) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 3)
    (task,) = seen(stage)
    count = opened(stage, cast.part)
    submitted(stage, count, Units(cast.part, 2), approval_from=ALWAYS)
    assert [one.id for one in seen(stage)] == [task.id]
    stage.act(cast.supervisor, lambda uow: counts.ask_recount(uow, count, "really?"))
    submitted(stage, count, Units(cast.part, 2), approval_from=ALWAYS)
    for _ in range(2):
        stage.act(cast.supervisor, lambda uow: counts.approve_count(uow, count))
    assert seen(stage) == []
    assert [event.kind for event in stage.events(task.id)].count("task_finished") == 1


def test_what_was_used_after_the_counting_is_counted_again(stage: Stage) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 3)
    count = opened(stage, cast.part)
    submitted(stage, count, Units(cast.part, 1), approval_from=ALWAYS)
    use(stage, 1)  # before anybody has approved it
    stage.act(cast.supervisor, lambda uow: counts.approve_count(uow, count))
    (task,) = seen(stage)
    assert task.unknown_quantity == 2
    submitted(stage, opened(stage, cast.part), Units(cast.part, 0))
    assert seen(stage) == []


def test_who_sees_it_and_who_ends_it_by_hand(stage: Stage) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 3)
    asked = stage.act(cast.agent, lambda uow: tasks.request_task(uow, cast.ticket, tasks.TaskRequest("call")))
    (task,) = seen(stage, "warehouse")
    for login in ("agent", "dispatcher", "supervisor", "admin"):
        assert [one.id for one in seen(stage, login)] == [task.id]
    assert seen(stage, "outsider") == []

    def finish(login: str, which: UUID) -> Task:
        return stage.act(cast.actors[login], lambda uow: tasks.finish_task(uow, which, "in another box"))

    with stage.database.read_only() as session:  # the warehouse sees what asks for counts, and nothing else
        everything = tasks.list_tasks(session, cast.warehouse_keeper, PageRequest(limit=50), state=None)
        assert [one.id for one in everything.items] == [task.id]
        with pytest.raises(NotFound):
            tasks.get_task(session, cast.warehouse_keeper, asked.id)
    for login, which, refusal in (
        ("technician1", task.id, Forbidden),
        ("technician2", task.id, Forbidden),
        ("outsider", task.id, NotFound),
        ("warehouse", asked.id, NotFound),
    ):
        with pytest.raises(refusal):
            finish(login, which)
    with pytest.raises(Forbidden):
        stage.act(cast.warehouse_keeper, lambda uow: tasks.request_task(uow, cast.ticket, tasks.TaskRequest("x")))
    assert finish("warehouse", task.id).state is TaskState.DONE
    assert seen(stage) == []


def test_the_count_is_opened_from_the_task(stage: Stage) -> None:
    cast = stage.cast
    stage.bring_to("working")
    use(stage, 3)
    (task,) = seen(stage)

    def count_it(login: str) -> StockCount:
        return stage.act(cast.actors[login], lambda uow: open_wanted_count(uow, task.id))

    for login, refusal in (("dispatcher", Forbidden), ("technician2", NotFound), ("foreign_technician", NotFound)):
        with pytest.raises(refusal):
            count_it(login)
    count = count_it("technician1")
    assert (count.location_id, count.is_whole) == (cast.van1, False)
    assert [line.part_id for line in count.lines] == [cast.part]
    assert count_it("warehouse").id == count.id  # twice is once
    stage.act(cast.technician1, lambda uow: counts.submit_count(uow, count.id, [Units(cast.part, 0)], NEVER))
    assert (stage.row(StockCount, count.id).state, seen(stage)) == (CountState.POSTED, [])
    with pytest.raises(Conflict) as refused:
        count_it("technician1")
    assert refused.value.code == "count_not_wanted"


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_phone_tells_of_it_twice_and_it_is_asked_for_once(stage: Stage, is_kept: bool) -> None:
    cast = stage.cast
    phone = Phone(stage, cast.technician1)
    if is_kept:  # others have the visit by now: the units are gone all the same
        give_to_another(stage)
        stage.walk("accept", "depart", actor=cast.technician2)
    for step in ("depart", "check_in"):
        phone.note(step)
    phone.note_use(Use(cast.part, 4))
    phone.note_use(Use(cast.serial_part, serial="S-8"))
    status = CommandStatus.KEPT if is_kept else CommandStatus.APPLIED
    for _ in range(2):
        assert phone.statuses()[2:] == [status, status]
    found = {task.part_id: (task.location_id, task.unknown_quantity) for task in seen(stage)}
    assert found == {cast.part: (cast.van1, 2), cast.serial_part: (cast.van1, 1)}


def test_without_a_van_there_is_no_place_to_count_at(stage: Stage) -> None:
    stage.bring_to("working")
    with stage.database.unit_of_work() as uow:
        whose = stage.cast.technician1.technician_id
        assert whose is not None
        uow.get(Technician, whose, lock=True).van_location_id = None
        uow.commit()
    use(stage, 1, stage.cast.serial_part, "S-8")
    use(stage, 1, stage.cast.serial_part, "S-9")
    (task,) = seen(stage)
    assert (task.part_id, task.location_id, task.unknown_quantity) == (stage.cast.serial_part, None, 2)
    with pytest.raises(NotFound):
        stage.act(stage.cast.warehouse_keeper, lambda uow: open_wanted_count(uow, task.id))


def test_used_by_many_at_once_it_is_asked_for_once(stage: Stage, open_database: OpenDatabase) -> None:
    stage = Stage(open_database(lock_wait_s=30.0), stage.cast)
    stage.bring_to("working")
    done = at_once(*[lambda: use(stage, 2)] * 5)
    assert [one for one in done if one is not None] == []
    (task,) = seen(stage)
    assert (task.unknown_quantity, len(stage.events(task.id))) == (8, 1 + 4)


def test_a_use_while_a_count_is_posted_is_never_lost(stage: Stage, open_database: OpenDatabase) -> None:
    """Either the count comes first and the use asks anew, or it comes after and answers or leaves it open."""
    stage, cast = Stage(open_database(lock_wait_s=30.0), stage.cast), stage.cast
    stage.bring_to("working")
    use(stage, 3)
    count = opened(stage, cast.part)
    submitted(stage, count, Units(cast.part, 1), approval_from=ALWAYS)

    def approve() -> Any:
        return stage.act(cast.supervisor, lambda uow: counts.approve_count(uow, count))

    done = at_once(approve, lambda: use(stage, 2), approve, lambda: use(stage, 2))
    assert not [one for one in done if isinstance(one, Exception)]
    open_units = sum(task.unknown_quantity or 0 for task in seen(stage))
    assert open_units in (3, 4, 5)  # what was used after the counting is still to be counted


def test_a_use_while_somebody_ends_it_by_hand_is_never_lost(stage: Stage, open_database: OpenDatabase) -> None:
    """It is added to what is ended, or asks anew."""
    stage = Stage(open_database(lock_wait_s=30.0), stage.cast)
    stage.bring_to("working")
    use(stage, 3)
    (task,) = seen(stage)
    keeper = stage.cast.warehouse_keeper

    def finish() -> Task:
        return stage.act(keeper, lambda uow: tasks.finish_task(uow, task.id, "seen", task.version))

    done = at_once(finish, lambda: use(stage, 2), finish, lambda: use(stage, 2))
    assert all(isinstance(one, Conflict | StaleVersion) for one in done if isinstance(one, Exception))
    units = {one.id: one.unknown_quantity for one in seen(stage, state=None)}
    assert sum(units.values()) == 5
    assert len(seen(stage)) == 1
    if stage.row(Task, task.id).state is TaskState.DONE:  # who ended it had seen all of it
        assert units[task.id] == 1
