"""What phones push and pull."""

from api.schemas.base import EntitySchema, FaultSchema, PageQuery, StrictSchema
from api.schemas.fields import (
    Choice,
    Day,
    Flag,
    Id,
    Instant,
    Items,
    Nested,
    PhoneTime,
    PlainJSON,
    ReadLater,
    Text,
    Whole,
    WholeInQuery,
    Written,
)
from api.schemas.plan import DayFrameSchema, PickupStopSchema, RoutePartSchema, RouteShiftSchema
from api.schemas.procedures import ProcedureSchema
from api.schemas.sync_commands import MOST_SEQ, PhoneCommandRequestSchema
from api.schemas.visits import NoticeSchema, VisitRecordSchema
from fieldsvc.domain.device_states import DeviceState
from fieldsvc.domain.phone_commands import CommandStatus

MOST_COMMANDS = 200
_SECONDS = 2**40


class DeviceRequestSchema(StrictSchema):
    """What a phone says of itself. id: made by the phone, and kept when its user signs in again."""

    id = Id(load_default=None, allow_none=True)
    name = Text(max_length=200, required=True)
    platform = Text(max_length=40, required=True)
    app_version = Text(max_length=40, required=True)


class DeviceSchema(EntitySchema):
    """A phone that works offline. clock_offset_s: server minus phone."""

    user_id = Id(required=True)
    name = Text(max_length=200, required=True)
    platform = Text(max_length=40, required=True)
    app_version = Text(max_length=40, required=True)
    state = Choice(DeviceState, required=True)
    last_seq = Whole(low=0, high=MOST_SEQ, required=True)
    clock_offset_s = Whole(low=-_SECONDS, high=_SECONDS, required=True, allow_none=True)
    registered_at = Instant(required=True)
    last_seen_at = Instant(required=True)


class DevicesQuery(PageQuery):
    """Which phones."""

    user_id = Id(load_default=None)


class PushSchema(StrictSchema):
    """What a phone tells at once, in its order. newest_seq: of the last command it has noted, pushed or not."""

    device_id = Id(required=True)
    schema_version = Whole(low=1, high=1, required=True)
    sent_at = PhoneTime(required=True)
    newest_seq = Whole(low=0, high=MOST_SEQ, required=True)
    commands = Items(ReadLater(PhoneCommandRequestSchema), max_items=MOST_COMMANDS, required=True)


class CommandProblemSchema(StrictSchema):
    """Why a command was not applied; state and version: how the visit stood then."""

    code = Text(max_length=64, required=True)
    detail = Text(max_length=2000, required=True)
    errors = Items(Nested(FaultSchema), max_items=1000, required=True)
    state = Text(max_length=32)
    version = Whole(low=1, high=2**31 - 1)


class CommandResultSchema(StrictSchema):
    """What became of a command; of one that was told before, what became of it then."""

    id = Id(required=True)
    seq = Whole(low=1, high=MOST_SEQ, required=True)
    status = Choice(CommandStatus, required=True)
    is_duplicate = Flag(required=True)
    problem = Nested(CommandProblemSchema, required=True, allow_none=True)
    notices = Items(Nested(NoticeSchema), max_items=100, required=True)
    visit_version = Whole(low=1, high=2**31 - 1, required=True, allow_none=True)


class PushedSchema(StrictSchema):
    """What became of them, as far as they were looked at; the phone goes on after last_seq."""

    results = Items(Nested(CommandResultSchema), max_items=MOST_COMMANDS, required=True)
    last_seq = Whole(low=0, high=MOST_SEQ, required=True)
    epoch = Id(required=True)
    server_time = Instant(required=True)
    is_wipe_ordered = Flag(required=True)


class PullQuery(StrictSchema):
    """From where on. cursor: of the last answer the phone has stored; none = everything."""

    cursor = Text(max_length=64, pattern=r"[0-9a-f]+\.[0-9]+", load_default=None)
    limit = WholeInQuery(low=1, high=500, load_default=200)


class PhoneStopSchema(StrictSchema):
    """A visit of a route, by its id, and the parts the plan counts on for it."""

    visit_id = Id(required=True, attribute="view.id")
    position = Whole(low=0, high=10_000, required=True, attribute="assignment.position")
    parts = Items(Nested(RoutePartSchema), max_items=1000, required=True)


