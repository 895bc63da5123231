"""The van of the cast's technician: what is handed over to it, used, promised and proposed to be brought back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason
from fieldsvc.models import Assignment, PlannedPart, Reservation, Transfer, Visit, VisitPart
from fieldsvc.services import picking, return_proposals, transfers, visit_records, visit_returns
from fieldsvc.services.doctor import examine
from fieldsvc.services.part_uses import Use
from fieldsvc.services.picking import Tour
from fieldsvc.services.planned_reservations import reserve_planned
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_reports import RestockPolicy
from fieldsvc.services.transfers import TransferWish
from tests.fieldsvc.stage import Stage

POLICY = RestockPolicy()


class Van:
    """The van of the cast's technician, to which the warehouse hands over what the visits of the day need."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast = stage, stage.cast
        assert stage.cast.technician1.technician_id is not None
        self.technician = stage.cast.technician1.technician_id
        self.tour = Tour(stage.cast.warehouse, self.technician, stage.cast.day)

    def keeper(self, use_case: Any) -> Any:
        return self.stage.act(self.cast.warehouse_keeper, use_case)

    def proposed(self, actor: Actor | None = None) -> list[tuple[UUID, int, tuple[str, ...]]]:
        """(part, units, serials) to be brought back from the van to the warehouse."""
        with self.stage.database.read_only() as session:
            found = return_proposals.list_return_proposals(
                session, actor or self.cast.warehouse_keeper, self.stage.database.clock.now(), POLICY
            )
        assert {(one.from_location_id, one.to_location_id) for one in found} <= {(self.cast.van1, self.cast.warehouse)}
        return [(one.part_id, one.quantity, one.serials) for one in found]

    def draft(self, actor: Actor | None = None, *parts: UUID) -> Transfer:
        (made,) = self.stage.act(
            actor or self.cast.warehouse_keeper,
            lambda uow: return_proposals.draft_returns(uow, self.cast.van1, POLICY, parts),
        )
        return made

    def hand_over(self, **serials: Any) -> UUID:
        return self.keeper(lambda uow: picking.hand_over(uow, self.tour, serials.get("serials", {}))).id

    def confirm(self, transfer: UUID, *counted: Units) -> None:
        self.stage.act(self.cast.technician1, lambda uow: transfers.receive_transfer(uow, transfer, counted or None))

    def load(self, **serials: Any) -> None:
        """Bring what the visits need to the van, and say that it has arrived."""
        self.confirm(self.hand_over(**serials))

    def bring(self, part: UUID, units: int) -> None:
        """Bring units to the van that are for no visit."""
        wish = TransferWish(self.cast.warehouse, self.cast.van1, (Units(part, units),))
        made = self.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        self.keeper(lambda uow: transfers.ship_transfer(uow, made))
        self.confirm(made)

    def cancel(self, visit: UUID | None = None) -> None:
        wanted = visit_returns.Cancellation(CancelReason.CUSTOMER, timedelta(hours=24))
        self.stage.act(
            self.cast.dispatcher, lambda uow: visit_returns.cancel_visit(uow, visit or self.cast.visit, wanted)
        )

    def use(self, part: UUID, visit: UUID | None = None, quantity: int = 1) -> None:
        wanted = Use(part, quantity)
        self.stage.act(
            self.cast.technician1,
            lambda uow: visit_records.record_consumption(uow, visit or self.cast.visit, wanted),
        )

    def claim(self, part: UUID, visit: UUID | None = None, units: int = 1) -> None:
        """Let the plan fetch units at the warehouse for another visit, which is the technician's from now on."""
        visit_id = visit or self.cast.other_visit
        with self.stage.database.unit_of_work() as uow:
            own = uow.session.scalars(select(Assignment).where(Assignment.visit_id == visit_id)).one()
            own.technician_id = self.technician
            row = uow.get(Visit, visit_id)
            row.parts.append(VisitPart(id=uow.new_id(), part_id=part, quantity=units))
            own.planned_parts.append(
                PlannedPart(id=uow.new_id(), part_id=part, location_id=self.cast.warehouse, quantity=units)
            )
            reserve_planned(uow, [visit_id], [row.ticket_id])
            uow.commit()

    def reserve(self, part: UUID, place: UUID, visit: UUID, **wanted: Any) -> Reservation:
        ticket = self.stage.row(Visit, visit).ticket_id
        wish = ReservationWish(ticket, part, 1, visit, place, **wanted)
        (made,) = self.stage.act(self.cast.dispatcher, lambda uow: reserve_units(uow, wish))
        return made

    def findings(self) -> list[Any]:
        with self.stage.database.read_only() as session:
            return list(examine(session, self.stage.database.clock.now()))
