"""A life cycle as a table: each row says from where, to where, by whom and with what effect."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from fieldsvc.domain.errors import TransitionRefused
from fieldsvc.domain.roles import Role, stands_for

State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Transition(Generic[State]):
    """One row of a life cycle's table.

    from_states: empty for the birth of the entity. on_behalf: whether a dispatcher may do a technician's row,
    marked as done on behalf. fact: what has happened in the field and is never refused for the plan's sake.
    """

    action: str
    from_states: tuple[State, ...]
    to: State
    roles: frozenset[Role]
    effect: str = ""
    on_behalf: bool = True
    fact: bool = False

    def permits(self, role: Role, *, on_behalf: bool = False) -> bool:
        """Tell whether the role may use this row, as itself or for the technician."""
        if on_behalf:
            can_stand_in = self.on_behalf and Role.TECHNICIAN in self.roles
            return can_stand_in and Role.DISPATCHER in stands_for(role)
        return bool(stands_for(role) & self.roles)


@dataclass(frozen=True)
class LifeCycle(Generic[State]):
    """All rows of one entity."""

    entity: str
    rows: tuple[Transition[State], ...]

    @property
    def name(self) -> str:
        """Return what people call the entity."""
        return self.entity.replace("_", " ")

    def actions_from(self, state: State) -> tuple[str, ...]:
        """Return what can be done in a state, by anybody."""
        return tuple(row.action for row in self.rows if state in row.from_states)

    def permits(self, state: State, action: str, role: Role) -> bool:
        """Tell whether a role may do something in a state."""
        return any(row.permits(role) for row in self.rows if row.action == action and state in row.from_states)

    def allowed_at_birth(self, action: str, role: Role) -> Transition[State]:
        """Return the row by which an entity comes to be, or refuse naming who may."""
        row = next(row for row in self.rows if row.action == action and not row.from_states)
        if not row.permits(role):
            who = ", ".join(sorted(row.roles))
            raise TransitionRefused(
                f"To {action} a {self.name} is for {who}, not for {role}.", code="transition_not_for_role"
            )
        return row

    def allowed(self, state: State, action: str, role: Role, *, on_behalf: bool = False) -> Transition[State]:
        """Return the row for an action, or refuse naming the state and what is possible in it."""
        row = next((row for row in self.rows if row.action == action and state in row.from_states), None)
        if row is None:
            possible = ", ".join(self.actions_from(state)) or "nothing"
            raise TransitionRefused(f"The {self.name} is {state}: {action} is not possible, only {possible}.")
        if not row.permits(role, on_behalf=on_behalf):
            who = ", ".join(sorted(row.roles))
            behalf = " on behalf of the technician" if on_behalf else ""
            raise TransitionRefused(
                f"The {self.name} is {state}: {action} is for {who}, not for {role}{behalf}.",
                code="transition_not_for_role",
            )
        return row
