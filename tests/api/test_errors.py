"""Every refusal is one problem of one shape."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from api.errors import STATUSES, status_of
from api.schemas.base import ProblemSchema
from fieldsvc.domain.errors import DomainError

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def kinds(root: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_domain_error_has_a_status(app) -> None:
    abstract = {"RetryLater"}
    for kind in kinds():
        if kind.__name__ not in abstract:
            assert 400 <= status_of(kind) < 600
    assert len(set(STATUSES)) >= 10


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/api/v1/teams/not-an-id", 404, "not_found"),
        ("GET", "/api/v1/../../etc/passwd", 404, "not_found"),
        ("PUT", "/api/v1/me", 405, "method_not_allowed"),
        ("BREW", "/api/v1/me", 405, "method_not_allowed"),
        ("GET", "/api/v1/me", 401, "unauthenticated"),
        ("POST", "/api/v1/auth/tokens", 422, "invalid"),
        ("GET", "/docs/../api/app.py", 404, "not_found"),
        ("GET", "/docs/VERSIONS", 404, "not_found"),
    ],
)
def test_problems_have_one_shape(anonymous, method: str, path: str, status: int, code: str) -> None:
    answer = anonymous.open(path, method=method)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert ProblemSchema().validate(answer.json) == {}
    assert (answer.json["status"], answer.json["code"]) == (status, code)
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_405_says_what_is_allowed(anonymous) -> None:
    assert "GET" in anonymous.put("/api/v1/me").headers["Allow"]


def test_the_unexpected_tells_nothing_and_logs_where_but_not_what(client_for) -> None:
    agent = client_for("agent")
    with capture_logs() as logs:
        answer = agent.post("/api/v1/mishap")
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "LookupError" not in answer.text
    assert "Traceback" not in answer.text
    error = next(entry for entry in logs if entry["event"] == "unexpected_error")
    assert error["exception"] == "LookupError"
    assert error["request_id"] == answer.json["request_id"]
    assert "teams_resource.py" in error["frames"][-1]
    assert "王伟" not in str(logs)
    assert "5551999990000" not in str(logs)
