"""The catalogue of parts over HTTP: read by all, changed by admins, each fault named."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from fieldsvc.bootstrap import Application
from fieldsvc.models import Event
from tests.fieldsvc.cast import Cast

PARTS = "/api/v1/parts"
VALVE = {
    "number": "V-100",
    "name_en": "Valve",
    "name_zh": "阀门",
    "unit_cost_cents": 1200,
    "price_cents": 2500,
    "barcode": "4006381333931",
    "models": ["Aqua 2", "Aqua 3"],
}


@pytest.fixture
def admin(client_for: Any) -> Any:
    return client_for("admin")


def add(client: Any, **changes: Any) -> Any:
    return client.post(PARTS, json=VALVE | changes, headers={"Idempotency-Key": uuid4().hex})


def change(client: Any, part: dict[str, Any], tag: str, **changes: Any) -> Any:
    return client.patch(f"{PARTS}/{part['id']}", json=changes, headers={"If-Match": tag})


def test_a_part_is_added_found_and_changed(admin: Any, cast: Cast, client_for: Any, application: Application) -> None:
    made = add(admin, substitutes=[str(cast.part)])
    assert made.status_code == 201, made.json
    assert (made.json["unit"], made.json["is_serialised"]) == ("piece", False)
    technician = client_for("technician1")
    for query in ("number=V-100", "barcode=4006381333931", "model=Aqua%202", "words=alv", "words=阀"):
        assert [one["id"] for one in technician.get(f"{PARTS}?{query}").json["items"]] == [made.json["id"]], query
    assert technician.get(f"{PARTS}?words=%25").json["items"] == []
    shown = technician.get(f"{PARTS}/{made.json['id']}")
    assert (shown.json, shown.headers["ETag"]) == (made.json, made.headers["ETag"])
    changed = change(admin, made.json, made.headers["ETag"], models=["Aqua 4"], price_cents=2600)
    assert (changed.status_code, changed.json["models"], changed.json["price_cents"]) == (200, ["Aqua 4"], 2600)
    assert change(admin, made.json, made.headers["ETag"], unit="m").status_code == 412
    same = change(admin, made.json, changed.headers["ETag"], price_cents=2600, models=["Aqua 4"])
    assert same.headers["ETag"] == changed.headers["ETag"]
    with application.database.read_only() as session:
        kinds = select(Event.kind).where(Event.entity_type == "part").order_by(Event.change_no)
        events = session.scalars(kinds).all()
    assert events == ["part_added", "part_changed"]


def test_all_faults_are_named(admin: Any, cast: Cast) -> None:
    made = add(admin)
    again = add(admin, substitutes=[str(cast.visit), str(cast.part), str(cast.part)])
    assert [(one["code"], one["pointer"]) for one in again.json["errors"]] == [
        ("taken", "/number"),
        ("taken", "/barcode"),
        ("unknown_part", "/substitutes/0"),
        ("duplicate", "/substitutes/2"),
    ]
    itself = change(admin, made.json, made.headers["ETag"], substitutes=[made.json["id"]])
    assert itself.json["errors"][0]["code"] == "itself"
    used = admin.get(f"{PARTS}/{cast.part}")
    moved = change(admin, used.json, used.headers["ETag"], is_serialised=True)
    assert (moved.status_code, moved.json["errors"][0]["code"]) == (422, "has_moved")
    assert add(admin, number="", price_cents=-1).status_code == 422
    assert admin.get(f"{PARTS}/{cast.visit}").status_code == 404
    assert change(admin, {"id": cast.visit}, '"1"', unit="m").status_code == 404


def test_only_admins_change_it(client_for: Any) -> None:
    for login in ("technician1", "agent", "dispatcher", "warehouse", "supervisor"):
        assert add(client_for(login)).status_code == 403


def test_of_two_with_one_number_at_the_same_moment_one_is_added(admin: Any) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: add(admin), range(4)))
    assert sorted(one.status_code for one in answers)[0] == 201
    assert all(one.status_code in (409, 422) for one in answers if one.status_code != 201)
    assert len(admin.get(f"{PARTS}?number=V-100").json["items"]) == 1
