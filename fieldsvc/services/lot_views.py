"""Lots as people read them: when they expire, and where their units are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, NotFound
from fieldsvc.domain.lots import UNKNOWN_LOT
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.models.lots import Lot, LotBalance
from fieldsvc.models.stock import StockLocation
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.overdue import expire_part
from fieldsvc.services.reserved_units import hold_parts
from fieldsvc.services.scopes import locations_in_scope, scope_of


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot with what there is of it at the places somebody may see."""

    lot: Lot
    places: Sequence[LotBalance]

    @property
    def id(self) -> UUID:
        """The lot's."""
        return self.lot.id

    @property
    def version(self) -> int:
        """The lot's."""
        return self.lot.version


def list_lots(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    part_id: UUID | None = None,
    location_id: UUID | None = None,
    code: str | None = None,
    expires_before: date | None = None,
    in_stock: bool = False,
) -> Page[LotView]:
    """One page of the lots that the actor's places have had units of. location_id, in_stock: that have some, there."""
    query = select(Lot).where(Lot.id.in_(known_lots(actor)))
    if part_id is not None:
        query = query.where(Lot.part_id == part_id)
    if code is not None:
        query = query.where(Lot.code == code)
    if expires_before is not None:
        query = query.where(Lot.expires_on < expires_before)
    if in_stock or location_id is not None:
        there = _visible(actor).where(LotBalance.location_id == location_id) if location_id else _visible(actor)
        query = query.where(Lot.id.in_(there.with_only_columns(LotBalance.lot_id)))
    found = fetch_page(session, query, [Lot.id], page)
    return Page(_views(session, actor, found.items), found.next_after)


def get_lot(session: OrmSession, actor: Actor, lot_id: UUID) -> LotView:
    """One lot that a place of the actor's has, or has had, units of."""
    lot = session.scalars(select(Lot).where(Lot.id == lot_id, Lot.id.in_(known_lots(actor)))).one_or_none()
    if lot is None:
        raise NotFound(f"There is no lot {lot_id}.")
    return _views(session, actor, [lot])[0]


def set_expiry(uow: UnitOfWork, lot_id: UUID, expires_on: date | None, version: int | None = None) -> LotView:
    """Correct the last day on which a lot may be used; where it is over by that, its units are taken out of use.

    Units that were taken out of use already stay so: somebody decides about their RMA.
    """
    scope_of(uow.actor, Action.STOCK_MOVE)
    seen = uow.find(Lot, lot_id)
    if seen is None:
        raise NotFound(f"There is no lot {lot_id}.")
    hold_parts(uow, [seen.part_id])
    lot = uow.get(Lot, lot_id, version=version, lock=True)
    if lot.code == UNKNOWN_LOT:
        raise Conflict(
            "Nobody knows what these units are: count them, and say of which lots they are.", code="lot_unknown"
        )
    if lot.expires_on != expires_on:
        before, lot.expires_on = lot.expires_on, expires_on
        uow.record(lot, "lot_changed", data={"expires_on": expires_on, "before": before})
        uow.flush()
        expire_part(uow, lot.part_id)
    return _views(uow.session, uow.actor, [lot])[0]


def known_lots(actor: Actor) -> Select[UUID]:
    """Lots that places the actor may see have, or have had, units of."""
    places = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ), StockLocation.is_physical)
    return select(LotBalance.lot_id).where(LotBalance.location_id.in_(places))


def _visible(actor: Actor) -> Select[LotBalance]:
    places = select(StockLocation.id).where(locations_in_scope(actor, Action.STOCK_READ), StockLocation.is_physical)
    return select(LotBalance).where(LotBalance.location_id.in_(places), LotBalance.on_hand > 0)


def _views(session: OrmSession, actor: Actor, lots: Sequence[Lot]) -> list[LotView]:
    places: dict[UUID, list[LotBalance]] = {}
    query = _visible(actor).where(LotBalance.lot_id.in_([lot.id for lot in lots]))
    for balance in session.scalars(query.order_by(LotBalance.location_id)):
        places.setdefault(balance.lot_id, []).append(balance)
    return [LotView(lot, places.get(lot.id, ())) for lot in lots]
