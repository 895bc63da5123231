"""What a warehouse should look at: what its vans should hold, and what nobody uses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.demand import forecast_of
from fieldsvc.domain.errors import NotFound
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.reordering import ReplenishmentTimes, van_par_level
from fieldsvc.domain.stock_classes import DeadStock, Holding, dead_stock
from fieldsvc.models.stock import Part, StockBalance, StockLocation, StockMove
from fieldsvc.services.demand_history import use_from, weekly_use
from fieldsvc.services.scopes import locations_in_scope


@dataclass(frozen=True, slots=True)
class RestockPolicy:
    """restock_days: from one restock of a van to the next; service_percent: how often its units last until then."""

    restock_days: int = 7
    service_percent: int = 90


@dataclass(frozen=True, slots=True)
class VanLine:
    """Units of a part that a van should hold, and does. free: what no visit has reserved; bring: what is missing."""

    location_id: UUID
    part_id: UUID
    par: int
    on_hand: int
    reserved: int

    @property
    def bring(self) -> int:
        """How many units are to be brought."""
        return max(0, self.par - (self.on_hand - self.reserved))


def van_levels(
    session: OrmSession, actor: Actor, house_id: UUID, now: datetime, restock_days: int, service_percent: int
) -> list[VanLine]:
    """What each van that a warehouse supplies should hold beyond what its visits have reserved."""
    house = _house(session, actor, house_id)
    pars = par_levels(session, house, now, RestockPolicy(restock_days, service_percent))
    vans = {van for van, _ in pars}
    rows = session.execute(
        select(StockBalance.location_id, StockBalance.part_id, StockBalance.on_hand, StockBalance.reserved).where(
            StockBalance.location_id.in_(vans)
        )
    )
    held = {(van, part): (on_hand, reserved) for van, part, on_hand, reserved in rows}
    lines = []
    for (van, part), par in pars.items():
        on_hand, reserved = held.get((van, part), (0, 0))
        if par or on_hand:
            lines.append(VanLine(van, part, par, on_hand, reserved))
    return lines


def par_levels(
    session: OrmSession,
    place: StockLocation,
    now: datetime,
    policy: RestockPolicy,
    part_ids: Collection[UUID] | None = None,
) -> dict[tuple[UUID, UUID], int]:
    """By van and part: how many units each van of a place's team should hold, of parts that the team uses.

    Each van gets its share of the team's demand, as it has used before; one more unit of each part is added to all of
    them, so that a new van gets something. part_ids: of which parts; None = all.
    """
    vans = session.scalars(
        select(StockLocation.id)
        .where(StockLocation.kind == LocationKind.VAN, StockLocation.team_id == place.team_id)
        .order_by(StockLocation.code)
    ).all()
    own = use_from(session, place, now, vans, part_ids)
    times, level = ReplenishmentTimes(0.0, policy.restock_days / 7), policy.service_percent / 100
    found = {}
    for part, weeks in sorted(weekly_use(session, place, now, part_ids).items()):
        forecast, total = forecast_of(weeks), sum(own.get((van, part), 0) for van in vans) + len(vans)
        for van in vans:
            share = (own.get((van, part), 0) + 1) / total
            found[van, part] = van_par_level(forecast.share(share), times, level)
    return found


def unused_stock(
    session: OrmSession, actor: Actor, house_id: UUID, today: date, silent_days: int
) -> Sequence[DeadStock]:
    """What lies in a warehouse and was not used for so many days, nor came in since; the dearest first."""
    house = _house(session, actor, house_id)
    outside = select(StockLocation.id).where(~StockLocation.is_physical)
    came = dict(
        session.execute(
            select(StockMove.part_id, func.max(StockMove.recorded_at))
            .where(StockMove.to_location_id == house.id, StockMove.from_location_id.in_(outside))
            .group_by(StockMove.part_id)
        ).all()
    )
    used = dict(
        session.execute(
            select(StockMove.part_id, func.max(StockMove.occurred_at))
            .where(StockMove.reason == MoveReason.CONSUMPTION)
            .group_by(StockMove.part_id)
        ).all()
    )
    balances = (
        select(Part.id, Part.unit_cost_cents, StockBalance.on_hand)
        .join(StockBalance, StockBalance.part_id == Part.id)
        .where(StockBalance.location_id == house.id, StockBalance.on_hand > 0)
    )
    holdings = [
        Holding(
            part_id,
            on_hand,
            cost,
            on_hand_since=came[part_id].date() if part_id in came else date.min,
            last_used_on=used[part_id].date() if part_id in used else None,
        )
        for part_id, cost, on_hand in session.execute(balances)
    ]
    return dead_stock(holdings, today, silent_days)


def _house(session: OrmSession, actor: Actor, house_id: UUID) -> StockLocation:
    in_scope = locations_in_scope(actor, Action.REPLENISHMENT_READ) & (StockLocation.kind == LocationKind.WAREHOUSE)
    house = session.scalar(select(StockLocation).where(StockLocation.id == house_id, in_scope))
    if house is None:
        raise NotFound(f"There is no warehouse {house_id}.")
    return house
