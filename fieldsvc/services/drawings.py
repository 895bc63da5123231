"""Exploded drawings of the catalogue."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import undefer

from fieldsvc.adapters.pictures import Unreadable, without_place
from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.media import IMAGES, told_by_content
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models.drawings import Drawing, DrawingPosition
from fieldsvc.models.stock import Part
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch

_POSITIONS = "positions"


@dataclass(frozen=True, slots=True)
class DrawingPicture:
    """The picture of a drawing, with its hash."""

    content: bytes
    media_type: str
    sha256: str


def list_drawings(
    session: OrmSession, page: PageRequest, *, model: str | None = None, part_id: UUID | None = None
) -> Page[Drawing]:
    """One page of drawings by model. part_id: those in which it has a position."""
    query = select(Drawing)
    if model is not None:
        query = query.where(Drawing.model == model)
    if part_id is not None:
        shown = select(DrawingPosition.drawing_id).where(DrawingPosition.part_id == part_id)
        query = query.where(Drawing.id.in_(shown))
    return fetch_page(session, query, (Drawing.model, Drawing.id), page)


def get_drawing(session: OrmSession, drawing_id: UUID) -> Drawing:
    """One drawing."""
    drawing = session.get(Drawing, drawing_id)
    if drawing is None:
        raise NotFound(f"There is no drawing {drawing_id}.")
    return drawing


def read_picture(session: OrmSession, drawing_id: UUID) -> DrawingPicture:
    """The picture of a drawing."""
    query = select(Drawing).where(Drawing.id == drawing_id).options(undefer(Drawing.picture))
    drawing = session.scalars(query).one_or_none()
    if drawing is None or drawing.picture is None or drawing.media_type is None or drawing.sha256 is None:
        raise NotFound(f"There is no picture of a drawing {drawing_id}.")
    return DrawingPicture(drawing.picture, drawing.media_type, drawing.sha256)


def add_drawing(uow: UnitOfWork, said: Mapping[str, Any]) -> Drawing:
    """Add a drawing; its picture comes after it."""
    faults = list(_faults(uow, said.get(_POSITIONS, ())))
    if faults:
        raise Invalid("This drawing can't be added.", faults=faults)
    columns = {name: value for name, value in said.items() if name != _POSITIONS}
    drawing = Drawing(id=uow.new_id(), positions=_positions(said.get(_POSITIONS, ())), **columns)
    uow.session.add(drawing)
    uow.record(drawing, "drawing_added", data={"model": drawing.model})
    return drawing


def change_drawing(uow: UnitOfWork, drawing_id: UUID, changes: Mapping[str, Any], version: int | None) -> Drawing:
    """Change what is named; positions: all that there are from now on."""
    get_drawing(uow.session, drawing_id)
    drawing = uow.get(Drawing, drawing_id, version=version, lock=True)
    faults = list(_faults(uow, changes.get(_POSITIONS, ())))
    if faults:
        raise Invalid("The drawing can't be changed like this.", faults=faults)
    different = {name for name in changes if name != _POSITIONS and getattr(drawing, name) != changes[name]}
    if _POSITIONS in changes:
        different.add(_POSITIONS)
        drawing.positions = []
        uow.flush()  # a number that stays is another row from now on
        drawing.positions = _positions(changes[_POSITIONS])
    for name in different - {_POSITIONS}:
        setattr(drawing, name, changes[name])
    if different:
        uow.record(drawing, "drawing_changed", data={"fields": sorted(different)})
        touch(drawing)
    return drawing


def set_picture(uow: UnitOfWork, drawing_id: UUID, content: bytes, version: int | None) -> Drawing:
    """Give a drawing its picture, a PNG, JPEG or WebP. The same once more changes nothing."""
    get_drawing(uow.session, drawing_id)
    drawing = uow.get(Drawing, drawing_id, version=version, lock=True)
    kind = told_by_content(content)
    if kind not in IMAGES:
        raise Invalid("A drawing is a picture.", faults=[Fault("wrong_type", "", "Send a PNG, JPEG or WebP.")])
    try:
        kept = without_place(content, kind)
    except Unreadable as unreadable:
        raise Invalid("The picture can't be kept.", faults=[Fault("unreadable", "", str(unreadable))]) from unreadable
    sha256 = hashlib.sha256(kept).hexdigest()
    if drawing.sha256 != sha256:
        drawing.picture, drawing.media_type, drawing.sha256 = kept, kind.value, sha256
        uow.record(drawing, "drawing_pictured", data={"sha256": sha256})
        uow.flush()  # it is shown with its new version
    return drawing


def _positions(rows: Sequence[Mapping[str, Any]]) -> list[DrawingPosition]:
    return [DrawingPosition(**row) for row in rows]


def _faults(uow: UnitOfWork, positions: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    known = set(uow.session.scalars(select(Part.id).where(Part.id.in_([one["part_id"] for one in positions]))))
    seen: set[str] = set()
    for index, one in enumerate(positions):
        pointer = f"/{_POSITIONS}/{index}"
        if one["part_id"] not in known:
            yield Fault("unknown_part", f"{pointer}/part_id", f"There is no part {one['part_id']}.")
        if one["number"] in seen:
            yield Fault("duplicate", f"{pointer}/number", f"Position {one['number']} is named twice.")
        seen.add(one["number"])
