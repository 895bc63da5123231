from solver.answers import candidate_table, explanation
from solver.plan import Plan
from solver.problem import CommittedStop, Predecessor, Problem, Technician
from solver.units import money
from tests.solver.builders import ISLAND, NORTH, SOUTH, at, job, left_out, plan, problem, route, shift, stop

VISIT = job("visit", skills={"hvac": 2})
FAR = job("far", SOUTH)


def day() -> Problem:
    """Ann and Bob could do the visit, Cem lacks the level, and no road leads Dee off the island."""
    shifts = (
        shift("ann", skills={"hvac": 2}, cost_cents_per_hour=3_600),
        shift("bob", skills={"hvac": 3}, cost_cents_per_hour=36_000),
        shift("cem", skills={"hvac": 1}),
        shift("dee", skills={"hvac": 2}, start_location=ISLAND),
    )
    names = {"ann": "Ann Ahlers", "bob": "", "cem": "", "dee": ""}
    return problem((VISIT, FAR), shifts, technicians=tuple(Technician(id, name) for id, name in names.items()))


def with_ann(on: Problem) -> Plan:
    return plan(route(on.shifts[0], stop(VISIT, at(10))), unplanned=left_out(FAR))


def test_a_planned_visit_is_set_beside_its_rivals() -> None:
    on = day()
    lines = list(explanation(on, with_ann(on), "visit"))
    assert lines[0] == (
        "visit is stop 1 of 1 with Ann Ahlers (ann) on ann-0: from home, arrival 10:00, start 10:00, end 10:30."
    )
    # Ten minutes there, thirty of work, eleven back, at 36.00 and 360.00 an hour; Bob has a level too many.
    assert lines[1] == "With Ann Ahlers (ann) it adds 30.60 to the plan."
    assert lines[2] == "  bob could start at 08:10: 275.90 dearer."
    assert lines[3] == "No room found in the routes of dee without moving other visits."
    assert lines[4:] == ["  cem has hvac at level 1, where 2 is needed (SKILL_LEVEL)."]


def test_a_visit_that_has_begun_stays() -> None:
    begun = problem((VISIT,), (shift(skills={"hvac": 2}, committed=(CommittedStop("visit", at(10)),)),))
    lines = list(explanation(begun, plan(route(begun.shifts[0], stop(VISIT, at(10)))), "visit"))
    assert lines[1:] == ["It has begun, so nothing may move it."]
    table = list(candidate_table(begun, plan(route(begun.shifts[0], stop(VISIT, at(10)))), "visit", 5))
    assert table == ["visit: It has begun, so nothing may move it."]


def test_a_technician_without_a_shift_is_not_called_full() -> None:
    on = problem((VISIT,), (shift("ann", skills={"hvac": 2}),), van_stock={"gil": {}})
    lines = list(explanation(on, plan(route(on.shifts[0], stop(VISIT, at(10)))), "visit"))
    assert lines[2:] == ["Without a shift on these days: gil."]


def test_a_visit_with_a_follower_has_candidates() -> None:
    after = job("after", SOUTH, predecessors=(Predecessor("visit"),))
    on = problem((VISIT, after), (shift("ann", skills={"hvac": 2}), shift("bob", skills={"hvac": 2})))
    planned = plan(route(on.shifts[0], stop(VISIT, at(10)), stop(after, at(11))))
    lines = list(explanation(on, planned, "visit"))
    assert lines[1] == "With ann it adds 0.00 to the plan."
    assert "bob could start at 08:10" in lines[2]


def test_every_member_of_a_crew_is_named() -> None:
    pair = job("pair", NORTH, crew_size=2)
    on = problem((pair,), (shift("ann"), shift("bob")))
    planned = plan(*(route(one, stop(pair, at(10), supplies=one is on.shifts[0])) for one in on.shifts))
    lines = list(explanation(on, planned, "pair"))
    assert [line.split(" with ")[1].split(" on ")[0] for line in lines[:2]] == ["ann", "bob"]
    assert lines[2:] == ["It needs a crew of 2; no single other technician is a candidate."]


def test_an_unplanned_visit_has_its_causes_and_remedies() -> None:
    on = problem((job(skills={"welding": 1}),), (shift(),))
    first, cause, remedy = explanation(on, plan(unplanned=left_out(*on.jobs)), "job")
    assert first == "job is unplanned."
    assert cause.startswith("  SKILL: Needs the skill welding")
    assert remedy.startswith("    Book a technician")


def test_candidates_are_a_table_of_equal_widths() -> None:
    on = day()
    header, first, second = candidate_table(on, with_ann(on), "visit", 2)
    assert header.split() == ["start", "end", "technician", "shift", "adds", "pick-up"]
    assert first.split() == ["08:10", "08:40", "ann", "ann-0", "30.60", "-"]
    assert second.index("bob-0") == header.index("shift")


def test_where_nobody_can_come_it_is_said_who_is_barred_by_what() -> None:
    on = problem((job(territory="south"),), (shift(territories=frozenset()),))
    lines = list(candidate_table(on, plan(unplanned=left_out(*on.jobs)), "job", 5))
    assert lines == [
        "No way found to add job without moving other visits.",
        "  ann does not work in south (TERRITORY).",
    ]


def test_money_is_written_with_its_sign_first() -> None:
    assert [money(cents) for cents in (0, 5, -5, 123_456, -100_000)] == [
        "0.00",
        "0.05",
        "-0.05",
        "1,234.56",
        "-1,000.00",
    ]
