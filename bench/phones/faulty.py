"""A network that loses, repeats and delays, to a server that dies; all of it as one seed says."""

import json
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from bench.phones.client import NoNetwork, Reply
from bench.phones.store import JSON

LOST, REPEATED, DELAYED, KILLED = 0.30, 0.20, 0.20, 0.02
# A killed request dies before one of its first statements, or after all of them and before its answer.
_STATEMENTS = 40
_BUSY = 503


@dataclass
class Weather:
    """What goes wrong. is_calm: nothing does. counts: how often what happened; failures: answers that should not be."""

    random: random.Random
    is_calm: bool = False
    delayed: list[Callable[[], Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def happens(self, what: str, likelihood: float) -> bool:
        """Draw whether something happens now."""
        does = not self.is_calm and self.random.random() < likelihood
        if does:
            self.counts[what] = self.counts.get(what, 0) + 1
        return does

    def let_through(self) -> None:
        """Let something that was on its way for long arrive."""
        if self.delayed and self.random.random() < 0.5:
            self.delayed.pop(self.random.randrange(len(self.delayed)))()


class Server:
    """The application, asked without a socket; a request that is killed runs in a process of its own and dies in it."""

    def __init__(self, app: Flask, dispose: Callable[[], None]) -> None:
        self.app, self._dispose = app, dispose

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: Any = None,
        query: Any = None,
        content: bytes | None = None,
    ) -> Reply:
        """Answer one request."""
        what: dict[str, Any] = {"json": body} if content is None else {"data": content, "content_type": "image/png"}
        answer = self.app.test_client().open(
            f"/api/v1{path}", method=method, query_string=query, headers=dict(headers), **what
        )
        return Reply(answer.status_code, json.loads(answer.text))

    def ask_and_die(self, statement: int, method: str, path: str, **request: Any) -> None:
        """Let the server be killed (SIGKILL) before its n-th statement, or when the answer is ready."""
        self._dispose()  # a connection must not be in two processes
        child = os.fork()
        if child == 0:
            try:
                self._die_at(statement)
                self.ask(method, path, **request)
            finally:
                os.kill(os.getpid(), 9)
        os.waitpid(child, 0)

    def ask_then_die(self, method: str, path: str, **request: Any) -> Reply | None:
        """Let a process answer and be killed (SIGKILL) as soon as it has; None where no answer came."""
        self._dispose()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                reply = self.ask(method, path, **request)
                os.write(writing, json.dumps([reply.status, reply.body]).encode())
            finally:
                os.kill(os.getpid(), 9)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        os.waitpid(child, 0)
        return Reply(*json.loads(told)) if told else None

    def _die_at(self, statement: int) -> None:
        seen = 0

        def count(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), 9)

        event.listen(Engine, "before_cursor_execute", count)


class FaultyNetwork:
    """One phone's way to the server. sign_in: gives headers with a new token, whatever the weather."""

    def __init__(self, server: Server, weather: Weather, sign_in: Callable[[], Mapping[str, str]]) -> None:
        self._server, self._weather, self._sign_in = server, weather, sign_in
        self._headers = sign_in()

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: JSON | None = None,
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Send one request, as far as the weather lets it."""
        weather = self._weather
        request: dict[str, Any] = {"body": body, "query": query, "content": content}
        weather.let_through()
        is_answer_lost = weather.random.random() < 0.5
        is_lost = weather.happens("lost", LOST)
        if is_lost and not is_answer_lost:
            raise NoNetwork("the request was lost")
        if weather.happens("killed", KILLED):
            statement = weather.random.randint(1, _STATEMENTS)
            self._server.ask_and_die(statement, method, path, headers=self._headers, **request)
            raise NoNetwork("the server was killed")
        if weather.happens("delayed", DELAYED):  # it arrives after what is sent later, and nobody waits for the answer
            weather.delayed.append(lambda: self._asked(method, path, request))
            raise NoNetwork("the request is still on its way")
        reply = self._asked(method, path, request)
        if weather.happens("repeated", REPEATED):
            reply = self._asked(method, path, request)
        if is_lost or reply.status == _BUSY:
            raise NoNetwork("the answer was lost")
        return reply

    def _asked(self, method: str, path: str, request: dict[str, Any]) -> Reply:
        reply = self._server.ask(method, path, headers=self._headers, **request)
        if reply.status == 401 and reply.code != "wipe_ordered":  # a day that is held up outlives its token
            self._headers = self._sign_in()
            reply = self._server.ask(method, path, headers=self._headers, **request)
        if reply.status >= 500 and reply.status != _BUSY:
            self._weather.failures.append(f"{method} {path}: {reply.status} {reply.body}")
        return reply
