"""Loads the demo day into an empty database, in one transaction: everything, or nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fieldsvc.adapters.passwords import Passwords
from fieldsvc.demo.places import load_stock, load_technicians
from fieldsvc.demo.procedures import load_procedures
from fieldsvc.demo.source import DemoDay
from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.domain.roles import Role
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.assets import Asset
from fieldsvc.models.assignments import Decline
from fieldsvc.models.customers import Customer, Site
from fieldsvc.models.job_types import JobType
from fieldsvc.models.technicians import Team
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.types import keyring_of
from fieldsvc.models.visits import (
    TechnicianRuleKind,
    Visit,
    VisitPart,
    VisitPredecessor,
    VisitSkill,
    VisitTechnicianRule,
    VisitWindow,
)
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.users import create_user

ZONE = "America/Sao_Paulo"
PASSWORD = "fieldsvc-demo"  # noqa: S105 -- public by design
"""The demo listens on the loopback address only, and its accounts hold invented people."""
ACCOUNTS = (
    ("agent", Role.AGENT),
    ("dispatcher", Role.DISPATCHER),
    ("warehouse", Role.WAREHOUSE),
    ("supervisor", Role.SUPERVISOR),
    ("admin", Role.ADMIN),
)
_PRIORITIES = {"emergency": 1, "high": 2, "normal": 3, "low": 4}
_RULES = {
    TechnicianRuleKind.REQUIRED: "required_technicians",
    TechnicianRuleKind.PREFERRED: "preferred_technicians",
    TechnicianRuleKind.EXCLUDED: "excluded_technicians",
}


@dataclass(frozen=True, slots=True)
class LoadedDay:
    """What the demo goes on with."""

    team_id: UUID
    day: date
    visits: int
    technicians: int


def load_day(uow: UnitOfWork, passwords: Passwords, source: DemoDay, day: date) -> LoadedDay:
    """Make teams, accounts, technicians, stock, customers, tickets and visits, with the day's times moved to `day`."""
    horizon = Horizon(day, ZONE)
    team = Team(id=uow.new_id(), name="Porto Alegre", zone=ZONE)
    other = Team(id=uow.new_id(), name="Litoral", zone=ZONE)
    _add(uow, [team, other])
    parts, vans = load_stock(uow, source, team.id)
    technicians = load_technicians(uow, source, team.id, vans, horizon)
    _load_accounts(uow, passwords, team.id, other.id, technicians)
    job_types = _load_job_types(uow, source)
    load_procedures(uow, job_types.values())
    visits: dict[str, UUID] = {}
    for job in source.problem["jobs"]:
        facts = source.people["jobs"][job["id"]]
        ticket = _load_ticket(uow, facts, team.id, horizon, len(visits) + 1)
        visit = _visit(uow, job, ticket, job_types[facts["job_type"]], parts, horizon)
        _add(uow, [visit, *_rules(uow, job, visit.id, technicians)])
        uow.record(visit, "visit_drafted", None, VisitState.UNSCHEDULED)
        visits[job["id"]] = visit.id
    _add(uow, _predecessors(uow, source, visits))
    return LoadedDay(team.id, day, len(visits), len(technicians))


def _add(uow: UnitOfWork, rows: Iterable[Any]) -> None:
    uow.session.add_all(rows)
    uow.flush()  # rows name each other by id, so they are sent in the order they are made


def _load_accounts(
    uow: UnitOfWork, passwords: Passwords, team: UUID, other: UUID, technicians: Mapping[str, UUID]
) -> None:
    wanted: list[tuple[str, Role, UUID, UUID | None]] = [(login, role, team, None) for login, role in ACCOUNTS]
    wanted += [(login, Role.TECHNICIAN, team, technicians[login]) for login in ("technician1", "technician2")]
    wanted.append(("outsider", Role.DISPATCHER, other, None))
    for login, role, team_id, technician_id in wanted:
        create_user(
            uow,
            passwords,
            login=login,
            display_name=login.capitalize(),
            password=PASSWORD,
            role=role,
            team_id=team_id,
            technician_id=technician_id,
        )
    uow.flush()


def _load_job_types(uow: UnitOfWork, source: DemoDay) -> dict[str, UUID]:
    """One job type for each kind of work of the day, with the needs of its first visit as defaults."""
    rows: dict[str, JobType] = {}
    numbers = {slug: part["number"] for slug, part in source.people["parts"].items()}
    for job in source.problem["jobs"]:
        code = source.people["jobs"][job["id"]]["job_type"]
        if code not in rows:
            name = code.replace("-", " ").capitalize()
            rows[code] = JobType(
                id=uow.new_id(),
                code=code,
                name_en=name,
                name_zh=name,
                service_s=job["service_s"],
                skills=job.get("skills", {}),
                parts={numbers[part]: quantity for part, quantity in job.get("parts", {}).items()},
                tools=job.get("tools", []),
            )
    _add(uow, rows.values())
    return {code: row.id for code, row in rows.items()}


