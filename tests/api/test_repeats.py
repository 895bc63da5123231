"""Whatever is asked again under one key has one effect and one answer: in turn, and all at once."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from api.auth import Requires
from api.current import view_for
from api.idempotency import is_key_ignored
from fieldsvc.domain.permissions import scope_for
from fieldsvc.domain.roles import Role
from tests.api.kept import Kept, KeptCopy, KeptFile
from tests.api.matrix import Matrix, matrix_in
from tests.api.matrix_world import LOGINS, Route

IN_TURN, AT_ONCE = 10, 32
# Whose request is most likely to be granted in the world of the matrix.
_ORDER = (Role.SUPERVISOR, Role.DISPATCHER, Role.TECHNICIAN, Role.AGENT, Role.ADMIN, Role.WAREHOUSE)
# An answer that a key holds is given again; so is a refusal, evaluated anew. Who comes too early is told so.
_TOO_EARLY = "still_running"
# Who has signed this very device out is nobody afterwards.
_SIGNS_OUT = ("DELETE /api/v1/auth/sessions/<uuid:session_id>", (401, "session_ended"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def matrix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """Give the matrix on each of the two systems."""
    directory = tmp_path_factory.mktemp("repeats")
    with contextlib.ExitStack() as opened:
        if request.param == "sqlite":
            kept: Kept = KeptFile(directory, request.getfixturevalue("sqlite_template"))
        else:
            kept = opened.enter_context(contextlib.closing(KeptCopy(request.getfixturevalue("postgres_workspace"))))
        yield opened.enter_context(matrix_in(directory, kept))


def changing(matrix: Matrix) -> Iterator[tuple[Route, str | None]]:
    """Every route that changes something and honours a key, with who asks; nobody where a link says who."""
    for route in matrix.routes:
        view = view_for(matrix.app.view_functions[route.rule.endpoint], route.method)
        if route.method == "GET" or is_key_ignored(view):
            continue
        matrix.begin_anew()
        if not isinstance(route.declared, Requires):
            yield route, None
            continue
        action = route.declared.action
        yield route, next(LOGINS[role] for role in _ORDER if scope_for(action, role) is not None)


def told(answer: TestResponse) -> tuple[int, str]:
    """What an answer says, without the id of its request."""
    if answer.mimetype == "application/problem+json":
        return answer.status_code, str(answer.json["code"])
    return answer.status_code, answer.text


def expected_of(route: Route) -> set[tuple[int, str]]:
    return {_SIGNS_OUT[1]} if str(route) == _SIGNS_OUT[0] else set()


def test_in_turn(matrix: Matrix) -> None:
    found, granted = [], 0
    for route, login in changing(matrix):
        before = matrix.changes()
        first = matrix.repeat(route, login, "once")
        after = matrix.changes()
        granted += first.status_code < 300
        again = [matrix.repeat(route, login, "once") for _ in range(IN_TURN - 1)]
        others = {told(one) for one in again} - {told(first)} - expected_of(route)
        if others and first.status_code < 300:
            found.append(f"{route}: {told(first)} first, then {sorted(others)}")
        if matrix.changes() != after or (first.status_code >= 300 and after != before):
            found.append(f"{route}: changed something again")
    assert found == []
    assert granted > 15


def test_all_at_once(matrix: Matrix) -> None:
    found, granted = [], 0
    for route, login in changing(matrix):
        before, start = matrix.changes(), threading.Barrier(AT_ONCE)

        def ask(_: int, route: Route = route, login: str | None = login) -> tuple[int, str]:
            start.wait()  # noqa: B023 -- of this round; all of its threads end within it
            return told(matrix.repeat(route, login, "once"))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = set(pool.map(ask, range(AT_ONCE))) - expected_of(route)
        effects = matrix.changes() - before
        good = {answer for answer in answers if answer[0] < 300}
        granted += bool(good)
        if len(good) > 1 or (good and {code for status, code in answers if status >= 300} - {_TOO_EARLY, "busy"}):
            found.append(f"{route}: {sorted(answers)}")
        once = matrix.alone(route, login)
        if effects != once:
            found.append(f"{route}: {effects} changes, {once} when asked once")
    assert found == []
    assert granted > 15
