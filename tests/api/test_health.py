"""What machines ask about a process."""

import shutil
from collections import namedtuple
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.app import create_app
from fieldsvc.bootstrap import build
from fieldsvc.domain.run_states import RunState
from fieldsvc.models import OptimizationRun, Team
from fieldsvc.persistence.migrate import newest_head
from fieldsvc.services.readiness import MAX_QUEUE_AGE_S
from tests.api.conftest import CHEAP_PASSWORDS


def checks(client) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in client.get("/readyz").json["checks"]}


def test_a_process_that_can_work_says_so(anonymous) -> None:
    assert anonymous.get("/livez").json == {"status": "alive"}
    ready = anonymous.get("/readyz")
    assert (ready.status_code, ready.json["status"]) == (200, "ready")
    assert checks(anonymous) == {"database": True, "queue": True, "disk": True}


def test_a_writer_at_work_is_no_reason_to_be_called_unready(anonymous, application) -> None:
    with application.database.unit_of_work() as uow:
        uow.session.scalars(select(Team)).all()  # SQLite's one write lock is taken from here on
        assert checks(anonymous) == {"database": True, "queue": True, "disk": True}


def test_a_database_that_is_behind_is_not_ready(anonymous, application) -> None:
    with application.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    try:
        assert anonymous.get("/readyz").status_code == 503
        assert checks(anonymous)["database"] is False
    finally:
        with application.database.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest_head()}'")


def test_a_run_nobody_takes_shows(anonymous, application, cast) -> None:
    with application.database.unit_of_work() as uow:
        uow.session.add(
            OptimizationRun(
                id=uow.new_id(),
                number="R1",
                state=RunState.QUEUED,
                team_id=cast.team,
                requested_at=uow.now - timedelta(seconds=MAX_QUEUE_AGE_S + 60),
                day=cast.day,
                scope={},
                params={},
                request_hash="0" * 64,
            )
        )
        uow.commit()
    assert checks(anonymous) == {"database": True, "queue": False, "disk": True}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_shows(anonymous, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 10**6))
    assert checks(anonymous)["disk"] is False


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_gone_is_not_ready_and_keeps_its_secrets(settings) -> None:
    gone = replace(settings, database_url="postgresql://user:hidden@127.0.0.1:1/nowhere")
    client = create_app(build(gone, passwords=CHEAP_PASSWORDS)).test_client()
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json["checks"][0] == {"name": "database", "ok": False, "detail": "not reachable (OperationalError)"}
    assert "hidden" not in ready.text
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_requests_are_counted_by_route_and_status(application, cast) -> None:
    fresh = create_app(application).test_client()
    for _ in range(3):
        fresh.get(f"/api/v1/tickets/{cast.ticket}")
    fresh.get("/no/such/place")
    fresh.open("/livez", method="BREW")
    text = fresh.get("/metrics").text
    assert 'requests_total{method="GET",route="/api/v1/tickets/<uuid:ticket_id>",status="401"} 3.0' in text
    assert 'requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'method="other"' in text
    assert str(cast.ticket) not in text
