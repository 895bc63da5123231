"""What every route has to have, whichever resource it belongs to."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule

from api.app import create_app
from api.auth import Public, Requires, declaration_of
from api.bodies import are_bytes_taken
from api.current import view_for
from api.openapi_document import document_of
from fieldsvc.bootstrap import Application

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def real_app(application: Application) -> Flask:
    """Give the app as it is served, without the tests' own resource."""
    return create_app(application)


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method


def address(rule: Rule) -> str:
    parts = [
        part if not part.startswith("<") else str(uuid4()) if part.startswith("<uuid") else "x"
        for part in rule.rule.split("/")
    ]
    return "/".join(parts)


def test_every_route_declares_a_permission_or_why_it_is_public(real_app: Flask) -> None:
    for rule, method in routes(real_app):
        declared = declaration_of(view_for(real_app.view_functions[rule.endpoint], method))
        assert isinstance(declared, Requires | Public), f"{method} {rule} declares no permission"
        assert not isinstance(declared, Public) or len(declared.reason) > 10, f"{method} {rule} gives no reason"


def test_what_is_not_declared_is_not_served(real_app: Flask) -> None:
    real_app.add_url_rule("/forgotten", view_func=lambda: "a secret", endpoint="forgotten")
    answer = real_app.test_client().get("/forgotten")
    assert answer.status_code == 500
    assert b"a secret" not in answer.data


def test_without_a_token_only_public_routes_answer(real_app: Flask) -> None:
    client = real_app.test_client()
    for rule, method in routes(real_app):
        declared = declaration_of(view_for(real_app.view_functions[rule.endpoint], method))
        if isinstance(declared, Requires):
            answer = client.open(address(rule), method=method)
            assert (answer.status_code, answer.json["code"]) == (401, "unauthenticated"), f"{method} {rule}"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_every_writing_route_checks_its_body(real_app: Flask) -> None:
    operations = document_of(real_app)["paths"]
    for path, methods in operations.items():
        for method, operation in methods.items():
            if method in ("post", "put", "patch"):
                assert "requestBody" in operation, f"{method} {path} takes any body; use NoFields"


def test_no_view_answers_options_itself(real_app: Flask) -> None:
    for rule in real_app.url_map.iter_rules():
        assert rule.provide_automatic_options, f"{rule} would answer OPTIONS without a permission"


def test_options_and_head_follow_the_route(real_app: Flask, anonymous) -> None:
    assert set(anonymous.options("/api/v1/me").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert anonymous.head("/api/v1/me").status_code == 401
    assert anonymous.head("/livez").status_code == 200


def test_head_of_a_signed_in_caller_has_the_headers_of_get(client_for) -> None:
    client = client_for("agent")
    got, head = client.get("/api/v1/me"), client.head("/api/v1/me")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", got.headers["ETag"])


def test_a_role_without_the_permission_is_refused_before_its_body_is_looked_at(client_for) -> None:
    answer = client_for("agent").post("/api/v1/teams", data=b"{", content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_a_method_can_not_be_overridden(client_for) -> None:
    answer = client_for("agent").get("/api/v1/me", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_changes_name_the_version_they_mean(app: Flask, client_for, method: str) -> None:
    admin = client_for("admin")
    seen = 0
    for rule, verb in routes(app):
        if verb == method and not are_bytes_taken(view_for(app.view_functions[rule.endpoint], method)):
            body = {"name": "x"} if rule.rule.endswith("/teams/<uuid:team_id>") else None
            answer = admin.open(address(rule), method=method, json=body)
            if answer.status_code != 422:  # a body that is not right for the route is told first
                assert (answer.status_code, answer.json["code"]) == (428, "version_required"), f"{method} {rule}"
                seen += 1
    assert seen or method == "PUT"
