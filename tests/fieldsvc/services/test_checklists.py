"""Procedures by version, and their points gone through at a visit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.phone_commands import CommandType
from fieldsvc.domain.procedures import Answer, Point, PointKind, PointResult, Step
from fieldsvc.models import ChecklistAnswer, Procedure, Visit
from fieldsvc.services import procedures
from fieldsvc.services.checklists import answer_checklist, newest_answers, unanswered
from fieldsvc.services.evidence import verify_evidence
from fieldsvc.services.outcomes import Outcome
from fieldsvc.services.visits import start_work
from tests.fieldsvc.phone import Phone
from tests.fieldsvc.stage import WAYS, Stage

TOOLS = Point("tools", Step.PREPARE, PointKind.CONFIRMATION, False, "Pump on board", "带上泵")
POWER_OFF = Point("power_off", Step.SAFETY, PointKind.CONFIRMATION, True, "Power is off", "已断电")
PRESSURE = Point(
    "pressure", Step.VERIFICATION, PointKind.READING, True, "Pressure", "压力", unit="bar", low="1.2", high="2.0"
)
POINTS = (TOOLS, POWER_OFF, PRESSURE)


def publish(stage: Stage, *points: Point, version: int | None = None) -> UUID:
    made = stage.act(
        stage.cast.admin,
        lambda uow: procedures.publish_procedure(uow, stage.cast.job_type, points, version),
    )
    assert made.procedure is not None
    return made.procedure.id


def send_out_with(stage: Stage, procedure: UUID) -> None:
    """Let the cast's visit have been dispatched with a procedure, as a publication does it."""
    with stage.database.unit_of_work() as uow:
        uow.get(Visit, stage.cast.visit, lock=True).procedure_id = procedure
        uow.commit()


@pytest.fixture
def procedure(stage: Stage) -> UUID:
    published = publish(stage, *POINTS)
    send_out_with(stage, published)
    return published


def answer(
    stage: Stage,
    *answers: Answer,
    login: str = "technician1",
    on_behalf: bool = False,
    at: datetime | None = None,
    procedure: UUID | None = None,
) -> Outcome:
    return stage.act(
        stage.cast.actors[login],
        lambda uow: answer_checklist(uow, stage.cast.visit, answers, procedure),
        on_behalf=on_behalf,
        occurred_at=at,
    )


def answers(stage: Stage) -> dict[str, tuple[PointResult, str | None]]:
    with stage.database.read_only() as session:
        found = newest_answers(session, [stage.cast.visit]).get(stage.cast.visit, {})
        return {code: (one.result, one.value) for code, one in found.items()}


def test_a_procedure_gets_a_version_and_those_before_stay(stage: Stage) -> None:
    first, second = publish(stage, POWER_OFF), publish(stage, POWER_OFF, PRESSURE)
    with stage.database.read_only() as session:
        shown = procedures.get_job_type(session, stage.cast.job_type)
        assert shown.procedure is not None
        assert (shown.procedure.id, shown.procedure.procedure_version) == (second, 2)
        assert procedures.get_procedure(session, first).all_points == [POWER_OFF]
        (listed,) = procedures.list_job_types(session, PageRequest()).items
        assert listed.procedure is not None
        assert listed.procedure.id == second
    assert [event.kind for event in stage.events(second)] == ["procedure_published"]


def test_of_two_who_publish_at_once_for_the_same_version_one_is_told(stage: Stage) -> None:
    with ThreadPoolExecutor(2) as both:
        tries = [both.submit(publish, stage, POWER_OFF, version=1) for _ in range(2)]
    refused = [one.exception() for one in tries if one.exception() is not None]
    assert [type(one) for one in refused] == [StaleVersion]


def test_a_wrong_procedure_is_refused_whole(stage: Stage) -> None:
    with pytest.raises(Invalid):
        publish(stage, POWER_OFF, POWER_OFF)
    with pytest.raises(NotFound):
        stage.act(stage.cast.admin, lambda uow: procedures.publish_procedure(uow, uuid4(), []))
    with stage.database.read_only() as session:
        assert session.scalars(select(Procedure)).all() == []


