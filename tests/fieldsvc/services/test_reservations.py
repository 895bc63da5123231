"""Units that are promised: to one ticket at a time, for as long as it needs them, and to whoever waits after it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason
from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, StaleVersion
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.models import PartSubstitute, Reservation, StockLocation, Ticket
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services import (
    overdue,
    reservations,
    ticket_cancellations,
    visit_returns,
)
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.stock import special_location
from fieldsvc.services.stock_moves import reverse_move
from tests.conftest import OpenDatabase
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.services.promises import (
    assert_sound,
    balance,
    kinds,
    late,
    move_away,
    of_ticket,
    release,
    reserve,
    state,
)
from tests.fieldsvc.stage import Stage

_S = ReservationState
ROOM = PageRequest(50)


@pytest.fixture(autouse=True)
def _all_is_sound(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was promised, the books and the promises agree."""
    stage = request.getfixturevalue("stage") if "stage" in request.fixturenames else None
    yield
    if stage is not None:
        assert_sound(stage)


class TestReserving:
    def test_units_are_promised_and_given_up(self, stage: Stage) -> None:
        (one,) = reserve(stage, 2)
        assert (one.state, one.quantity, one.location_id) == (_S.RESERVED, 2, stage.cast.warehouse)
        assert balance(stage, stage.cast.warehouse) == (5, 2)
        assert release(stage, one).end_reason == "not_wanted"
        assert balance(stage, stage.cast.warehouse) == (5, 0)
        release(stage, one)
        assert kinds(stage, one) == ["units_reserved", "reservation_released"]

    def test_what_is_promised_is_not_promised_or_moved_again(self, stage: Stage) -> None:
        reserve(stage, 4)
        with pytest.raises(Conflict) as refused:
            reserve(stage, 2, ticket_id=stage.cast.foreign_ticket)
        assert refused.value.code == "not_enough_stock"
        assert [(one.code, one.message) for one in refused.value.faults] == [
            ("available", "1 are available at warehouse.")
        ]
        with pytest.raises(Conflict):
            move_away(stage, 2)
        move_away(stage, 1)

    def test_without_a_place_it_is_the_warehouse_that_has_all(self, stage: Stage) -> None:
        assert reserve(stage, 3, location_id=None)[0].location_id == stage.cast.warehouse

    def test_a_substitute_is_named(self, stage: Stage) -> None:
        cast = stage.cast
        with stage.database.unit_of_work() as uow:
            uow.session.add(PartSubstitute(part_id=cast.part, substitute_id=cast.far_part, position=0))
            uow.commit()
        with pytest.raises(Conflict) as refused:
            reserve(stage, 6)
        assert [one.code for one in refused.value.faults] == ["available", "substitute"]
        assert refused.value.faults[1].message == "P-2 can take its place: 2 are available at warehouse."

    def test_in_part_what_is_there_is_reserved_and_the_rest_waits(self, stage: Stage) -> None:
        there, waiting = reserve(stage, 7, takes_part=True)
        assert (there.state, there.quantity, waiting.state, waiting.quantity) == (_S.RESERVED, 5, _S.BACKORDERED, 2)
        assert balance(stage, stage.cast.warehouse) == (5, 5)

    @pytest.mark.parametrize(
        ("changes", "code", "pointer"),
        [
            ({"part_id": uuid4()}, "unknown_part", "/part_id"),
            ({"location_id": uuid4()}, "unknown_location", "/location_id"),
            ({"visit_id": uuid4()}, "unknown_visit", "/visit_id"),
            ({"hold_until": timedelta(0)}, "time_over", "/hold_until"),
            ({"hold_until": timedelta(days=400)}, "too_long", "/hold_until"),
        ],
    )
    def test_what_is_wrong_is_named(self, stage: Stage, changes: dict[str, Any], code: str, pointer: str) -> None:
        if "hold_until" in changes:
            changes = {"hold_until": stage.database.clock.now() + changes["hold_until"]}
        with pytest.raises(Invalid) as refused:
            reserve(stage, **changes)
        assert [(one.code, one.pointer) for one in refused.value.faults] == [(code, pointer)]

    def test_what_is_on_its_way_or_in_quarantine_is_promised_to_nobody(self, stage: Stage) -> None:
        with stage.database.unit_of_work() as uow:
            place = special_location(uow, LocationKind.QUARANTINE).id
            uow.commit()
        with pytest.raises(Invalid) as refused:
            reserve(stage, location_id=place)
        assert [one.code for one in refused.value.faults] == ["unknown_location"]

    def test_all_that_is_wrong_is_named_at_once(self, stage: Stage) -> None:
        with pytest.raises(Invalid) as refused:
            reserve(stage, part_id=uuid4(), location_id=stage.cast.discrepancy, visit_id=stage.cast.foreign_visit)
        assert [one.pointer for one in refused.value.faults] == ["/part_id", "/location_id", "/visit_id"]


