"""What steers a solve and what a policy weighs. Frozen, checked at construction, apart from the facts of the day."""

from dataclasses import dataclass, fields

from solver.errors import Fault, InvalidProblem
from solver.units import MAX_CENTS, MAX_TIME_LIMIT_S, Cents, Seconds


@dataclass(frozen=True, slots=True)
class Weights:
    """Rates of the policy, for the terms of the objective that no record of the problem carries.

    travel_cents_per_hour: on top of the shift's own cost per paid hour.
    load_over_target_cents_per_hour: service + travel beyond a shift's load target.
    non_preferred_cents: per technician sent who is not among the preferred ones, where some are preferred.
    over_qualification_cents: per level above the one required, per skill.
    disruption_change_cents: per job whose technician or day changed, or that was dispatched and is dropped.
    disruption_cents_per_minute: per whole minute that a start moved beyond the tolerance.
    """

    travel_cents_per_hour: Cents = 0
    load_over_target_cents_per_hour: Cents = 0
    non_preferred_cents: Cents = 1_500
    over_qualification_cents: Cents = 50
    disruption_change_cents: Cents = 3_000
    disruption_cents_per_minute: Cents = 20
    disruption_tolerance_s: Seconds = 900

    def __post_init__(self) -> None:
        _refuse_bad_numbers(self, "/weights", MAX_CENTS)


@dataclass(frozen=True, slots=True)
class SolveParams:
    """How to solve.

    engine: a name known to `solver.engines`. time_limit_s: wall seconds for reading and searching; the parent kills the
    engine two seconds later. stall_limit_s: wall seconds without a better plan after which an engine that can tell ends
    by itself; None = it goes on. iteration_limit: engine steps, for runs that must repeat exactly; None = no limit.
    workers: processors an engine may use. explain: give every unplanned job its reasons.
    """

    engine: str = "ruin"
    time_limit_s: int = 10
    iteration_limit: int | None = None
    seed: int = 1
    workers: int = 1
    explain: bool = True
    stall_limit_s: int | None = None

    def __post_init__(self) -> None:
        limits = (
            ("time_limit_s", 1, MAX_TIME_LIMIT_S),
            ("seed", 0, 2**31 - 1),
            ("workers", 1, 256),
        )
        faults = [
            Fault(
                "OUT_OF_RANGE",
                f"/params/{name}",
                f"{name} is {value!r}; give a whole number from {low} to {high}.",
            )
            for name, low, high in limits
            if not (_is_int(value := getattr(self, name)) and low <= value <= high)
        ]
        faults += [
            Fault("OUT_OF_RANGE", f"/params/{name}", f"{name} is {limit!r}; give 1 or more, or none.")
            for name in ("iteration_limit", "stall_limit_s")
            if (limit := getattr(self, name)) is not None and not (_is_int(limit) and limit >= 1)
        ]
        if faults:
            raise InvalidProblem(tuple(faults))


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse_bad_numbers(record: Weights, pointer: str, high: int) -> None:
    faults = [
        Fault(
            "OUT_OF_RANGE",
            f"{pointer}/{f.name}",
            f"{f.name} is {value!r}; give a whole number from 0 to {high}.",
        )
        for f in fields(record)
        if not (_is_int(value := getattr(record, f.name)) and 0 <= value <= high)
    ]
    if faults:
        raise InvalidProblem(tuple(faults))
