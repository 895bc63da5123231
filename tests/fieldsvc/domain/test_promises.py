"""What is promised to a customer for a start."""

from datetime import UTC, datetime, timedelta

import pytest

from fieldsvc.domain.promises import LONGEST_PROMISE, arrival_window, is_retimed_only

START = datetime(2027, 3, 1, 10, 20, 7, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, 1, hour, minute, tzinfo=UTC)


def test_a_promise_is_kept_while_the_start_is_in_it() -> None:
    assert arrival_window(START, (at(10), START), [(at(9), at(11))]) == (at(10), START)


def test_a_broken_promise_gives_way_to_what_was_agreed() -> None:
    assert arrival_window(START, (at(8), at(10)), [(at(12), at(14)), (at(9), at(11))]) == (at(9), at(11))


@pytest.mark.parametrize(("more_s", "is_promised"), [(0, True), (1, False)])
def test_an_agreed_window_is_promised_up_to_a_length(more_s: int, is_promised: bool) -> None:
    agreed = (at(9), at(9) + LONGEST_PROMISE + timedelta(seconds=more_s))
    assert (arrival_window(START, None, [agreed]) == agreed) is is_promised


def test_without_an_agreement_the_window_lies_around_the_start_on_half_hours() -> None:
    assert arrival_window(START, None, []) == (at(9, 30), at(11, 30))


@pytest.mark.parametrize(("seconds", "expected"), [(900, True), (-900, True), (901, False)])
def test_a_quarter_of_an_hour_asks_nobody_again(seconds: int, expected: bool) -> None:
    assert is_retimed_only(START, START + timedelta(seconds=seconds)) is expected
