"""Versioned JSON of Problem and Plan: the format of fixtures, of the command line and of stored runs.

`docs/contract.md` describes it. Reading validates first, so that every fault of a document is reported at once.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from solver.errors import Fault, InvalidProblem
from solver.params import Weights
from solver.plan import Cause, Load, Plan, Route, Stop, StopKind, Unplanned
from solver.problem import (
    Break,
    CommittedStop,
    Earmark,
    Job,
    Location,
    Lock,
    Matrix,
    Predecessor,
    Previous,
    Problem,
    Profile,
    Receipt,
    Technician,
    VehicleShift,
    Warehouse,
    Window,
)
from solver.reasons import Reason
from solver.validate import PLAN_FORMAT, PROBLEM_FORMAT, VERSION, plan_faults, problem_faults

Document = dict[str, Any]


def problem_to_document(problem: Problem, *, packed: bool = True) -> Document:
    """The JSON document of a problem; matrices as packed strings, or as rows for people to read."""
    pack = _pack if packed else _rows
    return {
        "format": PROBLEM_FORMAT,
        "version": VERSION,
        "id": problem.id,
        "origin": problem.origin,
        "horizon_s": problem.horizon_s,
        "freeze_until_s": problem.freeze_until_s,
        "weights": _plain(problem.weights, keep_defaults=True),
        "locations": [_plain(location) for location in problem.locations],
        "profiles": {
            name: {"seconds": pack(profile.seconds), "metres": pack(profile.metres)}
            for name, profile in problem.profiles.items()
        },
        "technicians": [_plain(technician) for technician in problem.technicians],
        "shifts": [_plain(shift) for shift in problem.shifts],
        "warehouses": [_plain(warehouse) for warehouse in problem.warehouses],
        "jobs": [_plain(job) for job in problem.jobs],
        "sequences": [list(sequence) for sequence in problem.sequences],
    }


def problem_from_document(document: object) -> Problem:
    """Build a problem; raise InvalidProblem with every fault of the document."""
    faults = problem_faults(document)
    if faults:
        raise InvalidProblem(tuple(faults))
    assert isinstance(document, dict)
    size = len(document["locations"])
    return Problem(
        id=document["id"],
        origin=document.get("origin"),
        horizon_s=document["horizon_s"],
        freeze_until_s=document.get("freeze_until_s"),
        weights=Weights(**document.get("weights", {})),
        locations=tuple(Location(**location) for location in document["locations"]),
        profiles={
            name: Profile(unpack_matrix(profile["seconds"], size), unpack_matrix(profile["metres"], size))
            for name, profile in document["profiles"].items()
        },
        technicians=tuple(Technician(**technician) for technician in document.get("technicians", [])),
        shifts=tuple(_shift(shift) for shift in document.get("shifts", [])),
        warehouses=tuple(_warehouse(warehouse) for warehouse in document.get("warehouses", [])),
        jobs=tuple(_job(job) for job in document.get("jobs", [])),
        sequences=tuple(tuple(sequence) for sequence in document.get("sequences", [])),
    )


def plan_to_document(plan: Plan) -> Document:
    """The JSON document of a plan."""
    return {
        "format": PLAN_FORMAT,
        "version": VERSION,
        "problem": plan.problem,
        "routes": [_plain(route) for route in plan.routes],
        "unplanned": [
            {"job": left.job, "causes": [_cause_to_document(cause) for cause in left.causes]} for left in plan.unplanned
        ],
    }


def plan_from_document(document: object) -> Plan:
    """Build a plan; raise InvalidProblem with every fault of the document's shape. `check` judges what it says."""
    faults = plan_faults(document)
    if faults:
        raise InvalidProblem(tuple(faults))
    assert isinstance(document, dict)
    return Plan(
        problem=document["problem"],
        routes=tuple(
            Route(
                shift=route["shift"],
                departure_s=route["departure_s"],
                return_s=route["return_s"],
                stops=tuple(_stop(stop) for stop in route.get("stops", [])),
            )
            for route in document.get("routes", [])
        ),
        unplanned=tuple(
            Unplanned(left["job"], tuple(_cause(cause) for cause in left["causes"]))
            for left in document.get("unplanned", [])
        ),
    )


def dumps(document: Document) -> str:
    """JSON text: no floats that are not numbers, keys as they come, one record a line where lists hold records."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in value)
            parts.append(f"{json.dumps(key)}: [\n  {rows}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}")
    return "{" + ",\n".join(parts) + "}\n"


def loads(text: str | bytes) -> object:
    """Parse JSON text; raise InvalidProblem where it can't be read, or holds NaN, Infinity or a key twice."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidProblem((Fault("UNREADABLE_JSON", "", f"This is not JSON: {error}."),)) from error
    except ValueError as error:  # an integer of more than 4,300 digits
        raise InvalidProblem((Fault("UNREADABLE_JSON", "", f"A number can't be read: {error}."),)) from error


