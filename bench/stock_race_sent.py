"""Files that were sent in a race, what was answered, and whether what the database holds is what was answered."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.imports import ImportKind
from fieldsvc.models import Event, ImportedFile, Part, StockCountLine

JSON = dict[str, Any]
REFUSED = 400
_DOCUMENTED = re.compile(r"^\| `(\w+)` \| (\d{3}) \|", re.MULTILINE)
_MAY_BE_REFUSED = {
    ImportKind.COUNTS: {(409, "count_waiting"), (422, "import_refused")},
    ImportKind.PARTS: {(409, "conflict"), (422, "import_refused")},
}
"""What a file that has no fault of its own may be answered where others were first."""
_MAY_BE_FOUND = {ImportKind.COUNTS: {"serials_missing"}, ImportKind.PARTS: {"has_moved", "taken"}}
"""What others may have made wrong with it meanwhile."""


@dataclass(frozen=True)
class File:
    """A file. name: its own in this round; kind: of its content; numbers: the parts it names; is_faulty: for good."""

    name: str
    what: ImportKind
    content: bytes
    kind: str
    numbers: frozenset[str]
    is_faulty: bool = False

    @property
    def sha256(self) -> str:
        """What the product knows it by."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Sent:
    """A file that was sent under a key, and what was answered."""

    file: File
    key: str
    is_dry_run: bool
    status: int
    body: JSON

    @property
    def is_in(self) -> bool:
        """Tell whether the file was brought in, now or before, as the answer says."""
        return self.status < REFUSED and not self.is_dry_run

    @property
    def outcome(self) -> str:
        """What became of the file, in a few words; a count has changed something when the books follow it."""
        if self.status >= REFUSED:
            return "faulty" if self.file.is_faulty else f"refused, {self.body.get('code')}"
        if self.is_dry_run or self.body["is_repeat"]:
            return "tried out" if self.is_dry_run else "repeated"
        if not self.body["added"] + self.body["changed"]:
            return "nothing new"
        differing = {one["state"] for one in self.body["counts"] if one["differing_lines"]}
        return "changed" if self.file.what is ImportKind.PARTS or CountState.POSTED in differing else "waiting"

    @property
    def _named(self) -> set[str]:
        return {one["code"] for one in self.body.get("errors", ())}

    def faults(self) -> Iterator[str]:
        """Say what is wrong with the answer by itself."""
        answer = (self.status, self.body.get("code"))
        allowed = {(422, "import_refused")} if self.file.is_faulty else _MAY_BE_REFUSED[self.file.what]
        if answer not in allowed and (self.status != 200 or self.file.is_faulty):
            yield f"the answer was {answer}: {self.body}"
        elif not self.file.is_faulty and not self._named <= _MAY_BE_FOUND[self.file.what]:
            yield f"nobody else can have made it {sorted(self._named)}: {self.body}"
        elif answer == (200, None) and (self.body["id"] is None) != (self.is_dry_run and not self.body["is_repeat"]):
            yield f"what was kept and what was only tried out are mistaken for each other: {self.body}"


def judged(session: Session, sent: Sequence[Sent], before: Sequence[str]) -> list[str]:
    """Say what is wrong with the answers, and with what the files have left. before: numbers of parts from before."""
    found = [f"{one.file.what.value} {one.file.name}: {fault}" for one in sent for fault in one.faults()]
    by_file: dict[File, list[Sent]] = {}
    for one in sent:
        by_file.setdefault(one.file, []).append(one)
    for file, answers in by_file.items():
        found += [f"{file.what.value} {file.name}: {fault}" for fault in _kept_once(session, file, answers)]
    return found + [f"parts: {fault}" for fault in _catalogue(session, by_file, before)]


def documented() -> frozenset[tuple[str, int]]:
    """Code and status of every refusal that the page of errors has."""
    page = (Path(__file__).parents[1] / "docs" / "errors.md").read_text(encoding="utf-8")
    return frozenset((code, int(status)) for code, status in _DOCUMENTED.findall(page))


def tallied(sent: Sequence[Sent]) -> Counter[str]:
    """How many files of either kind came to what; an answer given once more under its key is a repetition."""
    tally: Counter[str] = Counter()
    answered: set[str] = set()
    for one in sent:
        outcome = "repeated" if one.is_in and one.key in answered else one.outcome
        tally[f"{one.file.what.value} {outcome}"] += 1
        answered |= {one.key} if one.is_in else set()
    return tally


def _kept_once(session: Session, file: File, sent: Sequence[Sent]) -> Iterator[str]:
    """A file is in once, with one event and the counts it tells of; one that was refused or tried out left nothing."""
    told = [one for one in sent if one.is_in]
    first = {one.key for one in told if not one.body["is_repeat"]}
    if len(first) != bool(told):
        yield f"{len(first)} of {len(told)} answers say that they were the first"
    for one in told[1:]:
        if one.body | {"is_repeat": False} != told[0].body | {"is_repeat": False}:
            yield f"two answers differ: {told[0].body} and {one.body}"
    rows = session.scalars(
        select(ImportedFile.id).where(ImportedFile.sha256 == file.sha256, ImportedFile.what == file.what)
    ).all()
    if [str(row) for row in rows] != sorted({one.body["id"] for one in told}):
        yield f"the database has {rows}, the answers said {[one.body['id'] for one in told]}"
    done = select(func.count()).where(Event.kind == "import_done", Event.entity_id.in_(rows))
    if session.scalar(done) != len(rows):
        yield f"{session.scalar(done)} events say that it was brought in"
    for made in told[0].body["counts"] if told else ():
        lines = select(func.count()).where(StockCountLine.count_id == UUID(made["count_id"]))
        if session.scalar(lines) != made["lines"]:
            yield f"its count {made} has {session.scalar(lines)} lines"


def _catalogue(session: Session, sent: dict[File, list[Sent]], before: Sequence[str]) -> Iterator[str]:
    """Each part is as one of the files that are in has it; parts that the same files name, as the same of them."""
    files = [file for file in sent if file.what is ImportKind.PARTS]
    named = frozenset().union(*(file.numbers for file in files))
    rows = session.execute(select(Part.number, Part.name_en).where(Part.number.in_(named)))
    names: dict[str, str] = dict(rows.all())
    groups: dict[frozenset[str], set[str | None]] = {}
    for number in sorted(named):
        brought = frozenset(file.name for file in files if number in file.numbers and _is_in(sent[file]))
        name = names.get(number)
        if name not in (brought or {number if number in before else None}):
            yield f"{number} is called {name}, and the files that are in are {sorted(brought)}"
        if brought:
            groups.setdefault(brought, set()).add(name)
    for brought, mixed in groups.items():
        if len(mixed) > 1:
            yield f"what {sorted(brought)} have in common is called {sorted(map(str, mixed))}: one came in between"


def _is_in(sent: Sequence[Sent]) -> bool:
    return any(one.is_in for one in sent)
