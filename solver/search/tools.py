"""Tools that a van lacks: what a technician must fetch for a job, and which warehouse lends it.

A word says what, with a bit for each tool of the job's tool set. He passes the warehouses that lend them on that day
before the job. A member of a crew fetches what `state.borrows` says.
"""

from solver.search.instance import Instance, Ints
from solver.search.kernel import kernel
from solver.search.state import NODE, State


@kernel
def to_fetch(instance: Instance, state: State, shift: int, job: int) -> int:
    """What the technician of a shift must borrow for a job; 0 where nothing is."""
    one = instance.nodes[job]
    if one.tool_set < 0:
        return 0
    if one.crew == 1:
        return instance.lacks[shift, one.tool_set]
    for member in range(state.borrows.shape[1]):
        if state.borrows[one.crew_row, member, 0] == shift:
            return state.borrows[one.crew_row, member, 1]
    return 0


@kernel
def is_out_of_reach(instance: Instance, state: State, shift: int, job: int) -> bool:
    """Whether no warehouse lends what must be fetched."""
    missing = to_fetch(instance, state, shift, job)
    for warehouse in range(instance.lends.shape[0]):
        if missing != 0:
            missing &= ~instance.lends[warehouse, instance.nodes[job].tool_set]
    return missing != 0


@kernel
def is_lender(instance: Instance, state: State, shift: int, stops: Ints, count: int, index: int) -> bool:
    """Whether a warehouse stop is the last one before some job that lends what must be fetched for it."""
    jobs, warehouse = instance.allowed.shape[0], stops[index, NODE] - instance.allowed.shape[0]
    for later in range(index + 1, count):
        node = stops[later, NODE]
        if node >= jobs or instance.nodes[node].is_committed:
            continue
        from_here, tools = to_fetch(instance, state, shift, node), instance.nodes[node].tool_set
        if from_here == 0:
            continue
        from_here &= instance.lends[warehouse, tools]
        for between in range(index + 1, later):
            if stops[between, NODE] >= jobs:
                from_here &= ~instance.lends[stops[between, NODE] - jobs, tools]
        if from_here != 0:
            return True
    return False


@kernel
def note_borrowing(instance: Instance, state: State, job: int, member: int, shift: int, word: int) -> None:
    """What the shift fetches as a member of a crew."""
    row = instance.nodes[job].crew_row
    state.borrows[row, member, 0], state.borrows[row, member, 1] = shift, word


@kernel
def forget_borrowing(instance: Instance, state: State, job: int) -> None:
    """Nobody fetches tools for that crew."""
    row = instance.nodes[job].crew_row
    for member in range(state.borrows.shape[1]):
        state.borrows[row, member, 0], state.borrows[row, member, 1] = -1, 0
