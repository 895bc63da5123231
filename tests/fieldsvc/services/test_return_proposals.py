"""What visits need no more is proposed to be brought back to the warehouse it came from, and nothing else is."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.ledger import MoveReason
from fieldsvc.domain.roles import Role
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models import Assignment, StockLocation
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import picking, return_proposals, transfers, visits
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.picking import Tour
from fieldsvc.services.reservations import release_reservation
from fieldsvc.services.reserved_units import hold_parts
from fieldsvc.services.stock import Units, post_move
from fieldsvc.services.stock_reports import par_levels
from fieldsvc.services.transfers import TransferWish
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import assert_sound, planner
from tests.fieldsvc.services.van_scenes import POLICY, Van
from tests.fieldsvc.stage import RECORD, Stage

WORK = ("accept", "depart", "check_in", "work")
KEEPER = Actor(Role.WAREHOUSE)


@pytest.fixture
def van(database: Database) -> Iterator[Van]:
    """Give the van; whatever was done, the books are sound."""
    made = Van(Stage(database, build_cast(database)))
    yield made
    assert made.findings() == []


@pytest.fixture
def cast(van: Van) -> Cast:
    return van.cast


class TestWhatIsProposed:
    """What came for a visit that does not need it any more."""

    def test_a_cancelled_visit_leaves_its_units_to_be_brought_back(self, van: Van, cast: Cast) -> None:
        van.load()
        assert van.proposed() == []
        van.cancel()
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_so_does_one_that_ends_incomplete(self, van: Van, cast: Cast) -> None:
        van.load()
        van.stage.walk("accept", "depart", "check_in", "break_off")
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_and_one_that_is_completed_without_them(self, van: Van, cast: Cast) -> None:
        van.load()
        van.stage.walk(*WORK, *RECORD, "complete")
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_what_was_used_is_gone(self, van: Van, cast: Cast) -> None:
        van.load()
        van.stage.walk(*WORK)
        van.use(cast.far_part)
        van.stage.walk(*RECORD)
        van.stage.act(cast.technician1, lambda uow: visits.complete_visit(uow, cast.visit))
        assert van.proposed() == []

    def test_what_is_left_of_more_than_were_needed(self, van: Van, cast: Cast) -> None:
        van.cancel()
        van.claim(cast.far_part, units=3)
        van.load()
        van.stage.walk(*WORK, visit_id=cast.other_visit)
        van.use(cast.far_part, cast.other_visit)
        assert van.proposed() == []
        van.stage.walk("break_off", visit_id=cast.other_visit)
        assert van.proposed() == [(cast.far_part, 2, ())]

    def test_what_is_used_on_its_way_has_arrived(self, van: Van, cast: Cast) -> None:
        van.cancel()
        van.claim(cast.far_part, units=2)
        transfer = van.hand_over()
        van.stage.walk(*WORK, visit_id=cast.other_visit)
        van.use(cast.far_part, cast.other_visit)
        van.stage.walk("break_off", visit_id=cast.other_visit)
        assert van.proposed() == []
        van.confirm(transfer, Units(cast.far_part, 1))
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_what_is_given_up_on_its_way_has_to_arrive_first(self, van: Van, cast: Cast) -> None:
        transfer = van.hand_over()
        van.stage.walk("decline")
        assert van.proposed() == []
        van.confirm(transfer)
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_what_has_not_arrived_is_not_made_up_for_by_other_units(self, van: Van, cast: Cast) -> None:
        van.bring(cast.far_part, 1)
        transfer = van.hand_over()
        van.stage.walk("decline")
        van.confirm(transfer, Units(cast.far_part, 0))
        assert van.proposed() == []

    def test_what_has_arrived_is_for_the_visit_that_needs_it(self, van: Van, cast: Cast) -> None:
        van.bring(cast.far_part, 1)
        van.claim(cast.far_part)
        transfer = van.hand_over()
        van.stage.walk("decline")
        van.confirm(transfer, Units(cast.far_part, 1))
        assert van.proposed() == []

    def test_what_the_van_has_of_its_own_stays(self, van: Van, cast: Cast) -> None:
        van.bring(cast.far_part, 2)
        assert van.proposed() == []
        van.cancel()  # nothing was handed over for it
        assert van.proposed() == []

    def test_what_staff_has_asked_for_stays_with_the_ticket_until_a_dispatcher_releases_it(
        self, van: Van, cast: Cast
    ) -> None:
        van.cancel()
        held = van.reserve(cast.far_part, cast.warehouse, cast.other_visit)
        van.claim(cast.far_part)
        van.load()
        van.stage.walk("accept", "depart", "check_in", "break_off", visit_id=cast.other_visit)
        assert van.proposed() == []
        van.stage.act(cast.dispatcher, lambda uow: release_reservation(uow, held.id))
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_serials_that_the_hand_over_has_brought_are_named(self, van: Van, cast: Cast) -> None:
        delivery = Delivery(cast.serial_part, cast.warehouse, 2, ("A-10", "S-10"))
        van.keeper(lambda uow: receive_units(uow, delivery))
        van.cancel()
        van.claim(cast.serial_part)
        van.load(serials={cast.serial_part: ["S-10"]})
        van.cancel(cast.other_visit)
        assert van.proposed() == [(cast.serial_part, 1, ("S-10",))]  # S-1 is the van's own
        made = van.draft(cast.technician1)
        assert (
            van.stage.act(cast.technician1, lambda uow: transfers.ship_transfer(uow, made.id)).state
            is TransferState.SHIPPED
        )


class TestWhatHasHappenedSince:
    """Units that were used, promised or moved away are not brought back, nor those below the par level."""

    def test_another_visit_uses_them(self, van: Van, cast: Cast) -> None:
        van.load()
        van.cancel()
        self._give(van, cast.other_visit)
        van.stage.walk(*WORK, visit_id=cast.other_visit)
        van.use(cast.far_part, cast.other_visit)
        van.bring(cast.far_part, 2)
        assert van.proposed() == []

    def test_a_fact_takes_what_another_visit_was_promised(self, van: Van, cast: Cast) -> None:
        van.claim(cast.far_part)
        van.load()
        van.cancel()
        assert van.proposed() == [(cast.far_part, 1, ())]
        van.stage.walk(*WORK, visit_id=cast.other_visit)
        van.use(cast.far_part, cast.other_visit, 2)
        assert van.proposed() == []

    def test_what_one_visit_had_before_is_not_what_another_has_left(self, van: Van, cast: Cast) -> None:
        """V1 has two units of the van's own, and uses one of them after V3 has given its own up."""
        van.claim(cast.part)
        van.load()
        van.cancel(cast.other_visit)
        assert van.proposed() == [(cast.part, 1, ())]
        van.stage.walk(*WORK)
        van.use(cast.part)
        assert van.proposed() == [(cast.part, 1, ())]

    def test_the_next_waiting_visit_is_served(self, van: Van, cast: Cast) -> None:
        van.load()
        waiting = van.reserve(cast.far_part, cast.van1, cast.other_visit, takes_part=True)
        van.cancel()
        assert van.proposed() == []
        van.bring(cast.far_part, 2)  # the van's own
        assert van.proposed() == []
        van.stage.act(cast.dispatcher, lambda uow: release_reservation(uow, waiting.id))
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_what_is_reserved_from_them_is_proposed_again_when_released(self, van: Van, cast: Cast) -> None:
        van.load()
        van.cancel()
        held = van.reserve(cast.far_part, cast.van1, cast.other_visit)
        assert van.proposed() == []
        van.stage.act(cast.dispatcher, lambda uow: release_reservation(uow, held.id))
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_what_the_van_should_hold_stays(self, van: Van, cast: Cast) -> None:
        van.load()
        van.cancel()
        self._use_weekly(van, cast.far_part, 3)
        assert van.proposed() == []
        delivery = Delivery(cast.far_part, cast.warehouse, 20)
        van.keeper(lambda uow: receive_units(uow, delivery))
        van.bring(cast.far_part, 20)
        assert van.proposed() == [(cast.far_part, 1, ())]  # beyond it, and no more than came for the visit

    def test_a_draft_does_not_take_what_the_van_should_hold(self, van: Van, cast: Cast) -> None:
        van.cancel()
        van.claim(cast.far_part, units=3)
        van.load()
        van.cancel(cast.other_visit)
        self._use_weekly(van, cast.far_part, 3)
        with van.stage.database.read_only() as session:
            place = session.get_one(StockLocation, cast.van1)
            par = par_levels(session, place, van.stage.database.clock.now(), POLICY)[cast.van1, cast.far_part]
        van.keeper(lambda uow: receive_units(uow, Delivery(cast.far_part, cast.warehouse, par)))
        van.bring(cast.far_part, par - 1)
        assert van.proposed() == [(cast.far_part, 2, ())]
        wish = TransferWish(cast.van1, cast.warehouse, (Units(cast.far_part, 1),))
        made = van.keeper(lambda uow: transfers.draft_transfer(uow, wish)).id
        assert van.proposed() == [(cast.far_part, 1, ())]
        van.keeper(lambda uow: transfers.ship_transfer(uow, made))
        assert van.proposed() == [(cast.far_part, 1, ())]

    def _give(self, van: Van, visit: UUID) -> None:
        with van.stage.database.unit_of_work() as uow:
            own = uow.session.scalars(select(Assignment).where(Assignment.visit_id == visit)).one()
            own.technician_id = van.technician
            uow.commit()

    def _use_weekly(self, van: Van, part: UUID, units: int, weeks: int = 52) -> None:
        cast, now = van.cast, van.stage.database.clock.now()
        van.keeper(lambda uow: receive_units(uow, Delivery(part, cast.warehouse, units * weeks)))

        def use(uow: UnitOfWork) -> None:
            hold_parts(uow, [part])
            post_move(
                uow,
                part_id=part,
                quantity=units,
                from_location_id=cast.warehouse,
                to_location_id=cast.customers_stock,
                reason=MoveReason.CONSUMPTION,
                visit_id=cast.visit,
            )

        for week in range(weeks):
            van.stage.act(cast.warehouse_keeper, use, occurred_at=now - timedelta(days=7 * week + 3))


def test_a_visit_that_moves_to_another_technician_leaves_its_units_behind(database: Database) -> None:
    world = DayWorld(database)
    ana, house = world.technician("Ana"), world.warehouse("house", {"P-1": 3})
    world.technician("Bia")
    world.visit("V1", parts={"P-1": 1})
    world.visit("V2", parts={"P-1": 1})
    world.apply(world.propose(plan=planner(Ana="house V1")))
    made = world.write(lambda uow: picking.hand_over(uow, Tour(house, ana.id, world.day), {}), KEEPER).id
    world.write(lambda uow: transfers.receive_transfer(uow, made), KEEPER)

    def proposed() -> list[tuple[UUID, UUID, int]]:
        with database.read_only() as session:
            found = return_proposals.list_return_proposals(session, KEEPER, world.clock.now(), POLICY)
        return [(one.from_location_id, one.to_location_id, one.quantity) for one in found]

    assert proposed() == []
    world.apply(world.propose(plan=planner(Bia="house V1")))
    assert proposed() == [(ana.van, house, 1)]
    world.apply(world.propose(plan=planner(Ana="V2", Bia="house V1")))
    assert proposed() == []  # the next visit there has the unit
    assert_sound(world)
