"""Parts ordered from suppliers: who may what, what has come, what it is worth, and whom it serves."""

from datetime import timedelta
from uuid import UUID

import pytest

from fieldsvc.domain.errors import Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.purchase_order_states import PurchaseOrderState
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import PurchaseOrder, Reservation, StockValue, Supplier
from fieldsvc.persistence.database import Database
from fieldsvc.services import purchase_orders, suppliers
from fieldsvc.services.doctor import Finding, examine
from fieldsvc.services.purchase_orders import OrderLine, OrderWish
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.stage import Stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database, build_cast(database))


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast


@pytest.fixture
def supplier(stage: Stage) -> UUID:
    offer = {"number": "X-9", "unit_cost_cents": 700, "minimum_quantity": 2, "lead_time_days": None}
    said = {"code": "acme", "name": "Acme", "lead_time_days": 5, "is_active": True}
    parts = [offer | {"part_id": stage.cast.far_part}]
    return stage.act(stage.cast.warehouse_keeper, lambda uow: suppliers.add_supplier(uow, said | {"parts": parts})).id


def drafted(stage: Stage, supplier: UUID, *lines: OrderLine) -> UUID:
    wish = OrderWish(supplier, stage.cast.warehouse, lines or (OrderLine(stage.cast.far_part, 4),))
    return stage.act(stage.cast.warehouse_keeper, lambda uow: purchase_orders.draft_order(uow, wish)).id


def ordered(stage: Stage, supplier: UUID, *lines: OrderLine) -> UUID:
    order = drafted(stage, supplier, *lines)
    stage.act(stage.cast.supervisor, lambda uow: purchase_orders.approve_order(uow, order))
    stage.act(stage.cast.warehouse_keeper, lambda uow: purchase_orders.place_order(uow, order, "A-17"))
    return order


def receive(stage: Stage, order: UUID, *units: Units, closes: bool = False) -> PurchaseOrder:
    use_case = lambda uow: purchase_orders.receive_order(uow, order, units, closes=closes)  # noqa: E731
    return stage.act(stage.cast.warehouse_keeper, use_case)


def findings(stage: Stage) -> list[Finding]:
    with stage.database.read_only() as session:
        return examine(session, stage.database.clock.now())


def worth(stage: Stage, part: UUID) -> int:
    with stage.database.read_only() as session:
        return session.get_one(StockValue, part).value_cents


