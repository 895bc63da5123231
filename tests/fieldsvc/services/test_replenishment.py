"""What should be ordered: from what was used, as a person decides, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fieldsvc.adapters.travel import EstimatedTravel
from fieldsvc.domain.errors import Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.ledger import LocationKind, MoveReason
from fieldsvc.domain.purchase_order_states import PurchaseOrderState
from fieldsvc.domain.replenishment_states import ReplenishmentState
from fieldsvc.domain.stock_classes import StockClass
from fieldsvc.models import Part, ReplenishmentProposal, StockLocation, StockMove
from fieldsvc.persistence.database import Database
from fieldsvc.services import purchase_orders, replenishment, stock_reports, suppliers
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.replenishment import Choice, ReplenishmentPolicy
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.weekly_reviews import houses_to_review
from fieldsvc.worker import WorkerPorts, review_warehouses
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.stage import Stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return Stage(database, build_cast(database))


@pytest.fixture
def cast(stage: Stage) -> Cast:
    return stage.cast


def use_weekly(stage: Stage, part: UUID, units: int, weeks: int = 52) -> None:
    """Let units have been used at the cast's visit in each of the last weeks, the stock put in for it beforehand."""
    cast, now = stage.cast, stage.database.clock.now()
    delivery = Delivery(part, cast.warehouse, units * weeks)
    stage.act(cast.warehouse_keeper, lambda uow: receive_units(uow, delivery))
    with stage.database.unit_of_work() as uow:
        for week in range(weeks):
            moment = now - timedelta(days=7 * week + 3)
            uow.session.add(
                StockMove(
                    id=uow.new_id(),
                    part_id=part,
                    quantity=units,
                    from_location_id=cast.warehouse,
                    to_location_id=cast.customers_stock,
                    reason=MoveReason.CONSUMPTION,
                    visit_id=cast.visit,
                    value_cents=0,
                    occurred_at=moment,
                    recorded_at=moment,
                )
            )
        uow.commit()


def proposed(stage: Stage, **policy: int) -> list[ReplenishmentProposal]:
    wanted = ReplenishmentPolicy(**policy)
    keeper = stage.cast.warehouse_keeper
    return list(stage.act(keeper, lambda uow: replenishment.propose_orders(uow, stage.cast.warehouse, wanted)))


def sold_by(stage: Stage, *parts: UUID, minimum: int = 1, days: int = 14, code: str = "acme") -> UUID:
    offers = [
        {"part_id": part, "number": "X", "unit_cost_cents": 800, "minimum_quantity": minimum, "lead_time_days": None}
        for part in parts
    ]
    said = {"code": code, "name": code, "lead_time_days": days, "parts": offers}
    return stage.act(stage.cast.warehouse_keeper, lambda uow: suppliers.add_supplier(uow, said)).id


def test_what_is_used_is_ordered_before_it_runs_out(stage: Stage, cast: Cast) -> None:
    supplier = sold_by(stage, cast.far_part, minimum=30)
    use_weekly(stage, cast.far_part, 5)
    assert proposed(stage) == []  # the delivery for the whole year lies there still by the books
    wish = ReservationWish(cast.ticket, cast.far_part, 262, None, cast.warehouse)
    stage.act(cast.warehouse_keeper, lambda uow: reserve_units(uow, wish))
    (one,) = proposed(stage)
    assert (one.part_id, one.supplier_id, one.unit_cost_cents, one.stock_class) == (
        cast.far_part,
        supplier,
        800,
        StockClass.A,
    )
    figures: dict[str, Any] = one.figures
    assert (figures["mean_per_week_thousandths"], figures["lead_days"], figures["reserved"]) == (5000, 14, 263)
    assert figures["reorder_point"] >= 10  # two weeks of lead time, at five a week
    assert one.quantity >= 30
    assert sum(one.weeks) == 52 * 5
    assert one.sentence.startswith(f"Order {one.quantity}: ")


