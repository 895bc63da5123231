"""Which lots the units of a move are of, and how many of each lot are where.

A lot's balances are changed with the part's balance at the same place, which is locked: they need no lock of their own.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Fault
from fieldsvc.domain.lots import UNKNOWN_LOT, LotDraws, LotStock, LotUnits, choose, draws_from, is_expired
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models.lots import Lot, LotBalance, StockMoveLot
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.stock import Part, StockBalance, StockLocation, StockMove
from fieldsvc.models.technicians import Team
from fieldsvc.persistence.statements import insert_or_leave
from fieldsvc.persistence.unit_of_work import UnitOfWork


def expired_at(uow: UnitOfWork, part_id: UUID, location_id: UUID) -> int:
    """How many units of a part at a place are of lots that have expired, and nobody has taken out of use yet."""
    uow.flush()
    today = local_day(uow.session, uow.get(StockLocation, location_id), uow.now)
    return sum(one.units for one in lots_at(uow.session, part_id, location_id) if is_expired(one.expires_on, today))


def lot_faults(part: Part, quantity: int, lots: Sequence[LotUnits], pointer: str = "") -> Iterator[Fault]:
    """Say what is wrong with the lots of units; pointer: of the thing that has them."""
    if not part.has_lots:
        if lots:
            yield Fault("no_lots", f"{pointer}/lots", f"Part {part.number} has no lots.")
        return
    named = sum(one.quantity for one in lots)
    if named != quantity:
        message = f"Say of which lots the {quantity} units of part {part.number} are: {named} are named."
        yield Fault("lots_missing", f"{pointer}/lots", message)
    for index, one in enumerate(lots):
        if one.code == UNKNOWN_LOT and one.expires_on is not None:
            message = "Nobody knows when what is unknown expires: name the lot, or leave the day out."
            yield Fault("no_day", f"{pointer}/lots/{index}/expires_on", message)
    codes = [one.code for one in lots]
    for index, code in enumerate(codes):
        if code in codes[:index]:
            yield Fault("duplicate", f"{pointer}/lots/{index}", f"Lot {code} is named twice: put the units together.")


def day_faults(
    uow: UnitOfWork, part: Part, lots: Sequence[LotUnits], today: date, pointer: str = "", *, teaches: bool = False
) -> Iterator[Fault]:
    """Say which lots the books have with another last day, and which may not be used any more.

    teaches: whoever names them may say the day of one that has none; else that is another day as well.
    """
    for index, one in enumerate(lots):
        at = f"{pointer}/lots/{index}/expires_on"
        lot = find_lot(uow.session, part.id, one.code)
        known = None if lot is None else lot.expires_on
        last = known or one.expires_on
        may_say = lot is None or one.expires_on is None or (known is None and teaches)
        if not may_say and known != one.expires_on:
            says = "has no last day" if known is None else f"expires on {known}"
            yield Fault("other_expiry", at, f"Lot {one.code} {says} by the books: correct it there if that is wrong.")
        elif is_expired(last, today):
            message = f"Lot {one.code} has expired on {last} and may not be used: leave it out, and send it back."
            yield Fault("lot_expired", at, message)


def named_lots(
    uow: UnitOfWork, part: Part, lots: Sequence[LotUnits], otherwise: date | None = None, *, teaches: bool = False
) -> LotDraws:
    """Return lots of a held part by their codes; those that are new are noted. otherwise: when such a one expires.

    teaches: a lot that has no day gets the one that is named.
    """
    return tuple((_note(uow, part, one, otherwise, teaches=teaches).id, one.quantity) for one in lots if one.quantity)


def find_lot(session: OrmSession, part_id: UUID, code: str) -> Lot | None:
    """Return a part's lot by its code."""
    return session.scalars(select(Lot).where(Lot.part_id == part_id, Lot.code == code)).one_or_none()


def lots_at(session: OrmSession, part_id: UUID, location_id: UUID) -> list[LotStock]:
    """What there is of each lot of a part at a place."""
    query = (
        select(Lot.id, Lot.code, Lot.expires_on, LotBalance.on_hand)
        .join(LotBalance, LotBalance.lot_id == Lot.id)
        .where(Lot.part_id == part_id, LotBalance.location_id == location_id, LotBalance.on_hand > 0)
    )
    return [LotStock(*row) for row in session.execute(query.order_by(Lot.id))]


