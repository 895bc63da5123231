"""Files of parts or counts that are brought in: whole or not at all, once, and tried out before if somebody wants."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.imports import Encoding, ImportKind, Sheet
from fieldsvc.domain.permissions import Action
from fieldsvc.models.imports import ImportedFile
from fieldsvc.persistence.statements import insert_or_leave
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.count_imports import MadeCount, import_counts
from fieldsvc.services.part_imports import import_parts
from fieldsvc.services.scopes import scope_of

_NEEDED = {ImportKind.PARTS: Action.CATALOGUE_MANAGE, ImportKind.COUNTS: Action.COUNT}


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What is to be brought in. sha256: of the bytes of the file; approval_from_cents: of counts that have to wait."""

    what: ImportKind
    sha256: str
    sheet: Sheet
    is_dry_run: bool
    approval_from_cents: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file. id: none of a dry run, as nothing was kept."""

    id: UUID | None
    what: ImportKind
    sha256: str
    encoding: Encoding | None
    is_dry_run: bool
    is_repeat: bool
    lines: int
    added: int
    changed: int
    unchanged: int
    counts: list[dict[str, Any]]


class TriedOut(Exception):
    """The end of a dry run, raised so that nothing of it is committed; report: as the real run would give it."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        super().__init__("a dry run is rolled back")


def check_may_import(actor: Actor, what: ImportKind) -> None:
    """Refuse whoever may bring in files, but none of this kind."""
    scope_of(actor, _NEEDED[what])


def import_file(uow: UnitOfWork, wish: ImportWish) -> ImportReport:
    """Bring a file in and say what it has changed; once more, say what it had changed. A dry run ends in TriedOut."""
    check_may_import(uow.actor, wish.what)
    own_id = uow.new_id()
    insert_or_leave(
        uow.session,
        ImportedFile,
        ["what", "sha256"],
        id=own_id,
        what=wish.what,
        sha256=wish.sha256,
        encoding=wish.sheet.encoding,
        lines=0,
        added=0,
        changed=0,
        unchanged=0,
        counts=[],
        imported_by=uow.actor.user_id,
        imported_at=uow.now,
    )
    # Whoever has the row has the file: another transaction with the same one waits above until this one ends.
    same = select(ImportedFile).where(ImportedFile.what == wish.what, ImportedFile.sha256 == wish.sha256)
    row = uow.session.scalars(same).one()
    is_repeat = row.id != own_id
    if not is_repeat:
        _bring_in(uow, wish, row)
    report = _report(row, wish, is_repeat=is_repeat)
    if wish.is_dry_run:
        uow.flush()  # so that the constraints of the database have their say
        raise TriedOut(report)
    return report


def _bring_in(uow: UnitOfWork, wish: ImportWish, row: ImportedFile) -> None:
    if wish.what is ImportKind.PARTS:
        tally = import_parts(uow, wish.sheet)
        row.added, row.changed, row.unchanged = tally.added, tally.changed, tally.unchanged
    else:
        made = import_counts(uow, wish.sheet, wish.approval_from_cents)
        row.counts = [_told(one) for one in made]
        row.changed = sum(one.differing_lines for one in made)
        row.unchanged = sum(len(one.count.lines) - one.differing_lines for one in made)
    row.lines = row.added + row.changed + row.unchanged
    figures = {"lines": row.lines, "added": row.added, "changed": row.changed, "unchanged": row.unchanged}
    uow.record(row, "import_done", data={"what": wish.what, "sha256": wish.sha256, **figures})


def _told(made: MadeCount) -> dict[str, Any]:
    count = made.count
    return {
        "location": made.location,
        "count_id": str(count.id),
        "number": count.number,
        "lines": len(count.lines),
        "differing_lines": made.differing_lines,
        "differing_cents": count.differing_cents,
        "state": count.state.value,
    }


def _report(row: ImportedFile, wish: ImportWish, *, is_repeat: bool) -> ImportReport:
    is_kept = is_repeat or not wish.is_dry_run
    none = {} if is_kept else {"count_id": None, "number": None}
    return ImportReport(
        id=row.id if is_kept else None,
        what=row.what,
        sha256=row.sha256,
        encoding=row.encoding,
        is_dry_run=wish.is_dry_run,
        is_repeat=is_repeat,
        lines=row.lines,
        added=row.added,
        changed=row.changed,
        unchanged=row.unchanged,
        counts=[one | none | {"state": CountState(one["state"])} for one in row.counts],
    )
