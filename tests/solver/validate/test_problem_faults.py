"""Each way a problem document can be wrong: the code, where, and whose."""

import math
from typing import Any

import pytest

from solver.units import MAX_JOBS, MAX_LOCATIONS, MAX_SHIFTS, MAX_TIME_S, MAX_TRAVEL_S
from solver.validate import FaultCode, problem_faults
from tests.solver.validate.documents import GONE, problem_document, spoilt

Row = tuple[tuple[tuple[str, object], ...], str, str, str | None]

CYCLE = (("/jobs/0/predecessors", [{"job": "j2"}]),)
COMMITTED = "/shifts/0/committed"

SHAPES: list[Row] = [
    ((("", None),), "WRONG_TYPE", "", None),
    ((("", []),), "WRONG_TYPE", "", None),
    ((("/format", "fieldsvc.plan"),), "WRONG_FORMAT", "/format", None),
    ((("/format", "other"),), "WRONG_FORMAT", "/format", None),
    ((("/format", 1),), "WRONG_TYPE", "/format", None),
    ((("/version", 2),), "WRONG_VERSION", "/version", None),
    ((("/version", True),), "WRONG_VERSION", "/version", None),
    ((("/version", None),), "WRONG_VERSION", "/version", None),
    ((("/version", GONE),), "MISSING_FIELD", "", None),
    ((("/horizon_s", GONE),), "MISSING_FIELD", "", None),
    ((("/origin", "2026-02-30"),), "WRONG_DATE", "/origin", None),
    ((("/origin", "20260302"),), "WRONG_DATE", "/origin", None),
    ((("/origin", 20260302),), "WRONG_TYPE", "/origin", None),
    ((("/jobs/1/service_s", GONE),), "MISSING_FIELD", "/jobs/1", "j2"),
    ((("/jobs/1/servce_s", 1),), "UNKNOWN_FIELD", "/jobs/1/servce_s", "j2"),
    ((("/jobs/1/a~1b~0", 1),), "UNKNOWN_FIELD", "/jobs/1/a~1b~0", "j2"),
    ((("/weights/zeal", 1),), "UNKNOWN_FIELD", "/weights/zeal", None),
    ((("/weights/non_preferred_cents", -1),), "OUT_OF_RANGE", "/weights/non_preferred_cents", None),
    ((("/weights/disruption_tolerance_s", 10**9),), "OUT_OF_RANGE", "/weights/disruption_tolerance_s", None),
    ((("/jobs", {}),), "WRONG_TYPE", "/jobs", None),
    ((("/jobs/2", 7),), "WRONG_TYPE", "/jobs/2", None),
    ((("/jobs/1/service_s", True),), "WRONG_TYPE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", 600.0),), "WRONG_TYPE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", "600"),), "WRONG_TYPE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", None),), "WRONG_TYPE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", math.nan),), "NOT_A_NUMBER", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", math.inf),), "NOT_A_NUMBER", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", -1),), "OUT_OF_RANGE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", 2**63),), "OUT_OF_RANGE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/service_s", 10**4_000),), "OUT_OF_RANGE", "/jobs/1/service_s", "j2"),
    ((("/jobs/1/unplanned_penalty_cents", 10**12),), "OUT_OF_RANGE", "/jobs/1/unplanned_penalty_cents", "j2"),
    ((("/jobs/2/id", ""),), "EMPTY_TEXT", "/jobs/2/id", None),
    ((("/jobs/0/parts", {"": 1}),), "EMPTY_TEXT", "/jobs/0/parts/", "j1"),
    ((("/jobs/0/parts/filter", 0),), "OUT_OF_RANGE", "/jobs/0/parts/filter", "j1"),
    ((("/jobs/0/earmarks/0/quantity", 0),), "OUT_OF_RANGE", "/jobs/0/earmarks/0/quantity", "j1"),
    ((("/jobs/0/skills/gas", 0),), "OUT_OF_RANGE", "/jobs/0/skills/gas", "j1"),
    ((("/jobs/0/service_s_by_level/0", [1]),), "WRONG_TYPE", "/jobs/0/service_s_by_level/0", "j1"),
    ((("/jobs/0/service_s_by_level/1/0", 1),), "DUPLICATE_ENTRY", "/jobs/0/service_s_by_level/1", "j1"),
    ((("/jobs/2/crew_size", 0),), "OUT_OF_RANGE", "/jobs/2/crew_size", "j3"),
    ((("/jobs/2/crew_size", 11),), "OUT_OF_RANGE", "/jobs/2/crew_size", "j3"),
    ((("/jobs/2/tools", ["drill", "drill"]),), "DUPLICATE_ENTRY", "/jobs/2/tools/1", "j3"),
    ((("/jobs/2/tools", [["drill"]]),), "WRONG_TYPE", "/jobs/2/tools/0", "j3"),
    ((("/jobs/2/windows", [{"start": 0, "end": MAX_TIME_S + 1}]),), "OUT_OF_RANGE", "/jobs/2/windows/0/end", "j3"),
    (
        (("/jobs/2/windows", [{"start": -MAX_TIME_S - 1, "end": 0}]),),
        "OUT_OF_RANGE",
        "/jobs/2/windows/0/start",
        "j3",
    ),
    ((("/jobs/2/priority", "\ud800"),), "UNREADABLE_TEXT", "/jobs/2/priority", "j3"),
    ((("/shifts/0/breaks/0/paid", 1),), "WRONG_TYPE", "/shifts/0/breaks/0/paid", "ana-0"),
    ((("/shifts/0/territories", "all"),), "WRONG_TYPE", "/shifts/0/territories", "ana-0"),
    (
        (("/warehouses/0/stock/filter/0/quantity", -1),),
        "OUT_OF_RANGE",
        "/warehouses/0/stock/filter/0/quantity",
        "depot",
    ),
    (
        (("/warehouses/0/stock/filter/0/from_s", -1),),
        "OUT_OF_RANGE",
        "/warehouses/0/stock/filter/0/from_s",
        "depot",
    ),
    ((("/jobs", [{}] * (MAX_JOBS + 1)), ("/sequences", [])), "TOO_MANY", "/jobs", None),
    ((("/shifts", [{}] * (MAX_SHIFTS + 1)),), "TOO_MANY", "/shifts", None),
    ((("/locations", [{}] * (MAX_LOCATIONS + 1)),), "TOO_MANY", "/locations", None),
]

