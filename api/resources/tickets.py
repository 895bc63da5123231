"""Tickets: reported, read and triaged; and the link a customer follows one by."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor, current_application
from api.etags import expected_version
from api.idempotency import key_ignored, key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.tickets import (
    LinkSchema,
    TicketDetailSchema,
    TicketReportSchema,
    TicketSchema,
    TicketsQuery,
    TriageSchema,
    VisitRequestSchema,
    windows_of,
)
from api.schemas.users import HandlerSchema
from api.schemas.visit_actions import CancellationSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import handovers, ticket_visits, tickets, tracking
from fieldsvc.services.ticket_cancellations import cancel_ticket as cancel_ticket_and_visits
from fieldsvc.services.visit_returns import Cancellation

blueprint = Blueprint("tickets", "What customers report.")


@blueprint.route("/tickets")
@requires(Action.TICKET_READ)
@blueprint.arguments(TicketsQuery, location="query")
@blueprint.response(200, page_of(TicketSchema))
def list_tickets(query: dict[str, Any]) -> Response:
    """List tickets, the newest first"""
    state, nature = query["state"], query["nature"]
    return read_page(
        lambda page: lambda session: tickets.list_tickets(session, current_actor(), page, state=state, nature=nature),
        TicketSchema,
        query,
    )


@blueprint.route("/tickets", methods=["POST"])
@requires(Action.TICKET_CREATE)
@key_required
@blueprint.arguments(TicketReportSchema)
@blueprint.response(201, TicketDetailSchema)
def report_ticket(body: dict[str, Any]) -> Response:
    """Take down a report"""
    ticket_id = body.pop("id")
    report = tickets.Report(ticket_id=ticket_id, **body)
    return run_command(
        lambda uow: tickets.show_ticket(uow, tickets.report_ticket(uow, report)), rendered(TicketDetailSchema, 201)
    )


@blueprint.route("/tickets/<uuid:ticket_id>")
@requires(Action.TICKET_READ)
@blueprint.response(200, TicketDetailSchema)
def read_ticket(ticket_id: UUID) -> Response:
    """Read a ticket"""
    return read_one(lambda session: tickets.get_ticket(session, current_actor(), ticket_id), TicketDetailSchema)


@blueprint.route("/tickets/<uuid:ticket_id>/triage", methods=["POST"])
@requires(Action.TICKET_TRIAGE)
@blueprint.arguments(TriageSchema)
@blueprint.response(200, TicketDetailSchema)
def triage_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Decide what a report is

    The ticket gets its first visit, unscheduled, with what the job type needs.
    """
    version = expected_version()
    windows = windows_of(body.pop("windows"))
    triage = tickets.Triage(windows=windows, **body)
    return run_command(
        lambda uow: tickets.show_ticket(uow, tickets.triage_ticket(uow, ticket_id, triage, version)),
        rendered(TicketDetailSchema),
    )


@blueprint.route("/tickets/<uuid:ticket_id>/handler", methods=["POST"])
@requires(Action.TICKET_TRIAGE)
@blueprint.arguments(HandlerSchema)
@blueprint.response(200, TicketDetailSchema)
def set_handler(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Say who handles a ticket from now on"""
    version = expected_version()
    user_id, reason = body["user_id"], body["reason"]
    return run_command(
        lambda uow: tickets.show_ticket(uow, handovers.set_handler(uow, ticket_id, user_id, reason, version)),
        rendered(TicketDetailSchema),
    )


@blueprint.route("/tickets/<uuid:ticket_id>/visits", methods=["POST"])
@requires(Action.TICKET_TRIAGE)
@key_required
@blueprint.arguments(VisitRequestSchema)
@blueprint.response(201, TicketDetailSchema)
def add_visit(body: dict[str, Any], ticket_id: UUID) -> Response:
    """Ask for one more visit

    For a ticket that is triaged and open.
    """
    version = expected_version()
    wanted = ticket_visits.WantedVisit(body["job_type_id"], windows_of(body["windows"]))
    return run_command(
        lambda uow: tickets.show_ticket(uow, ticket_visits.add_visit(uow, ticket_id, wanted, version)),
        rendered(TicketDetailSchema, 201),
    )


@blueprint.route("/tickets/<uuid:ticket_id>/cancellation", methods=["POST"])
@requires(Action.TICKET_CANCEL)
@blueprint.arguments(CancellationSchema)
@blueprint.response(200, TicketDetailSchema)
def cancel_ticket(body: dict[str, Any], ticket_id: UUID) -> Response:
    """End a ticket that is not wanted any more

    Its visits are cancelled with it; refused while somebody is at the site. A visit whose technician is on the way is
    a dispatcher's to cancel.
    """
    version = expected_version()
    wanted = Cancellation(body["reason"], timedelta(seconds=current_application().settings.cancel_notice_s))
    return run_command(
        lambda uow: tickets.show_ticket(uow, cancel_ticket_and_visits(uow, ticket_id, wanted, version)),
        rendered(TicketDetailSchema),
    )


@blueprint.route("/tickets/<uuid:ticket_id>/link", methods=["POST"])
@requires(Action.LINK_CREATE)
@key_ignored
@blueprint.arguments(NoFields)
@blueprint.response(201, LinkSchema)
def create_link(body: dict[str, Any], ticket_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Make a link for the customer

    It opens the page at `url` and `/track/{token}`, and confirms one report; the token is shown this once.
    An Idempotency-Key is not honoured: a repetition makes another link.
    """
    settings = current_application().settings
    return run_command(
        lambda uow: tracking.create_link(uow, ticket_id, settings.link_token_s, settings.public_url),
        rendered(LinkSchema, 201),
    )
