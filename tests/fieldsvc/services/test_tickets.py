"""Reports, triage, and a ticket that goes where its visits go."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import Channel, Nature
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.urgency import VISIT_DEFAULTS, Urgency
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Ticket, Visit
from fieldsvc.services import tickets
from fieldsvc.services.tickets import Report, Triage
from tests.fieldsvc.stage import Stage


def report(stage: Stage, login: str = "agent", **changes) -> Ticket:
    given = {
        "channel": Channel.PHONE,
        "customer_id": stage.cast.customer,
        "site_id": stage.cast.site,
        "asset_id": stage.cast.asset,
        "subject": "no hot water",
        "description": "since yesterday",
    }
    return stage.act(stage.cast.actors[login], lambda uow: tickets.report_ticket(uow, Report(**(given | changes))))


def triage(stage: Stage, ticket: Ticket, login: str = "agent", version: int | None = None, **changes) -> Ticket:
    given = {"nature": Nature.HARDWARE, "urgency": Urgency.HIGH, "job_type_id": stage.cast.job_type}
    wanted = Triage(**(given | changes))
    return stage.act(stage.cast.actors[login], lambda uow: tickets.triage_ticket(uow, ticket.id, wanted, version))


def visits_of(stage: Stage, ticket: Ticket) -> list[Visit]:
    with stage.database.read_only() as session:
        return list(session.scalars(select(Visit).where(Visit.ticket_id == ticket.id).order_by(Visit.id)))


def set_visit(stage: Stage, visit_id, state: VisitState, ticket_id) -> None:
    """Move a visit as the dispatcher's drag will, and let the ticket follow."""
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, visit_id)
        before, visit.state = visit.state, state
        uow.record(visit, "visit_moved", before, state)
        tickets.follow_visits(uow, uow.get(Ticket, ticket_id))
        uow.commit()


@pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor", "admin"])
def test_the_desk_takes_a_report_down(stage: Stage, login: str) -> None:
    ticket = report(stage, login)
    assert (ticket.state, ticket.team_id, ticket.channel) == (TicketState.NEW, stage.cast.team, "phone")
    assert ticket.number.startswith("T-")
    assert [event.to_state for event in stage.events(ticket.id)] == ["new"]


@pytest.mark.parametrize("login", ["technician1", "warehouse"])
def test_others_do_not(stage: Stage, login: str) -> None:
    with pytest.raises(Forbidden):
        report(stage, login)


def test_a_customer_of_another_team_is_unknown(stage: Stage) -> None:
    with pytest.raises(Invalid) as refused:
        report(stage, "outsider")
    assert [fault.code for fault in refused.value.faults] == ["unknown_customer"]


def test_a_report_names_all_its_faults(stage: Stage) -> None:
    tomorrow = stage.cast.at(12) + timedelta(days=2)
    with pytest.raises(Invalid) as refused:
        report(stage, site_id=uuid4(), asset_id=uuid4(), reported_at=tomorrow, occurred_since=tomorrow)
    assert [fault.pointer for fault in refused.value.faults] == [
        "/site_id",
        "/asset_id",
        "/reported_at",
        "/occurred_since",
    ]


def test_an_id_of_the_clients_own_is_used_once(stage: Stage) -> None:
    mine = uuid4()
    assert report(stage, ticket_id=mine).id == mine
    with pytest.raises(Conflict):
        report(stage, ticket_id=mine)


@pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor", "admin"])
def test_triage_drafts_a_visit_with_what_the_job_type_needs(stage: Stage, login: str) -> None:
    ticket = triage(stage, report(stage), login)
    defaults = VISIT_DEFAULTS[Urgency.HIGH]
    assert ticket.state is TicketState.TRIAGED
    assert ticket.handler_id == (None if login == "admin" else stage.cast.actors[login].user_id)
    assert ticket.due_at == ticket.reported_at + defaults.due_after
    (visit,) = visits_of(stage, ticket)
    assert (visit.number, visit.state, visit.priority) == (f"{ticket.number}-1", VisitState.UNSCHEDULED, 2)
    assert (visit.service_s, visit.tools, visit.due_at) == (3600, ["ladder"], ticket.due_at)
    assert visit.unplanned_penalty_cents == defaults.unplanned_penalty_cents
    assert [(skill.skill, skill.level) for skill in visit.skills] == [("plumbing", 2)]
    assert [(part.part_id, part.quantity) for part in visit.parts] == [(stage.cast.part, 2)]
    assert visit.windows == []


def test_windows_and_due_time_that_are_given_are_kept(stage: Stage) -> None:
    window = (stage.cast.at(20), stage.cast.at(22))
    due = stage.cast.at(23) + timedelta(days=1)
    (visit,) = visits_of(stage, triage(stage, report(stage), windows=[window], due_at=due))
    assert [(one.earliest, one.latest) for one in visit.windows] == [window]
    assert visit.due_at == due


