"""The one who asks, as far as rules need to know."""

from dataclasses import dataclass
from uuid import UUID

from fieldsvc.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, a customer holding a link, or the system.

    team_ids: the own team first, then the teams of loans that run today. technician_id: only for a user who is
    one. is_confined: the device of the session was taken back, so it may only sync. is_program: it came with a key.
    link_ticket_id: what a customer's link opens.
    """

    role: Role
    user_id: UUID | None = None
    team_ids: tuple[UUID, ...] = ()
    technician_id: UUID | None = None
    session_id: UUID | None = None
    is_confined: bool = False
    is_program: bool = False
    link_id: UUID | None = None
    link_ticket_id: UUID | None = None

    @property
    def key(self) -> str:
        """Return what tells this actor from every other: idempotency keys live in it."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        if self.link_id is not None:
            return f"link:{self.link_id}"
        return self.role.value


SYSTEM = Actor(role=Role.SYSTEM)
