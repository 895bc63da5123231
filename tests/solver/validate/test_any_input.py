"""Whatever is spliced into a document, it is answered with faults or it can be used: nothing raises later."""

import base64
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver import codec
from solver.errors import InvalidProblem
from solver.validate import plan_faults, problem_faults, problem_object_faults
from tests.solver.validate.documents import GONE, plan_document, problem_document, spoilt

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 4)
    | st.integers()
    | st.sampled_from([10**400, -(10**4_000), 2**31, 61_200])
    | st.floats()
    | st.text(max_size=3)
    | st.text(st.characters(categories=("Cs", "Ll")), max_size=3)
    | st.sampled_from(["j1", "j2", "ana", "ana-0", "bo-0", "depot", "car", "job", "fuse", "", "SKILL"])
)
KEYS = st.text(max_size=3) | st.sampled_from(["id", "job", "start", "end", "start_s", "shifts", "part", "quantity"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


def _pointers(value: object, pointer: str = "") -> Iterator[str]:
    yield pointer
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pointers(item, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pointers(item, f"{pointer}/{index}")
        yield f"{pointer}/-"


def _changes(document: dict[str, Any]) -> st.SearchStrategy[list[tuple[str, object]]]:
    pointers = list(_pointers(document))
    return st.lists(st.tuples(st.sampled_from(pointers), JSON | st.just(GONE)), min_size=1, max_size=3)


def _spoilt(document: dict[str, Any], changes: list[tuple[str, object]]) -> Any:
    """As `spoilt`, leaving out a change whose place an earlier one has removed."""
    result: Any = document
    for pointer, value in changes:
        if value is GONE and (pointer == "" or pointer.endswith("/-")):
            continue
        try:
            result = spoilt(result, (pointer, value))
        except (KeyError, IndexError, TypeError, ValueError):
            continue
    return result


@given(_changes(problem_document()))
def test_a_problem_document_is_refused_or_can_be_built(changes: list[tuple[str, object]]) -> None:
    document = _spoilt(problem_document(), changes)
    faults = problem_faults(document)
    for fault in faults:
        str(fault).encode()
        assert fault.message.endswith((".", "?"))
    if faults:
        return
    problem = codec.problem_from_document(document)
    assert problem_object_faults(problem) == []
    again = codec.problem_from_document(codec.loads(codec.dumps(codec.problem_to_document(problem))))
    assert codec.problem_to_document(again) == codec.problem_to_document(problem)


@given(_changes(plan_document()))
def test_a_plan_document_is_refused_or_can_be_built(changes: list[tuple[str, object]]) -> None:
    document = _spoilt(plan_document(), changes)
    faults = plan_faults(document)
    for fault in faults:
        str(fault).encode()
    if not faults:
        plan = codec.plan_from_document(document)
        assert codec.plan_from_document(codec.loads(codec.dumps(codec.plan_to_document(plan)))) == plan


@given(JSON)
def test_any_value_as_a_matrix_is_refused_or_right(value: object) -> None:
    document = problem_document()
    document["profiles"]["car"]["seconds"] = value
    assert problem_faults(document)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000], ids=["lists", "objects", "closed"]
)
def test_text_that_nests_without_end_is_refused(text: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        codec.loads(text)
    assert refused.value.faults[0].code == "UNREADABLE_JSON"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "UNREADABLE_JSON"),
        (b"\xff\xfe\x00\xd8", "UNREADABLE_JSON"),
        pytest.param('{"a": ' + "9" * 5_000 + "}", "UNREADABLE_JSON", id="long number"),
        ('{"a": NaN}', "NOT_A_NUMBER"),
        ('{"a": -Infinity}', "NOT_A_NUMBER"),
        ('{"a": 1, "a": 2}', "DUPLICATE_KEY"),
        ('{"\\ud800": 1, "\\ud800": 2}', "DUPLICATE_KEY"),
    ],
)
def test_text_that_is_no_json_is_refused(text: str | bytes, code: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        codec.loads(text)
    assert [fault.code for fault in refused.value.faults] == [code]
    str(refused.value).encode()


def test_a_number_too_large_for_a_double_is_refused() -> None:
    document = problem_document()
    text = json.dumps(document).replace('"latitude": -30.0,', '"latitude": 1e999,')
    assert [fault.code for fault in problem_faults(codec.loads(text))] == ["NOT_A_NUMBER"]


def _packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def test_a_matrix_that_inflates_without_end_is_not_inflated() -> None:
    bomb = _packed(bytes(50_000_000))
    document = spoilt(problem_document(), ("/profiles/car/seconds", bomb))
    tracemalloc.start()
    try:
        faults = problem_faults(document)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(fault.code, fault.pointer) for fault in faults] == [("MATRIX_SHAPE", "/profiles/car/seconds")]
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (_packed(bytes(36))[:-8], "MATRIX_UNREADABLE"),
        (base64.b64encode(zlib.compress(bytes(range(36)))[:-6]).decode(), "MATRIX_UNREADABLE"),
        (base64.b64encode(zlib.compress(bytes(36)) + b"more").decode(), "MATRIX_SHAPE"),
        (_packed(bytes(35)), "MATRIX_SHAPE"),
        (_packed(bytes(40)), "MATRIX_SHAPE"),
        (_packed(b""), "MATRIX_SHAPE"),
        ("", "MATRIX_UNREADABLE"),
    ],
)
def test_a_packed_matrix_of_the_wrong_size_is_refused(text: str, code: str) -> None:
    document = spoilt(problem_document(), ("/profiles/car/seconds", text))
    assert [fault.code for fault in problem_faults(document)] == [code]
