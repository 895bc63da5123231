from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.stock_classes import DeadStock, Holding, PartUse, StockClass, dead_stock, stock_classes

PUMP, FAN, BOARD, SEAL, FUSE = (UUID(int=number) for number in range(5))
TODAY = date(2026, 11, 28)


def test_classes_by_value_of_use() -> None:
    # 600, 250, 100, 40 and 10 of 1,000: the limits of 80 and 95 % fall into the second and end the third.
    uses = [
        PartUse(FUSE, 10, 1),
        PartUse(PUMP, 3, 200),
        PartUse(FAN, 5, 50),
        PartUse(SEAL, 8, 5),
        PartUse(BOARD, 1, 100),
    ]
    assert stock_classes(uses) == {
        PUMP: StockClass.A,
        FAN: StockClass.A,
        BOARD: StockClass.B,
        SEAL: StockClass.C,
        FUSE: StockClass.C,
    }


def test_criticality_raises_a_class_and_lowers_none() -> None:
    uses = [PartUse(PUMP, 90, 10), PartUse(FAN, 1, 60), PartUse(SEAL, 1, 40, 1), PartUse(FUSE, 0, 40, 2)]
    classes = stock_classes(uses)
    assert (classes[PUMP], classes[FAN]) == (StockClass.A, StockClass.B)
    assert (classes[SEAL], classes[FUSE]) == (StockClass.B, StockClass.A)


def test_of_parts_that_nobody_used_only_critical_ones_count() -> None:
    assert stock_classes([PartUse(PUMP, 0, 10), PartUse(FAN, 3, 0, 1)]) == {PUMP: StockClass.C, FAN: StockClass.B}
    assert stock_classes([]) == {}


USES = st.lists(
    st.builds(PartUse, st.uuids(), st.integers(0, 50), st.integers(0, 900), st.integers(0, 2)),
    unique_by=lambda use: use.part_id,
)


@given(USES)
def test_dearer_use_is_never_in_a_lower_class_and_a_is_most_of_the_value(uses: list[PartUse]) -> None:
    classes = stock_classes(uses)
    assert set(classes) == {use.part_id for use in uses}
    assert classes == stock_classes(reversed(uses))
    for criticality in range(3):
        ranked = [use for use in uses if use.criticality == criticality]
        ranked.sort(key=lambda use: -use.value_cents)
        dearest_first = [classes[use.part_id] for use in ranked if use.value_cents]
        distinct = {use.value_cents for use in ranked}
        assert dearest_first == sorted(dearest_first) or len(distinct) < len(ranked)
    of_a = sum(use.value_cents for use in uses if classes[use.part_id] is StockClass.A)
    assert of_a >= 0.8 * sum(use.value_cents for use in uses) - 1e-6


def holding(part_id: UUID, on_hand: int, cost: int, since_days: int, used_days: int | None) -> Holding:
    used_on = None if used_days is None else TODAY - timedelta(days=used_days)
    return Holding(part_id, on_hand, cost, TODAY - timedelta(days=since_days), used_on)


def test_dead_stock_is_what_lies_there_unused_dearest_first() -> None:
    silent, dear = holding(PUMP, 2, 100, 900, 365), holding(FAN, 1, 5_000, 400, None)
    others = [
        holding(BOARD, 1, 100, 900, 364),  # used a day too late
        holding(SEAL, 0, 100, 900, 800),  # none there
        holding(FUSE, 9, 100, 30, 800),  # came lately
    ]
    assert dead_stock([silent, *others, dear], TODAY, 365) == [
        DeadStock(dear, 400, 5_000),
        DeadStock(silent, 365, 200),
    ]


def test_what_makes_no_sense_is_refused_by_name() -> None:
    for name, wrong in (
        ("used", lambda: PartUse(PUMP, -1, 1)),
        ("unit_cost_cents", lambda: PartUse(PUMP, 1, -1)),
        ("criticality", lambda: PartUse(PUMP, 1, 1, 3)),
        ("on_hand", lambda: holding(PUMP, -1, 1, 1, None)),
        ("unit_cost_cents", lambda: holding(PUMP, 1, -1, 1, None)),
        ("silent_days", lambda: dead_stock([], TODAY, 0)),
    ):
        with pytest.raises(ValueError, match=f"^{name} is"):
            wrong()
    with pytest.raises(ValueError, match=r"^uses has part .* twice"):
        stock_classes([PartUse(PUMP, 1, 1), PartUse(PUMP, 1, 1)])
