"""A second person looks at the work where the job type wants it, and what was done before is known at the asset."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from fieldsvc.domain.task_states import TaskState
from fieldsvc.models import Diagnosis, Inspection, JobType, Task, Ticket, Visit
from fieldsvc.services import procedures, tracking, visit_records
from fieldsvc.services.doctor import examine
from fieldsvc.services.evidence import verify_evidence
from fieldsvc.services.inspections import inspect_visit
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.visit_returns import Cancellation, CancelReason
from fieldsvc.services.visit_views import get_visit
from tests.fieldsvc.stage import Stage


def want_inspection(stage: Stage) -> None:
    """Let the cast's visit be one that wants an inspection."""
    with stage.database.unit_of_work() as uow:
        uow.get(Visit, stage.cast.visit, lock=True).needs_inspection = True
        uow.commit()


def inspect(stage: Stage, login: str = "supervisor", *, passed: bool = True, note: str | None = None) -> None:
    stage.act(stage.cast.actors[login], lambda uow: inspect_visit(uow, stage.cast.visit, passed=passed, note=note))


def open_tasks(stage: Stage) -> list[str]:
    with stage.database.read_only() as session:
        return list(session.scalars(select(Task.kind).where(Task.state == TaskState.OPEN).order_by(Task.id)))


def ticket_state(stage: Stage) -> str:
    return stage.row(Ticket, stage.cast.ticket).state.value


def test_a_ticket_is_closed_only_when_a_second_person_found_it_right(stage: Stage) -> None:
    want_inspection(stage)
    stage.bring_to("completed")
    assert (ticket_state(stage), open_tasks(stage)) == ("in_progress", ["inspection_wanted"])
    with pytest.raises(Invalid) as refused:
        inspect(stage, passed=False)
    assert [fault.code for fault in refused.value.faults] == ["note_needed"]
    inspect(stage, passed=False, note="the cover is loose")
    assert (ticket_state(stage), open_tasks(stage)) == ("in_progress", ["inspection_failed"])
    inspect(stage, "agent")
    assert (ticket_state(stage), open_tasks(stage)) == ("closed", [])
    with stage.database.read_only() as session:
        kept = session.scalars(select(Inspection.passed).order_by(Inspection.id)).all()
        assert examine(session, stage.database.clock.now()) == []
    assert kept == [False, True]
    last = [event for event in stage.events(stage.cast.visit) if event.kind == "visit_inspected"][-1]
    assert last.data["passed"] is True


def test_whoever_was_there_does_not_inspect_it(stage: Stage) -> None:
    want_inspection(stage)
    stage.bring_to("working")
    with pytest.raises(Conflict) as refused:
        inspect(stage, "dispatcher")  # before the work is done there is nothing to find right
    assert refused.value.code == "nothing_to_inspect"
    stage.walk("diagnose", "verify", "present", "sign", "complete")
    with pytest.raises(Conflict) as refused:
        inspect(stage, "technician1")
    assert refused.value.code == "needs_other_person"
    refusals = {"technician2": NotFound, "outsider": NotFound, "warehouse": Forbidden, "admin": Forbidden}
    for login, refusal in refusals.items():
        with pytest.raises(refusal):
            inspect(stage, login)
    inspect(stage, "dispatcher")
    assert (ticket_state(stage), open_tasks(stage)) == ("closed", [])


def test_nobody_calls_off_what_is_only_to_be_inspected(stage: Stage) -> None:
    want_inspection(stage)
    stage.bring_to("completed")
    customer = stage.customer_actor()
    with stage.database.read_only() as session:
        assert "cancel" not in tracking.track(session, customer).options
    wanted = Cancellation(CancelReason.CUSTOMER, timedelta(days=1))
    for actor in (customer, stage.cast.agent):
        with pytest.raises(Conflict) as refused:
            stage.act(actor, lambda uow: cancel_ticket(uow, stage.cast.ticket, wanted))
        assert refused.value.code == "work_done"


@pytest.mark.parametrize("change", ["passed = true", "user_id = (SELECT id FROM users ORDER BY id DESC LIMIT 1)"])
def test_who_changes_an_inspection_is_found(stage: Stage, tmp_path: Path, change: str) -> None:
    want_inspection(stage)
    stage.bring_to("completed")
    inspect(stage, passed=False, note="the cover is loose")
    file = AnchorFile(tmp_path / "anchors.jsonl", "a secret key for tests, long enough")
    with stage.database.read_only() as session:
        assert verify_evidence(session, file).faults == []
    for statement in (f"UPDATE inspections SET {change}", "DELETE FROM inspections"):
        with stage.database.engine.begin() as connection:
            connection.execute(text(statement))
        with stage.database.read_only() as session:
            assert verify_evidence(session, file).faults != []


@pytest.mark.parametrize("state", ["dispatched", "on_site", "incomplete"])
def test_where_nobody_worked_there_is_nothing_to_inspect(stage: Stage, state: str) -> None:
    stage.bring_to(state)
    with pytest.raises(Conflict, match="nothing to inspect"):
        inspect(stage)


def test_a_job_type_says_so_for_visits_that_are_drafted_from_now_on(stage: Stage) -> None:
    def change(wanted: bool, version: int | None = None) -> None:
        stage.act(
            stage.cast.admin,
            lambda uow: procedures.change_job_type(uow, stage.cast.job_type, {"needs_inspection": wanted}, version),
        )

    change(True, 1)
    change(True)  # the same again changes nothing
    assert stage.row(JobType, stage.cast.job_type).version == 2
    with pytest.raises(StaleVersion):
        change(False, 1)
    stage.walk("accept", "depart", "check_in", "break_off")
    with stage.database.read_only() as session:
        wants = dict(session.execute(select(Visit.id, Visit.needs_inspection)).all())
    assert wants[stage.cast.visit] is False  # drafted before, and what follows it is as it was


def test_a_diagnosis_says_how_it_was_made(stage: Stage) -> None:
    stage.bring_to("working")
    finding = visit_records.Finding(
        "no_water", "pump_worn", "replace_part", None, ("measurement", "visual"), ("multimeter",), "coil: 0 Ω"
    )
    stage.act(stage.cast.technician1, lambda uow: visit_records.record_diagnosis(uow, stage.cast.visit, finding))
    with stage.database.read_only() as session:
        (stored,) = session.scalars(select(Diagnosis)).all()
        assert (stored.methods, stored.tools, stored.data_captured) == (
            ["measurement", "visual"],
            ["multimeter"],
            "coil: 0 Ω",
        )


def test_what_was_done_at_the_asset_before_is_shown(stage: Stage) -> None:
    with stage.database.unit_of_work() as uow:
        first, second = (uow.get(Visit, one, lock=True) for one in (stage.cast.visit, stage.cast.other_visit))
        for visit in (first, second):
            uow.get(Ticket, visit.ticket_id, lock=True).asset_id = stage.cast.asset
        uow.commit()
    stage.walk("accept", "depart", "check_in", "work", "diagnose", "solve", "verify", "present", "sign", "complete")
    with stage.database.read_only() as session:
        now = stage.database.clock.now()
        (past,) = get_visit(session, stage.cast.technician2, now, stage.cast.other_visit).history
        assert (past.visit_id, past.solution) == (stage.cast.visit, "new pump")
        assert [one.symptom for one in past.diagnoses] == ["no_water"]
        assert get_visit(session, stage.cast.dispatcher, now, stage.cast.visit).history == []
