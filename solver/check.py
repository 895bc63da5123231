"""The specification: every violation of a plan, recomputed from problem and plan alone.

Each rule stands in its own module of `solver.rules` and demands what its first line says. The checker knows no
engine and trusts no number of the plan; it judges hand-made plans just as well.
"""

from solver.itinerary import Itinerary
from solver.plan import Plan
from solver.problem import Problem
from solver.rules import (
    breaks,
    committed,
    crew,
    earmarks,
    freeze,
    locks,
    max_jobs,
    membership,
    pickups,
    places,
    predecessors,
    references,
    shifts,
    skills,
    stock,
    technicians,
    territories,
    times,
    tools,
    van_stock,
    windows,
)
from solver.violation import Rule, Violation

RULES: tuple[Rule, ...] = (
    membership.RULE,
    committed.RULE,
    places.RULE,
    times.RULE,
    shifts.RULE,
    breaks.RULE,
    windows.RULE,
    skills.RULE,
    tools.RULE,
    territories.RULE,
    technicians.RULE,
    max_jobs.RULE,
    pickups.RULE,
    van_stock.RULE,
    stock.RULE,
    earmarks.RULE,
    crew.RULE,
    predecessors.RULE,
    locks.RULE,
    freeze.RULE,
)
"""Every rule that a plan with sound references is judged by."""


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Judge a plan.

    Parameters
    ----------
    problem : a problem that `solver.validate` accepts.
    plan : any plan, made by an engine or by hand.

    Returns
    -------
    Every violation, in the order of `RULES`; empty when the plan may be published. A plan that names what does not
    exist is judged by `rules.references` alone, since nothing else could be said about it.
    """
    itinerary = Itinerary(problem, plan)
    unresolved = tuple(references.RULE.judge(itinerary))
    if unresolved:
        return unresolved
    return tuple(violation for rule in RULES for violation in rule.judge(itinerary))
