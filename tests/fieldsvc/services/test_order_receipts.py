"""A receipt that was wrong is taken back: its order expects the units again, as do plans."""

import importlib
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from fieldsvc.dispatching.expected_parts import coming_units
from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, NotFound, TransitionRefused
from fieldsvc.domain.purchase_order_states import PurchaseOrderState
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import PurchaseOrder, PurchaseOrderLine, PurchaseOrderReceipt, Reservation, StockMove
from fieldsvc.services import purchase_orders, suppliers
from fieldsvc.services.doctor import examine
from fieldsvc.services.purchase_orders import OrderLine
from fieldsvc.services.reservations import ReservationWish, release_reservation, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_moves import reverse_move
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.services.test_purchase_orders import ordered, receive
from tests.fieldsvc.stage import Stage

_S = PurchaseOrderState
MIGRATION = "fieldsvc.persistence.migrations.versions.0032_what_moves_belong_to"


@pytest.fixture(autouse=True)
def _books_are_sound(stage: Stage) -> Iterator[None]:
    """Whatever came and was taken back, the doctor finds nothing."""
    yield
    assert findings(stage) == []


@pytest.fixture
def supplier(stage: Stage) -> UUID:
    said = {"code": "acme", "name": "Acme", "lead_time_days": 5}
    return stage.act(stage.cast.warehouse_keeper, lambda uow: suppliers.add_supplier(uow, said)).id


def findings(stage: Stage) -> list[str]:
    with stage.database.read_only() as session:
        return [one.sentence for one in examine(session, stage.database.clock.now())]


def receipts(stage: Stage, order: UUID) -> list[UUID]:
    """The moves by which an order has come, in their order."""
    with stage.database.read_only() as session:
        query = select(PurchaseOrderReceipt.move_id).join(
            PurchaseOrderLine, PurchaseOrderLine.id == PurchaseOrderReceipt.line_id
        )
        query = query.where(PurchaseOrderLine.order_id == order)
        return list(session.scalars(query.order_by(PurchaseOrderReceipt.move_id)))


def take_back(stage: Stage, move: UUID, login: str = "warehouse") -> StockMove:
    return stage.act(stage.cast.actors[login], lambda uow: reverse_move(uow, move))


def stands(stage: Stage, order: UUID) -> tuple[PurchaseOrderState, list[int], bool]:
    """Its state, what its lines have received, and whether it is closed."""
    row = stage.row(PurchaseOrder, order)
    return row.state, [line.received_quantity for line in row.lines], row.closed_at is not None


def coming(stage: Stage) -> int:
    """Units of P-2 that a plan may count on in ten days."""
    cast, today = stage.cast, stage.database.clock.now().date()
    with stage.database.read_only() as session:
        units = coming_units(session, [cast.warehouse], today, today + timedelta(days=10), part_id=cast.far_part)
    return units[cast.warehouse, cast.far_part]


def test_what_was_taken_back_is_expected_again(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier)
    assert coming(stage) == 4
    receive(stage, order, Units(cast.far_part, 3))
    receive(stage, order, Units(cast.far_part, 1))
    assert (stands(stage, order), coming(stage)) == ((_S.RECEIVED, [4], True), 0)
    three, one = receipts(stage, order)
    version = stage.row(PurchaseOrder, order).version
    correction = take_back(stage, three)
    assert (stands(stage, order), coming(stage)) == ((_S.PART_RECEIVED, [1], False), 3)
    assert stage.row(PurchaseOrder, order).version == version + 1
    told = stage.events(order)[-1]
    assert (told.kind, told.from_state, told.to_state) == (
        "purchase_order_receipt_taken_back",
        "received",
        "part_received",
    )
    assert (told.data["move_id"], told.data["correction_id"]) == (str(three), str(correction.id))
    take_back(stage, one)
    assert (stands(stage, order), coming(stage)) == ((_S.ORDERED, [0], False), 4)
    stage.act(cast.supervisor, lambda uow: purchase_orders.cancel_order(uow, order, "nothing came"))
    assert stands(stage, order) == (_S.CANCELLED, [0], True)


