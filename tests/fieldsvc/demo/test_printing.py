"""The printed plan says the same on a narrow terminal as on a wide one, and fits both."""

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from fieldsvc.demo.printing import print_proposal

AT = "2026-11-24T{}:00-03:00"
FIGURES = {
    "visits_planned": 1,
    "visits_unplanned": 1,
    "technicians_used": 1,
    "visits_late": 0,
    "late_minutes": 0,
    "travel_minutes": 21,
    "travel_km": 9,
    "work_minutes": 45,
    "overtime_minutes": 0,
    "pickups": 1,
    "cost_cents": 123_456,
}


def stop(kind: str, number: str, start: str, **told: Any) -> dict[str, Any]:
    times = {"arrival": AT.format(start), "start": AT.format(start), "end": AT.format("16:00")}
    return {"kind": kind, "id": number, "number": number, "place": "", "travel_s": 0, "parts": [], **times, **told}


PROPOSAL = {
    "routes": [
        {
            "technician": "王秀梅",
            "departs_at": AT.format("08:00"),
            "returns_at": AT.format("17:30"),
            "travel_s": 1300,
            "travel_m": 9000,
            "stops": [
                stop(
                    "warehouse",
                    "depot",
                    "08:12",
                    place="Depósito Sul",
                    travel_s=720,
                    loads=[{"part": "HV-1", "quantity": 2}],
                ),
                stop(
                    "job",
                    "visit-007",
                    "09:30",
                    place="Rua Desembargador Alves Nogueira, 1804",
                    priority="emergency",
                    skills={"hvac": 2},
                    travel_s=540,
                    parts=[
                        {"part": "HV-1", "quantity": 2, "from": "depot"},
                        {"part": "HV-2", "quantity": 1, "from": "van"},
                    ],
                ),
                stop("break", "break", "12:05"),
            ],
        }
    ],
    "unplanned": [
        {
            "number": "visit-008",
            "priority": "low",
            "causes": [{"reason": "SKILL", "sentence": "Needs gas; nobody has it.", "remedy": "Train one."}],
        }
    ],
    "kpis": {"after": FIGURES, "first_come": {**FIGURES, "visits_planned": 0, "cost_cents": 246_912}},
}


@pytest.mark.parametrize("width", [80, 150])
def test_everything_is_readable_at_any_width(width: int) -> None:
    paper = io.StringIO()
    print_proposal(Console(file=paper, width=width), PROPOSAL, {"HV-1": "Fan motor", "HV-2": "Air filter"})
    lines = paper.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    read = re.sub(r"[│┃\s]+", " ", paper.getvalue())
    for told in (
        "王秀梅: 1 visits, leaves 08:00, back 17:30, 21 min and 9.0 km on the road",
        "pick up at depot",
        "Depósito Sul",
        "2 × Fan motor (depot)",
        "1 × Air filter (van)",
        "hvac 2",
        "visit-007 !!",
        "12 min",
        "9 min",
        "08:12",
        "09:30",
        "break",
        "Unplanned: 1 visits",
        "Needs gas; nobody has it.",
        "Train one.",
        "SKILL",
        "1,234.56",
        "-50%",
    ):
        assert told in read, told
    assert "…" not in read
    visit = next(line for line in lines if "visit-007" in line)
    assert re.match(r"│ 1 │", visit), "only visits are numbered"
