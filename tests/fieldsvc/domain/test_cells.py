"""Texts as cells: none begins a formula, and all come back as they were."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldsvc.domain.cells import joined, safe_cell, split, text_of_cell

SIGNS = st.text(st.sampled_from("=+-@\t\r\n'＝; \\ax"))
TEXTS = st.one_of(SIGNS, st.text())


@settings(deadline=None)
@given(TEXTS)
def test_no_cell_begins_a_formula_and_reading_undoes_it(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert text_of_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", ["", "a", "'a", "it's", "''", "1-2", "007"])
def test_what_runs_nowhere_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text_of_cell(text) == text


@settings(deadline=None)
@given(st.lists(TEXTS.filter(bool)))
def test_lists_come_back(items: list[str]) -> None:
    assert split(joined(items)) == items


@pytest.mark.parametrize(
    ("written", "items"),
    [("", []), ("a", ["a"]), (" a ; b c ;", ["a", "b c"]), (";;", []), (r"a\;b;c\\", ["a;b", "c\\"]), ("a\\", ["a\\"])],
)
def test_lists_that_people_write(written: str, items: list[str]) -> None:
    assert split(written) == items
