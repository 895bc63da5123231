"""Units that are brought from one place to another: all of them are somewhere at any time."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models import Reservation, StockBalance, StockLocation, StockMove, Transfer
from fieldsvc.services import transfers
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.part_uses import Use
from fieldsvc.services.stock import Units, locate_serial
from fieldsvc.services.stock_moves import reverse_move
from fieldsvc.services.transfers import TransferWish
from fieldsvc.services.visit_records import record_consumption
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.services.promises import assert_sound, reserve, state
from tests.fieldsvc.stage import Stage

_S = TransferState


@pytest.fixture(autouse=True)
def _all_is_sound(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was brought where, the books hold."""
    stage = request.getfixturevalue("stage") if "stage" in request.fixturenames else None
    yield
    if stage is not None:
        assert_sound(stage)


def draft(stage: Stage, *lines: Units, login: str = "warehouse", **ends: UUID) -> Transfer:
    """From the warehouse to the second van, two units of P-1 where nothing else is said."""
    cast = stage.cast
    places = {"from_location_id": cast.warehouse, "to_location_id": cast.van2} | ends
    wish = TransferWish(**places, lines=lines or (Units(cast.part, 2),))
    return stage.act(cast.actors[login], lambda uow: transfers.draft_transfer(uow, wish))


def ship(stage: Stage, one: Transfer, login: str = "warehouse", version: int | None = None) -> Transfer:
    return stage.act(stage.cast.actors[login], lambda uow: transfers.ship_transfer(uow, one.id, version))


def receive(stage: Stage, one: Transfer, *counted: Units, login: str = "warehouse") -> Transfer:
    return stage.act(stage.cast.actors[login], lambda uow: transfers.receive_transfer(uow, one.id, counted))


def cancel(stage: Stage, one: Transfer, login: str = "warehouse") -> Transfer:
    return stage.act(stage.cast.actors[login], lambda uow: transfers.cancel_transfer(uow, one.id))


def units(stage: Stage, part: UUID | None = None) -> dict[str, int]:
    """On hand by the code of the place; places with nothing left out, and the supplier."""
    with stage.database.read_only() as session:
        query = select(StockLocation.code, StockBalance.on_hand).join(
            StockBalance, StockBalance.location_id == StockLocation.id
        )
        query = query.where(StockBalance.part_id == (part or stage.cast.part), StockBalance.on_hand != 0)
        return {code: on_hand for code, on_hand in session.execute(query) if code != "supplier"}


def serial_at(stage: Stage, serial: str) -> UUID | None:
    with stage.database.read_only() as session:
        place = locate_serial(session, stage.cast.serial_part, serial)
        return None if place is None else place.id


AT_FIRST = {"van1": 2, "warehouse": 5, "van3": 1}


def test_units_leave_are_in_transit_and_arrive(stage: Stage) -> None:
    one = draft(stage)
    assert (one.state, units(stage)) == (_S.DRAFT, AT_FIRST)
    assert ship(stage, one).state is _S.SHIPPED
    assert units(stage) == AT_FIRST | {"warehouse": 3, "in_transit": 2}
    done = receive(stage, one)
    assert (done.state, done.lines[0].received_quantity) == (_S.RECEIVED, 2)
    assert units(stage) == AT_FIRST | {"warehouse": 3, "van2": 2}
    assert [event.kind for event in stage.events(one.id)] == [
        "transfer_drafted",
        "transfer_shipped",
        "transfer_received",
    ]


def test_what_is_missing_or_too_much_waits_with_the_discrepancies(stage: Stage) -> None:
    cast = stage.cast
    short = draft(stage, Units(cast.part, 2), Units(cast.far_part, 1))
    ship(stage, short)
    done = receive(stage, short, Units(cast.part, 1))
    assert [line.received_quantity for line in done.lines] == [1, 1]
    assert units(stage)["discrepancy"] == 1
    beyond = draft(stage)
    ship(stage, beyond)
    receive(stage, beyond, Units(cast.part, 3))
    assert units(stage) == AT_FIRST | {"warehouse": 1, "van2": 4}  # the one that was missing


def test_nothing_at_all_may_arrive(stage: Stage) -> None:
    one = draft(stage)
    ship(stage, one)
    receive(stage, one, Units(stage.cast.part, 0))
    assert units(stage) == AT_FIRST | {"warehouse": 3, "discrepancy": 2}


