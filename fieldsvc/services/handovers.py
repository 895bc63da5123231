"""Giving what somebody has in hand to somebody else: one ticket's handler, or everything at once."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.visit_states import PUBLISHED, VISIT
from fieldsvc.models.access import User
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import TechnicianRuleKind, Visit, VisitTechnicianRule
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.belongings import belongings_of, may_handle
from fieldsvc.services.scopes import load_ticket, open_assignments, scope_of, tickets_in_scope, visits_in_scope
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
    if ticket.state not in OPEN:
        raise Conflict(f"The ticket is {ticket.state}: nothing is done for it any more.", code="ticket_over")
    if user_id is not None:  # locked, so that nobody keeps him out meanwhile
        _check_handler(uow.find(User, user_id, lock=True), ticket, "/user_id")
    if ticket.handler_id != user_id:
        _hand(uow, ticket, user_id, reason)
    return ticket


def hand_over(uow: UnitOfWork, user_id: UUID, wanted: HandOver) -> HandedOver:
    """Give everything a user has in hand to another: tickets at once, visits from a day on to be planned anew."""
    giver = _user_in_scope(uow, user_id)
    owned = belongings_of(uow.session, giver, wanted.first_day)
    mine = select(Visit.id).where(Visit.id.in_(owned.visits), visits_in_scope(uow.actor, Action.HANDOVER))
    visits = [uow.get(Visit, visit_id, lock=True) for visit_id in uow.session.scalars(mine.order_by(Visit.id)).all()]
    own = select(Ticket.id).where(Ticket.id.in_(owned.tickets), tickets_in_scope(uow.actor, Action.HANDOVER))
    tickets = [
        uow.get(Ticket, ticket_id, lock=True) for ticket_id in uow.session.scalars(own.order_by(Ticket.id)).all()
    ]
    taker = uow.find(User, wanted.to_user_id, lock=True)  # after visits and tickets, as everywhere
    _check_taker(giver, taker)
    assert taker is not None, "checked just now"
    tickets = [one for one in tickets if one.handler_id == giver.id and one.state in OPEN]
    for ticket in tickets:
        _check_handler(taker, ticket, "/to_user_id")
        _hand(uow, ticket, taker.id, wanted.reason)
    handed = [visit for visit in visits if _give_back(uow, visit, giver, taker, wanted.reason)]
    uow.flush()
    left = belongings_of(uow.session, giver)
    data = {"to_user_id": taker.id, "tickets": len(tickets), "visits": len(handed)}
    uow.record(giver, "belongings_handed_over", reason=wanted.reason, data=data)
    return HandedOver(len(tickets), len(handed), len(left.visits))


def _user_in_scope(uow: UnitOfWork, user_id: UUID) -> User:
    user = uow.find(User, user_id)
    is_seen = scope_of(uow.actor, Action.HANDOVER) is Scope.ALL or (
        user is not None and user.team_id in uow.actor.team_ids
    )
    if user is None or not is_seen:
        raise NotFound(f"There is no user {user_id}.")
    return user


def _check_taker(giver: User, taker: User | None) -> None:
    faults = []
    if taker is None or not taker.is_active or taker.id == giver.id:
        faults.append(Fault("unknown_user", "/to_user_id", "There is no other active user with this id."))
    elif (giver.technician_id is None) != (taker.technician_id is None) or taker.team_id != giver.team_id:
        message = "A technician hands over to a technician of the team, the desk to somebody at its desk."
        faults.append(Fault("other_kind_of_user", "/to_user_id", message))
    if faults:
        raise Invalid("This can't be handed over like this.", faults=faults)


def _check_handler(user: User | None, ticket: Ticket, pointer: str) -> None:
    if user is None or not may_handle(user, ticket.team_id):
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
    _prefer(uow, visit, giver, taker)
    data = {"from_technician_id": giver.technician_id, "to_technician_id": taker.technician_id}
    uow.record(visit, "visit_handed_over", before, visit.state, reason=reason, data=data | {"released_units": released})
    follow_visits(uow, visit.ticket)
    return True


def _prefer(uow: UnitOfWork, visit: Visit, giver: User, taker: User) -> None:
    """Let the other technician be preferred, or required where the one who gives it away was."""
    assert taker.technician_id is not None, "technicians hand over to technicians"
    required = [
        rule
        for rule in visit.technician_rules
        if rule.technician_id == giver.technician_id and rule.kind is TechnicianRuleKind.REQUIRED
    ]
    for rule in required:
        visit.technician_rules.remove(rule)
    if any(rule.technician_id == taker.technician_id for rule in visit.technician_rules):
        return
    kind = TechnicianRuleKind.REQUIRED if required else TechnicianRuleKind.PREFERRED
    visit.technician_rules.append(VisitTechnicianRule(id=uow.new_id(), technician_id=taker.technician_id, kind=kind))
