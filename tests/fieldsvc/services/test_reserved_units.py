"""What becomes of promised units: used, taken by facts, given up when what they are for is over."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import CancelReason
from fieldsvc.domain.errors import Conflict, Invalid
from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import Reservation, Visit
from fieldsvc.services import (
    part_uses,
    reserved_units,
    ticket_cancellations,
    visit_records,
    visit_returns,
)
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.stock import post_move
from tests.fieldsvc.services.promises import (
    assert_sound,
    balance,
    kinds,
    late,
    of_ticket,
    release,
    reserve,
    state,
)
from tests.fieldsvc.stage import Stage

_S = ReservationState


@pytest.fixture(autouse=True)
def _all_is_sound(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was promised, the books and the promises agree."""
    stage = request.getfixturevalue("stage") if "stage" in request.fixturenames else None
    yield
    if stage is not None:
        assert_sound(stage)


class TestUse:
    """Facts win: what was used was used."""

    @pytest.fixture
    def at_work(self, stage: Stage) -> Stage:
        stage.bring_to("working")
        return stage

    def use(self, stage: Stage, part: UUID, quantity: int = 1, serial: str | None = None) -> list[Any]:
        wanted = part_uses.Use(part, quantity, serial)
        return stage.act(
            stage.cast.technician1, lambda uow: visit_records.record_consumption(uow, stage.cast.visit, wanted)
        )

    def test_what_is_reserved_is_used_and_the_rest_stays(self, at_work: Stage) -> None:
        cast = at_work.cast
        (one,) = reserve(at_work, 3, visit_id=cast.visit)
        self.use(at_work, cast.part, 4)  # the van's two, as planned, then two of the three
        assert of_ticket(at_work, cast.ticket) == {_S.CONSUMED: 2, _S.RESERVED: 1}
        assert balance(at_work, cast.warehouse) == (3, 1)
        assert state(at_work, one) is _S.RESERVED

    def test_each_reservation_used_up_has_a_move_of_its_own(self, at_work: Stage) -> None:
        cast = at_work.cast
        first, second = reserve(at_work)[0], reserve(at_work)[0]
        assert [one.quantity for one in self.use(at_work, cast.part, 4)] == [2, 1, 1]
        moves = {at_work.row(Reservation, one.id).move_id for one in (first, second)}
        assert len(moves) == 2
        assert kinds(at_work, first) == ["units_reserved", "reservation_consumed"]

    @pytest.fixture
    def others(self, at_work: Stage) -> Stage:
        """The van has two units more than the plan of its technician counts on."""
        cast = at_work.cast
        brought = [Delivery(cast.part, cast.van1, 2), Delivery(cast.serial_part, cast.van1, 1, ("S-2",))]
        for one in brought:
            at_work.act(cast.warehouse_keeper, lambda uow, one=one: receive_units(uow, one))
        return at_work

    def promise(self, stage: Stage, quantity: int = 1, **changes: Any) -> Reservation:
        """Promise what is in the first van to somebody else."""
        return reserve(stage, quantity, location_id=stage.cast.van1, ticket_id=stage.cast.foreign_ticket, **changes)[0]

    def test_what_is_promised_to_others_is_taken_from_the_least_urgent_and_newest(self, others: Stage) -> None:
        cast = others.cast
        older, newer = self.promise(others), self.promise(others)
        assert [one.quantity for one in self.use(others, cast.part, 3)] == [2, 1]
        assert [state(others, one) for one in (older, newer)] == [_S.RESERVED, _S.BACKORDERED]
        assert kinds(others, newer) == ["units_reserved", "reservation_bumped"]
        assert others.row(Reservation, newer.id).location_id is None
        self.use(others, cast.part)
        assert state(others, older) is _S.BACKORDERED
        assert balance(others, cast.van1) == (0, 0)

    def test_of_more_than_one_needs_only_that_is_taken(self, others: Stage) -> None:
        held = self.promise(others, 2)
        self.use(others, others.cast.part, 3)
        assert of_ticket(others, others.cast.foreign_ticket) == {_S.RESERVED: 1, _S.BACKORDERED: 1}
        assert state(others, held) is _S.RESERVED

    def test_a_serial_is_used_though_its_part_is_promised(self, others: Stage) -> None:
        held = self.promise(others, 2, part_id=others.cast.serial_part)
        (used,) = self.use(others, others.cast.serial_part, 1, "S-1")
        assert (used.serial, state(others, held)) == ("S-1", _S.RESERVED)
        assert of_ticket(others, others.cast.foreign_ticket) == {_S.RESERVED: 1, _S.BACKORDERED: 1}

    def test_a_time_that_is_over_holds_nothing_back(self, others: Stage) -> None:
        held = self.promise(others, 2)
        late(others, held)
        self.use(others, others.cast.part, 3)
        assert state(others, held) is _S.EXPIRED

    def test_what_a_plan_lost_to_a_fact_is_waited_for_where_the_plan_has_it(self, others: Stage) -> None:
        cast = others.cast
        self.promise(others, 2)
        with others.database.read_only() as session:
            (planned,) = session.scalars(
                select(Reservation).where(Reservation.is_planned, Reservation.part_id == cast.part)
            )
        assert (planned.quantity, planned.visit_id, planned.location_id) == (2, cast.visit, cast.van1)
        with others.database.unit_of_work() as uow:  # a count finds one unit in the van
            reserved_units.hold_parts(uow, [cast.part])
            van = reserved_units.held_balance(uow, cast.part, cast.van1)
            assert reserved_units.bump(uow, van, 3) == 3
            post_move(
                uow,
                part_id=cast.part,
                quantity=3,
                from_location_id=cast.van1,
                to_location_id=cast.discrepancy,
                reason=MoveReason.COUNT,
            )
            uow.commit()
        assert balance(others, cast.van1) == (1, 1)
        brought = Delivery(cast.part, cast.van1, 1)
        others.act(cast.warehouse_keeper, lambda uow: receive_units(uow, brought))
        with others.database.read_only() as session:
            rows = session.scalars(select(Reservation).where(Reservation.is_planned, Reservation.part_id == cast.part))
            assert {one.state: one.location_id for one in rows}[_S.RESERVED] == cast.van1


