"""The published day read back as a plan, and the days a plan is written as."""

from fieldsvc.dispatching.days import days_of
from fieldsvc.dispatching.proposal import differences
from fieldsvc.dispatching.published import published_plan
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.models import Visit, VisitWindow
from solver.check import violations
from solver.insertion import first_come_plan
from solver.plan import Plan, StopKind
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import busy_day, planner, tours

LUNCH = {"earliest_s": 43_200, "latest_s": 46_800, "duration_s": 3600, "is_paid": False}


def read_back(world: DayWorld) -> tuple[Snapshot, Plan]:
    snapshot = world.snapshot()
    with world.database.read_only() as session:
        return snapshot, published_plan(session, snapshot)


def test_nothing_published_is_an_empty_plan(world: DayWorld) -> None:
    busy_day(world)
    assert read_back(world)[1].routes == ()


def test_what_an_application_published_reads_back_to_the_second(world: DayWorld) -> None:
    busy_day(world, technicians=3, visits=9)
    world.technician("Eva", breaks=[LUNCH], skills={"gas": 1})
    world.apply(world.propose(), dispatches=True)
    snapshot, plan = read_back(world)
    assert violations(snapshot.problem, plan) == ()
    starts = {
        stop.id: snapshot.horizon.moment(stop.start_s)
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.JOB
    }
    stored = {
        number: start
        for number in world.visits
        if (start := world.row(Visit, world.visits[number]).planned_start) is not None
    }
    assert starts == stored
    assert len(stored) == 9
    assert differences(snapshot, plan, plan) == []


def test_a_crew_reads_back_to_the_second(world: DayWorld) -> None:
    for name in ("Ana", "Bia"):
        world.technician(name, stock={"P-1": 1})
    world.visit("V1", windows=[(9, 10)])
    world.visit("V2", crew_size=2, parts={"P-1": 1}, place=(-30.06, -51.22))
    world.visit("V3", place=(-30.04, -51.20))
    world.apply(world.propose(plan=planner(Bia="V2 V3", Ana="V1 V2")), dispatches=True)
    snapshot, plan = read_back(world)
    assert violations(snapshot.problem, plan) == ()
    assert {route.jobs for route in plan.routes} == {("V2", "V3"), ("V1", "V2")}
    met = [stop for route in plan.routes for stop in route.stops if stop.id == "V2"]
    start = world.row(Visit, world.visits["V2"]).planned_start
    assert [snapshot.horizon.moment(stop.start_s) for stop in met] == [start, start]
    assert sorted(stop.supplies for stop in met) == [False, True]


def test_what_no_longer_holds_is_unplanned_in_it(world: DayWorld) -> None:
    busy_day(world)
    world.apply(world.propose(plan=planner(Ana="V2 V4")))
    world.write(
        lambda uow: uow.session.add(
            VisitWindow(id=uow.new_id(), visit_id=world.visits["V2"], earliest=world.at(20), latest=world.at(21))
        )
    )
    snapshot, plan = read_back(world)
    assert violations(snapshot.problem, plan) == ()
    assert [route.jobs for route in plan.routes] == [("V4",)]


def test_differences_say_what_happens_to_whom(world: DayWorld) -> None:
    ana, bia, _ = busy_day(world)
    snapshot = world.snapshot()
    before = tours(snapshot.problem, Ana="V2 V4")
    after = tours(snapshot.problem, Ana="house V1 V2", Bia="V4")
    found = {one["number"]: one for one in differences(snapshot, before, after)}
    assert {number: one["kind"] for number, one in found.items()} == {
        "V1": "added",
        "V2": "retimed",
        "V4": "reassigned",
    }
    assert found["V1"]["from"] is None
    assert found["V4"]["from"]["technician_ids"] == [ana.solver_id]
    assert found["V4"]["to"]["technician_ids"] == [bia.solver_id]
    assert found["V4"]["visit_id"] == str(world.visits["V4"])
    dropped = differences(snapshot, after, before)
    assert [one["kind"] for one in dropped if one["number"] == "V1"] == ["dropped"]


def test_a_day_has_its_drives_breaks_and_pickups(world: DayWorld) -> None:
    ana = world.technician("Ana", breaks=[LUNCH], skills={"gas": 1})
    house = world.warehouse("house", {"P-1": 1})
    world.visit("V1", parts={"P-1": 1}, windows=[(10, 11)])
    world.visit("V2", windows=[(14, 15)], place=(-30.06, -51.22))
    snapshot = world.snapshot()
    plan = tours(snapshot.problem, Ana="house V1 V2")
    (day,) = days_of(snapshot, plan)
    assert day.technician_id == ana.id
    assert [(stop.number, stop.position, stop.is_lead) for stop in day.visits] == [("V1", 0, True), ("V2", 1, True)]
    assert [(stop.index, stop.location_id, stop.before_position) for stop in day.pickups] == [(0, house, 0)]
    assert [(one.location_id, one.quantity, one.pickup) for one in day.visits[0].parts] == [(house, 1, 0)]
    assert day.breaks == ((world.at(12), world.at(13)),)
    assert day.departs_at < day.pickups[0].arrival < day.visits[0].start < day.visits[1].start < day.returns_at
    drives = [day.pickups[0], *day.visits]
    driven = sum(one.travel_s for one in drives) + day.return_travel_s
    assert driven == sum(
        snapshot.problem.travel_s(snapshot.problem.shifts[0], origin, to)
        for origin, to in zip([0, *_places(plan)], [*_places(plan), 0], strict=True)
    )


def _places(plan: Plan) -> list[int]:
    return [stop.location for stop in plan.routes[0].stops if stop.kind is not StopKind.BREAK]


def test_the_first_come_plan_of_a_read_problem_holds(world: DayWorld) -> None:
    busy_day(world, technicians=2, visits=8)
    problem = world.snapshot().problem
    assert violations(problem, first_come_plan(problem)) == ()
