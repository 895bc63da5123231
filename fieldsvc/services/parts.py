"""The catalogue of parts: what there is, what it fits, what it costs, and what can take its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models.stock import Part, PartModel, PartSubstitute, StockMove
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch

_LISTS = ("models", "substitutes")
# What can't change any more once units have moved, as people say it.
TRACKED = {"is_serialised": "each has a serial", "has_lots": "they are told apart by lots"}
TRACKING = (*TRACKED, "shelf_life_days")


@dataclass(frozen=True, slots=True)
class PartView:
    """A part with the models of assets it fits, and the ids of what can take its place, the best first."""

    part: Part
    models: Sequence[str]
    substitutes: Sequence[UUID]

    @property
    def id(self) -> UUID:
        """The part's."""
        return self.part.id

    @property
    def version(self) -> int:
        """The part's, which also counts changes of what it fits and what can take its place."""
        return self.part.version


def list_parts(
    session: OrmSession,
    page: PageRequest,
    *,
    number: str | None = None,
    barcode: str | None = None,
    model: str | None = None,
    words: str | None = None,
) -> Page[PartView]:
    """One page of parts by number. model: of assets they fit; words: in the number or a name."""
    query = select(Part)
    if number is not None:
        query = query.where(Part.number == number)
    if barcode is not None:
        query = query.where(Part.barcode == barcode)
    if model is not None:
        query = query.where(Part.id.in_(select(PartModel.part_id).where(PartModel.model == model)))
    if words is not None:
        fields = (Part.number, Part.name_en, Part.name_zh)
        query = query.where(or_(*(field.icontains(words, autoescape=True) for field in fields)))
    found = fetch_page(session, query, (Part.number, Part.id), page)
    return Page(part_views(session, found.items), found.next_after)


def get_part(session: OrmSession, part_id: UUID) -> PartView:
    """One part."""
    part = session.get(Part, part_id)
    if part is None:
        raise NotFound(f"There is no part {part_id}.")
    return part_views(session, [part])[0]


def add_part(uow: UnitOfWork, said: Mapping[str, Any]) -> PartView:
    """Add a part to the catalogue."""
    columns = {name: value for name, value in said.items() if name not in _LISTS}
    faults = [*_taken(uow, None, said), *_substitute_faults(uow, None, said), *tracking_faults(said)]
    if faults:
        raise Invalid("This part can't be added.", faults=faults)
    part = Part(id=uow.new_id(), **columns)
    uow.session.add(part)
    uow.flush()
    _write_lists(uow, part, said)
    uow.record(part, "part_added", data={"number": part.number})
    return part_views(uow.session, [part])[0]


def change_part(uow: UnitOfWork, part_id: UUID, changes: Mapping[str, Any], version: int | None) -> PartView:
    """Change what is named; whether it has serials or lots stays once units of it have moved."""
    if uow.find(Part, part_id, lock=True) is None:
        raise NotFound(f"There is no part {part_id}.")
    part = uow.get(Part, part_id, version=version)
    before = part_views(uow.session, [part])[0]
    different = {name for name, value in changes.items() if _value(before, name) != value}
    faults = [*_taken(uow, part, changes), *_substitute_faults(uow, part, changes)]
    for name, what in TRACKED.items():
        if name in different and _has_moved(uow, part_id):
            faults.append(
                Fault("has_moved", f"/{name}", f"Units of it have moved: whether {what} can't change any more.")
            )
    faults += tracking_faults({name: _value(before, name) for name in TRACKING} | dict(changes))
    if faults:
        raise Invalid("The part can't be changed like this.", faults=faults)
    for name in different - {*_LISTS}:
        setattr(part, name, changes[name])
    if different:
        _write_lists(uow, part, {name: changes[name] for name in different & {*_LISTS}})
        uow.record(part, "part_changed", data={"fields": sorted(different)})
        touch(part)
        uow.flush()
    return part_views(uow.session, [part])[0]


def tracking_faults(said: Mapping[str, Any]) -> Iterator[Fault]:
    """Say how the units of a part can't be told apart."""
    if said.get("is_serialised") and said.get("has_lots"):
        yield Fault("serials_or_lots", "/has_lots", "A serial says more than a lot: a part has the one or the other.")
    if said.get("shelf_life_days") is not None and not said.get("has_lots"):
        yield Fault("no_lots", "/shelf_life_days", "Only lots expire: let the part have lots, or leave this out.")


def _value(view: PartView, name: str) -> Any:
    return list(getattr(view, name)) if name in _LISTS else getattr(view.part, name)


def _has_moved(uow: UnitOfWork, part_id: UUID) -> bool:
    return uow.session.scalar(select(StockMove.id).where(StockMove.part_id == part_id).limit(1)) is not None


def _taken(uow: UnitOfWork, part: Part | None, said: Mapping[str, Any]) -> list[Fault]:
    """What another part has already of what tells parts apart."""
    faults = []
    for name in ("number", "barcode"):
        value = said.get(name)
        if value is None:
            continue
        query = select(Part.number).where(getattr(Part, name) == value)
        other = uow.session.scalar(query if part is None else query.where(Part.id != part.id))
        if other is not None:
            faults.append(Fault("taken", f"/{name}", f"Part {other} has the {name} {value}."))
    return faults


def _substitute_faults(uow: UnitOfWork, part: Part | None, said: Mapping[str, Any]) -> list[Fault]:
    wanted: Sequence[UUID] = said.get("substitutes", ())
    known = set(uow.session.scalars(select(Part.id).where(Part.id.in_(wanted))))
    faults = []
    for index, substitute in enumerate(wanted):
        pointer = f"/substitutes/{index}"
        if substitute not in known:
            faults.append(Fault("unknown_part", pointer, f"There is no part {substitute}."))
        elif part is not None and substitute == part.id:
            faults.append(Fault("itself", pointer, "A part does not take its own place."))
        elif substitute in wanted[:index]:
            faults.append(Fault("duplicate", pointer, f"Part {substitute} is named twice."))
    return faults


def _write_lists(uow: UnitOfWork, part: Part, said: Mapping[str, Any]) -> None:
    if "models" in said:
        uow.session.execute(delete(PartModel).where(PartModel.part_id == part.id))
        uow.session.add_all(PartModel(part_id=part.id, model=one) for one in said["models"])
    if "substitutes" in said:
        uow.session.execute(delete(PartSubstitute).where(PartSubstitute.part_id == part.id))
        uow.session.add_all(
            PartSubstitute(part_id=part.id, substitute_id=one, position=position)
            for position, one in enumerate(said["substitutes"])
        )
    uow.flush()


def part_views(session: OrmSession, parts: Sequence[Part]) -> list[PartView]:
    """Return parts with what they fit and what can take their place."""
    ids = [part.id for part in parts]
    models: dict[UUID, list[str]] = {}
    fits = select(PartModel.part_id, PartModel.model).where(PartModel.part_id.in_(ids)).order_by(PartModel.model)
    for part_id, model in session.execute(fits):
        models.setdefault(part_id, []).append(model)
    substitutes: dict[UUID, list[UUID]] = {}
    others = select(PartSubstitute.part_id, PartSubstitute.substitute_id).where(PartSubstitute.part_id.in_(ids))
    for part_id, other in session.execute(others.order_by(PartSubstitute.position)):
        substitutes.setdefault(part_id, []).append(other)
    return [PartView(part, models.get(part.id, []), substitutes.get(part.id, [])) for part in parts]