def _load_ticket(uow: UnitOfWork, facts: Mapping[str, Any], team: UUID, horizon: Horizon, count: int) -> Ticket:
    who, where, thing, report = facts["customer"], facts["site"], facts["asset"], facts["ticket"]
    sealer = keyring_of(uow.session.get_bind().dialect).sealer
    customer = Customer(
        id=uow.new_id(),
        team_id=team,
        kind=who["kind"],
        name=who["name"],
        phone=facts["phone"],
        phone_index=sealer.index_of(facts["phone"]),
        language="zh_Hans" if who["language"] == "zh" else who["language"],
    )
    site = Site(
        id=uow.new_id(),
        customer_id=customer.id,
        team_id=team,
        name=where["name"],
        address=where["address"],
        latitude=where["latitude"],
        longitude=where["longitude"],
        zone=where["zone"],
    )
    asset = Asset(
        id=uow.new_id(),
        site_id=site.id,
        category=thing["category"],
        model=thing["model"],
        serial=thing["serial"],
        purchased_on=date.fromisoformat(thing["purchase_date"]),
        warranty_months=thing["warranty_months"],
    )
    ticket = Ticket(
        id=uow.new_id(),
        number=f"T-{count:04}",
        customer_id=customer.id,
        site_id=site.id,
        asset_id=asset.id,
        team_id=team,
        state=TicketState.TRIAGED,
        channel=report["channel"],
        nature=report["nature"],
        urgency=report["urgency"],
        subject=report["subject"],
        description=report["description"],
        reported_at=_reported_at(uow, horizon, report["reported_minutes_before"]),
        recorded_at=uow.now,
    )
    for row in (customer, site, asset, ticket):
        _add(uow, [row])
    uow.record(ticket, "ticket_imported", None, TicketState.TRIAGED, occurred_at=ticket.reported_at)
    return ticket


def _reported_at(uow: UnitOfWork, horizon: Horizon, minutes_before: int) -> datetime:
    """As long before the day's midnight as the file says, but never in the future."""
    return min(uow.now, horizon.midnight - timedelta(minutes=minutes_before))


def _visit(
    uow: UnitOfWork,
    job: Mapping[str, Any],
    ticket: Ticket,
    job_type: UUID,
    parts: Mapping[str, UUID],
    horizon: Horizon,
) -> Visit:
    due = job.get("due_s")
    return Visit(
        id=uow.new_id(),
        number=job["id"],
        ticket_id=ticket.id,
        site_id=ticket.site_id,
        team_id=ticket.team_id,
        job_type_id=job_type,
        state=VisitState.UNSCHEDULED,
        priority=_PRIORITIES[job.get("priority", "normal")],
        service_s=job["service_s"],
        service_s_by_level={str(level): s for level, s in job.get("service_s_by_level", [])} or None,
        tools=job.get("tools", []),
        territory=job.get("territory"),
        crew_size=job.get("crew_size", 1),
        due_at=None if due is None else horizon.moment(due),
        lateness_cents_per_minute=job.get("lateness_cents_per_minute", 0),
        unplanned_penalty_cents=job["unplanned_penalty_cents"],
        windows=[
            VisitWindow(id=uow.new_id(), earliest=horizon.moment(window["start"]), latest=horizon.moment(window["end"]))
            for window in job.get("windows", [])
        ],
        skills=[
            VisitSkill(id=uow.new_id(), skill=skill, level=level) for skill, level in job.get("skills", {}).items()
        ],
        parts=[
            VisitPart(id=uow.new_id(), part_id=parts[part], quantity=quantity)
            for part, quantity in job.get("parts", {}).items()
        ],
    )


def _rules(uow: UnitOfWork, job: Mapping[str, Any], visit: UUID, technicians: Mapping[str, UUID]) -> list[Any]:
    rules: list[Any] = [
        VisitTechnicianRule(id=uow.new_id(), visit_id=visit, technician_id=technicians[technician], kind=kind)
        for kind, name in _RULES.items()
        for technician in job.get(name, [])
    ]
    rules += [
        Decline(
            id=uow.new_id(),
            visit_id=visit,
            technician_id=technicians[technician],
            reason="too_far",
            declined_at=uow.now,
        )
        for technician in job.get("declined_by", [])
    ]
    return rules


def _predecessors(uow: UnitOfWork, source: DemoDay, visits: Mapping[str, UUID]) -> list[VisitPredecessor]:
    return [
        VisitPredecessor(
            id=uow.new_id(),
            visit_id=visits[job["id"]],
            predecessor_id=visits[first["job"]],
            lag_s=first.get("lag_s", 0),
        )
        for job in source.problem["jobs"]
        for first in job.get("predecessors", [])
    ]
