"""Ids: each is given once, and whatever is named exists."""

from collections.abc import Collection, Iterator

from solver.validate.codes import FaultCode
from solver.validate.report import Place, Record, Report, printable, shown, shown_text

COLLECTIONS = ("locations", "technicians", "shifts", "warehouses", "jobs")


def records(parent: Record, name: str, place: Place) -> Iterator[tuple[Place, Record]]:
    """The readable records of a list, each with its place."""
    for index, record in enumerate(parent[name] or ()):
        if record is not None:
            own_id = record.get("id")
            below = place.at(name, index)
            if name in COLLECTIONS and own_id is not None:
                below = Place(below.pointer, printable(own_id))
            yield below, record


def note_twins(problem: Record, report: Report) -> None:
    """Two records of one kind with one id, two breaks of a shift, two shifts of a technician on one day."""
    top = Place()
    for name in COLLECTIONS:
        _note_same_ids(problem, name, top, report)
    first: dict[tuple[str, int], Record] = {}
    for place, shift in records(problem, "shifts", top):
        _note_same_ids(shift, "breaks", place, report)
        technician, day = shift["technician"], shift["day"]
        if technician is None or day is None:
            continue
        other = first.setdefault((technician, day), shift)
        if other is not shift:
            report.add(
                FaultCode.DUPLICATE_DAY,
                place,
                f"Technician {shown_text(technician)} has shift {shown_text(other['id'] or '')} on day {day} "
                "already; join the two, or remove one.",
            )
    for place, job in records(problem, "jobs", top):
        _note_same(job, "service_s_by_level", "level", place, report)
        _note_same(job, "predecessors", "job", place, report)
    for place, shift in records(problem, "shifts", top):
        _note_same(shift, "committed", "job", place, report)


def _note_same_ids(parent: Record, name: str, place: Place, report: Report) -> None:
    first: dict[str, Place] = {}
    for below, record in records(parent, name, place):
        own_id = record["id"]
        if own_id is not None and first.setdefault(own_id, below) is not below:
            report.add(
                FaultCode.DUPLICATE_ID,
                below.at("id"),
                f"The id {shown(own_id)} is also that of {first[own_id].pointer}; rename or remove one.",
            )


def _note_same(parent: Record, name: str, key: str, place: Place, report: Report) -> None:
    first: dict[object, int] = {}
    for index, entry in enumerate(parent[name] or ()):
        value = None if entry is None else entry[key] if isinstance(entry, dict) else entry[0]
        if value is not None and first.setdefault(value, index) != index:
            report.add(
                FaultCode.DUPLICATE_ENTRY,
                place.at(name, index),
                f"{name} names {key} {shown(value)} at {first[value]} and again at {index}; name it once.",
            )


class References:
    """The ids of a problem, and the faults of those who name others."""

    def __init__(self, problem: Record, report: Report) -> None:
        self._report = report
        self._ids = {
            name: {record["id"]: None for _, record in records(problem, name, Place()) if record["id"] is not None}
            for name in COLLECTIONS
        }
        self._ids["profiles"] = dict.fromkeys(problem["profiles"] or ())
        # A list that could not be read at all names nobody wrong.
        self._unread = {name for name in self._ids if problem[name] is None}
        self._locations = len(problem["locations"] or ())

    def note(self, name: str | None, collection: str, place: Place) -> None:
        """A fault unless a record of the collection has this id."""
        known: Collection[str] = self._ids[collection]
        if name is None or name in known or collection in self._unread:
            return
        hint = self._report.did_you_mean(name, known)
        self._report.add(
            FaultCode.UNKNOWN_REFERENCE,
            place,
            f"{collection} has no {shown(name)}; correct the id, or add the record.{hint}",
        )

    def note_all(self, names: list[str | None] | None, collection: str, place: Place) -> None:
        """As `note`, for a list."""
        for index, name in enumerate(names or ()):
            if name is not None and name not in self._ids[collection]:
                self.note(name, collection, place.at(index))

    def note_location(self, index: int | None, place: Place) -> None:
        """A fault unless there is a location of this index."""
        if index is None or index < self._locations or "locations" in self._unread:
            return
        last = f"0 to {self._locations - 1}" if self._locations else "none"
        self._report.add(
            FaultCode.UNKNOWN_LOCATION,
            place,
            f"{place.name} is {index}; there are {self._locations} locations, so give an index into them ({last}).",
        )


def note_references(problem: Record, report: Report) -> None:
    """Everything that is named exists."""
    known = References(problem, report)
    top = Place()
    for place, shift in records(problem, "shifts", top):
        known.note(shift["technician"], "technicians", place.at("technician"))
        known.note(shift["profile"], "profiles", place.at("profile"))
        for end in ("start_location", "end_location"):
            known.note_location(shift[end], place.at(end))
        for below, stop in records(shift, "committed", place):
            known.note(stop["job"], "jobs", below.at("job"))
    for place, warehouse in records(problem, "warehouses", top):
        known.note_location(warehouse["location"], place.at("location"))
    for place, job in records(problem, "jobs", top):
        _note_job(job, place, known)
    for index, sequence in enumerate(problem["sequences"] or ()):
        known.note_all(sequence, "jobs", top.at("sequences", index))


def _note_job(job: Record, place: Place, known: References) -> None:
    known.note_location(job["location"], place.at("location"))
    for name in ("required_technicians", "preferred_technicians", "excluded_technicians", "declined_by"):
        known.note_all(job[name], "technicians", place.at(name))
    for below, first in records(job, "predecessors", place):
        known.note(first["job"], "jobs", below.at("job"))
    for below, earmark in records(job, "earmarks", place):
        known.note(earmark["technician"], "technicians", below.at("technician"))
        known.note(earmark["warehouse"], "warehouses", below.at("warehouse"))
    for name in ("lock", "previous"):
        if job[name] is not None:
            known.note_all(job[name]["shifts"], "shifts", place.at(name, "shifts"))
