"""The fields of a problem document: kind, range and default of each, as `docs/contract.md` describes them."""

from solver.params import Weights
from solver.units import (
    MAX_CENTS,
    MAX_CREW,
    MAX_JOBS,
    MAX_LEVEL,
    MAX_LOCATIONS,
    MAX_QUANTITY,
    MAX_SHIFTS,
    MAX_TIME_S,
    MAX_TOOLS,
)
from solver.validate.codes import FaultCode
from solver.validate.kinds import (
    Day,
    Degrees,
    Field,
    Flag,
    Kind,
    ListOf,
    MapOf,
    Nullable,
    Pair,
    Raw,
    RecordOf,
    Text,
    Version,
    Whole,
)
from solver.validate.places import note_coordinates
from solver.validate.report import Place, Record, Report, shown_text
from solver.validate.times import note_shift, note_window

PROBLEM_FORMAT = "fieldsvc.problem"
PLAN_FORMAT = "fieldsvc.plan"
VERSION = 1

ID = Text()
LABEL = Text(may_be_empty=True)
TIME = Whole(-MAX_TIME_S, MAX_TIME_S)
DURATION = Whole(0, MAX_TIME_S)
CENTS = Whole(0, MAX_CENTS)
AMOUNT = Whole(0, MAX_QUANTITY)
UNITS = Whole(1, MAX_QUANTITY)
LEVEL = Whole(1, MAX_LEVEL)
INDEX = Whole(0, MAX_LOCATIONS - 1)
MATRIX = Raw("a list of rows, or base64 of zlib of little-endian int32")
NAMES = ListOf(ID, unique=True)
TOOLS = ListOf(ID, at_most=MAX_TOOLS, unique=True, advice="Name a set of tools as one.")


def needed(kind: Kind) -> Field:
    """A field that has no default."""
    return Field(kind, required=True)


def _note_earmark(earmark: Record, place: Place, report: Report) -> None:
    if earmark.wrong & {"technician", "warehouse"}:
        return
    if (earmark["technician"] is None) == (earmark["warehouse"] is None):
        report.add(
            FaultCode.EARMARK_PLACE,
            place,
            f"The earmark of part {shown_text(earmark['part'] or '')} names a technician and a warehouse, or neither; "
            "name exactly one.",
        )


WINDOW = RecordOf({"start": needed(TIME), "end": needed(TIME)}, also=note_window)

LOCATION = RecordOf(
    {
        "id": needed(ID),
        "name": Field(LABEL, ""),
        "latitude": Field(Nullable(Degrees())),
        "longitude": Field(Nullable(Degrees())),
    },
    id_field="id",
    also=note_coordinates,
)

TECHNICIAN = RecordOf(
    {"id": needed(ID), "name": Field(LABEL, ""), "van_stock": Field(MapOf(AMOUNT), {})}, id_field="id"
)

BREAK = RecordOf(
    {
        "id": needed(ID),
        "duration_s": needed(DURATION),
        "window": needed(WINDOW),
        "paid": Field(Flag(), False),
    }
)

COMMITTED = RecordOf({"job": needed(ID), "start_s": Field(Nullable(TIME))})

SHIFT = RecordOf(
    {
        "id": needed(ID),
        "technician": needed(ID),
        "day": needed(Whole(0, 366)),
        "earliest_start": needed(TIME),
        "latest_end": needed(TIME),
        "overtime_limit_s": Field(DURATION, 0),
        "overtime_cents_per_hour": Field(CENTS, 0),
        "start_location": needed(INDEX),
        "end_location": needed(INDEX),
        "breaks": Field(ListOf(BREAK), []),
        "skills": Field(MapOf(LEVEL), {}),
        "tools": Field(NAMES, []),
        "territories": Field(Nullable(NAMES)),
        "cost_cents_per_hour": Field(CENTS, 0),
        "cost_cents_per_km": Field(CENTS, 0),
        "fixed_cost_cents": Field(CENTS, 0),
        "max_jobs": Field(Nullable(Whole(0, MAX_JOBS))),
        "max_pickups": Field(Whole(0, MAX_JOBS), 1),
        "profile": Field(ID, "car"),
        "load_target_s": Field(Nullable(DURATION)),
        "committed": Field(ListOf(COMMITTED), []),
    },
    id_field="id",
    also=note_shift,
)

