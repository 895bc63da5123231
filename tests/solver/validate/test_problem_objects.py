"""A problem built in Python is judged like its document: dataclasses do not check types."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from solver import codec
from solver.problem import Profile, Window
from solver.validate import problem_object_faults
from tests.solver.validate.documents import problem_document

PROBLEM = codec.problem_from_document(problem_document())
JOB = PROBLEM.jobs[2]


def test_a_good_problem_has_no_faults() -> None:
    assert problem_object_faults(PROBLEM) == []


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"service_s": 600.0}, "WRONG_TYPE", "/jobs/2/service_s"),
        ({"service_s": None}, "WRONG_TYPE", "/jobs/2/service_s"),
        ({"service_s": np.int64(600)}, "WRONG_TYPE", "/jobs/2/service_s"),
        ({"due_s": math.nan}, "NOT_A_NUMBER", "/jobs/2/due_s"),
        ({"location": 3}, "UNKNOWN_LOCATION", "/jobs/2/location"),
        ({"windows": None}, "WRONG_TYPE", "/jobs/2/windows"),
        ({"windows": (Window(0, 10**12),)}, "OUT_OF_RANGE", "/jobs/2/windows/0/end"),
        ({"windows": Window(0, 1)}, "WRONG_TYPE", "/jobs/2/windows"),
        ({"tools": {"drill"}}, "WRONG_TYPE", "/jobs/2/tools"),
        ({"tools": frozenset({10**4_000})}, "WRONG_TYPE", "/jobs/2/tools/0"),
        ({"skills": {1: 1}}, "WRONG_TYPE", "/jobs/2/skills/int"),
        ({"priority": object()}, "WRONG_TYPE", "/jobs/2/priority"),
        ({"required_technicians": frozenset({"bo", "zoe"})}, "UNKNOWN_REFERENCE", "/jobs/2/required_technicians/1"),
    ],
)
def test_a_wrong_field_is_found(changes: dict[str, Any], code: str, pointer: str) -> None:
    problem = replace(PROBLEM, jobs=(*PROBLEM.jobs[:2], replace(JOB, **changes)))
    assert [(fault.code, fault.pointer) for fault in problem_object_faults(problem)] == [(code, pointer)]


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    windows: tuple[Any, ...] = (endless,)
    problem = replace(PROBLEM, jobs=(*PROBLEM.jobs[:2], replace(JOB, windows=windows)))
    assert [fault.code for fault in problem_object_faults(problem)] == ["WRONG_TYPE"]


def test_matrices_are_judged_as_they_are() -> None:
    cells = np.array([[0, -5], [1, 0]], dtype=np.int32)
    problem = replace(PROBLEM, profiles={"car": Profile(cells, PROBLEM.profiles["car"].metres)})
    assert [(fault.code, fault.pointer) for fault in problem_object_faults(problem)] == [
        ("MATRIX_SHAPE", "/profiles/car/seconds")
    ]
    wide = PROBLEM.profiles["car"].seconds.copy()
    wide[0, 1] = -5
    problem = replace(PROBLEM, profiles={"car": Profile(wide, PROBLEM.profiles["car"].metres)})
    assert [(fault.code, fault.pointer) for fault in problem_object_faults(problem)] == [
        ("MATRIX_RANGE", "/profiles/car/seconds/0/1")
    ]
