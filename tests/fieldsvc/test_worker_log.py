"""What a worker writes when something nobody foresaw happens: where it was, and nothing of anybody's data."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from fieldsvc.domain.run_states import RunState
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.persistence.database import Database
from fieldsvc.services.runs import RunRequest, request_run
from fieldsvc.worker import WorkerPorts, work_once
from tests.fieldsvc.day_world import DayWorld

SECRET = "Dora, Rua da Praia 1"


class BrokenTravel:
    def __getattr__(self, name: str) -> object:
        raise RuntimeError(SECRET)


def test_an_unforeseen_failure_is_logged_without_its_message(database: Database) -> None:
    world = DayWorld(database)
    world.technician("Ana")
    world.visit("V1")
    run, _ = world.write(
        lambda uow: request_run(uow, RunRequest(world.team, world.day), max_solve_s=60), world.dispatcher
    )
    with capture_logs() as written:
        assert work_once(WorkerPorts(database, BrokenTravel(), 60, 1), "worker")
    (failure,) = [entry for entry in written if entry["log_level"] == "error"]
    assert failure["exception"] == "RuntimeError"
    assert any("solve_scope" in frame for frame in failure["frames"])
    assert "exc_info" not in failure
    assert SECRET not in str(written)
    assert world.row(OptimizationRun, run.id).state is RunState.FAILED


def test_a_statement_that_fails_does_not_tell_its_values(database: Database) -> None:
    with database.read_only() as session, pytest.raises(DBAPIError) as failed:
        session.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": SECRET})
    assert SECRET not in str(failed.value)
