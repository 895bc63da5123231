from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.order_proposal import OrderProposal, StockPosition, order_proposal
from fieldsvc.domain.reordering import StockLevels


def test_an_order_fills_the_position_up() -> None:
    position = StockPosition(on_hand=5, reserved=3, on_order=2)
    proposal = order_proposal(position, StockLevels(4, 9))
    assert (position.units, proposal.quantity, proposal.wanted) == (4, 5, 5)
    assert proposal.sentence() == (
        "Order 5: 5 on hand - 3 reserved + 2 on order = 4, not above the reorder point 4; 5 up to 9."
    )


def test_above_the_reorder_point_nothing_is_ordered() -> None:
    proposal = order_proposal(StockPosition(on_hand=5, reserved=2, on_order=2), StockLevels(4, 9))
    assert proposal.quantity is None
    assert proposal.sentence() == (
        "Nothing to order: 5 on hand - 2 reserved + 2 on order = 5, above the reorder point 4."
    )


def test_a_part_that_is_kept_nowhere_is_ordered_for_those_who_wait() -> None:
    assert order_proposal(StockPosition(0, 0, 0, backordered=2), StockLevels(0, 0)).quantity == 2
    proposal = order_proposal(StockPosition(0, 0, 0), StockLevels(0, 0))
    assert proposal.sentence() == (
        "Nothing to order: 0 on hand - 0 reserved + 0 on order = 0, and the part is kept up to 0."
    )


def test_lots_and_minimum_raise_a_quantity() -> None:
    position = StockPosition(on_hand=0, reserved=0, on_order=0, backordered=1)
    proposal = order_proposal(position, StockLevels(2, 4), lot_size=5, minimum_quantity=6)
    assert (proposal.wanted, proposal.quantity) == (5, 10)
    assert proposal.sentence() == (
        "Order 10: 0 on hand - 0 reserved + 0 on order - 1 waited for = -1, not above the reorder point 2; "
        "5 up to 4, raised to at least 6 in lots of 5."
    )


@st.composite
def proposals(draw: st.DrawFn) -> OrderProposal:
    few = st.integers(0, 60)
    on_hand, point = draw(few), draw(few)
    position = StockPosition(on_hand, draw(st.integers(0, on_hand)), draw(few), draw(few))
    return order_proposal(position, StockLevels(point, point + draw(few)), draw(st.integers(1, 12)), 1 + draw(few))


@given(proposals())
def test_a_proposal_is_enough_and_no_lot_too_much(proposal: OrderProposal) -> None:
    levels, before = proposal.levels, proposal.position.units
    if proposal.quantity is None:
        assert before > levels.reorder_point or before >= levels.order_up_to
        return
    assert before <= levels.reorder_point
    assert before + proposal.quantity >= levels.order_up_to
    assert proposal.quantity % proposal.lot_size == 0
    assert proposal.quantity >= proposal.minimum_quantity
    assert proposal.quantity - proposal.lot_size < max(proposal.wanted, proposal.minimum_quantity)
    after = replace(proposal.position, on_order=proposal.position.on_order + proposal.quantity)
    again = order_proposal(after, levels, proposal.lot_size, proposal.minimum_quantity)
    assert again.quantity is None


def test_what_makes_no_sense_is_refused_by_name() -> None:
    for name, wrong in (
        ("on_hand", lambda: StockPosition(-1, 0, 0)),
        ("reserved", lambda: StockPosition(1, 2, 0)),
        ("on_order", lambda: StockPosition(1, 0, -1)),
        ("to_order", lambda: StockPosition(1, 0, 0, to_order=-1)),
        ("backordered", lambda: StockPosition(1, 0, 0, -1)),
        ("lot_size", lambda: order_proposal(StockPosition(1, 0, 0), StockLevels(1, 2), 0)),
        ("minimum_quantity", lambda: order_proposal(StockPosition(1, 0, 0), StockLevels(1, 2), 1, 0)),
    ):
        with pytest.raises(ValueError, match=f"^{name} is"):
            wrong()