def unpack_matrix(cells: str | list[list[int]], size: int) -> Matrix:
    """A read-only int32 matrix of shape (size, size) from rows or from base64 of zlib of little-endian int32."""
    if isinstance(cells, str):
        raw = zlib.decompress(base64.b64decode(cells, validate=True))
        matrix = np.frombuffer(raw, dtype="<i4").reshape(size, size).astype(np.int32)
    else:
        matrix = np.array(cells, dtype=np.int32).reshape(size, size)
    matrix.setflags(write=False)
    return matrix


def _pack(matrix: Matrix) -> str:
    return base64.b64encode(zlib.compress(matrix.astype("<i4").tobytes(), 9)).decode()


def _rows(matrix: Matrix) -> list[list[int]]:
    rows: list[list[int]] = matrix.tolist()
    return rows


def _refuse_constant(name: str) -> object:
    raise InvalidProblem((Fault("NOT_A_NUMBER", "", f"The document holds {name}; every number must be finite."),))


def _refuse_twins(pairs: list[tuple[str, object]]) -> Document:
    document = dict(pairs)
    if len(document) < len(pairs):
        twin = Counter(name for name, _ in pairs).most_common(1)[0][0][:40]
        raise InvalidProblem(
            (Fault("DUPLICATE_KEY", "", f"The key {twin!r} stands twice in one object; keep one of the two."),)
        )
    return document


def _plain(value: Any, *, keep_defaults: bool = False) -> Any:
    """A record as JSON, leaving out fields that have their default."""
    if hasattr(value, "__dataclass_fields__"):
        return {
            f.name: _plain(own)
            for f in fields(value)
            for own in (getattr(value, f.name),)
            if keep_defaults or own != _default(f)
        }
    if isinstance(value, StopKind):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _default(f: Any) -> object:
    return f.default_factory() if f.default_factory is not MISSING else f.default


def _cause_to_document(cause: Cause) -> Document:
    return {
        "reason": cause.reason.code,
        "sentence": cause.sentence,
        "remedy": cause.remedy,
        "details": _plain(dict(cause.details)),
    }


def _cause(cause: Document) -> Cause:
    reason = Reason[cause["reason"]]
    return Cause(reason, cause.get("sentence", ""), cause.get("remedy", ""), cause.get("details", {}))


def _window(window: Document) -> Window:
    return Window(window["start"], window["end"])


def _windows(windows: list[Document]) -> tuple[Window, ...]:
    return tuple(_window(window) for window in windows)


def _shift(shift: Document) -> VehicleShift:
    known = dict(shift)
    known["breaks"] = tuple(Break(**{**one, "window": _window(one["window"])}) for one in shift.get("breaks", []))
    known["committed"] = tuple(CommittedStop(**stop) for stop in shift.get("committed", []))
    known["tools"] = frozenset(shift.get("tools", []))
    territories = shift.get("territories")
    known["territories"] = None if territories is None else frozenset(territories)
    return VehicleShift(**known)


def _warehouse(warehouse: Document) -> Warehouse:
    known = dict(warehouse)
    known["windows"] = _windows(warehouse.get("windows", []))
    known["tools"] = frozenset(warehouse.get("tools", []))
    known["stock"] = {
        part: None if receipts is None else tuple(Receipt(**receipt) for receipt in receipts)
        for part, receipts in warehouse.get("stock", {}).items()
    }
    return Warehouse(**known)


_JOB_SETS = (
    "tools",
    "required_technicians",
    "preferred_technicians",
    "excluded_technicians",
    "declined_by",
)


def _job(job: Document) -> Job:
    known = dict(job)
    for name in _JOB_SETS:
        known[name] = frozenset(job.get(name, []))
    known["windows"] = _windows(job.get("windows", []))
    known["service_s_by_level"] = tuple((level, s) for level, s in job.get("service_s_by_level", []))
    known["earmarks"] = tuple(Earmark(**earmark) for earmark in job.get("earmarks", []))
    known["predecessors"] = tuple(Predecessor(**first) for first in job.get("predecessors", []))
    lock = job.get("lock")
    known["lock"] = None if lock is None else _lock(lock)
    previous = job.get("previous")
    known["previous"] = (
        Previous(tuple(previous["shifts"]), previous["start_s"], previous.get("dispatched", False))
        if previous
        else None
    )
    return Job(**known)


def _lock(lock: Document) -> Lock:
    bounds = lock.get("start_range")
    return Lock(
        shifts=tuple(lock.get("shifts", [])),
        start_s=lock.get("start_s"),
        start_range=None if bounds is None else _window(bounds),
    )


def _stop(stop: Document) -> Stop:
    return Stop(
        kind=StopKind(stop["kind"]),
        id=stop["id"],
        location=stop["location"],
        arrival_s=stop["arrival_s"],
        start_s=stop["start_s"],
        end_s=stop["end_s"],
        loads=tuple(Load(**load) for load in stop.get("loads", [])),
        tools=frozenset(stop.get("tools", [])),
        supplies=stop.get("supplies", True),
    )
