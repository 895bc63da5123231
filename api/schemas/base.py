"""What all shapes share: unknown fields are refused by name, and only strict fields are allowed."""

from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, fields

from api.errors import FaultMessage
from api.schemas.fields import Id, Items, Nested, Strict, Text, Whole, WholeInQuery
from fieldsvc.domain.pages import DEFAULT_LIMIT, MAX_LIMIT

NO_PROBLEM_FIELDS = FaultMessage("There is no such field here.", "unknown_field")


class StrictSchema(Schema):
    """Base of every request and answer. A shape that differs for one verb gets a class of its own."""

    class Meta:
        """Refuses what is not declared, for marshmallow."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 -- marshmallow's interface
        "unknown": NO_PROBLEM_FIELDS,
        "type": FaultMessage("This has to be a JSON object.", "wrong_type"),
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Keep lenient fields out: marshmallow's own ones convert what they can."""
        if not isinstance(field_obj, Strict):
            raise TypeError(f"{type(self).__name__}.{field_name} is no field of api.schemas.fields")


class NoFields(StrictSchema):
    """The body of an action that needs none: nothing, or an empty object."""


class EntitySchema(StrictSchema):
    """What every single thing answers with; its ETag begins with the version."""

    id = Id(required=True)
    version = Whole(required=True, low=1, high=2**63 - 1)


class PageQuery(StrictSchema):
    """Where a list goes on, and how much of it is wanted. Filters are added by subclasses."""

    cursor = Text(max_length=1000, pattern="[A-Za-z0-9_-]+", metadata={"description": "From the page before."})
    limit = WholeInQuery(low=1, high=MAX_LIMIT, load_default=DEFAULT_LIMIT)


@cache
def page_of(item: type[Schema]) -> type[StrictSchema]:
    """Return the shape of one page of a list."""
    members: dict[str, Any] = {
        "__doc__": "One page of a list.",
        "items": Items(Nested(item), max_items=MAX_LIMIT, required=True),
        "next_cursor": Text(max_length=1000, allow_none=True, required=True),
    }
    return type(item.__name__.removesuffix("Schema") + "PageSchema", (StrictSchema,), members)


class FaultSchema(StrictSchema):
    """One thing that is wrong with a request."""

    code = Text(max_length=64, required=True)
    pointer = Text(
        max_length=1000,
        min_length=0,
        required=True,
        metadata={"description": "JSON pointer into the body; /query/... and /headers/... for the rest."},
    )
    message = Text(max_length=2000, required=True)


class ProblemSchema(StrictSchema):
    """Why a request was refused (RFC 9457)."""

    type = Text(max_length=200, required=True)
    title = Text(max_length=200, required=True)
    status = Whole(low=400, high=599, required=True)
    code = Text(max_length=64, required=True, metadata={"description": "Stable; for programs."})
    detail = Text(max_length=2000, required=True)
    errors = Items(Nested(FaultSchema), max_items=1000, required=True)
    request_id = Text(max_length=64, required=True)
