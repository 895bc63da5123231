"""Tasks: what somebody at the desk has to look at."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Id, Instant, Text
from fieldsvc.domain.task_states import TaskState


class TaskRequestSchema(StrictSchema):
    """What a team is asked to look at."""

    note = Text(max_length=2000, required=True)
    team_id = Id(load_default=None, allow_none=True, metadata={"description": "Null = the ticket's team."})
    due_at = Instant(load_default=None, allow_none=True)


class OutcomeSchema(StrictSchema):
    """What came of it."""

    outcome = Text(max_length=2000, load_default=None, allow_none=True)


class TaskSchema(EntitySchema):
    """Something to look at. visit_id: where it is about one visit of the ticket."""

    kind = Text(max_length=32, required=True)
    state = Choice(TaskState, required=True)
    team_id = Id(required=True)
    ticket_id = Id(required=True)
    ticket_number = Text(max_length=32, required=True, attribute="ticket.number")
    visit_id = Id(required=True, allow_none=True)
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
