"""A technician's visits as a calendar: under a secret link, without customers, until the link ends."""

import re

from flask import Flask
from icalendar import Calendar

from tests.api.conftest import Client, ClientFor
from tests.api.test_visit_story import API, post
from tests.fieldsvc.cast import Cast


def link_of(client: Client) -> str:
    """Make a link and return its path."""
    url = post(client, "/my/calendar", expect=201)["url"]
    return re.sub(r"^https?://[^/]+", "", url)


def test_it_says_when_and_what_and_neither_for_whom_nor_where(
    client_for: ClientFor, anonymous: Client, cast: Cast
) -> None:
    path = link_of(client_for("technician1"))
    answer = anonymous.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    (event,) = Calendar.from_ical(answer.data).events
    assert (event.uid, event.start) == (f"{cast.visit}@fieldsvc", cast.at(10, 5))
    assert event.end > event.start
    assert "王伟" not in answer.text
    assert "Rua da Praia" not in answer.text
    same = anonymous.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert same.status_code == 304
    post(client_for("dispatcher"), f"/visits/{cast.visit}/postponement", {"reason": "technician"})
    changed = anonymous.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (changed.status_code, Calendar.from_ical(changed.data).events) == (200, [])


def test_a_newer_link_ends_the_one_before_and_the_technician_ends_it(client_for: ClientFor, anonymous: Client) -> None:
    technician = client_for("technician1")
    first, second = link_of(technician), link_of(technician)
    assert [anonymous.get(path).status_code for path in (first, second)] == [404, 200]
    for _ in range(2):
        assert technician.post(f"{API}/my/calendar/withdrawal", json={}).status_code == 204
    assert anonymous.get(second).status_code == 404
    assert anonymous.get("/calendars/made-up.ics").status_code == 404
    assert client_for("dispatcher").post(f"{API}/my/calendar", json={}).status_code == 403


def test_whoever_is_kept_out_has_none(app: Flask, client_for: ClientFor, anonymous: Client, cast: Cast) -> None:
    path, admin = link_of(client_for("technician2")), client_for("admin")
    (user,) = (one for one in admin.get(f"{API}/users").json["items"] if one["login"] == "technician2")
    post(client_for("dispatcher"), f"/visits/{cast.other_visit}/postponement", {"reason": "technician"})
    kept_out = admin.patch(f"{API}/users/{user['id']}", json={"is_active": False}, headers={"If-Match": '"1"'})
    assert kept_out.status_code == 200
    assert anonymous.get(path).status_code == 404
