"""Plans laid on the arrays of a search and read back."""

from solver.check import violations
from solver.plan import Plan
from solver.problem import Problem
from solver.search.bench import Bench
from solver.search.reading import instance_of
from solver.search.writing import Names


def laid(day: Problem, start: Plan) -> Plan:
    """The plan as it comes back from arrays; both keep every rule."""
    assert violations(day, start) == ()
    instance, names = instance_of(day), Names(day)
    bench = Bench(instance, 0)
    bench.lay(names.tours(start))
    again = names.plan(instance, bench.state, bench.work)
    assert violations(day, again) == ()
    return again