def test_serials_arrive_each_by_itself_and_one_nobody_shipped_from_where_it_was(stage: Stage) -> None:
    cast = stage.cast
    brought = Delivery(cast.serial_part, cast.warehouse, 2, ("S-7", "S-8"))
    stage.act(cast.warehouse_keeper, lambda uow: receive_units(uow, brought))
    one = draft(stage, Units(cast.serial_part, 2, ("S-7", "S-8")))
    ship(stage, one)
    receive(stage, one, Units(cast.serial_part, 2, ("S-7", "S-1")))
    assert [serial_at(stage, each) for each in ("S-7", "S-1", "S-8")] == [cast.van2, cast.van2, None]
    assert units(stage, cast.serial_part) == {"van2": 2, "discrepancy": 1}


def test_who_loses_a_serial_that_turned_up_gets_another_that_is_free(stage: Stage) -> None:
    cast, part = stage.cast, stage.cast.serial_part
    with stage.database.unit_of_work() as uow:
        other = StockLocation(id=uow.new_id(), code="other", name="other", kind="warehouse", is_physical=True)
        uow.session.add(other)
        uow.commit()
    for place, serial in ((cast.warehouse, "S-7"), (other.id, "S-8")):
        brought = Delivery(part, place, 1, (serial,))
        stage.act(cast.warehouse_keeper, lambda uow, brought=brought: receive_units(uow, brought))
    (promised,) = reserve(stage, part_id=part)
    one = draft(stage, Units(part, 1, ("S-1",)), from_location_id=cast.van1)
    ship(stage, one)
    receive(stage, one, Units(part, 2, ("S-1", "S-7")))
    kept = stage.row(Reservation, promised.id)
    assert (kept.state, kept.location_id) == ("reserved", other.id)


@pytest.mark.parametrize("end", ["received", "nothing is there", "called off"])
def test_a_serial_that_was_used_on_its_way_holds_nothing_up(stage: Stage, end: str) -> None:
    """The technician has it in his hands before anybody has said that it arrived."""
    cast = stage.cast
    brought = Delivery(cast.serial_part, cast.warehouse, 2, ("S-7", "S-8"))
    stage.act(cast.warehouse_keeper, lambda uow: receive_units(uow, brought))
    one = draft(stage, Units(cast.serial_part, 2, ("S-7", "S-8")))
    ship(stage, one)
    stage.bring_to("working")
    use = Use(cast.serial_part, 1, "S-7")
    stage.act(cast.technician1, lambda uow: record_consumption(uow, cast.visit, use))
    if end == "called off":
        cancel(stage, one)
    else:
        receive(stage, one, *([Units(cast.serial_part, 0)] if end == "nothing is there" else []))
    places = {"received": cast.van2, "nothing is there": None, "called off": cast.warehouse}
    assert (serial_at(stage, "S-7"), serial_at(stage, "S-8")) == (None, places[end])
    assert "in_transit" not in units(stage, cast.serial_part)


def test_a_move_of_a_transfer_is_not_taken_back_by_itself(stage: Stage) -> None:
    one = draft(stage)
    ship(stage, one)
    with stage.database.read_only() as session:
        move = session.scalars(select(StockMove.id).where(StockMove.reason == MoveReason.TRANSFER)).one()
    with pytest.raises(Conflict) as refused:
        stage.act(stage.cast.warehouse_keeper, lambda uow: reverse_move(uow, move))
    assert refused.value.code == "move_of_transfer"
    assert receive(stage, one).state is _S.RECEIVED


def test_what_was_shipped_is_called_off_and_back(stage: Stage) -> None:
    one = draft(stage)
    ship(stage, one)
    assert cancel(stage, one).state is _S.CANCELLED
    assert units(stage) == AT_FIRST
    cancel(stage, one)
    with pytest.raises(TransitionRefused):
        receive(stage, one)
    assert cancel(stage, draft(stage)).state is _S.CANCELLED


def test_all_that_is_not_there_is_named_and_nothing_leaves(stage: Stage) -> None:
    cast = stage.cast
    reserve(stage, 4)
    one = draft(stage, Units(cast.part, 2), Units(cast.far_part, 3), Units(cast.serial_part, 1, ("S-1",)))
    with pytest.raises(Conflict) as refused:
        ship(stage, one)
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
        ("not_enough_stock", "/lines/0"),
        ("not_enough_stock", "/lines/1"),
        ("not_enough_stock", "/lines/2"),
        ("serial_elsewhere", "/lines/2/serials"),
    ]
    assert refused.value.faults[0].message == "2 are to leave, 1 are available there."
    assert (units(stage), stage.row(Transfer, one.id).state) == (AT_FIRST, _S.DRAFT)


