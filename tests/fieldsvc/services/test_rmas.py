"""Units that come back: who says so, where they are meanwhile, what becomes of them, and what they are worth."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.reservation_states import ReservationState
from fieldsvc.domain.rma_states import Disposition, RmaReason, RmaState
from fieldsvc.models import Reservation, Rma, StockBalance, StockLocation, StockMove, StockValue
from fieldsvc.persistence.database import Database
from fieldsvc.services import dispositions, rmas, suppliers, visit_records
from fieldsvc.services.deliveries import Delivery, receive_units
from fieldsvc.services.dispositions import Decision, Settlement
from fieldsvc.services.doctor import examine
from fieldsvc.services.part_uses import Use
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.rma_requests import RmaWish
from fieldsvc.services.rmas import Authorization
from fieldsvc.services.stock import Units, locate_serial
from fieldsvc.services.stock_moves import reverse_move
from fieldsvc.services.transfers import TransferWish, draft_transfer
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.stage import Stage


class Returns:
    """Lets the cast bring units back."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast = stage, stage.cast
        said = {"code": "acme", "name": "Acme", "lead_time_days": 5}
        keeper = stage.cast.warehouse_keeper
        self.supplier = stage.act(keeper, lambda uow: suppliers.add_supplier(uow, said)).id

    def asked(self, wish: RmaWish) -> UUID:
        return self.stage.act(self.cast.technician1, lambda uow: rmas.request_rma(uow, wish)).id

    def authorized(self, wish: RmaWish) -> UUID:
        rma = self.asked(wish)
        self.keeper(lambda uow: rmas.authorize_rma(uow, rma, Authorization(self.cast.warehouse)))
        return rma

    def inspected(self, wish: RmaWish, *, is_under_warranty: bool = False) -> UUID:
        rma = self.authorized(wish)
        self.stage.act(self.cast.technician1, lambda uow: rmas.send_rma(uow, rma))
        self.keeper(lambda uow: dispositions.receive_rma(uow, rma))
        self.keeper(lambda uow: dispositions.inspect_rma(uow, rma, "worn", is_under_warranty=is_under_warranty))
        return rma

    def disposed(self, rma: UUID, disposition: Disposition, supplier: UUID | None = None) -> Rma:
        return self.keeper(lambda uow: dispositions.dispose_rma(uow, rma, Decision(disposition, supplier)))

    def keeper(self, use_case: Callable[..., Any]) -> Any:
        return self.stage.act(self.cast.warehouse_keeper, use_case)

    def on_hand(self, part: UUID, kind: LocationKind) -> int:
        with self.stage.database.read_only() as session:
            query = session.query(StockBalance).join(StockLocation, StockLocation.id == StockBalance.location_id)
            return sum(one.on_hand for one in query.filter(StockBalance.part_id == part, StockLocation.kind == kind))

    def worth(self, part: UUID) -> int:
        with self.stage.database.read_only() as session:
            return session.get_one(StockValue, part).value_cents

    def findings(self) -> list[Any]:
        with self.stage.database.read_only() as session:
            return list(examine(session, self.stage.database.clock.now()))


@pytest.fixture
def returns(database: Database) -> Returns:
    return Returns(Stage(database, build_cast(database)))


@pytest.fixture
def cast(returns: Returns) -> Cast:
    return returns.cast


def from_the_customer(cast: Cast, serial: str | None = "OLD-7") -> RmaWish:
    return RmaWish(cast.serial_part, RmaReason.SWAPPED_OUT, serial=serial, ticket_id=cast.ticket, visit_id=cast.visit)


def from_the_van(cast: Cast, quantity: int = 1, part: UUID | None = None) -> RmaWish:
    return RmaWish(part or cast.far_part, RmaReason.WRONG_PART, quantity, is_good=True, from_location_id=cast.van1)


def test_a_customers_unit_comes_back_and_is_scrapped(returns: Returns, cast: Cast) -> None:
    before = returns.worth(cast.serial_part)
    rma = returns.inspected(from_the_customer(cast))
    assert returns.on_hand(cast.serial_part, LocationKind.QUARANTINE) == 1
    assert returns.worth(cast.serial_part) == before  # it is not worth anything
    closed = returns.disposed(rma, Disposition.SCRAP)
    assert (closed.state, closed.disposition) == (RmaState.CLOSED, Disposition.SCRAP)
    assert returns.on_hand(cast.serial_part, LocationKind.QUARANTINE) == 0
    assert returns.on_hand(cast.serial_part, LocationKind.SCRAP) == 1
    kinds = [event.kind for event in returns.stage.events(rma)]
    assert kinds == [f"rma_{verb}" for verb in _WAY]
    assert returns.findings() == []


_WAY = ("requested", "authorized", "sent", "received", "inspected", "dispositioned", "closed")


