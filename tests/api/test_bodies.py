"""Bodies and queries are read strictly, and every fault is named with its place."""

import io
import json
from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EVERYTHING = "/api/v1/everything"


def post(client: Any, content: bytes | str, content_type: str = "application/json") -> tuple[int, str | None]:
    answer = client.post(EVERYTHING, data=content, content_type=content_type)
    return answer.status_code, answer.json["code"] if answer.data else None


def faults(client: Any, body: object) -> list[tuple[str, str]]:
    answer = client.post(EVERYTHING, data=json.dumps(body), content_type="application/json")
    if answer.status_code == 204:
        return []
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    return [(fault["code"], fault["pointer"]) for fault in answer.json["errors"]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "unreadable_body"),
        ("nonsense", "unreadable_body"),
        ('{"whole": 1,}', "unreadable_body"),
        (b'{"text": "\xff"}', "unreadable_body"),
        ('{"text": "a"}'.encode("utf-16"), "unreadable_body"),
        ('{"text": "\n"}', "unreadable_body"),
        ('{"whole": NaN}', "unreadable_number"),
        ('{"whole": -Infinity}', "unreadable_number"),
        ('{"whole": 1e999}', "unreadable_number"),
        ('{"whole": ' + "9" * 5000 + "}", "unreadable_number"),
        ('{"whole": 1, "whole": 2}', "duplicate_key"),
        ('{"places": [{"a": 1, "a": 1}]}', "duplicate_key"),
        ("[" * 33 + "]" * 33, "nested_too_deep"),
        ('{"a":' * 33 + "1" + "}" * 33, "nested_too_deep"),
        ("[" * 100_000 + "]" * 100_000, "nested_too_deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested_too_deep"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_what_can_not_be_read_for_sure_is_a_400(anonymous, content: bytes | str, code: str) -> None:
    assert post(anonymous, content) == (400, code)


def test_as_deep_as_allowed_is_read(anonymous) -> None:
    assert post(anonymous, "[" * 32 + "]" * 32) == (422, "invalid")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/json; charset=utf-16"],
)
def test_another_content_type_is_a_415(anonymous, content_type: str) -> None:
    assert post(anonymous, "{}", content_type) == (415, "wrong_content_type")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8"])
def test_json_in_utf_8_is_read(anonymous, content_type: str) -> None:
    assert post(anonymous, '{"text": "王伟"}', content_type) == (204, None)


def test_no_body_is_an_empty_object(anonymous) -> None:
    assert anonymous.post(EVERYTHING).status_code == 204


def test_a_body_beyond_the_limit_is_a_413_wherever_it_goes(anonymous, settings) -> None:
    content = b'{"text": "' + b"x" * 2_000_000 + b'"}'
    assert post(anonymous, content) == (413, "body_too_large")
    answer = anonymous.get("/livez", data=content)
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_a_body_of_unstated_length_is_cut_off_at_the_limit(anonymous) -> None:
    chunks = {"wsgi.input": io.BytesIO(b" " * 2_000_000), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = anonymous.post(EVERYTHING, content_type="application/json", environ_overrides=chunks)
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_all_faults_are_told_at_once_with_their_places(anonymous) -> None:
    body = {
        "text": "too long",
        "whole": 1.9,
        "places": [{"latitude": 91}, {}, {"latitude": 1, "x": 1}],
        "role": "king",
        "role/~": 1,
    }
    assert sorted(faults(anonymous, body)) == [
        ("missing_field", "/places/1/latitude"),
        ("out_of_range", "/places/0/latitude"),
        ("unknown_choice", "/role"),
        ("unknown_field", "/places/2/x"),
        ("unknown_field", "/role~1~0"),
        ("wrong_length", "/text"),
        ("wrong_type", "/whole"),
    ]


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_a_body_is_an_object(anonymous, body: object) -> None:
    assert faults(anonymous, body) == [("wrong_type", "")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("whole", True, "wrong_type"),
        ("whole", "7", "wrong_type"),
        ("whole", 7.0, "wrong_type"),
        ("whole", None, "null_not_allowed"),
        ("whole", 11, "out_of_range"),
        ("whole", -1, "out_of_range"),
        ("whole", 2**64, "out_of_range"),
        ("text", 7, "wrong_type"),
        ("text", "", "wrong_length"),
        ("text", "a\0b", "unreadable_text"),
        ("text", "a\ud800b", "unreadable_text"),
        ("text", None, "null_not_allowed"),
        ("flag", 1, "wrong_type"),
        ("flag", "true", "wrong_type"),
        ("id", "0", "wrong_type"),
        ("id", "{00000000-0000-7000-8000-000000000000}", "wrong_type"),
        ("id", 5, "wrong_type"),
        ("instant", "2027-01-31T08:30:00", "wrong_type"),
        ("instant", "2027-01-31", "wrong_type"),
        ("instant", 1_800_000_000, "wrong_type"),
        ("instant", "2027-02-30T08:30:00Z", "wrong_time"),
        ("instant", "0001-01-01T00:00:00+14:00", "out_of_range"),
        ("day", "2027-02-30", "wrong_date"),
        ("day", "20270131", "wrong_type"),
        ("day", "9999-12-31", "out_of_range"),
        ("role", "CUSTOMER", "unknown_choice"),
        ("role", ["agent"], "unknown_choice"),
        ("places", {}, "wrong_type"),
        ("places", [{"latitude": 1}] * 3, "wrong_length"),
    ],
)
def test_values_are_of_their_type_or_refused(anonymous, field: str, value: object, code: str) -> None:
    assert faults(anonymous, {field: value}) == [(code, f"/{field}")]


