"""Who acts: the staff roles, the customer by link, and the system itself."""

from enum import StrEnum


class Role(StrEnum):
    """What an actor is; one role for each user."""

    TECHNICIAN = "technician"
    AGENT = "agent"
    DISPATCHER = "dispatcher"
    WAREHOUSE = "warehouse"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    CUSTOMER = "customer"
    SYSTEM = "system"


STAFF = frozenset(Role) - {Role.CUSTOMER, Role.SYSTEM}


def handles_tickets(role: Role) -> bool:
    """Tell whether somebody of a role may be the handler of a ticket."""
    return bool(stands_for(role) & {Role.AGENT, Role.DISPATCHER})


def stands_for(role: Role) -> frozenset[Role]:
    """Return every role whose rows the given role may use: a supervisor is a dispatcher and agent too."""
    if role is Role.SUPERVISOR:
        return frozenset({Role.SUPERVISOR, Role.DISPATCHER, Role.AGENT})
    return frozenset({role})
