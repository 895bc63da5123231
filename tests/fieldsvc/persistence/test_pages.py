"""Pages follow their keys, also where the first keys are equal, and refuse cursors of other lists."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Invalid
from fieldsvc.domain.pages import MAX_LIMIT, PageRequest
from fieldsvc.models import SignInAttempt
from fieldsvc.persistence.pages import fetch_page

KEYS = [SignInAttempt.attempted_at, SignInAttempt.id]
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def attempts(database) -> list[Any]:
    """Store nine rows, three at each of three times, and return their ids in order."""
    with database.unit_of_work() as uow:
        rows = [
            SignInAttempt(
                id=uow.new_id(),
                account_index="a",
                address_index="b",
                attempted_at=NOON + timedelta(microseconds=number % 3),
                has_succeeded=False,
            )
            for number in range(9)
        ]
        uow.session.add_all(rows)
        uow.commit()
    return [row.id for row in sorted(rows, key=lambda row: (row.attempted_at, row.id))]


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 8, 9, 10])
def test_pages_give_every_row_once_in_order(database, attempts, limit: int, is_descending: bool) -> None:
    seen, request = [], PageRequest(limit)
    with database.read_only() as session:
        while True:
            page = fetch_page(session, select(SignInAttempt), KEYS, request, is_descending=is_descending)
            assert 1 <= len(page.items) <= limit
            seen += [row.id for row in page.items]
            if page.next_after is None:
                break
            request = PageRequest(limit, page.next_after)
    assert seen == (attempts[::-1] if is_descending else attempts)


@pytest.mark.parametrize(
    "after",
    [
        (),
        ("2026-03-02T12:00:00+00:00",),
        ("2026-03-02T12:00:00", "00000000-0000-7000-8000-000000000000"),
        ("noon", "00000000-0000-7000-8000-000000000000"),
        ("2026-03-02T12:00:00+00:00", "x"),
        ("0001-01-01T00:00:00+14:00", "00000000-0000-7000-8000-000000000000"),
    ],
    ids=str,
)
def test_a_cursor_of_another_list_is_refused(database, attempts, after: tuple[str, ...]) -> None:
    with database.read_only() as session, pytest.raises(Invalid) as refused:
        fetch_page(session, select(SignInAttempt), KEYS, PageRequest(5, after))
    assert refused.value.faults[0].code == "invalid_cursor"


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_a_page_has_a_limit(limit: int) -> None:
    with pytest.raises(ValueError, match="rows"):
        PageRequest(limit)
