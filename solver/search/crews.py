"""Visits that need several technicians at once: a time at which enough of them can meet, and who comes.

A meeting is tried at moments at which somebody could be there; for each, the cheapest members that have the skills
and tools together, one of them with the parts, and one who fetches the tools that nobody has.
"""

from solver.search.chance import below
from solver.search.instance import ALWAYS, FAR, INFEASIBLE, Instance
from solver.search.kernel import kernel
from solver.search.places import best_place, build_trial
from solver.search.ruin import take_crew_out
from solver.search.starts import first_start
from solver.search.state import LOCATION, STOPS, TOTAL, State, Work
from solver.search.step import Step, touch
from solver.search.tools import forget_borrowing, note_borrowing
from solver.search.tours import settle_tour

_MOMENTS = 12
"""Meeting times tried for one visit."""
_MOST_MEMBERS = 10


@kernel
def insert_crew(instance: Instance, state: State, saved: State, step: Step, job: int, work: Work) -> bool:
    """Insert a crew job at the cheapest meeting found, if that costs less than leaving it out."""
    one = instance.nodes[job]
    if one.first_sequence < one.last_sequence or one.crew > _MOST_MEMBERS:
        return False
    limit = INFEASIBLE - 1 if one.is_held else one.leaving_out_cents
    best, best_start, best_end = limit, FAR, FAR
    for _ in range(_MOMENTS):
        start = _moment(instance, state, job)
        if start >= FAR:
            continue
        cents, end = _meet(instance, state, job, start, best, work)
        if cents < best:
            best, best_start, best_end = cents, start, end
    if best_start >= FAR:
        return False
    cents, end = _meet(instance, state, job, best_start, limit, work)
    if cents >= limit or end != best_end:
        return False
    return _join(instance, state, saved, step, job, work)


@kernel
def _moment(instance: Instance, state: State, job: int) -> int:
    """The earliest start that some shift could make at some place of its tour, or by a warehouse; FAR = none met."""
    one = instance.nodes[job]
    for _ in range(20):
        shift = below(state.random, len(instance.shifts))
        if not instance.allowed[job, shift]:
            continue
        own, count = instance.shifts[shift], state.figures[shift, STOPS]
        place = own.committed + below(state.random, count - own.committed + 1)
        before = own.start_location if place == 0 else state.stops[shift, place - 1, LOCATION]
        free = state.free_s[shift, place]
        if _may_fetch(instance, job) and below(state.random, 3) == 0:
            warehouse = below(state.random, instance.lends.shape[0])
            by = instance.nodes[instance.allowed.shape[0] + warehouse]
            free += instance.travel_s[own.profile, before, by.location]
            free = first_start(instance.windows, by.first_window, by.last_window, free) + instance.handling_s[warehouse]
            before = by.location
        there = instance.travel_s[own.profile, before, one.location]
        if there >= FAR or free >= FAR:
            continue
        arrival = free + there
        for row in range(own.first_break, own.last_break):
            if below(state.random, 2) == 0:
                arrival += instance.breaks[row, 2]
        for link in range(one.first_predecessor, one.last_predecessor):
            first = instance.predecessors[link, 0]
            arrival = max(arrival, state.job_end_s[first] + instance.predecessors[link, 1])
        start = first_start(instance.windows, one.first_window, one.last_window, arrival)
        if start < min(FAR, ALWAYS):
            return start
    return FAR


@kernel
def _may_fetch(instance: Instance, job: int) -> bool:
    """Whether somebody may have to pass a warehouse first."""
    one = instance.nodes[job]
    return instance.lends.shape[0] > 0 and (one.tool_set >= 0 or one.first_part < one.last_part)