class PhoneRouteSchema(StrictSchema):
    """One day of the technician; its key is the day."""

    day = Day(required=True)
    shift = Nested(RouteShiftSchema, required=True, allow_none=True)
    day_frame = Nested(DayFrameSchema, required=True, allow_none=True)
    pickups = Items(Nested(PickupStopSchema), max_items=100, required=True)
    stops = Items(Nested(PhoneStopSchema), max_items=1000, required=True, attribute="visits")


class PhonePartSchema(StrictSchema):
    """A catalogue item that is on the van or needed. Money in cents."""

    id = Id(required=True)
    number = Text(max_length=64, required=True)
    name_en = Text(max_length=200, required=True)
    name_zh = Text(max_length=200, required=True)
    price_cents = Whole(low=0, high=2**31, required=True)
    is_serialised = Flag(required=True)


class VanStockSchema(StrictSchema):
    """What is on the van; its key is the part."""

    part_id = Id(required=True)
    location_id = Id(required=True)
    on_hand = Whole(low=0, high=2**31, required=True)
    reserved = Whole(low=0, high=2**31, required=True)


def _changes_of(item: type[StrictSchema]) -> type[StrictSchema]:
    members = {
        "__doc__": "What is new or different, and the keys of what is to be removed.",
        "updated": Items(Written(item), max_items=500, required=True),
        "removed": Items(Text(max_length=64), max_items=500, required=True),
    }
    return type(item.__name__.removesuffix("Schema") + "ChangesSchema", (StrictSchema,), members)


SHOWN: dict[str, type[StrictSchema]] = {
    "visits": VisitRecordSchema,
    "procedures": ProcedureSchema,
    "routes": PhoneRouteSchema,
    "parts": PhonePartSchema,
    "stock": VanStockSchema,
}


class ChangesSchema(StrictSchema):
    """By kind; a kind without changes is left out."""

    visits = Nested(_changes_of(VisitRecordSchema))
    procedures = Nested(_changes_of(ProcedureSchema))
    routes = Nested(_changes_of(PhoneRouteSchema))
    parts = Nested(_changes_of(PhonePartSchema))
    stock = Nested(_changes_of(VanStockSchema))


class PulledSchema(StrictSchema):
    """What is different from what the phone holds. reset: the phone empties its store first.

    is_revoked: there is nothing for it any more; it pushes what it holds, if only to say that it holds nothing.
    """

    changes = Nested(ChangesSchema, required=True)
    cursor = Text(max_length=64, required=True, allow_none=True)
    has_more = Flag(required=True)
    reset = Flag(required=True)
    epoch = Id(required=True)
    last_seq = Whole(low=0, high=MOST_SEQ, required=True)
    is_revoked = Flag(required=True)
    server_time = Instant(required=True)


class PhoneCommandSchema(StrictSchema):
    """A command as it was told, and what became of it. said_at: by the phone's clock; occurred_at: as corrected."""

    id = Id(required=True, attribute="command.id")
    device_id = Id(required=True, attribute="command.device_id")
    user_id = Id(required=True, attribute="command.user_id")
    seq = Whole(low=1, high=MOST_SEQ, required=True, attribute="command.seq")
    type = Text(max_length=40, required=True, attribute="command.type")
    visit_id = Id(required=True, allow_none=True, attribute="command.visit_id")
    base_version = Whole(low=1, high=2**31 - 1, required=True, allow_none=True, attribute="command.base_version")
    args = PlainJSON(required=True, allow_none=True)
    said_at = Instant(required=True, attribute="command.said_at")
    occurred_at = Instant(required=True, attribute="command.occurred_at")
    recorded_at = Instant(required=True, attribute="command.recorded_at")
    status = Choice(CommandStatus, required=True, attribute="command.status")
    problem = Nested(CommandProblemSchema, required=True, allow_none=True, attribute="command.problem")


class PhoneCommandsQuery(PageQuery):
    """Which commands."""

    status = Choice(CommandStatus, load_default=None)
    visit_id = Id(load_default=None)
