"""What has expired is promised to nobody, and somebody decides about it; nobody else loses anything by it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.dispatching.stock import read_free_stock
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.lots import UNKNOWN_LOT, LotUnits
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.phone_commands import SYNC
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.rma_states import Disposition, RmaReason, RmaState
from fieldsvc.models import Reservation, StockLocation, StockMove, Ticket
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import (
    counts,
    dispositions,
    lot_views,
    reservations,
    rmas,
    stock_moves,
    transfers,
    visit_records,
)
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.counts import CountWish
from fieldsvc.services.part_uses import Use
from fieldsvc.services.reservations import ReservationWish
from fieldsvc.services.rma_requests import RmaWish
from fieldsvc.services.stock import Units
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.services.lot_scenes import NEVER, Shelf
from tests.fieldsvc.stage import Stage


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(Stage(database, build_cast(database)))


@pytest.fixture
def cast(shelf: Shelf) -> Cast:
    return shelf.cast


def test_expired_units_are_promised_to_nobody_swept_or_not(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 2, shelf.day(5)), LotUnits("B", 1, shelf.day(90)))
    shelf.passes("A")
    with pytest.raises(Conflict) as refused:
        shelf.reserved(2)
    assert refused.value.code == "not_enough_stock"
    shelf.reserved(1)
    assert shelf.there(cast.warehouse) == {"B": 1}
    assert shelf.findings() == []


def test_nothing_comes_of_a_lot_that_the_books_have_expired(shelf: Shelf) -> None:
    shelf.received(LotUnits("A", 2, shelf.day(5)))
    shelf.passes("A")
    with pytest.raises(Invalid) as refused:
        shelf.received(LotUnits("A", 1))
    assert [fault.code for fault in refused.value.faults] == ["lot_expired"]


def test_who_was_promised_some_waits_and_is_served_by_the_next(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 2, shelf.day(5)))
    one = shelf.reserved(2)[0]
    shelf.passes("A")
    assert (shelf.swept(), shelf.swept()) == (1, 0)
    assert shelf.stage.row(Reservation, one.id).state is ReservationState.BACKORDERED
    shelf.received(LotUnits("B", 2, shelf.day(90)))
    assert shelf.stage.row(Reservation, one.id).state is ReservationState.RESERVED
    assert shelf.findings() == []


def test_an_rma_waits_for_somebody_to_decide(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 2, shelf.day(5)), place=cast.van1)
    shelf.passes("A")
    assert at_once(*[shelf.swept] * 4).count(1) >= 1
    (rma,) = shelf.returns()
    assert (rma.state, rma.quantity, rma.value_cents) == (RmaState.INSPECTED, 2, 2400)
    assert (rma.from_location_id, shelf.there(rma.quarantine_id)) == (cast.van1, {"A": 2})
    assert shelf.stage.row(StockLocation, rma.quarantine_id).kind is LocationKind.QUARANTINE
    for wrong in (Disposition.RESTOCK, Disposition.REPAIR, Disposition.REPLACE, Disposition.REJECT):
        decision = dispositions.Decision(wrong)
        with pytest.raises(Invalid) as refused:
            shelf.keeper(lambda uow, one=decision: dispositions.dispose_rma(uow, rma.id, one))
        assert [fault.code for fault in refused.value.faults] == ["expired"]
    scrap = dispositions.Decision(Disposition.SCRAP)
    done = shelf.keeper(lambda uow: dispositions.dispose_rma(uow, rma.id, scrap))
    assert (done.state, shelf.there(rma.quarantine_id)) == (RmaState.CLOSED, {})
    assert shelf.findings() == []


def test_a_day_is_corrected_by_the_warehouse(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 2, shelf.day(5)), LotUnits(UNKNOWN_LOT, 1))
    lot, unknown = shelf.lot("A"), shelf.lot(UNKNOWN_LOT)
    for actor, error in ((cast.dispatcher, Forbidden), (cast.technician1, Forbidden)):
        with pytest.raises(error):
            shelf.stage.act(actor, lambda uow: lot_views.set_expiry(uow, lot.id, shelf.day(9)))
    with pytest.raises(StaleVersion):
        shelf.keeper(lambda uow: lot_views.set_expiry(uow, lot.id, shelf.day(9), lot.version + 1))
    with pytest.raises(Conflict, match="Nobody knows"):
        shelf.keeper(lambda uow: lot_views.set_expiry(uow, unknown.id, shelf.day(9)))
    with pytest.raises(NotFound):
        shelf.keeper(lambda uow: lot_views.set_expiry(uow, UUID(int=7), None))
    for _ in range(2):  # the same once more changes nothing
        assert shelf.keeper(lambda uow: lot_views.set_expiry(uow, lot.id, shelf.day(9))).version == lot.version + 1
    gone = shelf.keeper(lambda uow: lot_views.set_expiry(uow, lot.id, shelf.day(-2)))
    assert [one.on_hand for one in gone.places] == [2]  # in quarantine
    assert shelf.there(cast.warehouse) == {UNKNOWN_LOT: 1}
    assert shelf.findings() == []


def urgent(shelf: Shelf, ticket: UUID, urgency: str) -> None:
    with shelf.stage.database.unit_of_work(Context(source="test")) as uow:
        uow.get(Ticket, ticket).urgency = urgency
        uow.commit()


class TestWhoWaits:
    """An urgent ticket waits for a unit, and one that can wait has the good one."""

    @pytest.fixture
    def waiting(self, shelf: Shelf, cast: Cast) -> Any:
        urgent(shelf, cast.ticket, "emergency")
        urgent(shelf, cast.foreign_ticket, "low")

        def begin() -> Callable[[], list[str]]:
            shelf.received(LotUnits("B", 1, shelf.day(90)))
            wish = ReservationWish(cast.foreign_ticket, shelf.part, 1, location_id=cast.warehouse)
            has = shelf.keeper(lambda uow: reservations.reserve_units(uow, wish))[0].id
            waits = shelf.reserved(1, takes_part=True)[0].id
            return lambda: [shelf.stage.row(Reservation, one).state.value for one in (has, waits)]

        return begin

    @pytest.mark.parametrize("way", ["receive_transfer", "cancel_transfer"])
    def test_an_expired_unit_that_arrives_changes_nothing(
        self, shelf: Shelf, cast: Cast, waiting: Any, way: str
    ) -> None:
        ends = (cast.van1, cast.warehouse) if way == "receive_transfer" else (cast.warehouse, cast.van1)
        shelf.received(LotUnits("A", 1, shelf.day(5)), place=ends[0])
        sent, states = shelf.moved(1, *ends), waiting()
        shelf.passes("A")
        shelf.keeper(lambda uow: getattr(transfers, way)(uow, sent))
        shelf.swept()
        assert states() == ["reserved", "backordered"]
        assert shelf.findings() == []

    def test_an_expired_unit_that_is_given_up_serves_nobody(self, shelf: Shelf, cast: Cast, waiting: Any) -> None:
        shelf.received(LotUnits("A", 1, shelf.day(5)))
        given_up, states = shelf.reserved(1)[0].id, waiting()
        shelf.passes("A")
        shelf.keeper(lambda uow: reservations.release_reservation(uow, given_up))
        shelf.swept()
        assert states() == ["reserved", "backordered"]

    def test_a_count_taken_back_brings_nobody_an_expired_unit(self, shelf: Shelf, cast: Cast, waiting: Any) -> None:
        shelf.received(LotUnits("A", 1, shelf.day(5)))
        count = shelf.keeper(lambda uow: counts.open_count(uow, CountWish(cast.warehouse, (shelf.part,)))).id
        none = [Units(shelf.part, 0)]
        shelf.keeper(lambda uow: counts.submit_count(uow, count, none, NEVER))
        states = waiting()
        shelf.passes("A")
        with shelf.stage.database.read_only() as session:
            move = session.query(StockMove).filter_by(part_id=shelf.part, reason=MoveReason.COUNT).one().id
        shelf.keeper(lambda uow: stock_moves.reverse_move(uow, move))
        shelf.swept()
        assert states() == ["reserved", "backordered"]


def test_nobody_is_named_for_what_follows_by_itself(shelf: Shelf, cast: Cast) -> None:
    """A use told days later sets aside what has expired on somebody else's van: now, and by nobody."""
    shelf.received(LotUnits("A", 1, shelf.day(5)), place=cast.foreign_van)
    shelf.received(LotUnits("B", 1, shelf.day(90)), place=cast.van1)
    shelf.passes("A")
    shelf.stage.walk("accept", "depart", "check_in", "work")
    long_ago = shelf.stage.database.clock.now() - timedelta(days=20)
    use = Use(shelf.part)
    told = Command(cast.technician1, "test", source=SYNC, occurred_at=long_ago)
    execute_unkeyed(shelf.stage.database, told, lambda uow: len(visit_records.record_consumption(uow, cast.visit, use)))
    (rma,) = shelf.returns()
    assert rma.requested_by is None
    with shelf.stage.database.read_only() as session:
        move = session.query(StockMove).filter_by(part_id=shelf.part, reason=MoveReason.RETURN).one()
        assert (move.actor_id, move.occurred_at > long_ago + timedelta(days=15)) == (None, True)
        assert rmas.list_rmas(session, cast.technician1, PageRequest(10)).items == []


