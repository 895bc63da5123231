"""Each way the shape of a plan document can be wrong."""

import math
from typing import Any

import pytest

from solver.plan import StopKind
from solver.validate import plan_faults
from solver.validate.plans import STOP_KINDS
from tests.solver.validate.documents import GONE, plan_document, spoilt

STOP = "/routes/0/stops/0"


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("pointer", "value", "code", "record"),
    [
        ("", 3, "WRONG_TYPE", None),
        ("/format", "fieldsvc.problem", "WRONG_FORMAT", None),
        ("/version", 3, "WRONG_VERSION", None),
        ("/problem", None, "WRONG_TYPE", None),
        ("/routes", None, "WRONG_TYPE", None),
        ("/cost", 3, "UNKNOWN_FIELD", None),
        ("/routes/0/shift", "", "EMPTY_TEXT", None),
        ("/routes/0/departure_s", 1.5, "WRONG_TYPE", "ana-0"),
        ("/routes/0/return_s", 2**63, "OUT_OF_RANGE", "ana-0"),
        ("/routes/0/return_s", math.nan, "NOT_A_NUMBER", "ana-0"),
        (f"{STOP}/kind", "visit", "UNKNOWN_CHOICE", "depot"),
        (f"{STOP}/kind", ["job"], "WRONG_TYPE", "depot"),
        (f"{STOP}/location", -1, "OUT_OF_RANGE", "depot"),
        (f"{STOP}/supplies", "yes", "WRONG_TYPE", "depot"),
        (f"{STOP}/loads/0/quantity", 0, "OUT_OF_RANGE", "depot"),
        (f"{STOP}/tools", ["crane", "crane"], "DUPLICATE_ENTRY", "depot"),
        ("/unplanned/0/causes", [], "NO_CAUSE", "j2"),
        ("/unplanned/0/causes/0/reason", "SKILLS", "UNKNOWN_CHOICE", "j2"),
        ("/unplanned/0/causes/0/details", [], "WRONG_TYPE", "j2"),
        ("/unplanned/0/causes/0/details/skill", math.inf, "NOT_A_NUMBER", "j2"),
        ("/unplanned/0/causes/0/details/skill", 10**4_000, "OUT_OF_RANGE", "j2"),
        ("/unplanned/0/causes/0/details/skill", "\udfff", "UNREADABLE_TEXT", "j2"),
        ("/unplanned/0/causes/0/details/skill", nested(100_000), "NESTED_TOO_DEEP", "j2"),
    ],
)
def test_one_wrong_thing_is_one_fault(pointer: str, value: object, code: str, record: str | None) -> None:
    faults = plan_faults(spoilt(plan_document(), (pointer, value)))
    assert [(fault.code, fault.record) for fault in faults] == [(code, record)]
    assert faults[0].pointer.startswith(pointer)
    if code not in {"DUPLICATE_ENTRY", "NESTED_TOO_DEEP"}:
        assert faults[0].pointer == pointer


@pytest.mark.parametrize(
    ("pointer", "missing_in"),
    [(f"{STOP}/end_s", STOP), ("/routes/0/shift", "/routes/0"), ("/unplanned/0/causes", "/unplanned/0")],
)
def test_a_missing_field_is_noted_where_it_should_be(pointer: str, missing_in: str) -> None:
    faults = plan_faults(spoilt(plan_document(), (pointer, GONE)))
    assert [(fault.code, fault.pointer) for fault in faults] == [("MISSING_FIELD", missing_in)]


def test_a_reason_nearly_right_is_suggested() -> None:
    faults = plan_faults(spoilt(plan_document(), ("/unplanned/0/causes/0/reason", "SKILLS")))
    assert "Did you mean SKILL?" in faults[0].message


def test_what_the_plan_says_is_not_judged_here() -> None:
    document = spoilt(plan_document(), ("/routes/0/shift", "nobody"), (f"{STOP}/end_s", -5))
    assert plan_faults(document) == []
    assert plan_faults({"format": "fieldsvc.plan", "version": 1, "problem": "p1"}) == []


def test_the_kinds_of_stop_are_those_of_the_plan() -> None:
    assert set(STOP_KINDS) == {kind.value for kind in StopKind}
