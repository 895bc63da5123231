"""An app whose world is as new for every route that is asked, with everybody signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from api.app import create_app
from api.auth import Requires
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import build
from fieldsvc.config import load_settings
from fieldsvc.domain.roles import Role
from fieldsvc.models.evidence import ChangeCounter
from fieldsvc.persistence.database import Database
from tests.api.kept import Kept
from tests.api.matrix_world import LOGINS, OUTSIDERS, Route, World, build_world, routes_of
from tests.fieldsvc.cast import PASSWORD

REVOKED = "revoked"


class Matrix:
    """An app whose world is as new for every route."""

    def __init__(self, app: Flask, world: World, database: Database, kept: Kept) -> None:
        self.app, self.world = app, world
        self.routes = tuple(routes_of(app))
        self._database, self._kept = database, kept

    @property
    def protected(self) -> Iterator[Route]:
        """Routes that need a permission, each asked in a world that is as it was at first."""
        for route in self.routes:
            if isinstance(route.declared, Requires):
                self.begin_anew()
                yield route

    @property
    def public(self) -> Iterator[Route]:
        return (route for route in self.routes if not isinstance(route.declared, Requires))

    def begin_anew(self) -> None:
        """Put everything back to how it was at first."""
        self._database.dispose()
        self._kept.put_back()

    def ask(
        self, route: Route, *, token: str | None, owner: str, link: str | None = None, key: str | None = None
    ) -> TestResponse:
        """Ask with a session's token for the things of an owner; without a key, under a new one."""
        values = self.world.values(owner)
        asked = route.request(values if link is None else {**values, "token": link})
        asked["headers"] |= {"Idempotency-Key": key or uuid4().hex}
        if token is not None:
            asked["headers"] |= {"Authorization": f"Bearer {token}"}
        return self.app.test_client().open(asked.pop("path"), buffered=True, **asked)

    def ask_as(self, login: str, route: Route, *, owner: str | None = None) -> TestResponse:
        return self.ask(route, token=self.world.tokens[login], owner=owner or login)

    def repeat(self, route: Route, login: str | None, key: str) -> TestResponse:
        """Ask under a key; without a login, as whoever holds the link."""
        token = None if login is None else self.world.tokens[login]
        return self.ask(route, token=token, owner=login or LOGINS[Role.AGENT], key=key)

    def alone(self, route: Route, login: str | None) -> int:
        """Return how many changes a route makes when it is asked once, in a world as new."""
        self.begin_anew()
        before = self.changes()
        self.repeat(route, login, "alone")
        return self.changes() - before

    def changes(self) -> int:
        with self._database.read_only() as session:
            return session.scalars(select(ChangeCounter.last_change_no)).one()


@contextmanager
def matrix_in(directory: Path, kept: Kept) -> Iterator[Matrix]:
    """Build the world once and let everybody sign in; each route then begins with a copy of it."""
    environ = {
        "FIELDSVC_DATABASE_URL": kept.url,
        "FIELDSVC_SECRET_KEY": "a secret key for tests, long enough",
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "FIELDSVC_BLOB_DIRECTORY": str(directory / "blobs"),
    }
    passwords = Passwords(memory_kib=8, rounds=1)
    application = build(load_settings(environ, directory), passwords=passwords)
    world = build_world(application, passwords.hash(PASSWORD))
    app = create_app(application)
    for login in (*LOGINS.values(), *OUTSIDERS.values(), "technician2"):
        answer = app.test_client().post("/api/v1/auth/tokens", json={"login": login, "password": PASSWORD})
        world.tokens[login], world.sessions[login] = answer.json["access_token"], answer.json["session_id"]
    for login in (LOGINS[Role.TECHNICIAN], OUTSIDERS[Role.TECHNICIAN], "technician2"):
        headers, phone = (
            {"Authorization": f"Bearer {world.tokens[login]}"},
            {"name": login, "platform": "x", "app_version": "1"},
        )
        world.phones[login] = app.test_client().post("/api/v1/devices", json=phone, headers=headers).json["id"]
    world.tokens[REVOKED] = _revoked_token(app)
    application.database.dispose()
    kept.keep()
    yield Matrix(app, world, application.database, kept)
    application.database.dispose()
    application.database.dispose()


def _revoked_token(app: Flask) -> str:
    """Sign a supervisor in on another device, and out again."""
    client, credentials = app.test_client(), {"login": LOGINS[Role.SUPERVISOR], "password": PASSWORD}
    pair = client.post("/api/v1/auth/tokens", json=credentials).json
    headers = {"Authorization": f"Bearer {pair['access_token']}", "If-Match": '"1"'}
    assert client.delete(f"/api/v1/auth/sessions/{pair['session_id']}", headers=headers).status_code == 204
    return str(pair["access_token"])
