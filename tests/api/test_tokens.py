"""Only tokens we made, for this, now, for a session that is open, open anything."""

import base64
import hashlib
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from fieldsvc.adapters.tokens import AUDIENCE, ISSUER, KIND

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def claims(cast, client_for) -> dict[str, Any]:
    """Give the claims of a token that would be accepted."""
    agent = client_for("agent")
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(cast.agent.user_id),
        "sid": agent.session_id,
        "typ": KIND,
        "iat": now,
        "exp": now + 60,
    }


@pytest.fixture
def key(settings) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"fieldsvc access tokens\n" + settings.secret_key.encode()).digest())


def ask(client: Any, token: str) -> tuple[int, str | None]:
    answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json.get("code")


def sign(claims: dict[str, Any], key: OctKey, algorithm: str = "HS256") -> str:
    return jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_the_claims_of_these_tests_are_good(anonymous, claims, key) -> None:
    assert ask(anonymous, sign(claims, key))[0] == 200


NOBODY = "01a20745-d221-706e-930c-0389f187f317"


@pytest.mark.parametrize("name", ["exp", "aud", "iss", "sub", "sid", "typ"])
def test_no_claim_may_be_missing(anonymous, claims, key, name: str) -> None:
    del claims[name]
    assert ask(anonymous, sign(claims, key)) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "somebody-else"},
        {"iss": "somebody-else"},
        {"typ": "refresh"},
        {"exp": 1_000_000_000},
        {"exp": "never"},
        {"sub": "agent"},
        {"sub": 7},
        {"sid": NOBODY},
        {"sub": NOBODY},
    ],
    ids=str,
)
def test_no_claim_may_be_wrong(anonymous, claims, key, wrong: dict[str, Any]) -> None:
    assert ask(anonymous, sign(claims | wrong, key))[0] == 401


def test_a_token_without_signature_is_refused(anonymous, claims) -> None:
    assert ask(anonymous, unsigned(claims)) == (401, "unauthenticated")


def test_another_key_or_algorithm_is_refused(anonymous, claims, key, settings) -> None:
    longer = OctKey.import_key(key.raw_value * 2)
    for token in (
        sign(claims, OctKey.import_key(b"x" * 32)),
        sign(claims, OctKey.import_key(settings.secret_key.encode())),
        sign(claims, longer, "HS512"),
    ):
        assert ask(anonymous, token) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YWdlbnQ6eA==", "Bearer a.b.c", "Bearer " + "x" * 9000, "bearer \xff"]
)
def test_what_is_no_token_is_refused(anonymous, header: str) -> None:
    assert anonymous.get("/api/v1/me", headers={"Authorization": header}).status_code == 401


def test_a_refresh_token_is_no_access_token(client_for) -> None:
    agent = client_for("agent")
    assert ask(agent, agent.refresh_token) == (401, "unauthenticated")
