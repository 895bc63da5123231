"""Parts that are brought in by a file: new ones are added, those that differ changed, in few statements for all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from fieldsvc.domain.imports import Sheet
from fieldsvc.models.stock import Part, PartModel, PartSubstitute, StockMove
from fieldsvc.persistence.statements import batched
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.import_columns import (
    Column,
    flag,
    optional_text,
    optional_whole,
    quoted,
    suggestion,
    text,
    texts,
    whole,
)
from fieldsvc.services.import_lines import Line, Lines, read_lines
from fieldsvc.services.parts import TRACKED, TRACKING, part_views, tracking_faults
from fieldsvc.services.scopes import touch

MAX_CENTS = 2_000_000_000
_read_models = texts(120, 1000)
COLUMNS = (
    Column("number", text(64), is_required=True),
    Column("name_en", text(200), is_required=True),
    Column("name_zh", text(200), is_required=True),
    Column("unit", text(16)),
    Column("barcode", optional_text(64)),
    Column("is_serialised", flag),
    Column("has_lots", flag),
    Column("shelf_life_days", optional_whole(1, 36_500)),
    Column("unit_cost_cents", whole(0, MAX_CENTS), is_required=True),
    Column("price_cents", whole(0, MAX_CENTS), is_required=True),
    Column("criticality", whole(0, 2)),
    Column("models", lambda cell: sorted(_read_models(cell))),  # they have no order
    Column("substitutes", texts(64, 50)),
)
_LISTS = ("models", "substitutes")


@dataclass(frozen=True, slots=True)
class PartTally:
    """How many lines have added a part, changed one, or said what was so already."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Known:
    """A part that there is, with its lists as a file has them."""

    part: Part
    lists: dict[str, list[str]]

    def value(self, name: str) -> Any:
        return self.lists[name] if name in _LISTS else getattr(self.part, name)


def import_parts(uow: UnitOfWork, sheet: Sheet) -> PartTally:
    """Bring the lines of a sheet into the catalogue, all or none. A column that is not there changes nothing."""
    lines = read_lines(sheet, COLUMNS, "number")
    _note_duplicates(lines)
    known = _known_parts(uow, [line.values["number"] for line in lines.lines if "number" in line.values])
    ids = _note_substitutes(uow, lines, known)
    _note_taken_barcodes(uow, lines)
    _note_moved(uow, lines, known)
    _note_tracking(lines, known)
    lines.refuse_faults()
    new, changed = [], []
    for line in lines.lines:
        found = known.get(line.values["number"])
        if found is None:
            new.append(line)
        elif names := [name for name, value in line.values.items() if found.value(name) != value]:
            changed.append((found.part, line, sorted(names)))
    _write(uow, new, changed, ids)
    return PartTally(len(new), len(changed), len(lines.lines) - len(new) - len(changed))


def _note_duplicates(lines: Lines) -> None:
    for name in ("number", "barcode"):
        first: dict[str, int] = {}
        for line in lines.lines:
            value = line.values.get(name)
            if value is None:
                continue
            if value in first:
                message = f"The {name} {quoted(value)} is in line {first[value]} already: keep one of the two."
                lines.note(line, "duplicate", name, message)
            first.setdefault(value, line.number)


def _known_parts(uow: UnitOfWork, numbers: Sequence[str]) -> dict[str, _Known]:
    """Those of the numbers that there are parts with, locked, so that nobody changes them meanwhile."""
    uow.lock_all(Part, _by_number(uow, numbers).values())
    known: dict[str, _Known] = {}
    for batch in batched(numbers):
        parts = uow.session.scalars(select(Part).where(Part.number.in_(batch))).all()
        views = part_views(uow.session, parts)
        others = {one for view in views for one in view.substitutes}
        numbered = _numbers(uow, others)
        for view in views:
            lists = {"models": sorted(view.models), "substitutes": [numbered[one] for one in view.substitutes]}
            known[view.part.number] = _Known(view.part, lists)
    return known


