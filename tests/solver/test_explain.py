"""Each cause on the smallest day that has it: the code, and a sentence whose figures hold."""

import pytest

from solver.draft import Draft
from solver.explain import candidates, causes, causes_for_unplanned, obstacles, remove
from solver.params import Weights
from solver.plan import Plan, StopKind
from solver.problem import (
    CommittedStop,
    Earmark,
    Job,
    Lock,
    Predecessor,
    Previous,
    Problem,
    Receipt,
    VehicleShift,
    Window,
)
from solver.reasons import Reason
from solver.schedule import Visit
from solver.score import score
from tests.solver.builders import (
    DEPOT,
    EAST,
    ISLAND,
    NORTH,
    SOUTH,
    at,
    job,
    lunch,
    problem,
    shift,
    warehouse,
)

ANN, BOB = shift("ann"), shift("bob")
DEPOT_VISIT = Visit(StopKind.WAREHOUSE, "depot")
HOUR_S = 3_600


def planned(on: Problem, **tours: str) -> Plan:
    """A plan with jobs (separated by blanks; "depot" is a warehouse stop) on the first shift of technicians."""
    draft = Draft.begun(on)
    for technician, jobs in tours.items():
        visits = tuple(DEPOT_VISIT if id == "depot" else Visit(StopKind.JOB, id) for id in jobs.split())
        trial = draft.try_tours({f"{technician}-0": (*draft.tours.get(f"{technician}-0", ()), *visits)})
        assert trial is not None
        draft.accept(trial)
    return draft.plan()


def why(on: Problem, id: str = "job", **tours: str) -> dict[str, str]:
    """Code to sentence for a job that the plan of `planned` leaves out."""
    found = causes(on, planned(on, **tours), id)
    assert all(cause.remedy[0].isupper() for cause in found)
    return {cause.reason.code: cause.sentence for cause in found}


GAS = {"gas": 2}
HAPPY: list[tuple[Reason, Problem, str]] = [
    (Reason.NO_TECHNICIAN, problem((job(),)), "Nobody works"),
    (Reason.SKILL, problem((job(skills=GAS),), (ANN,)), "Needs the skill gas"),
    (Reason.SKILL_LEVEL, problem((job(skills=GAS),), (shift(skills={"gas": 1}),)), "ann with level 1"),
    (Reason.TOOL, problem((job(tools=frozenset({"lift"})),), (ANN,)), "no warehouse lends it"),
    (Reason.TERRITORY, problem((job(territory="south"),), (shift(territories=frozenset()),)), "Lies in south"),
    (Reason.EXCLUDED, problem((job(excluded_technicians=frozenset({"ann"})),), (ANN,)), "are excluded: ann"),
    (Reason.DECLINED, problem((job(declined_by=frozenset({"ann"})),), (ANN,)), "have declined: ann"),
    (
        Reason.NO_SHIFT,
        problem((job(windows=(Window(at(9, day=1), at(10, day=1)),)),), (ANN,)),
        "nobody suitable works that day",
    ),
    (
        Reason.WINDOW_OUTSIDE_HORIZON,
        problem((job(windows=(Window(at(9, day=5), at(10, day=5)),)),), (ANN,)),
        "the days being planned end at day 2 00:00",
    ),
    (
        Reason.WINDOW_UNREACHABLE,
        problem((job(windows=(Window(at(5), at(6)),)),), (ANN,)),
        "The first is ann, who could start at 08:10.",
    ),
    (
        Reason.SHIFT_TOO_SHORT,
        problem((job(service_s=2 * HOUR_S),), (shift(latest_end=at(10, 30), breaks=(lunch(1_800, at(8), at(10)),)),)),
        "end at 10:40 and be back at 10:51, break included, but must be back by 10:30.",
    ),
    (Reason.MAX_JOBS, problem((job(),), (shift(max_jobs=0),)), "reached the number of visits"),
    (Reason.PART_OUT_OF_STOCK, problem((job(parts={"valve": 1}),), (ANN,)), "Needs 1 × valve"),
    (
        Reason.PART_NOT_REACHABLE,
        problem((job(parts={"v": 1}),), (ANN,), warehouses=(warehouse(stock={"v": (Receipt(at(18), 1),)}),)),
        "depot (1 × v arrive at 18:00); ann can't fetch it with one warehouse stop",
    ),
    (Reason.CREW, problem((job(crew_size=2),), (ANN,)), "Needs 2 technicians at once; 1 could come."),
    (Reason.LOCK_CONFLICT, problem((job(lock=Lock(("ann-0",), at(7))),), (ANN, BOB)), "Is locked to ann at 07:00"),
]