def test_a_receipt_of_what_has_expired_is_not_taken_back_with_other_units(shelf: Shelf, cast: Cast) -> None:
    wrong = shelf.received(LotUnits("A", 2, shelf.day(5)))
    shelf.received(LotUnits("B", 2, shelf.day(90)))
    shelf.passes("A")
    with pytest.raises(Conflict) as refused:
        shelf.keeper(lambda uow: stock_moves.reverse_move(uow, wrong.id))
    assert refused.value.code == "lot_moved_on"
    assert shelf.there(cast.warehouse) == {"A": 2, "B": 2}


def test_what_expires_in_quarantine_does_not_come_back(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 1, shelf.day(5)), LotUnits("OLD", 1, shelf.day(4)))
    wish = RmaWish(shelf.part, RmaReason.UNUSED, 1, is_good=True, from_location_id=cast.warehouse)
    rma = shelf.keeper(lambda uow: rmas.request_rma(uow, wish)).id
    shelf.keeper(lambda uow: rmas.authorize_rma(uow, rma, rmas.Authorization(cast.warehouse)))
    shelf.passes("OLD")  # what else has expired there is no obstacle
    shelf.keeper(lambda uow: dispositions.receive_rma(uow, rma))
    shelf.keeper(lambda uow: dispositions.inspect_rma(uow, rma, "as new", is_under_warranty=False))
    shelf.passes("A")
    restock = dispositions.Decision(Disposition.RESTOCK)
    with pytest.raises(Invalid) as refused:
        shelf.keeper(lambda uow: dispositions.dispose_rma(uow, rma, restock))
    assert [fault.code for fault in refused.value.faults] == ["lot_expired"]


def test_a_run_counts_on_nothing_that_expires_before_its_day(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 1, shelf.day(3)), LotUnits("B", 2, shelf.day(90)))
    shelf.reserved(1)
    free = []
    for days in (0, 8):
        with shelf.stage.database.read_only() as session:
            now = shelf.stage.database.clock.now()
            horizon = Horizon(shelf.day(days), "UTC")
            stock = read_free_stock(session, (), (), cast.team, now, horizon)
        free.append(stock.units[cast.warehouse, shelf.part])
    assert free == [2, 1]
