"""Every route × everybody who may ask: what comes back follows from the permissions table, without an exception."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.auth import Requires
from fieldsvc.domain.permissions import Scope, scope_for
from fieldsvc.domain.roles import STAFF, Role
from tests.api.kept import KeptFile
from tests.api.matrix import REVOKED, Matrix, matrix_in
from tests.api.matrix_world import LOGINS, OUTSIDERS, Route

ROLES = [role for role in Role if role in STAFF]
# Whoever may asks for a thing of one's own here, and for nothing that anybody has.
OF_ONES_OWN = {
    "/api/v1/devices",
    "/api/v1/me/password",
    "/api/v1/my/calendar",
    "/api/v1/my/calendar/withdrawal",
}


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Matrix]:
    """Give an app whose world is as new for every route."""
    directory = tmp_path_factory.mktemp("matrix")
    with matrix_in(directory, KeptFile(directory, sqlite_template)) as made:
        yield made


def scope_of(route: Route, role: Role) -> Scope | None:
    assert isinstance(route.declared, Requires)
    return scope_for(route.declared.action, role)


def code_of(answer: TestResponse) -> str:
    return str(answer.json["code"]) if answer.mimetype == "application/problem+json" else ""


def shown(answer: TestResponse) -> str:
    return f"{answer.status_code} {answer.data.decode('latin-1')[:300]}"


def is_let_in(answer: TestResponse) -> bool:
    """Tell whether the request got as far as the thing itself; the rules there may still refuse it."""
    return (
        answer.status_code < 500 and answer.status_code not in (401, 403, 405, 415) and code_of(answer) != "not_found"
    )


def is_well_formed(answer: TestResponse) -> bool:
    """Tell whether the matrix knew what to ask, as a refusal of the body would say nothing about permissions."""
    if answer.mimetype == "text/html":
        return answer.status_code != 422
    faults = answer.json["errors"] if answer.status_code == 422 else []
    return not {"missing_field", "unknown_field", "wrong_format", "wrong_type"} & {fault["code"] for fault in faults}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_in_exactly_where_it_has_a_row(matrix: Matrix, role: Role) -> None:
    found, login = [], LOGINS[role]
    for route in matrix.protected:
        before = matrix.changes()
        answer = matrix.ask_as(login, route)
        scope = scope_of(route, role)
        if scope is None:
            is_right = (answer.status_code, code_of(answer), matrix.changes()) == (403, "forbidden", before)
        else:
            others = () if scope is Scope.ALL else matrix.world.teams["foreign"]
            is_right = is_let_in(answer) and not any(one in answer.data.decode("latin-1") for one in others)
            assert is_well_formed(answer), f"the matrix asks {route} wrongly: {shown(answer)}"
        if not is_right:
            found.append(f"{role} {route} ({scope}): {shown(answer)}")
    assert found == []


@pytest.mark.parametrize("role", ROLES)
def test_the_same_role_of_another_team_finds_nothing(matrix: Matrix, role: Role) -> None:
    found, login = [], OUTSIDERS[role]
    for route in matrix.protected:
        scope = scope_of(route, role)
        if scope is None:
            continue
        before = matrix.changes()
        answer = matrix.ask_as(login, route, owner=LOGINS[role])
        if scope is Scope.ALL:
            is_right = is_let_in(answer)
        elif route.names_a_thing:
            is_right = (answer.status_code, code_of(answer), matrix.changes()) == (404, "not_found", before)
        elif route.method == "POST" and route.rule.rule in OF_ONES_OWN:
            is_right = answer.status_code in (201, 204)
        elif route.method == "GET":
            is_right = answer.status_code == 200 and not any(
                one in answer.data.decode("latin-1") for one in matrix.world.teams["own"]
            )
        else:
            is_right = answer.status_code in (404, 422) and matrix.changes() == before
        if not is_right:
            found.append(f"{login} {route} ({scope}): {shown(answer)}")
    assert found == []


def test_a_colleague_has_no_part_in_what_is_ones_own(matrix: Matrix) -> None:
    found = []
    for route in matrix.protected:
        if route.names_a_thing and scope_of(route, Role.TECHNICIAN) is Scope.OWN:
            before = matrix.changes()
            answer = matrix.ask_as("technician2", route, owner=LOGINS[Role.TECHNICIAN])
            if (answer.status_code, code_of(answer), matrix.changes()) != (404, "not_found", before):
                found.append(f"technician2 {route}: {shown(answer)}")
    assert found == []


@pytest.mark.parametrize(
    ("who", "code"),
    [("nobody", "unauthenticated"), ("a revoked session", "session_ended"), ("a customer's link", "unauthenticated")],
)
def test_without_a_session_there_is_nothing(matrix: Matrix, who: str, code: str) -> None:
    world = matrix.world
    token = {"nobody": None, "a revoked session": world.tokens[REVOKED], "a customer's link": world.link}[who]
    found = []
    for route in matrix.protected:
        before = matrix.changes()
        answer = matrix.ask(route, token=token, owner=LOGINS[Role.SUPERVISOR])
        if (answer.status_code, code_of(answer), matrix.changes()) != (401, code, before):
            found.append(f"{who} {route}: {shown(answer)}")
    assert found == []


def test_what_is_public_asks_for_no_session(matrix: Matrix) -> None:
    for route in matrix.public:
        answer = matrix.ask(route, token=None, owner=LOGINS[Role.AGENT])
        if route.rule.rule.endswith("/identity"):
            assert (answer.status_code, code_of(answer)) == (404, "no_identity_provider")
            continue
        signs_in = route.rule.rule.startswith("/api/v1/auth/")  # a wrong password is a 401 of another kind
        assert answer.status_code == 401 if signs_in else is_let_in(answer), f"{route}: {shown(answer)}"
        assert is_well_formed(answer), f"the matrix asks {route} wrongly: {shown(answer)}"


def test_a_made_up_link_opens_nothing(matrix: Matrix) -> None:
    for route in matrix.public:
        if "token" in route.rule.arguments:
            answer = matrix.ask(route, token=None, owner=LOGINS[Role.AGENT], link="made-up")
            assert answer.status_code == 404, f"{route}: {shown(answer)}"
            assert answer.mimetype == "text/html" or code_of(answer) == "not_found", f"{route}: {shown(answer)}"


def test_the_matrix_is_about_every_route(matrix: Matrix) -> None:
    served = sum(len((rule.methods or set()) - {"HEAD", "OPTIONS"}) for rule in matrix.app.url_map.iter_rules())
    assert len(list(matrix.protected)) + len(list(matrix.public)) == served
