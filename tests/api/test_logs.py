"""Logs hold what is needed to find a request again, and nothing about people."""

import json

import pytest
from structlog.testing import capture_logs

from tests.fieldsvc.cast import PASSWORD

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_request_id_goes_through_logs_and_answers(anonymous) -> None:
    with capture_logs() as logs:
        answer = anonymous.get("/livez", headers={"X-Request-Id": "from-the-proxy.7"})
    assert answer.headers["X-Request-Id"] == "from-the-proxy.7"
    (line,) = logs
    assert (line["request_id"], line["route"], line["status"]) == ("from-the-proxy.7", "/livez", 200)


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", 'a"b', "-a", "é", "a/b", "{}"])
def test_an_id_that_could_do_harm_is_replaced(anonymous, given: str) -> None:
    answer = anonymous.get("/livez", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] != given
    assert len(answer.headers["X-Request-Id"]) == 32


def test_each_request_without_an_id_gets_its_own(anonymous) -> None:
    assert len({anonymous.get("/livez").headers["X-Request-Id"] for _ in range(5)}) == 5


def test_logs_hold_no_secrets_no_names_and_no_addresses_with_ids(client_for, cast) -> None:
    with capture_logs() as logs:
        agent = client_for("agent")
        agent.get(f"/api/v1/teams/{cast.team}?token=secret-in-the-query")
        agent.post("/api/v1/auth/tokens/refresh", json={"refresh_token": agent.refresh_token})
        agent.post("/api/v1/auth/tokens", json={"login": "agent", "password": "a wrong one"})
        agent.get("/no/such/secret-place")
    text = json.dumps(logs)
    assert len(logs) == 5
    assert [line["role"] for line in logs] == [None, "agent", None, None, None]
    for secret in (
        PASSWORD,
        "a wrong one",
        agent.access_token,
        agent.refresh_token,
        str(cast.team),
        str(cast.agent.user_id),
        "secret-in-the-query",
        "secret-place",
        "127.0.0.1",
    ):
        assert secret not in text