@pytest.mark.parametrize(("reason", "on", "words"), HAPPY, ids=lambda one: getattr(one, "code", None))
def test_each_reason_on_the_smallest_day_that_has_it(reason: Reason, on: Problem, words: str) -> None:
    told = why(on)
    assert list(told) == [reason.code]
    assert words in told[reason.code]


def test_a_job_that_the_freeze_does_not_hold_is_not_locked_by_it() -> None:
    """Published for 15:00, frozen until 08:00: what is in the way is the full day, not the freeze."""
    full = job("full", NORTH, 8 * HOUR_S)
    later = job(previous=Previous(("ann-0",), at(15)), windows=(Window(at(15), at(16)),))
    told = why(problem((full, later), (ANN,), freeze_until_s=at(8)), ann="full")
    assert list(told) == ["COMPETITION"]


def test_a_new_job_with_its_window_before_the_freeze() -> None:
    told = why(problem((job(windows=(Window(at(8), at(9)),)),), (ANN,), freeze_until_s=at(10)))
    assert list(told) == ["LOCK_CONFLICT"]
    assert "before the freeze ends at 10:00" in told["LOCK_CONFLICT"]


def test_a_frozen_job_whose_window_moved_has_one_cause() -> None:
    moved = job(windows=(Window(at(10), at(12)),), previous=Previous(("ann-0",), at(8, 30)))
    assert list(why(problem((moved,), (ANN,), freeze_until_s=at(9)))) == ["LOCK_CONFLICT"]


def test_a_locked_job_beside_others_names_its_lock() -> None:
    other, locked = job("other", NORTH, 8 * HOUR_S), job(lock=Lock(("ann-0",), at(10)))
    told = why(problem((other, locked), (ANN, BOB)), ann="other")
    assert told == {"LOCK_CONFLICT": "Is locked to ann at 10:00; the other visits leave no room there."}


def test_a_locked_order_is_named() -> None:
    first, second = job("first"), job("second", required_technicians=frozenset({"bob"}))
    told = why(problem((first, second), (ANN, BOB), sequences=(("first", "second"),)), "second", ann="first")
    assert list(told) == ["LOCK_CONFLICT"]
    assert "first → second" in told["LOCK_CONFLICT"]


def test_an_unplanned_predecessor() -> None:
    on = problem((job("first", skills=GAS), job(predecessors=(Predecessor("first"),))), (ANN,))
    assert why(on) == {"PREDECESSOR": "Must follow first, which is unplanned itself."}


def test_a_predecessor_that_ends_too_late() -> None:
    first = job("first", windows=(Window(at(16), at(16, 10)),))
    on = problem((first, job(service_s=HOUR_S, predecessors=(Predecessor("first", 600),))), (ANN, BOB))
    told = why(on, ann="first")
    assert told == {
        "PREDECESSOR": "Must follow first, which ends at 16:30 plus 10 min; nobody suitable can do it after that."
    }


def test_a_predecessor_that_leaves_room_only_before_it() -> None:
    first = job("first", windows=(Window(at(12), at(12)),))
    late = job("late", windows=(Window(at(13), at(13)),), service_s=3 * HOUR_S)
    on = problem((first, late, job(service_s=HOUR_S, predecessors=(Predecessor("first"),))), (ANN,))
    told = why(on, ann="first late")
    assert told == {
        "PREDECESSOR": "Must follow first, which ends at 12:30; the other visits leave no room for it after that."
    }


LONG_S = 9 * HOUR_S - 1_260 - 60


def test_parts_of_a_job_that_has_begun_are_not_subtracted_twice() -> None:
    begun, needy = job("begun", parts={"v": 1}), job(service_s=LONG_S, parts={"v": 1})
    day = problem((begun, needy), (shift(committed=(CommittedStop("begun", at(8, 10)),)),), van_stock={"ann": {"v": 1}})
    assert list(why(day)) == ["COMPETITION"]


def test_earmarked_units_are_not_the_last_ones() -> None:
    own = job("own", parts={"v": 1}, earmarks=(Earmark("v", 1, technician="ann"),))
    day = problem((own, job(service_s=LONG_S, parts={"v": 1})), (ANN,), van_stock={"ann": {"v": 1}})
    assert list(why(day, ann="own")) == ["COMPETITION"]


