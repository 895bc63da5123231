"""What is old is forgotten, what is not old stays, and nothing that proves something is touched."""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.adapters.blobs import BlobStore
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.models import Device, Event, IdempotencyKey, SealingKey, Session, SignInAttempt
from fieldsvc.persistence.ownership import key_for
from fieldsvc.services.command import Answer, Command, execute
from fieldsvc.services.evidence import verify_evidence
from fieldsvc.services.photos import store_blob
from fieldsvc.services.retention import forget
from fieldsvc.services.visits import accept_visit
from tests.fieldsvc.phone import Phone
from tests.fieldsvc.pictures import picture
from tests.fieldsvc.stage import WAYS, Stage

KEPT = timedelta(days=60)


@pytest.fixture
def file(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "anchors.jsonl", "a secret key for tests, long enough")


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def count(stage: Stage, model: type) -> int:
    with stage.database.read_only() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def age(stage: Stage, model: type, name: str, days: int) -> None:
    """Let every row be so many days older."""
    with stage.database.unit_of_work() as uow:
        for row in uow.session.scalars(select(model)):
            setattr(row, name, getattr(row, name) - timedelta(days=days))
        uow.commit()


def answer_once(stage: Stage) -> None:
    command = Command(stage.cast.technician1, "POST /x", "a key", "a hash")
    execute(stage.database, command, lambda uow: accept_visit(uow, stage.cast.visit), lambda _: Answer(200, "{}"))


def test_answers_are_kept_for_their_time_and_their_effect_for_ever(stage: Stage, store: BlobStore) -> None:
    answer_once(stage)
    age(stage, IdempotencyKey, "created_at", 59)
    assert forget(stage.database, store, KEPT).answers == 0
    age(stage, IdempotencyKey, "created_at", 2)
    events = count(stage, Event)
    assert forget(stage.database, store, KEPT).answers == 1
    assert forget(stage.database, store, KEPT).total == 0
    assert (count(stage, IdempotencyKey), count(stage, Event)) == (0, events)


def test_keys_that_only_old_answers_used_go_and_destroyed_ones_stay(stage: Stage, store: BlobStore) -> None:
    def shared(at: datetime | None, *, destroyed: bool = False) -> UUID:
        with stage.database.unit_of_work() as uow:
            key_for(uow.session, owner := uuid4(), shared_by=[stage.cast.customer, stage.cast.foreign_customer])
            row = uow.session.scalars(select(SealingKey).where(SealingKey.owner_id == owner)).one()
            made = row.id if at is None else UUID(int=(int(at.timestamp() * 1000) << 80) | (row.id.int & (2**80 - 1)))
            uow.session.delete(row)
            uow.flush()
            wrapped = None if destroyed else row.wrapped
            gone = stage.database.clock.now() if destroyed else None
            uow.session.add(
                SealingKey(id=made, owner_id=owner, wrapped=wrapped, shared_by=row.shared_by, destroyed_at=gone)
            )
            uow.commit()
        return made

    long_ago = stage.database.clock.now() - timedelta(days=61)
    old, young, destroyed = shared(long_ago), shared(None), shared(long_ago, destroyed=True)
    before = count(stage, SealingKey)
    assert forget(stage.database, store, KEPT).keys == 1
    with stage.database.read_only() as session:
        left = set(session.scalars(select(SealingKey.id)))
    assert (len(left), old in left, young in left, destroyed in left) == (before - 1, False, True, True)


def test_tries_and_sessions_are_forgotten_when_they_are_over(stage: Stage, store: BlobStore) -> None:
    now = stage.database.clock.now()
    with stage.database.unit_of_work() as uow:
        for days in (6, 8):
            attempt = SignInAttempt(
                id=uuid7(),
                account_index="x",
                address_index="x",
                attempted_at=now - timedelta(days=days),
                has_succeeded=False,
            )
            uow.session.add(attempt)
        for number, (expires, revoked) in enumerate(((-91, None), (-89, None), (30, -91), (30, None))):
            uow.session.add(
                Session(
                    id=uuid7(),
                    user_id=stage.cast.agent.user_id,
                    family_id=uuid7(),
                    refresh_hash=str(number) * 64,
                    created_at=now,
                    expires_at=now + timedelta(days=expires),
                    last_used_at=now,
                    revoked_at=None if revoked is None else now + timedelta(days=revoked),
                )
            )
        uow.commit()
    forgotten = forget(stage.database, store, KEPT)
    assert (forgotten.attempts, forgotten.sessions) == (1, 2)
    assert (count(stage, SignInAttempt), count(stage, Session)) == (1, 2)


def test_files_that_nobody_names_go_after_a_day(stage: Stage, store: BlobStore) -> None:
    stage.walk(*WAYS["on_site"])
    content = picture("PNG")
    sha256 = hashlib.sha256(content).hexdigest()
    blob, _ = store_blob(
        stage.database, store, Command(stage.cast.technician1, "test"), stage.cast.visit, sha256, content
    )
    orphan, young = uuid7(), uuid7()
    for blob_id in (orphan, young):
        store.write(blob_id, b"half of it")
    two_days_ago = stage.database.clock.now().timestamp() - 2 * 86_400
    for blob_id in (blob.id, orphan):
        os.utime(store._path(blob_id), (two_days_ago, two_days_ago))
    assert forget(stage.database, store, KEPT).files == 1
    assert [store.read(one) is not None for one in (blob.id, orphan, young)] == [True, False, True]


def test_the_evidence_holds_afterwards(stage: Stage, store: BlobStore, file: AnchorFile) -> None:
    stage.bring_to("completed")
    answer = Command(stage.cast.agent, "POST /x", "a key", "a hash")
    execute(stage.database, answer, lambda _: None, lambda _: Answer(200, "{}"))
    age(stage, IdempotencyKey, "created_at", 61)
    assert forget(stage.database, store, KEPT).total == 1
    with stage.database.read_only() as session:
        assert verify_evidence(session, file).faults == []


def test_a_lost_phone_is_told_to_wipe_itself_however_late_it_comes(stage: Stage, store: BlobStore) -> None:
    phone = Phone(stage, stage.cast.technician1)
    now = stage.database.clock.now()
    with stage.database.unit_of_work() as uow:
        uow.session.add(
            Session(
                id=uow.new_id(),
                user_id=stage.cast.technician1.user_id,
                family_id=phone.actor.session_id,
                refresh_hash="0" * 64,
                created_at=now,
                expires_at=now - timedelta(days=200),
                last_used_at=now,
            )
        )
        uow.get(Device, phone.id).state = DeviceState.LOST
        uow.record(uow.get(Device, phone.id), "device_lost", DeviceState.ACTIVE, DeviceState.LOST)
        uow.commit()
    assert forget(stage.database, store, KEPT).sessions == 0
    with stage.database.unit_of_work() as uow:
        uow.get(Device, phone.id).state = DeviceState.WIPED
        uow.record(uow.get(Device, phone.id), "device_wiped", DeviceState.LOST, DeviceState.WIPED)
        uow.commit()
    assert forget(stage.database, store, KEPT).sessions == 1
