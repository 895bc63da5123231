"""Rules that somebody has planned against: kept for as long as the visit stays where it was put."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from fieldsvc.domain.catalogue import OverrideReason
from fieldsvc.models.overrides import Override
from fieldsvc.persistence.unit_of_work import UnitOfWork


def forget_overrides(uow: UnitOfWork, visit_id: UUID) -> None:
    """Forget what was accepted for a visit that is taken from its place."""
    uow.session.execute(delete(Override).where(Override.visit_id == visit_id))


def accept_broken(uow: UnitOfWork, broken: Iterable[tuple[UUID, str]], reason: OverrideReason) -> None:
    """Store that these (visit, rule) pairs were seen and accepted; an older word about the same pair is replaced."""
    for visit_id, rule in sorted(set(broken)):
        uow.session.execute(delete(Override).where(Override.visit_id == visit_id, Override.rule == rule))
        uow.session.add(
            Override(
                id=uow.new_id(),
                visit_id=visit_id,
                rule=rule,
                reason=reason,
                accepted_by=uow.actor.user_id,
                accepted_at=uow.now,
            )
        )


def overrides_of(uow: UnitOfWork, visit_ids: Iterable[UUID]) -> Sequence[Override]:
    """Return what is accepted for visits."""
    return uow.session.scalars(select(Override).where(Override.visit_id.in_(list(visit_ids)))).all()


def restore_overrides(uow: UnitOfWork, known: Sequence[Override]) -> None:
    """Keep what was accepted for visits that were only pushed a little and break the same rules still."""
    there = {(one.visit_id, one.rule) for one in overrides_of(uow, {one.visit_id for one in known})}
    for one in known:
        if (one.visit_id, one.rule) not in there:
            same = {name: getattr(one, name) for name in ("visit_id", "rule", "reason", "accepted_by", "accepted_at")}
            uow.session.add(Override(id=uow.new_id(), **same))
