"""Technicians with their shifts, and stock where the demo day has it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fieldsvc.demo.source import DemoDay
from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.domain.ledger import PHYSICAL, LocationKind, MoveReason
from fieldsvc.domain.lots import LotUnits
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.models.technicians import Shift, Technician, TechnicianSkill
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.lots import named_lots
from fieldsvc.services.stock import post_move

_BALANCING = (
    LocationKind.SUPPLIER,
    LocationKind.CUSTOMER,
    LocationKind.SCRAP,
    LocationKind.ADJUSTMENT,
    LocationKind.DISCREPANCY,
)


def load_stock(uow: UnitOfWork, source: DemoDay, team: UUID) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Parts by their name in the day, and vans by technician, with every opening balance posted as a receipt."""
    parts = _load_parts(uow, source)
    balancing = {kind: _location(uow, kind.value, kind.value.capitalize(), kind, None) for kind in _BALANCING}
    supplier = balancing[LocationKind.SUPPLIER]
    vans = {}
    for technician in source.problem["technicians"]:
        name = f"Van of {source.people['technicians'][technician['id']]['name']}"
        van = _location(uow, f"van-{technician['id']}", name, LocationKind.VAN, team)
        vans[technician["id"]] = van
        for part, quantity in technician.get("van_stock", {}).items():
            _receive(uow, parts[part], quantity, supplier, van)
    for warehouse in source.problem["warehouses"]:
        house = _load_warehouse(uow, source, warehouse, team)
        for part, receipts in warehouse.get("stock", {}).items():
            at_opening = sum(receipt["quantity"] for receipt in receipts if receipt["from_s"] == 0)
            _receive(uow, parts[part], at_opening, supplier, house)
    return parts, vans


def load_technicians(
    uow: UnitOfWork, source: DemoDay, team: UUID, vans: Mapping[str, UUID], horizon: Horizon
) -> dict[str, UUID]:
    """Technicians by their name in the day, each with skills and the shift of the day."""
    found: dict[str, UUID] = {}
    for shift in source.problem["shifts"]:
        own = shift["technician"]
        home = source.problem["locations"][shift["start_location"]]
        end = source.problem["locations"][shift["end_location"]]
        technician = Technician(
            id=uow.new_id(),
            team_id=team,
            name=source.people["technicians"][own]["name"],
            home_latitude=home["latitude"],
            home_longitude=home["longitude"],
            tools=shift.get("tools", []),
            territories=shift.get("territories"),
            cost_cents_per_hour=shift.get("cost_cents_per_hour", 0),
            cost_cents_per_km=shift.get("cost_cents_per_km", 0),
            fixed_cost_cents=shift.get("fixed_cost_cents", 0),
            overtime_cents_per_hour=shift.get("overtime_cents_per_hour", 0),
            max_pickups=shift.get("max_pickups", 1),
            load_target_s=shift.get("load_target_s"),
            van_location_id=vans[own],
            skills=[
                TechnicianSkill(id=uow.new_id(), skill=skill, level=level, valid_from=date(2020, 1, 1))
                for skill, level in shift.get("skills", {}).items()
            ],
        )
        uow.session.add(technician)
        uow.flush()
        uow.session.add(_shift(uow, shift, technician.id, horizon, end))
        found[own] = technician.id
    uow.flush()
    return found


def _shift(
    uow: UnitOfWork, shift: Mapping[str, Any], technician: UUID, horizon: Horizon, end: Mapping[str, Any]
) -> Shift:
    is_elsewhere = shift["end_location"] != shift["start_location"]
    return Shift(
        id=uow.new_id(),
        technician_id=technician,
        day=horizon.day,
        starts_at=horizon.moment(shift["earliest_start"]),
        ends_at=horizon.moment(shift["latest_end"]),
        breaks=[
            {
                "earliest_s": one["window"]["start"],
                "latest_s": one["window"]["end"],
                "duration_s": one["duration_s"],
                "is_paid": one.get("paid", False),
            }
            for one in shift.get("breaks", [])
        ],
        overtime_limit_s=shift.get("overtime_limit_s", 0),
        max_jobs=shift.get("max_jobs"),
        end_latitude=end["latitude"] if is_elsewhere else None,
        end_longitude=end["longitude"] if is_elsewhere else None,
    )


def _load_parts(uow: UnitOfWork, source: DemoDay) -> dict[str, UUID]:
    found = {}
    for slug, facts in source.people["parts"].items():
        part = Part(
            id=uow.new_id(),
            number=facts["number"],
            name_en=facts["name_en"],
            name_zh=facts["name_zh"],
            unit_cost_cents=facts["unit_cost_cents"],
            price_cents=facts["price_cents"],
            is_serialised=facts["serialised"],
            has_lots=facts["shelf_life_days"] is not None,
            shelf_life_days=facts["shelf_life_days"],
        )
        uow.session.add(part)
        found[slug] = part.id
    uow.flush()
    return found


def _load_warehouse(uow: UnitOfWork, source: DemoDay, warehouse: Mapping[str, Any], team: UUID) -> UUID:
    place = source.problem["locations"][warehouse["location"]]
    windows = [[window["start"], window["end"]] for window in warehouse.get("windows", [])]
    row = StockLocation(
        id=uow.new_id(),
        code=warehouse["id"],
        name=source.people["warehouses"][warehouse["id"]]["name"],
        kind=LocationKind.WAREHOUSE,
        is_physical=True,
        team_id=team,
        latitude=place["latitude"],
        longitude=place["longitude"],
        opening_windows=windows or None,
        handling_s=warehouse.get("handling_s", 0),
        lent_tools=warehouse.get("tools", []) or None,
    )
    uow.session.add(row)
    uow.flush()
    return row.id


def _location(uow: UnitOfWork, code: str, name: str, kind: LocationKind, team: UUID | None) -> UUID:
    row = StockLocation(id=uow.new_id(), code=code, name=name, kind=kind, is_physical=kind in PHYSICAL, team_id=team)
    uow.session.add(row)
    uow.flush()
    return row.id


def _receive(uow: UnitOfWork, part: UUID, quantity: int, supplier: UUID, location: UUID) -> None:
    row, place = uow.get(Part, part), uow.get(StockLocation, location).code
    lots = named_lots(uow, row, _two_lots(row, quantity, uow.now.date())) if row.has_lots else ()
    serials = [f"{row.number}-{place}-{unit + 1}"[-80:] for unit in range(quantity if row.is_serialised else 0)]
    units: list[tuple[int, str | None]] = [(1, serial) for serial in serials]
    for number, serial in units or [(quantity, None)] * bool(quantity):
        post_move(
            uow,
            part_id=part,
            quantity=number,
            from_location_id=supplier,
            to_location_id=location,
            reason=MoveReason.RECEIPT,
            serial=serial,
            lots=lots,
        )


def _two_lots(part: Part, quantity: int, today: date) -> tuple[LotUnits, ...]:
    """Half of the units of a lot that expires soon, the rest of a new one."""
    days = (("A", quantity // 2, 60), ("B", quantity - quantity // 2, part.shelf_life_days or 0))
    return tuple(
        LotUnits(f"{part.number}-{letter}", units, today + timedelta(days=later)) for letter, units, later in days
    )