def test_the_last_units_and_who_uses_them() -> None:
    day = problem((job("user", parts={"v": 1}), job(parts={"v": 1})), (ANN,), van_stock={"ann": {"v": 1}})
    assert why(day, ann="user") == {"PART_OUT_OF_STOCK": "The last units of v go to user."}


def test_stock_counts_the_van_with_its_earmarks() -> None:
    needy = job(parts={"a": 2, "b": 1}, earmarks=(Earmark("a", 1, technician="ann"),))
    told = why(problem((needy,), (ANN,), van_stock={"ann": {"a": 1}}))
    assert list(told) == ["PART_OUT_OF_STOCK"]
    assert "1 × b" in told["PART_OUT_OF_STOCK"]
    assert "× a" not in told["PART_OUT_OF_STOCK"]


def test_two_warehouse_stops_are_tried_where_they_are_allowed() -> None:
    houses = (warehouse("one", DEPOT, stock={"a": None}), warehouse("two", SOUTH, stock={"b": None}))
    needy = job(parts={"a": 1, "b": 1})
    assert list(why(problem((needy,), (shift(max_pickups=2),), warehouses=houses))) == ["COMPETITION"]
    assert "with one warehouse stop" in why(problem((needy,), (ANN,), warehouses=houses))["PART_NOT_REACHABLE"]


def test_a_place_without_a_road() -> None:
    told = why(problem((job(location=ISLAND),), (ANN, BOB)))
    assert list(told) == ["WINDOW_UNREACHABLE"]
    assert told["WINDOW_UNREACHABLE"].startswith("No road leads to island")


def test_a_part_that_only_another_van_carries() -> None:
    needy = job(parts={"v": 1}, required_technicians=frozenset({"ann"}))
    told = why(problem((needy,), (ANN, BOB), van_stock={"bob": {"v": 1}}))
    assert told["PART_NOT_REACHABLE"] == "Needs 1 × v; other vans have it, but not that of ann."


LIFT = frozenset({"lift"})
NO_LENDER_IN_TIME = [
    (ANN, {"windows": (Window(at(18), at(19)),)}, "open 18:00–19:00"),
    (ANN, {"location": ISLAND}, "no road leads there"),
    (shift(max_pickups=0), {}, "no warehouse stop is allowed"),
]


@pytest.mark.parametrize(("on", "changes", "words"), NO_LENDER_IN_TIME)
def test_a_tool_that_is_lent_out_of_reach(on: VehicleShift, changes: dict[str, object], words: str) -> None:
    told = why(problem((job(tools=LIFT),), (on,), warehouses=(warehouse(tools=LIFT, **changes),)))
    assert list(told) == ["TOOL"]
    assert "lent by depot" in told["TOOL"]
    assert words in told["TOOL"]


def test_a_tool_lent_after_the_window_only() -> None:
    needy = job(tools=LIFT, windows=(Window(at(9), at(10)),))
    lender = warehouse(tools=LIFT, windows=(Window(at(11), at(12)),))
    assert list(why(problem((needy,), (ANN,), warehouses=(lender,)))) == ["TOOL"]


def test_a_window_that_leaves_no_time_to_return() -> None:
    told = why(problem((job(service_s=3 * HOUR_S, windows=(Window(at(15), at(15, 30)),)),), (ANN,)))
    assert set(told) == {"WINDOW_UNREACHABLE", "SHIFT_TOO_SHORT"}
    for text in told.values():
        assert "would start at 15:00, end at 18:00 and be back at 18:11, but must be back by 17:00." in text


def test_required_and_excluded_at_once() -> None:
    both = job(required_technicians=frozenset({"ann"}), excluded_technicians=frozenset({"ann"}))
    assert "the same list excludes them" in why(problem((both,), (ANN,)))["EXCLUDED"]


def test_two_barriers_on_one_person_make_nobody_the_only_one() -> None:
    told = why(problem((job(skills=GAS, excluded_technicians=frozenset({"ann"})),), (ANN,)))
    assert told == {"EXCLUDED": "ann is excluded for this visit.", "SKILL": "ann does not have gas."}


def test_three_barriers_on_the_only_shift_are_all_named() -> None:
    barred = job(skills=GAS, territory="south", declined_by=frozenset({"ann"}))
    assert set(why(problem((barred,), (shift(territories=frozenset()),)))) == {"SKILL", "TERRITORY", "DECLINED"}


