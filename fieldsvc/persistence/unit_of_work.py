"""One transaction: what changes in it, the events that say so, and the evidence of both, or nothing at all."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.exc import StaleDataError

from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.clock import Clock
from fieldsvc.domain.errors import ChangedMeanwhile, NotFound, StaleVersion
from fieldsvc.domain.evidence import canonical_json, chain_hash, commitment
from fieldsvc.domain.ids import IdSource
from fieldsvc.models.base import Base, Entity, Keyed, entity_type
from fieldsvc.models.evidence import AuditEntry, ChangeCounter, Event
from fieldsvc.models.life_cycles import WITH_LIFE_CYCLE
from fieldsvc.models.types import owned
from fieldsvc.persistence.faults import CHANGED_MEANWHILE
from fieldsvc.persistence.ownership import key_for, owner_of
from fieldsvc.persistence.statements import batched

Row = TypeVar("Row", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Context:
    """Who acts and how it came in. occurred_at: when it happened in the field; None = now."""

    actor: Actor = SYSTEM
    occurred_at: datetime | None = None
    on_behalf: bool = False
    source: str = "system"
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    entity_type: str
    entity_id: UUID
    kind: str
    from_state: str | None
    to_state: str | None
    occurred_at: datetime
    source: str
    reason: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
    personal: "Personal | None" = None


@dataclass(frozen=True, slots=True)
class Personal:
    """What a person said, or what is said about one: bound to the evidence chain, readable with the key of `about`."""

    about: Base
    fields: Mapping[str, Any]


class UnitOfWork:
    """A transaction as a context manager; rolled back unless `commit` was reached."""

    def __init__(self, session: OrmSession, clock: Clock, ids: IdSource, context: Context) -> None:
        self.session = session
        self.ids = ids
        self.context = context
        self.now = clock.now()
        self._records: list[_Record] = []
        self._first_states: dict[UUID, str] = {}
        self._last_states: dict[UUID, str] = {}
        self._locked: dict[tuple[type, UUID], Any] = {}
        sqlalchemy_event.listen(session, "before_flush", self._note_state_changes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        if isinstance(error, StaleDataError):
            raise ChangedMeanwhile(CHANGED_MEANWHILE) from error

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return self.context.actor

    @property
    def occurred_at(self) -> datetime:
        """Return when what is being recorded happened."""
        return self.context.occurred_at or self.now

    def new_id(self) -> UUID:
        """Return an id for a new row."""
        return self.ids.new()

    def find(self, model: type[Row], row_id: UUID, *, lock: bool = False) -> Row | None:
        """Return a row or None; with lock nobody else changes it before this transaction ends.

        What hangs on a locked row is read anew when it is asked for, not before.
        """
        if not lock:
            return self.session.get(model, row_id)
        held: Row | None = self._locked.get((model, row_id))
        if held is not None:
            return held
        self.flush()  # reading the row anew would throw away what was changed of it
        row = self.session.get(
            model, row_id, with_for_update={"key_share": True}, populate_existing=True, options=[lazyload("*")]
        )
        if row is not None:
            self._locked[model, row_id] = row
        return row

    def lock_all(self, model: type[Row], row_ids: Iterable[UUID]) -> None:
        """Lock rows as `find` does, in the order of their ids, or refuse if one is missing; few statements for all."""
        self.flush()
        for chunk in batched(sorted({one for one in row_ids if (model, one) not in self._locked})):
            query = select(model).where(model.id.in_(chunk)).order_by(model.id).options(lazyload("*"))
            query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
            self._locked.update({(model, row.id): row for row in self.session.scalars(query)})
            for row_id in chunk:
                self.get(model, row_id, lock=True)

    def get(self, model: type[Row], row_id: UUID, *, lock: bool = False, version: int | None = None) -> Row:
        """Return a row or refuse; with a version, refuse any other version of it."""
        row = self.find(model, row_id, lock=lock)
        if row is None:
            raise NotFound(f"There is no {entity_type(model).replace('_', ' ')} {row_id}.")
        if version is not None and isinstance(row, Entity) and row.version != version:
            raise StaleVersion(f"This is version {row.version} by now, not {version}; read it again.")
        return row

    def record(
        self,
        entity: Keyed,
        kind: str,
        from_state: str | None = None,
        to_state: str | None = None,
        *,
        occurred_at: datetime | None = None,
        reason: str | None = None,
        data: Mapping[str, Any] | None = None,
        source: str | None = None,
        personal: Personal | None = None,
    ) -> None:
        """Say what happened to an entity; gives one event and one audit entry at the commit.

        reason is a code and data holds ids, codes and whole numbers: neither may hold personal data, personal may.
        """
        self._records.append(
            _Record(
                entity_type(entity),
                entity.id,
                kind,
                from_state,
                to_state,
                occurred_at or self.occurred_at,
                source or self.context.source,
                reason,
                json.loads(canonical_json(data or {})),  # refused here, not at the commit, if it has no one form
                personal,
            )
        )

    def flush(self) -> None:
        """Send the changes to the database, where its constraints and the versions are compared."""
        try:
            self.session.flush()
        except StaleDataError as error:
            raise ChangedMeanwhile(CHANGED_MEANWHILE) from error

    def commit(self) -> None:
        """Number the changes, bind them into the evidence chain, and make all of it last."""
        self.flush()
        self._check_all_recorded()
        if self._records:
            self._append_events()
            self.flush()
        self.session.commit()

    def _note_state_changes(self, session: OrmSession, *_: object) -> None:
        for row in session.dirty:
            if isinstance(row, WITH_LIFE_CYCLE):
                change = get_history(row, "state")
                if change.added and change.deleted:
                    self._first_states.setdefault(row.id, str(change.deleted[0]))
                    self._last_states[row.id] = str(change.added[0])

    def _check_all_recorded(self) -> None:
        states = dict(self._first_states)
        for record in self._records:
            if record.to_state is not None and states.get(record.entity_id) == record.from_state:
                states[record.entity_id] = record.to_state
        unrecorded = [
            f"{row_id} is {last}, its events end at {states[row_id]}"
            for row_id, last in self._last_states.items()
            if states[row_id] != last
        ]
        if unrecorded:
            raise RuntimeError(f"state changes without their events: {'; '.join(unrecorded)}")

    def _append_events(self) -> None:
        # Every writer takes this lock, and takes it last: numbers follow the order of the commits, without gaps,
        # and nobody who holds it ever waits for another lock.
        counter = self.session.scalars(
            select(ChangeCounter).with_for_update().execution_options(populate_existing=True)
        ).one()
        for record in self._records:
            counter.last_change_no += 1
            event = self._event_of(record, counter.last_change_no)
            entry = audit_entry_of(event, counter.last_hash)
            counter.last_hash = entry.hash
            self.session.add_all([event, entry])
        self._records.clear()

    def _event_of(self, record: _Record, change_no: int) -> Event:
        personal, personal_commitment = self._bound(record.personal)
        return Event(
            id=self.new_id(),
            change_no=change_no,
            entity_type=record.entity_type,
            entity_id=record.entity_id,
            kind=record.kind,
            from_state=record.from_state,
            to_state=record.to_state,
            actor_id=self.actor.user_id or self.actor.link_id,
            actor_role=self.actor.role,
            on_behalf=self.context.on_behalf,
            occurred_at=record.occurred_at,
            recorded_at=self.now,
            source=record.source,
            request_id=self.context.request_id,
            reason=record.reason,
            data=dict(record.data),
            salt=secrets.token_hex(16),
            personal=personal,
            personal_commitment=personal_commitment,
        )

    def _bound(self, personal: Personal | None) -> tuple[Any, str | None]:
        """What is stored of personal data with an event: the data, sealed, and the commitment to it."""
        if personal is None:
            return None, None
        salt, fields = secrets.token_hex(16), json.loads(canonical_json(personal.fields))
        key = key_for(self.session, owner_of(self.session, personal.about))
        return owned({"salt": salt, "fields": fields}, key), commitment(salt, fields)


def audit_payload(event: Event) -> str:
    """Return the canonical JSON that stands for an event in the evidence chain; its data only as a commitment."""
    return canonical_json(
        {
            "seq": event.change_no,
            "event_id": event.id,
            "entity_type": event.entity_type,
            "entity_id": event.entity_id,
            "kind": event.kind,
            "from_state": event.from_state,
            "to_state": event.to_state,
            "actor_id": event.actor_id,
            "actor_role": event.actor_role,
            "on_behalf": event.on_behalf,
            "occurred_at": event.occurred_at,
            "recorded_at": event.recorded_at,
            "source": event.source,
            "request_id": event.request_id,
            "reason": event.reason,
            "fields": sorted(event.data),
            "data_commitment": commitment(event.salt, event.data),
            "personal_commitment": event.personal_commitment,
        }
    )


def audit_entry_of(event: Event, previous_hash: str) -> AuditEntry:
    """Return the link that follows previous_hash in the chain."""
    payload = audit_payload(event)
    return AuditEntry(
        seq=event.change_no,
        entity_type=event.entity_type,
        entity_id=event.entity_id,
        action=event.kind,
        actor_id=event.actor_id,
        at=event.recorded_at,
        payload=payload,
        previous_hash=previous_hash,
        hash=chain_hash(previous_hash, payload),
    )
