"""Whoever changes the evidence is found out, whatever he takes away before; what came after the anchor is stated."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Uuid, bindparam, event, text
from sqlalchemy.orm import Session

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.evidence import chain_hash
from fieldsvc.models import AuditEntry, Event, SealingKey, ServiceReport, SignOff
from fieldsvc.models.sealing import DataKey
from fieldsvc.models.types import owned
from fieldsvc.persistence.ownership import key_for, owner_of, seal_pending
from fieldsvc.services.evidence import Verdict, verify_evidence, write_anchor
from tests.fieldsvc.stage import Stage


@pytest.fixture
def file(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "anchors.jsonl", "a secret key for tests, long enough")


@contextmanager
def without_triggers(stage: Stage) -> Iterator[Session]:
    """Give a session that nothing stops; never committed: on both systems DDL is rolled back too."""
    with stage.database.engine.connect() as connection:
        if stage.database.engine.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION refuse_change() CASCADE"))
        else:
            for table in ("audit_entries", "events"):
                for what in ("update", "delete", "replace"):
                    connection.execute(text(f"DROP TRIGGER {table}_no_{what}"))
        with Session(connection) as session:
            event.listen(session, "before_flush", seal_pending)
            yield session


def verified(stage: Stage, file: AnchorFile) -> Verdict:
    with stage.database.read_only() as session:
        return verify_evidence(session, file)


def test_what_was_done_holds_and_is_anchored(stage: Stage, file: AnchorFile) -> None:
    assert verified(stage, file).faults == []
    stage.bring_to("completed")
    assert verified(stage, file).unanchored == verified(stage, file).entries > 5
    anchor = write_anchor(stage.database, file)
    assert anchor is not None
    assert write_anchor(stage.database, file) is None  # nothing new
    assert (verified(stage, file).unanchored, verified(stage, file).anchor) == (0, anchor)


def test_what_came_after_the_anchor_is_stated(stage: Stage, file: AnchorFile) -> None:
    stage.walk("accept")
    write_anchor(stage.database, file)
    before = verified(stage, file).entries
    stage.walk("depart")
    verdict = verified(stage, file)
    assert (verdict.faults, verdict.unanchored) == ([], verdict.entries - before)
    assert verdict.unanchored >= 1


ATTACKS = {
    "a row is changed": "UPDATE audit_entries SET payload = replace(payload, 'dispatched', 'done') WHERE seq = {seq}",
    "a hash is changed": "UPDATE audit_entries SET hash = 'x' || substr(hash, 2) WHERE seq = {seq}",
    "a row is filed elsewhere": "UPDATE audit_entries SET action = 'nothing' WHERE seq = {seq}",
    "another has done it": "UPDATE audit_entries SET actor_id = NULL WHERE seq = {seq}",
    "a row is taken out": "DELETE FROM audit_entries WHERE seq = {seq}",
    "an event is changed": "UPDATE events SET reason = 'other' WHERE change_no = {seq}",
    "an event names another request": "UPDATE events SET request_id = 'other' WHERE change_no = {seq}",
    "what an event holds is changed": "UPDATE events SET data = '{{}}' WHERE change_no = {seq}",
    "an event is taken out": "DELETE FROM events WHERE change_no = {seq}",
    "the end is cut off": "DELETE FROM audit_entries WHERE seq >= {seq}",
    "two rows are swapped": (
        "UPDATE audit_entries SET payload = (SELECT payload FROM audit_entries other WHERE other.seq = 2 * {seq} + 1 - "
        "audit_entries.seq) WHERE seq IN ({seq}, {seq} + 1)"
    ),
    "a row is put in": (
        "INSERT INTO audit_entries (seq, entity_type, entity_id, action, actor_id, at, payload, previous_hash, hash) "
        "SELECT 99999, entity_type, entity_id, action, actor_id, at, payload, hash, 'x' || substr(hash, 2) "
        "FROM audit_entries WHERE seq = {seq}"
    ),
    "the counter is set back": "UPDATE change_counter SET last_change_no = {seq}",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_found(stage: Stage, file: AnchorFile, attack: str) -> None:
    stage.walk("accept", "depart", "check_in")
    seq = stage.events(stage.cast.visit)[0].change_no
    with without_triggers(stage) as session:
        assert verify_evidence(session, file).faults == []
        session.execute(text(ATTACKS[attack].format(seq=seq)))
        session.expire_all()
        assert verify_evidence(session, file).faults != []


def test_who_cuts_off_the_end_and_hides_it_is_found_by_the_anchor(stage: Stage, file: AnchorFile) -> None:
    stage.walk("accept", "depart", "check_in")
    write_anchor(stage.database, file)
    with without_triggers(stage) as session:
        last = session.query(AuditEntry).order_by(AuditEntry.seq.desc()).first()
        assert last is not None
        seq, previous = last.seq, last.previous_hash
        session.execute(text(f"DELETE FROM audit_entries WHERE seq = {seq}"))
        session.execute(text(f"DELETE FROM events WHERE change_no = {seq}"))
        session.execute(text(f"UPDATE change_counter SET last_change_no = {seq - 1}, last_hash = '{previous}'"))
        session.expunge_all()
        first, second = verify_evidence(session, file).faults
        assert f"the chain went to entry {seq}, it ends at {seq - 1} now" in first
        assert "its last event says" in second


def test_who_writes_the_whole_chain_anew_is_found_by_the_anchor(stage: Stage, file: AnchorFile) -> None:
    stage.walk("accept", "depart")
    write_anchor(stage.database, file)
    with without_triggers(stage) as session:
        first = session.query(AuditEntry).order_by(AuditEntry.seq).first()
        assert first is not None
        source = json.loads(first.payload)["source"]
        first.payload = first.payload.replace(f'"source":"{source}"', '"source":"forged"')
        session.execute(text("UPDATE events SET source = 'forged' WHERE change_no = 1"))
        previous = "0" * 64
        for entry in session.query(AuditEntry).order_by(AuditEntry.seq):
            entry.previous_hash, entry.hash = previous, chain_hash(previous, entry.payload)
            previous = entry.hash
        session.execute(text(f"UPDATE change_counter SET last_hash = '{previous}'"))
        session.flush()
        session.expire_all()
        (fault,) = verify_evidence(session, file).faults
        assert "were rewritten since" in fault


def test_a_report_that_was_changed_is_found(stage: Stage, file: AnchorFile) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        report = session.query(ServiceReport).one()
        report.content = report.content + b" "
        session.flush()
        assert "is not what was shown" in verify_evidence(session, file).faults[0]
        session.rollback()
    with without_triggers(stage) as session:  # and one who also changes both hashes
        report, sign_off = session.query(ServiceReport).one(), session.query(SignOff).one()
        report.content = b"something else"
        report.sha256 = sign_off.report_sha256 = "c" * 64
        session.flush()
        assert len(verify_evidence(session, file).faults) == 2
        session.rollback()
    with without_triggers(stage) as session:
        session.execute(text("UPDATE service_reports SET content = substr(content, 2)"))
        assert "can't be opened" in verify_evidence(session, file).faults[0]
        session.execute(text("UPDATE sign_offs SET strokes = 'x', signer_name = 'y'"))
        faults = verify_evidence(session, file).faults
        assert [fault.split()[0] for fault in faults if "can't be opened" in fault] == ["Report", "Sign-off"]
        assert sum("not sealed with its owner's key" in fault for fault in faults) == 3
        session.execute(text("DELETE FROM service_reports"))
        assert "its report is gone" in verify_evidence(session, file).faults[0]


def test_a_backup_that_is_put_in_place_is_a_new_beginning(stage: Stage, file: AnchorFile) -> None:
    stage.walk("accept")
    ahead = write_anchor(stage.database, file)
    assert ahead is not None
    file.path.unlink()
    further = type(ahead)(ahead.seq + 5, "f" * 64, ahead.at)
    file.append(further)  # what was anchored before the backup was put in place
    assert verified(stage, file).faults != []
    write_anchor(stage.database, file, is_restore=True)
    verdict = verified(stage, file)
    assert (verdict.faults, verdict.given_up, verdict.unanchored) == ([], 1, 0)


FILED = {
    "it counts as signed": "UPDATE sign_offs SET state = 'waived'",
    "the visit is over": "UPDATE visits SET state = 'cancelled' WHERE state = 'completed'",
    "the report was added later": "UPDATE service_reports SET is_after_signature = true",
    "it is another version": "UPDATE service_reports SET report_version = 7",
    "it has another hash": "UPDATE service_reports SET sha256 = 'c' || substr(sha256, 2, 62) || 'x'",
    "its sign-off has another hash": "UPDATE sign_offs SET report_sha256 = 'c' || substr(report_sha256, 2, 62) || 'x'",
    "its sign-off is gone": "DELETE FROM sign_offs",
}


@pytest.mark.parametrize("attack", FILED)
def test_rows_that_say_something_else_than_the_chain_are_found(stage: Stage, file: AnchorFile, attack: str) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        assert verify_evidence(session, file).faults == []
        session.execute(text(FILED[attack]))
        session.expire_all()
        assert verify_evidence(session, file).faults != []


@pytest.mark.parametrize(
    ("field", "value"),
    [("signer_name", "Somebody Else"), ("strokes", "[[[1,1,1]]]"), ("method", "typed"), ("reason", "x")],
)
def test_who_exchanges_a_signature_is_found(stage: Stage, file: AnchorFile, field: str, value: str) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        setattr(session.query(SignOff).one(), field, value)
        session.flush()
        session.expire_all()
        (fault,) = verify_evidence(session, file).faults
        assert "does not say what was said" in fault


def test_who_exchanges_what_an_event_says_of_a_person_is_found(stage: Stage, file: AnchorFile) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        signed = session.query(Event).filter_by(kind="report_signed").one()
        assert signed.personal is not None
        key = key_for(session, owner_of(session, session.get_one(SignOff, signed.entity_id)))
        fields = {**signed.personal["fields"], "signer_name": "Somebody Else"}
        signed.personal = owned({**signed.personal, "fields": fields}, key)
        session.query(SignOff).one().signer_name = "Somebody Else"
        session.flush()
        session.expire_all()
        (fault,) = verify_evidence(session, file).faults
        assert "says of a person was changed" in fault


def test_who_destroys_a_key_to_hide_a_change_is_found(stage: Stage, file: AnchorFile) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        key = session.query(SealingKey).filter_by(owner_id=stage.cast.customer).one()
        key.wrapped, key.destroyed_at = None, key_time(session)
        session.flush()
        assert any("no erasure says so" in fault for fault in verify_evidence(session, file).faults)


@pytest.mark.parametrize("value", ["NULL", "'garbage'"])
def test_who_takes_away_what_an_event_says_of_a_person_is_found(stage: Stage, file: AnchorFile, value: str) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        cast = "" if value == "NULL" else "CAST('a value that no key has sealed' AS BLOB)"
        if cast and stage.database.engine.dialect.name == "postgresql":
            cast = "decode('00112233445566778899aabbccddeeff00112233', 'hex')"
        session.execute(text(f"UPDATE events SET personal = {cast or value} WHERE kind = 'report_signed'"))
        session.execute(text("UPDATE sign_offs SET strokes = NULL, signer_name = NULL, signer_role = NULL"))
        faults = verify_evidence(session, file).faults
        assert any("is not there, or not bound" in fault or "can't be opened" in fault for fault in faults), faults


def test_who_puts_a_report_under_the_key_of_somebody_erased_is_found(stage: Stage, file: AnchorFile) -> None:
    stage.bring_to("completed")
    with without_triggers(stage) as session:
        other = session.query(SealingKey).filter_by(owner_id=stage.cast.foreign_customer).one()
        report = session.query(ServiceReport).one()
        report.content = owned(b"", DataKey.made(other.id))
        session.flush()
        session.expire_all()
        assert any("not sealed with its owner's key" in fault for fault in verify_evidence(session, file).faults)
        own_id = session.query(SealingKey.id).filter_by(owner_id=stage.cast.customer).scalar()
        other_id = other.id
    with without_triggers(stage) as session:  # and who exchanges the owners of two keys
        take = text("UPDATE sealing_keys SET owner_id = :owner WHERE id = :id")
        for key_id, owner in ((own_id, uuid4()), (other_id, stage.cast.customer)):
            session.execute(take.bindparams(bindparam("owner", owner, Uuid()), bindparam("id", key_id, Uuid())))
        assert any("not sealed with its owner's key" in fault for fault in verify_evidence(session, file).faults)


def key_time(session: Session) -> datetime:
    return session.query(Event).first().recorded_at  # type: ignore[union-attr]  # there are events
