"""A small valid problem document, a plan document, and a way to spoil a copy of either at a JSON pointer."""

import copy
from typing import Any

GONE = object()
"""As a value: remove what stands at the pointer."""


def problem_document() -> dict[str, Any]:
    """Three places, two technicians (one with two days), one warehouse, three jobs."""
    matrix = [[0, 600, 900], [600, 0, 700], [900, 700, 0]]
    return {
        "format": "fieldsvc.problem",
        "version": 1,
        "id": "p1",
        "origin": "2026-03-02",
        "horizon_s": 172_800,
        "freeze_until_s": None,
        "weights": {"non_preferred_cents": 10},
        "locations": [
            {"id": "home", "name": "Home", "latitude": -30.0, "longitude": -51.2},
            {"id": "north", "latitude": -30.01, "longitude": -51.21},
            {"id": "south", "latitude": -30.05, "longitude": -51.25},
        ],
        "profiles": {"car": {"seconds": matrix, "metres": copy.deepcopy(matrix)}},
        "technicians": [{"id": "ana", "van_stock": {"filter": 2}}, {"id": "bo"}],
        "shifts": [
            _shift("ana-0", "ana", 0),
            _shift("bo-0", "bo", 0),
            _shift("ana-1", "ana", 1),
        ],
        "warehouses": [
            {
                "id": "depot",
                "location": 0,
                "windows": [{"start": 0, "end": 90_000}],
                "stock": {"filter": [{"from_s": 0, "quantity": 5}], "fuse": None},
            }
        ],
        "jobs": [
            {
                "id": "j1",
                "location": 1,
                "service_s": 1_800,
                "service_s_by_level": [[1, 2_000], [3, 1_000]],
                "windows": [{"start": 30_000, "end": 40_000}],
                "skills": {"gas": 1},
                "parts": {"filter": 1},
                "earmarks": [{"part": "fuse", "quantity": 1, "technician": "ana"}],
                "lock": {"shifts": ["ana-0"], "start_s": 32_000},
                "previous": {"shifts": ["ana-0"], "start_s": 32_000},
            },
            {"id": "j2", "location": 2, "service_s": 600, "predecessors": [{"job": "j1"}]},
            {"id": "j3", "location": 1, "service_s": 600},
        ],
        "sequences": [["j1", "j2"]],
    }


def _shift(own_id: str, technician: str, day: int) -> dict[str, Any]:
    return {
        "id": own_id,
        "technician": technician,
        "day": day,
        "earliest_start": 28_800 + day * 86_400,
        "latest_end": 61_200 + day * 86_400,
        "start_location": 0,
        "end_location": 0,
        "breaks": [
            {
                "id": "lunch",
                "duration_s": 1_800,
                "window": {"start": 39_600 + day * 86_400, "end": 46_800 + day * 86_400},
            }
        ],
        "skills": {"gas": 2},
        "committed": [],
    }


def plan_document() -> dict[str, Any]:
    """One route with a stop of each kind, and one job left out."""

    def stop(kind: str, own_id: str, start_s: int) -> dict[str, Any]:
        return {
            "kind": kind,
            "id": own_id,
            "location": 0,
            "arrival_s": start_s,
            "start_s": start_s,
            "end_s": start_s + 600,
        }

    pick_up = {**stop("warehouse", "depot", 29_000), "loads": [{"part": "filter", "quantity": 1}]}
    return {
        "format": "fieldsvc.plan",
        "version": 1,
        "problem": "p1",
        "routes": [
            {
                "shift": "ana-0",
                "departure_s": 28_800,
                "return_s": 50_000,
                "stops": [pick_up, stop("job", "j1", 32_000), stop("break", "lunch", 40_000)],
            }
        ],
        "unplanned": [{"job": "j2", "causes": [{"reason": "SKILL", "details": {"skill": "gas"}}]}],
    }


def spoilt(document: dict[str, Any], *changes: tuple[str, object]) -> Any:
    """A copy with each value put at its JSON pointer; a last token `-` appends."""
    result: Any = copy.deepcopy(document)
    for pointer, value in changes:
        tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
        if not tokens:
            result = value
            continue
        parent = result
        for token in tokens[:-1]:
            parent = parent[int(token)] if isinstance(parent, list) else parent[token]
        last: Any = int(tokens[-1]) if isinstance(parent, list) and tokens[-1] != "-" else tokens[-1]
        if value is GONE:
            del parent[last]
        elif isinstance(parent, list) and last == "-":
            parent.append(value)
        else:
            parent[last] = value
    return result
