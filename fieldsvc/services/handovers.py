"""Giving what somebody has in hand to somebody else: one ticket's handler, or everything at once."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import PUBLISHED, VISIT
from fieldsvc.models.access import User
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import TechnicianRuleKind, Visit, VisitTechnicianRule
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.belongings import belongings_of, may_handle
from fieldsvc.services.scopes import load_ticket, open_assignments, scope_of
from fieldsvc.services.tickets import follow_visits
from fieldsvc.services.unplanning import take_off_plan


@dataclass(frozen=True, slots=True)
class HandOver:
    """To whom, and from which day on: visits before it stay with whoever has them, so that both are there for a while.

    reason: a code, such as leave or illness.
    """

    to_user_id: UUID
    first_day: date
    reason: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was handed over, and what stays: visits of before that day, and those that have begun."""

    tickets: int
    visits: int
    kept_visits: int


def set_handler(
    uow: UnitOfWork, ticket_id: UUID, user_id: UUID | None, reason: str, version: int | None = None
) -> Ticket:
    """Make somebody the handler of an open ticket, or nobody; the same once more changes nothing."""
    ticket = load_ticket(uow, ticket_id, Action.TICKET_TRIAGE, version)
    if user_id is not None:
        _check_handler(uow.find(User, user_id), ticket, "/user_id")
    if ticket.handler_id != user_id:
        _hand(uow, ticket, user_id, reason)
    return ticket


def hand_over(uow: UnitOfWork, user_id: UUID, wanted: HandOver) -> HandedOver:
    """Give everything a user has in hand to another: tickets at once, visits from a day on to be planned anew."""
    giver, taker = _user_in_scope(uow, user_id), uow.find(User, wanted.to_user_id)
    owned = belongings_of(uow.session, giver, wanted.first_day)
    _check_taker(giver, taker, has_tickets=bool(owned.tickets))
    assert taker is not None, "checked just now"
    visits = [uow.get(Visit, visit_id, lock=True) for visit_id in owned.visits]  # before tickets, as everywhere
    handed = [visit for visit in visits if _give_back(uow, visit, giver, taker, wanted.reason)]
    for ticket_id in owned.tickets:
        ticket = uow.get(Ticket, ticket_id, lock=True)
        if ticket.handler_id == giver.id and ticket.state in OPEN:
            _check_handler(taker, ticket, "/to_user_id")
            _hand(uow, ticket, taker.id, wanted.reason)
    uow.flush()
    left = belongings_of(uow.session, giver)
    data = {"to_user_id": taker.id, "tickets": len(owned.tickets), "visits": len(handed)}
    uow.record(giver, "belongings_handed_over", reason=wanted.reason, data=data)
    return HandedOver(len(owned.tickets), len(handed), len(left.visits))


def _user_in_scope(uow: UnitOfWork, user_id: UUID) -> User:
    user = uow.find(User, user_id)
    is_seen = scope_of(uow.actor, Action.HANDOVER) is Scope.ALL or (
        user is not None and user.team_id in uow.actor.team_ids
    )
    if user is None or not is_seen:
        raise NotFound(f"There is no user {user_id}.")
    return user


def _check_taker(giver: User, taker: User | None, *, has_tickets: bool) -> None:
    faults = []
    if taker is None or not taker.is_active or taker.id == giver.id:
        faults.append(Fault("unknown_user", "/to_user_id", "There is no other active user with this id."))
    elif (giver.technician_id is None) != (taker.technician_id is None) or taker.team_id != giver.team_id:
        message = "A technician hands over to a technician of the team, the desk to somebody at its desk."
        faults.append(Fault("other_kind_of_user", "/to_user_id", message))
    elif has_tickets and not may_handle(taker):
        faults.append(Fault("no_handler", "/to_user_id", "Tickets are handled by agents and dispatchers."))
    if faults:
        raise Invalid("This can't be handed over like this.", faults=faults)


def _check_handler(user: User | None, ticket: Ticket, pointer: str) -> None:
    is_fit = user is not None and may_handle(user) and (user.team_id == ticket.team_id or user.role is Role.SUPERVISOR)
    if not is_fit:
        message = "A ticket is handled by an active agent or dispatcher of its team, or by a supervisor."
        raise Invalid("This is no handler for the ticket.", faults=[Fault("no_handler", pointer, message)])


def _hand(uow: UnitOfWork, ticket: Ticket, user_id: UUID | None, reason: str) -> None:
    data = {"from_user_id": ticket.handler_id, "to_user_id": user_id}
    ticket.handler_id = user_id
    uow.record(ticket, "ticket_handed_over", ticket.state, ticket.state, reason=reason, data=data)


def _give_back(uow: UnitOfWork, visit: Visit, giver: User, taker: User, reason: str) -> bool:
    """Take a visit that nobody has left for off the plan, for the other technician if possible; tell whether it was."""
    mine = [one for one in open_assignments(uow, visit.id) if one.technician_id == giver.technician_id]
    if not mine or visit.state not in PUBLISHED or any(one.departed_at for one in open_assignments(uow, visit.id)):
        return False
    row = VISIT.allowed(visit.state, "postpone", uow.actor.role)
    released = take_off_plan(uow, visit, "handed_over")
    before, visit.state = visit.state, row.to
    known = {rule.technician_id for rule in visit.technician_rules}
    if taker.technician_id is not None and taker.technician_id not in known:
        rule = VisitTechnicianRule(
            id=uow.new_id(), technician_id=taker.technician_id, kind=TechnicianRuleKind.PREFERRED
        )
        visit.technician_rules.append(rule)
    data = {"from_technician_id": giver.technician_id, "to_technician_id": taker.technician_id}
    uow.record(visit, "visit_handed_over", before, visit.state, reason=reason, data=data | {"released_units": released})
    follow_visits(uow, visit.ticket)
    return True
