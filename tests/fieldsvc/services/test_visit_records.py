"""What is recorded on site, and how uses of parts find their way through the ledger."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from fieldsvc.domain.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.ledger import Move, MoveReason, balances_of
from fieldsvc.models import Assignment, Consumption, Diagnosis, PlannedPart, StockBalance, StockMove, Visit
from fieldsvc.services import stock, visit_records
from fieldsvc.services.part_uses import Use
from tests.fieldsvc.stage import STEPS, Stage

FACTS = ("diagnose", "solve", "verify")


def use(stage: Stage, part: UUID, quantity: int = 1, serial: str | None = None, visit: UUID | None = None) -> None:
    wanted = Use(part, quantity, serial)
    stage.act(
        stage.cast.technician1,
        lambda uow: visit_records.record_consumption(uow, visit or stage.cast.visit, wanted),
    )


def on_hand(stage: Stage, part: UUID, location: UUID) -> int:
    with stage.database.read_only() as session:
        query = select(StockBalance.on_hand).where(StockBalance.part_id == part, StockBalance.location_id == location)
        return session.scalars(query).first() or 0


def sources(stage: Stage) -> list[tuple[UUID, int]]:
    with stage.database.read_only() as session:
        query = select(StockMove.from_location_id, Consumption.quantity).join(
            Consumption, Consumption.move_id == StockMove.id
        )
        return [(place, quantity) for place, quantity in session.execute(query.order_by(Consumption.id))]


@pytest.fixture(autouse=True)
def _ledger_holds(stage: Stage):
    """Hold every balance to the sum of its moves, whatever a test did."""
    yield
    with stage.database.read_only() as session:
        moves = [
            Move(move.part_id, move.quantity, move.from_location_id, move.to_location_id)
            for move in session.scalars(select(StockMove))
        ]
        stored = {(one.part_id, one.location_id): one.on_hand for one in session.scalars(select(StockBalance))}
    expected = balances_of(moves)
    assert {key: units for key, units in stored.items() if units or key in expected} == expected
    assert sum(stored.values()) == 0


@pytest.mark.parametrize("fact", FACTS)
def test_facts_are_recorded_on_site_only(stage: Stage, fact: str) -> None:
    with pytest.raises(Conflict, match="recorded on site"):
        stage.walk(fact)
    stage.bring_to("on_site")
    before = stage.row(Visit, stage.cast.visit).version
    stage.walk(fact)
    assert stage.row(Visit, stage.cast.visit).version == before + 1
    stage.walk("break_off")
    with pytest.raises(Conflict, match="recorded on site"):
        stage.walk(fact)


@pytest.mark.parametrize("fact", FACTS)
def test_facts_are_the_technicians_or_said_on_behalf(stage: Stage, fact: str) -> None:
    stage.bring_to("working")
    refusals = {
        "agent": Forbidden,
        "warehouse": Forbidden,
        "admin": Forbidden,
        "technician2": NotFound,
        "outsider": NotFound,
        "foreign_technician": NotFound,
        "dispatcher": TransitionRefused,
        "supervisor": TransitionRefused,
    }
    for login, refusal in refusals.items():
        with pytest.raises(refusal):
            stage.act(stage.cast.actors[login], STEPS[fact](stage.cast.visit))
    stage.act(stage.cast.dispatcher, STEPS[fact](stage.cast.visit), on_behalf=True)
    assert stage.events(stage.cast.visit)[-1].on_behalf


def test_a_diagnosis_keeps_its_codes_and_words(stage: Stage) -> None:
    stage.bring_to("on_site")
    stage.walk("diagnose", "diagnose")
    with stage.database.read_only() as session:
        stored = session.scalars(select(Diagnosis).where(Diagnosis.visit_id == stage.cast.visit)).all()
    assert [(one.symptom, one.cause, one.action, one.note) for one in stored] == [
        ("no_water", "pump_worn", "replace_part", "worn out")
    ] * 2
    assert "worn out" not in str(stage.events(stage.cast.visit)[-1].data)  # words stay out of the evidence


def test_a_failed_verification_needs_a_reason(stage: Stage) -> None:
    stage.bring_to("working")
    with pytest.raises(Invalid) as refused:
        stage.act(
            stage.cast.technician1,
            lambda uow: visit_records.record_verification(uow, stage.cast.visit, passed=False),
        )
    assert [fault.pointer for fault in refused.value.faults] == ["/reason"]


def test_a_stale_version_is_refused(stage: Stage) -> None:
    stage.bring_to("working")
    with pytest.raises(StaleVersion):
        stage.act(stage.cast.technician1, lambda uow: visit_records.record_solution(uow, stage.cast.visit, "x", 1))


def test_a_use_comes_from_the_van_and_the_plan_counts_on_less(stage: Stage) -> None:
    stage.bring_to("working")
    use(stage, stage.cast.part)
    assert on_hand(stage, stage.cast.part, stage.cast.van1) == 1
    assert on_hand(stage, stage.cast.part, stage.cast.customers_stock) == 1
    with stage.database.read_only() as session:
        query = select(PlannedPart.quantity).where(PlannedPart.part_id == stage.cast.part)
        assert session.scalars(query).all() == [1]
    use(stage, stage.cast.part)
    with stage.database.read_only() as session:
        assert session.scalars(query).all() == []


def test_what_was_to_be_picked_up_comes_from_there(stage: Stage) -> None:
    stage.bring_to("working")
    use(stage, stage.cast.far_part)
    assert sources(stage) == [(stage.cast.warehouse, 1)]


def test_only_what_the_books_do_not_know_comes_from_discrepancy(stage: Stage) -> None:
    stage.bring_to("working")
    use(stage, stage.cast.part, 3)
    assert sources(stage) == [(stage.cast.van1, 2), (stage.cast.discrepancy, 1)]
    assert on_hand(stage, stage.cast.part, stage.cast.van1) == 0
    assert on_hand(stage, stage.cast.part, stage.cast.discrepancy) == -1
    (event,) = [one for one in stage.events(stage.cast.visit) if one.kind == "part_consumed"]
    assert event.data["unknown_quantity"] == 1


def test_the_last_unit_taken_by_two_is_taken_once(stage: Stage) -> None:
    """Two visits of two technicians, whose plans pick up the same part at the same place."""
    stage.bring_to("working")
    with stage.database.unit_of_work() as uow:
        theirs = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.other_visit)).one()
        uow.session.add(
            PlannedPart(
                id=uow.new_id(),
                assignment_id=theirs.id,
                part_id=stage.cast.far_part,
                location_id=stage.cast.warehouse,
                quantity=3,
            )
        )
        uow.commit()
    stage.walk("accept", "depart", "check_in", visit_id=stage.cast.other_visit, actor=stage.cast.technician2)
    use(stage, stage.cast.far_part, 2)  # one is left
    # The first use has taken the whole of this visit's plan, so it gets another look at the warehouse.
    with stage.database.unit_of_work() as uow:
        mine = uow.session.scalars(select(Assignment).where(Assignment.visit_id == stage.cast.visit)).one()
        uow.session.add(
            PlannedPart(
                id=uow.new_id(),
                assignment_id=mine.id,
                part_id=stage.cast.far_part,
                location_id=stage.cast.warehouse,
                quantity=1,
            )
        )
        uow.commit()
    left = on_hand(stage, stage.cast.far_part, stage.cast.warehouse)
    start = threading.Barrier(2)

    def take(which: int) -> None:
        actor = (stage.cast.technician1, stage.cast.technician2)[which]
        visit = (stage.cast.visit, stage.cast.other_visit)[which]
        start.wait()
        wanted = Use(stage.cast.far_part, left)
        stage.act(actor, lambda uow: visit_records.record_consumption(uow, visit, wanted))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, range(2)))
    assert on_hand(stage, stage.cast.far_part, stage.cast.warehouse) == 0
    taken = [quantity for place, quantity in sources(stage) if place == stage.cast.discrepancy]
    assert sum(taken) == left


def test_a_serial_is_taken_from_where_the_books_have_it(stage: Stage) -> None:
    stage.bring_to("working")
    use(stage, stage.cast.serial_part, serial="S-1")
    use(stage, stage.cast.serial_part, serial="S-2")
    assert sources(stage) == [(stage.cast.van1, 1), (stage.cast.discrepancy, 1)]
    with pytest.raises(Conflict, match="recorded at this visit already"):
        use(stage, stage.cast.serial_part, serial="S-1")


def test_one_serial_used_by_two_at_once_leaves_the_van_once(stage: Stage) -> None:
    stage.act(
        stage.cast.warehouse_keeper,
        lambda uow: stock.post_move(  # with another unit beside it, the balance alone would let both have one
            uow,
            part_id=stage.cast.serial_part,
            quantity=1,
            from_location_id=stage.cast.customers_stock,
            to_location_id=stage.cast.van1,
            reason=MoveReason.CORRECTION,
            serial="S-9",
        ),
    )
    stage.bring_to("working")
    stage.walk("accept", "depart", "check_in", visit_id=stage.cast.other_visit, actor=stage.cast.technician2)
    start = threading.Barrier(2)

    def take(which: int) -> None:
        actor = (stage.cast.technician1, stage.cast.technician2)[which]
        visit = (stage.cast.visit, stage.cast.other_visit)[which]
        start.wait()
        wanted = Use(stage.cast.serial_part, 1, "S-1")
        stage.act(actor, lambda uow: visit_records.record_consumption(uow, visit, wanted))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, range(2)))
    assert sorted(place == stage.cast.van1 for place, _ in sources(stage)) == [False, True]


@pytest.mark.parametrize(
    ("wanted", "code", "pointer"),
    [
        (lambda _: Use(uuid4()), "unknown_part", "/part_id"),
        (lambda cast: Use(cast.part, 0), "quantity_not_positive", "/quantity"),
        (lambda cast: Use(cast.serial_part), "serial_needed", "/serial"),
        (lambda cast: Use(cast.serial_part, 2, "S-1"), "one_per_serial", "/quantity"),
        (lambda cast: Use(cast.part, 1, "S-1"), "serial_not_used", "/serial"),
    ],
)
def test_a_use_that_says_nothing_clear_is_refused(stage: Stage, wanted, code, pointer) -> None:
    stage.bring_to("on_site")
    with pytest.raises(Invalid) as refused:
        stage.act(
            stage.cast.technician1,
            lambda uow: visit_records.record_consumption(uow, stage.cast.visit, wanted(stage.cast)),
        )
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [(code, pointer)]
    with stage.database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Consumption)) == 0
