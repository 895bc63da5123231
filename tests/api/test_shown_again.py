"""What a caller may be shown again: by an entity tag, by a repeated key, by a link."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from fieldsvc.bootstrap import Application
from fieldsvc.domain.catalogue import Channel
from fieldsvc.models import CustomerLink, IdempotencyKey, User, Visit
from fieldsvc.services import tickets
from tests.fieldsvc.cast import Cast
from tests.fieldsvc.stage import Stage

# What the two databases do differently is tested below HTTP.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

API = "/api/v1"


@pytest.fixture
def stage(application: Application, cast: Cast) -> Stage:
    return Stage(application.database, cast)


def send(client: Any, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": uuid4().hex} | headers)


def test_nothing_is_withheld_that_the_version_does_not_tell(stage: Stage, client_for) -> None:
    """A visit's site comes into sight by the calendar alone."""
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, stage.cast.visit)
        assert visit.planned_start is not None
        assert visit.planned_end is not None
        visit.planned_start += timedelta(days=9)
        visit.planned_end += timedelta(days=9)
        uow.commit()
    path = f"{API}/visits/{stage.cast.visit}"
    before = client_for("technician1").get(path)
    with time_machine.travel(timedelta(days=4)):
        client = client_for("technician1")
        seen = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
        assert (before.json["site"], seen.status_code) == (None, 200)
        assert (seen.json["version"], seen.json["site"] is None) == (before.json["version"], False)
        assert client.get(path, headers={"If-None-Match": seen.headers["ETag"]}).status_code == 304


def test_an_answer_is_not_given_again_once_the_visit_is_somebody_elses(stage: Stage, client_for) -> None:
    client, path = client_for("technician1"), f"{API}/visits/{stage.cast.visit}"
    key = {"Idempotency-Key": "k1"}
    assert send(client, f"{path}/acceptance", {}, **key).status_code == 200
    declined = send(client, f"{path}/declination", {"reason": "too_far"}, **{"Idempotency-Key": "k2"})
    again = send(client, f"{path}/declination", {"reason": "too_far"}, **{"Idempotency-Key": "k2"})
    assert (again.status_code, again.data) == (200, declined.data)
    repeated = send(client, f"{path}/acceptance", {}, **key)
    assert (repeated.status_code, repeated.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["triage", "run"])
def test_an_answer_is_not_given_again_to_somebody_of_another_team(stage: Stage, client_for, name: str) -> None:
    cast = stage.cast
    if name == "run":
        client = client_for("dispatcher")
        asked = {"team_id": str(cast.team), "day": cast.day.isoformat()}
        path, body = f"{API}/optimization-runs/{send(client, f'{API}/optimization-runs', asked).json['id']}", {}
        path += "/cancellation"
    else:
        client = client_for("agent")
        report = tickets.Report(Channel.PHONE, cast.customer, "no light", "at all", site_id=cast.site)
        ticket = stage.act(cast.agent, lambda uow: tickets.report_ticket(uow, report))
        path = f"{API}/tickets/{ticket.id}/triage"
        body = {"nature": "power", "urgency": "low", "job_type_id": str(cast.job_type)}
    key = {"Idempotency-Key": "k1"}
    assert send(client, path, body, **key).status_code == 200
    assert send(client, path, body, **key).headers["Idempotency-Replayed"] == "true"
    with stage.database.unit_of_work() as uow:
        for actor in (cast.agent, cast.dispatcher):
            uow.get(User, actor.user_id).team_id = cast.foreign_team
        uow.commit()
    assert send(client, path, body, **key).status_code == 404


def test_the_token_of_a_link_is_kept_nowhere(stage: Stage, client_for) -> None:
    client, path = client_for("agent"), f"{API}/tickets/{stage.cast.ticket}/link"
    made = [send(client, path, {}, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json["token"] != made[1].json["token"]
    with stage.database.read_only() as session:
        assert session.scalars(select(IdempotencyKey)).all() == []


def test_a_link_for_another_purpose_does_not_open_this_one(stage: Stage, client_for, anonymous) -> None:
    made = send(client_for("agent"), f"{API}/tickets/{stage.cast.ticket}/link", {}).json
    path = f"{API}/track/{made['token']}"
    assert anonymous.get(path).status_code == 200
    with stage.database.unit_of_work() as uow:
        uow.session.scalars(select(CustomerLink)).one().purpose = "rating"
        uow.commit()
    assert anonymous.get(path).status_code == 404