RECEIPT = RecordOf({"from_s": needed(DURATION), "quantity": needed(AMOUNT)})

WAREHOUSE = RecordOf(
    {
        "id": needed(ID),
        "location": needed(INDEX),
        "windows": Field(ListOf(WINDOW), []),
        "handling_s": Field(DURATION, 0),
        "stock": Field(MapOf(Nullable(ListOf(RECEIPT))), {}),
        "tools": Field(NAMES, []),
    },
    id_field="id",
)

EARMARK = RecordOf(
    {
        "part": needed(ID),
        "quantity": needed(UNITS),
        "technician": Field(Nullable(ID)),
        "warehouse": Field(Nullable(ID)),
    },
    also=_note_earmark,
)

LOCK = RecordOf(
    {
        "shifts": Field(NAMES, []),
        "start_s": Field(Nullable(TIME)),
        "start_range": Field(Nullable(WINDOW)),
    }
)

PREVIOUS = RecordOf({"shifts": needed(NAMES), "start_s": needed(TIME), "dispatched": Field(Flag(), False)})

PREDECESSOR = RecordOf({"job": needed(ID), "lag_s": Field(DURATION, 0)})

JOB = RecordOf(
    {
        "id": needed(ID),
        "location": needed(INDEX),
        "service_s": needed(DURATION),
        "service_s_by_level": Field(ListOf(Pair(Whole(0, MAX_LEVEL), DURATION)), []),
        "windows": Field(ListOf(WINDOW), []),
        "skills": Field(MapOf(LEVEL), {}),
        "tools": Field(TOOLS, []),
        "parts": Field(MapOf(UNITS), {}),
        "earmarks": Field(ListOf(EARMARK), []),
        "unplanned_penalty_cents": Field(CENTS, 100_000),
        "due_s": Field(Nullable(TIME)),
        "lateness_cents_per_minute": Field(CENTS, 0),
        "required_technicians": Field(NAMES, []),
        "preferred_technicians": Field(NAMES, []),
        "excluded_technicians": Field(NAMES, []),
        "declined_by": Field(NAMES, []),
        "territory": Field(Nullable(ID)),
        "crew_size": Field(Whole(1, MAX_CREW), 1),
        "predecessors": Field(ListOf(PREDECESSOR), []),
        "lock": Field(Nullable(LOCK)),
        "previous": Field(Nullable(PREVIOUS)),
        "priority": Field(LABEL, ""),
    },
    id_field="id",
)

WEIGHTS = RecordOf(
    {
        name: Field(DURATION if name.endswith("_s") else CENTS, getattr(Weights(), name))
        for name in Weights.__dataclass_fields__
    }
)

PROBLEM = RecordOf(
    {
        "format": needed(ID),
        "version": needed(Version(VERSION)),
        "id": needed(ID),
        "origin": Field(Nullable(Day())),
        "horizon_s": needed(Whole(1, MAX_TIME_S)),
        "freeze_until_s": Field(Nullable(TIME)),
        "weights": Field(WEIGHTS, {}),
        "locations": needed(ListOf(LOCATION, at_most=MAX_LOCATIONS)),
        "profiles": needed(MapOf(RecordOf({"seconds": needed(MATRIX), "metres": needed(MATRIX)}), names_records=True)),
        "technicians": Field(ListOf(TECHNICIAN), []),
        "shifts": Field(ListOf(SHIFT, at_most=MAX_SHIFTS), []),
        "warehouses": Field(ListOf(WAREHOUSE), []),
        "jobs": Field(ListOf(JOB, at_most=MAX_JOBS), []),
        "sequences": Field(ListOf(NAMES), []),
    }
)


def note_format(document: object, wanted: str, report: Report) -> bool:
    """Judge `format`; False where the document is of the other kind, so that its fields mean nothing here."""
    found = document.get("format") if isinstance(document, dict) else None
    if not isinstance(found, str) or found in ("", wanted):
        return True
    report.add(
        FaultCode.WRONG_FORMAT,
        Place("/format"),
        f'The format is "{shown_text(found)}"; this reads "{wanted}".',
    )
    return found not in (PROBLEM_FORMAT, PLAN_FORMAT)
