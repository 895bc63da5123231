"""People who stay signed in for as long as a bench lasts: a token lives for minutes."""

import time
from collections.abc import Iterator, Mapping, Sequence

from flask import Flask

_ANEW_AFTER_S = 240.0


class SignedIn(Mapping[str, str]):
    """By login, an access token that is good now; whoever has one for a while signs in again."""

    def __init__(self, app: Flask, logins: Sequence[str], password: str) -> None:
        self._app, self._password = app, password
        self._tokens: dict[str, tuple[float, str]] = {}
        self._logins = tuple(logins)
        for login in logins:
            self.sign_in(login)

    def __getitem__(self, login: str) -> str:
        signed_in_at, token = self._tokens[login]
        return token if time.monotonic() - signed_in_at < _ANEW_AFTER_S else self.sign_in(login)

    def __iter__(self) -> Iterator[str]:
        return iter(self._logins)

    def __len__(self) -> int:
        return len(self._logins)

    def sign_in(self, login: str) -> str:
        """Sign somebody in, also who was signed out."""
        answer = self._app.test_client().post("/api/v1/auth/tokens", json={"login": login, "password": self._password})
        if answer.json is None or "access_token" not in answer.json:
            raise RuntimeError(f"{login} can't sign in: {answer.status_code} {answer.text[:200]}")
        token: str = answer.json["access_token"]
        self._tokens[login] = (time.monotonic(), token)
        return token
