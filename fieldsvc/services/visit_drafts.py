"""New visits of a ticket: what they need comes from the job type, or from the visit they follow."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.urgency import VisitDefaults
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.customers import Site
from fieldsvc.models.job_types import JobType
from fieldsvc.models.records import Consumption
from fieldsvc.models.stock import Part
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit, VisitPart, VisitSkill, VisitTechnicianRule, VisitWindow
from fieldsvc.persistence.unit_of_work import UnitOfWork

Window = tuple[datetime, datetime]
# No plan is made for so far ahead.
FARTHEST_AHEAD = timedelta(days=180)


def inverted_windows(windows: Sequence[Window]) -> list[Fault]:
    """Return which windows end before they begin."""
    return [
        Fault("window_inverted", f"/windows/{index}", "The window ends before it begins.")
        for index, (earliest, latest) in enumerate(windows)
        if latest < earliest
    ]


def window_faults(now: datetime, windows: Sequence[Window]) -> list[Fault]:
    """Return what is wrong with times that a customer is to be promised from now on."""
    faults = inverted_windows(windows)
    for index, (earliest, latest) in enumerate(windows):
        if latest <= now:
            faults.append(Fault("window_over", f"/windows/{index}/latest", "This time has passed."))
        if earliest > now + FARTHEST_AHEAD:
            message = f"This is more than {FARTHEST_AHEAD.days} days ahead."
            faults.append(Fault("too_far_ahead", f"/windows/{index}/earliest", message))
    return faults


def draft_visit(
    uow: UnitOfWork,
    ticket: Ticket,
    site: Site,
    job_type: JobType,
    defaults: VisitDefaults,
    *,
    windows: Sequence[Window],
    due_at: datetime,
    repeats: UUID | None = None,
) -> Visit:
    """Add an unscheduled visit with the needs of its job type; the ticket has to be locked.

    repeats: a visit whose work did not hold.
    """
    visit = Visit(
        id=uow.new_id(),
        number=_next_number(uow, ticket),
        ticket_id=ticket.id,
        site_id=site.id,
        team_id=ticket.team_id,
        job_type_id=job_type.id,
        state=VisitState.UNSCHEDULED,
        priority=defaults.priority,
        service_s=job_type.service_s,
        tools=list(job_type.tools),
        territory=site.territory,
        crew_size=job_type.crew_size,
        needs_inspection=job_type.needs_inspection,
        due_at=due_at,
        succeeds_id=repeats,
        lateness_cents_per_minute=defaults.lateness_cents_per_minute,
        unplanned_penalty_cents=defaults.unplanned_penalty_cents,
        windows=[_window(uow, earliest, latest) for earliest, latest in windows],
        skills=[VisitSkill(id=uow.new_id(), skill=code, level=level) for code, level in job_type.skills.items()],
        parts=[
            VisitPart(id=uow.new_id(), part_id=part_id, quantity=quantity)
            for part_id, quantity in _needed_parts(uow, job_type)
        ],
    )
    return _added(uow, visit, repeats_id=repeats)


def draft_follow_up(uow: UnitOfWork, ticket: Ticket, ended: Visit) -> Visit:
    """Add an unscheduled visit that does what another could not; parts used there are not needed again."""
    visit = Visit(
        id=uow.new_id(),
        number=_next_number(uow, ticket),
        ticket_id=ticket.id,
        site_id=ended.site_id,
        team_id=ended.team_id,
        job_type_id=ended.job_type_id,
        state=VisitState.UNSCHEDULED,
        priority=ended.priority,
        service_s=ended.service_s,
        service_s_by_level=ended.service_s_by_level,
        tools=list(ended.tools),
        territory=ended.territory,
        crew_size=ended.crew_size,
        needs_inspection=ended.needs_inspection,
        due_at=ended.due_at,
        succeeds_id=ended.id,
        lateness_cents_per_minute=ended.lateness_cents_per_minute,
        unplanned_penalty_cents=ended.unplanned_penalty_cents,
        skills=[VisitSkill(id=uow.new_id(), skill=one.skill, level=one.level) for one in ended.skills],
        parts=[
            VisitPart(id=uow.new_id(), part_id=one.part_id, quantity=one.quantity - used)
            for one in ended.parts
            if (used := _used_units(uow, ended.id, one.part_id)) < one.quantity
        ],
        technician_rules=[
            VisitTechnicianRule(id=uow.new_id(), technician_id=rule.technician_id, kind=rule.kind)
            for rule in ended.technician_rules
        ],
    )
    return _added(uow, visit, follows_id=ended.id)


def _added(uow: UnitOfWork, visit: Visit, **origin: UUID | None) -> Visit:
    uow.session.add(visit)
    data = {"ticket_id": visit.ticket_id} | {name: came_from for name, came_from in origin.items() if came_from}
    uow.record(visit, "visit_drafted", None, visit.state, data=data)
    return visit


def _next_number(uow: UnitOfWork, ticket: Ticket) -> str:
    count = uow.session.scalar(select(func.count()).select_from(Visit).where(Visit.ticket_id == ticket.id)) or 0
    return f"{ticket.number}-{count + 1}"


def _window(uow: UnitOfWork, earliest: datetime, latest: datetime) -> VisitWindow:
    return VisitWindow(id=uow.new_id(), earliest=earliest, latest=latest)


def _needed_parts(uow: UnitOfWork, job_type: JobType) -> list[tuple[UUID, int]]:
    found = select(Part.number, Part.id).where(Part.number.in_(job_type.parts))
    ids = dict(uow.session.execute(found).all())
    unknown = sorted(set(job_type.parts) - set(ids))
    if unknown:
        message = f"The job type {job_type.code} needs parts the catalogue has not: {', '.join(unknown)}."
        raise Invalid("The job type can't be used.", faults=[Fault("unknown_part", "/job_type_id", message)])
    return [(ids[number], int(quantity)) for number, quantity in job_type.parts.items()]


def _used_units(uow: UnitOfWork, visit_id: UUID, part_id: UUID) -> int:
    used = select(func.coalesce(func.sum(Consumption.quantity), 0)).where(
        Consumption.visit_id == visit_id, Consumption.part_id == part_id
    )
    return int(uow.session.scalars(used).one())
