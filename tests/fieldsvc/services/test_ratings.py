"""A customer's stars, once a visit is completed; said again, the newest count."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, Forbidden
from fieldsvc.models import Rating
from fieldsvc.services import ratings, tracking
from fieldsvc.services.visit_views import get_visit
from tests.fieldsvc.stage import Stage


def given(stage: Stage) -> list[tuple[int, str | None]]:
    with stage.database.read_only() as session:
        return [(one.stars, one.comment) for one in session.scalars(select(Rating))]


def test_stars_are_kept_and_the_comment_kept_private(stage: Stage) -> None:
    stage.bring_to("completed")
    customer = stage.customer_actor()
    stage.act(customer, lambda uow: tracking.rate_visit(uow, 2, "came late"))
    stage.act(customer, lambda uow: tracking.rate_visit(uow, 4, "but kind"))
    assert given(stage) == [(4, "but kind")]
    with stage.database.read_only() as session:
        raw = session.connection().exec_driver_sql("SELECT comment FROM ratings").scalar_one()
        shown = get_visit(session, stage.cast.agent, stage.database.clock.now(), stage.cast.visit)
        events = stage.events(session.scalars(select(Rating.id)).one())
    assert "kind" not in raw
    assert shown.rating is not None
    assert shown.rating.stars == 4
    assert [(one.kind, one.data["stars"]) for one in events] == [("visit_rated", 2), ("visit_rated", 4)]


def test_nothing_is_rated_before_it_is_done(stage: Stage) -> None:
    stage.bring_to("working")
    with pytest.raises(Conflict) as refused:
        stage.act(stage.customer_actor(), lambda uow: tracking.rate_visit(uow, 5, None))
    assert refused.value.code == "nothing_to_rate"


def test_staff_do_not_rate(stage: Stage) -> None:
    stage.bring_to("completed")
    for login in ("technician1", "agent", "supervisor", "admin"):
        with pytest.raises(Forbidden):
            stage.act(stage.cast.actors[login], lambda uow: ratings.rate_by_link(uow, 5, None))
    assert given(stage) == []


def test_two_ratings_at_once_are_one(stage: Stage) -> None:
    stage.bring_to("completed")
    customer = stage.customer_actor()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda stars: stage.act(customer, lambda uow: tracking.rate_visit(uow, stars, None)), (1, 5)))
    assert len(given(stage)) == 1
