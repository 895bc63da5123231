"""What a warehouse books: deliveries, and moves taken back by another move."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.pages import PageRequest
from fieldsvc.models import StockBalance, StockMove
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.doctor import examine
from fieldsvc.services.stock import post_move
from fieldsvc.services.stock_moves import list_moves, reverse_move
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.stage import Stage


def on_hand(stage: Stage, part: UUID, location: UUID) -> int:
    with stage.database.read_only() as session:
        query = select(StockBalance.on_hand).where(StockBalance.part_id == part, StockBalance.location_id == location)
        return session.scalar(query) or 0


def receive(stage: Stage, *serials: str, login: str = "warehouse", **changes: Any) -> list[StockMove]:
    cast = stage.cast
    brought = {"part_id": cast.serial_part if serials else cast.part, "quantity": len(serials) or 4} | changes
    delivery = Delivery(location_id=brought.pop("location_id", cast.warehouse), serials=serials, **brought)
    return list(stage.act(cast.actors[login], lambda uow: receive_units(uow, delivery)))


def reverse(stage: Stage, move: StockMove, login: str = "warehouse") -> StockMove:
    return stage.act(stage.cast.actors[login], lambda uow: reverse_move(uow, move.id))


def assert_sound(stage: Stage) -> None:
    with stage.database.read_only() as session:
        assert examine(session, stage.database.clock.now()) == []


def test_a_delivery_is_one_move_and_can_be_taken_back_once(stage: Stage) -> None:
    cast = stage.cast
    before = on_hand(stage, cast.part, cast.warehouse)
    (move,) = receive(stage)
    assert (move.reason, move.quantity, move.actor_id) == (MoveReason.RECEIPT, 4, cast.warehouse_keeper.user_id)
    assert on_hand(stage, cast.part, cast.warehouse) == before + 4
    back = reverse(stage, move)
    assert (back.reason, back.reverses_id) == (MoveReason.CORRECTION, move.id)
    assert on_hand(stage, cast.part, cast.warehouse) == before
    for wrong, code in ((move, "move_reversed"), (back, "move_is_correction")):
        with pytest.raises(Conflict) as refused:
            reverse(stage, wrong)
        assert refused.value.code == code
    assert_sound(stage)


def test_each_serial_is_a_move_of_its_own(stage: Stage) -> None:
    moves = receive(stage, "S-7", "S-8")
    assert [(one.quantity, one.serial) for one in moves] == [(1, "S-7"), (1, "S-8")]
    with pytest.raises(Invalid) as refused:
        receive(stage, "S-8", "S-9")
    assert [(one.code, one.pointer) for one in refused.value.faults] == [("serial_in_stock", "/serials/0")]
    reverse(stage, moves[1])
    assert [one.serial for one in receive(stage, "S-8")] == ["S-8"]
    assert_sound(stage)


def test_a_serial_that_has_moved_on_is_not_taken_back_from_where_it_was(stage: Stage) -> None:
    cast = stage.cast
    (move,) = receive(stage, "S-7")
    stage.act(
        cast.warehouse_keeper,
        lambda uow: post_move(
            uow,
            part_id=cast.serial_part,
            quantity=1,
            from_location_id=cast.warehouse,
            to_location_id=cast.van2,
            reason=MoveReason.TRANSFER,
            serial="S-7",
        ),
    )
    with pytest.raises(Conflict, match="moved on"):
        reverse(stage, move)


def test_all_that_is_wrong_with_a_delivery(stage: Stage) -> None:
    cast = stage.cast
    for changes, serials, codes in (
        ({"part_id": uuid4(), "location_id": uuid4()}, (), ["unknown_part", "unknown_location"]),
        ({"location_id": cast.discrepancy}, (), ["unknown_location"]),
        ({"part_id": cast.part}, ("X-1",), ["no_serials"]),
        ({"part_id": cast.serial_part, "quantity": 2}, (), ["serials_missing"]),
        ({"quantity": 3}, ("X-1", "X-1"), ["serials_missing", "duplicate"]),
    ):
        with pytest.raises(Invalid) as refused:
            receive(stage, *serials, **changes)
        assert [one.code for one in refused.value.faults] == codes


def test_what_a_visit_used_is_corrected_there(stage: Stage) -> None:
    cast = stage.cast
    used = stage.act(
        cast.technician1,
        lambda uow: post_move(
            uow,
            part_id=cast.part,
            quantity=1,
            from_location_id=cast.warehouse,
            to_location_id=cast.customers_stock,
            reason=MoveReason.CONSUMPTION,
            visit_id=cast.visit,
        ),
    )
    with pytest.raises(Conflict) as refused:
        reverse(stage, used)
    assert refused.value.code == "move_of_visit"


def test_who_books_and_who_reads(stage: Stage) -> None:
    (move,) = receive(stage)
    for login in ("technician1", "agent", "dispatcher", "supervisor"):
        with pytest.raises(Forbidden):
            receive(stage, login=login)
        with pytest.raises(Forbidden):
            reverse(stage, move, login)
    assert receive(stage, login="admin")
    with pytest.raises(NotFound):
        stage.act(stage.cast.warehouse_keeper, lambda uow: reverse_move(uow, stage.cast.visit))

    def seen(login: str, **wanted: Any) -> set[UUID]:
        with stage.database.read_only() as session:
            page = list_moves(session, stage.cast.actors[login], PageRequest(limit=50), **wanted)
            return {one.move.id for one in page.items}

    assert move.id in seen("warehouse", part_id=stage.cast.part, location_id=stage.cast.warehouse)
    assert move.id in seen("dispatcher")
    assert move.id not in seen("outsider")
    assert seen("warehouse", serial="S-1")


def test_at_the_same_moment_a_serial_comes_once_and_goes_back_once(open_database: OpenDatabase) -> None:
    database = open_database(lock_wait_s=30.0)
    stage = Stage(database, build_cast(database))
    came = at_once(*[lambda: receive(stage, "S-7")] * 6)
    (moves,) = (one for one in came if not isinstance(one, DomainError))
    gone = at_once(*[lambda: reverse(stage, moves[0])] * 6)
    assert sum(not isinstance(one, DomainError) for one in gone) == 1
    assert on_hand(stage, stage.cast.serial_part, stage.cast.warehouse) == 0
    assert_sound(stage)