def lots_of(session: OrmSession, move_ids: Collection[UUID]) -> LotDraws:
    """The units by lot that some moves have moved, all together."""
    query = select(StockMoveLot.lot_id, func.sum(StockMoveLot.quantity)).where(StockMoveLot.move_id.in_(move_ids))
    found = session.execute(query.group_by(StockMoveLot.lot_id).order_by(StockMoveLot.lot_id))
    return tuple((lot_id, int(units)) for lot_id, units in found)


def choose_lots(uow: UnitOfWork, part_id: UUID, location_id: UUID, quantity: int, wanted: LotDraws = ()) -> LotDraws:
    """Choose lots of a held part at a place: what is wanted first, then the first to expire that nobody has picked."""
    uow.flush()
    stock = lots_at(uow.session, part_id, location_id)
    today = local_day(uow.session, uow.get(StockLocation, location_id), uow.now)
    return choose(stock, quantity, today, wanted, picked_lots(uow.session, part_id, location_id))


def picked_lots(session: OrmSession, part_id: UUID, location_id: UUID) -> Counter[UUID]:
    """Units by lot that were set aside at a place for somebody."""
    query = select(Reservation.lots).where(
        Reservation.part_id == part_id,
        Reservation.location_id == location_id,
        Reservation.state == ReservationState.PICKED,
    )
    picked: Counter[UUID] = Counter()
    for document in session.scalars(query):
        picked.update(dict(draws_from(document)))
    return picked


def move_lots(
    uow: UnitOfWork, move: StockMove, source: StockBalance, target: StockBalance, wanted: LotDraws = ()
) -> LotDraws:
    """Note of which lots the units of a move are, and change what there is of each. Both balances are locked.

    wanted: these first, as far as they are there. What comes from outside and is named by nobody has no known lot.
    """
    part = uow.get(Part, move.part_id)
    if not part.has_lots:
        return ()
    if source.is_physical:
        draws = choose_lots(uow, part.id, source.location_id, move.quantity, wanted)
    else:
        named = sum(units for _, units in wanted)
        unknown = LotUnits(UNKNOWN_LOT, move.quantity - named)
        draws = (*wanted, *named_lots(uow, part, [unknown]))
    uow.flush()
    for lot_id, units in draws:
        uow.session.add(StockMoveLot(move_id=move.id, lot_id=lot_id, quantity=units))
        for balance, change in ((source, -units), (target, units)):
            _change(uow, lot_id, balance, change)
    uow.flush()
    return draws


def local_day(session: OrmSession, location: StockLocation, now: datetime) -> date:
    """The day it is at a place; where no team has it, by UTC."""
    team = None if location.team_id is None else session.get_one(Team, location.team_id)
    return now.astimezone(ZoneInfo("UTC" if team is None else team.zone)).date()


def _note(uow: UnitOfWork, part: Part, named: LotUnits, otherwise: date | None, *, teaches: bool) -> Lot:
    lot = find_lot(uow.session, part.id, named.code)
    expires_on = None if named.code == UNKNOWN_LOT else named.expires_on or otherwise
    if lot is None:
        lot = Lot(id=uow.new_id(), part_id=part.id, code=named.code, expires_on=expires_on)
        uow.session.add(lot)
        uow.record(lot, "lot_noted", data={"part_id": part.id, "code": lot.code, "expires_on": lot.expires_on})
        uow.flush()
    elif teaches and lot.expires_on is None and named.expires_on is not None:
        lot.expires_on = named.expires_on
        uow.record(lot, "lot_changed", data={"expires_on": lot.expires_on})
    return lot


def _change(uow: UnitOfWork, lot_id: UUID, balance: StockBalance, units: int) -> None:
    place = balance.location_id
    insert_or_leave(
        uow.session,
        LotBalance,
        ["lot_id", "location_id"],
        lot_id=lot_id,
        location_id=place,
        is_physical=balance.is_physical,
        on_hand=0,
    )
    here = update(LotBalance).where(LotBalance.lot_id == lot_id, LotBalance.location_id == place)
    uow.session.execute(here.values(on_hand=LotBalance.on_hand + units))
