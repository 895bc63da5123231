"""Lots that were picked go to whom they were picked for, and nobody else takes them."""

import pytest

from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import Lot, LotBalance, Reservation, StockBalance, StockMove, StockMoveLot
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import (
    parts,
    picking,
    transfers,
    visit_records,
)
from fieldsvc.services.part_uses import Use
from fieldsvc.services.pick_lists import read_pick_lists
from fieldsvc.services.picking import Tour
from fieldsvc.services.stock import Units
from fieldsvc.services.transfers import TransferWish
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.services.lot_scenes import Shelf
from tests.fieldsvc.stage import Stage


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(Stage(database, build_cast(database)))


@pytest.fixture
def cast(shelf: Shelf) -> Cast:
    return shelf.cast


class TestPicking:
    """far_part, of which one is planned from the warehouse, has lots here."""

    @pytest.fixture
    def tour(self, shelf: Shelf, cast: Cast) -> Tour:
        with shelf.stage.database.unit_of_work(Context(source="test")) as uow:
            part = uow.get(parts.Part, cast.far_part)
            part.has_lots = True
            (balance,) = uow.session.query(StockBalance).filter_by(part_id=part.id, is_physical=True)
            (move,) = uow.session.query(StockMove).filter_by(part_id=part.id)
            for code, units, days in (("SOON", 2, 5), ("LATE", balance.on_hand - 2, 90)):
                lot = Lot(id=uow.new_id(), part_id=part.id, code=code, expires_on=shelf.day(days))
                uow.session.add_all([lot, StockMoveLot(move_id=move.id, lot_id=lot.id, quantity=units)])
                for place, change in ((move.from_location_id, -units), (move.to_location_id, units)):
                    is_physical = place == move.to_location_id
                    uow.session.add(
                        LotBalance(lot_id=lot.id, location_id=place, is_physical=is_physical, on_hand=change)
                    )
            uow.commit()
        assert shelf.findings() == []
        assert cast.technician1.technician_id is not None
        return Tour(cast.warehouse, cast.technician1.technician_id, cast.day)

    def listed(self, shelf: Shelf, tour: Tour) -> list[tuple[str, int]]:
        with shelf.stage.database.read_only() as session:
            now = shelf.stage.database.clock.now()
            day = read_pick_lists(session, shelf.cast.warehouse_keeper, tour.location_id, tour.day, now=now)
        return [(lot.code, lot.quantity) for one in day.lists for line in one.lines for lot in line.lots]

    def test_the_list_names_lots_and_what_was_picked_goes_to_whom_it_was_picked_for(
        self, shelf: Shelf, cast: Cast, tour: Tour
    ) -> None:
        assert self.listed(shelf, tour) == [("SOON", 1)]
        shelf.keeper(lambda uow: picking.pick_units(uow, tour))
        wish = TransferWish(cast.warehouse, cast.van2, (Units(cast.far_part, 2),))
        other = shelf.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        shelf.keeper(lambda uow: transfers.ship_transfer(uow, other))  # one of SOON is set aside for somebody else
        assert self.listed(shelf, tour) == [("SOON", 1)]
        handed = shelf.keeper(lambda uow: picking.hand_over(uow, tour, {})).id
        shelf.keeper(lambda uow: transfers.receive_transfer(uow, other))
        assert shelf.there(cast.van2) == {"LATE": 1, "SOON": 1}
        shelf.stage.act(cast.technician1, lambda uow: transfers.receive_transfer(uow, handed))
        assert shelf.there(cast.van1) == {"SOON": 1}
        assert shelf.findings() == []

    def test_units_used_on_the_way_are_those_that_were_picked(self, shelf: Shelf, cast: Cast, tour: Tour) -> None:
        shelf.keeper(lambda uow: picking.pick_units(uow, tour))
        handed = shelf.keeper(lambda uow: picking.hand_over(uow, tour, {})).id
        shelf.stage.walk("accept", "depart", "check_in", "work")
        use = Use(cast.far_part)
        shelf.stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
        shelf.stage.act(cast.technician1, lambda uow: transfers.receive_transfer(uow, handed))
        assert shelf.there(cast.customers_stock) == {"SOON": 1}
        assert shelf.findings() == []

    def test_what_is_put_back_is_set_aside_no_more(self, shelf: Shelf, cast: Cast, tour: Tour) -> None:
        shelf.keeper(lambda uow: picking.pick_units(uow, tour))
        shelf.keeper(lambda uow: picking.put_back(uow, tour))
        wish = TransferWish(cast.warehouse, cast.van2, (Units(cast.far_part, 2),))
        other = shelf.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        shelf.keeper(lambda uow: transfers.ship_transfer(uow, other))
        assert self.listed(shelf, tour) == [("LATE", 1)]

    def test_what_has_expired_is_neither_listed_nor_picked(self, shelf: Shelf, cast: Cast, tour: Tour) -> None:
        for code in ("SOON", "LATE"):
            shelf.passes(code)
        assert self.listed(shelf, tour) == []
        with pytest.raises(Conflict) as refused:
            shelf.keeper(lambda uow: picking.pick_units(uow, tour))
        assert refused.value.code == "nothing_to_pick"

    def test_a_picked_lot_that_expires_has_to_be_picked_anew(self, shelf: Shelf, cast: Cast, tour: Tour) -> None:
        (picked,) = shelf.keeper(lambda uow: picking.pick_units(uow, tour))
        shelf.passes("SOON")
        shelf.swept()
        row = shelf.stage.row(Reservation, picked.id)
        assert (row.state, row.lots) == (ReservationState.RESERVED, None)
        assert self.listed(shelf, tour) == [("LATE", 1)]
        assert shelf.findings() == []

    def test_two_on_their_way_keep_their_lots_picked_or_not(self, shelf: Shelf, cast: Cast, tour: Tour) -> None:
        wish = TransferWish(cast.warehouse, cast.van2, (Units(cast.far_part, 2),))
        other = shelf.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        shelf.keeper(lambda uow: transfers.ship_transfer(uow, other))  # both of SOON
        handed = shelf.keeper(lambda uow: picking.hand_over(uow, tour, {})).id
        shelf.stage.walk("accept", "depart", "check_in", "work")
        use = Use(cast.far_part)
        shelf.stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
        shelf.stage.act(cast.technician1, lambda uow: transfers.receive_transfer(uow, handed))
        shelf.keeper(lambda uow: transfers.receive_transfer(uow, other))
        assert (shelf.there(cast.van2), shelf.there(cast.customers_stock)) == ({"SOON": 2}, {"LATE": 1})
        assert shelf.findings() == []
