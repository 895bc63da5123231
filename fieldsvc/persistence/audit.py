"""Reads the evidence chain back and says where it does not hold."""

from collections.abc import Iterator

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import defer

from fieldsvc.domain.evidence import GENESIS, Link, broken_links, commitment
from fieldsvc.models.evidence import AuditEntry, ChangeCounter, Event
from fieldsvc.persistence.unit_of_work import audit_payload

_AT_ONCE = 1_000
"""Entries and events that are in memory together."""


def audit_faults(session: OrmSession) -> list[str]:
    """Return a sentence for each place where chain, events and counter don't agree; empty when they do."""
    compared = _Compared(session)
    faults = broken_links(compared.links())
    faults += [*compared.faults, *compared.alone, *_personal_faults(session)]
    counter = session.scalars(select(ChangeCounter)).one()
    last_seq, last_hash = compared.last
    if (counter.last_change_no, counter.last_hash) != (last_seq, last_hash):
        faults.append(f"The counter stands at {counter.last_change_no}, the chain ends at {last_seq}.")
    return faults


class _Compared:
    """Entries beside their events, read side by side: there may be millions.

    faults: where they differ; alone: events without an entry; last: where the chain ends. Known once all links are.
    """

    def __init__(self, session: OrmSession) -> None:
        some = {"yield_per": _AT_ONCE}
        self._entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(**some))
        # Not with what they say of people: one that can't be opened must not hide all others.
        events = select(Event).options(defer(Event.personal)).order_by(Event.change_no)
        self._events = iter(session.scalars(events.execution_options(**some)))
        self._next = next(self._events, None)
        self.faults: list[str] = []
        self.alone: list[str] = []
        self.last = (0, GENESIS)

    def links(self) -> Iterator[Link]:
        """Give the links of the chain, each compared with its event."""
        for entry in self._entries:
            self._compare(entry)
            self.last = (entry.seq, entry.hash)
            yield Link(entry.seq, entry.payload, entry.previous_hash, entry.hash)
        while self._next is not None:
            self._leave_alone(self._next)

    def _compare(self, entry: AuditEntry) -> None:
        while self._next is not None and self._next.change_no < entry.seq:
            self._leave_alone(self._next)
        event = self._next
        if event is None or event.change_no != entry.seq:
            self.faults.append(f"Entry {entry.seq} has no event.")
            return
        self._next = next(self._events, None)
        if audit_payload(event) != entry.payload:
            self.faults.append(f"Event {entry.seq} differs from its audit entry.")
        elif _filed(entry) != (event.entity_type, event.entity_id, event.kind, event.actor_id, event.recorded_at):
            self.faults.append(f"Entry {entry.seq} is filed under something else than it says.")

    def _leave_alone(self, event: Event) -> None:
        self.alone.append(f"Event {event.change_no} has no audit entry.")
        self._next = next(self._events, None)


def _personal_faults(session: OrmSession) -> Iterator[str]:
    """Compare what events say of people with what the chain commits to; of who was erased only the commitment is left.

    That it reads as nothing for no other reason is looked into where keys are.
    """
    is_there, is_bound = Event.personal.is_not(None), Event.personal_commitment.is_not(None)
    for change_no in session.scalars(select(Event.change_no).where(is_there != is_bound).order_by(Event.change_no)):
        yield f"What event {change_no} says of a person is not there, or not bound."
    bound = select(Event.id, Event.change_no, Event.personal_commitment).where(is_there, is_bound)
    for event_id, change_no, expected in session.execute(bound.order_by(Event.change_no)).all():
        try:
            said = session.scalars(select(Event.personal).where(Event.id == event_id)).one()
        except InvalidToken:
            yield f"What event {change_no} says of a person can't be opened: it was changed, or its key is gone."
            continue
        if said is not None and commitment(said["salt"], said["fields"]) != expected:
            yield f"What event {change_no} says of a person was changed."


def _filed(entry: AuditEntry) -> tuple[object, ...]:
    """Return by what an entry is found."""
    return entry.entity_type, entry.entity_id, entry.action, entry.actor_id, entry.at
