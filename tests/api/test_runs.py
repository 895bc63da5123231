"""Runs over HTTP: asked for once, read by their team, applied by version; questions about one visit."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from fieldsvc.bootstrap import Application
from fieldsvc.models import OptimizationRun, Shift
from fieldsvc.worker import WorkerPorts, work_once
from tests.fieldsvc.cast import Cast

API = "/api/v1"
RUNS = f"{API}/optimization-runs"


def send(client: Any, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": uuid4().hex} | headers)


def asked(cast: Cast) -> dict[str, Any]:
    return {"team_id": str(cast.team), "day": cast.day.isoformat(), "time_limit_s": 1}


@pytest.fixture
def proposed(application: Application, cast: Cast, client_for: Any) -> dict[str, Any]:
    """A run with its proposal."""
    return run_for(application, client_for("dispatcher"), asked(cast))


@pytest.fixture
def proposed_ahead(application: Application, cast: Cast, client_for: Any) -> dict[str, Any]:
    """A run of the next day with its proposal: what fits into it is the same at any time of this one."""
    with application.database.unit_of_work() as uow:
        begins = cast.at(8) + timedelta(days=1)
        uow.session.add(
            Shift(
                id=uow.new_id(),
                technician_id=cast.technician2.technician_id,
                day=cast.day + timedelta(days=1),
                starts_at=begins,
                ends_at=begins + timedelta(hours=9),
                breaks=[],
            )
        )
        uow.commit()
    ahead = {"day": (cast.day + timedelta(days=1)).isoformat()}
    return run_for(application, client_for("dispatcher"), asked(cast) | ahead)


def run_for(application: Application, client: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    run = send(client, RUNS, wanted).json
    assert run["state"] == "queued"
    assert work_once(WorkerPorts(application.database, application.travel, 20, 0.1), "tests")
    return client.get(f"{RUNS}/{run['id']}").json


def test_a_run_is_asked_for_once(application: Application, cast: Cast, client_for: Any) -> None:
    client, key = client_for("dispatcher"), {"Idempotency-Key": "run-1"}
    first, again = send(client, RUNS, asked(cast), **key), send(client, RUNS, asked(cast), **key)
    joined = send(client, RUNS, asked(cast))
    assert (first.status_code, again.data, joined.status_code) == (201, first.data, 200)
    assert joined.json["id"] == first.json["id"]
    assert send(client, RUNS, {**asked(cast), "seed": 2}, **key).json["code"] == "idempotency_key_reused"
    with application.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(OptimizationRun)) == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"speed": "fast"}, "/speed"),
        ({"time_limit_s": 0}, "/time_limit_s"),
        ({"time_limit_s": 1.5}, "/time_limit_s"),
        ({"day": "2026-02-30"}, "/day"),
        ({"technicians": []}, "/technicians"),
        ({"technicians": ["01a20745-d221-706e-930c-0389f187f317"]}, "/technicians/0"),
    ],
    ids=str,
)
def test_a_wrong_request_names_what_is_wrong(cast: Cast, client_for: Any, wrong: dict[str, Any], pointer: str) -> None:
    answer = send(client_for("dispatcher"), RUNS, asked(cast) | wrong)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


def test_a_key_is_needed(cast: Cast, client_for: Any) -> None:
    answer = client_for("dispatcher").post(RUNS, json=asked(cast))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "missing_idempotency_key")


def test_a_proposal_is_read_applied_by_version_and_applied_once(proposed: dict[str, Any], client_for: Any) -> None:
    client, path = client_for("dispatcher"), f"{RUNS}/{proposed['id']}"
    assert proposed["state"] == "proposed"
    proposal = client.get(f"{path}/proposal").json["proposal"]
    assert {"routes", "unplanned", "differences", "kpis", "incumbents"} <= proposal.keys()
    assert (
        send(client, f"{path}/application", {"dispatch": True, "force": True}).json["errors"][0]["pointer"] == "/force"
    )
    stale = send(client, f"{path}/application", {}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json["code"]) == (412, "stale_version")
    key = {"Idempotency-Key": "apply-1", "If-Match": f'"{proposed["version"]}"'}
    applied = send(client, f"{path}/application", {"dispatch": True}, **key)
    again = send(client, f"{path}/application", {"dispatch": True}, **key)
    assert (applied.status_code, applied.json["state"]) == (200, "applied")
    assert (again.data, again.headers["Idempotency-Replayed"]) == (applied.data, "true")
    twice = send(client, f"{path}/application", {"dispatch": True})
    assert (twice.status_code, twice.json["code"]) == (409, "transition_refused")


def test_an_applied_run_is_taken_back_once(proposed_ahead: dict[str, Any], cast: Cast, client_for: Any) -> None:
    client, path = client_for("dispatcher"), f"{RUNS}/{proposed_ahead['id']}"
    early = send(client, f"{path}/reversal", {})
    assert (early.status_code, early.json["code"]) == (409, "transition_refused")
    visit = f"{API}/visits/{cast.unscheduled_visit}"
    assert send(client, f"{path}/application", {}).json["state"] == "applied"
    assert client.get(visit).json["state"] == "planned"
    assert send(client, f"{path}/reversal", {"really": True}).json["errors"][0]["pointer"] == "/really"
    assert send(client, f"{path}/reversal", {}, **{"If-Match": '"1"'}).status_code == 412
    key = {"Idempotency-Key": "back-1"}
    back = send(client, f"{path}/reversal", {"dispatch": True}, **key)
    again = send(client, f"{path}/reversal", {"dispatch": True}, **key)
    assert (back.status_code, back.json["state"]) == (200, "reverted")
    assert (again.data, again.headers["Idempotency-Replayed"]) == (back.data, "true")
    assert client.get(visit).json["state"] == "unscheduled"
    twice = send(client, f"{path}/reversal", {})
    assert (twice.status_code, twice.json["version"]) == (200, back.json["version"])


@pytest.mark.parametrize("action", ["cancellation", "rejection"])
def test_ending_a_run_honours_its_version(cast: Cast, client_for: Any, action: str) -> None:
    client = client_for("dispatcher")
    run = send(client, RUNS, asked(cast)).json
    path = f"{RUNS}/{run['id']}/{action}"
    assert send(client, path, {}, **{"If-Match": '"9"'}).status_code == 412
    assert send(client, path, {"because": "no"}).status_code == 422
    expected = (200, "cancelled") if action == "cancellation" else (409, None)
    answer = send(client, path, {})
    assert (answer.status_code, answer.json.get("state")) == expected


def test_another_team_finds_nothing(proposed: dict[str, Any], cast: Cast, client_for: Any) -> None:
    outsider = client_for("outsider")
    path = f"{RUNS}/{proposed['id']}"
    assert outsider.get(RUNS).json["items"] == []
    for answer in (
        outsider.get(path),
        outsider.get(f"{path}/proposal"),
        send(outsider, f"{path}/application", {}),
        send(outsider, f"{path}/reversal", {}),
        send(outsider, f"{path}/cancellation", {}),
        send(outsider, RUNS, asked(cast)),
        outsider.get(f"{API}/visits/{cast.visit}/explanation"),
        outsider.get(f"{API}/visits/{cast.visit}/candidates"),
    ):
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_visit_is_explained_and_has_candidates(cast: Cast, client_for: Any) -> None:
    client, path = client_for("dispatcher"), f"{API}/visits/{cast.visit}"
    told = client.get(f"{path}/explanation").json
    assert told["state"] in ("planned", "unplanned")
    assert client.get(f"{path}/candidates?limit=2").json.keys() == {"day", "candidates"}
    assert client.get(f"{path}/candidates?most=2").json["errors"][0]["pointer"] == "/query/most"
    elsewhen = client.get(f"{path}/explanation?day=2020-01-01")
    assert (elsewhen.status_code, elsewhen.json["code"]) == (404, "visit_not_on_day")
