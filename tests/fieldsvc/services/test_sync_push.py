"""Phones tell each thing once, in their order; no command blocks those after it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select

from fieldsvc.domain.catalogue import TaskKind
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.domain.errors import Conflict, Fault, NotFound
from fieldsvc.domain.phone_commands import CommandStatus
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Consumption, Device, PhoneCommand, Task, Visit
from fieldsvc.services.devices import revoke_device
from fieldsvc.services.part_uses import Use
from fieldsvc.services.sync_push import Push, push_commands
from tests.fieldsvc.phone import DONE, Phone
from tests.fieldsvc.stage import Stage

APPLIED, CONFLICT, REJECTED = CommandStatus.APPLIED, CommandStatus.CONFLICT, CommandStatus.REJECTED


@pytest.fixture
def phone(stage: Stage) -> Phone:
    return Phone(stage, stage.cast.technician1)


def test_a_day_is_told_at_once(stage: Stage, phone: Phone) -> None:
    for step in ("accept", "depart", *DONE):
        phone.note(step)
    answer = phone.push()
    assert [one.status for one in answer.results] == [APPLIED] * len(phone.queue)
    assert answer.last_seq == len(phone.queue)
    assert stage.row(Visit, stage.cast.visit).state is VisitState.COMPLETED


def test_what_was_told_twice_happened_once(stage: Stage, phone: Phone) -> None:
    for step in ("depart", "check_in"):
        phone.note(step)
    phone.note_use(Use(stage.cast.part, 1))
    first, again = phone.push(), phone.push()
    assert [(one.id, one.status, one.visit_version) for one in again.results] == [
        (one.id, one.status, one.visit_version) for one in first.results
    ]
    assert (all(one.is_duplicate for one in again.results), again.last_seq) == (True, 3)
    with stage.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Consumption)) == 1


def test_pushed_by_many_at_once_it_happens_once(stage: Stage, phone: Phone) -> None:
    for step in ("depart", "check_in", "work"):
        phone.note(step)
    phone.note_use(Use(stage.cast.part, 1))
    start = threading.Barrier(4)

    def go(_: int) -> list[CommandStatus]:
        start.wait()
        return phone.statuses()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(go, range(4)))
    assert told == [[APPLIED] * 4] * 4
    with stage.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Consumption)) == 1
    kinds = [one.kind for one in stage.events(stage.cast.visit)]
    assert kinds.count("visit_departed") == kinds.count("visit_checked_in") == 1


def test_a_gap_holds_what_comes_after_it(stage: Stage, phone: Phone) -> None:
    first, second, third = (phone.note(step) for step in ("depart", "check_in", "work"))
    answer = phone.push(first, third)
    assert ([one.seq for one in answer.results], answer.last_seq) == ([1], 1)
    assert stage.row(Visit, stage.cast.visit).state is VisitState.EN_ROUTE
    assert phone.statuses(second, third) == [APPLIED, APPLIED]


def test_out_of_order_it_waits(stage: Stage, phone: Phone) -> None:
    first, second = phone.note("depart"), phone.note("check_in")
    assert phone.push(second).results == ()
    answer = phone.push(second, first)
    assert (answer.results, answer.last_seq) == ((), 0)
    assert phone.statuses(first, second) == [APPLIED, APPLIED]


def test_two_phones_under_one_number_are_parted(stage: Stage, phone: Phone) -> None:
    phone.note("depart")
    phone.push()
    copy = replace(phone.queue[0], id=uuid4())
    with pytest.raises(Conflict) as refused:
        phone.push(copy)
    assert refused.value.code == "device_forked"
    assert stage.row(Device, phone.id).state is DeviceState.FORKED
    with pytest.raises(Conflict):  # for good
        phone.push()
    # It registers anew, and what it had told already is no news.
    anew = Phone(stage, stage.cast.technician1, "anew")
    anew.queue = [replace(phone.queue[0], seq=1)]
    anew.note("check_in")
    answer = anew.push()
    assert [(one.status, one.is_duplicate) for one in answer.results] == [(APPLIED, True), (APPLIED, False)]
    assert answer.last_seq == 2


def test_an_id_of_somebody_else_is_not_told_again(stage: Stage, phone: Phone) -> None:
    phone.note("depart")
    phone.push()
    other = Phone(stage, stage.cast.technician2)
    other.queue = [phone.queue[0]]
    with pytest.raises(Conflict):
        other.push()
    assert stage.row(Device, other.id).state is DeviceState.FORKED


def test_a_server_set_back_is_told_again(stage: Stage, phone: Phone) -> None:
    for step in ("depart", "check_in", "work"):
        phone.note(step)
    phone.push(*phone.queue[:1])
    backup = _rows_of_the_phone(stage, phone)
    stage.act(stage.cast.supervisor, lambda uow: revoke_device(uow, phone.id))
    phone.push()
    _set_back(stage, phone, backup)
    assert not phone.push(*phone.queue[:1]).is_wipe_ordered  # it has more to tell than the server knows
    assert [one.is_duplicate for one in phone.push().results] == [True, False, False]


def _rows_of_the_phone(stage: Stage, phone: Phone) -> int:
    return stage.row(Device, phone.id).last_seq


def _set_back(stage: Stage, phone: Phone, last_seq: int) -> None:
    """Forget what came after a number, as an older backup would."""
    with stage.database.unit_of_work() as uow:
        uow.session.execute(delete(PhoneCommand).where(PhoneCommand.seq > last_seq))
        uow.get(Device, phone.id).last_seq = last_seq
        uow.commit()


def test_a_request_about_what_has_changed_is_refused_and_kept(stage: Stage, phone: Phone) -> None:
    seen = stage.row(Visit, stage.cast.visit).version
    with stage.database.unit_of_work() as uow:
        uow.get(Visit, stage.cast.visit, lock=True).priority = 1
        uow.commit()
    phone.note("accept", base_version=seen)
    phone.note("depart")
    results = phone.push().results
    assert [one.status for one in results] == [CONFLICT, APPLIED]
    assert results[0].problem is not None
    assert (results[0].problem["code"], results[0].problem["version"]) == ("visit_changed", seen + 1)
    with stage.database.read_only() as session:
        assert session.scalars(select(Task.kind)).all() == [TaskKind.PHONE_CONFLICT]
        kept = session.scalars(select(PhoneCommand).where(PhoneCommand.status == CONFLICT)).one()
        assert (kept.type, kept.base_version) == ("acceptance", seen)


def test_ones_own_commands_are_no_change_by_others(stage: Stage, phone: Phone) -> None:
    seen = stage.row(Visit, stage.cast.visit).version
    phone.note("accept", base_version=seen)
    phone.note("decline", base_version=seen)
    assert phone.statuses() == [APPLIED, APPLIED]
    assert stage.row(Visit, stage.cast.visit).state is VisitState.UNSCHEDULED


def test_a_request_about_a_visit_that_was_given_away_is_a_conflict(stage: Stage, phone: Phone) -> None:
    stage.bring_to("unscheduled")
    phone.note("accept")
    (result,) = phone.push().results
    assert result.problem is not None
    assert (result.status, result.problem["code"], result.problem["state"]) == (
        CONFLICT,
        "visit_not_yours",
        "unscheduled",
    )


def test_what_cannot_be_understood_blocks_nothing(stage: Stage, phone: Phone) -> None:
    fault = Fault("missing_field", "/args/symptom", "This is missing.")
    phone.note_as("diagnosis", stage.cast.visit, None, faults=(fault,))
    phone.note_as("dance", stage.cast.visit, None, faults=(Fault("unknown_command_type", "/type", "no"),))
    phone.note("depart")
    results = phone.push().results
    assert [one.status for one in results] == [REJECTED, REJECTED, APPLIED]
    assert results[0].problem is not None
    assert results[0].problem["errors"] == [
        {"code": "missing_field", "pointer": "/args/symptom", "message": "This is missing."}
    ]


def test_nobody_pushes_with_the_phone_of_another(stage: Stage, phone: Phone) -> None:
    command = phone.note("depart")
    for actor in (stage.cast.technician2, stage.cast.foreign_technician):
        with pytest.raises(NotFound):
            push_commands(stage.database, actor, Push(phone.id, command.said_at, [command], 1))
    assert stage.row(Device, phone.id).last_seq == 0


def test_a_phone_that_was_taken_back_tells_the_rest_and_is_wiped(stage: Stage, phone: Phone) -> None:
    first, second = phone.note("depart"), phone.note("check_in")
    stage.act(stage.cast.supervisor, lambda uow: revoke_device(uow, phone.id))
    assert phone.pull().is_revoked
    assert not phone.push(first).is_wipe_ordered
    answer = phone.push(second)
    assert (answer.is_wipe_ordered, [one.status for one in answer.results]) == (True, [APPLIED])


def test_what_is_pushed_is_one_entry_of_evidence_for_each_change(stage: Stage, phone: Phone) -> None:
    for step in ("depart", "check_in"):
        phone.note(step)
    phone.push()
    phone.push()
    states = [(one.kind, one.from_state, one.to_state) for one in stage.events(stage.cast.visit)]
    assert states == [
        ("visit_accepted", "dispatched", "accepted"),
        ("visit_departed", "accepted", "en_route"),
        ("visit_checked_in", "en_route", "on_site"),
    ]
