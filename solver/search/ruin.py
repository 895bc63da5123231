"""Which jobs to take out: strings of neighbouring tours, whole tours, related jobs, takers of the same part, any.

Strings after Christiaens and Vanden Berghe, "Slack induction by string removals for vehicle routing problems",
Transportation Science 54 (2020), section 5; related jobs after Shaw, "Using constraint programming and local search
methods to solve vehicle routing problems", CP 1998, section 3.
"""

from solver.search.chance import below, unit
from solver.search.instance import HAS_CREWS, Instance
from solver.search.kernel import kernel
from solver.search.starts import place_of
from solver.search.state import JOBS, NODE, STOPS, TOTAL, State, Work
from solver.search.step import REMOVED, TOUCHED, Step, copy_crews, touch, undo
from solver.search.tours import take_out

LONGEST_STRING = 10
"""Jobs taken from one tour at once."""
_MOST_ADDED = 12
"""Unplanned jobs that a step tries beside those it has taken out."""
_SAME_PART = 0.15
"""How often jobs go that need the same part as the seed, where it needs one."""
_SPLIT = 0.5
"""How often a string leaves some of its middle in place."""


@kernel
def ruin(instance: Instance, state: State, saved: State, step: Step, size: int, work: Work) -> None:
    """Take about `size` jobs out, and add unplanned ones near them; `step.removed` lists both."""
    step.numbers[REMOVED], step.numbers[TOUCHED] = 0, 0
    if instance.rates[HAS_CREWS] != 0:
        copy_crews(state, saved)
    seed = _seed(instance, state, step)
    if seed < 0:
        return
    kind = unit(state.random)
    if instance.nodes[seed].first_part < instance.nodes[seed].last_part and unit(state.random) < _SAME_PART:
        _sharing(instance, state, step, seed, size)
    elif kind < 0.75:
        _strings(instance, state, step, seed, size)
    elif kind < 0.85:
        _related(instance, state, step, seed, size)
    elif kind < 0.93:
        _tour(instance, state, step, seed, size)
    else:
        _any(instance, state, step, size)
    _cascade(instance, state, step)
    _carry_out(instance, state, saved, step, work)
    _add_unplanned(instance, state, step, seed)


@kernel
def can_go(instance: Instance, state: State, job: int) -> bool:
    """Whether a job is planned and may be taken out."""
    one, shift = instance.nodes[job], state.shift_of[job]
    return shift >= 0 and not one.is_committed and not one.is_held


@kernel
def _seed(instance: Instance, state: State, step: Step) -> int:
    """A job to begin at: planned or not, as long as it may move; -1 after too many tries."""
    for _ in range(50):
        job = step.active[below(state.random, len(step.active))]
        if state.shift_of[job] < 0 or can_go(instance, state, job):
            return job
    return -1


@kernel
def _flag(step: Step, job: int) -> int:
    if step.is_out[job]:
        return 0
    step.is_out[job] = True
    step.removed[step.numbers[REMOVED]] = job
    step.numbers[REMOVED] += 1
    return 1


@kernel
def _strings(instance: Instance, state: State, step: Step, seed: int, size: int) -> None:
    """From the tours nearest to the seed, a string of stops each around the job that is near."""
    average = max(1.0, _average_jobs(instance, state))
    longest = min(float(LONGEST_STRING), average)
    tours = 4.0 * size / (1.0 + longest) - 1.0
    wanted = int(unit(state.random) * tours + 1.0)
    done = 0
    for rank in range(instance.near.shape[1]):
        job = instance.near[seed, rank]
        shift = state.shift_of[job]
        if shift < 0 or step.was_touched[shift] or not can_go(instance, state, job):
            continue
        step.was_touched[shift] = True
        step.touched[done] = shift
        done += 1
        here = float(state.figures[shift, JOBS])
        length = int(unit(state.random) * min(here, longest) + 1.0)
        _string(instance, state, step, shift, job, length)
        if done >= wanted:
            break
    for index in range(done):
        step.was_touched[step.touched[index]] = False


@kernel
def _average_jobs(instance: Instance, state: State) -> float:
    used, jobs = 0, 0
    for shift in range(len(instance.shifts)):
        if state.figures[shift, JOBS] > 0:
            used += 1
            jobs += state.figures[shift, JOBS]
    return jobs / max(1, used)


@kernel
def _string(instance: Instance, state: State, step: Step, shift: int, job: int, length: int) -> None:
    """Flag `length` stops in a row that include the job, now and then sparing some in their middle."""
    stops, count = state.stops[shift], state.figures[shift, STOPS]
    first = instance.shifts[shift].committed
    at = first
    while at < count and stops[at, NODE] != job:
        at += 1
    length = min(length, count - first)
    spared = 0
    if length > 1 and unit(state.random) < _SPLIT:
        spared = 1
        while length + spared < count - first and unit(state.random) > 0.5:
            spared += 1
        spared = min(spared, count - first - length)
    whole = length + spared
    lowest, highest = max(first, at - whole + 1), min(at, count - whole)
    begin = lowest + below(state.random, max(1, highest - lowest + 1))
    skip = begin + 1 + below(state.random, max(1, length - 1)) if spared > 0 else count
    for index in range(begin, min(count, begin + whole)):
        if skip <= index < skip + spared and stops[index, NODE] != job:
            continue
        node = stops[index, NODE]
        if node < instance.allowed.shape[0] and can_go(instance, state, node):
            _flag(step, node)


