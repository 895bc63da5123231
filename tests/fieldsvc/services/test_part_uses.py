"""Where used parts come from: what the plan holds for the visit, then the van, then the plan's places, then nowhere."""

from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.ledger import MoveReason
from fieldsvc.models import Assignment, Consumption, PlannedPart, StockMove
from fieldsvc.services import part_uses, visit_records
from fieldsvc.services.doctor import examine
from fieldsvc.services.stock import post_move
from tests.fieldsvc.stage import Stage


@pytest.fixture(autouse=True)
def _books_are_sound(stage: Stage):
    """Whatever was used, the ledger and the claims are sound."""
    yield
    with stage.database.read_only() as session:
        assert examine(session, stage.database.clock.now()) == []


@pytest.fixture
def stocked(stage: Stage) -> Stage:
    """Give V1 at work, whose plan fetches one P-2 of the warehouse's three; one more lies in the van."""
    cast = stage.cast
    with stage.database.unit_of_work() as uow:
        post_move(
            uow,
            part_id=cast.far_part,
            quantity=1,
            from_location_id=cast.warehouse,
            to_location_id=cast.van1,
            reason=MoveReason.TRANSFER,
        )
        uow.commit()
    stage.bring_to("working")
    return stage


def count_on(stage: Stage, location: UUID, quantity: int) -> None:
    """Let the plan count on more P-2 for V1."""
    with stage.database.unit_of_work() as uow:
        own = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.visit)).one()
        uow.session.add(
            PlannedPart(
                id=uow.new_id(),
                assignment_id=own.id,
                part_id=stage.cast.far_part,
                location_id=location,
                quantity=quantity,
            )
        )
        uow.commit()


def use(stage: Stage, quantity: int = 1) -> None:
    wanted = part_uses.Use(stage.cast.far_part, quantity)
    stage.act(stage.cast.technician1, lambda uow: visit_records.record_consumption(uow, stage.cast.visit, wanted))


def sources(stage: Stage) -> list[tuple[UUID, int]]:
    with stage.database.read_only() as session:
        query = select(StockMove.from_location_id, Consumption.quantity).join(
            Consumption, Consumption.move_id == StockMove.id
        )
        return [(place, quantity) for place, quantity in session.execute(query.order_by(Consumption.id))]


def claims(stage: Stage) -> dict[UUID, int]:
    with stage.database.read_only() as session:
        query = select(PlannedPart.location_id, PlannedPart.quantity).where(PlannedPart.part_id == stage.cast.far_part)
        return dict(session.execute(query).all())


def test_what_was_fetched_for_the_visit_is_used_and_not_what_else_is_in_the_van(stocked: Stage) -> None:
    use(stocked)
    assert sources(stocked) == [(stocked.cast.warehouse, 1)]
    assert claims(stocked) == {}


def test_the_claim_given_up_is_the_one_at_the_place_it_came_from(stocked: Stage) -> None:
    count_on(stocked, stocked.cast.van1, 1)
    use(stocked)
    assert sources(stocked) == [(stocked.cast.van1, 1)]
    assert claims(stocked) == {stocked.cast.warehouse: 1}
    use(stocked)
    assert sources(stocked) == [(stocked.cast.van1, 1), (stocked.cast.warehouse, 1)]
    assert claims(stocked) == {}


def test_more_than_planned_comes_from_the_van_then_the_planned_places_then_nowhere(stocked: Stage) -> None:
    cast = stocked.cast
    use(stocked, 5)
    assert sources(stocked) == [(cast.warehouse, 1), (cast.van1, 1), (cast.warehouse, 1), (cast.discrepancy, 2)]
    assert claims(stocked) == {}
