"""Tickets: reports, triage, and how they stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Id, Instant, Items, Nested, Text, Whole
from fieldsvc.domain.catalogue import Channel, Nature
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.urgency import Urgency
from fieldsvc.services.tickets import TicketView

_LINK_HELP = "Shown this once; only its hash is kept."


class TicketReportSchema(StrictSchema):
    """What a customer reports."""

    id = Id(load_default=None, metadata={"description": "A UUIDv7 the client made."})
    channel = Choice(Channel, required=True)
    customer_id = Id(required=True)
    site_id = Id(load_default=None, allow_none=True)
    asset_id = Id(load_default=None, allow_none=True)
    nature = Choice(Nature, load_default=None, allow_none=True)
    subject = Text(max_length=200, required=True)
    description = Text(max_length=10_000, required=True)
    reported_at = Instant(load_default=None, allow_none=True, metadata={"description": "Null = now."})
    occurred_since = Instant(load_default=None, allow_none=True)


class WindowSchema(StrictSchema):
    """A time the service may start in, closed at both ends."""

    earliest = Instant(required=True)
    latest = Instant(required=True)


def windows_of(given: Sequence[Mapping[str, datetime]]) -> tuple[tuple[datetime, datetime], ...]:
    """Return windows as the services take them: (earliest, latest)."""
    return tuple((window["earliest"], window["latest"]) for window in given)


class TriageSchema(StrictSchema):
    """What the desk decides; the job type says what the first visit needs."""

    nature = Choice(Nature, required=True)
    urgency = Choice(Urgency, required=True)
    job_type_id = Id(required=True)
    site_id = Id(load_default=None, allow_none=True, metadata={"description": "If the report has none."})
    windows = Items(
        Nested(WindowSchema),
        max_items=20,
        load_default=list,
        metadata={"description": "Promised to the customer; none = any time."},
    )
    due_at = Instant(load_default=None, allow_none=True, metadata={"description": "Null = by urgency."})


class VisitRequestSchema(StrictSchema):
    """One more visit; the job type says what it needs."""

    job_type_id = Id(required=True)
    windows = Items(
        Nested(WindowSchema),
        max_items=20,
        load_default=list,
        metadata={"description": "Promised to the customer; none = any time."},
    )


class CustomerSchema(StrictSchema):
    """Who it is for, to those who may know."""

    id = Id(required=True)
    name = Text(max_length=200, required=True)
    phone = Text(max_length=40, required=True, allow_none=True)
    email = Text(max_length=200, required=True, allow_none=True)
    language = Text(max_length=16, required=True)


class TicketSchema(EntitySchema):
    """A ticket in a list."""

    number = Text(max_length=32, required=True)
    state = Choice(TicketState, required=True)
    team_id = Id(required=True)
    customer_id = Id(required=True)
    site_id = Id(required=True, allow_none=True)
    asset_id = Id(required=True, allow_none=True)
    handler_id = Id(required=True, allow_none=True)
    channel = Text(max_length=32, required=True)
    nature = Text(max_length=32, required=True, allow_none=True)
    urgency = Text(max_length=16, required=True, allow_none=True)
    difficulty = Whole(low=1, high=3, required=True, allow_none=True)
    subject = Text(max_length=200, required=True)
    reported_at = Instant(required=True)
    recorded_at = Instant(required=True)
    due_at = Instant(required=True, allow_none=True)


class TicketVisitSchema(StrictSchema):
    """A visit of a ticket."""

    id = Id(required=True)
    number = Text(max_length=32, required=True)


class TicketDetailSchema(TicketSchema):
    """One ticket, whole."""

    description = Text(max_length=10_000, required=True)
    occurred_since = Instant(required=True, allow_none=True)
    customer = Nested(CustomerSchema, required=True, allow_none=True)
    visits = Items(Nested(TicketVisitSchema), max_items=1000, required=True)

    def get_attribute(self, obj: TicketView, attr: str, default: object) -> object:
        """Take what the ticket itself has from the ticket."""
        return super().get_attribute(obj if attr in ("customer", "visits") else obj.ticket, attr, default)


class TicketsQuery(PageQuery):
    """Which tickets."""

    state = Choice(TicketState, load_default=None)
    nature = Choice(Nature, load_default=None)


class LinkSchema(StrictSchema):
    """A customer's link."""

    id = Id(required=True, attribute="link.id")
    token = Text(max_length=64, required=True, metadata={"description": _LINK_HELP})
    url = Text(max_length=2000, required=True, metadata={"description": "The customer's page."})
    expires_at = Instant(required=True, attribute="link.expires_at")
