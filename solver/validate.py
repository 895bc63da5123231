"""Every fault of a problem or plan document, with a pointer to it; not only the first."""

PROBLEM_FORMAT = "fieldsvc.problem"
PLAN_FORMAT = "fieldsvc.plan"
VERSION = 1


from solver.errors import Fault


def problem_faults(document: object) -> list[Fault]:
    return []


def plan_faults(document: object) -> list[Fault]:
    return []
