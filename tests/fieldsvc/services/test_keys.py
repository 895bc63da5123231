"""The system's keys are changed without touching what customers' keys seal."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select, update

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.models import Customer, SealingKey, Team
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.migrate import upgrade
from fieldsvc.services import keys
from fieldsvc.services.keys import rotate_keys


def test_after_a_rotation_the_new_key_alone_opens_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*system_keys: str) -> Database:
        sealer = Sealer(system_keys, "index")
        return Database.at(f"sqlite:///{tmp_path}/keys.db", sealer, SystemClock(), TimeOrderedIds())

    monkeypatch.setattr(keys, "_AT_ONCE", 2)
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    first, both, after = opened(old), opened(new, old), opened(new)
    upgrade(first.engine)
    names = ["Ana", "王伟", "Dora", "Li", "Eva"]
    with first.unit_of_work() as uow:
        team = Team(id=uow.new_id(), name="North", zone="UTC")
        customers = [Customer(id=uow.new_id(), team_id=team.id, kind="person", name=name) for name in names]
        uow.session.add_all([team, *customers])
        uow.commit()
    with after.read_only() as session, pytest.raises(InvalidToken):
        session.scalars(select(Customer.name)).all()
    with both.unit_of_work() as uow:
        gone = update(SealingKey).values(wrapped=None, destroyed_at=datetime.now(UTC))
        uow.session.execute(gone.where(SealingKey.owner_id == customers[0].id))
        uow.commit()
    assert rotate_keys(both) == 4
    assert rotate_keys(both) == 4  # and once more
    with after.read_only() as session:
        assert set(session.scalars(select(Customer.name))) == {"", *names[1:]}
    for database in (first, both, after):
        database.dispose()
