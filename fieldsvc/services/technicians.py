"""Technicians as planners see them: what they can do, and when they work."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.models.technicians import Shift, Technician
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.services.scopes import technicians_in_scope


def list_technicians(
    session: OrmSession, actor: Actor, page: PageRequest, *, skill: str | None = None, day: date | None = None
) -> Page[Technician]:
    """Return the technicians the actor may see; with a skill, those who have it; with a day, those who work."""
    query = select(Technician).where(technicians_in_scope(actor, Action.TECHNICIAN_READ), Technician.is_active)
    if skill is not None:
        query = query.where(Technician.skills.any(skill=skill))
    if day is not None:
        query = query.where(Technician.id.in_(select(Shift.technician_id).where(Shift.day == day)))
    return fetch_page(session, query, [Technician.id], page)


def get_technician(session: OrmSession, actor: Actor, technician_id: UUID) -> Technician:
    """Return one technician the actor may see."""
    query = select(Technician).where(
        Technician.id == technician_id, technicians_in_scope(actor, Action.TECHNICIAN_READ)
    )
    technician = session.scalar(query)
    if technician is None:
        raise NotFound(f"There is no technician {technician_id}.")
    return technician


def list_shifts(
    session: OrmSession, actor: Actor, technician_id: UUID, page: PageRequest, *, first_day: date | None = None
) -> Page[Shift]:
    """Return a technician's shifts by day, from a day on."""
    get_technician(session, actor, technician_id)
    query = select(Shift).where(Shift.technician_id == technician_id)
    if first_day is not None:
        query = query.where(Shift.day >= first_day)
    return fetch_page(session, query, [Shift.day, Shift.id], page)
