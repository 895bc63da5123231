"""What is still spare on a van: the order of what happened decides, and what leaves takes spare units first."""

from uuid import UUID

from fieldsvc.domain.spare_units import Spared, Taken, less, still_spare

HERE, THERE, BY = UUID(int=1), UUID(int=2), UUID(int=3)


def spared(change_no: int, units: int, house: UUID = HERE) -> Spared:
    return Spared(change_no, house, BY, units)


def left(*steps: Spared | Taken) -> list[tuple[int, int]]:
    made = still_spare(
        [one for one in steps if isinstance(one, Spared)], [one for one in steps if isinstance(one, Taken)]
    )
    return [(one.change_no, one.units) for one in made]


def test_what_left_before_does_not_count() -> None:
    assert left(Taken(1, 5), spared(2, 3)) == [(2, 3)]
    assert left(spared(2, 3), Taken(3, 5), spared(4, 1)) == [(4, 1)]


def test_the_oldest_is_taken_first() -> None:
    assert left(spared(2, 3), spared(3, 2), Taken(4, 4)) == [(3, 1)]


def test_what_is_brought_to_a_warehouse_is_that_which_came_from_there() -> None:
    assert left(spared(2, 1, HERE), spared(3, 2, THERE), Taken(4, 1, THERE)) == [(2, 1), (3, 1)]
    assert left(spared(2, 1, HERE), spared(3, 1, THERE), Taken(4, 2, THERE)) == []


def test_less_of_nothing_is_all() -> None:
    own = [spared(2, 1), spared(3, 2)]
    assert less(own, 0) == less(own, -4) == own
    assert less(own, 9) == []
