"""What is right in a procedure and in answers to it, and what stays open."""

from dataclasses import replace

import pytest

from fieldsvc.domain.procedures import (
    Answer,
    Point,
    PointKind,
    PointResult,
    Step,
    answer_faults,
    is_outside,
    open_points,
    procedure_faults,
)

POWER_OFF = Point("power_off", Step.SAFETY, PointKind.CONFIRMATION, True, "Power is off", "已断电")
PRESSURE = Point(
    "pressure", Step.VERIFICATION, PointKind.READING, True, "Pressure", "压力", unit="bar", low="1.2", high="2.0"
)
MANUAL = Point(
    "manual", Step.WORK, PointKind.DOCUMENT, False, "How to seal", "密封方法", body_en="Turn.", body_zh="拧。"
)
POINTS = {point.code: point for point in (POWER_OFF, PRESSURE, MANUAL)}


def codes(faults) -> list[tuple[str, str]]:
    return [(fault.code, fault.pointer) for fault in faults]


def test_a_right_procedure_has_no_faults() -> None:
    assert procedure_faults(list(POINTS.values())) == []
    assert procedure_faults([]) == []


def test_all_faults_of_a_procedure_are_told_at_once() -> None:
    wrong = [
        replace(POWER_OFF, unit="bar", body_en="x"),
        replace(PRESSURE, unit=None, low="3", code="power_off"),
        replace(MANUAL, body_zh=None, low="1"),
    ]
    assert codes(procedure_faults(wrong)) == [
        ("only_of_readings", "/points/0/unit"),
        ("only_of_documents", "/points/0/body_en"),
        ("duplicate_code", "/points/1/code"),
        ("unit_needed", "/points/1/unit"),
        ("limits_inverted", "/points/1/low"),
        ("only_of_readings", "/points/2/low"),
        ("body_needed", "/points/2/body_zh"),
    ]


def test_all_faults_of_answers_are_told_at_once() -> None:
    wrong = [
        Answer("power_off", PointResult.DONE, value="1"),
        Answer("power_off", PointResult.NOT_DONE),
        Answer("pressure", PointResult.DONE),
        Answer("pressure_2", PointResult.DONE),
        Answer("manual", PointResult.NOT_APPLICABLE, note=""),
    ]
    assert codes(answer_faults(POINTS, wrong)) == [
        ("value_not_used", "/answers/0/value"),
        ("duplicate_answer", "/answers/1/point"),
        ("note_needed", "/answers/1/note"),
        ("value_needed", "/answers/2/value"),
        ("unknown_point", "/answers/3/point"),
        ("note_needed", "/answers/4/note"),
    ]
    assert answer_faults(POINTS, [Answer("pressure", PointResult.DONE, value="1.5")]) == []


@pytest.mark.parametrize(
    ("value", "outside"), [("1.19", True), ("1.2", False), ("2", False), ("2.000001", True), ("-5", True)]
)
def test_a_limit_is_inside(value: str, outside: bool) -> None:
    assert is_outside(PRESSURE, value) is outside
    assert not is_outside(replace(PRESSURE, low=None, high=None), value)


def test_open_is_what_is_mandatory_and_neither_done_nor_out_of_place() -> None:
    points = list(POINTS.values())
    assert open_points(points, {}) == [POWER_OFF, PRESSURE]
    assert open_points(points, {"power_off": PointResult.NOT_DONE}) == [POWER_OFF, PRESSURE]
    assert open_points(points, {"power_off": PointResult.NOT_APPLICABLE}) == [PRESSURE]
    assert open_points(points, {"pressure": PointResult.DONE}, {Step.SAFETY}) == [POWER_OFF]
