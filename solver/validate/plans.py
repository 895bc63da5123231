"""The fields of a plan document. What the plan says is judged by `solver.check`."""

import math
from dataclasses import dataclass

from solver.reasons import Reason
from solver.units import MAX_TIME_S
from solver.validate.codes import FaultCode
from solver.validate.kinds import Choice, Field, Flag, ListOf, Nullable, RecordOf, Text, Version, Whole
from solver.validate.report import Place, Record, Report, shown_text
from solver.validate.shapes import ID, INDEX, LABEL, NAMES, UNITS, VERSION, needed

_TIME = Whole(-2 * MAX_TIME_S, 2 * MAX_TIME_S)
"""Twice the horizon's limit: overtime and the way home may go beyond it."""
STOP_KINDS = ("job", "warehouse", "break")
"""Those of `solver.plan.StopKind`, which stands beside this package and is not imported; a test holds them equal."""
_DEEPEST = 20
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Figures:
    """The free figures of a cause: an object of any JSON that can be written again and read by anyone."""

    def read(self, value: object, place: Place, report: Report) -> dict[str, object] | None:
        if not isinstance(value, dict):
            report.wrong_type(place, value, "an object")
            return None
        left: list[tuple[object, Place, int]] = [(value, place, 1)]
        while left:
            item, at, depth = left.pop()
            if not isinstance(item, dict | list):
                _note_leaf(item, at, report)
            elif depth > _DEEPEST:
                report.add(
                    FaultCode.NESTED_TOO_DEEP,
                    at,
                    f"The figures nest deeper than {_DEEPEST} levels; flatten them.",
                )
            elif isinstance(item, list):
                left.extend((own, at.at(index), depth + 1) for index, own in enumerate(item))
            else:
                for key, own in item.items():
                    below = at.at(key if isinstance(key, str) else type(key).__name__)
                    Text(may_be_empty=True).read(key, below, report)
                    left.append((own, below, depth + 1))
        return value


def _note_leaf(item: object, place: Place, report: Report) -> None:
    if isinstance(item, str):
        Text(may_be_empty=True).read(item, place, report)
    elif type(item) is int:
        Whole(-_LARGEST, _LARGEST).read(item, place, report)
    elif item is not None and not isinstance(item, bool) and not (isinstance(item, float) and math.isfinite(item)):
        report.wrong_type(place, item, "text, a finite number, true, false, null, a list or an object")


def _note_causes(unplanned: Record, place: Place, report: Report) -> None:
    if unplanned["causes"] == []:
        report.add(
            FaultCode.NO_CAUSE,
            place.at("causes"),
            f"Job {shown_text(unplanned['job'] or '')} is unplanned without a cause; give at least one, NOT_PROVEN if "
            "none is known.",
        )


LOAD = RecordOf({"part": needed(ID), "quantity": needed(UNITS), "job": Field(Nullable(ID))})

STOP = RecordOf(
    {
        "kind": needed(Choice(STOP_KINDS)),
        "id": needed(ID),
        "location": needed(INDEX),
        "arrival_s": needed(_TIME),
        "start_s": needed(_TIME),
        "end_s": needed(_TIME),
        "loads": Field(ListOf(LOAD), []),
        "tools": Field(NAMES, []),
        "supplies": Field(Flag(), True),
    },
    id_field="id",
)

ROUTE = RecordOf(
    {
        "shift": needed(ID),
        "departure_s": needed(_TIME),
        "return_s": needed(_TIME),
        "stops": Field(ListOf(STOP), []),
    },
    id_field="shift",
)

CAUSE = RecordOf(
    {
        "reason": needed(Choice(tuple(reason.code for reason in Reason))),
        "sentence": Field(LABEL, ""),
        "remedy": Field(LABEL, ""),
        "details": Field(Figures(), {}),
    }
)

UNPLANNED = RecordOf({"job": needed(ID), "causes": needed(ListOf(CAUSE))}, id_field="job", also=_note_causes)

PLAN = RecordOf(
    {
        "format": needed(ID),
        "version": needed(Version(VERSION)),
        "problem": needed(ID),
        "routes": Field(ListOf(ROUTE), []),
        "unplanned": Field(ListOf(UNPLANNED), []),
    }
)
