"""Every row of the tables of visit, sign-off and run: by whom, by whom not, twice, and by two at the same moment."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fieldsvc.domain.errors import DomainError, Forbidden, NotFound, TransitionRefused
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RUN
from fieldsvc.domain.sign_off_states import SIGN_OFF
from fieldsvc.domain.transitions import Transition
from fieldsvc.domain.visit_states import VISIT
from fieldsvc.persistence.database import Database
from fieldsvc.services.doctor import examine
from tests.conftest import OpenDatabase
from tests.fieldsvc.services.run_scenes import run_scene
from tests.fieldsvc.services.scenes import Scene
from tests.fieldsvc.services.sign_off_scenes import sign_off_scene
from tests.fieldsvc.services.visit_scenes import visit_scene

TABLES: dict[str, tuple[Any, Callable[[Database, str, Any], Scene]]] = {
    "visit": (VISIT, visit_scene),
    "sign-off": (SIGN_OFF, sign_off_scene),
    "run": (RUN, run_scene),
}
# A run moves visits as the system, whoever applies it.
APPLIERS = {Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN, Role.SYSTEM}
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def whoever(row: Transition[Any]) -> list[Role]:
    return [role for role in Role if row.permits(role) or (row.action == "unplan" and role in APPLIERS)]


ROWS = [
    pytest.param(table, row, start, id=f"{table}-{row.action}-{start}")
    for table, (cycle, _) in TABLES.items()
    for row in cycle.rows
    for start in (row.from_states or (None,))
]
every_row = pytest.mark.parametrize(("table", "row", "start"), ROWS)
everybody = pytest.mark.parametrize(
    ("table", "row", "start", "role"),
    [pytest.param(*one.values, role, id=f"{one.id}-{role}") for one in ROWS for role in whoever(one.values[1])],
)


def staged(database: Database, table: str, row: Transition[Any], start: Any) -> Scene:
    return TABLES[table][1](database, row.action, start)


def assert_sound(scene: Scene) -> None:
    with scene.database.read_only() as session:
        assert examine(session, scene.database.clock.now()) == []


@only_sqlite
@every_row
def test_by_whom_not(database: Database, table: str, row: Transition[Any], start: Any) -> None:
    scene = staged(database, table, row, start)
    before = scene.changes()
    allowed = whoever(row)
    for role in Role:
        if role in allowed:
            continue
        with pytest.raises((Forbidden, NotFound, TransitionRefused)):
            scene.act(role)
        assert scene.changes() == before, f"{role} has changed something"
    assert set(allowed) < set(Role)


@only_sqlite
@everybody
def test_by_whom_and_once(database: Database, table: str, row: Transition[Any], start: Any, role: Role) -> None:
    scene = staged(database, table, row, start)
    scene.act(role)
    assert scene.steps(start, row.to) == 1
    with contextlib.suppress(DomainError):  # a conflict is as good as no effect
        scene.act(role)
    assert scene.steps(start, row.to) == 1
    assert_sound(scene)


@every_row
def test_of_two_at_once_one_takes_it(open_database: OpenDatabase, table: str, row: Transition[Any], start: Any) -> None:
    scene = staged(open_database(lock_wait_s=30.0), table, row, start)
    role = whoever(row)[0]
    barrier = threading.Barrier(2)

    def take(_: int) -> DomainError | None:
        barrier.wait()
        try:
            scene.act(role)
        except DomainError as refused:
            return refused
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(take, range(2)))
    assert scene.steps(start, row.to) == 1
    assert None in outcomes
    assert_sound(scene)
