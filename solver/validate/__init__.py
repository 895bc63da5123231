"""Every fault of a problem or plan document, with a pointer to it; not only the first.

Any value is answered with a list of faults, never with an exception. An empty list means that `solver.codec` can
build the object. `codes` lists the codes; `docs/errors.md` describes them.
"""

from solver.errors import Fault
from solver.problem import Problem
from solver.validate.codes import FaultCode
from solver.validate.commitments import note_commitments
from solver.validate.objects import document_of
from solver.validate.order import note_predecessors
from solver.validate.plans import PLAN
from solver.validate.references import note_references, note_twins, records
from solver.validate.report import Place, Report
from solver.validate.roads import note_roads_home
from solver.validate.shapes import PLAN_FORMAT, PROBLEM, PROBLEM_FORMAT, VERSION, note_format
from solver.validate.times import note_horizon
from solver.validate.travel import note_travel

__all__ = [
    "PLAN_FORMAT",
    "PROBLEM_FORMAT",
    "VERSION",
    "FaultCode",
    "plan_faults",
    "problem_faults",
    "problem_object_faults",
]


def problem_faults(document: object) -> list[Fault]:
    """All faults of a problem document (parsed JSON, any value).

    A document whose `format` says that it is a plan has that one fault. A list over its limit is not looked into.
    """
    report = Report()
    if not note_format(document, PROBLEM_FORMAT, report):
        return report.faults
    problem = PROBLEM.read(document, Place(), report)
    if problem is None:
        return report.faults
    if problem["horizon_s"] is not None:
        for place, shift in records(problem, "shifts", Place()):
            note_horizon(shift, problem["horizon_s"], place, report)
    note_twins(problem, report)
    note_references(problem, report)
    seconds = note_travel(problem, report)
    note_predecessors(problem, report)
    note_commitments(problem, report)
    note_roads_home(problem, seconds, report)
    return report.faults


def problem_object_faults(problem: Problem) -> list[Fault]:
    """All faults of a problem built in Python; pointers are those of the document it would be."""
    return problem_faults(document_of(problem))


def plan_faults(document: object) -> list[Fault]:
    """All faults of shape of a plan document (parsed JSON, any value); what the plan says is judged by `check`."""
    report = Report()
    if note_format(document, PLAN_FORMAT, report):
        PLAN.read(document, Place(), report)
    return report.faults