@pytest.mark.parametrize("state", ["dispatched", "accepted", "en_route", "on_site", "working", "paused"])
def test_points_are_gone_through_while_the_technician_has_the_visit(stage: Stage, procedure: UUID, state: str) -> None:
    stage.bring_to(state)
    before = stage.row(Visit, stage.cast.visit).version
    answer(stage, Answer("tools", PointResult.DONE), Answer("pressure", PointResult.DONE, "1.50"))
    assert answers(stage) == {"pressure": (PointResult.DONE, "1.50"), "tools": (PointResult.DONE, None)}
    assert stage.row(Visit, stage.cast.visit).version == before + 1
    last = stage.events(stage.cast.visit)[-1]
    assert (last.kind, last.data["procedure_id"]) == ("checklist_answered", str(procedure))


@pytest.mark.parametrize("state", ["completed", "incomplete"])
def test_not_when_it_has_ended(stage: Stage, state: str) -> None:
    published = publish(stage, TOOLS)
    send_out_with(stage, published)
    stage.bring_to(state)
    with pytest.raises(Conflict, match="not answered now"):
        answer(stage, Answer("tools", PointResult.DONE))


@pytest.mark.usefixtures("procedure")
def test_the_same_answer_again_changes_nothing_and_a_new_one_counts(stage: Stage) -> None:
    at = stage.database.clock.now()
    answer(stage, Answer("pressure", PointResult.DONE, "1.0"), at=at)
    before = stage.row(Visit, stage.cast.visit).version
    events = len(stage.events(stage.cast.visit))
    said = answer(stage, Answer("pressure", PointResult.DONE, "1.0"), at=at)
    assert [notice.code for notice in said.notices] == ["reading_outside_limits"]
    assert (stage.row(Visit, stage.cast.visit).version, len(stage.events(stage.cast.visit))) == (before, events)
    said = answer(stage, Answer("pressure", PointResult.DONE, "1.6"))
    assert (said.notices, answers(stage)) == ((), {"pressure": (PointResult.DONE, "1.6")})
    with stage.database.read_only() as session:
        kept = session.scalars(select(ChecklistAnswer.value).order_by(ChecklistAnswer.id)).all()
    assert kept == ["1.0", "1.6"]


@pytest.mark.usefixtures("procedure")
def test_the_answer_that_happened_last_counts_whenever_it_is_told(stage: Stage) -> None:
    now = stage.database.clock.now()
    done, not_done = Answer("tools", PointResult.DONE), Answer("tools", PointResult.NOT_DONE, note="at home")
    for said, seconds in ((done, 90), (done, 10), (not_done, 50)):  # the last is told late, by another phone
        answer(stage, said, at=now - timedelta(seconds=seconds))
    assert answers(stage) == {"tools": (PointResult.DONE, None)}


def test_an_answer_to_another_version_counts_where_it_was_asked_the_same(stage: Stage) -> None:
    first = publish(stage, POWER_OFF, replace(PRESSURE, kind=PointKind.CONFIRMATION, unit=None, low=None, high=None))
    second = publish(stage, POWER_OFF, PRESSURE)
    send_out_with(stage, second)
    stage.bring_to("working")
    answer(stage, Answer("power_off", PointResult.DONE), Answer("pressure", PointResult.DONE), procedure=first)
    with stage.database.read_only() as session:
        open_ones = unanswered(session, session.get_one(Visit, stage.cast.visit))
    assert [point.code for point in open_ones] == ["pressure"]


def test_who_else_may_not(stage: Stage, procedure: UUID) -> None:
    refusals = {
        "agent": Forbidden,
        "warehouse": Forbidden,
        "admin": Forbidden,
        "technician2": NotFound,
        "outsider": NotFound,
        "dispatcher": TransitionRefused,
        "supervisor": TransitionRefused,
    }
    for login, refusal in refusals.items():
        with pytest.raises(refusal):
            answer(stage, Answer("tools", PointResult.DONE), login=login)
    answer(stage, Answer("tools", PointResult.DONE), login="dispatcher", on_behalf=True)
    assert stage.events(stage.cast.visit)[-1].on_behalf
    assert stage.row(Visit, stage.cast.visit).procedure_id == procedure


def test_all_faults_are_told_and_nothing_is_written(stage: Stage, procedure: UUID) -> None:
    with pytest.raises(Invalid) as refused:
        answer(
            stage,
            Answer("tools", PointResult.DONE),
            Answer("x", PointResult.DONE),
            Answer("pressure", PointResult.DONE),
        )
    assert [fault.pointer for fault in refused.value.faults] == ["/answers/1/point", "/answers/2/value"]
    assert answers(stage) == {}
    with pytest.raises(Invalid) as refused:
        stage.act(
            stage.cast.technician1,
            lambda uow: answer_checklist(uow, stage.cast.visit, [Answer("tools", PointResult.DONE)], uuid4()),
        )
    assert [fault.code for fault in refused.value.faults] == ["unknown_procedure"]
    assert procedure is not None


