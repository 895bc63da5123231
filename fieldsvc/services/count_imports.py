"""Counts that are brought in by a file: one for each place, of the parts that are named, so that others stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.cells import Cell
from fieldsvc.domain.imports import Sheet
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.permissions import Action
from fieldsvc.models.counts import StockCount
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.persistence.statements import batched
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.counted_units import lot_differences
from fieldsvc.services.counts import CountWish, open_count, submit_count
from fieldsvc.services.import_columns import Column, Misread, header_names, quoted, suggestion, text, texts, whole
from fieldsvc.services.import_lines import Line, Lines, read_lines
from fieldsvc.services.lots import day_faults, local_day, lot_faults
from fieldsvc.services.reserved_units import hold_parts
from fieldsvc.services.scopes import locations_in_scope
from fieldsvc.services.serials import serial_faults
from fieldsvc.services.stock import Units

# As many as a count may have, whichever way it is made.
MAX_PARTS, MAX_UNITS, MAX_SERIALS = 2000, 100_000, 1000
_LOT = re.compile(r"(?P<code>.{1,64}?)=(?P<units>[0-9]{1,6})(@(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}))?")
_YEARS = range(1970, 2200)
_read_texts = texts(90, MAX_SERIALS)


def read_lots(cell: Cell) -> tuple[LotUnits, ...]:
    """Read lots between semicolons: code=units, with @ and the last day where that is not known yet."""
    lots = []
    for item in _read_texts(cell):
        found = _LOT.fullmatch(item)
        try:
            day = date.fromisoformat(found["day"]) if found is not None and found["day"] else None
        except ValueError:
            found = None
        if found is None or int(found["units"]) > MAX_UNITS or (day is not None and day.year not in _YEARS):
            message = f"Write lots like L-7=3 or L-7=3@2027-01-31, with ; between them, not {quoted(item)}."
            raise Misread("wrong_type", message)
        lots.append(LotUnits(found["code"].strip(), int(found["units"]), day))
    return tuple(lots)


COLUMNS = (
    Column("location", text(64), is_required=True),
    Column("part", text(64), is_required=True),
    Column("quantity", whole(0, MAX_UNITS), is_required=True),
    Column("serials", texts(80, MAX_SERIALS)),
    Column("lots", read_lots),
)


@dataclass(frozen=True, slots=True)
class MadeCount:
    """A count that a file has made. location: its code; differing_lines: those that are not as the books had it."""

    location: str
    count: StockCount
    differing_lines: int


@dataclass(frozen=True, slots=True)
class _Counted:
    """One line with the place and the part it names."""

    line: Line
    location: StockLocation
    part: Part

    def is_read(self, listed: set[str]) -> bool:
        """Tell whether the cells that the units are made of could be read. listed: columns that tell them apart."""
        return {"quantity", *listed} <= self.line.values.keys()

    def units(self) -> Units:
        values = self.line.values
        return Units(self.part.id, values["quantity"], tuple(values.get("serials", ())), values.get("lots", ()))


def import_counts(uow: UnitOfWork, sheet: Sheet, approval_from_cents: int) -> list[MadeCount]:
    """Make a count for each place of a sheet and submit it; differences that are worth much wait for a supervisor."""
    lines = read_lines(sheet, COLUMNS, "part")
    counted = _found(uow, lines)
    # Before anything is said about them, as others may change them till then; all at once, so in one order.
    hold_parts(uow, {one.part.id for one in counted})
    _note_duplicates(lines, counted)
    listed = {"serials", "lots"} & {*header_names(sheet.header)}
    for one in counted:
        if one.is_read(listed):
            units = one.units()
            for fault in (
                *serial_faults(one.part, units),
                *lot_faults(one.part, units.quantity, units.lots),
                *day_faults(uow, one.part, units.lots, local_day(uow.session, one.location, uow.now)),
            ):
                lines.note(one.line, fault.code, fault.pointer.split("/")[1], fault.message)
    lines.refuse_faults()
    by_place: dict[UUID, list[_Counted]] = {}
    for one in counted:
        by_place.setdefault(one.location.id, []).append(one)
    return [_make(uow, by_place[place], approval_from_cents) for place in sorted(by_place)]


def _found(uow: UnitOfWork, lines: Lines) -> list[_Counted]:
    """Lines whose place and part there are; notes those that have none."""
    places = _places(uow)
    numbers = {line.values["part"] for line in lines.lines if "part" in line.values}
    parts: dict[str, Part] = {}
    for batch in batched(numbers):
        found = uow.session.scalars(select(Part).where(Part.number.in_(batch)))
        parts.update({part.number: part for part in found})
    catalogue = list(uow.session.scalars(select(Part.number))) if numbers - parts.keys() else []
    counted = []
    for line in lines.lines:
        code, number = line.values.get("location"), line.values.get("part")
        if code is not None and code not in places:
            near = suggestion(code, list(places)) if lines.may_suggest() else "."
            lines.note(line, "unknown_location", "location", f"There is no place {quoted(code)} to count at{near}")
        if number is not None and number not in parts:
            near = suggestion(number, catalogue) if lines.may_suggest() else "."
            lines.note(line, "unknown_part", "part", f"There is no part {quoted(number)}{near}")
        if code in places and number in parts:
            counted.append(_Counted(line, places[code], parts[number]))
    return counted


def _places(uow: UnitOfWork) -> dict[str, StockLocation]:
    """Where the actor may count, by code."""
    usable = locations_in_scope(uow.actor, Action.COUNT) & StockLocation.is_physical
    query = select(StockLocation).where(usable, StockLocation.kind != LocationKind.IN_TRANSIT)
    return {place.code: place for place in uow.session.scalars(query)}


def _note_duplicates(lines: Lines, counted: Sequence[_Counted]) -> None:
    """Note parts that are counted twice at one place, serials that are at two, and places with too many parts."""
    first: dict[tuple[UUID, UUID], int] = {}
    seen: dict[tuple[UUID, str], int] = {}
    at_place: dict[UUID, int] = {}
    for one in counted:
        line, key = one.line, (one.location.id, one.part.id)
        if key in first:
            message = f"It is counted at {quoted(one.location.code)} in line {first[key]} already: add the two up."
            lines.note(line, "duplicate", "part", message)
        first.setdefault(key, line.number)
        at_place[one.location.id] = at_place.get(one.location.id, 0) + 1
        if at_place[one.location.id] == MAX_PARTS + 1:
            message = f"A count has at most {MAX_PARTS} parts: put the others of this place into another file."
            lines.note(line, "too_many", "location", message)
        for serial in line.values.get("serials", ()):
            other = seen.setdefault((one.part.id, serial), line.number)
            if other != line.number:
                message = f"Serial {quoted(serial)} is in line {other} already: a unit is in one place."
                lines.note(line, "duplicate", "serials", message)


def _make(uow: UnitOfWork, counted: Sequence[_Counted], approval_from_cents: int) -> MadeCount:
    location = counted[0].location
    units = [one.units() for one in counted]
    count = open_count(uow, CountWish(location.id, tuple(one.part_id for one in units)))
    submit_count(uow, count.id, units, approval_from_cents)
    differing = sum(
        (line.counted_quantity, sorted(line.counted_serials or ()))
        != (line.expected_quantity, sorted(line.expected_serials or ()))
        or bool(lot_differences(line))
        for line in count.lines
    )
    return MadeCount(location.code, count, differing)
