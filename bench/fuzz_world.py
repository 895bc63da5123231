"""A company with somebody of every role, and one of each thing to ask for."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy import select

from api.app import create_app
from bench.fuzz import Asked
from bench.phones.databases import Databases
from bench.phones.day import PASSWORD
from bench.phones.world import Company, found_company
from bench.signed_in import SignedIn
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import Application, build
from fieldsvc.config import load_settings
from fieldsvc.domain.absence_states import AbsenceReason
from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.offers import OfferLine
from fieldsvc.domain.privacy_states import PrivacyKind
from fieldsvc.domain.rma_states import RmaReason
from fieldsvc.domain.roles import STAFF, Role
from fieldsvc.models import (
    Approval,
    CatalogueValue,
    Customer,
    JobType,
    Lot,
    Part,
    Procedure,
    StockBalance,
    StockLocation,
    StockMove,
    Ticket,
    User,
    Visit,
)
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import (
    absences,
    api_keys,
    approvals,
    counts,
    deliveries,
    drawings,
    parts,
    photos,
    privacy,
    purchase_orders,
    replenishment,
    reservations,
    rmas,
    suppliers,
    tasks,
    tracking,
    transfers,
)
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.doctor import examine
from fieldsvc.services.rma_requests import RmaWish
from fieldsvc.services.stock import Units

_DRAWING = {"model": "x", "name_en": "x", "name_zh": "x"}
_DOCUMENT = b"%PDF-1.7 nothing"


@dataclass(frozen=True)
class Fuzzed:
    """What is asked, and the application behind it."""

    asked: Asked
    application: Application

    def findings(self) -> list[str]:
        """Return what the doctor finds."""
        with self.application.database.read_only() as session:
            found = examine(session, datetime.now(UTC))
        return [f"doctor: {one.invariant}: {one.sentence}" for one in found]


@contextmanager
def fuzzed_company(databases: Databases, folder: Path) -> Iterator[Fuzzed]:
    """Give a company on a new database, with everybody signed in."""
    environ = {
        "FIELDSVC_DATABASE_URL": databases.fresh(),
        "FIELDSVC_SECRET_KEY": "a secret key for fuzzing, long enough",
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "FIELDSVC_BLOB_DIRECTORY": str(folder / "blobs"),
        "FIELDSVC_SIGN_IN_FAILURES": "1000",
    }
    passwords = Passwords(memory_kib=8, rounds=1)
    application = build(load_settings(environ, folder), passwords=passwords)
    try:
        company = found_company(application.database, passwords.hash(PASSWORD), technicians=2, visits_each=3)
        others = _somebody_of_every_role(application, company, passwords.hash(PASSWORD))
        known = _one_of_each(application, company, others)
        app = create_app(application)
        logins = ["technician0", "dispatcher", *(role.value for role in others if role is not Role.DISPATCHER)]
        yield Fuzzed(Asked(app, SignedIn(app, logins, PASSWORD), known), application)
    finally:
        application.database.dispose()


def _somebody_of_every_role(application: Application, company: Company, password_hash: str) -> dict[Role, Actor]:
    actors = {Role.DISPATCHER: company.dispatcher}
    with application.database.unit_of_work(Context(source="bench")) as uow:
        for role in sorted(STAFF - {Role.DISPATCHER, Role.TECHNICIAN}):
            user = User(
                id=uow.new_id(),
                login=role.value,
                display_name=role.value,
                password_hash=password_hash,
                role=role,
                team_id=company.team,
            )
            uow.session.add(user)
            actors[role] = Actor(role, user_id=user.id, team_ids=(company.team,))
        uow.commit()
    return actors


def _one_of_each(application: Application, company: Company, actors: dict[Role, Actor]) -> dict[str, str]:
    database = application.database
    with database.read_only() as session:
        visit = session.get_one(Visit, company.visits[0])
        ticket, customer = session.get_one(Ticket, visit.ticket_id), session.scalars(select(Customer.id)).first()
        job_type = session.scalars(select(JobType.id)).one()
        procedure = session.scalars(select(Procedure.id)).one()
        move = session.scalars(select(StockMove.id).order_by(StockMove.id).limit(1)).one()
        value = session.scalars(select(CatalogueValue.id).order_by(CatalogueValue.code).limit(1)).one()
    assert customer is not None
    desk, admin = Command(actors[Role.DISPATCHER], "fuzz"), Command(actors[Role.ADMIN], "fuzz")
    link = execute_unkeyed(database, desk, lambda uow: tracking.create_link(uow, ticket.id, 86_400))
    asked = tasks.TaskRequest("call the customer")
    task = execute_unkeyed(database, desk, lambda uow: tasks.request_task(uow, ticket.id, asked))
    lines = [OfferLine("two hours of work", 2, 9_000)]
    approval, offer = execute_unkeyed(
        database, desk, lambda uow: _asked(approvals.request_approval(uow, ticket.id, lines, "EUR"))
    )
    spare = _spare_user(application, company)
    key = execute_unkeyed(database, admin, lambda uow: api_keys.create_key(uow, spare, "x", _soon()).row.id)
    wish = privacy.PrivacyWish(customer, PrivacyKind.EXPORT, "asked for")
    request = execute_unkeyed(database, admin, lambda uow: privacy.request_privacy(uow, wish))
    sha256 = hashlib.sha256(_DOCUMENT).hexdigest()
    photos.store_blob(database, application.blobs, desk, visit.id, sha256, _DOCUMENT)
    leave = absences.AbsenceWish(_soon(), _soon() + timedelta(days=1), AbsenceReason.LEAVE)
    whose = company.technicians[0]
    technician = Command(Actor(Role.TECHNICIAN, team_ids=(company.team,), technician_id=whose), "fuzz")
    absence = execute_unkeyed(database, technician, lambda uow: absences.report_absence(uow, whose, leave))
    ids = {
        "absence_id": absence.id,
        "value_id": value,
        "move_id": move,
        "reservation_id": _promised(application, ticket.id),
        "transfer_id": _on_its_way(application),
        **_ordered(application),
        "count_id": _counted(application),
        "proposal_id": _proposed(application, ticket),
        "drawing_id": execute_unkeyed(database, admin, lambda uow: drawings.add_drawing(uow, _DRAWING).id),
        "lot_id": _lot(application),
        "rma_id": _asked_back(application, ticket.id),
        "visit_id": visit.id,
        "ticket_id": ticket.id,
        "customer_id": customer,
        "job_type_id": job_type,
        "procedure_id": procedure,
        "technician_id": company.technicians[0],
        "task_id": task.id,
        "user_id": spare,
        "to_user_id": actors[Role.SUPERVISOR].user_id,
        "api_key_id": key,
        "approval_id": approval,
        "offer_sha256": offer,
        "privacy_request_id": request.id,
        "token": link.token,
        "sha256": sha256,
    }
    return {name: str(value) for name, value in ids.items()}


def _promised(application: Application, ticket_id: UUID) -> UUID:
    """Promise one of the units in a van to the ticket."""
    part, van, _ = _in_a_van(application)
    wish = reservations.ReservationWish(ticket_id, part, 1, location_id=van)
    system = Command(SYSTEM, "fuzz")
    return execute_unkeyed(application.database, system, lambda uow: reservations.reserve_units(uow, wish)[0].id)


def _on_its_way(application: Application) -> UUID:
    """Write down that a unit is to be brought from one van to another."""
    part, van, other = _in_a_van(application)
    wish = transfers.TransferWish(van, other, (Units(part, 1),))
    keeper = Command(Actor(Role.WAREHOUSE), "fuzz")
    return execute_unkeyed(application.database, keeper, lambda uow: transfers.draft_transfer(uow, wish).id)


def _ordered(application: Application) -> dict[str, UUID]:
    """A supplier, and what he is to bring."""
    part, van, _ = _in_a_van(application)
    keeper = Command(Actor(Role.WAREHOUSE), "fuzz")
    said = {"code": "acme", "name": "Acme", "lead_time_days": 5}
    supplier = execute_unkeyed(application.database, keeper, lambda uow: suppliers.add_supplier(uow, said).id)
    wish = purchase_orders.OrderWish(supplier, van, (purchase_orders.OrderLine(part, 2),))
    order = execute_unkeyed(application.database, keeper, lambda uow: purchase_orders.draft_order(uow, wish).id)
    return {"supplier_id": supplier, "order_id": order}


def _counted(application: Application) -> UUID:
    """Say that all parts in a van are to be counted."""
    _, van, _ = _in_a_van(application)
    keeper = Command(Actor(Role.WAREHOUSE), "fuzz")
    return execute_unkeyed(application.database, keeper, lambda uow: counts.open_count(uow, counts.CountWish(van)).id)


def _proposed(application: Application, ticket: Ticket) -> UUID:
    """Let somebody wait for a part that nobody has, and propose to order it."""
    with application.database.unit_of_work(Context(source="bench")) as uow:
        house = StockLocation(
            id=uow.new_id(),
            code="fuzz",
            name="x",
            kind=LocationKind.WAREHOUSE,
            is_physical=True,
            team_id=ticket.team_id,
        )
        part = Part(id=uow.new_id(), number="fuzz", name_en="x", name_zh="x", unit_cost_cents=1, price_cents=1)
        uow.session.add_all((house, part))
        uow.commit()
    keeper, policy = Command(Actor(Role.WAREHOUSE), "fuzz"), replenishment.ReplenishmentPolicy()
    wish = reservations.ReservationWish(ticket.id, part.id, 1, takes_part=True)
    execute_unkeyed(application.database, keeper, lambda uow: reservations.reserve_units(uow, wish))
    return execute_unkeyed(
        application.database, keeper, lambda uow: replenishment.propose_orders(uow, house.id, policy)[0].id
    )


def _lot(application: Application) -> UUID:
    """Let a lot come to the warehouse."""
    database, admin = application.database, Command(Actor(Role.ADMIN), "fuzz")
    said = {"number": "LOT-1", "name_en": "x", "name_zh": "x", "unit_cost_cents": 1, "price_cents": 1, "has_lots": True}
    part = execute_unkeyed(database, admin, lambda uow: parts.add_part(uow, said).id)
    with database.read_only() as session:
        house = session.scalars(select(StockLocation.id).where(StockLocation.kind == LocationKind.WAREHOUSE)).first()
    assert house is not None, "the company has a warehouse"
    brought = deliveries.Delivery(part, house, 9, lots=(LotUnits("L-1", 9),))
    execute_unkeyed(database, admin, lambda uow: len(deliveries.receive_units(uow, brought)))
    with database.read_only() as session:
        return session.scalars(select(Lot.id).where(Lot.part_id == part)).one()


def _asked_back(application: Application, ticket_id: UUID) -> UUID:
    """Ask that a unit comes back from the customer."""
    part, _, _ = _in_a_van(application)
    wish = RmaWish(part, RmaReason.SWAPPED_OUT, ticket_id=ticket_id)
    keeper = Command(Actor(Role.WAREHOUSE), "fuzz")
    return execute_unkeyed(application.database, keeper, lambda uow: rmas.request_rma(uow, wish).id)


def _in_a_van(application: Application) -> tuple[UUID, UUID, UUID]:
    """(part, van, another van)."""
    with application.database.read_only() as session:
        vans = select(StockLocation.id).where(StockLocation.kind == LocationKind.VAN).order_by(StockLocation.code)
        van, other = session.scalars(vans.limit(2)).all()
        part = session.scalars(select(StockBalance.part_id).where(StockBalance.location_id == van).limit(1)).one()
    return part, van, other


def _asked(approval: Approval) -> tuple[UUID, str]:
    return approval.id, approval.offer_sha256


def _spare_user(application: Application, company: Company) -> UUID:
    """Add somebody who may be changed and kept out without anybody else being asked less."""
    with application.database.unit_of_work(Context(source="bench")) as uow:
        spare = User(
            id=uow.new_id(), login="spare", display_name="x", password_hash="!", role=Role.AGENT, team_id=company.team
        )
        uow.session.add(spare)
        uow.commit()
    return spare.id


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)