def test_newer_figures_take_the_place_of_older_ones(stage: Stage, cast: Cast) -> None:
    sold_by(stage, cast.far_part)
    wish = ReservationWish(cast.ticket, cast.far_part, 9, None, cast.warehouse, takes_part=True)
    stage.act(cast.warehouse_keeper, lambda uow: reserve_units(uow, wish))
    (first,), (second,) = proposed(stage), proposed(stage)
    assert first.quantity == second.quantity == 7  # of three, one is for the visit
    assert stage.row(ReplenishmentProposal, first.id).state is ReplenishmentState.SUPERSEDED
    with pytest.raises(TransitionRefused):
        stage.act(cast.warehouse_keeper, lambda uow: replenishment.order_proposals(uow, [Choice(first.id)]))


def test_a_person_makes_orders_of_it(stage: Stage, cast: Cast) -> None:
    acme = sold_by(stage, cast.far_part)
    for part in (cast.far_part, cast.serial_part):
        wish = ReservationWish(cast.ticket, part, 9, None, cast.warehouse, takes_part=True)
        stage.act(cast.warehouse_keeper, lambda uow, wish=wish: reserve_units(uow, wish))
    far, serial = sorted(proposed(stage), key=lambda one: one.part_id != cast.far_part)
    keeper = cast.warehouse_keeper
    with pytest.raises(Invalid) as refused:
        stage.act(keeper, lambda uow: replenishment.order_proposals(uow, [Choice(far.id), Choice(serial.id)]))
    assert [(one.code, one.pointer) for one in refused.value.faults] == [
        ("supplier_needed", "/proposals/1/supplier_id")
    ]
    choices = [Choice(far.id, 8), Choice(serial.id, None, acme)]
    (order,) = stage.act(keeper, lambda uow: replenishment.order_proposals(uow, choices))
    assert (order.state, {(line.part_id, line.quantity, line.unit_cost_cents) for line in order.lines}) == (
        PurchaseOrderState.DRAFT,
        {(cast.far_part, 8, 800), (cast.serial_part, serial.quantity, 900)},
    )
    ordered = stage.row(ReplenishmentProposal, far.id)
    assert (ordered.state, ordered.order_id) == (ReplenishmentState.ORDERED, order.id)
    with pytest.raises(TransitionRefused):
        stage.act(keeper, lambda uow: replenishment.order_proposals(uow, [Choice(far.id)]))
    with pytest.raises(Forbidden):
        stage.act(cast.supervisor, lambda uow: replenishment.order_proposals(uow, [Choice(far.id)]))


def test_a_proposal_is_dismissed_or_ordered_once(stage: Stage, cast: Cast) -> None:
    acme = sold_by(stage, cast.far_part)
    wish = ReservationWish(cast.ticket, cast.far_part, 9, None, cast.warehouse, takes_part=True)
    stage.act(cast.warehouse_keeper, lambda uow: reserve_units(uow, wish))
    (one,) = proposed(stage)
    assert one.supplier_id == acme
    keeper = cast.warehouse_keeper
    done = at_once(
        lambda: stage.act(keeper, lambda uow: replenishment.order_proposals(uow, [Choice(one.id)])),
        lambda: stage.act(keeper, lambda uow: replenishment.dismiss_proposal(uow, one.id, "no room")),
    )
    final = stage.row(ReplenishmentProposal, one.id)
    assert final.state in (ReplenishmentState.ORDERED, ReplenishmentState.DISMISSED)
    assert (final.order_id is not None) == (final.state is ReplenishmentState.ORDERED)
    assert sum(isinstance(each, Exception) for each in done) == 1
    with pytest.raises(NotFound), stage.database.read_only() as session:
        replenishment.get_proposal(session, cast.warehouse_keeper, UUID(int=7))


