"""The small town the stories play in, as it stands before the server starts: people, vans, a warehouse, two jobs."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from fieldsvc.domain.absence_states import AbsenceState
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.roles import Role
from fieldsvc.models import Absence, JobType, StockLocation, Team
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.stock import post_move
from tests.fieldsvc.cast import today
from tests.fieldsvc.cast_builder import ZONE, Builder

DESK = (
    ("agent", Role.AGENT),
    ("dispatcher", Role.DISPATCHER),
    ("admin", Role.ADMIN),
    ("keeper", Role.WAREHOUSE),
    ("supervisor", Role.SUPERVISOR),
)
ANA, BRUNO = "Ana Souza", "Bruno Lima"


@dataclass(frozen=True)
class Town:
    """Where things are. Ana's van carries two seals and a pump; the warehouse has seals and one compressor, no pump."""

    day: date
    team: UUID
    customer: UUID
    site: UUID
    leak: UUID
    cold: UUID
    heavy: UUID
    seized: UUID
    seal: UUID
    pump: UUID
    compressor: UUID
    ana_van: UUID
    warehouse: UUID
    supplier: UUID
    scrap: UUID

    def at(self, hour: int) -> datetime:
        return datetime.combine(self.day, time(hour), ZONE)


def build_town(database: Database, password_hash: str) -> Town:
    """Settle the town; all of it works tomorrow."""
    with database.unit_of_work(Context(source="story")) as uow:
        build = Builder(uow, today() + timedelta(days=1), password_hash)
        team = build.add(Team(id=uow.new_id(), name="North", zone=str(ZONE)))
        elsewhere = build.add(Team(id=uow.new_id(), name="South", zone=str(ZONE)))
        build.location("customer", LocationKind.CUSTOMER, None)
        build.location("discrepancy", LocationKind.DISCREPANCY, None)
        scrap = build.location("scrap", LocationKind.SCRAP, None)
        warehouse = build.add(
            StockLocation(
                id=uow.new_id(),
                code="depot",
                name="Depot",
                kind=LocationKind.WAREHOUSE,
                is_physical=True,
                team_id=team,
                latitude=-30.04,
                longitude=-51.21,
                handling_s=600,
            )
        )
        ana_van = build.location("van-ana", LocationKind.VAN, team)
        bruno_van = build.location("van-bruno", LocationKind.VAN, team)
        build.technician("technician1", ANA, team, ana_van)
        bruno = build.technician("technician2", BRUNO, team, bruno_van)
        build.add(
            Absence(
                id=uow.new_id(),
                technician_id=bruno.technician_id,
                starts_at=build.at(8),
                ends_at=build.at(11),
                reason="training",
                state=AbsenceState.GRANTED,
            )
        )
        for login, role in DESK:
            build.user(login, role, team)
        build.user("outsider", Role.DISPATCHER, elsewhere)
        seal, pump = build.part("SEAL"), build.part("PUMP")
        build.receive(seal, ana_van, 2)
        build.receive(seal, warehouse, 4)
        build.receive(pump, ana_van, 1)
        compressor = build.part("COMPRESSOR", is_serialised=True)
        build.receive(compressor, warehouse, 1, "C-1")
        customer, site = build.customer(team, "王伟")
        leak, cold, heavy, seized = (
            build.add(
                JobType(
                    id=uow.new_id(),
                    code=code,
                    name_en=name,
                    name_zh=name_zh,
                    service_s=2700,
                    skills={"plumbing": 2},
                    parts=parts,
                    tools=["ladder"] if crew_size == 1 else [],
                    crew_size=crew_size,
                )
            )
            for code, name, name_zh, parts, crew_size in (
                ("leak", "Leak", "漏水", {"SEAL": 2}, 1),
                ("cold", "No heat", "没有暖气", {"PUMP": 1}, 1),
                ("heavy", "New boiler", "更换锅炉", {}, 2),
                ("seized", "Compressor seized", "压缩机卡死", {"COMPRESSOR": 1}, 1),
            )
        )
        uow.commit()
    return Town(
        day=build.day,
        team=team,
        customer=customer,
        site=site,
        leak=leak,
        cold=cold,
        heavy=heavy,
        seized=seized,
        seal=seal,
        pump=pump,
        compressor=compressor,
        ana_van=ana_van,
        warehouse=warehouse,
        supplier=build.supplier,
        scrap=scrap,
    )


def move_stock(database: Database, part: UUID, source: UUID, target: UUID, reason: MoveReason) -> None:
    """Book one unit from one place to another: the warehouse's own work, which has no screen yet."""
    with database.unit_of_work(Context(source="warehouse")) as uow:
        post_move(uow, part_id=part, quantity=1, from_location_id=source, to_location_id=target, reason=reason)
        uow.commit()
