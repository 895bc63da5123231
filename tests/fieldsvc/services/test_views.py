"""What people see of visits, routes and plans, and what they do not."""

from datetime import timedelta

import pytest

from fieldsvc.domain.errors import Forbidden, NotFound
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models import Visit
from fieldsvc.services import routes, technicians, tracking, visit_views
from fieldsvc.services.scopes import open_assignments
from fieldsvc.services.tracking import given_name
from fieldsvc.services.visit_views import VisitFilter
from tests.fieldsvc.stage import Stage

NUMBERS = {"visit": "V1", "unscheduled_visit": "V2", "other_visit": "V3", "foreign_visit": "V4"}


def seen(stage: Stage, login: str, wanted: VisitFilter | None = None) -> set[str]:
    with stage.database.read_only() as session:
        page = visit_views.list_visits(session, stage.cast.actors[login], stage.cast.at(8), PageRequest(), wanted)
        return {view.visit.number for view in page.items}


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        ("technician1", {"V1"}),
        ("technician2", {"V3"}),
        ("agent", {"V1", "V2", "V3"}),
        ("dispatcher", {"V1", "V2", "V3"}),
        ("outsider", {"V4"}),
        ("supervisor", {"V1", "V2", "V3", "V4"}),
        ("admin", {"V1", "V2", "V3", "V4"}),
    ],
)
def test_visits_are_seen_by_scope(stage: Stage, login: str, sees: set[str]) -> None:
    assert seen(stage, login) == sees
    for name, number in NUMBERS.items():
        with stage.database.read_only() as session:
            ask = (session, stage.cast.actors[login], stage.cast.at(8), getattr(stage.cast, name))
            if number in sees:
                assert visit_views.get_visit(*ask).visit.number == number
            else:
                with pytest.raises(NotFound):
                    visit_views.get_visit(*ask)


def test_the_warehouse_sees_no_visits(stage: Stage) -> None:
    with pytest.raises(Forbidden):
        seen(stage, "warehouse")


def test_visits_are_filtered(stage: Stage) -> None:
    cast = stage.cast
    for wanted, expected in (
        (VisitFilter(state=VisitState.UNSCHEDULED), {"V2"}),
        (VisitFilter(day=cast.day), {"V1", "V3"}),
        (VisitFilter(day=cast.day + timedelta(days=1)), set()),
        (VisitFilter(technician_id=cast.technician2.technician_id), {"V3"}),
        (VisitFilter(ticket_id=cast.ticket), {"V1"}),
    ):
        assert seen(stage, "dispatcher", wanted) == expected


@pytest.mark.parametrize(("days", "is_shown"), [(-8, False), (-7, True), (0, True), (1, True), (2, False)])
def test_a_technician_knows_the_customer_around_the_visit_only(stage: Stage, days: int, is_shown: bool) -> None:
    now = stage.cast.at(23, 30) + timedelta(days=days)
    with stage.database.read_only() as session:
        own = visit_views.get_visit(session, stage.cast.technician1, now, stage.cast.visit)
        assert (own.customer is not None, own.site is not None) == (is_shown, is_shown)
        assert visit_views.get_visit(session, stage.cast.agent, now, stage.cast.visit).customer is not None


def test_a_planned_visit_is_not_on_the_phone_yet(stage: Stage) -> None:
    with stage.database.unit_of_work() as uow:
        visit = uow.get(Visit, stage.cast.visit)
        visit.state = VisitState.PLANNED
        uow.record(visit, "visit_reassigned", "dispatched", "planned")
        (assignment,) = open_assignments(uow, visit.id)
        assignment.state = VisitState.PLANNED
        uow.commit()
    assert seen(stage, "technician1") == set()
    with stage.database.read_only() as session:
        now = stage.cast.at(8)
        assert routes.my_route(session, stage.cast.technician1, now, stage.cast.day).visits == []
        plan = routes.plan_for_day(session, stage.cast.dispatcher, now, stage.cast.day)
        ana = next(route for route in plan.routes if route.technician.name == "Ana Souza")
        assert [stop.view.visit.number for stop in ana.visits] == ["V1"]


def test_the_own_route_has_stops_parts_and_breaks(stage: Stage) -> None:
    with stage.database.read_only() as session:
        route = routes.my_route(session, stage.cast.technician1, stage.cast.at(8))
        (stop,) = route.visits
        assert stop.view.site is not None
        assert stop.assignment.planned_arrival == stage.cast.at(10)
        assert [(part.part.number, part.location.code, part.needs_pick_up) for part in stop.parts] == [
            ("P-1", "van1", False),
            ("P-2", "warehouse", True),
        ]
        (pickup,) = route.pickups
        assert [(part.part.number, part.quantity) for part in pickup.parts] == [("P-2", 1)]
        assert route.day_frame is not None
        assert len(route.day_frame.breaks) == 1
        assert route.shift is not None


