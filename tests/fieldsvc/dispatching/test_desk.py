"""Questions to the desk: why a visit is where it is, and where else it could be."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from fieldsvc.adapters.travel import EstimatedTravel
from fieldsvc.dispatching.desk import ResidentDesk
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Forbidden, NotFound
from fieldsvc.domain.roles import Role
from fieldsvc.models import Visit
from fieldsvc.services.explanations import Question, explain_visit, list_candidates
from tests.fieldsvc.day_world import DayWorld
from tests.fieldsvc.services.run_world import busy_day, planner


class CountedTravel(EstimatedTravel):
    """Estimates, and counts how often a day had to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def matrix(self, points: Any, profile: str) -> Any:
        self.asked += 1
        return super().matrix(points, profile)


@pytest.fixture
def travel() -> CountedTravel:
    return CountedTravel()


@pytest.fixture
def desk(world: DayWorld, travel: CountedTravel) -> ResidentDesk:
    return ResidentDesk(world.database, travel)


def ask(world: DayWorld, desk: ResidentDesk, number: str, by: Actor | None = None, **values: Any) -> dict[str, Any]:
    question = Question(world.visits[number], **values)
    return explain_visit(world.database, desk, by or world.dispatcher, world.clock, question)


def test_where_a_crew_meets(world: DayWorld, desk: ResidentDesk) -> None:
    ana, bia = world.technician("Ana"), world.technician("Bia")
    world.visit("V1", crew_size=2)
    world.apply(world.propose(plan=planner(Ana="V1", Bia="V1")))
    found = ask(world, desk, "V1")
    assert found["state"] == "planned"
    assert {one["technician_id"] for one in found["technicians"]} == {ana.solver_id, bia.solver_id}
    start = world.row(Visit, world.visits["V1"]).planned_start
    assert datetime.fromisoformat(found["start"]) == start


def test_why_a_visit_is_where_it_is(world: DayWorld, desk: ResidentDesk) -> None:
    ana, *_ = busy_day(world)
    clumsy = world.technician("Caio")
    world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
    found = ask(world, desk, "V2")
    assert (found["state"], found["number"], found["visit_id"]) == ("planned", "V2", str(world.visits["V2"]))
    assert found["day"] == world.day.isoformat()
    assert found["technicians"] == [{"technician_id": ana.solver_id, "technician": "Ana"}]
    assert [one["technician"] for one in found["alternatives"]] == ["Bia"]
    assert [(one["technician_id"], [reason["reason"] for reason in one["reasons"]]) for one in found["barred"]] == [
        (clumsy.solver_id, ["SKILL"])
    ]


def test_why_a_visit_is_nowhere(world: DayWorld, desk: ResidentDesk) -> None:
    busy_day(world)
    world.visit("V9", skills={"lifts": 1})
    found = ask(world, desk, "V9", day=world.day)
    assert (found["state"], found["number"]) == ("unplanned", "V9")
    assert [one["reason"] for one in found["causes"]] == ["SKILL"]
    assert found["causes"][0]["sentence"]
    assert found["causes"][0]["remedy"]


def test_candidates_begin_with_the_cheapest(world: DayWorld, desk: ResidentDesk) -> None:
    busy_day(world, technicians=3)
    world.apply(world.propose(plan=planner(Ana="V2 V4", Bia="house V1")))
    question = Question(world.visits["V5"], world.day)
    found = list_candidates(world.database, desk, world.dispatcher, world.clock, question, 50)["candidates"]
    costs = [one["cost_cents"] for one in found]
    assert costs == sorted(costs)
    assert {one["technician"] for one in found} == {"Ana", "Bia", "Caio"}
    assert {one["pickup"] for one in found} == {"house"}
    short = list_candidates(world.database, desk, world.dispatcher, world.clock, question, 2)["candidates"]
    assert short == found[:2]


def test_a_day_is_read_once_until_something_changes(world: DayWorld, desk: ResidentDesk, travel: CountedTravel) -> None:
    busy_day(world)
    world.apply(world.propose(plan=planner(Ana="V2", Bia="V4")))
    first = ask(world, desk, "V2")
    ask(world, desk, "V4")
    assert ask(world, desk, "V2") == first
    assert travel.asked == 1
    world.apply(world.propose(plan=planner(Bia="V4 V2")))
    second = ask(world, desk, "V2")
    assert second["technicians"] != first["technicians"]
    assert travel.asked == 2


def test_an_answer_grows_old_though_nothing_changes(world: DayWorld, desk: ResidentDesk, travel: CountedTravel) -> None:
    """Who could start at nine can't any more at three, and nothing was written in between."""
    world.technician("Ana")
    world.visit("V1")
    question = Question(world.visits["V1"], world.day)

    def first_start() -> datetime:
        found = list_candidates(world.database, desk, world.dispatcher, world.clock, question, 1)
        return datetime.fromisoformat(found["candidates"][0]["start"])

    world.clock.moment = world.at(9)
    assert world.at(9) <= first_start() < world.at(10)
    world.clock.pass_by(seconds=60)
    first_start()
    assert travel.asked == 1
    world.clock.pass_by(seconds=1)
    first_start()
    assert travel.asked == 2
    world.clock.moment = world.at(15)
    assert first_start() >= world.at(15)
    assert travel.asked == 3


def test_many_days_do_not_stay(world: DayWorld, desk: ResidentDesk, travel: CountedTravel) -> None:
    world.technician("Ana")
    world.visit("V1")
    days = [world.day.replace(day=day) for day in range(1, 15)]
    for day in days:
        ask(world, desk, "V1", day=day)
    ask(world, desk, "V1", day=days[-1])
    assert travel.asked == len(days)
    ask(world, desk, "V1", day=days[0])
    assert travel.asked == len(days) + 1


def test_a_visit_that_is_not_on_the_day(world: DayWorld, desk: ResidentDesk) -> None:
    world.technician("Ana")
    world.visit("V1", windows=[(33, 35)])
    with pytest.raises(NotFound) as refused:
        ask(world, desk, "V1", day=world.day)
    assert refused.value.code == "visit_not_on_day"


def test_without_a_day_it_is_that_of_the_plan_or_of_the_next_window(world: DayWorld, desk: ResidentDesk) -> None:
    world.technician("Ana")
    world.visit("V1", windows=[(-30, -28), (33, 35)])
    world.visit("V2")
    world.apply(world.propose(plan=planner(Ana="V2")))
    assert ask(world, desk, "V1")["day"] == world.day.replace(day=world.day.day + 1).isoformat()
    assert ask(world, desk, "V2")["day"] == world.day.isoformat()
    world.change(Visit, world.visits["V1"], service_s=60)
    world.visit("V3")
    assert ask(world, desk, "V3")["day"] == world.clock.now().date().isoformat()


def test_whose_visits(world: DayWorld, desk: ResidentDesk) -> None:
    busy_day(world)
    outsider = world.user("outsider", Role.DISPATCHER, world.add_team("South"))
    with pytest.raises(NotFound):
        ask(world, desk, "V2", by=outsider)
    with pytest.raises(Forbidden):
        ask(world, desk, "V2", by=world.user("warehouse", Role.WAREHOUSE))
    with pytest.raises(NotFound):
        explain_visit(world.database, desk, world.dispatcher, world.clock, Question(uuid4()))
