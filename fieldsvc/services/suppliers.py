"""Suppliers: who brings which parts, at what price and how soon."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.models.purchasing import Supplier, SupplierPart
from fieldsvc.models.stock import Part
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import touch

_OFFERS = "parts"


def list_suppliers(session: OrmSession, page: PageRequest, *, part_id: UUID | None = None) -> Page[Supplier]:
    """One page of suppliers by code. part_id: of those who sell it."""
    query = select(Supplier)
    if part_id is not None:
        query = query.where(Supplier.id.in_(select(SupplierPart.supplier_id).where(SupplierPart.part_id == part_id)))
    return fetch_page(session, query, (Supplier.code, Supplier.id), page)


def get_supplier(session: OrmSession, supplier_id: UUID) -> Supplier:
    """One supplier."""
    supplier = session.get(Supplier, supplier_id)
    if supplier is None:
        raise NotFound(f"There is no supplier {supplier_id}.")
    return supplier


def add_supplier(uow: UnitOfWork, said: Mapping[str, Any]) -> Supplier:
    """Write down who sells parts."""
    faults = list(_faults(uow, None, said))
    if faults:
        raise Invalid("This supplier can't be added.", faults=faults)
    columns = {name: value for name, value in said.items() if name != _OFFERS}
    supplier = Supplier(id=uow.new_id(), parts=_offers(said.get(_OFFERS, ())), **columns)
    uow.session.add(supplier)
    uow.record(supplier, "supplier_added", data={"code": supplier.code})
    return supplier


def change_supplier(uow: UnitOfWork, supplier_id: UUID, changes: Mapping[str, Any], version: int | None) -> Supplier:
    """Change what is named; parts: all that it sells from now on."""
    get_supplier(uow.session, supplier_id)
    supplier = uow.get(Supplier, supplier_id, version=version, lock=True)
    faults = list(_faults(uow, supplier, changes))
    if faults:
        raise Invalid("The supplier can't be changed like this.", faults=faults)
    different = {name for name in changes if name != _OFFERS and getattr(supplier, name) != changes[name]}
    if _OFFERS in changes:
        different.add(_OFFERS)
        supplier.parts = []
        uow.flush()  # a part that stays is another row from now on
        supplier.parts = _offers(changes[_OFFERS])
    for name in different - {_OFFERS}:
        setattr(supplier, name, changes[name])
    if different:
        uow.record(supplier, "supplier_changed", data={"fields": sorted(different)})
        touch(supplier)
    return supplier


def _faults(uow: UnitOfWork, supplier: Supplier | None, said: Mapping[str, Any]) -> Iterator[Fault]:
    if "code" in said:
        same = select(Supplier.id).where(Supplier.code == said["code"])
        other = uow.session.scalar(same)
        if other is not None and (supplier is None or other != supplier.id):
            yield Fault("taken", "/code", f"Another supplier has the code {said['code']}.")
    wanted = [offer["part_id"] for offer in said.get(_OFFERS, ())]
    known = set(uow.session.scalars(select(Part.id).where(Part.id.in_(wanted))))
    for index, part_id in enumerate(wanted):
        pointer = f"/{_OFFERS}/{index}/part_id"
        if part_id not in known:
            yield Fault("unknown_part", pointer, f"There is no part {part_id}.")
        elif part_id in wanted[:index]:
            yield Fault("duplicate", pointer, f"Part {part_id} is named twice.")


def _offers(rows: Sequence[Mapping[str, Any]]) -> list[SupplierPart]:
    return [SupplierPart(**row) for row in rows]