PLACES: list[Row] = [
    ((("/locations/0/latitude", 91),), "COORDINATES_SWAPPED", "/locations/0/latitude", "home"),
    ((("/locations/0/latitude", -181),), "COORDINATES_OUT_OF_RANGE", "/locations/0/latitude", "home"),
    (
        (("/locations/0/latitude", 91), ("/locations/0/longitude", 95)),
        "COORDINATES_OUT_OF_RANGE",
        "/locations/0/latitude",
        "home",
    ),
    ((("/locations/0/longitude", 181.0),), "COORDINATES_OUT_OF_RANGE", "/locations/0/longitude", "home"),
    ((("/locations/0/longitude", 10**400),), "COORDINATES_OUT_OF_RANGE", "/locations/0/longitude", "home"),
    (
        (("/locations/0/latitude", 116.4), ("/locations/0/longitude", 39.9)),
        "COORDINATES_SWAPPED",
        "/locations/0/latitude",
        "home",
    ),
    ((("/locations/0/latitude", 0), ("/locations/0/longitude", 0.0)), "COORDINATES_ZERO", "/locations/0", "home"),
    ((("/locations/0/latitude", None),), "COORDINATES_HALF", "/locations/0", "home"),
    ((("/locations/0/latitude", math.nan),), "NOT_A_NUMBER", "/locations/0/latitude", "home"),
    ((("/locations/0/latitude", True),), "WRONG_TYPE", "/locations/0/latitude", "home"),
    ((("/locations/1/id", "home"),), "DUPLICATE_ID", "/locations/1/id", "home"),
    ((("/jobs/2/location", 3),), "UNKNOWN_LOCATION", "/jobs/2/location", "j3"),
    ((("/jobs/2/location", -1),), "OUT_OF_RANGE", "/jobs/2/location", "j3"),
    ((("/shifts/1/end_location", 3),), "UNKNOWN_LOCATION", "/shifts/1/end_location", "bo-0"),
    ((("/warehouses/0/location", 9),), "UNKNOWN_LOCATION", "/warehouses/0/location", "depot"),
]

