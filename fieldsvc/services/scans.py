"""What a scanned code stands for: one code in, one answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, NotFound
from fieldsvc.domain.lots import UNKNOWN_LOT
from fieldsvc.domain.permissions import Action, scope_for
from fieldsvc.models.counts import StockCount
from fieldsvc.models.lots import Lot, LotBalance
from fieldsvc.models.purchasing import PurchaseOrder
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import Part, StockBalance, StockLocation, StockMove
from fieldsvc.services.counts import counts_in_scope
from fieldsvc.services.lot_views import known_lots
from fieldsvc.services.purchase_orders import orders_in_scope
from fieldsvc.services.rmas import rmas_in_scope
from fieldsvc.services.scopes import locations_in_scope
from fieldsvc.services.stock import locate_serial


class ScanKind(StrEnum):
    """What a code can stand for."""

    PART = "part"
    SERIAL = "serial"
    LOT = "lot"
    LOCATION = "location"
    PURCHASE_ORDER = "purchase_order"
    RMA = "rma"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a code stands for. id: of the thing, a serial's part. location: of a serial, where the books have it; of an
    order, a return or a count, where it is for. here: of a part, what there is at places the actor may see.
    places, expires_on: the same of a lot, and the last day on which it may be used."""

    kind: ScanKind
    id: UUID
    name: str
    state: str | None = None
    part: Part | None = None
    location: StockLocation | None = None
    here: Sequence[StockBalance] = ()
    places: Sequence[LotBalance] = ()
    expires_on: date | None = None


def read_code(session: OrmSession, actor: Actor, code: str) -> Scan:
    """Return what a code stands for: a part by barcode or number first, then a serial, a lot, a place, a document."""
    for look in (_parts, _serials, _lots, _locations, _documents):
        found = list(look(session, actor, code))
        if len(found) > 1:
            faults = [Fault("meaning", "/query/code", f"{one.kind} {one.name}") for one in found]
            raise Conflict(f"{code} stands for several things.", code="code_ambiguous", faults=faults)
        if found:
            return found[0]
    raise NotFound(f"Nothing known has the code {code}.")


def _parts(session: OrmSession, actor: Actor, code: str) -> Iterator[Scan]:
    visible = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ))
    for part in session.scalars(select(Part).where(or_(Part.barcode == code, Part.number == code))):
        here = select(StockBalance).where(StockBalance.part_id == part.id, StockBalance.location_id.in_(visible))
        rows = session.scalars(here.where(StockBalance.on_hand > 0).order_by(StockBalance.id)).all()
        yield Scan(ScanKind.PART, part.id, part.number, part=part, here=rows)


def _serials(session: OrmSession, actor: Actor, code: str) -> Iterator[Scan]:
    query = select(Part).where(Part.id.in_(select(StockMove.part_id).where(StockMove.serial == code)))
    seen = set(session.scalars(select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ))))
    for part in session.scalars(query.order_by(Part.number)):
        place = locate_serial(session, part.id, code)
        if place is None or place.id in seen:
            yield Scan(ScanKind.SERIAL, part.id, part.number, part=part, location=place)


def _lots(session: OrmSession, actor: Actor, code: str) -> Iterator[Scan]:
    visible = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ), StockLocation.is_physical)
    query = select(Lot, Part).join(Part, Part.id == Lot.part_id).where(Lot.code == code, Lot.code != UNKNOWN_LOT)
    query = query.where(Lot.id.in_(known_lots(actor)))
    for lot, part in session.execute(query.order_by(Part.number)):
        here = select(LotBalance).where(LotBalance.lot_id == lot.id, LotBalance.location_id.in_(visible))
        rows = session.scalars(here.where(LotBalance.on_hand > 0).order_by(LotBalance.location_id)).all()
        yield Scan(ScanKind.LOT, lot.id, lot.code, part=part, places=rows, expires_on=lot.expires_on)


def _locations(session: OrmSession, actor: Actor, code: str) -> Iterator[Scan]:
    query = select(StockLocation).where(StockLocation.code == code, locations_in_scope(actor, Action.STOCK_READ))
    for place in session.scalars(query):
        yield Scan(ScanKind.LOCATION, place.id, place.name, location=place)


def _documents(session: OrmSession, actor: Actor, code: str) -> Iterator[Scan]:
    """Orders, returns and counts, each as far as the actor may read its kind."""
    kinds: tuple[tuple[ScanKind, Action, Any, Callable[[Actor, Action], ColumnElement[bool]], str], ...] = (
        (ScanKind.PURCHASE_ORDER, Action.PURCHASE_READ, PurchaseOrder, orders_in_scope, "location_id"),
        (ScanKind.RMA, Action.RMA_READ, Rma, rmas_in_scope, "to_location_id"),
        (ScanKind.COUNT, Action.COUNT_READ, StockCount, counts_in_scope, "location_id"),
    )
    for kind, action, model, in_scope, place in kinds:
        if scope_for(action, actor.role) is None:
            continue
        for row in session.scalars(select(model).where(model.number == code, in_scope(actor, action))):
            where: UUID | None = getattr(row, place)
            location = None if where is None else session.get_one(StockLocation, where)
            yield Scan(kind, row.id, row.number, row.state.value, location=location)