def test_a_visit_without_a_procedure_has_no_checklist(stage: Stage) -> None:
    with pytest.raises(Invalid) as refused:
        answer(stage, Answer("tools", PointResult.DONE))
    assert [fault.code for fault in refused.value.faults] == ["unknown_procedure"]


@pytest.mark.usefixtures("procedure")
def test_a_visit_is_completed_only_with_its_mandatory_points(stage: Stage) -> None:
    stage.bring_to("on_site")
    said = stage.act(stage.cast.technician1, lambda uow: start_work(uow, stage.cast.visit))
    assert [(notice.code, "Power is off" in notice.message) for notice in said.notices] == [
        ("safety_points_open", True)
    ]
    stage.walk("diagnose", "solve", "verify", "present", "sign")
    answer(stage, Answer("power_off", PointResult.NOT_DONE, note="the fuse box is locked"))
    with pytest.raises(Invalid) as refused:
        stage.walk("complete")
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
        ("checklist_point_open", "/checklist/power_off"),
        ("checklist_point_open", "/checklist/pressure"),
    ]
    answer(
        stage,
        Answer("power_off", PointResult.DONE),
        Answer("pressure", PointResult.NOT_APPLICABLE, note="no gauge at this model"),
    )
    stage.walk("complete")
    stage.walk("complete")  # the same said twice
    assert stage.row(Visit, stage.cast.visit).completed_hash is not None


def test_a_phone_tells_answers_late_and_prepares_before_it_leaves(stage: Stage, procedure: UUID) -> None:
    phone = Phone(stage, stage.cast.technician1)

    def noted(*said: Answer):
        return phone.note_as(
            CommandType.CHECKLIST, stage.cast.visit, lambda uow, of: answer_checklist(uow, of, said, procedure)
        )

    phone.note("accept", base_version=stage.row(Visit, stage.cast.visit).version)
    noted(Answer("tools", PointResult.DONE))
    assert phone.statuses() == ["applied", "applied"]
    assert stage.row(Visit, stage.cast.visit).state == "accepted"  # nobody has set off
    for step in ("check_in", "work", "diagnose", "verify", "present", "sign"):
        phone.note(step)
    noted(Answer("power_off", PointResult.DONE), Answer("pressure", PointResult.DONE, "1.5"))
    phone.note("complete")
    assert set(phone.statuses()) == {"applied"}
    assert stage.row(Visit, stage.cast.visit).state == "completed"
    late = noted(Answer("tools", PointResult.NOT_DONE, note="forgotten"))
    assert phone.statuses(late) == ["kept"]


def test_an_answer_does_not_take_a_visit_back_from_whoever_has_it(stage: Stage, procedure: UUID) -> None:
    phone = Phone(stage, stage.cast.technician1)
    stage.bring_to("unscheduled")
    said = [Answer("tools", PointResult.DONE)]
    late = phone.note_as(
        CommandType.CHECKLIST, stage.cast.visit, lambda uow, of: answer_checklist(uow, of, said, procedure)
    )
    assert phone.statuses(late) == ["kept"]
    assert stage.row(Visit, stage.cast.visit).state == "unscheduled"


def test_the_phone_gets_the_procedure_with_the_visit(stage: Stage, procedure: UUID) -> None:
    phone = Phone(stage, stage.cast.technician1)
    sent = phone.pull().changes["procedures"].updated
    assert [one.id for one in sent] == [procedure]
    stage.walk(*WAYS["unscheduled"])
    assert phone.pull().changes["procedures"].removed == [str(procedure)]


@pytest.mark.usefixtures("procedure")
@pytest.mark.parametrize("change", ["result = 'not_done'", "value = '9'", "point = 'tools'"])
def test_who_changes_an_answer_is_found(stage: Stage, tmp_path: Path, change: str) -> None:
    answer(stage, Answer("pressure", PointResult.DONE, "1.5"))
    file = AnchorFile(tmp_path / "anchors.jsonl", "a secret key for tests, long enough")
    with stage.database.read_only() as session:
        assert verify_evidence(session, file).faults == []
    for statement in (f"UPDATE checklist_answers SET {change}", "DELETE FROM checklist_answers"):
        with stage.database.engine.begin() as connection:
            connection.execute(text(statement))
        with stage.database.read_only() as session:
            assert verify_evidence(session, file).faults != []