MATRICES: list[Row] = [
    ((("/profiles/car/seconds", None),), "WRONG_TYPE", "/profiles/car/seconds", "car"),
    ((("/profiles/car/seconds", 5),), "WRONG_TYPE", "/profiles/car/seconds", "car"),
    ((("/profiles/car/seconds", GONE),), "MISSING_FIELD", "/profiles/car", "car"),
    ((("/profiles/car/seconds/2", GONE),), "MATRIX_SHAPE", "/profiles/car/seconds", "car"),
    ((("/profiles/car/seconds/1", [600, 0]),), "MATRIX_SHAPE", "/profiles/car/seconds/1", "car"),
    ((("/profiles/car/seconds/1", "600"),), "MATRIX_TYPE", "/profiles/car/seconds/1", "car"),
    ((("/profiles/car/seconds/1/2", None),), "MATRIX_TYPE", "/profiles/car/seconds/1/2", "car"),
    ((("/profiles/car/seconds/1/2", 7.0),), "MATRIX_TYPE", "/profiles/car/seconds/1/2", "car"),
    ((("/profiles/car/seconds/1/2", True),), "MATRIX_TYPE", "/profiles/car/seconds/1/2", "car"),
    ((("/profiles/car/seconds/1/2", -2),), "MATRIX_RANGE", "/profiles/car/seconds/1/2", "car"),
    ((("/profiles/car/seconds/1/2", MAX_TRAVEL_S + 1),), "MATRIX_RANGE", "/profiles/car/seconds/1/2", "car"),
    ((("/profiles/car/seconds/1/2", 2**70),), "MATRIX_RANGE", "/profiles/car/seconds/1/2", "car"),
    ((("/profiles/car/metres/1/2", 20_100_001),), "MATRIX_RANGE", "/profiles/car/metres/1/2", "car"),
    ((("/profiles/car/metres/1/1", 1),), "MATRIX_DIAGONAL", "/profiles/car/metres/1/1", "car"),
    ((("/profiles/car/metres/1/2", 0),), "MATRIX_ZERO", "/profiles/car/metres/1/2", "car"),
    ((("/profiles/car/seconds/1/2", -1),), "MATRIX_DISAGREES", "/profiles/car/metres/1/2", "car"),
    ((("/profiles/car/seconds", "§"),), "MATRIX_UNREADABLE", "/profiles/car/seconds", "car"),
    ((("/profiles/car/seconds", "AAAA"),), "MATRIX_UNREADABLE", "/profiles/car/seconds", "car"),
    ((("/shifts/0/profile", "cat"),), "UNKNOWN_REFERENCE", "/shifts/0/profile", "ana-0"),
]

TIMES: list[Row] = [
    ((("/jobs/0/windows/0/start", 40_001),), "WINDOW_INVERTED", "/jobs/0/windows/0", "j1"),
    ((("/warehouses/0/windows/0/start", 90_001),), "WINDOW_INVERTED", "/warehouses/0/windows/0", "depot"),
    ((("/jobs/2/lock", {"start_range": {"start": 2, "end": 1}}),), "WINDOW_INVERTED", "/jobs/2/lock/start_range", "j3"),
    ((("/shifts/0/breaks/0/window/start", 50_000),), "WINDOW_INVERTED", "/shifts/0/breaks/0/window", "ana-0"),
    ((("/shifts/0/earliest_start", 61_201),), "SHIFT_INVERTED", "/shifts/0", "ana-0"),
    ((("/shifts/0/earliest_start", -1),), "SHIFT_OUTSIDE_HORIZON", "/shifts/0/earliest_start", "ana-0"),
    ((("/shifts/2/latest_end", 172_801),), "SHIFT_OUTSIDE_HORIZON", "/shifts/2/latest_end", "ana-1"),
    ((("/shifts/2/day", 2),), "SHIFT_OUTSIDE_HORIZON", "/shifts/2/day", "ana-1"),
    ((("/shifts/0/breaks/0/window/start", 28_799),), "BREAK_OUTSIDE_SHIFT", "/shifts/0/breaks/0/window", "ana-0"),
    ((("/shifts/0/breaks/0/window/end", 59_401),), "BREAK_OUTSIDE_SHIFT", "/shifts/0/breaks/0/window", "ana-0"),
]

