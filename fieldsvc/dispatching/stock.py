"""Stock that a run may count on: what is on hand, less what is promised to visits it may not move."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.places import Places
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.visit_states import PUBLISHED, STARTED
from fieldsvc.models.assignments import Assignment, PlannedPart
from fieldsvc.models.stock import Part, StockBalance, StockLocation
from fieldsvc.models.technicians import Technician
from fieldsvc.models.visits import Visit
from solver.problem import Receipt, Warehouse, Window


@dataclass(frozen=True, slots=True)
class FreeStock:
    """Free units per (location, part), never negative, and the warehouses a route may stop at."""

    units: Mapping[tuple[UUID, UUID], int]
    warehouses: tuple[StockLocation, ...]

    def on_van(self, technician: Technician, parts: Mapping[UUID, str]) -> dict[str, int]:
        """Free van stock by part number."""
        return self._at(technician.van_location_id, parts)

    def at_warehouse(self, warehouse: StockLocation, parts: Mapping[UUID, str]) -> dict[str, int]:
        """Free warehouse stock by part number."""
        return self._at(warehouse.id, parts)

    def _at(self, location: UUID | None, parts: Mapping[UUID, str]) -> dict[str, int]:
        found = {parts[part]: units for (where, part), units in self.units.items() if where == location and units > 0}
        return dict(sorted(found.items()))


def read_free_stock(session: OrmSession, movable: Collection[UUID], team_id: UUID) -> FreeStock:
    """On hand, less reservations, less what published visits that stay where they are count on.

    movable: visits whose own claims are given up, since the run places them anew. team_id: routes stop at its
    warehouses, and at those that belong to no team.
    """
    units: Counter[tuple[UUID, UUID]] = Counter()
    for balance in session.scalars(select(StockBalance).where(StockBalance.is_physical)):
        units[balance.location_id, balance.part_id] += balance.on_hand - balance.reserved
    claims = (
        select(PlannedPart, Assignment.visit_id)
        .join(Assignment, PlannedPart.assignment_id == Assignment.id)
        .join(Visit, Assignment.visit_id == Visit.id)
        .where(Assignment.ended_at.is_(None), Visit.state.in_((*PUBLISHED, *STARTED)))
    )
    for claim, visit_id in session.execute(claims):
        if visit_id not in movable:
            units[claim.location_id, claim.part_id] -= claim.quantity
    houses = session.scalars(
        select(StockLocation)
        .where(
            StockLocation.kind == LocationKind.WAREHOUSE,
            StockLocation.latitude.is_not(None),
            or_(StockLocation.team_id == team_id, StockLocation.team_id.is_(None)),
        )
        .order_by(StockLocation.code)
    )
    return FreeStock({key: max(0, left) for key, left in units.items()}, tuple(houses))


def read_part_numbers(session: OrmSession) -> dict[UUID, str]:
    """Part row id to number, in the order of numbers."""
    return dict(session.execute(select(Part.id, Part.number).order_by(Part.number)).all())


def warehouse_of(location: StockLocation, free: FreeStock, parts: Mapping[UUID, str], places: Places) -> Warehouse:
    """A warehouse as the solver knows it; all it has is there from the start."""
    assert location.latitude is not None, "read_free_stock leaves out warehouses without a place"
    assert location.longitude is not None, "a place has both coordinates"
    return Warehouse(
        id=location.code,
        location=places.index((location.latitude, location.longitude), location.name),
        windows=tuple(Window(start, end) for start, end in location.opening_windows or ()),
        handling_s=location.handling_s,
        stock={part: (Receipt(0, units),) for part, units in free.at_warehouse(location, parts).items()},
        tools=frozenset(location.lent_tools or ()),
    )