@kernel
def _meet(instance: Instance, state: State, job: int, start: int, limit: int, work: Work) -> tuple[int, int]:
    """Choose the members of a meeting; its cents and end, with the members in `work.members`, the supplier first.

    Members are taken one by one, whoever brings most of what is still missing, the cheapest of these. The stay is that
    of the slowest, so a first choice gives its length, and a second one is made for that length.
    """
    one = instance.nodes[job]
    end = FAR
    longest = 0
    for shift in range(len(instance.shifts)):
        if instance.allowed[job, shift]:
            longest = max(longest, instance.service_s[job, shift])
    for _ in range(3):
        cents = _choose(instance, state, job, start, start + longest, limit, work)
        if cents >= limit:
            return INFEASIBLE, FAR
        needed = 0
        for member in range(one.crew):
            needed = max(needed, instance.service_s[job, work.members[member, 0]])
        end = start + longest
        if needed == longest:
            return cents, end
        longest = needed
    return INFEASIBLE, FAR


@kernel
def _choose(instance: Instance, state: State, job: int, start: int, end: int, limit: int, work: Work) -> int:
    """Members for a meeting of given length, into `work.members` as (shift, encoded place, tools to fetch); cents."""
    one, total, covered, lendable = instance.nodes[job], 0, 0, 0
    for warehouse in range(instance.lends.shape[0]):
        if one.tool_set >= 0:
            lendable |= instance.lends[warehouse, one.tool_set]
    forget_borrowing(instance, state, job)
    state.job_start_s[job], state.job_end_s[job] = start, end
    for member in range(one.crew):
        best, best_shift, best_gain = INFEASIBLE, -1, -1
        is_last = member == one.crew - 1
        for shift in range(len(instance.shifts)):
            if not instance.allowed[job, shift] or _is_member(instance, member, shift, work):
                continue
            gained = instance.crew_covers[one.crew_row, shift] & ~covered
            gain = _bits(gained)
            if gain < best_gain and not is_last:
                continue
            # The first one brings the parts, the last one fetches the tools that nobody has.
            missing = instance.crew_needs[one.crew_row] & ~(covered | gained) if is_last else 0
            if missing & ~lendable != 0:
                continue
            state.supplier[job] = shift if member == 0 else -1
            note_borrowing(instance, state, job, member, shift, missing)
            cents = best_place(instance, state, shift, job, limit - total, work)
            if cents < INFEASIBLE and ((gain > best_gain and not is_last) or cents < best):
                best, best_shift, best_gain = cents, shift, gain
                work.members[member, 0], work.members[member, 1] = shift, work.best[0]
                work.members[member, 2] = missing
        if best_shift < 0:
            return INFEASIBLE
        total += best
        covered |= instance.crew_covers[one.crew_row, best_shift]
        note_borrowing(instance, state, job, member, best_shift, work.members[member, 2])
    state.supplier[job] = work.members[0, 0]
    return total


@kernel
def _is_member(instance: Instance, members: int, shift: int, work: Work) -> bool:
    """Whether the technician of a shift has been chosen already."""
    for member in range(members):
        if instance.shifts[work.members[member, 0]].technician == instance.shifts[shift].technician:
            return True
    return False


@kernel
def _bits(word: int) -> int:
    count = 0
    while word:
        word &= word - 1
        count += 1
    return count


@kernel
def _join(instance: Instance, state: State, saved: State, step: Step, job: int, work: Work) -> bool:
    """Put the job on the tours of all members in `work.members`; on none where one of them does not hold."""
    one = instance.nodes[job]
    start, end = state.job_start_s[job], state.job_end_s[job]
    for member in range(one.crew):
        shift, code = work.members[member, 0], work.members[member, 1]
        touch(instance, state, saved, step, shift)
        count = build_trial(instance, state, shift, job, code, work)
        state.job_start_s[job], state.job_end_s[job] = start, end
        if not settle_tour(instance, state, shift, work.stops, count, work):
            if member > 0:
                state.counters[TOTAL] -= one.leaving_out_cents
                step.is_out[job] = True
                take_crew_out(instance, state, saved, step, job, work)
                step.is_out[job] = False
            return False
    state.counters[TOTAL] -= one.leaving_out_cents
    return True