RECORDS: list[Row] = [
    ((("/jobs/2/id", "j2"),), "DUPLICATE_ID", "/jobs/2/id", "j2"),
    ((("/technicians/-", {"id": "bo"}),), "DUPLICATE_ID", "/technicians/2/id", "bo"),
    ((("/warehouses/-", {"id": "depot", "location": 0}),), "DUPLICATE_ID", "/warehouses/1/id", "depot"),
    ((("/shifts/1/id", "ana-0"),), "DUPLICATE_ID", "/shifts/1/id", "ana-0"),
    (
        (("/shifts/0/breaks/-", {"id": "lunch", "duration_s": 1, "window": {"start": 40_000, "end": 40_000}}),),
        "DUPLICATE_ID",
        "/shifts/0/breaks/1/id",
        "ana-0",
    ),
    ((("/shifts/1/technician", "ana"),), "DUPLICATE_DAY", "/shifts/1", "bo-0"),
    ((("/shifts/1/technician", "boo"),), "UNKNOWN_REFERENCE", "/shifts/1/technician", "bo-0"),
    ((("/jobs/2/required_technicians", ["ann"]),), "UNKNOWN_REFERENCE", "/jobs/2/required_technicians/0", "j3"),
    ((("/jobs/2/preferred_technicians", ["ann"]),), "UNKNOWN_REFERENCE", "/jobs/2/preferred_technicians/0", "j3"),
    ((("/jobs/2/excluded_technicians", ["bo", "x"]),), "UNKNOWN_REFERENCE", "/jobs/2/excluded_technicians/1", "j3"),
    ((("/jobs/2/declined_by", ["ann"]),), "UNKNOWN_REFERENCE", "/jobs/2/declined_by/0", "j3"),
    ((("/jobs/1/predecessors/0/job", "j9"),), "UNKNOWN_REFERENCE", "/jobs/1/predecessors/0/job", "j2"),
    ((("/jobs/0/lock/shifts/0", "ana"),), "UNKNOWN_REFERENCE", "/jobs/0/lock/shifts/0", "j1"),
    ((("/jobs/0/previous/shifts/0", "ana"),), "UNKNOWN_REFERENCE", "/jobs/0/previous/shifts/0", "j1"),
    ((("/jobs/0/earmarks/0/technician", "ann"),), "UNKNOWN_REFERENCE", "/jobs/0/earmarks/0/technician", "j1"),
    (
        (("/jobs/0/earmarks/0", {"part": "fuse", "quantity": 1, "warehouse": "d"}),),
        "UNKNOWN_REFERENCE",
        "/jobs/0/earmarks/0/warehouse",
        "j1",
    ),
    (((COMMITTED, [{"job": "j9"}]),), "UNKNOWN_REFERENCE", "/shifts/0/committed/0/job", "ana-0"),
    ((("/sequences/0/1", "j9"),), "UNKNOWN_REFERENCE", "/sequences/0/1", None),
    ((("/sequences/0/1", "j1"),), "DUPLICATE_ENTRY", "/sequences/0/1", None),
    ((("/jobs/0/earmarks/0/warehouse", "depot"),), "EARMARK_PLACE", "/jobs/0/earmarks/0", "j1"),
    ((("/jobs/0/earmarks/0/technician", GONE),), "EARMARK_PLACE", "/jobs/0/earmarks/0", "j1"),
    ((("/jobs/1/predecessors/-", {"job": "j1", "lag_s": 5}),), "DUPLICATE_ENTRY", "/jobs/1/predecessors/1", "j2"),
    ((("/jobs/1/predecessors/0/job", "j2"),), "SELF_PREDECESSOR", "/jobs/1/predecessors/0/job", "j2"),
    (CYCLE, "PREDECESSOR_CYCLE", "/jobs/0/predecessors", "j1"),
    ((("/jobs/0/lock/shifts", ["ana-0", "bo-0"]),), "LOCK_CREW", "/jobs/0/lock/shifts", "j1"),
    ((("/jobs/0/crew_size", 2),), "LOCK_CREW", "/jobs/0/lock/shifts", "j1"),
    ((("/jobs/0/crew_size", 2), ("/jobs/0/lock/shifts", ["ana-0", "ana-1"])), "LOCK_CREW", "/jobs/0/lock/shifts", "j1"),
    (((COMMITTED, [{"job": "j3"}, {"job": "j1"}]),), "COMMITTED_ORDER", "/shifts/0/committed/1/job", "ana-0"),
    (((COMMITTED, [{"job": "j3"}, {"job": "j3"}]),), "DUPLICATE_ENTRY", "/shifts/0/committed/1", "ana-0"),
    (
        ((COMMITTED, [{"job": "j2", "start_s": 30_000}, {"job": "j3", "start_s": 29_000}]),),
        "COMMITTED_ORDER",
        "/shifts/0/committed/1/start_s",
        "ana-0",
    ),
    (
        ((COMMITTED, [{"job": "j3"}]), ("/shifts/1/committed", [{"job": "j3"}])),
        "COMMITTED_TWICE",
        "/shifts/1/committed/0/job",
        "bo-0",
    ),
    (
        ((COMMITTED, [{"job": "j3"}]), ("/shifts/2/committed", [{"job": "j3"}]), ("/jobs/2/crew_size", 2)),
        "COMMITTED_TWICE",
        "/shifts/2/committed/0/job",
        "ana-1",
    ),
    ((("/jobs/2/lock", {"shifts": ["ana-0"], "start_s": 33_999}),), "FIXED_STOPS_OVERLAP", "/jobs/2/lock", "j3"),
    (((COMMITTED, [{"job": "j3", "start_s": 33_000}]),), "FIXED_STOPS_OVERLAP", "/shifts/0/committed/0", "ana-0"),
    (
        ((COMMITTED, [{"job": "j2", "start_s": 30_000}, {"job": "j3", "start_s": 30_599}]),),
        "FIXED_STOPS_OVERLAP",
        "/shifts/0/committed/1",
        "ana-0",
    ),
    (
        ((COMMITTED, [{"job": "j3"}]), ("/profiles/car/seconds/1/0", -1), ("/profiles/car/metres/1/0", -1)),
        "NO_ROAD_HOME",
        COMMITTED,
        "ana-0",
    ),
]

