"""Planning by hand over HTTP: by version, with every broken rule named."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from fieldsvc.models import Shift
from fieldsvc.persistence.database import Database
from tests.fieldsvc.cast import Cast

API = "/api/v1"


def put(client: Any, visit: object, version: int | None, **body: Any) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return client.put(f"{API}/visits/{visit}/assignment", json=body, headers=headers)


@pytest.fixture
def tomorrow(cast: Cast, database: Database) -> date:
    """The day after the cast's, on which the second technician works too."""
    day = cast.day + timedelta(days=1)
    begins = datetime.combine(day, time(11), UTC)
    with database.unit_of_work() as uow:
        uow.session.add(
            Shift(
                id=uow.new_id(),
                technician_id=cast.technician2.technician_id,
                day=day,
                starts_at=begins,
                ends_at=begins + timedelta(hours=9),
                breaks=[],
            )
        )
        uow.commit()
    return day


@pytest.fixture
def wanted(cast: Cast, tomorrow: date) -> dict[str, Any]:
    return {"technician_ids": [str(cast.technician2.technician_id)], "start": f"{tomorrow}T21:00:00Z"}


def test_a_visit_is_put_by_version_and_sent_out(
    cast: Cast, client_for: Any, wanted: dict[str, Any], tomorrow: date
) -> None:
    client, visit = client_for("dispatcher"), cast.unscheduled_visit
    version = client.get(f"{API}/visits/{visit}").json["version"]
    assert put(client, visit, None, **wanted).status_code == 428
    assert put(client, visit, version + 1, **wanted).status_code == 412
    broken = put(client, visit, version, **wanted)
    assert (broken.status_code, broken.json["code"]) == (409, "rules_broken")
    assert "shifts" in {fault["code"] for fault in broken.json["errors"]}
    placed = put(client, visit, version, **wanted, reason="customer_wish")
    assert placed.status_code == 200, placed.json
    assert placed.json["state"] == "planned"
    assert "overridden_shifts" in {notice["code"] for notice in placed.json["notices"]}
    assert datetime.fromisoformat(placed.json["planned_start"]) == datetime.combine(tomorrow, time(21), UTC)
    assert put(client, visit, version, **wanted).status_code == 412
    sent = client.post(f"{API}/visits/{visit}/dispatch", json={})
    assert (sent.status_code, sent.json["state"]) == (200, "dispatched")
    again = client.post(f"{API}/visits/{visit}/dispatch", json={})
    assert (again.status_code, again.json["code"]) == (409, "transition_refused")
    mine = client_for("technician2").get(f"{API}/my/route?date={tomorrow}")
    assert str(visit) in mine.text


def test_all_that_is_wrong_is_named(cast: Cast, client_for: Any, wanted: dict[str, Any]) -> None:
    client, visit = client_for("dispatcher"), cast.unscheduled_visit
    stranger = str(cast.visit)
    wrong = put(client, visit, 1, technician_ids=[stranger, stranger], start="2020-01-01T00:00:00Z")
    assert wrong.status_code == 422
    assert [(one["code"], one["pointer"]) for one in wrong.json["errors"]] == [
        ("unknown_reference", "/technician_ids/0"),
        ("unknown_reference", "/technician_ids/1"),
        ("duplicate", "/technician_ids/1"),
        ("out_of_range", "/start"),
    ]
    assert put(client, visit, 1, **wanted, because="x").json["errors"][0]["pointer"] == "/because"
    assert put(client, visit, 1, technician_ids=[], start=wanted["start"]).status_code == 422
