"""What phones have told, with what became of it: for the office, and for the technician."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import defer

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.phone_commands import CommandStatus
from fieldsvc.models.devices import PhoneCommand
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.services.scopes import scope_of

# What only belongs where it was stored for good.
_NOT_SHOWN = ("content", "content_base64", "strokes")


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command as one actor may see it. args: None for technicians, who had it on their phone."""

    command: PhoneCommand
    args: Mapping[str, Any] | None


def list_phone_commands(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    status: CommandStatus | None = None,
    visit_id: UUID | None = None,
) -> Page[CommandView]:
    """Return what phones have told, the newest first: one's own, or about visits of the actor's teams."""
    query = select(PhoneCommand).where(_in_scope(actor))
    if status is not None:
        query = query.where(PhoneCommand.status == status)
    if visit_id is not None:
        query = query.where(PhoneCommand.visit_id == visit_id)
    is_own = scope_of(actor, Action.PHONE_COMMAND_READ) is Scope.OWN
    query = query.options(defer(PhoneCommand.args)) if is_own else query
    found = fetch_page(session, query, [PhoneCommand.recorded_at, PhoneCommand.id], page, is_descending=True)
    return Page([CommandView(one, None if is_own else _shown(one.args)) for one in found.items], found.next_after)


def _shown(args: Any) -> Mapping[str, Any] | None:
    if not isinstance(args, dict):
        return None
    return {name: value for name, value in args.items() if name not in _NOT_SHOWN}


def _in_scope(actor: Actor) -> ColumnElement[bool]:
    match scope_of(actor, Action.PHONE_COMMAND_READ):
        case Scope.ALL:
            return true()
        case Scope.TEAM:
            visits = select(Visit.id).where(Visit.team_id.in_(actor.team_ids))
            # What is about oneself names the technician where others name the visit.
            technicians = select(Technician.id).where(Technician.team_id.in_(actor.team_ids))
            return PhoneCommand.visit_id.in_(visits) | PhoneCommand.visit_id.in_(technicians)
        case _:
            return PhoneCommand.user_id == actor.user_id