def test_nothing_is_claimed_where_no_two_rules_explain_it() -> None:
    """Late parts, a closed window and a lock at once: three rules stand in the way."""
    stuck = job(windows=(Window(at(5), at(6)),), parts={"v": 1}, tools=LIFT, lock=Lock(start_s=at(4)))
    houses = (warehouse(stock={"v": None}, tools=LIFT, windows=(Window(at(18), at(19)),)),)
    on = problem((stuck,), (ANN,), warehouses=houses)
    (cause,) = causes(on, planned(on), "job")
    assert cause.reason is Reason.NOT_PROVEN
    assert cause.remedy == "Ask for candidates, or run longer."


def test_a_crew_without_anybody_who_has_the_skill() -> None:
    assert list(why(problem((job(crew_size=2, skills=GAS),), (ANN, BOB)))) == ["SKILL"]


def test_barriers_that_differ_by_day_name_it() -> None:
    visit = job(territory="south", windows=(Window(at(9, day=1), at(10, day=1)),))
    on = problem((visit,), (shift("ann", 0), shift("ann", 1, territories=frozenset({"north"}))))
    told = dict(obstacles(on, "job")["ann"])
    assert told[Reason.NO_SHIFT].startswith("on day 0 ")
    assert told[Reason.TERRITORY] == "on day 1 does not work in south"


DISPATCHED = Previous(("ann-0",), at(8, 10), dispatched=True)


def test_displacing_a_dispatched_visit_costs_the_change_too() -> None:
    told = job("told", NORTH, 7 * HOUR_S, unplanned_penalty_cents=5_000, previous=DISPATCHED)
    new = job("new", NORTH, 7 * HOUR_S, unplanned_penalty_cents=4_000)
    on = problem((told, new), (ANN,))
    (cause,) = causes(on, planned(on, ann="told"), "new")
    change = score(on, planned(on, ann="new")).total_cents - score(on, planned(on, ann="told")).total_cents
    assert cause.details == {"shift": "ann-0", "displaces": "told", "cost_cents": change}
    assert change == 1_000 + on.weights.disruption_change_cents


def test_what_fits_in_for_less_than_its_penalty_is_not_called_too_dear() -> None:
    on = problem((job(previous=DISPATCHED, unplanned_penalty_cents=1),), (ANN,), weights=Weights())
    (cause,) = causes(on, planned(on), "job")
    assert cause.sentence == "Fits in with ann at 08:10 for 0.00."
    assert cause.remedy == "Run again, or insert it by hand."


def test_without_a_budget_left_static_causes_are_still_proven() -> None:
    full = job("full", NORTH, 8 * HOUR_S)
    on = problem((full, job(service_s=HOUR_S), job("gas", skills=GAS)), (ANN,))
    told = causes_for_unplanned(on, planned(on, ann="full"), budget_s=0)
    by_job = {left.job: left.causes[0] for left in told.unplanned}
    assert by_job["gas"].reason is Reason.SKILL
    assert by_job["job"].sentence == "Could be served alone; what it would displace was not worked out."


def test_a_job_with_a_follower_has_its_own_place_among_the_candidates() -> None:
    on = problem((job("first"), job("second", EAST, predecessors=(Predecessor("first"),))), (ANN, BOB))
    plan = planned(on, ann="first second")
    found = [(one.shift, one.start_s) for one in candidates(on, plan, "first")]
    assert found == [("ann-0", at(8, 10)), ("bob-0", at(8, 10))]
    draft = Draft.of_plan(on, plan)
    assert remove(draft, "first")
    assert draft.planned == {"second"}


def test_a_job_that_has_begun_cannot_be_removed() -> None:
    on = problem((job(),), (shift(committed=(CommittedStop("job", at(8, 10)),)),))
    assert not remove(Draft.begun(on), "job")
    assert candidates(on, planned(on), "job") == ()


def pickups(of: Job) -> set[str | None]:
    """Warehouse stops that candidates for a job name, beside a visit that fetches a part already."""
    on = problem((job("other", EAST, parts={"v": 1}), of), (ANN,), warehouses=(warehouse(stock={"v": None}),))
    return {one.pickup for one in candidates(on, planned(on, ann="depot other"), of.id)}


def test_only_a_warehouse_stop_made_for_the_job_is_its_pickup() -> None:
    assert pickups(job()) == {None}
    assert pickups(job(parts={"v": 1})) == {"depot"}
