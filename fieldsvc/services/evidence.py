"""The evidence as a whole: anchored now and then, and looked through from the first entry to the last."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import defer

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.anchors import Anchor, anchoring
from fieldsvc.domain.evidence import GENESIS, canonical_json
from fieldsvc.models.approvals import Approval
from fieldsvc.models.base import Keyed, entity_type
from fieldsvc.models.evidence import AuditEntry, ChangeCounter, Event
from fieldsvc.models.inspections import Inspection
from fieldsvc.models.life_cycles import WITH_LIFE_CYCLE
from fieldsvc.models.procedures import ChecklistAnswer
from fieldsvc.models.records import ServiceReport, SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.persistence.audit import audit_faults
from fieldsvc.persistence.database import Database
from fieldsvc.services.approvals import BOUND_AT_BIRTH
from fieldsvc.services.documents import document_faults, statement_faults
from fieldsvc.services.key_evidence import key_faults
from fieldsvc.services.remote_solutions import BOUND

# What binds a sign-off to whoever gave it.
BOUND_FIELDS = (
    "signer_name",
    "signer_role",
    "method",
    "strokes",
    "device_id",
    "reason",
    "signed_at",
    "objection",
    "disputed_at",
    "decision",
    "decided_at",
)
# Of what was solved without a visit nobody signs on a device.
BOUND_OF_REMOTE = (
    "signer_name",
    "method",
    "signed_at",
    "objection",
    "disputed_at",
    "decision",
    "decided_at",
)
# What binds an approval to what was offered, beside its lines, and to whoever agreed.
BOUND_OF_APPROVALS = (*BOUND_AT_BIRTH, "decided_at", "method", "signer_name", "strokes", "reason")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of looking through the evidence. entries: of the chain; anchor: up to where it is anchored.

    given_up: anchors of what is gone since a backup was put in place.
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
    """Look through the chain, its anchors, and the states and documents it speaks of."""
    lines = list(file.read())  # before the chain is: what is anchored meanwhile is not missed in it
    entries = select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)
    last_seq = session.scalars(entries).first() or 0

    def hash_at(seq: int) -> str | None:
        return session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == seq))

    anchored = anchoring(lines, last_seq, hash_at)
    looked = (
        audit_faults,
        _state_faults,
        _report_faults,
        _short_report_faults,
        _checklist_faults,
        _inspection_faults,
        _binding_faults,
        document_faults,
        key_faults,
    )
    faults = [*anchored.faults, *(fault for look in looked for fault in look(session))]
    if not faults:
        faults = list(statement_faults(session))
    return Verdict(faults, last_seq, anchored.up_to, anchored.given_up)


def _state_faults(session: OrmSession) -> Iterator[str]:
    """Compare the state of everything that has a life cycle with what its last event says."""
    last = select(Event.entity_type, Event.entity_id, Event.to_state).where(Event.to_state.is_not(None))
    said = {(kind, entity): state for kind, entity, state in session.execute(last.order_by(Event.change_no))}
    for model in WITH_LIFE_CYCLE:
        kind = entity_type(model)
        for row_id, state in session.execute(select(model.id, model.state).order_by(model.id)):
            if said.get((kind, row_id), state) != state:
                yield f"{kind} {row_id} is {state}, its last event says {said[kind, row_id]}."


def _report_faults(session: OrmSession) -> Iterator[str]:
    """Compare every report, byte for byte, and its row with its sign-off and with what the chain says was shown."""
    events = session.scalars(select(Event).where(Event.kind == "report_presented"))
    shown = {event.entity_id: event.data for event in events}
    rows = (
        select(
            ServiceReport.id,
            ServiceReport.visit_id,
            ServiceReport.report_version,
            ServiceReport.is_after_signature,
            ServiceReport.sha256,
            SignOff.id,
            SignOff.report_sha256,
        )
        .outerjoin(SignOff, SignOff.report_id == ServiceReport.id)
        .order_by(ServiceReport.id)
    )
    for report_id, visit_id, version, is_later, sha256, sign_off, signed in session.execute(rows).all():
        said = shown.pop(sign_off, {})
        row = {"visit_id": str(visit_id), "report_version": version, "report_sha256": sha256}
        if {**row, "is_after_signature": is_later} != said or signed != sha256:
            yield f"Report {report_id} is not filed as it was shown at sign-off {sign_off}."
        try:
            content = session.scalars(select(ServiceReport.content).where(ServiceReport.id == report_id)).one()
        except InvalidToken:
            yield f"Report {report_id} can't be opened: its bytes were changed, or its key is gone."
            continue
        # Nothing presented is empty: what reads as empty belonged to somebody who was erased.
        if content and hashlib.sha256(content).hexdigest() != said.get("report_sha256"):
            yield f"Report {report_id} is not what was shown at sign-off {sign_off}."
    yield from (f"Sign-off {sign_off} is in the chain, its report is gone." for sign_off in sorted(shown, key=str))


def _short_report_faults(session: OrmSession) -> Iterator[str]:
    """Compare every short report, byte for byte, with what the chain says was sent."""
    events = session.scalars(select(Event).options(defer(Event.personal)).where(Event.kind == "report_sent"))
    sent = {event.entity_id: event.data for event in events}
    columns = [getattr(RemoteSolution, name) for name in BOUND]
    rows = session.execute(select(RemoteSolution.id, RemoteSolution.report_sha256, *columns)).all()
    for remote_id, sha256, *values in sorted(rows):
        if sent.pop(remote_id, None) != json.loads(canonical_json(dict(zip(BOUND, values, strict=True)))):
            yield f"Short report {remote_id} is not filed as it was sent."
        try:
            content = session.scalars(select(RemoteSolution.content).where(RemoteSolution.id == remote_id)).one()
        except InvalidToken:
            yield f"Short report {remote_id} can't be opened: its bytes were changed, or its key is gone."
            continue
        if content and hashlib.sha256(content).hexdigest() != sha256:
            yield f"Short report {remote_id} is not what was sent."
    yield from (f"Short report {remote_id} is in the chain, and gone." for remote_id in sorted(sent, key=str))


def _checklist_faults(session: OrmSession) -> Iterator[str]:
    """Compare every answer to a checklist with what the chain says was answered, note apart."""
    events = session.scalars(select(Event).options(defer(Event.personal)).where(Event.kind == "checklist_answered"))
    said: set[tuple[object, ...]] = {
        (event.entity_id, event.data["procedure_id"], event.recorded_at, event.occurred_at, point, *answer)
        for event in events
        for point, answer in event.data["results"].items()
    }
    for one in session.scalars(select(ChecklistAnswer).options(defer(ChecklistAnswer.note))):
        what = (str(one.procedure_id), one.recorded_at, one.occurred_at, one.point, one.result.value, one.value)
        if (one.visit_id, *what) not in said:
            yield f"Answer {one.id} to point {one.point} is not what was answered."
        said.discard((one.visit_id, *what))
    yield from (
        f"An answer to point {one[4]} of visit {one[0]} is in the chain, and gone." for one in sorted(said, key=str)
    )


def _inspection_faults(session: OrmSession) -> Iterator[str]:
    """Compare every inspection with what the chain says was found, note apart."""
    events = session.scalars(select(Event).options(defer(Event.personal)).where(Event.kind == "visit_inspected"))
    said = {
        event.data["inspection_id"]: (event.entity_id, event.data["passed"], event.actor_id, event.recorded_at)
        for event in events
    }
    for one in session.scalars(select(Inspection).options(defer(Inspection.note)).order_by(Inspection.id)):
        if said.pop(str(one.id), None) != (one.visit_id, one.passed, one.user_id, one.recorded_at):
            yield f"Inspection {one.id} does not say what was found."
    yield from (f"Inspection {inspection} is in the chain, and gone." for inspection in sorted(said))


def _binding_faults(session: OrmSession) -> Iterator[str]:
    """Compare what people signed, objected, decided and agreed to with what the chain binds."""
    yield from _unbound(session, SignOff, {name: name for name in BOUND_FIELDS})
    yield from _unbound(session, RemoteSolution, {name: name for name in BOUND_OF_REMOTE})
    yield from _unbound(session, Approval, {"lines": "content", **{name: name for name in BOUND_OF_APPROVALS}})


def _unbound(session: OrmSession, model: type[Keyed], bound_as: Mapping[str, str]) -> Iterator[str]:
    """Say which rows differ from what their events bind. bound_as: by the name in the events, that of the column."""
    kind = entity_type(model)
    name_of_kind = kind.replace("_", "-").capitalize()
    of_kind = (Event.entity_type == kind, Event.personal_commitment.is_not(None))
    said: dict[UUID, dict[str, object]] = {}
    for event_id, row_id in session.execute(
        select(Event.id, Event.entity_id).where(*of_kind).order_by(Event.change_no)
    ).all():
        try:
            bound = session.scalars(select(Event.personal).where(Event.id == event_id)).one()
        except InvalidToken:  # told of where the events are looked through
            continue
        said.setdefault(row_id, {}).update(bound["fields"] if bound is not None else {"is_erased": True})
    for row_id in session.scalars(select(model.id).order_by(model.id)).all():
        expected = said.get(row_id, {})
        if "is_erased" in expected:
            continue
        try:
            row = session.get_one(model, row_id)
        except InvalidToken:
            yield f"{name_of_kind} {row_id} can't be opened: it was changed, or its key is gone."
            continue
        fields = json.loads(canonical_json({said_as: _value(row, column) for said_as, column in bound_as.items()}))
        if fields != {said_as: expected.get(said_as) for said_as in bound_as}:
            yield f"{name_of_kind} {row_id} does not say what was said when it was given."


def _value(row: Keyed, column: str) -> object:
    value = getattr(row, column)
    if isinstance(value, dict):
        return value["lines"]
    return str(value) if isinstance(value, str) else value