class TestWhose:
    @pytest.mark.parametrize("login", ["technician1", "dispatcher", "warehouse", "supervisor", "admin"])
    def test_by_whom(self, stage: Stage, login: str) -> None:
        (one,) = reserve(stage, login=login, visit_id=stage.cast.visit)
        assert release(stage, one, login).state is _S.RELEASED

    def test_a_technician_reserves_and_releases_for_own_visits_only(self, stage: Stage) -> None:
        with pytest.raises(Invalid) as refused:
            reserve(stage, login="technician1")
        assert [one.code for one in refused.value.faults] == ["visit_needed"]
        (one,) = reserve(stage)
        with pytest.raises(NotFound):
            release(stage, one, "technician1")

    @pytest.mark.parametrize(
        ("login", "error"),
        [("agent", Forbidden), ("outsider", NotFound), ("foreign_technician", NotFound)],
    )
    def test_by_whom_not(self, stage: Stage, login: str, error: type[DomainError]) -> None:
        (one,) = reserve(stage)
        for attempt in (lambda: reserve(stage, login=login), lambda: release(stage, one, login)):
            with pytest.raises(error):
                attempt()
        assert balance(stage, stage.cast.warehouse) == (5, 1)

    def test_who_may_see_it(self, stage: Stage) -> None:
        (one,) = reserve(stage)
        with stage.database.read_only() as session:
            for login, seen in (("agent", True), ("technician1", True), ("outsider", False)):
                page = reservations.list_reservations(session, stage.cast.actors[login], ROOM, part_id=one.part_id)
                assert (one.id in [row.id for row in page.items]) is seen
            with pytest.raises(NotFound):
                reservations.get_reservation(session, stage.cast.actors["outsider"], one.id)

    def test_another_version_is_refused(self, stage: Stage) -> None:
        (one,) = reserve(stage)
        with pytest.raises(StaleVersion):
            release(stage, one, version=7)


class TestTime:
    def hold(self, stage: Stage, one: Reservation, until: timedelta | None) -> Reservation:
        at = None if until is None else stage.database.clock.now() + until
        return stage.act(stage.cast.warehouse_keeper, lambda uow: reservations.extend_reservation(uow, one.id, at))

    def test_a_hold_is_extended_shortened_and_made_to_last(self, stage: Stage) -> None:
        (one,) = reserve(stage, hold_until=stage.database.clock.now() + timedelta(days=1))
        for until in (timedelta(days=3), timedelta(hours=1), None):
            self.hold(stage, one, until)
        assert stage.row(Reservation, one.id).hold_until is None
        assert kinds(stage, one) == ["units_reserved", *["reservation_extended"] * 3]

    def test_after_its_time_the_units_are_free_even_before_anybody_sweeps(self, stage: Stage) -> None:
        (one,) = reserve(stage, 5)
        late(stage, one)
        (other,) = reserve(stage, 5, ticket_id=stage.cast.ticket)
        assert (state(stage, one), other.state) == (_S.EXPIRED, _S.RESERVED)

    def test_it_is_too_late_to_extend(self, stage: Stage) -> None:
        (one,) = reserve(stage)
        late(stage, one)
        with pytest.raises(Conflict) as refused:
            self.hold(stage, one, timedelta(days=1))
        assert refused.value.code == "reservation_over"

    def test_the_sweep_ends_it_once(self, stage: Stage) -> None:
        (one,) = reserve(stage)
        late(stage, one)
        with stage.database.read_only() as session:
            due = overdue.overdue_parts(session, stage.database.clock.now())
        assert list(due) == [stage.cast.part]
        for is_first in (True, False):
            with stage.database.unit_of_work(Context(source="worker")) as uow:
                assert overdue.expire_part(uow, stage.cast.part) is is_first
                uow.commit()
        assert kinds(stage, one) == ["units_reserved", "reservation_expired"]


