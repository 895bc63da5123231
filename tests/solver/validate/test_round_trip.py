"""Document → object → document keeps every field, with matrices packed and as rows."""

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass

import numpy as np
import pytest

from solver import codec
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
from solver.validate import problem_object_faults


def _matrix(factor: int) -> Matrix:
    cells = [[0, 7, -1], [9, 0, 11], [-1, 13, 0]]
    return np.array([[cell * factor if cell > 0 else cell for cell in row] for row in cells], dtype=np.int32)


def _problem() -> Problem:
    travel = Profile(_matrix(1), _matrix(1))
    shift = VehicleShift(
        id="ana-0",
        technician="ana",
        day=0,
        earliest_start=100,
        latest_end=50_000,
        start_location=0,
        end_location=1,
        overtime_limit_s=600,
        overtime_cents_per_hour=1,
        breaks=(Break("lunch", 60, Window(20_000, 30_000), paid=True),),
        skills={"gas": 3},
        tools=frozenset({"drill"}),
        territories=frozenset({"centre", "air"}),
        cost_cents_per_hour=2,
        cost_cents_per_km=3,
        fixed_cost_cents=4,
        max_jobs=5,
        max_pickups=2,
        profile="van",
        load_target_s=6,
        committed=(CommittedStop("begun", 200), CommittedStop("on-the-way")),
    )
    other = VehicleShift("bo-1", "bo", 1, 90_000, 100_000, 0, 0, territories=frozenset())
    job = Job(
        id="full",
        location=2,
        service_s=60,
        windows=(Window(1, 2), Window(3, 3)),
        service_s_by_level=((1, 70), (3, 50)),
        skills={"gas": 2},
        tools=frozenset({"saw", "drill"}),
        parts={"fuse": 2},
        earmarks=(Earmark("fuse", 1, technician="ana"), Earmark("fuse", 1, warehouse="depot")),
        unplanned_penalty_cents=7,
        due_s=8,
        lateness_cents_per_minute=9,
        required_technicians=frozenset({"ana"}),
        preferred_technicians=frozenset({"ana", "bo"}),
        excluded_technicians=frozenset({"bo"}),
        declined_by=frozenset({"bo"}),
        territory="centre",
        crew_size=2,
        predecessors=(Predecessor("begun", lag_s=5),),
        lock=Lock(("ana-0", "bo-1"), 40_000, Window(39_000, 41_000)),
        previous=Previous(("ana-0",), 40_000, dispatched=True),
        priority="高",
    )
    return Problem(
        id="rich",
        horizon_s=172_800,
        locations=(Location("a", "Rua A", -30.0, -51.0), Location("b"), Location("c", "C", 1, 2)),
        profiles={"car": Profile(_matrix(2), _matrix(3)), "van": travel},
        technicians=(Technician("ana", "Ana", {"fuse": 1}), Technician("bo")),
        shifts=(shift, other),
        jobs=(job, Job("begun", 0, 1), Job("on-the-way", 1, 1, lock=Lock())),
        warehouses=(
            Warehouse(
                "depot",
                1,
                (Window(0, 9),),
                30,
                {"fuse": (Receipt(0, 1), Receipt(9, 2)), "wire": None, "bolt": ()},
                frozenset({"crane"}),
            ),
        ),
        weights=Weights(1, 2, 3, 4, 5, 6, 7),
        freeze_until_s=-5,
        sequences=(("begun", "full"),),
        origin="2026-03-02",
    )


def _plan() -> Plan:
    pick_up = Stop(
        StopKind.WAREHOUSE, "depot", 1, 5, 6, 7, (Load("fuse", 2, job="full"),), frozenset({"crane"}), supplies=False
    )
    cause = Cause(Reason.SKILL, "No one.", "Train.", {"skill": "gas", "levels": [1, 2.5, None]})
    return Plan("rich", (Route("ana-0", 1, 2, (pick_up,)),), (Unplanned("full", (cause,)),))


def _records(value: object) -> Iterator[object]:
    if is_dataclass(value):
        yield value
        for f in fields(value):
            yield from _records(getattr(value, f.name))
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from _records(item)
    elif isinstance(value, dict):
        yield from _records(tuple(value.values()))


@pytest.mark.parametrize("root", [_problem(), _plan()])
def test_the_examples_leave_no_field_at_its_default(root: object) -> None:
    unused = set()
    records = list(_records(root))
    for record in records:
        for f in fields(record):  # type: ignore[arg-type]
            default = f.default_factory() if f.default_factory is not MISSING else f.default
            values = [getattr(one, f.name) for one in records if type(one) is type(record)]
            if default is not MISSING and all(value == default for value in values):
                unused.add(f"{type(record).__name__}.{f.name}")
    assert unused == set()


@pytest.mark.parametrize("packed", [True, False])
def test_a_problem_keeps_every_field(packed: bool) -> None:
    problem = _problem()
    assert problem_object_faults(problem) == []
    document = codec.problem_to_document(problem, packed=packed)
    read = codec.problem_from_document(codec.loads(codec.dumps(document)))
    assert codec.problem_to_document(read, packed=packed) == document
    assert {name: getattr(read, name) for name in ("jobs", "shifts", "warehouses", "technicians", "locations")} == {
        name: getattr(problem, name) for name in ("jobs", "shifts", "warehouses", "technicians", "locations")
    }
    assert (read.weights, read.sequences, read.origin) == (problem.weights, problem.sequences, problem.origin)
    assert (read.horizon_s, read.freeze_until_s) == (problem.horizon_s, problem.freeze_until_s)
    for name, profile in problem.profiles.items():
        assert np.array_equal(read.profiles[name].seconds, profile.seconds)
        assert np.array_equal(read.profiles[name].metres, profile.metres)
        assert read.profiles[name].seconds.dtype == np.int32
        assert not read.profiles[name].seconds.flags.writeable


def test_a_plan_keeps_every_field() -> None:
    document = codec.plan_to_document(_plan())
    read = codec.plan_from_document(codec.loads(codec.dumps(document)))
    assert read == _plan()
    assert codec.plan_to_document(read) == document


@pytest.mark.parametrize("packed", [True, False])
def test_a_problem_without_anything_is_read(packed: bool) -> None:
    empty = np.zeros((0, 0), dtype=np.int32)
    problem = Problem("empty", 86_400, (), {"car": Profile(empty, empty)})
    document = codec.problem_to_document(problem, packed=packed)
    read = codec.problem_from_document(document)
    assert codec.problem_to_document(read, packed=packed) == document
    assert read.profiles["car"].seconds.shape == (0, 0)
