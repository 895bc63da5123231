from solver.units import clock
from tests.solver.builders import at


def test_times_before_the_first_midnight_are_words() -> None:
    assert clock(at(22, day=-1)) == "the day before 22:00"
    assert clock(at(9, day=-2)) == "2 days before 09:00"
    assert clock(at(9, 30)) == "09:30"
    assert clock(at(9, 30, 5, day=1)) == "day 1 09:30:05"
