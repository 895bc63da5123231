"""What is to come, and who waits for it."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Choice, Day, Flag, Id, Instant, Items, Nested, Text, Whole
from fieldsvc.services.inbound import InboundKind

_LINES, _UNITS = 1_000_000, 2**31


class InboundQuery(StrictSchema):
    """To which place; without it, to any that the caller may see."""

    location_id = Id(load_default=None)


class InboundLineSchema(StrictSchema):
    """Units of a part on their way to a place. day: null = nobody has said when. id, name: of what brings them."""

    day = Day(required=True, allow_none=True)
    kind = Choice(InboundKind, required=True)
    id = Id(required=True)
    name = Text(max_length=32, required=True, allow_none=True)
    location_id = Id(required=True)
    part_id = Id(required=True)
    quantity = Whole(low=1, high=_UNITS, required=True)


class InboundSchema(StrictSchema):
    """What is to come, the soonest first, what has no day last."""

    lines = Items(Nested(InboundLineSchema), max_items=_LINES, required=True)


class BackOrdersQuery(StrictSchema):
    """For which part."""

    part_id = Id(load_default=None)


class BackOrderSchema(StrictSchema):
    """Who waits for units. expected_on: the day on which enough are to come; null = they are not ordered."""

    reservation_id = Id(required=True, attribute="reservation.id")
    ticket_id = Id(required=True, attribute="reservation.ticket_id")
    visit_id = Id(required=True, allow_none=True, attribute="reservation.visit_id")
    part_id = Id(required=True, attribute="reservation.part_id")
    location_id = Id(required=True, allow_none=True, attribute="reservation.location_id")
    quantity = Whole(low=1, high=_UNITS, required=True, attribute="reservation.quantity")
    is_planned = Flag(required=True, attribute="reservation.is_planned")
    requested_at = Instant(required=True, attribute="reservation.requested_at")
    urgency = Text(max_length=16, required=True, allow_none=True)
    expected_on = Day(required=True, allow_none=True)


class BackOrdersSchema(StrictSchema):
    """Who waits, by part, in the order in which they are served."""

    items = Items(Nested(BackOrderSchema), max_items=_LINES, required=True)
