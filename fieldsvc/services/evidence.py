"""The evidence as a whole: anchored now and then, and looked through from the first entry to the last."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.anchors import Anchor, anchoring
from fieldsvc.domain.evidence import GENESIS
from fieldsvc.models.evidence import AuditEntry, ChangeCounter, Event
from fieldsvc.models.records import ServiceReport, SignOff
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.persistence.database import Database


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking through the evidence. entries: of the chain; anchor: up to where it is anchored.

    given_up: entries that were anchored and are gone since a backup was put in place.
    """

    faults: Sequence[str]
    entries: int
    anchor: Anchor | None
    given_up: int

    @property
    def unanchored(self) -> int:
        """Return how many entries no anchor covers yet: somebody could have rewritten them unnoticed."""
        return self.entries - (self.anchor.seq if self.anchor is not None else 0)


def write_anchor(database: Database, file: AnchorFile, *, is_restore: bool = False) -> Anchor | None:
    """Anchor the chain as it is now; None where nothing has been added since the last anchor."""
    with database.read_only() as session:
        counter = session.scalars(select(ChangeCounter)).one()
        anchor = Anchor(counter.last_change_no, counter.last_hash, database.clock.now(), is_restore)
    last = file.last()
    if not is_restore and (anchor.seq, anchor.hash) == ((last.seq, last.hash) if last is not None else (0, GENESIS)):
        return None
    file.append(anchor)
    return anchor


def verify_evidence(session: OrmSession, file: AnchorFile) -> Verdict:
    """Look through the chain, its anchors, and the documents it speaks of."""
    entries = select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)
    last_seq = session.scalars(entries).first() or 0

    def hash_at(seq: int) -> str | None:
        return session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == seq))

    anchored = anchoring(file.read(), last_seq, hash_at)
    faults = [*audit_faults(session), *anchored.faults, *_report_faults(session)]
    return Verdict(faults, last_seq, anchored.up_to, anchored.given_up)


def _report_faults(session: OrmSession) -> Iterator[str]:
    """Compare the bytes of every report with its hash, with the sign-off's, and with what the chain says was shown."""
    shown = {
        event.entity_id: event.data.get("report_sha256")
        for event in session.scalars(select(Event).where(Event.kind == "report_presented"))
    }
    rows = select(ServiceReport.id, SignOff).join(SignOff, SignOff.report_id == ServiceReport.id)
    for report_id, sign_off in session.execute(rows.order_by(ServiceReport.id)).all():
        try:
            content = session.scalars(select(ServiceReport.content).where(ServiceReport.id == report_id)).one()
        except InvalidToken:
            yield f"Report {report_id} can't be opened: its bytes were changed, or its key is gone."
            continue
        if len({hashlib.sha256(content).hexdigest(), sign_off.report_sha256, shown.pop(sign_off.id, None)}) > 1:
            yield f"Report {report_id} is not what was shown and answered at sign-off {sign_off.id}."
    yield from (f"Sign-off {sign_off} is in the chain, its report is gone." for sign_off in sorted(shown, key=str))
