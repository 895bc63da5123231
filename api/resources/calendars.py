"""A technician's own visits as a calendar that other programs subscribe to."""

import hashlib
from typing import Any

from flask import Blueprint as RootBlueprint
from flask import Response
from icalendar import Calendar, Event

from api.auth import public, requires
from api.blueprint import Blueprint
from api.current import current_application
from api.etags import is_known
from api.idempotency import key_ignored, run_command
from api.rendering import no_content, rendered
from api.schemas.base import NoFields
from api.schemas.plan import CalendarLinkSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import calendars
from fieldsvc.services.use_case import read

blueprint = Blueprint("calendars", "The own visits as a calendar.")
root_blueprint = RootBlueprint("calendar_feed", __name__)

_MEDIA_TYPE = "text/calendar; charset=utf-8"


@blueprint.route("/my/calendar", methods=["POST"])
@requires(Action.ROUTE_READ_OWN)
@key_ignored
@blueprint.arguments(NoFields)
@blueprint.response(201, CalendarLinkSchema)
def create_calendar(body: dict[str, Any]) -> Response:  # noqa: ARG001 -- an empty body
    """Make a secret link to one's own calendar

    A calendar program subscribes to it. It says when and what, and neither for whom nor where. One that was made before
    opens nothing any more. An Idempotency-Key is not honoured: a repetition makes another link.
    """
    url = current_application().settings.public_url
    return run_command(lambda uow: calendars.create_calendar(uow, url), rendered(CalendarLinkSchema, 201))


@blueprint.route("/my/calendar/withdrawal", methods=["POST"])
@requires(Action.ROUTE_READ_OWN)
@blueprint.arguments(NoFields)
@blueprint.response(204)
def end_calendar(body: dict[str, Any]) -> Response:  # noqa: ARG001 -- an empty body
    """Let the link to one's own calendar open nothing any more"""
    return run_command(calendars.end_calendar, no_content)


@root_blueprint.get("/calendars/<calendar_token>.ics")
@public("the secret in the address is looked up and opens one technician's times, without customers")
def read_calendar(calendar_token: str) -> Response:
    """Give a calendar to a program that polls it."""
    application = current_application()
    now = application.clock.now()
    content = read(
        application.database, lambda session: calendars.read_calendar(session, calendar_token, now), _written
    )
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}
    if is_known(headers["ETag"]):
        return Response(status=304, headers=headers)
    return Response(content, headers=headers, content_type=_MEDIA_TYPE)


def _written(view: calendars.CalendarView) -> bytes:
    """Return a calendar as iCalendar (RFC 5545); the same visits give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//fieldsvc//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", view.name)
    for entry in view.entries:
        event = Event()
        event.add("uid", f"{entry.id}@fieldsvc")
        event.add("summary", entry.title)
        event.add("dtstamp", entry.changed_at)
        event.add("dtstart", entry.start)
        event.add("dtend", entry.end)
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
