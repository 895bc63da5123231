"""Signing in, staying signed in, and being signed out; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, text, update

from fieldsvc.domain.errors import TooManyRequests, Unauthenticated
from fieldsvc.models import Event, Loan, Session, SignInAttempt, User
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.services.sessions import SignIn, authenticate, sign_in
from fieldsvc.services.sign_in_attempts import ADDRESS_FACTOR
from fieldsvc.services.users import set_password
from tests.api.conftest import CHEAP_PASSWORDS
from tests.fieldsvc.cast import PASSWORD

TOKENS = "/api/v1/auth/tokens"
REFRESH = "/api/v1/auth/tokens/refresh"


def try_sign_in(client: Any, login: str, password: str, address: str = "192.0.2.1") -> Any:
    body = {"login": login, "password": password}
    return client.post(TOKENS, json=body, environ_overrides={"REMOTE_ADDR": address})


def status_of(client: Any, path: str = "/api/v1/me") -> tuple[int, str | None]:
    answer = client.get(path)
    return answer.status_code, answer.json.get("code")


def test_a_sign_in_opens_a_session_of_a_device(anonymous, cast, application) -> None:
    body = {"login": " Agent ", "password": PASSWORD, "device_id": "phone-7", "device_name": "Ana's phone"}
    answer = anonymous.post(TOKENS, json=body)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    with application.database.read_only() as session:
        opened = session.scalars(select(Session)).one()
        assert (opened.user_id, opened.device_name) == (cast.agent.user_id, "Ana's phone")
        assert session.scalars(select(Event.kind)).all()[-1] == "session_opened"
        assert audit_faults(session) == []


def test_wrong_password_and_unknown_account_look_the_same(anonymous, cast, application) -> None:
    with application.database.unit_of_work() as uow:
        uow.session.execute(update(User).where(User.login == "warehouse").values(is_active=False))
        uow.commit()
    answers = [
        try_sign_in(anonymous, "agent", "wrong"),
        try_sign_in(anonymous, "nobody", PASSWORD),
        try_sign_in(anonymous, "warehouse", PASSWORD),
    ]
    told = [{**answer.json, "request_id": None} for answer in answers]
    assert told[0]["code"] == "sign_in_failed"
    assert told[0] == told[1] == told[2]
    assert {answer.status_code for answer in answers} == {401}


def test_an_account_is_closed_after_its_failures_whatever_the_address(anonymous, cast, settings) -> None:
    for number in range(settings.sign_in_failures):
        assert try_sign_in(anonymous, "agent", "wrong", f"192.0.2.{number}").status_code == 401
    refused = try_sign_in(anonymous, "agent", PASSWORD, "198.51.100.1")
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= settings.sign_in_window_s
    assert try_sign_in(anonymous, "dispatcher", PASSWORD).status_code == 201
    with time_machine.travel(timedelta(seconds=settings.sign_in_window_s + 1)):
        assert try_sign_in(anonymous, "agent", PASSWORD).status_code == 201


def test_an_address_is_closed_after_its_failures_whatever_the_account(anonymous, cast, settings) -> None:
    for number in range(settings.sign_in_failures * ADDRESS_FACTOR):
        assert try_sign_in(anonymous, f"user{number}", "wrong").status_code == 401
    assert try_sign_in(anonymous, "agent", PASSWORD).status_code == 429
    assert try_sign_in(anonymous, "agent", PASSWORD, "192.0.2.2").status_code == 201


def test_refusals_do_not_keep_an_account_closed(anonymous, cast, settings, application) -> None:
    for _ in range(settings.sign_in_failures + 5):
        try_sign_in(anonymous, "agent", "wrong")
    with application.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == settings.sign_in_failures


def test_guesses_at_the_same_time_are_counted_too(application, cast, settings) -> None:
    def guess(number: int) -> type[Exception]:
        request = SignIn("agent", "wrong", f"192.0.2.{number}")
        with pytest.raises((Unauthenticated, TooManyRequests)) as refused:
            sign_in(application.database, CHEAP_PASSWORDS, application.tokens, settings, request)
        return refused.type

    with ThreadPoolExecutor(8) as pool:
        refusals = list(pool.map(guess, range(24)))
    assert refusals.count(Unauthenticated) == settings.sign_in_failures


def test_no_attempt_says_who_or_from_where(anonymous, cast, application) -> None:
    try_sign_in(anonymous, "agent", "wrong", "192.0.2.77")
    with application.database.read_only() as session:
        attempt = session.scalars(select(SignInAttempt)).one()
    assert "agent" not in attempt.account_index
    assert "192" not in attempt.address_index
    assert len(attempt.address_index) == 64


def test_each_refresh_token_works_once_and_a_second_use_ends_the_session(client_for) -> None:
    phone = client_for("technician1")
    first = phone.post(REFRESH, json={"refresh_token": phone.refresh_token})
    assert first.status_code == 201
    assert first.json["session_id"] == phone.session_id
    phone.access_token = first.json["access_token"]
    assert status_of(phone) == (200, None)

    thief = phone.post(REFRESH, json={"refresh_token": phone.refresh_token})
    assert (thief.status_code, thief.json["code"]) == (401, "refresh_failed")
    assert status_of(phone) == (401, "session_ended")
    assert phone.post(REFRESH, json={"refresh_token": first.json["refresh_token"]}).status_code == 401


def test_only_one_of_many_simultaneous_refreshes_gets_a_pair(app, client_for) -> None:
    phone = client_for("technician1")

    def refresh(_: int) -> int:
        return app.test_client().post(REFRESH, json={"refresh_token": phone.refresh_token}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(refresh, range(6))) == [201, 401, 401, 401, 401, 401]
    assert status_of(phone) == (401, "session_ended")


def test_a_refresh_token_ends(client_for, settings) -> None:
    phone = client_for("technician1")
    with time_machine.travel(timedelta(seconds=settings.refresh_token_s + 1)):
        assert phone.post(REFRESH, json={"refresh_token": phone.refresh_token}).status_code == 401
    with time_machine.travel(timedelta(seconds=settings.access_token_s + 1)):
        assert status_of(phone) == (401, "unauthenticated")
        assert phone.post(REFRESH, json={"refresh_token": phone.refresh_token}).status_code == 201


def test_one_sees_and_ends_only_ones_own_sessions(client_for) -> None:
    phone, desk, stranger = client_for("agent"), client_for("agent"), client_for("dispatcher")
    listed = desk.get("/api/v1/auth/sessions").json["items"]
    assert {item["id"] for item in listed} == {phone.session_id, desk.session_id}
    path = f"/api/v1/auth/sessions/{phone.session_id}"
    assert status_of(stranger, path) == (404, "not_found")
    assert stranger.delete(path, headers={"If-Match": '"1"'}).status_code == 404
    assert desk.delete(path, headers={"If-Match": '"7"'}).status_code == 412
    assert status_of(phone) == (200, None)


def test_a_revoked_session_fails_at_once(client_for) -> None:
    phone, desk = client_for("agent"), client_for("agent")
    session = desk.get(f"/api/v1/auth/sessions/{phone.session_id}")
    gone = desk.delete(f"/api/v1/auth/sessions/{phone.session_id}", headers={"If-Match": session.headers["ETag"]})
    assert gone.status_code == 204
    assert status_of(phone) == (401, "session_ended")
    assert phone.post(REFRESH, json={"refresh_token": phone.refresh_token}).status_code == 401
    assert desk.get("/api/v1/me").status_code == 200


def test_a_user_who_may_not_any_more_fails_at_once(client_for, cast, application) -> None:
    agent = client_for("agent")
    with application.database.unit_of_work() as uow:
        uow.session.execute(update(User).where(User.id == cast.agent.user_id).values(is_active=False))
        uow.commit()
    assert status_of(agent) == (401, "session_ended")
    assert agent.post(REFRESH, json={"refresh_token": agent.refresh_token}).status_code == 401


def test_another_password_ends_all_sessions(client_for, cast, application) -> None:
    agent = client_for("agent")
    with application.database.unit_of_work() as uow:
        set_password(uow, CHEAP_PASSWORDS, cast.agent.user_id, "another password")
        uow.commit()
    assert status_of(agent) == (401, "session_ended")
    assert try_sign_in(agent, "agent", PASSWORD).status_code == 401
    assert try_sign_in(agent, "agent", "another password").status_code == 201


def test_a_password_hashed_at_another_cost_is_hashed_anew(application, cast, settings) -> None:
    dearer = type(CHEAP_PASSWORDS)(memory_kib=16, rounds=1)
    sign_in(application.database, dearer, application.tokens, settings, SignIn("agent", PASSWORD, "192.0.2.1"))
    with application.database.read_only() as session:
        assert "m=16" in session.get_one(User, cast.agent.user_id).password_hash


def test_a_technician_on_loan_belongs_to_both_teams_today(client_for, cast, application) -> None:
    one_day = timedelta(days=1)
    with application.database.unit_of_work() as uow:
        for first_day, last_day in ((cast.day, cast.day), (cast.day + one_day, cast.day + one_day)):
            loan = Loan(
                id=uow.new_id(),
                technician_id=cast.technician1.technician_id,
                team_id=cast.foreign_team,
                first_day=first_day,
                last_day=last_day,
            )
            uow.session.add(loan)
        uow.commit()
    phone = client_for("technician1")
    actor = authenticate(application.database, application.tokens, phone.access_token)
    assert actor.team_ids == (cast.team, cast.foreign_team)
    assert (actor.technician_id, str(actor.session_id)) == (cast.technician1.technician_id, phone.session_id)


def wait_for_locks(application: Any, waiting: int) -> None:
    """Return once this many transactions wait for a lock that somebody holds."""
    blocked = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    with application.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while (connection.scalar(blocked) or 0) < waiting:
            connection.exec_driver_sql("SELECT pg_sleep(0.01)")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("ending", ["reuse", "revocation", "password"])
def test_what_ends_a_session_also_ends_the_one_that_is_just_replacing_it(
    app, client_for, application, cast, ending: str
) -> None:
    phone, desk = client_for("technician1"), client_for("technician1")
    stolen = phone.refresh_token
    current = phone.post(REFRESH, json={"refresh_token": stolen}).json
    session = f"/api/v1/auth/sessions/{phone.session_id}"

    def set_another_password() -> None:
        with application.database.unit_of_work() as uow:
            set_password(uow, CHEAP_PASSWORDS, cast.technician1.user_id, "another password")
            uow.commit()

    endings = {
        "reuse": lambda: app.test_client().post(REFRESH, json={"refresh_token": stolen}),
        "revocation": lambda: desk.delete(session, headers={"If-Match": desk.get(session).headers["ETag"]}),
        "password": set_another_password,
    }

    def renew() -> Any:
        return app.test_client().post(REFRESH, json={"refresh_token": current["refresh_token"]})

    with ThreadPoolExecutor(2) as pool:
        with application.database.unit_of_work() as uow:
            uow.get(User, cast.technician1.user_id, lock=True)  # both stop where a session refers to its user
            renewal = pool.submit(renew)
            wait_for_locks(application, 1)
            end = pool.submit(endings[ending])
            wait_for_locks(application, 2)
        end.result()
        renewed = renewal.result().json
    phone.access_token = renewed.get("access_token", current["access_token"])
    assert status_of(phone) == (401, "session_ended")
    last = renewed.get("refresh_token", current["refresh_token"])
    assert phone.post(REFRESH, json={"refresh_token": last}).status_code == 401


def test_a_session_that_was_renewed_is_sent_anew(client_for) -> None:
    phone = client_for("agent")
    path = f"/api/v1/auth/sessions/{phone.session_id}"
    before = phone.get(path)
    with time_machine.travel(timedelta(seconds=5)):
        assert phone.post(REFRESH, json={"refresh_token": phone.refresh_token}).status_code == 201
        after = phone.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json["version"]) == (200, before.json["version"])
    assert after.json["last_used_at"] > before.json["last_used_at"]
