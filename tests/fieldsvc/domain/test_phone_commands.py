"""Which steps a fact implies, and when something happened by a clock that may be wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldsvc.domain.phone_commands import (
    FACT_ACTIONS,
    FACTS,
    REQUESTS,
    CommandType,
    corrected_time,
    is_said_already,
    skipped_steps,
)
from fieldsvc.domain.visit_states import AT_THE_SITE, CLOSED, VISIT, VisitState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ON_THE_PHONE = [VisitState.DISPATCHED, VisitState.ACCEPTED, VisitState.EN_ROUTE, *AT_THE_SITE]


def test_every_command_is_a_fact_or_a_request() -> None:
    assert set(CommandType) == FACTS | REQUESTS
    assert not FACTS & REQUESTS


@pytest.mark.parametrize("kind", sorted(FACT_ACTIONS))
@pytest.mark.parametrize("state", ON_THE_PHONE)
def test_after_the_steps_that_were_skipped_the_fact_follows(kind: CommandType, state: VisitState) -> None:
    rows = {row.action: row for row in VISIT.rows}
    wanted = rows[FACT_ACTIONS[kind]].from_states
    here = state
    for step in skipped_steps(kind, state):
        assert here in rows[step].from_states
        here = rows[step].to
    assert here in wanted or is_said_already(kind, state)


@pytest.mark.parametrize("state", [*CLOSED, VisitState.UNSCHEDULED, VisitState.PLANNED])
@pytest.mark.parametrize("kind", sorted(FACTS))
def test_no_step_leads_out_of_what_has_ended(kind: CommandType, state: VisitState) -> None:
    assert skipped_steps(kind, state) == ()


@pytest.mark.parametrize("kind", sorted(REQUESTS))
def test_a_request_implies_nothing(kind: CommandType) -> None:
    assert all(skipped_steps(kind, state) == () for state in VisitState)


@pytest.mark.parametrize(
    ("said", "offset", "happened"),
    [
        (NOON - 10 * MINUTE, timedelta(), NOON - 10 * MINUTE),
        (NOON - 10 * MINUTE, 4 * MINUTE, NOON - 10 * MINUTE),  # clocks are never quite right
        (NOON + 50 * MINUTE, -60 * MINUTE, NOON - 10 * MINUTE),  # an hour fast
        (NOON - 70 * MINUTE, 60 * MINUTE, NOON - 10 * MINUTE),  # an hour slow
        (NOON + 3 * MINUTE, timedelta(), NOON),  # not in the future
        (NOON - timedelta(days=9), timedelta(), NOON - 120 * MINUTE),  # not before it was sent out
    ],
)
def test_a_wrong_clock_is_put_right(said: datetime, offset: timedelta, happened: datetime) -> None:
    assert corrected_time(said, offset, NOON - 120 * MINUTE, NOON) == happened
