"""What has to hold of parts, checked from the rows alone: the ledger, what is promised of it, and to whom."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, or_, select, union_all
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.ledger import VALUED, LocationKind
from fieldsvc.domain.reservation_states import ACTIVE, HOLDING, ReservationState
from fieldsvc.domain.rma_states import RmaState
from fieldsvc.domain.ticket_states import OPEN
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.domain.visit_states import CLOSED, VisitState
from fieldsvc.models.assignments import Assignment, PlannedPart
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.rmas import Rma
from fieldsvc.models.stock import Part, StockBalance, StockLocation, StockMove, StockValue
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.models.visits import Visit
from fieldsvc.services.lot_checks import lots_match_balances, lots_match_moves
from fieldsvc.services.planned_reservations import active_of, claims_of, missing_of, surplus_of


def balances_match_moves(session: OrmSession) -> Iterator[str]:
    """S1: on hand is what the moves add up to."""
    came = _units(StockMove.part_id, StockMove.to_location_id, StockMove.quantity)
    went = _units(StockMove.part_id, StockMove.from_location_id, -StockMove.quantity)
    books = _said(StockBalance.on_hand)
    for part, location, said, found in session.execute(_differing(came, went, books)):
        yield f"Part {part} at {location}: the books say {said} on hand, the moves add up to {found}."


def physical_stock_is_there(session: OrmSession) -> Iterator[str]:
    """S2: no place that is one has less than nothing, or less than is promised of it."""
    wrong = select(StockBalance).where(
        StockBalance.is_physical, (StockBalance.on_hand < 0) | (StockBalance.reserved > StockBalance.on_hand)
    )
    for balance in session.scalars(wrong):
        yield (
            f"Part {balance.part_id} at {balance.location_id}: {balance.on_hand} on hand, {balance.reserved} reserved."
        )


def reversals_are_single(session: OrmSession) -> Iterator[str]:
    """S4: a move is taken back once."""
    twice = (
        select(StockMove.reverses_id)
        .where(StockMove.reverses_id.is_not(None))
        .group_by(StockMove.reverses_id)
        .having(func.count() > 1)
    )
    for move in session.scalars(twice):
        yield f"Stock move {move} is reversed more than once."


def reserved_is_what_reservations_hold(session: OrmSession) -> Iterator[str]:
    """S2: what a balance calls reserved is promised to somebody, unit by unit."""
    held = _units(Reservation.part_id, Reservation.location_id, Reservation.quantity)
    books = _said(StockBalance.reserved)
    query = _differing(held.where(Reservation.state.in_(HOLDING)), books.where(StockBalance.reserved != 0))
    for part, location, said, found in session.execute(query):
        yield f"Part {part} at {location}: the books say {said} reserved, reservations hold {found}."


def _units(part: Any, location: Any, found: Any) -> Select[Any]:
    return select(part.label("part_id"), location.label("location_id"), literal(0).label("said"), found.label("found"))


def _said(said: Any) -> Select[Any]:
    columns = (StockBalance.part_id.label("part_id"), StockBalance.location_id.label("location_id"))
    return select(*columns, said.label("said"), literal(0).label("found"))


def _differing(*rows: Select[Any]) -> Select[Any]:
    """Where what is said and what is found do not add up to the same, in the database: there may be millions of rows.

    A pair of part and location that is missing on one side counts as 0 there.
    """
    both = union_all(*rows).subquery()
    said, found = func.sum(both.c.said), func.sum(both.c.found)
    key = (both.c.part_id, both.c.location_id)
    return select(*key, said, found).group_by(*key).having(said != found).order_by(*key)


def consumed_is_what_was_used(session: OrmSession) -> Iterator[str]:
    """R1: a consumed reservation has one move, of as many units of the same part."""
    query = select(Reservation).outerjoin(StockMove, StockMove.id == Reservation.move_id)
    differs = or_(
        StockMove.id.is_(None),
        StockMove.part_id != Reservation.part_id,
        StockMove.quantity != Reservation.quantity,
        StockMove.from_location_id != Reservation.location_id,
    )
    for one in session.scalars(query.where(Reservation.state == ReservationState.CONSUMED, differs)):
        yield f"Reservation {one.id} of {one.quantity} units was used up by a move that does not say so."


def what_is_over_holds_nothing(session: OrmSession) -> Iterator[str]:
    """R2: closed visits, and tickets that are over, have nothing reserved and wait for nothing."""
    active = select(Reservation.id, Ticket.number, Ticket.state, Visit.number, Visit.state)
    active = active.join(Ticket, Ticket.id == Reservation.ticket_id).outerjoin(Visit, Visit.id == Reservation.visit_id)
    is_over = or_(Ticket.state.not_in(OPEN), Visit.state.in_(CLOSED))
    for one, ticket, ticket_state, visit, visit_state in session.execute(
        active.where(Reservation.state.in_(ACTIVE), is_over)
    ):
        what = f"ticket {ticket} is {ticket_state}" if visit is None else f"visit {visit} is {visit_state}"
        yield f"Reservation {one} is active, but {what}."


def closed_visits_claim_nothing(session: OrmSession) -> Iterator[str]:
    """R2: the plan counts on nothing for a visit that is over, or that nobody has."""
    claims = (
        select(Visit.number, func.sum(PlannedPart.quantity))
        .join(Assignment, Assignment.visit_id == Visit.id)
        .join(PlannedPart, PlannedPart.assignment_id == Assignment.id)
        .where(Visit.state.in_((*CLOSED, VisitState.UNSCHEDULED)), Assignment.ended_at.is_(None))
        .group_by(Visit.number)
    )
    for number, quantity in session.execute(claims):
        yield f"Visit {number} is over, but still counts on {quantity} units."


def the_plan_has_reserved_what_it_counts_on(session: OrmSession) -> Iterator[str]:
    """R: what the published plan counts on is reserved, or waited for since a fact took it; and nothing beyond it."""
    claims, known = claims_of(session), active_of(session)
    for claim, units in sorted(missing_of(claims, known).items()):
        yield f"Visit {claim.visit_id} counts on {units} units of part {claim.part_id} that nobody has reserved."
    for ending in surplus_of(claims, known):
        yield f"Reservation {ending.reservation.id} of the plan has {ending.units} units that it does not count on."


def serials_are_in_one_place(session: OrmSession) -> Iterator[str]:
    """S5: a serial is at one physical place at most, and a serialised part has as many units there as serials."""
    columns = (StockMove.part_id, StockMove.serial, StockMove.from_location_id, StockMove.to_location_id)
    physical = set(session.scalars(select(StockLocation.id).where(StockLocation.is_physical)))
    places: Counter[tuple[UUID, str, UUID]] = Counter()
    for part, serial, source, target in session.execute(select(*columns).where(StockMove.serial.is_not(None))):
        assert serial is not None, "asked for"
        places[part, serial, source] -= 1
        places[part, serial, target] += 1
    found: dict[tuple[UUID, str], list[UUID]] = {}
    units: Counter[tuple[UUID, UUID]] = Counter()
    for (part, serial, place), times in sorted(places.items()):
        if place in physical and times:
            found.setdefault((part, serial), []).extend([place] * abs(times))
            units[part, place] += times
    for (part, serial), at in found.items():
        if len(at) > 1:
            yield f"Serial {serial} of part {part} is in {len(at)} places: {', '.join(str(one) for one in at)}."
    balances = select(StockBalance.part_id, StockBalance.location_id, StockBalance.on_hand)
    serialised = select(Part.id).where(Part.is_serialised)
    query = balances.where(StockBalance.is_physical, StockBalance.part_id.in_(serialised))
    for part, place, on_hand in session.execute(query):
        if units[part, place] != on_hand:
            yield f"Part {part} at {place}: {on_hand} units on hand, {units[part, place]} serials."


def what_is_on_the_way_is_carried(session: OrmSession) -> Iterator[str]:
    """S: units in transit are those of shipped transfers and of own returns, unit by unit; serials see S5."""
    carried: Counter[UUID] = Counter()
    shipped = (
        select(TransferLine.part_id, TransferLine.quantity - TransferLine.used_quantity)
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(Transfer.state == TransferState.SHIPPED)
    )
    returned = select(Rma.part_id, Rma.quantity).where(
        Rma.state == RmaState.IN_TRANSIT, Rma.from_location_id.is_not(None)
    )
    for part, units in (*session.execute(shipped), *session.execute(returned)):
        carried[part] += units
    on_the_way = (
        select(StockBalance.part_id, func.sum(StockBalance.on_hand))
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(StockLocation.kind == LocationKind.IN_TRANSIT)
        .group_by(StockBalance.part_id)
    )
    found = {part: int(units) for part, units in session.execute(on_the_way)}
    plain = set(session.scalars(select(Part.id).where(~Part.is_serialised)))
    for part in sorted((found.keys() | carried.keys()) & plain):
        if found.get(part, 0) != carried[part]:
            yield f"Part {part}: {found.get(part, 0)} units are in transit, {carried[part]} are carried by anything."


def value_is_what_moves_brought(session: OrmSession) -> Iterator[str]:
    """Money: what stock is worth is what the moves brought and took, to the cent, and nothing is worth nothing."""
    brought = select(StockMove.part_id, func.sum(StockMove.value_cents)).group_by(StockMove.part_id)
    moved = dict(session.execute(brought).all())
    worth = dict(session.execute(select(StockValue.part_id, StockValue.value_cents)).all())
    on_hand = select(StockBalance.part_id, func.sum(StockBalance.on_hand)).group_by(StockBalance.part_id)
    valued = select(StockLocation.id).where(StockLocation.kind.in_(VALUED))
    units = dict(session.execute(on_hand.where(StockBalance.location_id.in_(valued))).all())
    for part in sorted(moved.keys() | worth.keys()):
        said, found = worth.get(part, 0), moved.get(part, 0)
        if said != found:
            yield f"Part {part}: the books say it is worth {said} cents, the moves add up to {found}."
        if said and not units.get(part):
            yield f"Part {part}: the books say it is worth {said} cents, and there is none."


STOCK_CHECKS: tuple[tuple[str, Callable[[OrmSession], Iterator[str]]], ...] = (
    ("S1", balances_match_moves),
    ("S2", physical_stock_is_there),
    ("S2", reserved_is_what_reservations_hold),
    ("S", what_is_on_the_way_is_carried),
    ("S5", serials_are_in_one_place),
    ("S", lots_match_moves),
    ("S", lots_match_balances),
    ("S", value_is_what_moves_brought),
    ("S4", reversals_are_single),
    ("R1", consumed_is_what_was_used),
    ("R2", closed_visits_claim_nothing),
    ("R2", what_is_over_holds_nothing),
    ("R", the_plan_has_reserved_what_it_counts_on),
)
