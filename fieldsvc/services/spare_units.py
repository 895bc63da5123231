"""Units on vans that came by a hand-over for visits which need them no more, told from the facts alone.

A reservation that a hand-over has brought and that was given up makes its units spare; whatever was used, moved away or
reserved from the free stock of the van since takes of them. All of it in the order in which it was recorded.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.reservation_states import HOLDING, ReservationState
from fieldsvc.domain.spare_units import Spared, Taken, still_spare
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models.base import Keyed, entity_type
from fieldsvc.models.evidence import Event
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import StockLocation, StockMove
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.persistence.statements import batched
from fieldsvc.services.stock import BalanceKey

_GIVEN_UP = (ReservationState.RELEASED, ReservationState.EXPIRED)
_BEGINNINGS = ("units_reserved", "reservation_filled", "reservation_split")
# A draft has taken nothing yet; whoever ships it will, whatever is spare by then.
_LAST = 2**63 - 1


def spare_units(session: OrmSession, keys: Collection[BalanceKey]) -> dict[BalanceKey, list[Spared]]:
    """What is spare of parts on vans, the oldest first, less what open transfers are to take away."""
    spared = _by_key(_spared(session, keys))
    parts, vans = {part for part, _ in spared}, {van for _, van in spared}
    if not spared:
        return {}
    taken = _by_key(
        [
            *_moved(session, vans, parts),
            *_brought_away(session, vans, parts),
            *_reserved(session, vans, parts),
        ]
    )
    left = {key: still_spare(own, taken.get(key, ())) for key, own in spared.items()}
    return {key: own for key, own in left.items() if own}


def drafted_units(session: OrmSession, van_ids: Collection[UUID]) -> dict[BalanceKey, int]:
    """How many units drafts are to take away from vans."""
    query = (
        select(TransferLine.part_id, Transfer.from_location_id, func.sum(TransferLine.quantity))
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(Transfer.from_location_id.in_(van_ids), Transfer.state == TransferState.DRAFT)
        .group_by(TransferLine.part_id, Transfer.from_location_id)
    )
    return {(part, van): int(units) for part, van, units in session.execute(query)}


def _by_key(rows: Sequence[tuple[BalanceKey, Any]]) -> dict[BalanceKey, list[Any]]:
    found: dict[BalanceKey, list[Any]] = {}
    for key, one in rows:
        found.setdefault(key, []).append(one)
    return found


def _spared(session: OrmSession, keys: Collection[BalanceKey]) -> list[tuple[BalanceKey, Spared]]:
    """What was given up of what hand-overs have brought; never more than has arrived and was not needed."""
    given_up = select(Reservation.id).where(
        Reservation.transfer_id == Transfer.id,
        Reservation.part_id == TransferLine.part_id,
        Reservation.state.in_(_GIVEN_UP),
    )
    query = (
        select(
            Transfer.id,
            Transfer.from_location_id,
            Transfer.to_location_id,
            TransferLine.part_id,
            TransferLine.used_quantity,
            TransferLine.quantity - TransferLine.used_quantity,
            TransferLine.received_quantity,
            Event.change_no,
        )
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .join(Event, _is_about(Transfer, Transfer.id, "transfer_received"))
        .where(
            Transfer.technician_id.is_not(None),
            Transfer.state == TransferState.RECEIVED,
            Transfer.to_location_id.in_({van for _, van in keys}),
            given_up.exists(),
        )
        .order_by(Transfer.received_at, Transfer.id)
    )
    lines = [line for line in session.execute(query) if (line.part_id, line.to_location_id) in keys]
    shares = _shares(session, {line[0] for line in lines})
    found = []
    for transfer, house, van, part, used, sent, counted, arrived_no in lines:
        own = shares.get((transfer, part), ())
        needed = sum(units for state, units, _ in own if state not in _GIVEN_UP)
        # What was used on the way has arrived, whether it was counted then or not.
        left = used + min(sent, counted or 0) - needed
        for state, units, ended_no in own:
            if state in _GIVEN_UP and left > 0:
                spare = Spared(max(arrived_no, ended_no), house, transfer, min(left, units))
                found.append(((part, van), spare))
                left -= spare.units
    return found


def _shares(
    session: OrmSession, transfers: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[tuple[ReservationState, int, int]]]:
    """By hand-over and part: what each reservation has of it, and by which change it was given up, the first first."""
    found: dict[tuple[UUID, UUID], list[tuple[ReservationState, int, int]]] = {}
    for chunk in batched(sorted(transfers)):
        query = (
            select(
                Reservation.transfer_id,
                Reservation.part_id,
                Reservation.state,
                Reservation.quantity,
                func.coalesce(Event.change_no, 0),
            )
            .outerjoin(Event, _is_about(Reservation, Reservation.id, "reservation_released", "reservation_expired"))
            .where(Reservation.transfer_id.in_(chunk))
            .order_by(Event.change_no, Reservation.id)
        )
        for transfer, part, state, units, ended_no in session.execute(query):
            if transfer is not None:
                found.setdefault((transfer, part), []).append((state, units, ended_no))
    return found


def _moved(session: OrmSession, vans: Collection[UUID], parts: Collection[UUID]) -> Iterator[tuple[BalanceKey, Taken]]:
    """Units that left vans, but for those that were promised to whoever used them, by transfer, or by mistake."""
    undone = aliased(StockMove)
    transit = select(StockLocation.id).where(StockLocation.kind == LocationKind.IN_TRANSIT)
    query = (
        select(StockMove.part_id, StockMove.from_location_id, StockMove.quantity, func.coalesce(Event.change_no, 0))
        .outerjoin(Event, _is_about(StockMove, StockMove.id, "stock_moved"))
        .where(
            StockMove.from_location_id.in_(vans),
            StockMove.part_id.in_(parts),
            StockMove.reverses_id.is_(None),
            ~select(undone.id).where(undone.reverses_id == StockMove.id).exists(),
            ~select(Reservation.id).where(Reservation.move_id == StockMove.id).exists(),
            ~((StockMove.reason == MoveReason.TRANSFER) & StockMove.to_location_id.in_(transit)),
        )
    )
    for part, van, units, change_no in session.execute(query):
        yield (part, van), Taken(change_no, units)


def _brought_away(
    session: OrmSession, vans: Collection[UUID], parts: Collection[UUID]
) -> Iterator[tuple[BalanceKey, Taken]]:
    """Units that transfers have taken away from vans, or are to."""
    query = (
        select(
            TransferLine.part_id,
            Transfer.from_location_id,
            Transfer.to_location_id,
            TransferLine.quantity,
            Transfer.state,
            func.coalesce(Event.change_no, 0),
        )
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .outerjoin(Event, _is_about(Transfer, Transfer.id, "transfer_shipped"))
        .where(
            Transfer.from_location_id.in_(vans),
            TransferLine.part_id.in_(parts),
            Transfer.state != TransferState.CANCELLED,
        )
    )
    for part, van, house, units, state, change_no in session.execute(query):
        yield (part, van), Taken(_LAST if state is TransferState.DRAFT else change_no, units, house)


def _reserved(
    session: OrmSession, vans: Collection[UUID], parts: Collection[UUID]
) -> Iterator[tuple[BalanceKey, Taken]]:
    """Units that were promised to visits out of what was free on vans, and are so still or were used."""
    query = select(Reservation.id, Reservation.part_id, Reservation.location_id, Reservation.quantity).where(
        Reservation.location_id.in_(vans),
        Reservation.part_id.in_(parts),
        Reservation.transfer_id.is_(None),  # what a hand-over has brought is promised from elsewhere
        Reservation.state.in_((*HOLDING, ReservationState.CONSUMED)),
    )
    rows = session.execute(query).all()
    begun = _beginnings(session, {row[0] for row in rows})
    for reservation, part, van, units in rows:
        if van is not None:
            yield (part, van), Taken(begun[reservation], units)


def _beginnings(session: OrmSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """By which change reservations got their units: what was split off, when that got them which it was part of.

    Those of this transaction have no number yet: they come last.
    """
    known: dict[UUID, list[tuple[int, UUID | None]]] = {}
    asked = set(ids)
    while asked:
        known |= {one: [] for one in asked}
        for chunk in batched(sorted(asked)):
            query = select(Event.entity_id, Event.change_no, Event.kind, Event.data).where(
                Event.entity_type == entity_type(Reservation),
                Event.entity_id.in_(chunk),
                Event.kind.in_(_BEGINNINGS),
            )
            for one, change_no, kind, data in session.execute(query):
                whole = UUID(data["from_id"]) if kind == "reservation_split" else None
                known[one].append((change_no, whole))
        asked = {whole for own in known.values() for _, whole in own if whole is not None} - known.keys()
    return {one: _beginning(known, one, _LAST) for one in ids}


def _beginning(known: dict[UUID, list[tuple[int, UUID | None]]], one: UUID, before: int) -> int:
    change_no, whole = max(
        (own for own in known[one] if own[0] < before), key=lambda own: own[0], default=(_LAST, None)
    )
    return change_no if whole is None else _beginning(known, whole, change_no)


def _is_about(model: type[Keyed], row_id: Any, *kinds: str) -> ColumnElement[bool]:
    """The condition for events of one of some kinds about a row."""
    return and_(Event.entity_type == entity_type(model), Event.entity_id == row_id, Event.kind.in_(kinds))
