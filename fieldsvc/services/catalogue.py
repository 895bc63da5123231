"""The value lists: what is offered for choice, under which names, and what a company has added or retired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.catalogue import OPEN_LISTS
from fieldsvc.domain.errors import Conflict, Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models.assets import Asset
from fieldsvc.models.catalogue import CatalogueValue
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value of a list. category: of products; empty = of all."""

    list_name: str
    category: str
    code: str
    name_en: str
    name_zh: str


def list_values(
    session: OrmSession, page: PageRequest, *, list_name: str | None = None, category: str | None = None
) -> Page[CatalogueValue]:
    """One page of values, each list in its order, retired ones too. category: those of these products and of all."""
    query = select(CatalogueValue)
    if list_name is not None:
        query = query.where(CatalogueValue.list_name == list_name)
    if category is not None:
        query = query.where(CatalogueValue.category.in_(("", category)))
    keys = (CatalogueValue.list_name, CatalogueValue.position, CatalogueValue.id)
    return fetch_page(session, query, keys, page)


def add_value(uow: UnitOfWork, wanted: NewValue) -> CatalogueValue:
    """Add a value to a list that the rules do not rely on; the same again is the one there is."""
    if wanted.list_name not in OPEN_LISTS:
        known = ", ".join(OPEN_LISTS)
        message = f"The values of {wanted.list_name} mean something to the rules. New ones can be added to: {known}."
        raise Invalid("No value can be added to this list.", faults=[Fault("closed_list", "/list_name", message)])
    same = (
        CatalogueValue.list_name == wanted.list_name,
        CatalogueValue.category == wanted.category,
        CatalogueValue.code == wanted.code,
    )
    there = uow.session.scalars(select(CatalogueValue).where(*same)).one_or_none()
    if there is not None:
        if (there.name_en, there.name_zh) == (wanted.name_en, wanted.name_zh):
            return there
        raise Conflict("There is such a value under other names: change that one.", code="value_exists")
    last = select(func.max(CatalogueValue.position)).where(CatalogueValue.list_name == wanted.list_name)
    value = CatalogueValue(
        id=uow.new_id(),
        list_name=wanted.list_name,
        category=wanted.category,
        code=wanted.code,
        name_en=wanted.name_en,
        name_zh=wanted.name_zh,
        position=(uow.session.scalar(last) or 0) + 1,
        is_active=True,
    )
    uow.session.add(value)
    uow.record(value, "catalogue_value_added", data=_told(value))
    return value


def change_value(
    uow: UnitOfWork, value_id: UUID, changes: Mapping[str, Any], version: int | None = None
) -> CatalogueValue:
    """Give a value other names, retire it, or offer it again."""
    if uow.find(CatalogueValue, value_id, lock=True) is None:
        raise NotFound(f"There is no value {value_id}.")
    value = uow.get(CatalogueValue, value_id, version=version)
    changed = {name: wanted for name, wanted in changes.items() if getattr(value, name) != wanted}
    if changed:
        for name, wanted in changed.items():
            setattr(value, name, wanted)
        uow.record(value, "catalogue_value_changed", data=_told(value) | {"changed": sorted(changed)})
    return value


def unknown_codes(session: OrmSession, visit: Visit, said: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Which (list, code) pairs are not offered for the product that a visit is about."""
    asset_id = visit.ticket.asset_id
    category = "" if asset_id is None else session.scalar(select(Asset.category).where(Asset.id == asset_id)) or ""
    rows = session.execute(
        select(CatalogueValue.list_name, CatalogueValue.code).where(
            CatalogueValue.list_name.in_(said),
            CatalogueValue.category.in_(("", category)),
            CatalogueValue.is_active,
        )
    )
    offered = {(name, code) for name, code in rows}
    return [pair for pair in said.items() if pair not in offered]


def _told(value: CatalogueValue) -> dict[str, str]:
    return {"list": value.list_name, "category": value.category, "code": value.code}