def test_it_is_received_anew(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier)
    receive(stage, order, Units(cast.far_part, 4))
    take_back(stage, receipts(stage, order)[0])
    receive(stage, order, Units(cast.far_part, 3))
    assert stands(stage, order) == (_S.PART_RECEIVED, [3], False)
    receive(stage, order, Units(cast.far_part, 1))
    assert stands(stage, order) == (_S.RECEIVED, [4], True)


def test_it_is_taken_back_once(stage: Stage, supplier: UUID) -> None:
    order = ordered(stage, supplier)
    receive(stage, order, Units(stage.cast.far_part, 3))
    (move,) = receipts(stage, order)
    correction = take_back(stage, move)
    before = stage.events(order)
    for wrong, code in ((move, "move_reversed"), (correction.id, "move_is_correction")):
        with pytest.raises(Conflict) as refused:
            take_back(stage, wrong)
        assert refused.value.code == code
    assert (stands(stage, order), len(stage.events(order))) == ((_S.ORDERED, [0], False), len(before))


def test_more_than_was_ordered_leaves_it_received(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier)
    receive(stage, order, Units(cast.far_part, 3))
    receive(stage, order, Units(cast.far_part, 2))
    three, two = receipts(stage, order)
    other = ordered(stage, supplier, OrderLine(cast.part, 1), OrderLine(cast.serial_part, 2))
    receive(stage, other, Units(cast.part, 3), Units(cast.serial_part, 2, ("S-8", "S-9")))
    receive(stage, order_of_one := ordered(stage, supplier, OrderLine(cast.part, 1)), Units(cast.part, 2))
    take_back(stage, three)  # out of order
    assert stands(stage, order) == (_S.PART_RECEIVED, [2], False)
    take_back(stage, two)
    assert stands(stage, order)[:2] == (_S.ORDERED, [0])
    with stage.database.read_only() as session:
        serial = session.scalars(select(StockMove.id).where(StockMove.serial == "S-9")).one()
    take_back(stage, serial)
    assert stands(stage, other) == (_S.PART_RECEIVED, [3, 1], False)
    assert stands(stage, order_of_one) == (_S.RECEIVED, [2], True)


def test_a_surplus_is_taken_back_alone(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier, OrderLine(cast.serial_part, 1))
    receive(stage, order, Units(cast.serial_part, 2, ("S-8", "S-9")))
    first, second = receipts(stage, order)
    take_back(stage, second)
    assert stands(stage, order) == (_S.RECEIVED, [1], True)
    take_back(stage, first)
    assert stands(stage, order) == (_S.ORDERED, [0], False)


def test_what_will_not_come_is_not_expected_again(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier)
    receive(stage, order, Units(cast.far_part, 2))
    receive(stage, order, Units(cast.far_part, 1), closes=True)
    closed = stage.row(PurchaseOrder, order)
    assert (closed.state, closed.lines[0].cancelled_quantity) == (_S.RECEIVED, 1)
    two, one = receipts(stage, order)
    take_back(stage, two)
    assert (stands(stage, order), coming(stage)) == ((_S.PART_RECEIVED, [1], False), 2)
    receive(stage, order, Units(cast.far_part, 2))
    assert (stands(stage, order), coming(stage)) == ((_S.RECEIVED, [3], True), 0)
    take_back(stage, one)
    receive(stage, order, Units(cast.far_part, 2))  # the rest has come after all
    assert stands(stage, order) == (_S.RECEIVED, [4], True)
    (last,) = set(receipts(stage, order)[-1:])
    take_back(stage, last)
    receive(stage, order, closes=True)  # and now even less
    final = stage.row(PurchaseOrder, order)
    assert (final.state, final.lines[0].received_quantity, final.lines[0].cancelled_quantity) == (_S.RECEIVED, 2, 2)