def _by_number(uow: UnitOfWork, numbers: Collection[str]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for batch in batched(numbers):
        rows = uow.session.execute(select(Part.number, Part.id).where(Part.number.in_(batch)))
        found.update(dict(rows.all()))
    return found


def _numbers(uow: UnitOfWork, part_ids: Collection[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for batch in batched(part_ids):
        rows = uow.session.execute(select(Part.id, Part.number).where(Part.id.in_(batch)))
        found.update(dict(rows.all()))
    return found


def _note_substitutes(uow: UnitOfWork, lines: Lines, known: dict[str, _Known]) -> dict[str, UUID]:
    """Note substitutes that there are not; returns the ids of all parts that are named, new ones included."""
    wanted = {one for line in lines.lines for one in line.values.get("substitutes", ())}
    ids = _by_number(uow, wanted) | {number: found.part.id for number, found in known.items()}
    for line in lines.lines:
        if "number" in line.values and line.values["number"] not in ids:
            ids[line.values["number"]] = uow.new_id()
    unknown = wanted - ids.keys()
    catalogue = [*uow.session.scalars(select(Part.number)), *ids] if unknown else []
    for line in lines.lines:
        for number in line.values.get("substitutes", ()):
            if number == line.values.get("number"):
                lines.note(line, "itself", "substitutes", "A part does not take its own place: take it out.")
            elif number in unknown:
                near = suggestion(number, catalogue) if lines.may_suggest() else "."
                message = f"There is no part {quoted(number)}, neither in the catalogue nor in the file{near}"
                lines.note(line, "unknown_part", "substitutes", message)
    return ids


def _note_taken_barcodes(uow: UnitOfWork, lines: Lines) -> None:
    """Note barcodes that a part has which the file does not give another one."""
    wanted = {line.values["barcode"]: line for line in lines.lines if line.values.get("barcode") is not None}
    given = {line.values["number"] for line in lines.lines if "number" in line.values and "barcode" in line.values}
    for batch in batched(wanted):
        rows = uow.session.execute(select(Part.barcode, Part.number).where(Part.barcode.in_(batch)))
        for barcode, number in rows:
            if barcode is not None and number not in given:
                message = f"Part {quoted(number)} has the barcode {quoted(barcode)}: give one of the two another."
                lines.note(wanted[barcode], "taken", "barcode", message)


def _note_moved(uow: UnitOfWork, lines: Lines, known: dict[str, _Known]) -> None:
    """Note parts of which units have moved, and which the file wants to be told apart in another way."""
    wanted: dict[UUID, list[tuple[Line, str]]] = {}
    for line in lines.lines:
        found = known.get(line.values.get("number", ""))
        if found is None:
            continue
        for name in TRACKED:
            if line.values.get(name, found.value(name)) != found.value(name):
                wanted.setdefault(found.part.id, []).append((line, name))
    for batch in batched(wanted):
        for part_id in uow.session.scalars(select(StockMove.part_id).where(StockMove.part_id.in_(batch)).distinct()):
            for line, name in wanted[part_id]:
                message = f"Units of it have moved: whether {TRACKED[name]} can't change any more. Write what it was."
                lines.note(line, "has_moved", name, message)


def _note_tracking(lines: Lines, known: dict[str, _Known]) -> None:
    """Note parts whose units can't be told apart as the file, or the file and the books, want it."""
    for line in lines.lines:
        found = known.get(line.values.get("number", ""))
        said = {} if found is None else {name: found.value(name) for name in TRACKING}
        for fault in tracking_faults(said | line.values):
            lines.note(line, fault.code, fault.pointer.removeprefix("/"), fault.message)


def _write(
    uow: UnitOfWork, new: Sequence[Line], changed: Sequence[tuple[Part, Line, list[str]]], ids: dict[str, UUID]
) -> None:
    # A barcode that goes from one part to another must not be on both for a moment.
    given = {line.values.get("barcode") for line in new} | {line.values.get("barcode") for _, line, _ in changed}
    for part, _, names in changed:
        if "barcode" in names and part.barcode in given:
            part.barcode = None
    uow.flush()
    for part, line, names in changed:
        for name in names:
            if name not in _LISTS:
                setattr(part, name, line.values[name])
        touch(part)
        uow.record(part, "part_changed", data={"fields": names})
    for line in new:
        part = Part(
            id=ids[line.values["number"]], **{name: one for name, one in line.values.items() if name not in _LISTS}
        )
        uow.session.add(part)
        uow.record(part, "part_added", data={"number": part.number})
    uow.flush()
    _write_lists(uow, [(ids[line.values["number"]], line) for line in new], changed, ids)


def _write_lists(
    uow: UnitOfWork,
    new: Sequence[tuple[UUID, Line]],
    changed: Sequence[tuple[Part, Line, list[str]]],
    ids: dict[str, UUID],
) -> None:
    tables: dict[str, type[PartModel | PartSubstitute]] = {"models": PartModel, "substitutes": PartSubstitute}
    for name, table in tables.items():
        again = [(part.id, line) for part, line, names in changed if name in names]
        for batch in batched(part_id for part_id, _ in again):
            uow.session.execute(delete(table).where(table.part_id.in_(batch)))
        rows = [
            _list_row(name, part_id, position, one, ids)
            for part_id, line in (*new, *again)
            for position, one in enumerate(line.values.get(name, ()))
        ]
        if rows:
            uow.session.execute(insert(table), rows)  # there are many of them, and nobody looks at one


def _list_row(name: str, part_id: UUID, position: int, said: str, ids: dict[str, UUID]) -> dict[str, Any]:
    if name == "models":
        return {"part_id": part_id, "model": said}
    return {"part_id": part_id, "substitute_id": ids[said], "position": position}
