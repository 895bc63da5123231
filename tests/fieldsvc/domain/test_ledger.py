from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.errors import Invalid
from fieldsvc.domain.ledger import Move, balances_of, check_move

PLACES = [UUID(int=number) for number in range(4)]
PART = UUID(int=99)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES), st.integers(1, 10**6)), max_size=30))
def test_moves_neither_create_nor_destroy(hops: list[tuple[UUID, UUID, int]]) -> None:
    balances = balances_of(Move(PART, quantity, source, target) for source, target, quantity in hops)
    assert sum(balances.values()) == 0


def test_a_balance_is_what_came_minus_what_went() -> None:
    supplier, van, customer, _ = PLACES
    balances = balances_of([Move(PART, 5, supplier, van), Move(PART, 2, van, customer)])
    assert balances == {(PART, supplier): -5, (PART, van): 3, (PART, customer): 2}


def test_a_good_move_passes_and_all_faults_of_a_bad_one_are_named() -> None:
    check_move(Move(PART, 1, PLACES[0], PLACES[1]))
    with pytest.raises(Invalid) as refused:
        check_move(Move(PART, 0, PLACES[0], PLACES[0]))
    assert [fault.code for fault in refused.value.faults] == ["quantity_not_positive", "same_location"]
