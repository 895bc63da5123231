"""The network of a phone: HTTP, with the technician's token renewed when it has run out."""

import json
from collections.abc import Mapping
from typing import Any

import requests

from bench.phones.client import NoNetwork, Reply
from bench.phones.store import JSON

_TIMEOUT_S = 30
_JSON = "application/json"


class HttpNetwork:
    """A connection to one server as one user."""

    def __init__(self, address: str, login: str, password: str) -> None:
        self._base, self._login, self._password = f"{address}/api/v1", login, password
        self._session = requests.Session()

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: JSON | None = None,
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Send one request; sign in first, and again when the token has run out."""
        if "Authorization" not in self._session.headers:
            self._sign_in()
        sent, content_type = (_sent(body), _JSON) if content is None else (content, "image/png")
        reply = self._send(method, path, sent, query, content_type)
        if reply.status == 401 and reply.code != "wipe_ordered":
            self._sign_in()
            reply = self._send(method, path, sent, query, content_type)
        return reply

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _sign_in(self) -> None:
        self._session.headers.pop("Authorization", None)
        credentials = {"login": self._login, "password": self._password}
        reply = self._send("POST", "/auth/tokens", _sent(credentials), None)
        if reply.status != 201:
            raise NoNetwork(f"{self._login} can't sign in: {reply.status} {reply.code}")
        self._session.headers["Authorization"] = f"Bearer {reply.body['access_token']}"

    def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        query: Mapping[str, Any] | None,
        content_type: str = _JSON,
    ) -> Reply:
        headers = {"Content-Type": content_type}
        try:
            answer = self._session.request(
                method, self._base + path, data=content, params=query, headers=headers, timeout=_TIMEOUT_S
            )
            return Reply(answer.status_code, answer.json())
        except requests.RequestException as error:
            raise NoNetwork(str(error)) from error


def _sent(body: JSON | None) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode()
