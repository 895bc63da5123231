"""Counts: blind, compared with the books, decided about, and posted once."""

from typing import Any
from uuid import UUID

import pytest

from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import Reservation, StockBalance, StockCount, StockLocation, StockMove
from fieldsvc.persistence.database import Database
from fieldsvc.services import counts, scans
from fieldsvc.services.count_views import view_count
from fieldsvc.services.counts import CountWish
from fieldsvc.services.doctor import examine
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units, locate_serial
from fieldsvc.services.stock_moves import reverse_move
from fieldsvc.services.transfers import TransferWish, draft_transfer, ship_transfer
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.stage import Stage

NEVER, ALWAYS = 10**9, 0


class Shelves:
    """Lets the cast count."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast = stage, stage.cast

    def opened(self, *parts: UUID, place: UUID | None = None) -> UUID:
        wish = CountWish(place or self.cast.warehouse, parts)
        return self.stage.act(self.cast.warehouse_keeper, lambda uow: counts.open_count(uow, wish)).id

    def submitted(self, count: UUID, *counted: Units, approval_from: int = ALWAYS) -> StockCount:
        keeper = self.cast.warehouse_keeper
        return self.stage.act(keeper, lambda uow: counts.submit_count(uow, count, counted, approval_from))

    def approved(self, count: UUID) -> StockCount:
        return self.stage.act(self.cast.supervisor, lambda uow: counts.approve_count(uow, count))

    def on_hand(self, part: UUID, place: UUID) -> int:
        with self.stage.database.read_only() as session:
            return session.query(StockBalance).filter_by(part_id=part, location_id=place).one().on_hand

    def findings(self) -> list[Any]:
        with self.stage.database.read_only() as session:
            return list(examine(session, self.stage.database.clock.now()))


@pytest.fixture
def shelves(database: Database) -> Shelves:
    return Shelves(Stage(database, build_cast(database)))


@pytest.fixture
def cast(shelves: Shelves) -> Cast:
    return shelves.cast


def test_a_difference_waits_for_a_supervisor_and_is_posted_once(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened(cast.part, cast.far_part)
    blind = shelves.stage.row(StockCount, count)
    assert [line.expected_quantity for line in blind.lines] == [None, None]
    waiting = shelves.submitted(count, Units(cast.far_part, 5), Units(cast.part, 4))
    assert (waiting.state, waiting.differing_cents) == (CountState.SUBMITTED, 3 * 900)
    for actor, expected in ((cast.warehouse_keeper, [None, None]), (cast.supervisor, [5, 3])):
        view = view_count(actor, waiting)  # who may have to count again is not told
        assert [line.expected_quantity for line in view.lines] == expected
    with pytest.raises(TransitionRefused):
        shelves.stage.act(cast.warehouse_keeper, lambda uow: counts.cancel_count(uow, count))
    assert shelves.on_hand(cast.part, cast.warehouse) == 5
    for _ in range(2):  # approved twice is approved
        assert shelves.approved(count).state is CountState.POSTED
    assert shelves.on_hand(cast.part, cast.warehouse) == 4
    assert shelves.on_hand(cast.far_part, cast.warehouse) == 5
    kinds = [event.kind for event in shelves.stage.events(count)]
    assert kinds == ["count_opened", "count_submitted", "count_posted"]
    assert shelves.findings() == []


def test_what_is_worth_little_is_posted_at_once(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened(cast.part)
    assert shelves.submitted(count, Units(cast.part, 6), approval_from=901).state is CountState.POSTED
    assert shelves.on_hand(cast.part, cast.warehouse) == 6
    same = shelves.opened(cast.part)
    assert shelves.submitted(same, Units(cast.part, 6), approval_from=1).state is CountState.POSTED
    assert shelves.findings() == []


def test_stock_begins_with_a_count(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened(place=cast.van2)  # the books have nothing there
    shelves.submitted(count, Units(cast.part, 7), Units(cast.serial_part, 2, ("A", "B")), approval_from=NEVER)
    assert shelves.on_hand(cast.part, cast.van2) == 7
    assert shelves.on_hand(cast.serial_part, cast.van2) == 2
    assert shelves.findings() == []


def test_a_whole_place_is_counted_part_by_part(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened()
    with pytest.raises(Invalid) as refused:
        shelves.submitted(count, Units(cast.part, 5), Units(cast.part, 5), Units(UUID(int=7), 1))
    assert [fault.code for fault in refused.value.faults] == ["duplicate", "unknown_part", "not_counted"]
    message = refused.value.faults[-1].message.replace(str(cast.far_part), "")
    assert message == "Part P-2 () was not counted; 0 if there is none."  # and not how many there should be
    few = shelves.opened(cast.part)
    with pytest.raises(Invalid) as refused:
        shelves.submitted(few, Units(cast.far_part, 1))
    assert [fault.code for fault in refused.value.faults] == ["not_asked_for", "not_counted"]
    assert shelves.submitted(count, Units(cast.part, 5), Units(cast.far_part, 3), approval_from=1).state is (
        CountState.POSTED
    )


def test_who_was_promised_what_is_not_there_waits_again(shelves: Shelves, cast: Cast) -> None:
    wish = ReservationWish(cast.ticket, cast.part, 5, None, cast.warehouse)
    held = shelves.stage.act(cast.warehouse_keeper, lambda uow: reserve_units(uow, wish)[0].id)
    shelves.submitted(shelves.opened(cast.part), Units(cast.part, 3), approval_from=NEVER)
    with shelves.stage.database.read_only() as session:
        query = session.query(Reservation).filter_by(ticket_id=cast.ticket, part_id=cast.part, is_planned=False)
        states = sorted((one.state.value, one.quantity) for one in query)
    assert states == [("backordered", 2), ("reserved", 3)]
    shelves.submitted(shelves.opened(cast.part), Units(cast.part, 9), approval_from=NEVER)  # it lay behind a shelf
    with shelves.stage.database.read_only() as session:
        query = session.query(Reservation).filter_by(ticket_id=cast.ticket, part_id=cast.part, is_planned=False)
        assert {one.state for one in query} == {ReservationState.RESERVED}
    assert shelves.stage.row(Reservation, held).state is ReservationState.RESERVED
    assert shelves.findings() == []


def test_serials_are_found_and_missed_one_by_one(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened(cast.serial_part, place=cast.van2)
    shelves.submitted(count, Units(cast.serial_part, 2, ("S-1", "X")), approval_from=NEVER)  # S-1: from the other van
    with shelves.stage.database.read_only() as session:
        place = locate_serial(session, cast.serial_part, "S-1")
        assert place is not None
        assert place.id == cast.van2
    assert shelves.on_hand(cast.serial_part, cast.van1) == 0
    gone = shelves.submitted(
        shelves.opened(cast.serial_part, place=cast.van2), Units(cast.serial_part, 1, ("X",)), approval_from=NEVER
    )
    assert gone.lines[0].expected_serials == ["S-1", "X"]
    assert shelves.on_hand(cast.serial_part, cast.van2) == 1
    assert shelves.findings() == []


def test_two_counts_of_the_same_parts_do_not_wait_at_once(shelves: Shelves, cast: Cast) -> None:
    one, other = shelves.opened(cast.part), shelves.opened(cast.part)
    shelves.submitted(one, Units(cast.part, 4))
    with pytest.raises(Conflict) as refused:
        shelves.submitted(other, Units(cast.part, 4))
    assert refused.value.code == "count_waiting"
    shelves.approved(one)
    shelves.submitted(other, Units(cast.part, 4))
    shelves.approved(other)
    assert shelves.on_hand(cast.part, cast.warehouse) == 4
    assert shelves.findings() == []


def test_what_has_left_since_is_counted_again(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened(cast.far_part)
    shelves.submitted(count, Units(cast.far_part, 1))
    shelves.submitted(shelves.opened(cast.part), Units(cast.part, 5))
    wish = TransferWish(cast.warehouse, cast.van2, (Units(cast.far_part, 2),))
    transfer = shelves.stage.act(cast.warehouse_keeper, lambda uow: draft_transfer(uow, wish)).id
    shelves.stage.act(cast.warehouse_keeper, lambda uow: ship_transfer(uow, transfer))
    with pytest.raises(Conflict) as refused:
        shelves.approved(count)
    assert refused.value.code == "moved_since_counted"
    supervisor = cast.supervisor
    again = shelves.stage.act(supervisor, lambda uow: counts.ask_recount(uow, count, "units left since"))
    assert (again.state, again.lines[0].expected_quantity) == (CountState.OPEN, None)
    assert shelves.submitted(count, Units(cast.far_part, 1), approval_from=1).state is CountState.POSTED
    assert shelves.findings() == []


def test_who_may_what(shelves: Shelves, cast: Cast) -> None:
    for actor in (cast.dispatcher, cast.agent, cast.supervisor):
        with pytest.raises(Forbidden):
            shelves.stage.act(actor, lambda uow: counts.open_count(uow, CountWish(cast.van1)))
    for place, code in ((cast.warehouse, "not_own_van"), (cast.van2, "unknown_location")):
        with pytest.raises(Invalid) as refused:
            shelves.stage.act(cast.technician1, lambda uow, place=place: counts.open_count(uow, CountWish(place)))
        assert [fault.code for fault in refused.value.faults] == [code]
    own = shelves.stage.act(cast.technician1, lambda uow: counts.open_count(uow, CountWish(cast.van1))).id
    with pytest.raises(NotFound):
        shelves.stage.act(cast.technician2, lambda uow: counts.cancel_count(uow, own))
    with pytest.raises(Forbidden):
        shelves.stage.act(cast.warehouse_keeper, lambda uow: counts.approve_count(uow, own))
    with pytest.raises(TransitionRefused):
        shelves.approved(own)
    for _ in range(2):  # given up twice is given up
        given_up = shelves.stage.act(cast.technician1, lambda uow: counts.cancel_count(uow, own))
        assert given_up.state is CountState.CANCELLED
    with pytest.raises(TransitionRefused):
        shelves.submitted(own)


def test_two_supervisors_post_it_once(shelves: Shelves, cast: Cast) -> None:
    count = shelves.opened(cast.part)
    shelves.submitted(count, Units(cast.part, 2))
    done = at_once(*(lambda: shelves.approved(count) for _ in range(2)))
    assert any(isinstance(one, StockCount) for one in done)
    assert shelves.on_hand(cast.part, cast.warehouse) == 2
    assert [event.kind for event in shelves.stage.events(count)].count("count_posted") == 1
    assert shelves.findings() == []


def test_a_code_stands_for_one_thing(shelves: Shelves, cast: Cast) -> None:
    count = shelves.stage.row(StockCount, shelves.opened(cast.part))
    with shelves.stage.database.read_only() as session:
        keeper = cast.warehouse_keeper
        part = scans.read_code(session, keeper, "P-1")
        assert (part.kind, part.id, sum(one.on_hand for one in part.here)) == ("part", cast.part, 8)
        serial = scans.read_code(session, keeper, "S-1")
        assert serial.location is not None
        assert (serial.kind, serial.id, serial.location.id) == ("serial", cast.serial_part, cast.van1)
        assert scans.read_code(session, keeper, "van1").kind == "location"
        assert scans.read_code(session, keeper, count.number).id == count.id
        with pytest.raises(NotFound):
            scans.read_code(session, keeper, "nothing")
        for actor, code in ((cast.outsider, "S-1"), (cast.agent, count.number), (cast.technician1, count.number)):
            with pytest.raises(NotFound):
                scans.read_code(session, actor, code)
        own = scans.read_code(session, cast.technician1, "P-1").here
        kinds = {session.get_one(StockLocation, one.location_id).kind for one in own}
        assert kinds == {LocationKind.VAN, LocationKind.WAREHOUSE}


def test_a_serial_that_was_counted_away_is_taken_back(shelves: Shelves, cast: Cast) -> None:
    shelves.submitted(
        shelves.opened(cast.serial_part, place=cast.van1), Units(cast.serial_part, 0), approval_from=NEVER
    )
    with shelves.stage.database.read_only() as session:
        (move,) = session.query(StockMove).filter_by(reason=MoveReason.COUNT, serial="S-1")
    shelves.stage.act(cast.warehouse_keeper, lambda uow: reverse_move(uow, move.id))
    assert shelves.on_hand(cast.serial_part, cast.van1) == 1
    assert shelves.findings() == []


def test_a_count_of_some_parts_holds_no_others(shelves: Shelves, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants others of that place does not wait for it."""
    held: list[set[UUID]] = []
    hold_parts = counts.hold_parts

    def noting(uow: Any, part_ids: Any) -> None:
        held.append(set(part_ids))
        hold_parts(uow, part_ids)

    monkeypatch.setattr(counts, "hold_parts", noting)
    shelves.submitted(shelves.opened(cast.part), Units(cast.part, 5), approval_from=NEVER)
    assert held == [{cast.part}]
    shelves.submitted(shelves.opened(), Units(cast.part, 5), Units(cast.far_part, 3), approval_from=NEVER)
    assert held[1] == {cast.part, cast.far_part}