def test_vans_hold_what_they_use(stage: Stage, cast: Cast) -> None:
    use_weekly(stage, cast.far_part, 6)
    with stage.database.read_only() as session:
        now = stage.database.clock.now()
        lines = stage_lines(stock_reports.van_levels(session, cast.warehouse_keeper, cast.warehouse, now, 7, 90))
    far = lines[cast.van1, cast.far_part], lines[cast.van2, cast.far_part]
    assert all(3 <= line.par <= 12 and line.bring == line.par for line in far)
    assert (cast.foreign_van, cast.far_part) not in lines


def stage_lines(found: list[stock_reports.VanLine]) -> dict[tuple[UUID, UUID], stock_reports.VanLine]:
    return {(line.location_id, line.part_id): line for line in found}


def test_what_nobody_uses_is_dead(stage: Stage, cast: Cast) -> None:
    use_weekly(stage, cast.far_part, 1)
    with stage.database.read_only() as session:
        later = cast.day + timedelta(days=200)
        dead = stock_reports.unused_stock(session, cast.warehouse_keeper, cast.warehouse, later, 180)
        assert [(one.holding.part_id, one.holding.on_hand) for one in dead] == [
            (cast.far_part, 55),
            (cast.part, 5),
        ]
        assert stock_reports.unused_stock(session, cast.warehouse_keeper, cast.warehouse, cast.day, 180) == []
    assert stage.row(Part, cast.part).criticality == 0


def test_the_worker_looks_at_each_warehouse_once_a_week(stage: Stage, cast: Cast) -> None:
    wish = ReservationWish(cast.ticket, cast.far_part, 9, None, cast.warehouse, takes_part=True)
    stage.act(cast.warehouse_keeper, lambda uow: reserve_units(uow, wish))
    ports = WorkerPorts(stage.database, EstimatedTravel(), 60, 1)
    assert [review_warehouses(ports) for _ in range(2)] == [1, 0]
    with stage.database.read_only() as session:
        assert [one.part_id for one in session.query(ReplenishmentProposal)] == [cast.far_part]
        week = stage.database.clock.now() + timedelta(days=7, minutes=1)
        assert houses_to_review(session, week) == [cast.warehouse]


def test_two_warehouses_of_a_team_propose_one_demand_once(stage: Stage, cast: Cast) -> None:
    sold_by(stage, cast.far_part)
    use_weekly(stage, cast.far_part, 5)
    wish = ReservationWish(cast.ticket, cast.far_part, 262, None, cast.warehouse)
    stage.act(cast.warehouse_keeper, lambda uow: reserve_units(uow, wish))
    with stage.database.unit_of_work() as uow:
        second = StockLocation(
            id=uow.new_id(),
            code="second",
            name="second",
            kind=LocationKind.WAREHOUSE,
            is_physical=True,
            team_id=cast.team,
            handling_s=0,
        )
        uow.session.add(second)
        uow.commit()
        houses = (cast.warehouse, second.id)
    policy, keeper = ReplenishmentPolicy(), cast.warehouse_keeper
    both = at_once(
        *[
            lambda house=house: stage.act(keeper, lambda uow: replenishment.propose_orders(uow, house, policy))
            for house in houses
        ]
    )
    (one,) = [proposal for made in both for proposal in made]
    stage.act(keeper, lambda uow: replenishment.order_proposals(uow, [Choice(one.id)]))
    for house in houses:  # the draft counts as well, until somebody calls it off
        assert stage.act(keeper, lambda uow, at=house: replenishment.propose_orders(uow, at, policy)) == []
    order = stage.row(ReplenishmentProposal, one.id).order_id
    stage.act(cast.supervisor, lambda uow: purchase_orders.cancel_order(uow, order, "too dear"))
    again = stage.act(keeper, lambda uow: replenishment.propose_orders(uow, second.id, policy))
    assert [proposal.quantity for proposal in again] == [one.quantity]
    assert "about to be ordered" not in again[0].sentence
