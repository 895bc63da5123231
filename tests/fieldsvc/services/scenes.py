"""One scene for each row of the tables of visit, sign-off and run: somebody about to take it, and what would tell.

A scene is a database in which something stands where the row begins. `act_as` says what the row's action is for each
role: a technician goes by the own visit, a customer by the link, the system as its worker does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.roles import Role
from fieldsvc.models import Event
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed

# A visit that is planned is planned again for somebody else, or for another time: a step that ends where it began.
_IS_STEP = Event.from_state.is_distinct_from(Event.to_state) | (Event.kind == "visit_reassigned")
UseCase = Callable[[UnitOfWork], Any]


@dataclass
class Scene:
    """Who is there, and what the row's action is for each of them. kind: of entity, as events call it."""

    database: Database
    kind: str
    actors: Mapping[Role, Actor]
    act_as: Callable[[Actor], UseCase]
    before: dict[tuple[str | None, str], int] = field(default_factory=dict)

    def act(self, role: Role, *, on_behalf: bool = False) -> Any:
        """Let somebody of a role take the action, in one transaction like any request."""
        actor = self.actors[role]
        source = "worker" if actor is SYSTEM else "test"
        return execute_unkeyed(self.database, Command(actor, source, on_behalf=on_behalf), self.act_as(actor))

    def begin(self) -> "Scene":
        """Count from here on."""
        self.before = self._counted()
        return self

    def steps(self, start: str | None, to: str) -> int:
        """How often something of the kind has gone this way since the scene began."""
        return self._counted().get((start, to), 0) - self.before.get((start, to), 0)

    def changes(self) -> int:
        """How many changes there are of anything."""
        with self.database.read_only() as session:
            return session.scalar(select(func.count()).select_from(Event)) or 0

    def _counted(self) -> dict[tuple[str | None, str], int]:
        with self.database.read_only() as session:
            rows = session.execute(
                select(Event.from_state, Event.to_state, func.count())
                .where(Event.entity_type == self.kind, _IS_STEP)
                .group_by(Event.from_state, Event.to_state)
            )
            return {(start, to): count for start, to, count in rows if to is not None}