def test_an_order_goes_its_way_and_what_comes_is_worth_what_it_costs(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    before = worth(stage, cast.far_part)
    order = ordered(stage, supplier)
    placed = stage.row(PurchaseOrder, order)
    assert [(one.unit_cost_cents, one.expected_on) for one in placed.lines] == [
        (700, stage.database.clock.now().date() + timedelta(days=5))
    ]
    some = receive(stage, order, Units(cast.far_part, 3))
    assert (some.state, some.lines[0].received_quantity) == (PurchaseOrderState.PART_RECEIVED, 3)
    rest = receive(stage, order, Units(cast.far_part, 2))  # one more than was ordered: it is there all the same
    assert (rest.state, rest.lines[0].received_quantity) == (PurchaseOrderState.RECEIVED, 5)
    assert rest.closed_at is not None
    assert worth(stage, cast.far_part) == before + 5 * 700
    with pytest.raises(TransitionRefused):
        receive(stage, order, Units(cast.far_part, 1))
    kinds = [event.kind for event in stage.events(order)]
    assert kinds == [
        "purchase_order_drafted",
        "purchase_order_approved",
        "purchase_order_ordered",
        "purchase_order_received",
        "purchase_order_received",
    ]
    assert findings(stage) == []


def test_whoever_waits_is_served_by_what_comes(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    wish = ReservationWish(cast.ticket, cast.far_part, 5, None, cast.warehouse, takes_part=True)
    waiting = stage.act(cast.warehouse_keeper, lambda uow: [one.id for one in reserve_units(uow, wish)])
    order = ordered(stage, supplier)
    receive(stage, order, Units(cast.far_part, 4))
    states = {stage.row(Reservation, one).state for one in waiting}
    assert states == {ReservationState.RESERVED}
    assert findings(stage) == []


def test_who_may_what(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = drafted(stage, supplier)
    for actor in (cast.dispatcher, cast.technician1, cast.agent):
        with pytest.raises(Forbidden):
            stage.act(actor, lambda uow: purchase_orders.draft_order(uow, OrderWish(supplier, cast.warehouse, ())))
    with pytest.raises(Forbidden):
        stage.act(cast.warehouse_keeper, lambda uow: purchase_orders.approve_order(uow, order))
    with pytest.raises(TransitionRefused):
        stage.act(cast.warehouse_keeper, lambda uow: purchase_orders.place_order(uow, order))
    for _ in range(2):  # approved twice is approved, with one event
        stage.act(cast.supervisor, lambda uow: purchase_orders.approve_order(uow, order))
    assert [event.kind for event in stage.events(order)] == ["purchase_order_drafted", "purchase_order_approved"]
    with stage.database.read_only() as session, pytest.raises(NotFound):
        purchase_orders.get_order(session, cast.outsider, order)
    with stage.database.read_only() as session:
        assert purchase_orders.get_order(session, cast.dispatcher, order).id == order


def test_an_order_is_called_off_while_nothing_has_come(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order, other = ordered(stage, supplier), ordered(stage, supplier)
    for _ in range(2):
        stage.act(cast.supervisor, lambda uow: purchase_orders.cancel_order(uow, order, "not needed"))
    assert stage.row(PurchaseOrder, order).state is PurchaseOrderState.CANCELLED
    receive(stage, other, Units(cast.far_part, 1))
    with pytest.raises(TransitionRefused):
        stage.act(cast.supervisor, lambda uow: purchase_orders.cancel_order(uow, other, "too late"))
    closed = receive(stage, other, closes=True)  # the way out: the rest will not come
    assert (closed.state, closed.lines[0].received_quantity) == (PurchaseOrderState.RECEIVED, 1)


def test_all_faults_of_an_order_are_named_at_once(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    nothing = UUID(int=7)
    lines = (OrderLine(cast.far_part, 1), OrderLine(nothing, 1), OrderLine(cast.part, 1), OrderLine(cast.part, 2))
    with pytest.raises(Invalid) as refused:
        drafted(stage, supplier, *lines)
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
        ("below_minimum", "/lines/0/quantity"),
        ("unknown_part", "/lines/1/part_id"),
        ("duplicate", "/lines/3/part_id"),
    ]
    stage.act(cast.warehouse_keeper, lambda uow: suppliers.change_supplier(uow, supplier, {"is_active": False}, 1))
    with pytest.raises(Invalid) as refused:
        drafted(stage, supplier, OrderLine(cast.part, 1))
    assert [fault.code for fault in refused.value.faults] == ["supplier_inactive"]
    with pytest.raises(Invalid) as refused:
        stage.act(
            cast.warehouse_keeper,
            lambda uow: purchase_orders.draft_order(uow, OrderWish(nothing, cast.customers_stock, ())),
        )
    assert [fault.code for fault in refused.value.faults] == ["unknown_supplier", "unknown_location", "empty"]


def test_all_faults_of_what_has_come_are_named_at_once(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier, OrderLine(cast.serial_part, 2), OrderLine(cast.far_part, 2))
    counted = (Units(cast.serial_part, 2, ("S-1", "S-9")), Units(cast.part, 1), Units(cast.far_part, 1))
    with pytest.raises(Invalid) as refused:
        receive(stage, order, *counted, Units(cast.far_part, 1))
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
        ("serial_in_stock", "/counted/0/serials/0"),
        ("unknown_part", "/counted/1/part_id"),
        ("duplicate", "/counted/3/part_id"),
    ]
    with pytest.raises(Invalid):
        receive(stage, order)
    assert stage.row(PurchaseOrder, order).state is PurchaseOrderState.ORDERED
    receive(stage, order, Units(cast.serial_part, 1, ("S-9",)))
    assert findings(stage) == []


def test_two_clerks_at_once_book_in_what_each_has_counted(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    order = ordered(stage, supplier)
    done = at_once(*(lambda: receive(stage, order, Units(cast.far_part, 2)) for _ in range(2)))
    assert len(done) == 2
    final = stage.row(PurchaseOrder, order)
    assert final.lines[0].received_quantity in (2, 4)  # the second is told, or comes after
    assert findings(stage) == []


def test_a_supplier_changes_and_a_code_is_taken_once(stage: Stage, supplier: UUID) -> None:
    cast = stage.cast
    wanted = {"parts": [{"part_id": cast.part, "number": "Y", "unit_cost_cents": 1, "minimum_quantity": 1}]}
    changed = stage.act(
        cast.warehouse_keeper, lambda uow: suppliers.change_supplier(uow, supplier, {"name": "Acme 2", **wanted}, 1)
    )
    assert (changed.name, changed.version, [one.part_id for one in changed.parts]) == ("Acme 2", 2, [cast.part])
    said = {"code": "acme", "name": "x", "lead_time_days": 1, "parts": [*wanted["parts"] * 2]}
    with pytest.raises(Invalid) as refused:
        stage.act(cast.warehouse_keeper, lambda uow: suppliers.add_supplier(uow, said))
    assert [fault.code for fault in refused.value.faults] == ["taken", "duplicate"]
    assert stage.row(Supplier, supplier).name == "Acme 2"