def test_a_triage_names_all_its_faults(stage: Stage) -> None:
    ticket = report(stage, site_id=None, asset_id=None)
    with pytest.raises(Invalid) as refused:
        triage(
            stage,
            ticket,
            job_type_id=uuid4(),
            windows=[(stage.cast.at(12), stage.cast.at(11))],
            due_at=ticket.reported_at - timedelta(hours=1),
        )
    assert [fault.pointer for fault in refused.value.faults] == [
        "/site_id",
        "/job_type_id",
        "/windows/0",
        "/due_at",
    ]
    assert visits_of(stage, ticket) == []


def test_triage_is_once_and_for_the_own_desk(stage: Stage) -> None:
    ticket = report(stage)
    for login, refusal in (("technician1", Forbidden), ("warehouse", Forbidden), ("outsider", NotFound)):
        with pytest.raises(refusal):
            triage(stage, ticket, login)
    with pytest.raises(StaleVersion):
        triage(stage, ticket, version=9)
    triage(stage, ticket, version=1)
    with pytest.raises(TransitionRefused):
        triage(stage, ticket)
    assert len(visits_of(stage, ticket)) == 1


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        ("agent", {"T1", "T2", "T3"}),
        ("technician1", {"T1"}),
        ("technician2", {"T3"}),
        ("outsider", {"T4"}),
        ("supervisor", {"T1", "T2", "T3", "T4"}),
    ],
)
def test_tickets_are_seen_by_scope(stage: Stage, login: str, sees: set[str]) -> None:
    actor = stage.cast.actors[login]
    with stage.database.read_only() as session:
        assert {ticket.number for ticket in tickets.list_tickets(session, actor, PageRequest()).items} == sees
        if "T1" in sees:
            view = tickets.get_ticket(session, actor, stage.cast.ticket)
            assert (view.customer is None) == (login == "technician1")
        else:
            with pytest.raises(NotFound):
                tickets.get_ticket(session, actor, stage.cast.ticket)


def test_tickets_are_filtered(stage: Stage) -> None:
    with stage.database.read_only() as session:
        found = tickets.list_tickets(session, stage.cast.agent, PageRequest(), state=TicketState.TRIAGED)
        assert [ticket.number for ticket in found.items] == ["T2"]
        none = tickets.list_tickets(session, stage.cast.agent, PageRequest(), nature=Nature.COMPLAINT)
        assert none.items == []


def test_a_ticket_follows_its_visits_forward_and_back(stage: Stage) -> None:
    ticket = triage(stage, report(stage))
    (visit,) = visits_of(stage, ticket)
    for state, expected in (
        (VisitState.PLANNED, TicketState.IN_PROGRESS),
        (VisitState.UNSCHEDULED, TicketState.TRIAGED),
        (VisitState.DISPATCHED, TicketState.IN_PROGRESS),
        (VisitState.CANCELLED, TicketState.TRIAGED),
        (VisitState.ON_SITE, TicketState.IN_PROGRESS),
        (VisitState.COMPLETED, TicketState.RESOLVED),
    ):
        set_visit(stage, visit.id, state, ticket.id)
        assert stage.row(Ticket, ticket.id).state is expected
    assert [event.source for event in stage.events(ticket.id)][2:] == ["system"] * 6


def test_a_waiting_ticket_waits_until_the_work_is_done(stage: Stage) -> None:
    ticket = triage(stage, report(stage))
    with stage.database.unit_of_work() as uow:
        row = uow.get(Ticket, ticket.id)
        row.state = TicketState.WAITING
        uow.record(row, "ticket_waits", "triaged", "waiting", reason="customer")
        uow.commit()
    (visit,) = visits_of(stage, ticket)
    set_visit(stage, visit.id, VisitState.PLANNED, ticket.id)
    assert stage.row(Ticket, ticket.id).state is TicketState.WAITING
    set_visit(stage, visit.id, VisitState.COMPLETED, ticket.id)
    assert stage.row(Ticket, ticket.id).state is TicketState.RESOLVED


def test_a_follow_up_is_drafted_once_and_needs_what_was_not_used(stage: Stage) -> None:
    ticket = triage(stage, report(stage))
    (first,) = visits_of(stage, ticket)
    set_visit(stage, first.id, VisitState.ON_SITE, ticket.id)
    set_visit(stage, first.id, VisitState.INCOMPLETE, ticket.id)
    with stage.database.unit_of_work() as uow:
        tickets.follow_visits(uow, uow.get(Ticket, ticket.id))
        uow.commit()
    _, second = visits_of(stage, ticket)
    assert (second.number, second.state) == (f"{ticket.number}-2", VisitState.UNSCHEDULED)
    assert [(part.part_id, part.quantity) for part in second.parts] == [(stage.cast.part, 2)]
    assert [event.data.get("follows_id") for event in stage.events(second.id)] == [str(first.id)]