class TestEnds:
    def test_a_completed_visit_gives_up_what_it_did_not_need(self, stage: Stage) -> None:
        (one,) = reserve(stage, 2, visit_id=stage.cast.visit)
        stage.bring_to("completed")
        assert (state(stage, one), stage.row(Reservation, one.id).end_reason) == (_S.RELEASED, "ticket_over")

    def test_what_an_incomplete_visit_held_stays_with_the_ticket(self, stage: Stage) -> None:
        (one,) = reserve(stage, 2, visit_id=stage.cast.visit)
        stage.bring_to("incomplete")
        assert (state(stage, one), stage.row(Reservation, one.id).visit_id) == (_S.RESERVED, None)
        assert kinds(stage, one) == ["units_reserved", "reservation_kept"]

    def test_a_visit_that_is_called_off_gives_its_units_up(self, stage: Stage) -> None:
        (own,) = reserve(stage, visit_id=stage.cast.visit)
        (of_any,) = reserve(stage)
        wanted = visit_returns.Cancellation(CancelReason.CUSTOMER, timedelta())
        stage.act(stage.cast.dispatcher, lambda uow: visit_returns.cancel_visit(uow, stage.cast.visit, wanted))
        assert [state(stage, one) for one in (own, of_any)] == [_S.RELEASED, _S.RESERVED]

    def test_a_ticket_that_is_called_off_gives_all_up_and_who_waits_is_served(self, stage: Stage) -> None:
        (one,) = reserve(stage, 5)
        (waiting,) = reserve(stage, 3, ticket_id=stage.cast.foreign_ticket, takes_part=True)
        wanted = visit_returns.Cancellation(CancelReason.CUSTOMER, timedelta())
        stage.act(stage.cast.dispatcher, lambda uow: ticket_cancellations.cancel_ticket(uow, stage.cast.ticket, wanted))
        assert [state(stage, each) for each in (one, waiting)] == [_S.RELEASED, _S.RESERVED]
        with pytest.raises(Conflict) as refused:
            reserve(stage)
        assert refused.value.code == "ticket_over"

    def test_what_the_plan_has_reserved_is_free_when_the_visit_is_taken_off_it(self, stage: Stage) -> None:
        assert (balance(stage, stage.cast.van1), balance(stage, stage.cast.warehouse, stage.cast.far_part)) == (
            (2, 2),
            (3, 1),
        )
        stage.walk("decline")
        assert (balance(stage, stage.cast.van1), balance(stage, stage.cast.warehouse, stage.cast.far_part)) == (
            (2, 0),
            (3, 0),
        )

    def test_what_the_plan_has_reserved_is_not_given_up_by_hand(self, stage: Stage) -> None:
        with stage.database.read_only() as session:
            planned = session.scalars(select(Reservation).where(Reservation.is_planned)).first()
        assert planned is not None
        with pytest.raises(Conflict) as refused:
            release(stage, planned)
        assert refused.value.code == "reservation_of_plan"

    def test_nothing_is_reserved_for_a_visit_that_is_over(self, stage: Stage) -> None:
        stage.bring_to("incomplete")
        with pytest.raises(Invalid) as refused:
            reserve(stage, visit_id=stage.cast.visit)
        assert [one.code for one in refused.value.faults] == ["visit_over"]
        assert stage.row(Visit, stage.cast.visit).state == "incomplete"
