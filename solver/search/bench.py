"""Plans as tours: how they travel between searches, and how they come to stand on arrays again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from solver.search.instance import Instance, Ints
from solver.search.lay import lay_loaded, lay_prefixes, lay_tour
from solver.search.state import LINKED, NODE, STOPS, TOTAL, State, empty_state, empty_work
from solver.search.tours import take_out
from solver.units import Cents, Seconds

Load = tuple[int, int, int, int, int]
"""Place in the tour, part, units, job they are earmarked for or -1, and the second at which that stop starts."""


_Lay = Callable[[int, tuple[int, ...]], bool]


class Meeting(NamedTuple):
    """When a crew meets. supplier: the shift that brings the parts; fetched: (shift, tools it borrows, as bits)."""

    start_s: Seconds
    end_s: Seconds
    supplier: int
    fetched: tuple[tuple[int, int], ...] = ()

    def renumbered(self, shifts: Mapping[int, int]) -> "Meeting":
        """The same with other numbers for its shifts."""
        fetched = tuple((shifts[shift], word) for shift, word in self.fetched)
        return Meeting(self.start_s, self.end_s, shifts[self.supplier], fetched)


@dataclass(frozen=True, slots=True)
class Tours:
    """A plan without its times. nodes: by shift number, in order, committed jobs first, shifts without a tour left out.

    meetings: by crew job. loads: what each tour loads; of tours
    that are not in it, that is worked out anew, in which they may come by other units than before. times: when jobs of
    one technician start and end that wait for others or are waited for; where one is missing, or nothing holds at
    these times, tours are laid one after the other, each as far as it holds.
    """

    nodes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    meetings: Mapping[int, Meeting] = field(default_factory=dict)
    loads: Mapping[int, tuple[Load, ...]] = field(default_factory=dict)
    times: Mapping[int, tuple[Seconds, Seconds]] = field(default_factory=dict)


class Bench:
    """The arrays that a search works on."""

    def __init__(self, instance: Instance, seed: int, *, is_searched: bool = False) -> None:
        self.instance = instance
        self.state = empty_state(instance, seed, is_searched=is_searched)
        self.work = empty_work(instance)
        self._seed, self._is_searched = seed, is_searched
        lay_prefixes(instance, self.state, self.work)

    def lay(self, tours: Tours) -> None:
        """Put tours on shifts that have none but their prefix; what doesn't hold whole, as far as it does.

        Warehouse stops that do nothing are left out, unless a tour would not hold or held jobs would be lost with them.
        """
        if self._lay_as_timed(tours):
            return
        self._clear()
        self._lay(tours, keeps_idle=False)
        lost, first = self._lost(tours), self.state
        if lost > 0:
            self._clear()
            if not self._lay(tours, keeps_idle=True) or self._lost(tours) >= lost:
                self.state = first

    def _clear(self) -> None:
        self.state = empty_state(self.instance, self._seed, is_searched=self._is_searched)
        lay_prefixes(self.instance, self.state, self.work)

    def _lost(self, tours: Tours) -> int:
        """Held jobs of the tours that do not stand."""
        held = self.instance.nodes["is_held"]
        wanted = {node for tour in tours.nodes.values() for node in tour if held[node]}
        return sum(int(self.state.shift_of[node]) < 0 for node in wanted)

    def _lay_as_timed(self, tours: Tours) -> bool:
        """Lay each tour whole, with all others at their times; False, and not all is laid, where one does not hold.

        None is later than its times say, so none makes another late. Afterwards all move up as far as they can.
        """
        if not (tours.loads.keys() >= tours.nodes.keys() and self._note_times(tours)):
            return False
        self._note_meetings(tours)
        paths = {shift: np.array(nodes, np.int32) for shift, nodes in sorted(tours.nodes.items())}
        loads = {shift: np.array(tours.loads[shift], np.int32).reshape(-1, 5) for shift in paths}
        for shift, own in loads.items():
            self._note_loads(shift, tours.nodes[shift], own)

        def lay(shift: int, keeps_idle: bool) -> bool:
            return bool(lay_loaded(self.instance, self.state, shift, paths[shift], loads[shift], keeps_idle, self.work))

        idle = {shift for shift in paths if not lay(shift, False)}
        if not all(lay(shift, True) for shift in idle):
            return False
        linked = [shift for shift in paths if self.state.figures[shift, LINKED] > 0]
        for _ in paths:
            before = self.state.job_start_s.copy()
            for shift in linked:
                lay(shift, shift in idle)
            if np.array_equal(before, self.state.job_start_s):
                break
        return True

    def _note_times(self, tours: Tours) -> bool:
        """Before any tour is laid: where and when the jobs stand that others wait for or meet at; False = not known."""
        jobs = self.instance.nodes[: self.instance.jobs]
        times = {job: (one.start_s, one.end_s) for job, one in tours.meetings.items()} | dict(tours.times)
        for shift, nodes in tours.nodes.items():
            for job in nodes:
                if job >= len(jobs) or not jobs["is_linked"][job] or jobs["is_committed"][job]:
                    continue
                if job not in times:
                    return False
                if self.state.shift_of[job] < 0:  # the other members of a crew cost nothing more
                    self.state.counters[TOTAL] -= jobs["leaving_out_cents"][job]
                self.state.shift_of[job] = shift
                self.state.job_start_s[job], self.state.job_end_s[job] = times[job]
        return True

    def _lay(self, tours: Tours, *, keeps_idle: bool) -> bool:
        """Lay what holds; False where half a crew could not be taken out again."""
        waiting, loads = dict(tours.nodes), dict(tours.loads)
        self._note_meetings(tours)
        while torn := self._lay_loaded(waiting, loads, keeps_idle=keeps_idle):
            # Loads for a tour that does not hold would be useless, or missing: work out all of these technicians' anew.
            owners = self.instance.shifts["technician"]
            loads = {shift: taken for shift, taken in loads.items() if int(owners[shift]) not in torn}
            self._clear()
            waiting = dict(tours.nodes)
            self._note_meetings(tours)
        self._lay_all(waiting, self.lay_alone)
        self._lay_in_turns(waiting)
        return self._part_from_half_crews()

    def _note_meetings(self, tours: Tours) -> None:
        for job, meeting in tours.meetings.items():
            self.state.job_start_s[job], self.state.job_end_s[job] = meeting.start_s, meeting.end_s
            self.state.supplier[job] = meeting.supplier
            rows = self.state.borrows[self.instance.nodes["crew_row"][job]]
            rows[:] = -1, 0
            rows[: len(meeting.fetched)] = np.array(meeting.fetched, np.int64).reshape(-1, 2)

    def _lay_loaded(
        self, waiting: dict[int, tuple[int, ...]], loads: Mapping[int, tuple[Load, ...]], *, keeps_idle: bool
    ) -> set[int]:
        """Lay the tours of which the loads are known, taking them off `waiting`; whose did not all hold."""
        rows = {shift: np.array(taken, np.int32).reshape(-1, 5) for shift, taken in loads.items()}
        for shift, own in rows.items():
            self._note_loads(shift, waiting[shift], own)

        def lay(shift: int, nodes: tuple[int, ...]) -> bool:
            if shift not in rows:
                return False
            own = rows[shift][rows[shift][:, 0] < len(nodes)]
            path = np.array(nodes, np.int32)
            return bool(lay_loaded(self.instance, self.state, shift, path, own, keeps_idle, self.work))

        self._lay_all(waiting, lay)
        self._lay_by_and_by({shift: waiting[shift] for shift in rows.keys() & waiting.keys()}, waiting, lay)
        return {int(self.instance.shifts["technician"][shift]) for shift in rows.keys() & waiting.keys()}

    def _lay_by_and_by(
        self, tours: Mapping[int, tuple[int, ...]], waiting: dict[int, tuple[int, ...]], lay: _Lay
    ) -> None:
        """Lay tours that wait for each other stop by stop, each as far as it holds, in turns; take whole ones off."""
        reached = {shift: int(self.instance.shifts["committed"][shift]) for shift in tours}
        is_further = True
        while is_further:
            is_further = False
            for shift in sorted(waiting.keys() & tours.keys()):
                while reached[shift] < len(tours[shift]) and lay(shift, tours[shift][: reached[shift] + 1]):
                    reached[shift] += 1
                    is_further = True
                if reached[shift] == len(tours[shift]):
                    del waiting[shift]

    def _lay_all(self, waiting: dict[int, tuple[int, ...]], lay: _Lay) -> None:
        """Lay what can be laid until nothing more can, since one tour may wait for another; take it off the list."""
        while laid := [shift for shift, nodes in waiting.items() if lay(shift, nodes)]:
            for shift in laid:
                del waiting[shift]

    def _note_loads(self, shift: int, nodes: Sequence[int], loads: Ints) -> None:
        """Before any tour is laid: what this one takes of finite stock, and when."""
        for stop, part, units, job, second in loads.tolist():
            stock = int(self.instance.stock_row[nodes[stop] - self.instance.jobs, part])
            if stock >= 0 and job < 0:
                before = int(self.state.loaded_s[stock, shift]) if self.state.loaded[stock, shift] else second
                self.state.loaded[stock, shift] += units
                self.state.loaded_s[stock, shift] = min(second, before)

    @property
    def cents(self) -> Cents:
        """Of the whole plan."""
        return int(self.state.counters[TOTAL])

    def lay_alone(self, shift: int, nodes: Sequence[int]) -> bool:
        """Give a shift a tour, or none but its prefix; False, and nothing has changed, where it doesn't hold."""
        return bool(lay_tour(self.instance, self.state, shift, np.array(nodes, np.int32), self.work))

    def _lay_in_turns(self, waiting: Mapping[int, tuple[int, ...]]) -> None:
        """Append stop after stop to each tour in turn, since one may wait for another; drop what nothing lets in."""
        prefixes = self.instance.shifts["committed"]
        kept = {shift: list(nodes[: prefixes[shift]]) for shift, nodes in waiting.items()}
        queues = {shift: list(nodes[prefixes[shift] :]) for shift, nodes in waiting.items()}
        while any(queues.values()):
            moved = [self._append(shift, kept[shift], queue) for shift, queue in queues.items()]
            if not any(moved):
                blocked = next(queue for queue in queues.values() if queue)
                job = next((node for node in blocked if node < self.instance.jobs), None)
                if job is None:
                    blocked.clear()
                else:
                    blocked.remove(job)

    def _append(self, shift: int, kept: list[int], queue: list[int]) -> bool:
        """Move the next job, with the warehouse stops before it where it needs them, from the queue to the tour."""
        at = next((index for index, node in enumerate(queue) if node < self.instance.jobs), None)
        if at is None:
            return False
        for fetching in ([], queue[:at]):
            if self.lay_alone(shift, [*kept, *fetching, queue[at]]):
                kept += [*fetching, queue[at]]
                del queue[0 if fetching else at : at + 1]
                return True
        return False

    def _part_from_half_crews(self) -> bool:
        """Take out crew jobs of which a member could not be laid, or that don't have the skills together."""
        nodes, shifts = self.instance.nodes, self.instance.shifts
        crews = np.flatnonzero((nodes["crew"][: self.instance.jobs] > 1) & ~nodes["is_committed"][: self.instance.jobs])
        is_sound = True
        for job in crews.tolist():
            if self.state.shift_of[job] < 0:
                continue
            members = [shift for shift in range(len(shifts)) if self._stands_on(shift, job)]
            people = {int(shifts["technician"][shift]) for shift in members}
            row, covered = int(nodes["crew_row"][job]), 0
            for shift, word in self.state.borrows[row].tolist():
                covered |= word if shift in members else 0
            for shift in members:
                covered |= int(self.instance.crew_covers[row, shift])
            is_whole = len(people) == len(members) == nodes["crew"][job] and covered == self.instance.crew_needs[row]
            if members and not (is_whole and int(self.state.supplier[job]) in members):
                is_sound = self._take_out(job) and is_sound
        return is_sound

    def _stands_on(self, shift: int, job: int) -> bool:
        return job in self.state.stops[shift, : self.state.figures[shift, STOPS], NODE]

    def _take_out(self, job: int) -> bool:
        """Take a job off all its tours, and before it what must follow it; False where a tour does not hold then."""
        node, is_out_now = self.instance.nodes[job], True
        for after in self.instance.successors[node["first_successor"] : node["last_successor"], 0].tolist():
            is_out_now = self._take_out(after) and is_out_now
        is_out = np.zeros(self.instance.jobs, np.bool_)
        is_out[job] = True
        for shift, tour in tours_of(self.instance, self.state).nodes.items():
            if job in tour:
                is_out_now = take_out(self.instance, self.state, shift, is_out, self.work) and is_out_now
        return bool(is_out_now)


