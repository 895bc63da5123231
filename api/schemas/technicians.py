"""Technicians: what they can do and when they work. Where they live is not sent."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Day, Id, Instant, Items, Nested, PlainJSON, Text, Whole


class HeldSkillSchema(StrictSchema):
    """A skill at a level, for as long as the certificate holds."""

    skill = Text(max_length=64, required=True)
    level = Whole(low=1, high=100, required=True)
    valid_from = Day(required=True)
    valid_to = Day(required=True, allow_none=True)


class TechnicianSchema(EntitySchema):
    """A technician."""

    name = Text(max_length=200, required=True)
    team_id = Id(required=True)
    skills = Items(Nested(HeldSkillSchema), max_items=200, required=True)
    tools = Items(Text(max_length=64), max_items=200, required=True)
    territories = Items(Text(max_length=64), max_items=200, required=True, allow_none=True)
    van_location_id = Id(required=True, allow_none=True)


class ShiftSchema(EntitySchema):
    """One working day. breaks: seconds from local midnight."""

    day = Day(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    breaks = PlainJSON(required=True)
    overtime_limit_s = Whole(low=0, high=86_400, required=True)


class TechniciansQuery(PageQuery):
    """Which technicians."""

    skill = Text(max_length=64, load_default=None)
    day = Day(load_default=None, metadata={"description": "Those who have a shift."})


class ShiftsQuery(PageQuery):
    """Which shifts."""

    first_day = Day(load_default=None)