def test_what_arrives_goes_to_who_waits_for_it_there(stage: Stage) -> None:
    cast = stage.cast
    (waiting,) = reserve(stage, 2, location_id=cast.van2, takes_part=True)
    one = draft(stage)
    ship(stage, one)
    receive(stage, one)
    assert state(stage, waiting) == "reserved"


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (lambda cast: {"to_location_id": cast.warehouse}, "same_location", "/to_location_id"),
        (lambda cast: {"to_location_id": cast.discrepancy}, "unknown_location", "/to_location_id"),
        (lambda _: {"from_location_id": uuid4()}, "unknown_location", "/from_location_id"),
    ],
)
def test_wrong_ends_are_named(stage: Stage, change: Any, code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft(stage, **change(stage.cast))
    assert [(one.code, one.pointer) for one in refused.value.faults] == [(code, pointer)]


def test_wrong_lines_are_named_all_at_once(stage: Stage) -> None:
    cast = stage.cast
    wrong = (
        Units(uuid4(), 1),
        Units(cast.part, 1, ("X",)),
        Units(cast.part, 1),
        Units(cast.serial_part, 2, ("A", "A")),
    )
    with pytest.raises(Invalid) as refused:
        draft(stage, *wrong)
    assert [(one.code, one.pointer) for one in refused.value.faults] == [
        ("unknown_part", "/lines/0/part_id"),
        ("no_serials", "/lines/1/serials"),
        ("duplicate", "/lines/2/part_id"),
        ("duplicate", "/lines/3/serials/1"),
    ]
    one = draft(stage)
    ship(stage, one)
    with pytest.raises(Invalid) as refused:
        receive(stage, one, Units(cast.far_part, 1), Units(cast.part, 1), Units(cast.part, 2))
    assert [(each.code, each.pointer) for each in refused.value.faults] == [
        ("unknown_part", "/counted/0/part_id"),
        ("duplicate", "/counted/2/part_id"),
    ]


class TestWhose:
    @pytest.mark.parametrize("login", ["warehouse", "admin", "technician2"])
    def test_by_whom(self, stage: Stage, login: str) -> None:
        one = draft(stage, login=login)
        ship(stage, one, login)
        assert receive(stage, one, login=login).state is _S.RECEIVED

    @pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor"])
    def test_by_whom_not(self, stage: Stage, login: str) -> None:
        one = draft(stage)
        for attempt in (lambda: draft(stage, login=login), lambda: ship(stage, one, login)):
            with pytest.raises(Forbidden):
                attempt()

    def test_a_technician_brings_to_and_from_the_own_van_only(self, stage: Stage) -> None:
        one = draft(stage)
        with pytest.raises(NotFound):
            ship(stage, one, "technician1")
        with pytest.raises(Invalid):
            draft(stage, login="technician1")  # another's van is no place of his
        with pytest.raises(TransitionRefused):
            cancel(stage, one, "technician2")

    @pytest.mark.parametrize(
        ("login", "sees"), [("technician2", True), ("technician1", False), ("dispatcher", True), ("outsider", False)]
    )
    def test_who_may_see_it(self, stage: Stage, login: str, sees: bool) -> None:
        one = draft(stage)
        with stage.database.read_only() as session:
            page = transfers.list_transfers(session, stage.cast.actors[login], PageRequest(50))
            assert [row.id for row in page.items] == ([one.id] if sees else [])

    def test_another_version_is_refused(self, stage: Stage) -> None:
        with pytest.raises(StaleVersion):
            ship(stage, draft(stage), version=9)


class TestAtOnce:
    @pytest.fixture
    def busy(self, open_database: OpenDatabase) -> Stage:
        database = open_database(lock_wait_s=30.0)
        return Stage(database, build_cast(database))

    def test_one_ships_it_and_one_receives_it(self, busy: Stage) -> None:
        one = draft(busy)
        shipped = at_once(*[lambda: ship(busy, one)] * 6)
        assert sum(not isinstance(each, DomainError) for each in shipped) == 1
        received = at_once(*[lambda: receive(busy, one)] * 4, *[lambda: cancel(busy, one)] * 2)
        done = busy.row(Transfer, one.id).state
        assert sum(isinstance(each, Transfer) and each.state is _S.RECEIVED for each in received) in (0, 1)
        assert units(busy) == (AT_FIRST | {"warehouse": 3, "van2": 2} if done is _S.RECEIVED else AT_FIRST)
        assert_sound(busy)

    def test_the_last_units_are_promised_or_leave(self, busy: Stage) -> None:
        drafts = [draft(busy, Units(busy.cast.part, 1)) for _ in range(4)]
        outcomes = at_once(
            *[lambda one=one: ship(busy, one) for one in drafts], *[lambda: reserve(busy) for _ in range(4)]
        )
        assert sum(not isinstance(one, DomainError) for one in outcomes) == 5
        assert {one.code for one in outcomes if isinstance(one, DomainError)} == {"not_enough_stock"}
        assert_sound(busy)