@kernel
def _related(instance: Instance, state: State, step: Step, seed: int, size: int) -> None:
    """Jobs close to the seed, most of those that the same shifts may do."""
    done = 0
    for rank in range(instance.near.shape[1]):
        job = instance.near[seed, rank]
        if not can_go(instance, state, job):
            continue
        shift = state.shift_of[job]
        if not instance.allowed[seed, shift] and unit(state.random) < 0.7:
            continue
        if unit(state.random) < 0.7:
            done += _flag(step, job)
        if done >= size:
            return


@kernel
def _sharing(instance: Instance, state: State, step: Step, seed: int, size: int) -> None:
    """Jobs that need a part which the seed needs, planned or not: whoever gets its last units is drawn anew."""
    one = instance.nodes[seed]
    part = instance.parts[one.first_part + below(state.random, one.last_part - one.first_part), 0]
    first, last = instance.taker_first[part], instance.taker_first[part + 1]
    begin, done, added = below(state.random, last - first), 0, 0
    for step_on in range(last - first):
        job = instance.takers[first + (begin + step_on) % (last - first)]
        if state.shift_of[job] < 0:
            if added < _MOST_ADDED:
                added += _add(state, step, job)
        elif done < size and can_go(instance, state, job) and unit(state.random) < 0.7:
            done += _flag(step, job)


@kernel
def _tour(instance: Instance, state: State, step: Step, seed: int, size: int) -> None:
    """All of the tour of a job near the seed, and perhaps of another."""
    done = 0
    for rank in range(instance.near.shape[1]):
        job = instance.near[seed, rank]
        if not can_go(instance, state, job) or step.is_out[job]:
            continue
        shift = state.shift_of[job]
        for index in range(state.figures[shift, STOPS]):
            node = state.stops[shift, index, NODE]
            if node < instance.allowed.shape[0] and can_go(instance, state, node):
                done += _flag(step, node)
        if done >= size or unit(state.random) < 0.6:
            return


@kernel
def _any(instance: Instance, state: State, step: Step, size: int) -> None:
    for _ in range(size):
        job = step.active[below(state.random, len(step.active))]
        if can_go(instance, state, job):
            _flag(step, job)


@kernel
def _cascade(instance: Instance, state: State, step: Step) -> None:
    """What must follow a job that goes, goes too."""
    index = 0
    while index < step.numbers[REMOVED]:
        job = instance.nodes[step.removed[index]]
        for link in range(job.first_successor, job.last_successor):
            after = instance.successors[link, 0]
            if state.shift_of[after] >= 0:
                _flag(step, after)
        index += 1


@kernel
def _carry_out(instance: Instance, state: State, saved: State, step: Step, work: Work) -> None:
    """Take the flagged jobs out of their tours; those whose tour would not hold stay after all."""
    before = state.counters[TOTAL]
    for index in range(step.numbers[REMOVED]):
        job = step.removed[index]
        if instance.nodes[job].crew > 1:
            if not take_crew_out(instance, state, saved, step, job, work):
                # Half a crew can't stay: nothing of this step happens.
                undo(instance, state, saved, step)
                state.counters[TOTAL] = before
                break
        elif state.shift_of[job] >= 0:
            touch(instance, state, saved, step, state.shift_of[job])
            take_out(instance, state, state.shift_of[job], step.is_out, work)
    kept = 0
    for index in range(step.numbers[REMOVED]):
        job = step.removed[index]
        if state.shift_of[job] < 0:
            step.removed[kept] = job
            kept += 1
        else:
            step.is_out[job] = False
    step.numbers[REMOVED] = kept


@kernel
def take_crew_out(instance: Instance, state: State, saved: State, step: Step, job: int, work: Work) -> bool:
    """Take a flagged crew job off the tours of all its members; False where one of them would not hold."""
    for shift in range(len(instance.shifts)):
        if place_of(state.stops[shift], state.figures[shift, STOPS], job) >= 0:
            touch(instance, state, saved, step, shift)
            if not take_out(instance, state, shift, step.is_out, work):
                return False
    return True


@kernel
def _add_unplanned(instance: Instance, state: State, step: Step, seed: int) -> None:
    """Give some jobs that are left out near the seed, and one from anywhere, another chance."""
    added = 0
    for rank in range(instance.near.shape[1]):
        added += _add(state, step, instance.near[seed, rank])
        if added >= _MOST_ADDED:
            break
    for _ in range(3):
        _add(state, step, step.active[below(state.random, len(step.active))])
    for index in range(step.numbers[REMOVED]):
        step.is_out[step.removed[index]] = False


@kernel
def _add(state: State, step: Step, job: int) -> int:
    if state.shift_of[job] >= 0 or not step.is_active[job]:
        return 0
    return _flag(step, job)
