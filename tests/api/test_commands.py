"""Keys, versions and pages, on the tests' own resource and on both databases."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from fieldsvc.models import Event, Team

TEAMS = "/api/v1/teams"


@pytest.fixture
def admin(client_for) -> Any:
    return client_for("admin")


def count(application: Any, model: type, **filters: object) -> int:
    with application.database.read_only() as session:
        found: int = session.scalar(select(func.count()).select_from(model).filter_by(**filters))
        return found


def create(client: Any, name: str = "East", key: str = "k1") -> Any:
    return client.post(TEAMS, json={"name": name}, headers={"Idempotency-Key": key})


def version_of(answer: Any) -> int:
    version, _, digits = answer.headers["ETag"].strip('"').partition(".")
    assert re.fullmatch("[0-9a-f]{16}", digits)
    return int(version)


def test_a_repeated_key_has_one_effect_and_the_first_answer(admin, application) -> None:
    answers = [create(admin) for _ in range(10)]
    assert {(answer.status_code, answer.data, version_of(answer)) for answer in answers} == {(201, answers[0].data, 1)}
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None] + ["true"] * 9
    assert count(application, Team, name="East") == 1
    assert count(application, Event, kind="team_founded") == 1


def test_the_order_and_space_of_a_body_do_not_make_it_another(admin) -> None:
    bodies = ('{"name": "East", "zone": "UTC"}', '{ "zone":"UTC","name":"\\u0045ast"}')
    first, second = (
        admin.post(TEAMS, data=body, content_type="application/json", headers={"Idempotency-Key": "k"})
        for body in bodies
    )
    assert (first.status_code, second.data) == (201, first.data)


def test_another_body_or_route_under_the_same_key_is_refused(admin, application) -> None:
    team = create(admin).json["id"]
    for answer in (
        create(admin, "West"),
        admin.post(f"{TEAMS}/{team}/capitals", headers={"Idempotency-Key": "k1"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
    assert count(application, Event, kind="team_renamed") == 0


def test_the_same_route_for_another_thing_is_another_request(admin) -> None:
    east, west = create(admin, "East", "a").json["id"], create(admin, "West", "b").json["id"]
    key = {"Idempotency-Key": "c"}
    assert admin.post(f"{TEAMS}/{east}/capitals", headers=key).status_code == 200
    assert admin.post(f"{TEAMS}/{west}/capitals", headers=key).status_code == 422


def test_a_key_is_needed_where_a_duplicate_would_cost(admin, application) -> None:
    answer = admin.post(TEAMS, json={"name": "East"})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "missing_idempotency_key")
    assert answer.json["errors"][0]["pointer"] == "/headers/Idempotency-Key"
    assert count(application, Team, name="East") == 0


@pytest.mark.parametrize("key", ["", "a b", "ключ", "x" * 201])
def test_a_key_is_visible_ascii(admin, key: str) -> None:
    answer = create(admin, key=key.encode().decode("latin-1"))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "invalid_idempotency_key")


def test_a_refusal_is_judged_anew(admin) -> None:
    assert create(admin, "North", "k").status_code == 409
    assert create(admin, "Northern", "k").status_code == 201


def test_a_key_can_be_used_without_being_needed(admin) -> None:
    team = create(admin).json["id"]
    versions = [
        version_of(admin.post(f"{TEAMS}/{team}/capitals", headers={"Idempotency-Key": "caps"})) for _ in range(3)
    ]
    assert versions == [2] * 3


def test_a_change_with_the_version_that_is_there_raises_it(admin) -> None:
    team = create(admin)
    path = f"{TEAMS}/{team.json['id']}"
    changed = admin.patch(path, json={"name": "West"}, headers={"If-Match": team.headers["ETag"]})
    assert (changed.status_code, changed.json["name"], version_of(changed)) == (200, "West", 2)
    assert admin.get(path).headers["ETag"] == changed.headers["ETag"]
    again = admin.patch(path, json={"name": "Far West"}, headers={"If-Match": '"2"'})
    assert (again.status_code, version_of(again)) == (200, 3)


def test_a_stale_version_changes_nothing(admin, application) -> None:
    path = f"{TEAMS}/{create(admin).json['id']}"
    for answer in (
        admin.patch(path, json={"name": "West"}, headers={"If-Match": '"2"'}),
        admin.post(f"{path}/capitals", headers={"If-Match": '"2"'}),
    ):
        assert (answer.status_code, answer.json["code"]) == (412, "stale_version")
    assert count(application, Team, name="East") == 1


NO_TAGS = ("*", "1", 'W/"1"', '"1", "2"', '"0"', '"x"', '"' + "9" * 30 + '"', '""', '"1."', '"1.0A"')


@pytest.mark.parametrize("tag", NO_TAGS)
def test_if_match_is_one_tag_as_it_was_given(admin, tag: str) -> None:
    path = f"{TEAMS}/{create(admin).json['id']}"
    answer = admin.patch(path, json={"name": "West"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "invalid_if_match")


def test_actions_do_not_need_a_version(admin) -> None:
    path = f"{TEAMS}/{create(admin).json['id']}"
    assert admin.post(f"{path}/capitals").json["name"] == "EAST"


def test_what_is_not_there_can_not_be_changed(admin) -> None:
    answer = admin.patch(f"{TEAMS}/{uuid4()}", json={"name": "West"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_a_key_of_somebody_else_is_another_key(admin, client_for) -> None:
    create(admin)
    answer = create(client_for("agent"))
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert "East" not in answer.text


@pytest.mark.parametrize("is_descending", ["1", "0"])
def test_pages_give_every_row_once_in_order(admin, is_descending: str) -> None:
    for number in range(5):
        create(admin, f"team {number}", f"key {number}".replace(" ", "-"))
    path, seen, pages = f"{TEAMS}?limit=3&is_descending={is_descending}", [], 0
    while path:
        page = admin.get(path)
        assert page.status_code == 200
        seen += [item["id"] for item in page.json["items"]]
        pages += 1
        link = page.headers.get("Link")
        path = link.removeprefix("<").removesuffix('>; rel="next"') if link else ""
        assert (page.json["next_cursor"] is None) == (not path)
    assert (pages, len(set(seen))) == (3, 7)
    assert seen == sorted(seen, reverse=is_descending == "1")


def test_a_full_last_page_has_no_next(admin) -> None:
    page = admin.get(f"{TEAMS}?limit=2")  # the cast has two teams
    assert (len(page.json["items"]), page.json["next_cursor"], page.headers.get("Link")) == (2, None, None)
