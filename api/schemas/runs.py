"""Optimization runs, their proposals, and what applying one did."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Day, Flag, Id, Instant, Items, PlainJSON, Text, Whole, WholeInQuery
from fieldsvc.domain.run_states import RunState


class RunRequestSchema(StrictSchema):
    """What to plan."""

    team_id = Id(required=True)
    day = Day(required=True)
    technicians = Items(
        Id(),
        min_items=1,
        max_items=1000,
        load_default=None,
        allow_none=True,
        metadata={"description": "Only these days are changed; null = everybody with a shift."},
    )
    time_limit_s = Whole(low=1, high=86_400, load_default=10)
    seed = Whole(low=0, high=2**31 - 1, load_default=1)


class RunSchema(EntitySchema):
    """A run: how far it is, and what became of it."""

    number = Text(max_length=32, required=True)
    state = Choice(RunState, required=True)
    team_id = Id(required=True)
    day = Day(required=True)
    requested_at = Instant(required=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    applied_at = Instant(required=True, allow_none=True)
    attempts = Whole(low=0, high=1000, required=True)
    params = PlainJSON(required=True)
    progress = PlainJSON(required=True, allow_none=True, metadata={"description": "Phase, seconds, best cost so far."})
    error = PlainJSON(required=True, allow_none=True, metadata={"description": "Code and detail of a failed run."})
    application = PlainJSON(
        required=True, allow_none=True, metadata={"description": "Days published, days skipped and why."}
    )
    reverted_at = Instant(required=True, allow_none=True)
    reversal = PlainJSON(
        required=True, allow_none=True, metadata={"description": "What taking it back changed, and could not place."}
    )


class ProposalSchema(EntitySchema):
    """What a run proposes: routes, unplanned visits with reasons, differences to what is published, figures."""

    number = Text(max_length=32, required=True)
    state = Choice(RunState, required=True)
    day = Day(required=True)
    snapshot_hash = Text(max_length=64, required=True)
    proposal = PlainJSON(required=True, attribute="result")


class ApplicationRequestSchema(StrictSchema):
    """How much of a proposal to publish."""

    technicians = Items(
        Id(),
        min_items=1,
        max_items=1000,
        load_default=None,
        allow_none=True,
        metadata={"description": "Publish only these days; null = all."},
    )
    dispatch = Flag(load_default=False, metadata={"description": "Tell the phones at once."})


class ReversalRequestSchema(StrictSchema):
    """Whether the phones are told."""

    dispatch = Flag(load_default=False, metadata={"description": "Tell the phones at once."})


class RunsQuery(PageQuery):
    """Which runs."""

    day = Day(load_default=None)


class ExplanationQuery(StrictSchema):
    """About which day."""

    day = Day(load_default=None)


class CandidatesQuery(ExplanationQuery):
    """About which day, and how many."""

    limit = WholeInQuery(low=1, high=50, load_default=10)


class ExplanationSchema(StrictSchema):
    """Why a visit is where it is (place, alternatives, who is barred), or why it is unplanned (causes)."""

    day = Day(required=True)
    state = Text(max_length=16, required=True)
    visit_id = Id(required=True)
    number = Text(max_length=32, required=True)
    priority = Text(max_length=16)
    causes = PlainJSON()
    technicians = PlainJSON()
    start = Text(max_length=40)
    cost_cents = PlainJSON()
    alternatives = PlainJSON()
    barred = PlainJSON()


class CandidatesSchema(StrictSchema):
    """The cheapest technicians and starts for a visit, with what each adds to the cost of the plan."""

    day = Day(required=True)
    candidates = PlainJSON(required=True)
