"""Signing in with an identity provider's word: a real one on the loopback, whose keys are fetched and change."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from api.current import attach_application
from fieldsvc.adapters.identity import IdentityProvider
from fieldsvc.bootstrap import Application, build
from fieldsvc.config import Settings, SettingsError, load_settings
from fieldsvc.domain.clock import SystemClock
from fieldsvc.domain.errors import Busy, Unauthenticated
from fieldsvc.persistence.database import Database
from tests.api.conftest import CHEAP_PASSWORDS

AUDIENCE = "fieldsvc-client"
pytestmark = pytest.mark.usefixtures("cast")


@cache
def made_key(name: str) -> RSAKey:
    """A key by its name: making one takes longer than all that is done with it."""
    return RSAKey.generate_key(2048, {"kid": name})


class Provider:
    """An OpenID Connect provider: says where its keys are, and signs what it is asked to."""

    def __init__(self) -> None:
        self.keys = [made_key("first")]
        self.asked: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                body = json.dumps(provider.answer(self.path)).encode()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path: str) -> dict[str, Any]:
        if path.endswith("/.well-known/openid-configuration"):
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        return KeySet(self.keys).as_dict(private=False)

    def token(self, *, key: RSAKey | OctKey | None = None, algorithm: str = "RS256", **claims: object) -> str:
        now = int(datetime.now(UTC).timestamp())
        said = {"iss": self.issuer, "aud": AUDIENCE, "sub": "1", "iat": now, "exp": now + 300}
        said |= {"preferred_username": "agent", **claims}
        used = key or self.keys[-1]
        header = {"alg": algorithm, "kid": used.kid or "first"}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(header, said, used, algorithms=[algorithm])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def application(settings: Settings, provider: Provider, database: Database) -> Application:
    trusting = replace(settings, oidc_issuer=provider.issuer, oidc_audience=AUDIENCE)
    return build(trusting, passwords=CHEAP_PASSWORDS, database=database)


def sign_in(app: Flask, id_token: str, **said: object) -> Any:
    return app.test_client().post("/api/v1/auth/tokens/identity", json={"id_token": id_token, **said})


def test_whom_the_provider_names_is_signed_in_once_for_each_token(app: Flask, provider: Provider) -> None:
    token = provider.token(nonce="n-1")
    answer = sign_in(app, token, nonce="n-1", device_name="desk")
    assert answer.status_code == 201, answer.json
    client = app.test_client()
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert client.get("/api/v1/me", headers=headers).json["login"] == "agent"
    (session,) = client.get("/api/v1/auth/sessions", headers=headers).json["items"]
    assert session["device_name"] == "desk"
    again = sign_in(app, token, nonce="n-1")
    assert (again.status_code, again.json["code"]) == (401, "id_token_used")
    assert sign_in(app, provider.token()).status_code == 201
    assert provider.asked == ["/realm/.well-known/openid-configuration", "/realm/keys"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "somebody else"},
        {"aud": [AUDIENCE, "another"]},
        {"azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"iat": 1},
        {"iat": 4_000_000_000, "exp": 4_000_000_300},
        {"iat": "now"},
        {"preferred_username": None},
        {"preferred_username": 7},
        {"nonce": "another"},
        {"nonce": ["another", "n-1"]},
        {"azp": ["another", AUDIENCE]},
        {"aud": [AUDIENCE, "another"], "azp": ["another", AUDIENCE]},
        {"exp": 10**17},
    ],
)
def test_a_token_that_is_not_meant_for_us_is_refused(app: Flask, provider: Provider, wrong: dict[str, object]) -> None:
    answer = sign_in(app, provider.token(**{"nonce": "n-1", **wrong}), nonce="n-1")
    assert (answer.status_code, answer.json["code"]) == (401, "id_token_refused")


def test_a_token_that_anybody_could_have_made_is_refused(app: Flask, provider: Provider) -> None:
    stranger = RSAKey.import_key(made_key("stranger").as_dict(private=True) | {"kid": "first"})
    shared = OctKey.generate_key(256, {"kid": "first"})
    right = provider.token()
    header, body, _ = right.split(".")
    for token in (
        provider.token(key=stranger),
        provider.token(key=shared, algorithm="HS256"),
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{header}.{body}.",
        f"{header}.e30.{right.split('.')[2]}",
    ):
        answer = sign_in(app, token)
        assert (answer.status_code, answer.json["code"]) == (401, "id_token_refused")


@pytest.mark.parametrize("name", ["nobody", "agent\0", "", "agent ", "\uff41gent", "Agent"])
def test_who_is_not_known_here_stays_outside(app: Flask, provider: Provider, name: str) -> None:
    answer = sign_in(app, provider.token(preferred_username=name))
    assert answer.status_code == (201 if name == "Agent" else 401)


def test_a_new_key_is_fetched_when_it_is_used(app: Flask, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sign_in(app, provider.token()).status_code == 201
    provider.keys.append(made_key("second"))
    asked = len(provider.asked)
    assert sign_in(app, provider.token()).status_code == 401  # not again so soon: anybody could make us ask
    assert len(provider.asked) == asked
    monkeypatch.setattr("fieldsvc.adapters.identity._ASKED_AGAIN_S", -1)
    assert sign_in(app, provider.token()).status_code == 201


def test_an_address_counts_only_where_it_was_verified(settings: Settings, provider: Provider) -> None:
    by_address = IdentityProvider(provider.issuer, AUDIENCE, "email", SystemClock())
    assert by_address.read(provider.token(email="a@example.org", email_verified=True), None).name == "a@example.org"
    for said in ({}, {"email_verified": False}, {"email_verified": "true"}):
        with pytest.raises(Unauthenticated):
            by_address.read(provider.token(email="a@example.org", **said), None)


def test_a_provider_that_hangs_is_asked_by_one_and_keeps_nobody_waiting(provider: Provider) -> None:
    hanging, released = threading.Event(), threading.Event()
    answer = provider.answer

    def slow(path: str) -> dict[str, Any]:
        hanging.set()
        released.wait(4)
        return answer(path)

    provider.answer = slow  # type: ignore[method-assign]  # a provider in trouble
    trusted = IdentityProvider(provider.issuer, AUDIENCE, "preferred_username", SystemClock())
    token = provider.token()
    with ThreadPoolExecutor(4) as others:
        first = others.submit(trusted.read, token, None)
        assert hanging.wait(4)
        for waiting in [others.submit(trusted.read, token, None) for _ in range(3)]:
            assert isinstance(waiting.exception(timeout=2), Busy)
        released.set()
        assert first.result(timeout=6).name == "agent"
    assert len(provider.asked) == 2


def test_a_token_with_another_signature_that_is_right_is_the_same_token(app: Flask, provider: Provider) -> None:
    key = ECKey.generate_key("P-256", {"kid": "curve"})
    provider.keys.append(key)  # type: ignore[arg-type]  # any key with a kid
    token = provider.token(key=key, algorithm="ES256")  # type: ignore[arg-type]  # as above
    signed, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = raw[:32] + (order - int.from_bytes(raw[32:])).to_bytes(32)
    twin = f"{signed}.{base64.urlsafe_b64encode(other).decode().rstrip('=')}"
    assert sign_in(app, token).status_code == 201
    assert sign_in(app, twin).json["code"] == "id_token_used"


def test_a_provider_that_does_not_answer_is_no_fault_of_the_token(app: Flask, provider: Provider) -> None:
    token = provider.token()
    provider.close()
    answer = sign_in(app, token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    ("issuer", "keys"),
    [("https://elsewhere.example", None), (None, "http://keys.example/jwks"), (None, "file:///etc/passwd")],
)
def test_keys_come_from_where_the_provider_is(
    app: Flask, provider: Provider, issuer: str | None, keys: str | None
) -> None:
    described = {"issuer": issuer or provider.issuer, "jwks_uri": keys or f"{provider.issuer}/keys"}
    provider.answer = lambda _: described  # type: ignore[method-assign]  # a provider that lies
    assert sign_in(app, provider.token()).status_code == 503


def test_without_a_provider_there_is_nothing_to_sign_in_with(app: Flask, application: Application) -> None:
    attach_application(app.extensions, replace(application, identities=None))
    answer = app.test_client().post("/api/v1/auth/tokens/identity", json={"id_token": "a.b.c"})
    assert (answer.status_code, answer.json["code"]) == (404, "no_identity_provider")


@pytest.mark.parametrize(
    "environ",
    [
        {"FIELDSVC_OIDC_ISSUER": "http://idp.example", "FIELDSVC_OIDC_AUDIENCE": "x"},
        {"FIELDSVC_OIDC_ISSUER": "https://idp.example"},
    ],
)
def test_settings_that_trust_too_much_or_say_too_little_are_refused(tmp_path, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="OIDC"):
        load_settings({"FIELDSVC_ENV": "demo", **environ}, tmp_path)
