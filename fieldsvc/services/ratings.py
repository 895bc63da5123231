"""A customer says how content he is with a visit; said again, the newest counts."""

from sqlalchemy import select

from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.ratings import Rating
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import load_visit, touch, visits_in_scope


def rate_by_link(uow: UnitOfWork, stars: int, comment: str | None) -> Rating:
    """Take one to five stars for the newest completed visit of the linked ticket."""
    in_scope = visits_in_scope(uow.actor, Action.RATING_CREATE)
    done = select(Visit.id).where(in_scope, Visit.state == VisitState.COMPLETED)
    visit_id = uow.session.scalars(done.order_by(Visit.id.desc()).limit(1)).first()
    if visit_id is None:
        raise Conflict("No visit has been completed yet.", code="nothing_to_rate")
    visit = load_visit(uow, visit_id, Action.RATING_CREATE)
    rating = uow.session.scalars(select(Rating).where(Rating.visit_id == visit_id)).one_or_none()
    if rating is None:
        rating = Rating(id=uow.new_id(), visit_id=visit_id)
        uow.session.add(rating)
    rating.stars, rating.comment, rating.rated_at = stars, comment, uow.now
    touch(visit)
    uow.record(rating, "visit_rated", data={"visit_id": visit_id, "stars": stars})
    return rating
