"""Single things that the matrix of routes and roles asks with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.absence_states import AbsenceReason
from fieldsvc.models import CatalogueValue
from fieldsvc.services import absences, reservations, stock_moves, transfers
from fieldsvc.services.stock import Units
from tests.fieldsvc.stage import Stage


def delivery(stage: Stage) -> UUID:
    """The move by which the warehouse got another unit."""
    brought = stock_moves.Delivery(stage.cast.part, stage.cast.warehouse, 1)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: stock_moves.receive_units(uow, brought)[0].id)


def promise(stage: Stage) -> UUID:
    """A unit that the warehouse has promised to the visit."""
    cast = stage.cast
    wish = reservations.ReservationWish(cast.ticket, cast.part, 1, cast.visit, cast.warehouse)
    return stage.act(stage.cast.warehouse_keeper, lambda uow: reservations.reserve_units(uow, wish)[0].id)


def leak(stage: Stage) -> UUID:
    """A value of the catalogue."""
    query = select(CatalogueValue.id).where(CatalogueValue.list_name == "symptom", CatalogueValue.code == "leak")
    with stage.database.read_only() as session:
        return session.scalars(query).one()


def leave_asked_for(stage: Stage) -> UUID:
    technician, begins = stage.cast.technician1, datetime.now(UTC) + timedelta(days=40)
    wish = absences.AbsenceWish(begins, begins + timedelta(days=7), AbsenceReason.LEAVE)
    assert technician.technician_id is not None
    whose = technician.technician_id
    return stage.act(technician, lambda uow: absences.report_absence(uow, whose, wish)).id


def load_for_a_van(stage: Stage) -> UUID:
    """A unit that is to be brought to the technician's van."""
    cast = stage.cast
    wish = transfers.TransferWish(cast.warehouse, cast.van1, (Units(cast.part, 1),))
    return stage.act(cast.warehouse_keeper, lambda uow: transfers.draft_transfer(uow, wish).id)
