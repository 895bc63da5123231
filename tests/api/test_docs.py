"""The description of the API is true, fresh and served without the internet."""

import hashlib
import re
from pathlib import Path

import pytest

from api.openapi import OPENAPI_FILE, main, openapi_text

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

VENDORED = Path(__file__).parents[2] / "web" / "vendor" / "swagger-ui"


def test_the_file_in_git_is_what_the_routes_say(settings, capsys) -> None:
    assert OPENAPI_FILE.read_text(encoding="utf-8") == openapi_text(), "run: make openapi"
    assert main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_the_document_comes_out_the_same_each_time(settings) -> None:
    assert openapi_text() == openapi_text()


def test_the_document_names_permission_and_headers(anonymous) -> None:
    document = anonymous.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    patch = document["paths"]["/api/v1/teams/{team_id}"]["patch"]
    assert (patch["security"], patch["x-permission"]) == ([{"bearer": []}], "user.manage")
    headers = {parameter["name"]: parameter["required"] for parameter in patch["parameters"] if "name" in parameter}
    assert headers == {"Idempotency-Key": False, "If-Match": True}
    create = document["paths"]["/api/v1/teams"]["post"]
    assert {"Idempotency-Key": True}.items() <= {p["name"]: p["required"] for p in create["parameters"]}.items()
    assert document["paths"]["/api/v1/auth/tokens"]["post"]["security"] == []
    assert document["components"]["schemas"]["NewTeam"]["additionalProperties"] is False
    problem = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(problem) == ["application/problem+json"]


def test_the_page_and_its_files_come_from_here(anonymous) -> None:
    page = anonymous.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "http" not in page.text
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        file = anonymous.get(path)
        assert file.status_code == 200, path
        assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_vendored_files_are_as_they_were_published(settings) -> None:
    lines = (VENDORED / "VERSIONS").read_text().splitlines()[1:]
    stated = dict(reversed(line.split()) for line in lines)
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDORED.iterdir()
        if file.name != "VERSIONS"
    }
    assert found == stated