def test_a_pick_up_for_nothing_is_not_shown(stage: Stage) -> None:
    stage.walk("decline")
    with stage.database.read_only() as session:
        route = routes.my_route(session, stage.cast.technician1, stage.cast.at(8), stage.cast.day)
    assert (route.visits, route.pickups) == ([], [])


@pytest.mark.parametrize("login", ["dispatcher", "agent", "warehouse", "supervisor", "admin"])
def test_only_technicians_have_a_route(stage: Stage, login: str) -> None:
    with stage.database.read_only() as session, pytest.raises(Forbidden):
        routes.my_route(session, stage.cast.actors[login], stage.cast.at(8), stage.cast.day)


@pytest.mark.parametrize(
    ("login", "people", "waiting"),
    [
        ("dispatcher", ["Ana Souza", "Bruno Lima"], ["V2"]),
        ("outsider", ["Carla Dias"], []),
        ("supervisor", ["Ana Souza", "Bruno Lima", "Carla Dias"], ["V2"]),
    ],
)
def test_the_plan_is_the_teams(stage: Stage, login: str, people: list[str], waiting: list[str]) -> None:
    with stage.database.read_only() as session:
        plan = routes.plan_for_day(session, stage.cast.actors[login], stage.cast.at(8), stage.cast.day)
    assert [route.technician.name for route in plan.routes] == people
    assert [view.visit.number for view in plan.unscheduled] == waiting


@pytest.mark.parametrize("login", ["technician1", "warehouse"])
def test_the_plan_is_not_for_everybody(stage: Stage, login: str) -> None:
    with stage.database.read_only() as session, pytest.raises(Forbidden):
        routes.plan_for_day(session, stage.cast.actors[login], stage.cast.at(8), stage.cast.day)


def test_a_plan_of_a_territory_leaves_the_rest_out(stage: Stage) -> None:
    with stage.database.read_only() as session:
        plan = routes.plan_for_day(session, stage.cast.dispatcher, stage.cast.at(8), stage.cast.day, territory="east")
    assert plan.unscheduled == []
    assert len(plan.routes) == 2  # without territories of their own they work everywhere


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        ("technician1", ["Ana Souza"]),
        ("dispatcher", ["Ana Souza", "Bruno Lima"]),
        ("outsider", ["Carla Dias"]),
        ("admin", ["Ana Souza", "Bruno Lima", "Carla Dias"]),
    ],
)
def test_technicians_are_seen_by_scope(stage: Stage, login: str, sees: list[str]) -> None:
    actor = stage.cast.actors[login]
    with stage.database.read_only() as session:
        page = technicians.list_technicians(session, actor, PageRequest(), skill="plumbing", day=stage.cast.day)
        assert [technician.name for technician in page.items] == sees
        foreign = stage.cast.foreign_technician.technician_id
        if "Carla Dias" in sees:
            assert technicians.get_technician(session, actor, foreign).name == "Carla Dias"
            assert len(technicians.list_shifts(session, actor, foreign, PageRequest()).items) == 1
        else:
            with pytest.raises(NotFound):
                technicians.get_technician(session, actor, foreign)
            with pytest.raises(NotFound):
                technicians.list_shifts(session, actor, foreign, PageRequest())


def test_a_customer_learns_who_comes_when_the_phone_does(stage: Stage) -> None:
    customer = stage.customer_actor()
    with stage.database.read_only() as session:
        before = tracking.track(session, customer)
    assert (before.technician, before.planned_arrival) == ("Ana", stage.cast.at(10))
    assert (before.window_start, before.window_end) == (stage.cast.at(10), stage.cast.at(12))
    stage.walk("decline")
    with stage.database.read_only() as session:
        after = tracking.track(session, customer)
    assert (after.visit_state, after.technician, after.planned_arrival) == (VisitState.UNSCHEDULED, None, None)


@pytest.mark.parametrize(("name", "given"), [("Ana Souza", "Ana"), ("王小明", "小明"), ("Li", "Li"), ("王", "王")])
def test_a_technician_is_called_by_the_given_name(name: str, given: str) -> None:
    assert given_name(name) == given