def test_what_was_not_needed_is_restocked_at_what_it_took_along(returns: Returns, cast: Cast) -> None:
    wish = RmaWish(cast.part, RmaReason.UNUSED, 1, is_good=True, from_location_id=cast.foreign_van)
    rma = returns.keeper(lambda uow: rmas.request_rma(uow, wish)).id
    returns.keeper(lambda uow: rmas.authorize_rma(uow, rma, Authorization(cast.warehouse)))
    returns.keeper(lambda uow: rmas.send_rma(uow, rma, "1Z"))
    assert returns.on_hand(cast.part, LocationKind.IN_TRANSIT) == 1
    before = returns.worth(cast.part)
    returns.keeper(lambda uow: dispositions.receive_rma(uow, rma))
    assert returns.worth(cast.part) == before - 900
    returns.keeper(lambda uow: dispositions.inspect_rma(uow, rma, "as new", is_under_warranty=False))
    assert returns.disposed(rma, Disposition.RESTOCK).state is RmaState.CLOSED
    assert returns.worth(cast.part) == before
    assert returns.on_hand(cast.part, LocationKind.WAREHOUSE) == 6
    assert returns.findings() == []


def test_who_waits_is_served_by_what_is_restocked(returns: Returns, cast: Cast) -> None:
    rma = returns.inspected(from_the_customer(cast))
    wish = ReservationWish(cast.ticket, cast.serial_part, 1, None, cast.warehouse, takes_part=True)
    waiting = returns.keeper(lambda uow: reserve_units(uow, wish)[0].id)
    returns.disposed(rma, Disposition.RESTOCK)
    assert returns.stage.row(Reservation, waiting).state is ReservationState.RESERVED
    assert returns.findings() == []


def test_the_supplier_replaces_under_warranty(returns: Returns, cast: Cast) -> None:
    stage = returns.stage
    stage.walk("accept", "depart", "check_in", "work")
    use = Use(cast.serial_part, 1, "S-1", "OLD-7")
    stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
    with stage.database.read_only() as session:
        rma = session.query(Rma).one()
    assert (rma.serial, rma.state, rma.reason, rma.visit_id) == (
        "OLD-7",
        RmaState.REQUESTED,
        RmaReason.SWAPPED_OUT,
        cast.visit,
    )
    returns.keeper(lambda uow: rmas.authorize_rma(uow, rma.id, Authorization(cast.warehouse)))
    returns.keeper(lambda uow: dispositions.receive_rma(uow, rma.id))  # nobody has said that it was sent
    returns.keeper(lambda uow: dispositions.inspect_rma(uow, rma.id, "dead", is_under_warranty=True))
    with pytest.raises(Invalid) as refused:
        returns.disposed(rma.id, Disposition.REPLACE)
    assert [fault.code for fault in refused.value.faults] == ["supplier_needed"]
    open_still = returns.disposed(rma.id, Disposition.REPLACE, returns.supplier)
    assert (open_still.state, open_still.claimed_cents) == (RmaState.DISPOSITIONED, 900)
    with pytest.raises(Invalid):
        returns.keeper(lambda uow: dispositions.settle_rma(uow, rma.id, Settlement()))
    closed = returns.keeper(lambda uow: dispositions.settle_rma(uow, rma.id, Settlement("NEW-1", 0)))
    assert closed.state is RmaState.CLOSED
    with stage.database.read_only() as session:
        place = locate_serial(session, cast.serial_part, "NEW-1")
        assert place is not None
        assert place.id == cast.warehouse
    with pytest.raises(Conflict):
        returns.keeper(lambda uow: dispositions.settle_rma(uow, rma.id, Settlement("NEW-2", 0)))
    assert returns.findings() == []


def test_the_supplier_pays(returns: Returns, cast: Cast) -> None:
    rma = returns.inspected(from_the_customer(cast))
    decision = Decision(Disposition.CREDIT, returns.supplier, 4_000)
    returns.keeper(lambda uow: dispositions.dispose_rma(uow, rma, decision))
    closed = returns.keeper(lambda uow: dispositions.settle_rma(uow, rma, Settlement(credited_cents=3_500)))
    assert (closed.state, closed.claimed_cents, closed.credited_cents) == (RmaState.CLOSED, 4_000, 3_500)
    assert returns.findings() == []


@pytest.mark.parametrize(
    ("disposition", "kind"),
    [
        (Disposition.REJECT, LocationKind.CUSTOMER),
        (Disposition.RETURN_TO_VENDOR, LocationKind.SUPPLIER),
        (Disposition.REPAIR, LocationKind.SUPPLIER),
    ],
)
def test_where_units_go(returns: Returns, cast: Cast, disposition: Disposition, kind: LocationKind) -> None:
    rma = returns.inspected(from_the_customer(cast))
    before = returns.on_hand(cast.serial_part, kind)
    supplier = None if disposition is Disposition.REJECT else returns.supplier
    after = returns.disposed(rma, disposition, supplier)
    assert returns.on_hand(cast.serial_part, kind) == before + 1
    assert after.state is (RmaState.DISPOSITIONED if disposition is Disposition.REPAIR else RmaState.CLOSED)
    assert returns.findings() == []