def test_whoever_waits_waits_on_for_it(stage: Stage, supplier: UUID) -> None:
    """What is promised of a receipt is not taken back; what is not, waits for the order again."""
    cast = stage.cast
    wish = ReservationWish(cast.ticket, cast.far_part, 5, None, cast.warehouse, takes_part=True)
    waiting = stage.act(cast.warehouse_keeper, lambda uow: [one.id for one in reserve_units(uow, wish)])
    order = ordered(stage, supplier)
    receive(stage, order, Units(cast.far_part, 4))
    (move,) = receipts(stage, order)
    before = stands(stage, order)
    with pytest.raises(Conflict) as refused:
        take_back(stage, move)
    assert (refused.value.code, stands(stage, order)) == ("not_enough_stock", before)
    for one in waiting:
        if stage.row(Reservation, one).state is ReservationState.RESERVED:
            stage.act(cast.warehouse_keeper, lambda uow, one=one: release_reservation(uow, one))
    take_back(stage, move)
    assert stands(stage, order)[0] is _S.ORDERED


def test_who_may(stage: Stage, supplier: UUID) -> None:
    order = ordered(stage, supplier)
    receive(stage, order, Units(stage.cast.far_part, 4))
    (move,) = receipts(stage, order)
    before = stands(stage, order)
    for login in ("technician1", "agent", "dispatcher", "supervisor", "outsider"):
        with pytest.raises((Forbidden, NotFound, TransitionRefused)):
            take_back(stage, move, login)
    assert stands(stage, order) == before
    take_back(stage, move, "admin")
    assert stands(stage, order)[0] is _S.ORDERED


def test_at_the_same_moment_each_receipt_is_taken_back_once(
    stage: Stage, supplier: UUID, open_database: OpenDatabase
) -> None:
    patient = Stage(open_database(lock_wait_s=30.0), stage.cast)
    cast = stage.cast
    order = ordered(patient, supplier, OrderLine(cast.far_part, 6), OrderLine(cast.part, 2))
    for units in (Units(cast.far_part, 1), Units(cast.far_part, 2), Units(cast.part, 2)):
        receive(patient, order, units)
    moves = receipts(patient, order)
    calls = [lambda move=move: take_back(patient, move) for move in (*moves, *moves)]
    done = at_once(*calls, *(lambda: receive(patient, order, Units(cast.far_part, 1)) for _ in range(3)))
    refused = [one for one in done if isinstance(one, DomainError)]
    assert [one.code for one in refused] == ["move_reversed"] * 3
    assert stands(patient, order) == (_S.PART_RECEIVED, [3, 0], False)
    for move in receipts(patient, order)[3:]:
        take_back(patient, move)
    assert stands(patient, order) == (_S.ORDERED, [0, 0], False)


def test_receipts_of_before_are_found_by_their_events(stage: Stage, supplier: UUID) -> None:
    """The migration tells whose they are, and what was taken back has not come; a closed order stays closed."""
    cast = stage.cast
    orders = [ordered(stage, supplier) for _ in range(3)]
    receive(stage, orders[0], Units(cast.far_part, 4))
    receive(stage, orders[1], Units(cast.far_part, 1))
    receive(stage, orders[2], Units(cast.far_part, 3), closes=True)
    known = {order: receipts(stage, order) for order in orders}
    take_back(stage, known[orders[0]][0])
    with stage.database.engine.begin() as connection:  # as it was: nobody knew, and the order was not asked
        connection.execute(delete(PurchaseOrderReceipt))
        connection.execute(update(PurchaseOrderLine).values(cancelled_quantity=0))
        first = connection.execute(select(PurchaseOrderLine.id).where(PurchaseOrderLine.order_id == orders[0]))
        line = update(PurchaseOrderLine).where(PurchaseOrderLine.id == first.scalar_one())
        connection.execute(line.values(received_quantity=4))
        connection.execute(update(PurchaseOrder).where(PurchaseOrder.id == orders[0]).values(state="received"))
        importlib.import_module(MIGRATION).note_receipts(connection)
    assert {order: receipts(stage, order) for order in orders} == known
    lines = [stage.row(PurchaseOrder, order).lines[0] for order in orders]
    assert [(one.received_quantity, one.cancelled_quantity) for one in lines] == [(0, 4), (1, 0), (3, 1)]
    take_back(stage, known[orders[2]][0])
    assert stands(stage, orders[2]) == (_S.ORDERED, [0], False)
