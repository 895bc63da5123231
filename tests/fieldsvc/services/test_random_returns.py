"""Return proposals after anything that happens to vans: never more than is free or came, and always to be shipped."""

import contextlib
import random
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Conflict, DomainError
from fieldsvc.domain.roles import Role
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models import Reservation, StockBalance, Transfer, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.services import picking, return_proposals, transfers
from fieldsvc.services.picking import Tour
from fieldsvc.services.reservations import ReservationWish, release_reservation, reserve_units
from fieldsvc.services.return_proposals import ReturnProposal
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_reports import RestockPolicy
from fieldsvc.services.transfers import TransferWish
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, planner

KEEPER = Actor(Role.WAREHOUSE)
POLICY = RestockPolicy()
VISITS = ("V1", "V2", "V3", "V4")


class Vans:
    """Two vans and a warehouse, to which anything may happen."""

    def __init__(self, database: Database, seed: int) -> None:
        self.world, self.chance = DayWorld(database), random.Random(seed)
        self.people = (self.world.technician("Ana"), self.world.technician("Bia"))
        self.house = self.world.warehouse("house", {"P-1": 60})
        for number in VISITS:
            self.world.visit(number, parts={"P-1": 1})
        self.part = self.world.part("P-1")
        self.most = 0

    def proposed(self) -> list[ReturnProposal]:
        with self.world.database.read_only() as session:
            return return_proposals.list_return_proposals(session, KEEPER, self.world.clock.now(), POLICY)

    def plan(self) -> None:
        shuffled = self.chance.sample(VISITS, k=self.chance.randint(0, len(VISITS)))
        cut = self.chance.randint(0, len(shuffled))
        tours = {"Ana": shuffled[:cut], "Bia": shuffled[cut:]}
        wanted = {who: " ".join(["house", *own]) for who, own in tours.items() if own}
        self.world.apply(self.world.propose(plan=planner(**wanted)))

    def hand_over(self) -> None:
        for person in self.people:
            tour = Tour(self.house, person.id, self.world.day)
            with contextlib.suppress(Conflict):  # nothing is reserved for this one
                self._write(lambda uow, tour=tour: picking.hand_over(uow, tour, {}))

    def receive(self) -> None:
        while True:
            one = self._transfer(TransferState.SHIPPED)
            counted = [Units(self.part, self.chance.randint(0, 2))] if self.chance.random() < 0.2 else None
            self._write(lambda uow, one=one, counted=counted: transfers.receive_transfer(uow, one, counted))

    def prepare(self) -> None:
        """A day as it is meant to be."""
        self.plan()
        self.hand_over()
        self.receive()

    def call_off(self) -> None:
        one = self._transfer(self.chance.choice((TransferState.DRAFT, TransferState.SHIPPED)))
        self._write(lambda uow: transfers.cancel_transfer(uow, one))

    def bring(self) -> None:
        wish = TransferWish(self.house, self._van(), (Units(self.part, 1),))
        made = self._write(lambda uow: transfers.draft_transfer(uow, wish)).id
        self._write(lambda uow: transfers.ship_transfer(uow, made))

    def ship(self) -> None:
        one = self._transfer(TransferState.DRAFT)
        self._write(lambda uow: transfers.ship_transfer(uow, one))

    def lose(self) -> None:
        self.world.lose(self._van(), "P-1", 1)

    def reserve(self) -> None:
        ticket = self.world.row(Visit, self.world.visits[self.chance.choice(VISITS)]).ticket_id
        wish = ReservationWish(ticket, self.part, 1, None, self._van(), takes_part=True)
        self._write(lambda uow: reserve_units(uow, wish))

    def release(self) -> None:
        with self.world.database.read_only() as session:
            ids = session.scalars(select(Reservation.id).where(~Reservation.is_planned).order_by(Reservation.id)).all()
        one = self.chance.choice(ids)
        self._write(lambda uow: release_reservation(uow, one))

    def draft(self) -> None:
        van = self._van()
        self._write(lambda uow: return_proposals.draft_returns(uow, van, POLICY))

    def step(self) -> None:
        acts = (self.plan, self.hand_over, self.receive, self.call_off, self.bring, self.ship, self.lose)
        more = (self.prepare, self.prepare, self.prepare, self.reserve, self.release, self.draft)
        act = self.chance.choice((*acts, *more))
        with contextlib.suppress(DomainError, AssertionError, IndexError):  # a plan that does not hold, or none left
            act()
        self.most = max(self.most, sum(one.quantity for one in self.proposed()))

    def check(self) -> None:
        """No more than is free there, less what drafts are to take, nor than was handed over and has not come back."""
        with self.world.database.read_only() as session:
            rows = session.execute(select(StockBalance.location_id, StockBalance.on_hand - StockBalance.reserved))
            free = dict(rows.all())
            came, gone = Counter[UUID](), Counter[UUID]()
            for one in session.scalars(select(Transfer)):
                (line,) = one.lines
                if one.technician_id is not None and one.state is TransferState.RECEIVED:
                    came[one.to_location_id] += line.quantity
                if one.from_location_id != self.house and one.state is not TransferState.CANCELLED:
                    gone[one.from_location_id] += line.quantity
                    if one.state is TransferState.DRAFT:
                        free[one.from_location_id] -= line.quantity
        for proposal in self.proposed():
            van = proposal.from_location_id
            assert proposal.to_location_id == self.house
            assert 0 < proposal.quantity <= min(free[van], came[van] - gone[van])

    def bring_all_back(self) -> None:
        """What is proposed can be drafted and shipped as it is, and then nothing is proposed."""
        for van in {one.from_location_id for one in self.proposed()}:
            for made in self._write(lambda uow, van=van: return_proposals.draft_returns(uow, van, POLICY)):
                self._write(lambda uow, made=made: transfers.ship_transfer(uow, made.id))
        assert self.proposed() == []

    def _write(self, use_case: Any) -> Any:
        return self.world.write(use_case, KEEPER)

    def _van(self) -> UUID:
        return self.chance.choice(self.people).van

    def _transfer(self, state: TransferState) -> UUID:
        with self.world.database.read_only() as session:
            return self.chance.choice(
                session.scalars(select(Transfer.id).where(Transfer.state == state).order_by(Transfer.id)).all()
            )


@pytest.mark.parametrize("seed", range(1, 3))
def test_whatever_happens_to_vans(database: Database, seed: int) -> None:
    vans = Vans(database, seed)
    for _ in range(50):
        vans.step()
        vans.check()
    vans.bring_all_back()
    assert_sound(vans.world)
    assert vans.most > 0