def test_what_never_comes_is_with_the_discrepancies(returns: Returns, cast: Cast) -> None:
    rma = returns.authorized(from_the_van(cast, 1, cast.part))
    with pytest.raises(Conflict):  # both units of the van are reserved for the visit
        returns.stage.act(cast.technician1, lambda uow: rmas.send_rma(uow, rma))
    other = RmaWish(cast.serial_part, RmaReason.WRONG_PART, 1, "S-1", from_location_id=cast.van1)
    rma = returns.authorized(other)
    returns.stage.act(cast.technician1, lambda uow: rmas.send_rma(uow, rma))
    lost = returns.keeper(lambda uow: rmas.lose_rma(uow, rma))
    assert lost.state is RmaState.LOST
    assert returns.on_hand(cast.serial_part, LocationKind.IN_TRANSIT) == 0
    assert returns.on_hand(cast.serial_part, LocationKind.DISCREPANCY) == 1
    assert returns.findings() == []


def test_who_may_what(returns: Returns, cast: Cast) -> None:
    rma = returns.asked(from_the_customer(cast))
    where = Authorization(cast.warehouse)
    for actor in (cast.technician1, cast.agent, cast.dispatcher):
        with pytest.raises(Forbidden):
            returns.stage.act(actor, lambda uow: rmas.authorize_rma(uow, rma, where))
    with pytest.raises(NotFound):
        returns.stage.act(cast.foreign_technician, lambda uow: rmas.send_rma(uow, rma))
    with pytest.raises(TransitionRefused):
        returns.keeper(lambda uow: dispositions.receive_rma(uow, rma))
    with returns.stage.database.read_only() as session:
        assert rmas.get_rma(session, cast.agent, rma).id == rma
        with pytest.raises(NotFound):
            rmas.get_rma(session, cast.outsider, rma)
    for _ in range(2):  # refused twice is refused
        returned = returns.stage.act(cast.supervisor, lambda uow: rmas.refuse_rma(uow, rma, "too old"))
        assert (returned.state, returned.refusal) == (RmaState.REFUSED, "too old")
    assert [event.kind for event in returns.stage.events(rma)] == ["rma_requested", "rma_refused"]


def test_all_faults_are_named_at_once(returns: Returns, cast: Cast) -> None:
    wish = RmaWish(cast.serial_part, RmaReason.UNUSED, 2, "S-1", from_location_id=cast.van2, visit_id=cast.visit)
    with pytest.raises(Invalid) as refused:
        returns.asked(wish)
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [
        ("one_per_serial", "/quantity"),
        ("serials_missing", "/serials"),
        ("unknown_location", "/from_location_id"),
        ("unknown_visit", "/visit_id"),
    ]
    with pytest.raises(Invalid) as refused:
        returns.asked(RmaWish(UUID(int=7), RmaReason.SWAPPED_OUT))
    assert [fault.code for fault in refused.value.faults] == ["unknown_part", "ticket_needed"]


def test_a_serial_is_read_off_where_nobody_has_named_it(returns: Returns, cast: Cast) -> None:
    rma = returns.authorized(from_the_customer(cast, serial=None))
    with pytest.raises(Invalid):
        returns.keeper(lambda uow: dispositions.receive_rma(uow, rma))
    assert returns.keeper(lambda uow: dispositions.receive_rma(uow, rma, "OLD-9")).serial == "OLD-9"
    other = returns.authorized(from_the_customer(cast))
    with pytest.raises(Invalid):
        returns.keeper(lambda uow: dispositions.receive_rma(uow, other, "OLD-8"))
    assert returns.findings() == []


def test_two_clerks_receive_it_once(returns: Returns, cast: Cast) -> None:
    rma = returns.authorized(from_the_customer(cast))
    done = at_once(*(lambda: returns.keeper(lambda uow: dispositions.receive_rma(uow, rma)) for _ in range(2)))
    assert sorted(type(one).__name__ for one in done) in (
        ["Rma", "TransitionRefused"],
        ["ChangedMeanwhile", "Rma"],
    )
    assert returns.on_hand(cast.serial_part, LocationKind.QUARANTINE) == 1
    assert returns.findings() == []