TABLE = SHAPES + PLACES + MATRICES + TIMES + RECORDS


def _found(document: object) -> list[tuple[str, str, str | None]]:
    return [(fault.code, fault.pointer, fault.record) for fault in problem_faults(document)]


@pytest.mark.parametrize(("changes", "code", "pointer", "record"), TABLE)
def test_one_wrong_thing_is_one_fault_with_its_place_and_record(
    changes: tuple[tuple[str, object], ...], code: str, pointer: str, record: str | None
) -> None:
    found = _found(spoilt(problem_document(), *changes))
    assert found[0] == (code, pointer, record)
    # A code that another fault follows from (both degrees off) is the same code again, never noise of another kind.
    assert {each[0] for each in found} == {code}


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (("/technicians", []), ("/shifts", []), ("/jobs", []), ("/warehouses", []), ("/sequences", [])),
        (("/jobs", []), ("/sequences", [])),
        (("/jobs/2/windows", [{"start": 10**6, "end": 10**6}]),),  # beyond the horizon: unplanned, not a fault
        (("/jobs/2/windows", [{"start": -100, "end": -50}]),),
        (("/shifts/0/max_jobs", 0),),
        (("/shifts/0/territories", []),),
        (("/jobs/2/lock", {}),),
        (("/jobs/2/lock", {"shifts": ["ana-0"], "start_s": 34_000}),),  # starts at the second the other ends
        (("/jobs/2/lock", {"shifts": ["bo-0"], "start_s": 32_000}),),
        ((COMMITTED, [{"job": "j1", "start_s": 32_000}]),),  # locked and begun at once is no overlap with itself
        ((COMMITTED, [{"job": "j3"}]), ("/shifts/1/committed", [{"job": "j3"}]), ("/jobs/2/crew_size", 2)),
        (("/profiles/car/seconds/1/2", -1), ("/profiles/car/metres/1/2", -1)),
        (("/profiles/car/seconds/1/2", 0), ("/locations/1/latitude", -30.05), ("/locations/1/longitude", -51.251)),
        (("/profiles/car/seconds/1/2", 0), ("/locations/1/latitude", None), ("/locations/1/longitude", None)),
        (("/shifts/0/breaks/0/window/end", 59_401), ("/shifts/0/overtime_limit_s", 1)),
        (("/shifts/2/overtime_limit_s", 86_400),),  # overtime may go beyond the horizon
        (("/warehouses/0/stock/filter", []),),
    ],
)
def test_what_is_merely_unusual_is_accepted(changes: tuple[tuple[str, object], ...]) -> None:
    assert _found(spoilt(problem_document(), *changes)) == []


