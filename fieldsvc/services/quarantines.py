"""Where units wait, out of use, until somebody has decided about them."""

from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.ledger import PHYSICAL, LocationKind
from fieldsvc.models.stock import StockLocation
from fieldsvc.persistence.statements import insert_or_leave
from fieldsvc.persistence.unit_of_work import UnitOfWork


def quarantine_of(uow: UnitOfWork, place: StockLocation) -> UUID:
    """The quarantine of a place, made when it is needed for the first time."""
    code = f"{place.code[:52]}-quarantine"
    insert_or_leave(
        uow.session,
        StockLocation,
        ["code"],
        id=uow.new_id(),
        version=1,
        code=code,
        name=f"{place.name[:180]} (quarantine)",
        kind=LocationKind.QUARANTINE,
        is_physical=LocationKind.QUARANTINE in PHYSICAL,
        team_id=place.team_id,
        handling_s=0,
    )
    return uow.session.scalars(select(StockLocation.id).where(StockLocation.code == code)).one()
