"""One step of the search: what it may change, what it has changed, and how that is undone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.search.instance import HAS_CREWS, Flags, Instance, Ints
from solver.search.kernel import Block, kernel
from solver.search.state import NODE, SERVICE, STOPS, State
from solver.search.tours import copy_tour, note_times


@dataclass
class Step(Block):
    """What a lane may change, and what its present step has changed.

    active: jobs that may move, is_active: (J), the same as flags. is_out: (J),
    flagged for removal. removed: (J), jobs that are out now. touched: (S), tours changed; was_touched: (S). numbers:
    how many of both. weights: (J), by which the removed are put in order.
    """

    active: Ints
    is_active: Flags
    is_out: Flags
    removed: Ints
    touched: Ints
    was_touched: Flags
    numbers: Ints
    weights: NDArray[np.float64]


REMOVED, TOUCHED = range(2)
"""Places in `Step.numbers`."""


def empty_step(instance: Instance) -> Step:
    """Nothing taken out; everything that has not begun may change."""
    jobs, shifts = instance.jobs, len(instance.shifts)
    is_active = ~instance.nodes["is_committed"][:jobs]
    return Step(
        active=np.flatnonzero(is_active).astype(np.int32),
        is_active=is_active,
        is_out=np.zeros(jobs, np.bool_),
        removed=np.zeros(jobs, np.int32),
        touched=np.zeros(shifts, np.int32),
        was_touched=np.zeros(shifts, np.bool_),
        numbers=np.zeros(2, np.int32),
        weights=np.zeros(jobs, np.float64),
    )


@kernel
def touch(instance: Instance, state: State, saved: State, step: Step, shift: int) -> None:
    """Before a tour changes: keep it and those of the same technician, so that the step can be undone."""
    technician = instance.shifts[shift].technician
    for row in range(instance.technician_first[technician], instance.technician_first[technician + 1]):
        other = instance.technician_shifts[row]
        if not step.was_touched[other]:
            step.was_touched[other] = True
            step.touched[step.numbers[TOUCHED]] = other
            step.numbers[TOUCHED] += 1
            copy_tour(state, saved, other)


@kernel
def undo(instance: Instance, state: State, saved: State, step: Step) -> None:
    """Put every touched tour back as it was."""
    for index in range(step.numbers[TOUCHED]):
        _mark(instance, state, step.touched[index], -1)
    for index in range(step.numbers[TOUCHED]):
        shift = step.touched[index]
        copy_tour(saved, state, shift)
        _mark(instance, state, shift, shift)
    if instance.rates[HAS_CREWS] != 0:
        copy_crews(saved, state)


@kernel
def copy_crews(source: State, target: State) -> None:
    """Who of each crew brings the parts, and who borrows which tools."""
    for job in range(len(source.supplier)):
        target.supplier[job] = source.supplier[job]
    for row in range(source.borrows.shape[0]):
        for member in range(source.borrows.shape[1]):
            target.borrows[row, member, 0] = source.borrows[row, member, 0]
            target.borrows[row, member, 1] = source.borrows[row, member, 1]


@kernel
def _mark(instance: Instance, state: State, shift: int, value: int) -> None:
    """Note for each job of a tour where it stands and when, or that it is unplanned."""
    jobs = instance.allowed.shape[0]
    for index in range(state.figures[shift, STOPS]):
        node = state.stops[shift, index, NODE]
        if node < jobs:
            state.shift_of[node] = value
            note_times(instance, state, node, state.start_s[shift, index], state.stops[shift, index, SERVICE])


@kernel
def forget_touched(step: Step) -> None:
    """The step is over."""
    for index in range(step.numbers[TOUCHED]):
        step.was_touched[step.touched[index]] = False
    step.numbers[TOUCHED] = 0
