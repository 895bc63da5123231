"""What is kept about a customer, as one JSON document: every table that holds something of his, row by row."""

import base64
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import undefer

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Erased, NotFound
from fieldsvc.domain.privacy_states import PrivacyKind, PrivacyState
from fieldsvc.models.assets import Asset
from fieldsvc.models.base import Base
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.evidence import Event
from fieldsvc.persistence.ownership import rows_about
from fieldsvc.services.privacy import EXPORT_KEPT, get_privacy_request

FORMAT = "fieldsvc.customer-export/1"
# What the system finds and compares rows by says nothing about the customer.
_INTERNAL = frozenset({"version", "phone_index", "email_index", "completed_hash"})


def export_customer(session: OrmSession, actor: Actor, request_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the document of an approved export, as things are now."""
    request = get_privacy_request(session, actor, request_id)
    if request.kind is not PrivacyKind.EXPORT:
        raise NotFound("This request is for an erasure: it has no document.")
    if request.state is not PrivacyState.APPROVED or request.decided_at is None:
        raise Conflict(f"The request is {request.state}: only an approved one has a document.", code="not_approved")
    if now > request.decided_at + EXPORT_KEPT:
        raise Conflict(f"An export can be fetched for {EXPORT_KEPT.days} days: ask anew.", code="export_over")
    customer = session.get_one(Customer, request.customer_id)
    if customer.erased_at is not None:
        raise Erased("This customer was erased: nothing is kept any more.")
    tables: dict[str, list[dict[str, Any]]] = {}
    ids: set[UUID] = set()
    for model, condition in rows_about(customer.id):
        rows = session.scalars(select(model).where(condition).options(undefer("*")).order_by(_id_of(model))).all()
        tables[model.__tablename__] = [_plain_row(row) for row in rows]
        ids.update(row.id for row in rows)  # type: ignore[attr-defined]  # every row about a customer has an id
    sites = select(Site.id).where(Site.customer_id == customer.id)
    tables["assets"] = [_plain_row(row) for row in session.scalars(select(Asset).where(Asset.site_id.in_(sites)))]
    tables["events"] = _events(session, ids)
    return {"format": FORMAT, "customer_id": customer.id, "exported_at": now, "tables": tables}


def _events(session: OrmSession, ids: set[UUID]) -> list[dict[str, Any]]:
    """What happened to any of the customer's rows, in order; without who did it, who is somebody else."""
    ordered = sorted(ids)
    found: list[Event] = []
    for first in range(0, len(ordered), 500):
        found += session.scalars(select(Event).where(Event.entity_id.in_(ordered[first : first + 500]))).all()
    names = ("entity_type", "entity_id", "kind", "from_state", "to_state", "actor_role", "occurred_at", "recorded_at")
    found.sort(key=lambda event: event.change_no)
    return [{name: _plain(getattr(event, name)) for name in names} for event in found]


def _id_of(model: type[Base]) -> Any:
    return model.__table__.c.id


def _plain_row(row: Base) -> dict[str, Any]:
    names = [one.key for one in inspect(type(row)).column_attrs if one.key not in _INTERNAL]
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