def tours_of(instance: Instance, state: State) -> Tours:
    """The tours of a state that hold more than what has begun."""
    nodes = {
        shift: tuple(state.stops[shift, :count, NODE].tolist())
        for shift, count in enumerate(state.figures[:, STOPS].tolist())
        if count > instance.shifts["committed"][shift]
    }
    jobs = instance.nodes[: instance.jobs]
    crews = np.flatnonzero((jobs["crew"] > 1) & ~jobs["is_committed"] & (state.shift_of >= 0))
    meetings = {job: _meeting(instance, state, job) for job in crews.tolist()}
    loads = {shift: loads_of(state, shift) for shift in nodes}
    linked = np.flatnonzero(jobs["is_linked"] & (jobs["crew"] == 1) & ~jobs["is_committed"] & (state.shift_of >= 0))
    times = {job: (int(state.job_start_s[job]), int(state.job_end_s[job])) for job in linked.tolist()}
    return Tours(nodes, meetings, loads, times)


def _meeting(instance: Instance, state: State, job: int) -> Meeting:
    rows = state.borrows[instance.nodes["crew_row"][job]].tolist()
    fetched = tuple((shift, word) for shift, word in rows if shift >= 0 and word)
    return Meeting(int(state.job_start_s[job]), int(state.job_end_s[job]), int(state.supplier[job]), fetched)


def loads_of(state: State, shift: int) -> tuple[Load, ...]:
    """What a tour of the state loads."""
    rows = state.loads[shift, : state.load_count[shift]].tolist()
    return tuple((stop, part, units, job, int(state.start_s[shift, stop])) for stop, part, units, job in rows)
