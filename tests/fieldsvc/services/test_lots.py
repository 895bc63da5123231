"""Lots: named when they come, taken first expired first out, never promised once they have expired."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from fieldsvc.domain.errors import Conflict, Invalid
from fieldsvc.domain.lots import UNKNOWN_LOT, LotUnits
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.rma_states import Disposition, RmaReason
from fieldsvc.models import Lot, LotBalance, StockMoveLot
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import (
    counts,
    deliveries,
    dispositions,
    lot_views,
    parts,
    rmas,
    scans,
    stock_moves,
    transfers,
    visit_records,
)
from fieldsvc.services.counts import CountWish
from fieldsvc.services.deliveries import Delivery
from fieldsvc.services.part_uses import Use
from fieldsvc.services.rma_requests import RmaWish
from fieldsvc.services.stock import Units
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.services.lot_scenes import NEVER, Shelf
from tests.fieldsvc.stage import Stage


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(Stage(database, build_cast(database)))


@pytest.fixture
def cast(shelf: Shelf) -> Cast:
    return shelf.cast


def test_what_comes_is_named_by_its_lots(shelf: Shelf, cast: Cast) -> None:
    for lots, codes in (
        ((), ["lots_missing"]),
        ((LotUnits("A", 1), LotUnits("A", 1)), ["duplicate"]),
        ((LotUnits("A", 2, shelf.day(-3)),), ["lot_expired"]),
    ):
        delivery = Delivery(shelf.part, cast.warehouse, 2, lots=lots)
        with pytest.raises(Invalid) as refused:
            shelf.keeper(lambda uow, one=delivery: deliveries.receive_units(uow, one))
        assert [fault.code for fault in refused.value.faults] == codes
    with pytest.raises(Invalid) as refused:
        shelf.received(LotUnits("A", 2, shelf.day(-3)), place=UUID(int=7))
    assert [fault.code for fault in refused.value.faults] == ["unknown_location", "lot_expired"]
    with pytest.raises(Invalid) as refused:
        shelf.received(LotUnits("A", 1), part=cast.part)
    assert [fault.code for fault in refused.value.faults] == ["no_lots"]
    shelf.received(LotUnits("A", 2, shelf.day(30)), LotUnits("B", 1))
    with pytest.raises(Invalid) as refused:
        shelf.received(LotUnits("A", 1, shelf.day(31)))
    assert [fault.code for fault in refused.value.faults] == ["other_expiry"]
    shelf.received(LotUnits("A", 1), LotUnits("B", 1, shelf.day(90)))  # the books know the one, and learn the other
    assert [shelf.lot(code).expires_on for code in "AB"] == [shelf.day(30), shelf.day(90)]
    assert shelf.there(cast.warehouse) == {"A": 3, "B": 2}
    assert shelf.findings() == []


def test_a_lot_without_a_day_lasts_as_long_as_the_part(shelf: Shelf, cast: Cast) -> None:
    view = shelf.stage.act(cast.admin, lambda uow: parts.change_part(uow, shelf.part, {"shelf_life_days": 100}, None))
    assert view.part.shelf_life_days == 100
    shelf.received(LotUnits("A", 2))
    assert shelf.lot("A").expires_on == shelf.day(100)


def test_how_units_are_told_apart_is_one_way_and_stays(shelf: Shelf, cast: Cast) -> None:
    def change(part: UUID, **changes: Any) -> list[str]:
        with pytest.raises(Invalid) as refused:
            shelf.stage.act(cast.admin, lambda uow: parts.change_part(uow, part, changes, None))
        return [fault.code for fault in refused.value.faults]

    assert change(shelf.part, is_serialised=True) == ["serials_or_lots"]
    assert change(shelf.part, has_lots=False, shelf_life_days=3) == ["no_lots"]
    shelf.received(LotUnits("A", 1))
    assert change(shelf.part, has_lots=False) == ["has_moved"]
    assert change(cast.part, has_lots=True) == ["has_moved"]


def test_the_first_to_expire_leave_first_and_arrive_as_they_were_sent(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("LATE", 3, shelf.day(90)), LotUnits("SOON", 2, shelf.day(5)), LotUnits("EVER", 1))
    first = shelf.moved(1, cast.warehouse, cast.van1)
    second = shelf.moved(3, cast.warehouse, cast.van2)  # the other one of SOON, and two of LATE
    third = shelf.moved(1, cast.warehouse, cast.van1)
    shelf.keeper(lambda uow: transfers.receive_transfer(uow, second))
    assert shelf.there(cast.van2) == {"LATE": 2, "SOON": 1}
    shelf.keeper(lambda uow: transfers.receive_transfer(uow, third, [Units(shelf.part, 0)]))
    assert shelf.there(cast.discrepancy) == {"LATE": 1}
    shelf.keeper(lambda uow: transfers.cancel_transfer(uow, first))
    assert shelf.there(cast.warehouse) == {"EVER": 1, "SOON": 1}
    assert shelf.findings() == []


def test_a_use_takes_the_first_to_expire_and_tells_whom_a_lot_went_to(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("LATE", 1, shelf.day(90)), LotUnits("SOON", 1, shelf.day(5)), place=cast.van1)
    shelf.stage.walk("accept", "depart", "check_in", "work")
    use = lambda uow: visit_records.record_consumption(uow, cast.visit, Use(shelf.part))  # noqa: E731 -- the same, three times
    for left in ({"LATE": 1}, {}, {}):
        shelf.stage.act(cast.technician1, use)
        assert shelf.there(cast.van1) == left
    assert shelf.there(cast.discrepancy) == {UNKNOWN_LOT: -1}
    with shelf.stage.database.read_only() as session:
        page = PageRequest(10)
        found = stock_moves.list_moves(session, cast.supervisor, page, lot_id=shelf.lot("SOON").id).items
        used = [one for one in found if one.move.visit_id == cast.visit]
        assert [one.lots for one in used] == [[LotUnits("SOON", 1, shelf.day(5))]]
    assert shelf.findings() == []


def test_a_receipt_is_taken_back_lot_by_lot(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("OLD", 2, shelf.day(5)))
    wrong = shelf.received(LotUnits("NEW", 2, shelf.day(90)))
    right = shelf.keeper(lambda uow: stock_moves.reverse_move(uow, wrong.id))
    assert (right.quantity, shelf.there(cast.warehouse)) == (2, {"OLD": 2})
    gone = shelf.received(LotUnits("NEXT", 1, shelf.day(2)))
    shelf.moved(1, cast.warehouse, cast.van1)
    with pytest.raises(Conflict) as refused:
        shelf.keeper(lambda uow: stock_moves.reverse_move(uow, gone.id))  # two are there, and none of that lot
    assert refused.value.code == "lot_moved_on"
    assert shelf.findings() == []


class TestCounts:
    def count(self, shelf: Shelf, *lots: LotUnits, approval_from: int = NEVER) -> UUID:
        keeper, place = shelf.keeper, shelf.cast.warehouse
        count = keeper(lambda uow: counts.open_count(uow, CountWish(place, (shelf.part,)))).id
        units = Units(shelf.part, sum(one.quantity for one in lots), lots=lots)
        keeper(lambda uow: counts.submit_count(uow, count, [units], approval_from))
        return count

    def test_stock_begins_with_lots_and_differs_by_lot(self, shelf: Shelf, cast: Cast) -> None:
        self.count(shelf, LotUnits("A", 3, shelf.day(5)), LotUnits(UNKNOWN_LOT, 2))
        assert shelf.there(cast.warehouse) == {"A": 3, UNKNOWN_LOT: 2}
        self.count(shelf, LotUnits("A", 4), LotUnits("B", 1, shelf.day(9)))  # as many as before, and other ones
        assert shelf.there(cast.warehouse) == {"A": 4, "B": 1}
        assert shelf.findings() == []

    def test_other_lots_are_a_difference_somebody_decides_about(self, shelf: Shelf, cast: Cast) -> None:
        shelf.received(LotUnits("A", 3))
        count = self.count(shelf, LotUnits("B", 3), approval_from=1)
        row = shelf.stage.row(counts.StockCount, count)
        assert row.differing_cents == 6 * 1200
        assert row.lines[0].expected_lot_units == (LotUnits("A", 3),)
        shelf.moved(1, cast.warehouse, cast.van1)
        with pytest.raises(Conflict) as refused:
            shelf.stage.act(cast.supervisor, lambda uow: counts.approve_count(uow, count))
        assert refused.value.code == "moved_since_counted"

    def test_units_without_their_lots_are_refused(self, shelf: Shelf) -> None:
        wish = CountWish(shelf.cast.warehouse, (shelf.part,))
        count = shelf.keeper(lambda uow: counts.open_count(uow, wish)).id
        with pytest.raises(Invalid) as refused:
            shelf.keeper(lambda uow: counts.submit_count(uow, count, [Units(shelf.part, 2)], NEVER))
        assert [fault.code for fault in refused.value.faults] == ["lots_missing"]

    def test_a_count_leaves_out_what_may_not_be_used_any_more(self, shelf: Shelf, cast: Cast) -> None:
        shelf.received(LotUnits("A", 1, shelf.day(9)), LotUnits("OLD", 1, shelf.day(5)))
        shelf.passes("OLD")
        for old in (LotUnits("OLD", 1), LotUnits("OLDER", 1, shelf.day(-9))):
            with pytest.raises(Invalid) as refused:
                self.count(shelf, LotUnits("A", 1), old)
            assert [fault.code for fault in refused.value.faults] == ["lot_expired"]
        self.count(shelf, LotUnits("A", 1))
        assert shelf.there(cast.warehouse) == {"A": 1}
        assert shelf.findings() == []

    def test_a_count_says_no_days_of_lots_that_are_known(self, shelf: Shelf, cast: Cast) -> None:
        """Whoever counts a van decides about no unit elsewhere."""
        shelf.received(LotUnits("EVER", 5), LotUnits(UNKNOWN_LOT, 1))
        for lot, code in (
            (LotUnits("EVER", 5, shelf.day(3)), "other_expiry"),
            (LotUnits(UNKNOWN_LOT, 5, shelf.day(3)), "no_day"),
        ):
            with pytest.raises(Invalid) as refused:
                self.count(shelf, lot)
            assert code in [fault.code for fault in refused.value.faults]
        with pytest.raises(Invalid) as refused:
            shelf.received(LotUnits(UNKNOWN_LOT, 1, shelf.day(3)))
        assert [fault.code for fault in refused.value.faults] == ["no_day"]

    def test_a_day_that_was_corrected_meanwhile_stands(self, shelf: Shelf, cast: Cast) -> None:
        shelf.received(LotUnits("A", 3, shelf.day(9)))
        fewer, new = self.count(shelf, LotUnits("A", 2), approval_from=1), self.new_lot(shelf, shelf.day(90))
        other = self.new_lot(shelf, shelf.day(3))
        lot = shelf.lot("A").id
        shelf.keeper(lambda uow: lot_views.set_expiry(uow, lot, None))
        for count in (fewer, new):
            shelf.stage.act(cast.supervisor, lambda uow, one=count: counts.approve_count(uow, one))
        assert (shelf.lot("A").expires_on, shelf.lot("N").expires_on) == (None, shelf.day(90))
        with pytest.raises(Conflict) as refused:
            shelf.stage.act(cast.supervisor, lambda uow: counts.approve_count(uow, other))
        assert refused.value.code == "lot_day_differs"

    def new_lot(self, shelf: Shelf, day: date) -> UUID:
        """Count two of a lot that nobody knows, at one of two places; somebody has to decide."""
        place = shelf.cast.van1 if day == shelf.day(90) else shelf.cast.van2
        count = shelf.keeper(lambda uow: counts.open_count(uow, CountWish(place, (shelf.part,)))).id
        units = Units(shelf.part, 2, lots=(LotUnits("N", 2, day),))
        shelf.keeper(lambda uow: counts.submit_count(uow, count, [units], 1))
        return count


def test_what_comes_back_keeps_its_lot(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("A", 2, shelf.day(5)), place=cast.van1)
    shelf.received(LotUnits("B", 2, shelf.day(5)))
    wish = RmaWish(shelf.part, RmaReason.UNUSED, 1, is_good=True, from_location_id=cast.van1)
    rma = shelf.keeper(lambda uow: rmas.request_rma(uow, wish)).id
    shelf.keeper(lambda uow: rmas.authorize_rma(uow, rma, rmas.Authorization(cast.warehouse)))
    shelf.moved(1, cast.warehouse, cast.van2)  # of B, on its way at the same time
    shelf.keeper(lambda uow: rmas.send_rma(uow, rma))
    shelf.keeper(lambda uow: dispositions.receive_rma(uow, rma))
    shelf.keeper(lambda uow: dispositions.inspect_rma(uow, rma, "as new", is_under_warranty=False))
    restock = dispositions.Decision(Disposition.RESTOCK)
    shelf.keeper(lambda uow: dispositions.dispose_rma(uow, rma, restock))
    assert shelf.there(cast.warehouse) == {"A": 1, "B": 1}
    assert shelf.findings() == []


def test_a_lot_is_found_by_its_code_where_one_may_look(shelf: Shelf, cast: Cast) -> None:
    shelf.received(LotUnits("L-77", 2, shelf.day(5)))
    shelf.received(LotUnits("L-77", 1), place=cast.foreign_van)
    for actor, units in ((cast.warehouse_keeper, [1, 2]), (cast.technician1, [2]), (cast.outsider, [1])):
        with shelf.stage.database.read_only() as session:
            scan = scans.read_code(session, actor, "L-77")
            views = lot_views.list_lots(session, actor, PageRequest(10), in_stock=True).items
        assert (scan.kind, scan.expires_on) == (scans.ScanKind.LOT, shelf.day(5))
        assert sorted(one.on_hand for one in scan.places) == units
        assert sorted(place.on_hand for view in views for place in view.places) == units
    with shelf.stage.database.read_only() as session:
        page = PageRequest(10)
        wanted = [{"expires_before": shelf.day(5)}, {"expires_before": shelf.day(6)}, {"location_id": cast.van2}]
        sizes = [len(lot_views.list_lots(session, cast.admin, page, **one).items) for one in wanted]
    assert sizes == [0, 1, 0]


def test_the_doctor_finds_lots_that_do_not_add_up(shelf: Shelf, cast: Cast) -> None:
    move = shelf.received(LotUnits("A", 2, shelf.day(5)))
    other = Lot(id=UUID(int=77), part_id=cast.far_part, code="X", expires_on=None)
    with shelf.stage.database.unit_of_work(Context(source="test")) as uow:
        uow.session.execute(update(LotBalance).values(on_hand=LotBalance.on_hand + 1))
        uow.session.add_all([other, StockMoveLot(move_id=move.id, lot_id=other.id, quantity=1)])
        uow.commit()
    said = " ".join(str(finding) for finding in shelf.findings())
    for sentence in ("2 units, and 3 of them are of lots", "add up to -1 more than", "2 units on hand, 3 of lots"):
        assert sentence in said
