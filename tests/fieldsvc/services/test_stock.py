"""Moves change two balances or nothing, also when many post them at once in both directions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Forbidden, Invalid
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.pages import PageRequest
from fieldsvc.models import StockBalance
from fieldsvc.services import stock
from tests.fieldsvc.stage import Stage


def transfer(stage: Stage, source, target, quantity: int = 1) -> None:
    stage.act(
        stage.cast.warehouse_keeper,
        lambda uow: stock.post_move(
            uow,
            part_id=stage.cast.part,
            quantity=quantity,
            from_location_id=source,
            to_location_id=target,
            reason=MoveReason.TRANSFER,
        ),
    )


def on_hand(stage: Stage, location) -> int:
    with stage.database.read_only() as session:
        query = select(StockBalance.on_hand).where(
            StockBalance.part_id == stage.cast.part, StockBalance.location_id == location
        )
        return session.scalars(query).first() or 0


def test_a_move_is_posted_with_both_balances(stage: Stage) -> None:
    transfer(stage, stage.cast.warehouse, stage.cast.van2, 2)
    assert (on_hand(stage, stage.cast.warehouse), on_hand(stage, stage.cast.van2)) == (3, 2)


def test_more_than_there_is_is_refused_with_what_there_is(stage: Stage) -> None:
    with pytest.raises(Conflict, match="5 are available") as refused:
        transfer(stage, stage.cast.warehouse, stage.cast.van2, 6)
    assert refused.value.code == "not_enough_stock"
    assert (on_hand(stage, stage.cast.warehouse), on_hand(stage, stage.cast.van2)) == (5, 0)


def test_a_move_to_where_it_is_is_refused(stage: Stage) -> None:
    with pytest.raises(Invalid):
        transfer(stage, stage.cast.van1, stage.cast.van1)


def test_eight_at_once_in_both_directions_neither_lose_units_nor_lock_up(stage: Stage) -> None:
    transfer(stage, stage.cast.warehouse, stage.cast.van2, 2)
    pairs = [(stage.cast.warehouse, stage.cast.van2), (stage.cast.van2, stage.cast.warehouse)] * 4
    start = threading.Barrier(len(pairs))

    def move(pair) -> str:
        start.wait()
        try:
            transfer(stage, *pair)
        except Conflict as refused:
            return refused.code
        return "moved"

    with ThreadPoolExecutor(len(pairs)) as pool:
        assert set(pool.map(move, pairs)) <= {"moved", "not_enough_stock"}
    assert on_hand(stage, stage.cast.warehouse) + on_hand(stage, stage.cast.van2) == 5


def test_the_last_units_go_to_as_many_as_there_are(stage: Stage) -> None:
    transfer(stage, stage.cast.warehouse, stage.cast.van2, 2)
    start = threading.Barrier(4)

    def take(_: int) -> bool:
        start.wait()
        try:
            transfer(stage, stage.cast.van2, stage.cast.customers_stock)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 2
    assert on_hand(stage, stage.cast.van2) == 0


def test_a_special_location_is_made_when_it_is_first_needed(stage: Stage) -> None:
    def scrap(uow) -> tuple:
        location = stock.special_location(uow, LocationKind.SCRAP)
        return location.id, location.is_physical

    first = stage.act(stage.cast.warehouse_keeper, scrap)
    assert stage.act(stage.cast.warehouse_keeper, scrap) == first
    transfer(stage, stage.cast.warehouse, first[0])
    assert on_hand(stage, first[0]) == 1


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        ("technician1", {"van1", "warehouse"}),
        ("technician2", {"van2", "warehouse"}),
        ("dispatcher", {"van1", "van2", "warehouse"}),
        ("outsider", {"foreign_van"}),
        ("warehouse", {"van1", "van2", "warehouse", "foreign_van", "supplier"}),
    ],
)
def test_stock_is_seen_by_scope(stage: Stage, login: str, sees: set[str]) -> None:
    transfer(stage, stage.cast.warehouse, stage.cast.van2)
    names = {getattr(stage.cast, name): name for name in ("van1", "van2", "warehouse", "foreign_van")}
    with stage.database.read_only() as session:
        page = stock.list_balances(session, stage.cast.actors[login], PageRequest(200))
    assert {names.get(balance.location_id, "supplier") for balance in page.items} == sees


def test_a_customer_sees_no_stock(stage: Stage) -> None:
    customer = stage.customer_actor()
    with stage.database.read_only() as session, pytest.raises(Forbidden):
        stock.list_balances(session, customer, PageRequest())