def test_all_faults_come_at_once() -> None:
    rows = [
        row
        for row in TABLE
        if row[1] != "WRONG_FORMAT"
        and row[0][0][0]
        in {
            "/version",
            "/weights/zeal",
            "/jobs/2/crew_size",
            "/locations/0/latitude",
            "/profiles/car/seconds/1/2",
            "/shifts/2/day",
            "/jobs/1/servce_s",
            "/sequences/0/1",
            "/jobs/1/predecessors/0/job",
        }
    ]
    one_each = {row[0][0][0]: row for row in rows if row[0][0][1] is not GONE}.values()
    found = _found(spoilt(problem_document(), *[change for row in one_each for change in row[0]]))
    assert len(one_each) == 9
    assert {(row[1], row[2], row[3]) for row in one_each} <= set(found)


def test_a_plan_given_for_a_problem_has_that_one_fault() -> None:
    assert _found({"format": "fieldsvc.plan", "version": 1}) == [("WRONG_FORMAT", "/format", None)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((("/jobs/1/servce_s", 1),), "Did you mean service_s?"),
        ((("/shifts/1/technician", "Ana2"),), "Did you mean ana?"),
        ((("/jobs/1/predecessors/0/job", "J1"),), "Did you mean j1?"),
        ((("/jobs/2/location", 3),), "3 locations"),
        ((("/profiles/car/seconds/1", [600, 0]),), "Row 1 has 2 cells"),
        (CYCLE, "j1, j2"),
        ((("/jobs/2/lock", {"shifts": ["ana-0"], "start_s": 33_999}),), "job j1 (/jobs/0/lock)"),
    ],
)
def test_the_message_states_what_helps(changes: tuple[tuple[str, object], ...], words: str) -> None:
    assert words in problem_faults(spoilt(problem_document(), *changes))[0].message


def test_the_table_has_every_code_of_a_problem() -> None:
    of_text = {"UNREADABLE_JSON", "DUPLICATE_KEY"}
    of_plans = {"UNKNOWN_CHOICE", "NESTED_TOO_DEEP", "NO_CAUSE"}
    assert {row[1] for row in TABLE} == {code.name for code in FaultCode} - of_text - of_plans


def test_a_matrix_in_a_wrong_unit_names_some_cells_and_counts_the_rest() -> None:
    document = problem_document()
    size = 10
    document["locations"] = [{"id": str(index)} for index in range(size)]
    wrong = [[0 if row == column else 10**9 for column in range(size)] for row in range(size)]
    document["profiles"]["car"] = {"seconds": wrong, "metres": [[abs(i - j) for j in range(10)] for i in range(10)]}
    faults = problem_faults(document)
    assert [fault.code for fault in faults] == ["MATRIX_RANGE"] * 20
    assert "70 more cells" in faults[-1].message


def test_a_chain_of_predecessors_as_long_as_the_limit_is_walked() -> None:
    document: dict[str, Any] = problem_document()
    document["jobs"] = [
        {"id": str(i), "location": 0, "service_s": 1, "predecessors": [{"job": str((i + 1) % 3_000)}]}
        for i in range(3_000)
    ]
    document["sequences"] = []
    faults = problem_faults(document)
    assert [fault.code for fault in faults] == ["PREDECESSOR_CYCLE"]
    assert "3000 jobs" in faults[0].message
