"""One publication at a time, whatever its team."""

from sqlalchemy import select

from fieldsvc.models.technicians import Team
from fieldsvc.persistence.unit_of_work import UnitOfWork


def hold_publications(uow: UnitOfWork) -> None:
    """Let no plan be published before this transaction ends; taken before any visit is locked."""
    uow.session.execute(select(Team.id).order_by(Team.id).with_for_update(key_share=True)).all()
