"""Requests made up from the OpenAPI file never end in a 5xx, and answers look as the file says."""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from api.app import create_app

CASES_PER_OPERATION = 10

# A value can be of its type and still be refused (a cursor of another list); and the token is always right here.
NOT_ASKED = [positive_data_acceptance, ignored_auth]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def real_app(application) -> Flask:
    """Give the app as it is served, without the tests' own resource."""
    return create_app(application)


@pytest.mark.parametrize("login", ["technician1", "supervisor"])
def test_no_request_breaks_the_server(real_app: Flask, client_for, login: str) -> None:
    headers = {"Authorization": f"Bearer {client_for(login).access_token}"}
    asked = set()
    for found in schemathesis.openapi.from_wsgi("/openapi.json", real_app).get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=CASES_PER_OPERATION,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers)
            assert answer.status_code < 500, answer.text
            case.validate_response(answer, excluded_checks=NOT_ASKED)

        ask()
        asked.add((operation.method, operation.path))
    assert ("get", "/api/v1/me") in asked
