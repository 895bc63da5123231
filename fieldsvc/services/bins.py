"""Where in a warehouse parts lie."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.permissions import Action
from fieldsvc.models.stock import Part, StockBin, StockLocation
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import locations_in_scope


@dataclass(frozen=True, slots=True)
class Bin:
    """Where a part lies, as people there call it; None = nowhere in particular."""

    location_id: UUID
    part_id: UUID
    bin: str | None


def set_bin(uow: UnitOfWork, wanted: Bin) -> Bin:
    """Say where in a warehouse a part lies. The same twice is the same."""
    in_scope = locations_in_scope(uow.actor, Action.STOCK_MOVE) & (StockLocation.kind == LocationKind.WAREHOUSE)
    query = select(StockLocation).where(StockLocation.id == wanted.location_id, in_scope)
    house, part = uow.session.scalar(query), uow.find(Part, wanted.part_id, lock=True)
    faults = []
    if house is None:
        faults.append(Fault("unknown_location", "/location_id", f"There is no warehouse {wanted.location_id}."))
    if part is None:
        faults.append(Fault("unknown_part", "/part_id", f"There is no part {wanted.part_id}."))
    if house is None or part is None or faults:
        raise Invalid("The bin can't be noted.", faults=faults)
    known = (StockBin.location_id == house.id) & (StockBin.part_id == part.id)
    if uow.session.scalar(select(StockBin.bin).where(known)) == wanted.bin:
        return wanted
    uow.session.execute(delete(StockBin).where(known))
    if wanted.bin is not None:
        uow.session.add(StockBin(location_id=house.id, part_id=part.id, bin=wanted.bin))
    uow.record(house, "bin_set", data={"part_id": part.id, "bin": wanted.bin})
    return wanted