def test_what_a_fact_took_is_lost_whatever_the_books_say(returns: Returns, cast: Cast) -> None:
    rma = returns.inspected(from_the_customer(cast))
    stage = returns.stage
    stage.walk("accept", "depart", "check_in", "work")
    use = Use(cast.serial_part, 1, "OLD-7")  # somebody took it from quarantine, as if it were a good one
    stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
    with pytest.raises(Conflict):
        returns.disposed(rma, Disposition.SCRAP)
    assert returns.keeper(lambda uow: rmas.lose_rma(uow, rma)).state is RmaState.LOST
    other = returns.inspected(from_the_customer(cast, "OLD-8"))
    returns.keeper(lambda uow: rmas.lose_rma(uow, other))
    assert returns.on_hand(cast.serial_part, LocationKind.DISCREPANCY) == 1
    assert returns.findings() == []


def test_nothing_leaves_quarantine_behind_its_back(returns: Returns, cast: Cast) -> None:
    rma = returns.inspected(from_the_customer(cast))
    quarantine = returns.stage.row(Rma, rma).quarantine_id
    assert quarantine is not None
    wish = TransferWish(quarantine, cast.van2, (Units(cast.serial_part, 1, ("OLD-7",)),))
    with pytest.raises(Invalid) as refused:
        returns.keeper(lambda uow: draft_transfer(uow, wish))
    assert [fault.code for fault in refused.value.faults] == ["in_quarantine"]
    with returns.stage.database.read_only() as session:
        move = session.query(StockMove).filter_by(serial="OLD-7").one().id
    with pytest.raises(Conflict) as conflict:
        returns.keeper(lambda uow: reverse_move(uow, move))
    assert conflict.value.code == "move_of_return"
    twice = returns.authorized(from_the_customer(cast))
    with pytest.raises(Conflict) as conflict:
        returns.keeper(lambda uow: dispositions.receive_rma(uow, twice))
    assert conflict.value.code == "serial_in_return"
    assert returns.keeper(lambda uow: rmas.refuse_rma(uow, twice, "named twice")).state is RmaState.REFUSED


def test_the_supplier_brings_less_or_nothing(returns: Returns, cast: Cast) -> None:
    wish = RmaWish(cast.part, RmaReason.CUSTOMER_RETURN, 3, ticket_id=cast.ticket)
    before = returns.on_hand(cast.part, LocationKind.WAREHOUSE)
    for brought in (1, 0):
        rma = returns.inspected(wish)
        returns.disposed(rma, Disposition.REPLACE, returns.supplier)
        with pytest.raises(Invalid):
            returns.keeper(lambda uow, rma=rma: dispositions.settle_rma(uow, rma, Settlement(brought=4)))
        settled = Settlement(credited_cents=500, brought=brought)
        closed = returns.keeper(lambda uow, rma=rma, how=settled: dispositions.settle_rma(uow, rma, how))
        assert closed.state is RmaState.CLOSED
    assert returns.on_hand(cast.part, LocationKind.WAREHOUSE) == before + 1
    assert returns.findings() == []


def test_a_ticket_claims_its_parts_once(returns: Returns, cast: Cast) -> None:
    stage = returns.stage
    stage.walk("accept", "depart", "check_in", "work")
    use = Use(cast.serial_part, 1, "S-1")
    stage.act(cast.technician1, lambda uow: visit_records.record_consumption(uow, cast.visit, use))
    claimed = []
    for serial in ("A", "B"):
        rma = returns.inspected(from_the_customer(cast, serial), is_under_warranty=True)
        claimed.append(returns.disposed(rma, Disposition.CREDIT, returns.supplier).claimed_cents)
    assert claimed == [900, 0]


def test_a_restock_brings_what_it_took_and_not_the_average(returns: Returns, cast: Cast) -> None:
    dear = Delivery(cast.far_part, cast.warehouse, 3)
    returns.keeper(lambda uow: receive_units(uow, dear, 3_001))
    wish = RmaWish(cast.far_part, RmaReason.WRONG_PART, 1, is_good=True, from_location_id=cast.warehouse)
    rma = returns.keeper(lambda uow: rmas.request_rma(uow, wish)).id
    returns.keeper(lambda uow: rmas.authorize_rma(uow, rma, Authorization(cast.warehouse)))
    before = returns.worth(cast.far_part)
    returns.keeper(lambda uow: dispositions.receive_rma(uow, rma))
    took = before - returns.worth(cast.far_part)
    returns.keeper(lambda uow: receive_units(uow, Delivery(cast.far_part, cast.warehouse, 1), 90_000))
    returns.keeper(lambda uow: dispositions.inspect_rma(uow, rma, "as new", is_under_warranty=False))
    with pytest.raises(Invalid):
        returns.disposed(rma, Disposition.REJECT)  # our own: nobody else gets it back
    returns.disposed(rma, Disposition.RESTOCK)
    assert returns.worth(cast.far_part) == before + 90_000
    assert took == (3 * 900 + 3 * 3_001 + 3) // 6
    assert returns.findings() == []
