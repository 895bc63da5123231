"""Requests made up from the OpenAPI file never end in a 5xx, and answers look as the file says, whoever asks."""

from pathlib import Path

import pytest
from flask import Flask, Response, request

from bench.fuzz import Asked, fuzz
from bench.fuzz_world import fuzzed_company
from bench.phones.databases import databases

CASES_PER_OPERATION = 6


def test_no_request_breaks_the_server(tmp_path: Path, room: Path) -> None:
    with databases("sqlite", room) as made, fuzzed_company(made, tmp_path) as company:
        found = fuzz(company.asked, CASES_PER_OPERATION)
        assert (found.faults, company.findings()) == ((), [])
    assert len(company.asked.people) == 6
    assert found.operations > 60
    assert found.requests > found.operations * 6 * 2


@pytest.mark.parametrize(("status", "answer"), [(500, b"{}"), (200, b'{"unknown": 1}'), (418, b"{}")])
def test_what_is_wrong_is_found(tmp_path: Path, room: Path, status: int, answer: bytes) -> None:
    with databases("sqlite", room) as made, fuzzed_company(made, tmp_path) as company:
        app: Flask = company.asked.app

        def lie(response: Response) -> Response:
            if request.path.startswith("/api/"):
                return Response(answer, status, content_type="application/json")
            return response

        app.after_request_funcs.setdefault(None, []).append(lie)
        found = fuzz(Asked(app, company.asked.people, company.asked.known), 2, only="/api/v1/my/route")
    assert len(found.faults) == 1
