"""Tasks: what somebody at the desk has to look at."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Id, Instant, Items, Nested, Text, Whole
from fieldsvc.domain.task_states import TaskState


class TaskRequestSchema(StrictSchema):
    """What a team is asked to look at."""

    note = Text(max_length=2000, required=True)
    team_id = Id(load_default=None, allow_none=True, metadata={"description": "Null = the ticket's team."})
    due_at = Instant(load_default=None, allow_none=True)


class OutcomeSchema(StrictSchema):
    """What came of it."""

    outcome = Text(max_length=2000, load_default=None, allow_none=True)


class UnknownUseSchema(StrictSchema):
    """Units that were used at a visit, and that the books knew nothing of."""

    visit_id = Id(required=True, allow_none=True)
    quantity = Whole(low=1, high=2**31, required=True)
    serial = Text(max_length=80, required=True, allow_none=True)
    occurred_at = Instant(required=True)


class TaskSchema(EntitySchema):
    """Something to look at. visit_id: where it is about one visit of the ticket.

    part_id, location_id: what is to be counted where, if that is what is wanted, as the books knew nothing of units
    that were used. location_id is null also if nobody knows a place.
    """

    kind = Text(max_length=32, required=True)
    state = Choice(TaskState, required=True)
    team_id = Id(required=True)
    ticket_id = Id(required=True)
    ticket_number = Text(max_length=32, required=True, attribute="ticket.number")
    visit_id = Id(required=True, allow_none=True)
    part_id = Id(required=True, allow_none=True)
    location_id = Id(required=True, allow_none=True)
    unknown_quantity = Whole(low=1, high=2**31, required=True, allow_none=True)
    unknown_uses = Items(Nested(UnknownUseSchema), max_items=100_000, required=True)
    note = Text(max_length=10_000, required=True, allow_none=True)
    outcome = Text(max_length=2000, required=True, allow_none=True)
    due_at = Instant(required=True, allow_none=True)
    raised_at = Instant(required=True)
    raised_by = Id(required=True, allow_none=True)
    done_at = Instant(required=True, allow_none=True)
    done_by = Id(required=True, allow_none=True)


class TasksQuery(PageQuery):
    """Which tasks."""

    state = Choice(TaskState, load_default=TaskState.OPEN)
    ticket_id = Id(load_default=None)
