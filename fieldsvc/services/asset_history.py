"""What was done at an asset before: enough for a technician who stands before it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assets import Asset
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import Site
from fieldsvc.models.job_types import JobType
from fieldsvc.models.records import Consumption, Diagnosis
from fieldsvc.models.stock import Part
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PastPart:
    """Units that were used."""

    number: str
    quantity: int
    serial: str | None


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit that was completed at the asset, the newest first."""

    visit_id: UUID
    number: str
    job_type: str
    finished_at: datetime | None
    solution: str | None
    diagnoses: Sequence[Diagnosis]
    parts: Sequence[PastPart]


def histories_of(session: OrmSession, asset_ids: Collection[UUID]) -> dict[UUID, list[PastVisit]]:
    """Return by asset the newest completed visits."""
    if not asset_ids:
        return {}
    rows = session.execute(
        select(Asset.id, Visit.id, Visit.number, JobType.code, Assignment.finished_at, Visit.solution)
        .join(Ticket, Ticket.asset_id == Asset.id)
        .join(Site, (Site.id == Asset.site_id) & (Site.customer_id == Ticket.customer_id))  # not of an owner of before
        .join(Visit, Visit.ticket_id == Ticket.id)
        .join(JobType, JobType.id == Visit.job_type_id)
        .join(Assignment, (Assignment.visit_id == Visit.id) & Assignment.is_lead & Assignment.ended_at.is_(None))
        .where(Asset.id.in_(asset_ids), Visit.state == VisitState.COMPLETED)
        .order_by(Assignment.finished_at.desc(), Visit.id.desc())
    ).all()
    shown: dict[UUID, list[tuple[UUID, str, str, datetime | None, str | None]]] = {}
    for asset_id, visit_id, number, job_type, finished_at, solution in rows:
        if len(own := shown.setdefault(asset_id, [])) < MOST_SHOWN:
            own.append((visit_id, number, job_type, finished_at, solution))
    ids = [one[0] for own in shown.values() for one in own]
    diagnoses, parts = _diagnoses(session, ids), _parts(session, ids)
    return {
        asset_id: [PastVisit(*one, diagnoses.get(one[0], ()), parts.get(one[0], ())) for one in own]
        for asset_id, own in shown.items()
    }


def _diagnoses(session: OrmSession, visit_ids: Collection[UUID]) -> dict[UUID, list[Diagnosis]]:
    found: dict[UUID, list[Diagnosis]] = {}
    for one in session.scalars(select(Diagnosis).where(Diagnosis.visit_id.in_(visit_ids)).order_by(Diagnosis.id)):
        found.setdefault(one.visit_id, []).append(one)
    return found


def _parts(session: OrmSession, visit_ids: Collection[UUID]) -> dict[UUID, list[PastPart]]:
    used = select(Consumption.visit_id, Part.number, Consumption.quantity, Consumption.serial)
    used = used.join(Part, Part.id == Consumption.part_id).where(Consumption.visit_id.in_(visit_ids))
    found: dict[UUID, list[PastPart]] = {}
    for visit_id, number, quantity, serial in session.execute(used.order_by(Consumption.id)):
        found.setdefault(visit_id, []).append(PastPart(number, quantity, serial))
    return found
