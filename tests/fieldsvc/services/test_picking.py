"""Pick lists and hand-overs: reserved units go with their reservations, and nothing is promised twice on the way."""

from typing import Any
from uuid import UUID

import pytest

from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import Part, PlannedPart, Reservation, StockBalance, Transfer
from fieldsvc.persistence.database import Database
from fieldsvc.services import bins, pick_lists, picking, transfers, visit_records
from fieldsvc.services.doctor import examine
from fieldsvc.services.part_uses import Use
from fieldsvc.services.pick_lists import PickDay
from fieldsvc.services.picking import Tour
from fieldsvc.services.stock import Units
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.stage import Stage

WORK = ("accept", "depart", "check_in", "work")


class House:
    """The warehouse of the cast, which has one unit of far_part reserved for the technician's visit."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast = stage, stage.cast
        assert stage.cast.technician1.technician_id is not None
        self.technician = stage.cast.technician1.technician_id
        self.tour = Tour(stage.cast.warehouse, self.technician, stage.cast.day)

    def lists(self, actor: Any = None) -> PickDay:
        with self.stage.database.read_only() as session:
            keeper = actor or self.cast.warehouse_keeper
            now = self.stage.database.clock.now()
            return pick_lists.read_pick_lists(session, keeper, self.cast.warehouse, self.cast.day, now=now)

    def keeper(self, use_case: Any) -> Any:
        return self.stage.act(self.cast.warehouse_keeper, use_case)

    def handed_over(self) -> UUID:
        return self.keeper(lambda uow: picking.hand_over(uow, self.tour, {})).id

    def confirm(self, transfer: UUID, *counted: Units) -> Transfer:
        return self.stage.act(
            self.cast.technician1, lambda uow: transfers.receive_transfer(uow, transfer, counted or None)
        )

    def planned(self) -> list[tuple[str, int, UUID | None]]:
        """What is reserved, or waited for, of far_part for the visit: (state, units, place)."""
        with self.stage.database.read_only() as session:
            query = session.query(Reservation).filter_by(part_id=self.cast.far_part, is_planned=True)
            return sorted(
                (one.state.value, one.quantity, one.location_id)
                for one in query
                if one.state not in (ReservationState.RELEASED, ReservationState.CONSUMED)
            )

    def claim(self) -> tuple[UUID, UUID | None]:
        with self.stage.database.read_only() as session:
            one = session.query(PlannedPart).filter_by(part_id=self.cast.far_part).one()
            return one.location_id, one.pickup_id

    def on_hand(self, place: UUID) -> tuple[int, int]:
        """(on hand, reserved) of far_part."""
        with self.stage.database.read_only() as session:
            one = session.query(StockBalance).filter_by(part_id=self.cast.far_part, location_id=place).one_or_none()
            return (0, 0) if one is None else (one.on_hand, one.reserved)

    def findings(self) -> list[Any]:
        with self.stage.database.read_only() as session:
            return list(examine(session, self.stage.database.clock.now()))


@pytest.fixture
def house(database: Database) -> House:
    return House(Stage(database, build_cast(database)))


@pytest.fixture
def cast(house: House) -> Cast:
    return house.cast


def test_a_list_says_what_to_fetch_and_the_wave_where_it_lies(house: House, cast: Cast) -> None:
    house.keeper(lambda uow: bins.set_bin(uow, bins.Bin(cast.warehouse, cast.far_part, "B-07")))
    day = house.lists()
    assert [(one.technician_id, one.fetched_at is not None) for one in day.lists] == [(house.technician, True)]
    line = day.lists[0].lines[0]
    assert (line.part_id, line.visit_number, line.quantity, line.reserved, line.picked, line.bin) == (
        cast.far_part,
        "V1",
        1,
        1,
        0,
        "B-07",
    )
    assert [(one.bin, one.quantity, one.technicians) for one in day.wave] == [("B-07", 1, 1)]
    assert len(house.lists(cast.technician1).lists) == 1
    assert house.lists(cast.technician2).lists == []  # a technician sees the own list
    assert house.lists(cast.outsider).lists == ()


def test_units_are_set_aside_and_put_back(house: House, cast: Cast) -> None:
    for _ in range(2):  # picked twice is picked
        picked = house.keeper(lambda uow: picking.pick_units(uow, house.tour))
        assert [one.state for one in picked] == [ReservationState.PICKED]
    assert (house.lists().lists[0].lines[0].picked, house.lists().wave) == (1, [])
    house.keeper(lambda uow: picking.put_back(uow, house.tour))
    assert house.planned() == [("reserved", 1, cast.warehouse)]
    with pytest.raises(Conflict) as refused:
        house.keeper(lambda uow: picking.pick_units(uow, house.tour, [cast.serial_part]))
    assert refused.value.code == "nothing_to_pick"
    with pytest.raises(Forbidden):
        house.stage.act(cast.dispatcher, lambda uow: picking.pick_units(uow, house.tour))
    assert house.findings() == []


def test_what_is_handed_over_and_confirmed_is_on_the_van(house: House, cast: Cast) -> None:
    transfer = house.handed_over()
    assert house.on_hand(cast.warehouse) == (2, 0)
    assert house.claim() == (cast.van1, None)
    [(state, units, _)] = house.planned()
    assert (state, units) == ("picked", 1)
    assert house.findings() == []
    with pytest.raises(Conflict) as refused:
        house.handed_over()
    assert refused.value.code == "nothing_to_hand_over"
    with pytest.raises(NotFound):
        house.stage.act(cast.technician2, lambda uow: transfers.receive_transfer(uow, transfer))
    house.confirm(transfer)
    assert house.planned() == [("staged", 1, cast.van1)]
    assert house.on_hand(cast.van1) == (1, 1)
    assert house.findings() == []
    house.stage.walk(*WORK)
    house.stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, Use(cast.far_part)))
    assert house.on_hand(cast.van1) == (0, 0)
    assert house.findings() == []


def test_what_has_not_arrived_is_waited_for_on_the_van(house: House, cast: Cast) -> None:
    transfer = house.handed_over()
    house.confirm(transfer, Units(cast.far_part, 0))
    assert house.planned() == [("backordered", 1, cast.van1)]
    assert house.on_hand(cast.van1) == (0, 0)
    assert house.findings() == []
    wish = transfers.TransferWish(cast.warehouse, cast.van1, (Units(cast.far_part, 1),))
    second = house.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
    house.keeper(lambda uow: transfers.ship_transfer(uow, second))
    house.confirm(second)
    assert house.planned() == [("reserved", 1, cast.van1)]
    assert house.findings() == []


def test_what_is_used_before_it_is_confirmed_comes_from_the_way(house: House, cast: Cast) -> None:
    transfer = house.handed_over()
    house.stage.walk(*WORK)
    house.stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, Use(cast.far_part)))
    assert house.findings() == []
    done = house.confirm(transfer)
    assert (done.lines[0].used_quantity, done.lines[0].received_quantity) == (1, 1)
    assert house.on_hand(cast.van1) == (0, 0)
    assert house.findings() == []


def test_what_is_used_on_its_way_does_not_come_back_when_called_off(house: House, cast: Cast) -> None:
    transfer = house.handed_over()
    house.stage.walk(*WORK)
    house.stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, Use(cast.far_part)))
    house.keeper(lambda uow: transfers.cancel_transfer(uow, transfer))
    assert house.on_hand(cast.warehouse) == (2, 0)
    assert house.findings() == []


def test_a_hand_over_that_is_called_off_is_reserved_in_the_warehouse_again(house: House, cast: Cast) -> None:
    transfer = house.handed_over()
    house.keeper(lambda uow: transfers.cancel_transfer(uow, transfer))
    assert house.on_hand(cast.warehouse) == (3, 1)
    assert house.findings() == []


def test_a_visit_that_is_declined_lets_go_of_what_is_on_its_way(house: House, cast: Cast) -> None:
    transfer = house.handed_over()
    house.stage.walk("decline")
    assert house.planned() == []
    assert house.findings() == []
    house.confirm(transfer)
    assert house.on_hand(cast.van1) == (1, 0)  # free stock of the van
    assert house.findings() == []


def test_serials_are_named_one_for_each_unit(house: House, cast: Cast) -> None:
    with house.stage.database.unit_of_work() as uow:
        uow.get(Part, cast.far_part).is_serialised = True  # as if its units had had serials from the beginning
        uow.commit()
    with pytest.raises(Invalid) as refused:
        house.keeper(lambda uow: picking.hand_over(uow, house.tour, {cast.serial_part: ["S-1"]}))
    assert [fault.code for fault in refused.value.faults] == ["serials_missing", "not_asked_for"]
    with pytest.raises(Invalid) as refused:
        house.keeper(lambda uow: picking.hand_over(uow, house.tour, {cast.far_part: ["F-1"]}))
    assert [fault.code for fault in refused.value.faults] == ["serial_elsewhere"]


def test_two_clerks_hand_it_over_once(house: House, cast: Cast) -> None:
    done = at_once(*(house.handed_over for _ in range(2)))
    assert sorted(type(one).__name__ for one in done) in (["Conflict", "UUID"], ["ChangedMeanwhile", "UUID"])
    assert house.on_hand(cast.warehouse) == (2, 0)
    assert house.findings() == []
