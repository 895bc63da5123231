"""The published day: routes in order, and what nobody has yet."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Day, Flag, Id, Instant, Items, Nested, PlainJSON, Text, Whole
from api.schemas.visits import AssignmentSchema, VisitSchema


class RoutePartSchema(StrictSchema):
    """Units the plan counts on, and where they come from."""

    part_id = Id(required=True, attribute="part.id")
    number = Text(max_length=64, required=True, attribute="part.number")
    name_en = Text(max_length=200, required=True, attribute="part.name_en")
    name_zh = Text(max_length=200, required=True, attribute="part.name_zh")
    quantity = Whole(low=1, high=100_000, required=True)
    location_id = Id(required=True, attribute="location.id")
    location = Text(max_length=200, required=True, attribute="location.name")
    needs_pick_up = Flag(required=True, metadata={"description": "On the way; else out of the van."})


class VisitStopSchema(StrictSchema):
    """A visit on a route, with this technician's times."""

    visit = Nested(VisitSchema, required=True, attribute="view")
    assignment = Nested(AssignmentSchema, required=True)
    parts = Items(Nested(RoutePartSchema), max_items=1000, required=True)


class PickupStopSchema(StrictSchema):
    """A warehouse stop, before the visit at a position."""

    id = Id(required=True, attribute="pickup.id")
    before_position = Whole(low=0, high=10_000, required=True, attribute="pickup.before_position")
    location_id = Id(required=True, attribute="location.id")
    location = Text(max_length=200, required=True, attribute="location.name")
    planned_arrival = Instant(required=True, attribute="pickup.planned_arrival")
    planned_start = Instant(required=True, attribute="pickup.planned_start")
    planned_end = Instant(required=True, attribute="pickup.planned_end")
    travel_s = Whole(low=0, high=2**31, required=True, attribute="pickup.travel_s")
    travel_m = Whole(low=0, high=2**31, required=True, attribute="pickup.travel_m")
    parts = Items(Nested(RoutePartSchema), max_items=1000, required=True)


class RouteShiftSchema(StrictSchema):
    """When the technician works that day."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class DayFrameSchema(StrictSchema):
    """When the route begins and ends, and its breaks."""

    version = Whole(low=1, high=2**63 - 1, required=True)
    departs_at = Instant(required=True)
    returns_at = Instant(required=True)
    return_travel_s = Whole(low=0, high=2**31, required=True)
    return_travel_m = Whole(low=0, high=2**31, required=True)
    breaks = PlainJSON(required=True)


class RouteSchema(StrictSchema):
    """One technician's day; day_frame is null where nothing is published."""

    day = Day(required=True)
    technician_id = Id(required=True, attribute="technician.id")
    technician = Text(max_length=200, required=True, attribute="technician.name")
    shift = Nested(RouteShiftSchema, required=True, allow_none=True)
    day_frame = Nested(DayFrameSchema, required=True, allow_none=True)
    pickups = Items(Nested(PickupStopSchema), max_items=100, required=True)
    visits = Items(Nested(VisitStopSchema), max_items=1000, required=True)


class PlanSchema(StrictSchema):
    """All routes of a day, and the visits waiting for one."""

    day = Day(required=True)
    routes = Items(Nested(RouteSchema), max_items=10_000, required=True)
    unscheduled = Items(Nested(VisitSchema), max_items=100_000, required=True)


class DayQuery(StrictSchema):
    """Which day; none = today, where the caller's team is."""

    date = Day(load_default=None)


class PlanQuery(DayQuery):
    """Which part of the plan."""

    territory = Text(max_length=64, load_default=None)


class CalendarLinkSchema(StrictSchema):
    """A secret link to one's own calendar, shown this once."""

    url = Text(max_length=2000, required=True)
