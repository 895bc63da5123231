"""Whether a day was met without knowing what was still to come, told from its log alone."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bench.dynamic_day import Day, Tours
from bench.dynamic_replay import Event
from solver.plan import StopKind


def foreknowledge(day: Day, events: Sequence[Event]) -> list[str]:
    """Every job planned before its release, every stop made up after the fact, every promise not kept, in words."""
    found = [fault for event in events for fault in _unknown(day, event)]
    found += [fault for before, after in pairwise(events) for fault in _changed(day, before, after)]
    found += _too_early(day, events[-1].tours)
    found += _not_as_told(events)
    decided = [job for event in events[1:] for job in event.new]
    if sorted(decided) != sorted(day.released_s):
        found.append("not every release was decided on once")
    return found


def _unknown(day: Day, event: Event) -> Iterator[str]:
    for job in sorted(_jobs(event.tours) - day.known_at(event.second)):
        yield f"{job} is planned at {event.second} s, before its release at {day.released_s[job]} s"
    for job in sorted(event.new - day.known_at(event.second)):
        yield f"{job} is decided on at {event.second} s, before its release at {day.released_s[job]} s"


def _changed(day: Day, before: Event, after: Event) -> Iterator[str]:
    """What technicians have left for stays to the second; whoever sets out otherwise does so from now on."""
    left_before, left_after = day.left_s(before.tours), day.left_s(after.tours)
    for shift in sorted(before.tours.keys() | after.tours.keys()):
        driven = sum(left < after.second for left in left_before.get(shift, ()))
        if before.tours.get(shift, ())[:driven] != after.tours.get(shift, ())[:driven]:
            yield f"{shift} had left for stops at {after.second} s that were then changed"
        for stop, left in zip(after.tours.get(shift, ())[driven:], left_after.get(shift, ())[driven:], strict=True):
            if left < after.second:
                yield f"{shift} is sent to {stop.id} at {after.second} s, to leave at {left} s"


def _too_early(day: Day, tours: Tours) -> Iterator[str]:
    for shift, left in day.left_s(tours).items():
        for stop, second in zip(tours[shift], left, strict=True):
            if second < day.released_s.get(stop.id, second):
                yield f"{shift} left for {stop.id} at {second} s, released at {day.released_s[stop.id]} s"


def _not_as_told(events: Sequence[Event]) -> Iterator[str]:
    """Accepted jobs that are dropped, refused ones that come back."""
    accepted, refused = _jobs(events[0].tours), frozenset[str]()
    for event in events[1:]:
        accepted, refused = accepted | (event.new - event.refused), refused | event.refused
        for job in sorted(accepted - _jobs(event.tours)):
            yield f"{job} was accepted and is dropped at {event.second} s"
        for job in sorted(refused & _jobs(event.tours)):
            yield f"{job} was refused and is planned at {event.second} s"


def _jobs(tours: Tours) -> frozenset[str]:
    """Ids of jobs; the warehouse has one that no job has."""
    return frozenset(stop.id for stops in tours.values() for stop in stops if stop.kind is StopKind.JOB)
