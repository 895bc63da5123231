"""What is to be brought back from vans: units that came for visits which need them no more, beyond the par level.

Nothing is stored: a proposal follows from what has happened, so that none is stale and none has to be cleaned up.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.spare_units import Spared, less
from fieldsvc.domain.transfer_states import TRANSFER, TransferState
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockBalance, StockLocation
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.counted_units import serials_at
from fieldsvc.services.overdue import expire_overdue
from fieldsvc.services.reserved_units import hold_parts
from fieldsvc.services.scopes import locations_in_scope, scope_of
from fieldsvc.services.spare_units import drafted_units, spare_units
from fieldsvc.services.stock import BalanceKey, Units
from fieldsvc.services.stock_reports import RestockPolicy, par_levels
from fieldsvc.services.transfers import TransferWish, write_draft


@dataclass(frozen=True, slots=True)
class ReturnProposal:
    """Units of a part on a van that no visit there needs, and the warehouse they came from.

    serials: of a serialised part, one for each unit as far as the books know them.
    """

    from_location_id: UUID
    to_location_id: UUID
    part_id: UUID
    quantity: int
    serials: tuple[str, ...] = ()


def list_return_proposals(
    session: OrmSession, actor: Actor, now: datetime, policy: RestockPolicy, location_id: UUID | None = None
) -> list[ReturnProposal]:
    """What is to be brought back from vans the actor may see; a technician's is the own. location_id: from one only."""
    query = select(StockLocation).where(
        StockLocation.kind == LocationKind.VAN, locations_in_scope(actor, Action.STOCK_READ)
    )
    if location_id is not None:
        query = query.where(StockLocation.id == location_id)
    return _proposals(session, session.scalars(query.order_by(StockLocation.code)).all(), now, policy)


def draft_returns(
    uow: UnitOfWork, van_id: UUID, policy: RestockPolicy, part_ids: Collection[UUID] = ()
) -> list[Transfer]:
    """Draft the transfers that bring back what is proposed for a van: one for each warehouse. part_ids: none = all."""
    scope_of(uow.actor, Action.STOCK_RETURN)
    row = TRANSFER.allowed_at_birth("draft_return", uow.actor.role)
    van = _van(uow, van_id)
    seen = _proposals(uow.session, [van], uow.now, policy, part_ids)
    parts = {one.part_id for one in seen}
    hold_parts(uow, parts)
    for part_id in sorted(parts):
        expire_overdue(uow, part_id)
    uow.flush()
    now = _proposals(uow.session, [van], uow.now, policy, parts) if parts else []  # that nobody else takes any
    houses: dict[UUID, list[Units]] = {}
    for one in now:
        units = _nameable(uow, one)
        if units.quantity:
            houses.setdefault(one.to_location_id, []).append(units)
    if not houses:
        raise Conflict("There is nothing on this van that should be brought back.", code="nothing_to_return")
    return [
        write_draft(uow, TransferWish(van_id, house, tuple(lines)), row.to, "not_needed")
        for house, lines in sorted(houses.items())
    ]


def _van(uow: UnitOfWork, van_id: UUID) -> StockLocation:
    query = select(StockLocation).where(
        StockLocation.id == van_id,
        StockLocation.kind == LocationKind.VAN,
        locations_in_scope(uow.actor, Action.STOCK_RETURN),
    )
    van = uow.session.scalars(query).one_or_none()
    if van is None:
        fault = Fault("unknown_location", "/location_id", f"There is no van {van_id}.")
        raise Invalid("Nothing can be brought back from there.", faults=[fault])
    return van


def _nameable(uow: UnitOfWork, proposal: ReturnProposal) -> Units:
    """The units of a proposal that can be shipped: of a serialised part, those whose serials are known."""
    is_serialised = uow.get(Part, proposal.part_id).is_serialised
    quantity = len(proposal.serials) if is_serialised else proposal.quantity
    return Units(proposal.part_id, quantity, proposal.serials)


