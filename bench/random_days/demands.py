"""What the jobs of a random day ask for, so that its plan has it: skills, tools, lists, windows, order, freeze."""

from collections import defaultdict
from dataclasses import replace

from bench.random_days.drawing import Draft, Draw
from bench.random_days.town import at
from solver.plan import Stop, StopKind
from solver.problem import Lock, Predecessor, Previous, Window

SKILLS, TOOLS = ("gas", "roof"), ("hoist", "ladder")


def require(draw: Draw) -> None:
    """What jobs ask of technicians, and gets them: skills, tools, territory, lists."""
    random = draw.random
    skills: dict[str, dict[str, int]] = {draft.id: {"gas": 1} for draft in draw.drafts}
    own_tools: dict[str, set[str]] = defaultdict(set)
    territories: dict[str, set[str]] = defaultdict(set)
    for one in list(draw.jobs.values()):
        placed = draw.stops_of(one.id)
        needed = {skill: random.randrange(1, 4) for skill in SKILLS if draw.chance(3)}
        for skill, level in needed.items():
            best = skills[random.choice(placed)[0].id]
            best[skill] = max(best.get(skill, 0), level + random.randrange(2))
        tools = frozenset(tool for tool in TOOLS if draw.chance(4))
        for tool in sorted(tools):  # a set would come in an order of its own in every process
            draft, at_job = random.choice(placed)
            if not _borrow(draft, at_job, tool):
                own_tools[draft.id].add(tool)
        territory = random.choice((None, "harbour"))
        if territory:
            for draft, _ in placed:
                territories[draft.id].add(territory)
        names = frozenset(draft.technician for draft, _ in placed)
        draw.jobs[one.id] = replace(
            one,
            skills=needed,
            tools=tools,
            territory=territory,
            windows=_windows(draw, placed[0][1].start_s),
            required_technicians=names if draw.chance(3) else frozenset(),
            preferred_technicians=frozenset({"ann"}) if draw.chance(3) else frozenset(),
            excluded_technicians=frozenset({"dan"}) if draw.chance(3) else frozenset(),
            due_s=placed[0][1].start_s + random.randrange(-900, 900) if draw.chance(2) else None,
            lateness_cents_per_minute=random.randrange(100),
        )
    for draft in draw.drafts:
        draft.fields |= {
            "skills": skills[draft.id],
            "tools": frozenset(own_tools[draft.id]),
            "territories": random.choice((None, frozenset(territories[draft.id]))),
        }


def _borrow(draft: Draft, at_job: Stop, tool: str) -> bool:
    """Take the tool at a warehouse before the job, if the route has such a stop."""
    for index, one in enumerate(draft.stops[: draft.stops.index(at_job)]):
        if one.kind is StopKind.WAREHOUSE:
            draft.stops[index] = replace(one, tools=one.tools | {tool})
            return True
    return False


def _windows(draw: Draw, start: int) -> tuple[Window, ...]:
    before, after = draw.random.randrange(2) * 600, draw.random.randrange(2) * 600
    right = Window(start - before, start + after)
    return draw.random.choice(((), (right,), (Window(at(1), at(2)), right)))


def order(draw: Draw) -> None:
    """Predecessors that the times allow, and locks."""
    for one in list(draw.jobs.values()):
        start = draw.stops_of(one.id)[0][1].start_s
        ends = {other: draw.stops_of(other)[0][1].end_s for other in draw.jobs if other != one.id}
        firsts = [
            Predecessor(other, draw.random.choice((0, start - end)))
            for other, end in ends.items()
            if end <= start and draw.chance(4)
        ]
        lock = draw.random.choice(
            (
                None,
                None,
                Lock(shifts=tuple(draft.id for draft, _ in draw.stops_of(one.id))),
                Lock(start_s=start),
                Lock(start_range=Window(start, start + 60)),
            )
        )
        draw.jobs[one.id] = replace(one, predecessors=tuple(firsts), lock=lock)


def sequences_of(draw: Draw) -> list[tuple[str, ...]]:
    """The order of one route, now and then."""
    orders = [tuple(one.id for one in draft.stops if one.kind is StopKind.JOB) for draft in draw.drafts]
    return [order for order in orders if len(order) > 1 and draw.chance(3)]


def freeze_around(draw: Draw) -> int | None:
    """A freeze that the plan respects, and where the published plan has the jobs."""
    freeze = draw.random.choice((None, at(9), at(11, day=draw.random.randrange(2))))
    for one in list(draw.jobs.values()):
        placed = draw.stops_of(one.id)
        start, where = placed[0][1].start_s, tuple(draft.id for draft, _ in placed)
        stands = Previous(where, start, draw.chance(2))
        previous: Previous | None = stands
        if freeze is None or start >= freeze:
            moved = max(freeze or 0, start + draw.random.randrange(-7_200, 7_200))
            elsewhere = (draw.random.choice(draw.drafts).id,) if len(where) == 1 else where
            previous = draw.random.choice((None, replace(stands, shifts=elsewhere, start_s=moved)))
        draw.jobs[one.id] = replace(one, previous=previous)
    return freeze