@pytest.mark.parametrize("latitude", [True, "1", None, -90.001, [1]])
def test_numbers_are_numbers(anonymous, latitude: object) -> None:
    (found,) = faults(anonymous, {"places": [{"latitude": latitude}]})
    assert found[1] == "/places/0/latitude"


def test_values_at_their_limits_are_taken(anonymous) -> None:
    body = {
        "text": "王" * 5,
        "whole": 10,
        "flag": False,
        "id": "00000000-0000-7000-8000-00000000000A",
        "instant": "2027-01-31t08:30:00.123456+08:00",
        "day": "2028-02-29",
        "role": "agent",
        "places": [{"latitude": -90}, {"latitude": 90.0}],
        "text_or_null": None,
    }
    assert faults(anonymous, body) == []


def test_a_lone_surrogate_in_a_name_is_told_without_harm(anonymous) -> None:
    ((code, pointer),) = faults(anonymous, {"a\ud800": 1})
    assert (code, pointer) == ("unknown_field", "/a\ud800")


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("limit=0", "out_of_range", "/query/limit"),
        ("limit=201", "out_of_range", "/query/limit"),
        ("limit=1000000000", "out_of_range", "/query/limit"),
        ("limit=5.0", "wrong_type", "/query/limit"),
        ("limit=%D9%A5", "wrong_type", "/query/limit"),
        ("limit=" + "9" * 5000, "wrong_type", "/query/limit"),
        ("order_by=name", "unknown_field", "/query/order_by"),
        ("is_descending=true", "wrong_type", "/query/is_descending"),
        ("cursor=a%00b", "unreadable_text", "/query/cursor"),
        ("cursor=a/b", "wrong_format", "/query/cursor"),
        ("cursor=nonsense", "invalid_cursor", "/query/cursor"),
        ("cursor=WyJhIl0", "invalid_cursor", "/query/cursor"),
        ("cursor=WzFd", "invalid_cursor", "/query/cursor"),
        ("cursor=W10", "invalid_cursor", "/query/cursor"),
        ("cursor=WyJcdTAwMDAiXQ", "invalid_cursor", "/query/cursor"),
        ("cursor=WyJcdWQ4MDAiXQ", "invalid_cursor", "/query/cursor"),
    ],
    ids=lambda value: value[:30],
)
def test_queries_are_checked_like_bodies(anonymous, query: str, code: str, pointer: str) -> None:
    answer = anonymous.get(f"/api/v1/teams?{query}")
    assert answer.status_code == 422
    assert [(fault["code"], fault["pointer"]) for fault in answer.json["errors"]] == [(code, pointer)]