class TestWaiting:
    @pytest.fixture
    def sold_out(self, stage: Stage) -> Stage:
        move_away(stage, 5)
        return stage

    def wait(self, stage: Stage, ticket: UUID, quantity: int = 1, **changes: Any) -> Reservation:
        return reserve(stage, quantity, ticket_id=ticket, takes_part=True, **changes)[0]

    def deliver(self, stage: Stage, quantity: int) -> UUID:
        brought = Delivery(stage.cast.part, stage.cast.warehouse, quantity)
        return stage.act(stage.cast.warehouse_keeper, lambda uow: receive_units(uow, brought)[0].id)

    def urge(self, stage: Stage, ticket: UUID, urgency: str) -> None:
        with stage.database.unit_of_work() as uow:
            uow.get(Ticket, ticket).urgency = urgency
            uow.commit()

    def test_a_delivery_serves_the_most_urgent_then_the_oldest(self, sold_out: Stage) -> None:
        cast = sold_out.cast
        older = self.wait(sold_out, cast.ticket, 2)
        newer = self.wait(sold_out, cast.ticket, 1)
        urgent = self.wait(sold_out, cast.foreign_ticket, 1)
        self.urge(sold_out, cast.foreign_ticket, "emergency")
        self.deliver(sold_out, 2)
        assert [state(sold_out, one) for one in (urgent, newer)] == [_S.RESERVED, _S.BACKORDERED]
        assert of_ticket(sold_out, cast.ticket) == {_S.RESERVED: 1, _S.BACKORDERED: 2}
        self.deliver(sold_out, 1)
        assert state(sold_out, older) is _S.RESERVED
        assert balance(sold_out, cast.warehouse) == (3, 3)

    def test_wherever_there_is_some_means_a_warehouse_of_the_own_team(self, sold_out: Stage) -> None:
        own = self.wait(sold_out, sold_out.cast.ticket, location_id=None)
        foreign = self.wait(sold_out, sold_out.cast.foreign_ticket, location_id=None)
        self.deliver(sold_out, 5)
        assert [state(sold_out, one) for one in (own, foreign)] == [_S.RESERVED, _S.BACKORDERED]

    def test_a_time_that_is_over_is_not_served(self, sold_out: Stage) -> None:
        late_one = self.wait(sold_out, sold_out.cast.ticket)
        (other,) = reserve(sold_out, ticket_id=sold_out.cast.foreign_ticket, takes_part=True)
        late(sold_out, late_one)
        with sold_out.database.unit_of_work(Context(source="worker")) as uow:
            assert overdue.expire_part(uow, sold_out.cast.part)
            uow.commit()
        self.deliver(sold_out, 1)
        assert [state(sold_out, one) for one in (late_one, other)] == [_S.EXPIRED, _S.RESERVED]

    def test_the_rest_comes_from_wherever_there_is_some(self, stage: Stage) -> None:
        with stage.database.unit_of_work() as uow:
            shelf = StockLocation(
                id=uow.new_id(),
                code="shelf",
                name="shelf",
                kind=LocationKind.WAREHOUSE,
                is_physical=True,
                team_id=stage.cast.team,
            )
            uow.session.add(shelf)
            uow.commit()
        brought = Delivery(stage.cast.part, shelf.id, 2)
        stage.act(stage.cast.warehouse_keeper, lambda uow: receive_units(uow, brought))
        reserve(stage, 7, location_id=None, takes_part=True)
        assert of_ticket(stage, stage.cast.ticket) == {_S.RESERVED: 7}

    def test_what_is_given_up_goes_to_who_waits(self, stage: Stage) -> None:
        (one,) = reserve(stage, 5)
        waiting = self.wait(stage, stage.cast.ticket, 5)
        release(stage, one)
        assert state(stage, waiting) is _S.RESERVED
        assert kinds(stage, waiting) == ["units_backordered", "reservation_filled"]

    def test_a_delivery_that_is_promised_can_not_be_taken_back(self, sold_out: Stage) -> None:
        self.wait(sold_out, sold_out.cast.ticket)
        move = self.deliver(sold_out, 1)
        with pytest.raises(Conflict) as refused:
            sold_out.act(sold_out.cast.warehouse_keeper, lambda uow: reverse_move(uow, move))
        assert refused.value.code == "not_enough_stock"

    def test_a_back_order_can_be_given_up(self, sold_out: Stage) -> None:
        waiting = self.wait(sold_out, sold_out.cast.ticket)
        assert release(sold_out, waiting).state is _S.RELEASED
        self.deliver(sold_out, 1)
        assert balance(sold_out, sold_out.cast.warehouse) == (1, 0)


class TestAtOnce:
    @pytest.fixture
    def busy(self, open_database: OpenDatabase) -> Stage:
        database = open_database(lock_wait_s=30.0)
        return Stage(database, build_cast(database))

    def test_of_as_many_as_want_the_last_ones_as_many_get_them(self, busy: Stage) -> None:
        outcomes = at_once(*[lambda: reserve(busy)] * 8)
        assert sum(isinstance(one, list) for one in outcomes) == 5
        assert {one.code for one in outcomes if isinstance(one, DomainError)} == {"not_enough_stock"}
        assert balance(busy, busy.cast.warehouse) == (5, 5)
        assert_sound(busy)

    def test_whoever_releases_sells_delivers_and_waits_leaves_sound_books(self, busy: Stage) -> None:
        cast: Any = busy.cast
        (one,) = reserve(busy, 3)
        actor: Actor = cast.warehouse_keeper
        outcomes = at_once(
            lambda: release(busy, one),
            lambda: release(busy, one),
            lambda: move_away(busy, 2),
            lambda: reserve(busy, 4, takes_part=True),
            lambda: reserve(busy, 4, ticket_id=cast.foreign_ticket, takes_part=True),
            lambda: busy.act(actor, lambda uow: receive_units(uow, Delivery(cast.part, cast.warehouse, 1))),
            lambda: busy.act(
                cast.dispatcher,
                lambda uow: ticket_cancellations.cancel_ticket(
                    uow, cast.ticket, visit_returns.Cancellation(CancelReason.CUSTOMER, timedelta())
                ),
            ),
        )
        assert not [one for one in outcomes if isinstance(one, DomainError) and not isinstance(one, Conflict)]
        assert_sound(busy)
