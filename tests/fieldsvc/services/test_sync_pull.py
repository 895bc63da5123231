"""Phones are told the difference between what belongs on them and what they hold; nothing is skipped or leaked."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from fieldsvc.domain.errors import Conflict, Unauthenticated
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Assignment, DeviceHolding, Ticket
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import sync_pull
from fieldsvc.services.devices import confirm_loss, confirm_wipe, revoke_device
from fieldsvc.services.epochs import begin_epoch
from fieldsvc.services.part_uses import Use
from fieldsvc.services.sync_pull import Pulled, pull_changes
from fieldsvc.services.visit_records import record_consumption
from tests.fieldsvc.phone import Phone, show
from tests.fieldsvc.stage import Stage


@pytest.fixture
def phone(stage: Stage) -> Phone:
    return Phone(stage, stage.cast.technician1)


def keys_of(pulled: Pulled, kind: str) -> list[str]:
    return [one.number if kind == "parts" else str(getattr(one, "id", "")) for one in pulled.changes[kind].updated]


def test_at_first_it_gets_everything_of_its_own(stage: Stage, phone: Phone) -> None:
    pulled = phone.pull()
    assert (pulled.reset, pulled.has_more, sorted(pulled.changes)) == (
        True,
        False,
        ["parts", "routes", "stock", "visits"],
    )
    assert keys_of(pulled, "visits") == [str(stage.cast.visit)]
    assert sorted(keys_of(pulled, "parts")) == ["P-1", "P-2", "P-3"]
    assert [one.day for one in pulled.changes["routes"].updated] == [stage.cast.day]
    assert {one.location_id for one in pulled.changes["stock"].updated} == {stage.cast.van1}


def test_then_only_what_is_different(stage: Stage, phone: Phone) -> None:
    phone.pull()
    quiet = phone.pull()
    assert (quiet.changes, quiet.reset, quiet.has_more) == ({}, False, False)
    stage.walk("accept")
    told = phone.pull()
    assert sorted(told.changes) == ["visits"]
    assert told.changes["visits"].updated[0].visit.state is VisitState.ACCEPTED
    assert phone.pull().changes == {}


def test_an_answer_that_was_lost_is_given_again(stage: Stage, phone: Phone) -> None:
    phone.pull()
    stage.walk("accept")
    lost = phone.pull(forgets=True)
    stage.walk("depart")
    again = phone.pull()
    assert keys_of(lost, "visits") == keys_of(again, "visits") == [str(stage.cast.visit)]
    assert again.changes["visits"].updated[0].visit.state is VisitState.EN_ROUTE
    assert phone.pull().changes == {}


def test_what_leaves_the_scope_is_removed(stage: Stage, phone: Phone) -> None:
    phone.pull()
    stage.walk("decline")
    told = phone.pull()
    assert told.changes["visits"].removed == [str(stage.cast.visit)]
    assert told.changes["routes"].removed == [stage.cast.day.isoformat()]
    assert phone.pull().changes == {}


def test_the_window_moves_with_the_days(stage: Stage, phone: Phone) -> None:
    for _ in range(2):
        phone.pull()
    with stage.database.unit_of_work() as uow:  # without an event: nothing tells of it but the day
        old = stage.cast.day - timedelta(days=3)
        uow.session.execute(update(Assignment).where(Assignment.visit_id == stage.cast.visit).values(day=old))
        uow.commit()
    assert phone.pull().changes == {}
    with stage.database.unit_of_work() as uow:
        assert uow.session.scalars(select(DeviceHolding.quiet_day)).one() == stage.cast.day
        uow.session.execute(update(DeviceHolding).values(quiet_day=old))  # as if it had been looked at then
        uow.commit()
    assert phone.pull().changes["visits"].removed == [str(stage.cast.visit)]


def test_what_was_begun_stays_whatever_the_day(stage: Stage, phone: Phone) -> None:
    stage.bring_to("working")
    with stage.database.unit_of_work() as uow:
        old = stage.cast.day - timedelta(days=3)
        uow.session.execute(update(Assignment).where(Assignment.visit_id == stage.cast.visit).values(day=old))
        uow.commit()
    assert keys_of(phone.pull(), "visits") == [str(stage.cast.visit)]


def test_in_small_pages_it_is_the_same(stage: Stage, phone: Phone) -> None:
    whole = Phone(stage, stage.cast.technician1, "tablet").pull()
    wanted = sum(len(one.updated) for one in whole.changes.values())
    for _ in range(3):
        phone.pull()
    phone.cursor = None  # it had everything, and has lost it
    pages = [phone.pull(limit=1)]
    while pages[-1].has_more:
        pages.append(phone.pull(limit=1))
    assert [page.reset for page in pages] == [True] + [False] * (wanted - 1)
    assert sum(len(one.updated) for page in pages for one in page.changes.values()) == wanted
    assert phone.pull().changes == {}


def test_a_cursor_nobody_knows_begins_anew(stage: Stage, phone: Phone) -> None:
    old = phone.pull().cursor
    stage.walk("accept")
    phone.pull()
    stage.walk("depart")
    phone.pull()
    phone.cursor = old
    again = phone.pull()
    assert (again.reset, keys_of(again, "visits")) == (True, [str(stage.cast.visit)])
    assert phone.pull().changes == {}


def test_a_request_that_comes_late_takes_nothing_away(stage: Stage, phone: Phone) -> None:
    old = phone.pull().cursor
    stage.walk("accept")
    phone.pull()
    stage.walk("depart")
    phone.pull()
    phone.pull()
    newest, phone.cursor = phone.cursor, old
    assert phone.pull(forgets=True).reset  # a copy of an old request
    phone.cursor = newest
    again = phone.pull()
    assert (again.reset, again.changes) == (False, {})


def test_after_a_restored_backup_it_begins_anew(stage: Stage, phone: Phone) -> None:
    before = phone.pull()
    with stage.database.unit_of_work() as uow:
        begin_epoch(uow)
        uow.commit()
    after = phone.pull()
    assert (after.reset, after.epoch != before.epoch) == (True, True)


def test_stock_that_is_used_is_told(stage: Stage, phone: Phone) -> None:
    phone.pull()
    stage.bring_to("working")
    use = Use(stage.cast.part, 2)  # all there is in the van
    stage.act(stage.cast.technician1, lambda uow: record_consumption(uow, stage.cast.visit, use))
    assert phone.pull().changes["stock"].removed == [str(stage.cast.part)]


def test_without_a_phone_there_is_nothing(stage: Stage, phone: Phone) -> None:
    with pytest.raises(Conflict) as refused:
        pull_changes(stage.database, stage.cast.technician1, None, 10, show)
    assert refused.value.code == "no_device"
    stage.act(phone.actor, lambda uow: revoke_device(uow, phone.id))
    assert (phone.pull().is_revoked, phone.pull().changes) == (True, {})
    stage.act(phone.actor, lambda uow: confirm_wipe(uow, phone.id))
    with pytest.raises(Conflict):
        phone.pull()


def test_a_lost_phone_is_told_nothing(stage: Stage, phone: Phone) -> None:
    stage.act(stage.cast.admin, lambda uow: confirm_loss(uow, phone.id))
    with pytest.raises(Conflict):
        phone.pull()
    with pytest.raises(Unauthenticated) as refused:
        phone.push()
    assert refused.value.code == "wipe_ordered"


def test_what_is_known_to_be_others_is_not_looked_into(
    stage: Stage, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.pull()
    phone.pull()
    Phone(stage, stage.cast.technician2)  # a change at somebody else's device
    with monkeypatch.context() as patched:
        patched.setattr(sync_pull, "phone_scope", lambda *_: pytest.fail("everything was looked through"))
        assert phone.pull().changes == {}
    stage.walk("accept")
    assert sorted(phone.pull().changes) == ["visits"]


def test_a_change_at_its_own_ticket_is_looked_into(stage: Stage, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.pull()
    phone.pull()
    looks = []
    look = sync_pull.phone_scope
    monkeypatch.setattr(sync_pull, "phone_scope", lambda *asked: looks.append(asked) or look(*asked))
    with stage.database.unit_of_work(Context(stage.cast.agent)) as uow:
        ticket = uow.get(Ticket, stage.cast.ticket, lock=True)
        ticket.subject = "it drips, and it is loud"
        uow.record(ticket, "ticket_changed")
        uow.commit()
    phone.pull()
    assert len(looks) == 1
    phone.pull()
    assert len(looks) == 1
