"""The cast over HTTP: an app on each of the two databases, and a client signed in as anybody of the cast."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.current import attach_application
from api.resources import BLUEPRINTS
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import Application, build
from fieldsvc.config import Settings, load_settings
from fieldsvc.persistence.database import Database
from tests.api import teams_resource
from tests.conftest import SECRET_KEY
from tests.fieldsvc.cast import PASSWORD, Cast, build_cast

CHEAP_PASSWORDS = Passwords(memory_kib=8, rounds=1)
PASSWORD_HASH = CHEAP_PASSWORDS.hash(PASSWORD)


class Client(FlaskClient):
    """A client that sends its access token with everything."""

    access_token: str | None = None
    refresh_token: str
    session_id: str

    def open(self, *args: Any, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", None) or {})
        if self.access_token is not None:
            headers.setdefault("Authorization", f"Bearer {self.access_token}")
        return super().open(*args, headers=headers, buffered=True, **options)


ClientFor = Callable[[str], Client]


@pytest.fixture
def settings(tmp_path: Path, database_url: str, encryption_key: str) -> Settings:
    environ = {
        "FIELDSVC_ENV": "production",
        "FIELDSVC_DATABASE_URL": database_url,
        "FIELDSVC_SECRET_KEY": SECRET_KEY,
        "FIELDSVC_ENCRYPTION_KEYS": encryption_key,
        "FIELDSVC_BLOB_DIRECTORY": str(tmp_path / "blobs"),
        "FIELDSVC_ANCHOR_FILE": str(tmp_path / "anchors" / "anchors.jsonl"),
    }
    return load_settings(environ, tmp_path)


@pytest.fixture
def application(settings: Settings, database: Database) -> Application:
    """Give an application on this test's database, with passwords that are cheap to check."""
    return build(settings, passwords=CHEAP_PASSWORDS, database=database)


_APPS: list[Flask] = []


@pytest.fixture
def app(application: Application) -> Flask:
    """Give an app that also serves the tests' own resource, whose clients send access tokens.

    One for all tests of a worker, as making its routes takes a good part of a short test. All else it has is the
    application's.
    """
    if not _APPS:
        _APPS.append(create_app(application, [*BLUEPRINTS, teams_resource.blueprint]))
        _APPS[0].test_client_class = Client
    attach_application(_APPS[0].extensions, application)
    return _APPS[0]


@pytest.fixture
def anonymous(app: Flask) -> Client:
    """Give a client that is not signed in."""
    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def cast(application: Application) -> Cast:
    """Store the cast; everybody has the same password."""
    return build_cast(application.database, password_hash=PASSWORD_HASH)


@pytest.fixture
def client_for(app: Flask, cast: Cast) -> ClientFor:
    """Give a function that returns a client signed in as one of the cast."""

    def sign_in(login: str) -> Client:
        client = app.test_client()
        assert isinstance(client, Client)
        answer = client.post("/api/v1/auth/tokens", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.json
        client.access_token = answer.json["access_token"]
        client.refresh_token = answer.json["refresh_token"]
        client.session_id = answer.json["session_id"]
        return client

    return sign_in
