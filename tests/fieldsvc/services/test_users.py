"""People who sign in are made whole or not at all."""

from typing import Any

import pytest

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.domain.errors import Conflict, Invalid, NotFound
from fieldsvc.domain.roles import Role
from fieldsvc.models import Event, User
from fieldsvc.services.users import create_user, find_user, set_password
from tests.fieldsvc.cast import build_cast

CHEAP = Passwords(memory_kib=8, rounds=1)
GOOD = {"login": "mei", "display_name": "梅", "password": "glacier-teapot-41", "role": Role.AGENT}


@pytest.fixture
def cast(database) -> Any:
    return build_cast(database)


def create(database, **described: Any) -> User:
    with database.unit_of_work() as uow:
        user = create_user(uow, CHEAP, **described)
        uow.commit()
    return user


def test_a_new_user_can_be_found_by_any_spelling_of_the_name(database, cast) -> None:
    user = create(database, **GOOD | {"login": " Mei "}, team_id=cast.team)
    with database.read_only() as session:
        assert find_user(session, "MEI").id == user.id
        assert session.query(Event).filter_by(entity_id=user.id).one().kind == "user_created"
    assert CHEAP.verify("glacier-teapot-41", user.password_hash)
    assert not CHEAP.verify("glacier-teapot-42", user.password_hash)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"login": ""}, "invalid_login"),
        ({"login": "a b"}, "invalid_login"),
        ({"login": "-a"}, "invalid_login"),
        ({"login": "梅"}, "invalid_login"),
        ({"login": "a" * 81}, "invalid_login"),
        ({"password": "too short"}, "invalid_password"),
        ({"password": "x" * 201}, "invalid_password"),
        ({"password": "password12"}, "weak_password"),
        ({"password": "meimeimei1"}, "weak_password"),
        ({"role": Role.CUSTOMER}, "invalid_role"),
        ({"role": Role.SYSTEM}, "invalid_role"),
        ({"role": Role.TECHNICIAN}, "technician_needed"),
    ],
)
def test_what_makes_no_user(database, cast, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(database, **GOOD | wrong, team_id=cast.team)
    assert [fault.code for fault in refused.value.faults] == [code]
    with database.read_only() as session:
        assert session.query(User).count() == len(cast.actors)


def test_all_faults_are_told_at_once(database, cast) -> None:
    with pytest.raises(Invalid) as refused:
        create(database, **GOOD | {"login": "", "password": "", "role": Role.SYSTEM}, team_id=cast.team)
    assert [fault.pointer for fault in refused.value.faults] == ["/login", "/password", "/role"]


def test_a_name_is_given_once(database, cast) -> None:
    with pytest.raises(Conflict) as refused:
        create(database, **GOOD | {"login": "AGENT"}, team_id=cast.team)
    assert refused.value.code == "login_taken"


def test_a_technician_signs_in_for_the_own_team(database, cast) -> None:
    with pytest.raises(Invalid) as refused:
        create(
            database,
            **GOOD | {"role": Role.TECHNICIAN},
            team_id=cast.foreign_team,
            technician_id=cast.technician1.technician_id,
        )
    assert [fault.code for fault in refused.value.faults] == ["unknown_technician", "other_team"]


def test_nobody_has_a_password_that_nobody_set(database, cast) -> None:
    with pytest.raises(NotFound), database.unit_of_work() as uow:
        set_password(uow, CHEAP, cast.team, "glacier-teapot-41")
    with database.read_only() as session, pytest.raises(NotFound):
        find_user(session, "nobody")
