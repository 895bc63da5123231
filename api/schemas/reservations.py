"""Units of parts that are promised to tickets."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, Items, Nested, Text, Whole
from fieldsvc.domain.reservation_states import ReservationState

_UNITS = 2**31


class ReservationRequestSchema(StrictSchema):
    """Units of a part for a ticket."""

    ticket_id = Id(required=True)
    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, required=True)
    visit_id = Id(
        load_default=None,
        metadata={"description": "The one visit they are for; without it, any of the ticket."},
    )
    location_id = Id(
        load_default=None,
        metadata={"description": "Where; without it, a warehouse of the ticket's team that has all of them."},
    )
    hold_until = Instant(
        load_default=None,
        metadata={"description": "They are free again at this time; without it, when the ticket is over."},
    )
    takes_part = Flag(
        load_default=False,
        metadata={"description": "Reserve what is there and let the rest wait, instead of a refusal."},
    )


class ReservationSchema(EntitySchema):
    """Units of one part for one ticket.

    location_id: of a back-order, where it is wanted; null = at any warehouse. is_planned: made by the published plan,
    and given up with it. move_id: the use it was for.
    """

    ticket_id = Id(required=True)
    visit_id = Id(required=True, allow_none=True)
    part_id = Id(required=True)
    location_id = Id(required=True, allow_none=True)
    quantity = Whole(low=1, high=_UNITS, required=True)
    state = Choice(ReservationState, required=True)
    is_planned = Flag(required=True)
    hold_until = Instant(required=True, allow_none=True)
    requested_at = Instant(required=True)
    move_id = Id(required=True, allow_none=True)
    end_reason = Text(max_length=32, required=True, allow_none=True)


class ReservationsSchema(StrictSchema):
    """What was reserved, and what waits."""

    reservations = Items(Nested(ReservationSchema), max_items=2, required=True)


class ReservationChangesSchema(StrictSchema):
    """Until when units are held; null = until the ticket is over."""

    hold_until = Instant(required=True, allow_none=True)


class ReservationsQuery(PageQuery):
    """Which reservations."""

    ticket_id = Id(load_default=None)
    visit_id = Id(load_default=None)
    part_id = Id(load_default=None)
    location_id = Id(load_default=None)
    state = Choice(ReservationState, load_default=None)
