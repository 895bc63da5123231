"""Why a job is unplanned: code, what it says, what to do about it.

The sentence that a dispatcher reads is written by `explain` with the job's own figures; what stands here is
the general meaning, held equal to `docs/reasons.md` by a test.
"""

from enum import Enum


class Reason(Enum):
    """One value per cause. `code` is stable and appears in JSON; `title` and `remedy` are for people."""

    NO_TECHNICIAN = ("no technician exists in the problem at all", "add a shift to the scope of the run")
    SKILL = (
        "no available technician has a skill that the job needs",
        "book a technician with the skill, or train one",
    )
    SKILL_LEVEL = (
        "technicians have the skill, but none at the level needed",
        "book a more experienced technician, or lower the level",
    )
    TOOL = (
        "no technician carries a tool that the job needs, and none can fetch it",
        "put the tool on a van or into a warehouse",
    )
    TERRITORY = (
        "no technician who could do it works in the job's territory",
        "lend a technician to the territory",
    )
    EXCLUDED = (
        "every technician who could do it is excluded, or is not among those required",
        "change the customer's list of technicians",
    )
    DECLINED = (
        "every technician who could do it has declined it",
        "talk to those who declined, or book someone else",
    )
    NO_SHIFT = (
        "no shift lies on a day on which the job may start",
        "open a shift on that day, or widen the window",
    )
    WINDOW_OUTSIDE_HORIZON = (
        "every window of the job lies outside the days being planned",
        "plan those days, or agree a new window",
    )
    WINDOW_UNREACHABLE = (
        "nobody suitable can be at the site inside any window",
        "agree a wider or later window",
    )
    SHIFT_TOO_SHORT = (
        "travel and work do not fit into any suitable shift",
        "lengthen a shift, allow overtime, or split the work",
    )
    MAX_JOBS = ("every suitable shift has reached its number of jobs", "raise the maximum of a shift")
    PART_OUT_OF_STOCK = (
        "a part the job needs is nowhere in sufficient quantity",
        "order or transfer the part, or use a substitute",
    )
    PART_NOT_REACHABLE = (
        "the part is in stock, but nobody suitable can fetch it in time",
        "move the part to a van or a nearer warehouse",
    )
    CREW = (
        "not enough suitable technicians are free at the same time",
        "book more technicians for the same hours",
    )
    PREDECESSOR = (
        "a visit that must come first is unplanned, or ends too late",
        "plan the earlier visit first",
    )
    LOCK_CONFLICT = (
        "a lock or the freeze cannot be kept under today's facts",
        "lift the lock, or move the visit by hand",
    )
    COMPETITION = (
        "it could be served alone, but other visits make better use of the time",
        "add capacity, or raise its priority",
    )
    NOT_PROVEN = ("no cause could be proven within the effort allowed", "ask for candidates, or run longer")

    def __init__(self, title: str, remedy: str) -> None:
        self.title = title
        self.remedy = remedy

    @property
    def code(self) -> str:
        """Stable name used in JSON."""
        return self.name
