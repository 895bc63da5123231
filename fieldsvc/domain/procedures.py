"""What has to be gone through at a visit of a kind: safety points, checks, readings and documents, and the answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from fieldsvc.domain.errors import Fault


class Step(StrEnum):
    """When at a visit a point is gone through, in this order."""

    PREPARE = "prepare"
    SCOPE = "scope"
    SAFETY = "safety"
    EQUIPMENT = "equipment"
    DIAGNOSIS = "diagnosis"
    WORK = "work"
    VERIFICATION = "verification"


class PointKind(StrEnum):
    """What a point asks for. document: that its text was read."""

    CONFIRMATION = "confirmation"
    READING = "reading"
    DOCUMENT = "document"


class PointResult(StrEnum):
    """What became of a point."""

    DONE = "done"
    NOT_DONE = "not_done"
    NOT_APPLICABLE = "not_applicable"


BEFORE_WORK = frozenset({Step.SCOPE, Step.SAFETY, Step.EQUIPMENT})


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a procedure. text: what is asked; body: of a document, what is to be read, in both languages.

    unit, low, high: of a reading; a value outside of the limits is taken and pointed out.
    """

    code: str
    step: Step
    kind: PointKind
    is_mandatory: bool
    text_en: str
    text_zh: str
    body_en: str | None = None
    body_zh: str | None = None
    unit: str | None = None
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to a point. value: of a reading, a decimal number as text, so that it stays as it was typed."""

    point: str
    result: PointResult
    value: str | None = None
    note: str | None = None


def procedure_faults(points: Sequence[Point]) -> list[Fault]:
    """Return everything that is wrong with the points of a procedure."""
    faults, seen = [], set()
    for index, point in enumerate(points):
        at = f"/points/{index}"
        if point.code in seen:
            faults.append(Fault("duplicate_code", f"{at}/code", f"The code {point.code} is there twice."))
        seen.add(point.code)
        faults += _kind_faults(point, at)
        if point.low is not None and point.high is not None and Decimal(point.low) > Decimal(point.high):
            faults.append(Fault("limits_inverted", f"{at}/low", "The lower limit is above the upper one."))
    return faults


def answer_faults(points: Mapping[str, Point], answers: Sequence[Answer]) -> list[Fault]:
    """Return everything that is wrong with answers to the points of a procedure, by their code."""
    faults, seen = [], set()
    for index, answer in enumerate(answers):
        at, point = f"/answers/{index}", points.get(answer.point)
        if answer.point in seen:
            faults.append(Fault("duplicate_answer", f"{at}/point", f"The point {answer.point} is answered twice."))
        seen.add(answer.point)
        if point is None:
            faults.append(Fault("unknown_point", f"{at}/point", f"The procedure has no point {answer.point}."))
            continue
        is_measured = point.kind is PointKind.READING and answer.result is PointResult.DONE
        if is_measured and answer.value is None:
            faults.append(Fault("value_needed", f"{at}/value", f"Say what was read, in {point.unit}."))
        if not is_measured and answer.value is not None:
            faults.append(Fault("value_not_used", f"{at}/value", "Only a reading that was taken has a value."))
        if answer.result is not PointResult.DONE and not answer.note:
            faults.append(Fault("note_needed", f"{at}/note", "Say why it was not done, or does not apply."))
    return faults


def is_outside(point: Point, value: str) -> bool:
    """Tell whether a reading is outside of its limits; a limit itself is inside."""
    number = Decimal(value)
    is_low = point.low is not None and number < Decimal(point.low)
    return is_low or (point.high is not None and number > Decimal(point.high))


def open_points(
    points: Collection[Point], results: Mapping[str, PointResult], steps: Collection[Step] = frozenset(Step)
) -> list[Point]:
    """Return the mandatory points that were neither done nor said not to apply, of the given steps."""
    return [
        point
        for point in points
        if point.is_mandatory
        and point.step in steps
        and results.get(point.code) not in (PointResult.DONE, PointResult.NOT_APPLICABLE)
    ]


def _kind_faults(point: Point, at: str) -> list[Fault]:
    faults = []
    is_reading, is_document = point.kind is PointKind.READING, point.kind is PointKind.DOCUMENT
    if is_reading and point.unit is None:
        faults.append(Fault("unit_needed", f"{at}/unit", "A reading has a unit."))
    for name, value in (("unit", point.unit), ("low", point.low), ("high", point.high)):
        if not is_reading and value is not None:
            faults.append(Fault("only_of_readings", f"{at}/{name}", "Only a reading has this."))
    for name, value in (("body_en", point.body_en), ("body_zh", point.body_zh)):
        if is_document and value is None:
            faults.append(Fault("body_needed", f"{at}/{name}", "A document has a text in both languages."))
        if not is_document and value is not None:
            faults.append(Fault("only_of_documents", f"{at}/{name}", "Only a document has this."))
    return faults