def _proposals(
    session: OrmSession,
    vans: Sequence[StockLocation],
    now: datetime,
    policy: RestockPolicy,
    part_ids: Collection[UUID] = (),
) -> list[ReturnProposal]:
    """What is to be brought back, van by van. part_ids: of which parts; none = all."""
    free = _free(session, [van.id for van in vans], part_ids)
    if not free:
        return []
    left = spare_units(session, free.keys())
    places = {van for _, van in left}
    pars = _pars(session, [van for van in vans if van.id in places], now, policy, left)
    order = {van.id: number for number, van in enumerate(vans)}
    found = []
    for part, place in sorted(left, key=lambda key: (order[key[1]], key[0])):
        own, most = left[part, place], max(0, free[part, place] - pars.get((place, part), 0))
        found += _of_part(session, part, place, less(own, sum(one.units for one in own) - most))
    return found


def _free(session: OrmSession, van_ids: Sequence[UUID], part_ids: Collection[UUID]) -> dict[BalanceKey, int]:
    """How many units on vans nobody is promised, waits for there, or has a draft to take away."""
    balances = select(StockBalance.part_id, StockBalance.location_id, StockBalance.on_hand - StockBalance.reserved)
    waiting = (
        select(Reservation.part_id, Reservation.location_id, func.sum(Reservation.quantity))
        .where(Reservation.state == ReservationState.BACKORDERED, Reservation.location_id.in_(van_ids))
        .group_by(Reservation.part_id, Reservation.location_id)
    )
    balances = balances.where(StockBalance.location_id.in_(van_ids), StockBalance.on_hand > StockBalance.reserved)
    if part_ids:
        balances = balances.where(StockBalance.part_id.in_(part_ids))
    waited = {(part, van): int(units) for part, van, units in session.execute(waiting)}
    drafted = drafted_units(session, van_ids)
    left = {
        (part, van): units - waited.get((part, van), 0) - drafted.get((part, van), 0)
        for part, van, units in session.execute(balances)
    }
    return {key: units for key, units in left.items() if units > 0}


def _pars(
    session: OrmSession,
    vans: Iterable[StockLocation],
    now: datetime,
    policy: RestockPolicy,
    wanted: Iterable[BalanceKey],
) -> dict[tuple[UUID, UUID], int]:
    """The par levels of some parts, by van and part: those of a team's vans are found together."""
    parts = {part for part, _ in wanted}
    one_of_each = {van.team_id: van for van in vans}
    found: dict[tuple[UUID, UUID], int] = {}
    for van in one_of_each.values():
        found |= par_levels(session, van, now, policy, parts)
    return found


def _of_part(session: OrmSession, part_id: UUID, van_id: UUID, spare: Sequence[Spared]) -> list[ReturnProposal]:
    """The proposals for spare units of a part: one for each warehouse, with serials where the part has them."""
    houses: dict[UUID, list[Spared]] = {}
    for one in spare:
        houses.setdefault(one.house_id, []).append(one)
    is_serialised = bool(houses) and session.get_one(Part, part_id).is_serialised
    there = _serials(session, part_id, van_id) if is_serialised else []
    found = []
    for house, own in sorted(houses.items()):
        units = sum(one.units for one in own)
        came = _brought(session, part_id, {one.transfer_id for one in own}) if is_serialised else set()
        named = sorted(there, key=lambda serial: (serial not in came, serial))[:units]
        there = [serial for serial in there if serial not in named]
        found.append(ReturnProposal(van_id, house, part_id, units, tuple(named)))
    return found


def _serials(session: OrmSession, part_id: UUID, van_id: UUID) -> list[str]:
    """The serials that the books have on a van and no draft is to take away."""
    drafts = (
        select(TransferLine.serials)
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(
            Transfer.from_location_id == van_id,
            Transfer.state == TransferState.DRAFT,
            TransferLine.part_id == part_id,
        )
    )
    promised = {serial for serials in session.scalars(drafts) for serial in serials}
    return [serial for serial in serials_at(session, part_id, van_id) if serial not in promised]


def _brought(session: OrmSession, part_id: UUID, transfer_ids: Collection[UUID]) -> set[str]:
    """The serials that hand-overs have brought."""
    lines = select(TransferLine.received_serials).where(
        TransferLine.transfer_id.in_(transfer_ids), TransferLine.part_id == part_id
    )
    return {serial for serials in session.scalars(lines) for serial in serials or ()}
