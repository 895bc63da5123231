"""A phone's command, and arguments of those that HTTP has no route for."""

from api.schemas.base import StrictSchema
from api.schemas.fields import FreeObject, Id, PhoneTime, Text, Whole
from fieldsvc.domain.phone_commands import CommandType

MOST_SEQ = 2**53
_OBJECT = {"description": "As docs/phones.md says for the type."}


class CommandNameSchema(StrictSchema):
    """By what a command is answered."""

    id = Id(required=True)
    seq = Whole(low=1, high=MOST_SEQ, required=True)


class PhoneCommandRequestSchema(CommandNameSchema):
    """One thing told or asked. seq: 1 for a device's first command, then without gaps; occurred_at: by its clock."""

    type = Text(max_length=40, pattern="[a-z_]+", required=True, metadata={"examples": sorted(CommandType)})
    entity_id = Id(required=True, metadata={"description": "The visit; of an absence the technician."})
    base_version = Whole(low=1, high=2**31 - 1, load_default=None, allow_none=True)
    args = FreeObject(load_default=dict, metadata=_OBJECT)
    occurred_at = PhoneTime(required=True)


class PartRequestSchema(StrictSchema):
    """Which part is missing."""

    part_id = Id(required=True)
    quantity = Whole(low=1, high=100_000, load_default=1)
    note = Text(max_length=2000, load_default=None, allow_none=True)


class HelpSchema(StrictSchema):
    """What help is needed with."""

    note = Text(max_length=2000, required=True)
