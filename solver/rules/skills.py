"""Every required skill is there at the level needed or above; a crew has it jointly."""

from collections.abc import Iterator

from solver.itinerary import Itinerary
from solver.reasons import Reason
from solver.violation import Rule, Violation


def judge(itinerary: Itinerary) -> Iterator[Violation]:
    """Open jobs whose technicians lack a skill, or have it at too low a level."""
    for job, placements in itinerary.open_placements():
        for skill, level in job.skills.items():
            best = max(placement.shift.skills.get(skill, 0) for placement in placements)
            if best >= level:
                continue
            shifts = ", ".join(placement.shift.id for placement in placements)
            if any(skill in placement.shift.skills for placement in placements):
                message, reason = f"needs {skill} at level {level}, {shifts} has {best}", Reason.SKILL_LEVEL
            else:
                message, reason = f"needs {skill}, which {shifts} does not have", Reason.SKILL
            yield Violation("skills", message, reason, job.id, placements[0].shift.id)


RULE = Rule("skills", judge)
