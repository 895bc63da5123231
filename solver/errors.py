"""Errors with stable codes. A visit that can't be served is never an error: it is an unplanned job."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a document.

    code: stable, upper snake case. pointer: RFC 6901 JSON pointer into the document, "" for the whole.
    record: the id of the record at fault, where it has one. message: a sentence with the figures and the remedy.
    """

    code: str
    pointer: str
    message: str
    record: str | None = None

    def __str__(self) -> str:
        record = f" [{self.record}]" if self.record else ""
        return f"{self.code} at {self.pointer or '/'}{record}: {self.message}"


class SolverError(Exception):
    """Root of everything the solver raises on purpose."""

    code = "SOLVER_ERROR"


class InvalidProblem(SolverError):
    """The problem (or plan, or parameters) has faults; all of them are in `faults`."""

    code = "INVALID_PROBLEM"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        first = str(faults[0]) if faults else "no fault named"
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(first + more)

    def __reduce__(self) -> tuple[type["InvalidProblem"], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)


class UnknownEngine(SolverError):
    """`SolveParams.engine` names no engine."""

    code = "UNKNOWN_ENGINE"


class PlanRefused(SolverError):
    """The checker found violations in a plan that was about to be returned."""

    code = "PLAN_REFUSED"
