"""Reads the evidence chain back and says where it does not hold."""

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.evidence import GENESIS, Link, broken_links, commitment
from fieldsvc.models.evidence import AuditEntry, ChangeCounter, Event
from fieldsvc.persistence.unit_of_work import audit_payload


def audit_faults(session: OrmSession) -> list[str]:
    """Return a sentence for each place where chain, events and counter don't agree; empty when they do."""
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    links = [Link(entry.seq, entry.payload, entry.previous_hash, entry.hash) for entry in entries]
    faults = broken_links(links)
    events = {event.change_no: event for event in session.scalars(select(Event))}
    for entry in entries:
        event = events.pop(entry.seq, None)
        if event is None:
            faults.append(f"Entry {entry.seq} has no event.")
        elif audit_payload(event) != entry.payload:
            faults.append(f"Event {entry.seq} differs from its audit entry.")
        elif _filed(entry) != (event.entity_type, event.entity_id, event.kind, event.actor_id, event.recorded_at):
            faults.append(f"Entry {entry.seq} is filed under something else than it says.")
        elif not _is_bound(event):
            faults.append(f"What event {entry.seq} says of a person was changed.")
    faults += [f"Event {change_no} has no audit entry." for change_no in sorted(events)]
    counter = session.scalars(select(ChangeCounter)).one()
    last_seq, last_hash = (links[-1].seq, links[-1].hash) if links else (0, GENESIS)
    if (counter.last_change_no, counter.last_hash) != (last_seq, last_hash):
        faults.append(f"The counter stands at {counter.last_change_no}, the chain ends at {last_seq}.")
    return faults


def _is_bound(event: Event) -> bool:
    """Tell whether what an event says of a person is what the chain commits to; not to be told of who was erased."""
    if event.personal is None:
        return True
    return commitment(event.personal["salt"], event.personal["fields"]) == event.personal_commitment


def _filed(entry: AuditEntry) -> tuple[object, ...]:
    """Return by what an entry is found."""
    return entry.entity_type, entry.entity_id, entry.action, entry.actor_id, entry.at
