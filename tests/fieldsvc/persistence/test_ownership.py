"""Everybody's data has a key of its own: another's does not open it, and once it is destroyed nothing does."""

import contextlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select, text, update
from sqlalchemy.exc import StatementError

from fieldsvc.models import Base, Customer, Diagnosis, IdempotencyKey, Rating, SealingKey, Site, Ticket, Visit
from fieldsvc.models.sealing import COMPANY, DataKey, Keyring, Sealer, StoredKey
from fieldsvc.models.types import Sealed, owned
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.ownership import key_for, key_of_all, owner_of

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def stored_keys(database: Database) -> dict[UUID, UUID]:
    with database.read_only() as session:
        return {row.owner_id: row.id for row in session.scalars(select(SealingKey))}


def destroy(database: Database, owner_id: UUID) -> None:
    with database.unit_of_work() as uow:
        gone = (
            update(SealingKey)
            .where(SealingKey.owner_id == owner_id)
            .values(wrapped=None, destroyed_at=datetime.now(UTC))
        )
        key_id = uow.session.scalars(gone.returning(SealingKey.id)).one()
        uow.commit()
    assert key_id is not None
    database.keyring.look_again()


def test_what_hangs_below_a_customer_is_sealed_with_the_customers_key(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        visit = uow.get(Visit, world.visit)
        visit.solution = "a new pump"
        rating = Rating(id=uow.new_id(), visit_id=visit.id, stars=5, comment="quick", rated_at=NOW)
        uow.session.add(rating)
        assert owner_of(uow.session, rating) == world.customer
        uow.commit()
    keys = stored_keys(database)
    assert set(keys) == {world.customer}
    with database.read_only() as session:
        raw = session.execute(text("SELECT solution FROM visits")).scalar_one()
        comment = session.execute(text("SELECT comment FROM ratings")).scalar_one()
        assert session.scalars(select(Visit.solution)).one() == "a new pump"
    prefix = urlsafe_b64encode(keys[world.customer].bytes)[:20].decode()
    assert raw[:20] == comment[:20] == prefix


def test_a_visit_drafted_together_with_its_ticket_and_customer_finds_the_key(database: Database, world: Any) -> None:
    customer, ticket = uuid4(), uuid4()
    with database.unit_of_work() as uow:
        old = uow.get(Ticket, world.ticket)
        visit = uow.get(Visit, world.visit)
        uow.session.add_all(
            [
                Visit(
                    id=uuid4(),
                    number="V9",
                    ticket_id=ticket,
                    solution="none yet",
                    service_s=60,
                    tools=[],
                    unplanned_penalty_cents=1,
                    **{name: getattr(visit, name) for name in ("site_id", "team_id", "job_type_id", "state")},
                ),
                Ticket(
                    id=ticket,
                    number="T9",
                    customer_id=customer,
                    team_id=old.team_id,
                    state=old.state,
                    channel="phone",
                    subject="no light",
                    description="",
                    reported_at=NOW,
                    recorded_at=NOW,
                ),
                Customer(id=customer, team_id=old.team_id, kind="person", name="李娜"),
            ]
        )
        uow.commit()
    assert customer in stored_keys(database)
    destroy(database, customer)
    with database.read_only() as session:
        assert session.scalars(select(Visit.solution).where(Visit.number == "V9")).one() == ""
        assert session.scalars(select(Ticket.subject).where(Ticket.id == ticket)).one() == ""
        assert session.scalars(select(Ticket.subject).where(Ticket.id == world.ticket)).one() == "no water"


def test_what_comes_in_about_somebody_who_was_erased_is_taken_and_never_read(database: Database, world: Any) -> None:
    destroy(database, world.customer)
    with database.unit_of_work() as uow:
        diagnosis = Diagnosis(
            id=uow.new_id(), visit_id=world.visit, symptom="a", cause="b", action="c", note="the neighbour was there"
        )
        diagnosis.occurred_at = diagnosis.recorded_at = NOW
        uow.session.add(diagnosis)
        uow.commit()
    with database.read_only() as session:
        found = session.scalars(select(Diagnosis)).one()
        assert (found.symptom, found.note) == ("a", "")
        assert session.scalars(select(Customer.name)).one() == ""


def test_personal_data_without_its_owners_key_is_never_stored(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        blunt = update(Site).where(Site.id == world.site).values(address="elsewhere")
        with pytest.raises(StatementError, match="without the key"):
            uow.session.execute(blunt)


def test_every_row_with_sealed_columns_knows_whose_it_is(database: Database) -> None:
    """Answers under a key and events are sealed where they are made, as their rows don't tell whose they are."""
    sealed = {
        mapper.class_
        for mapper in Base.registry.mappers
        if any(isinstance(column.type, Sealed) for column in mapper.columns)
    }
    with database.unit_of_work() as uow:
        unowned = set()
        for model in sealed:
            try:
                owner_of(uow.session, model(id=uuid4()) if "id" in model.__mapper__.columns else model())
            except KeyError:
                unowned.add(model.__name__)
            except AssertionError:
                pass
    assert unowned == {"Event", "IdempotencyKey"}


def test_a_stored_answer_belongs_to_the_one_customer_it_is_about(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        of_nobody = key_of_all(uow.session)
        uow.get(Ticket, world.ticket)  # and let go of at once
        assert key_of_all(uow.session).id == stored_keys(database)[world.customer]
        other = Customer(id=uuid4(), team_id=world.team, kind="person", name="李娜")
        uow.session.add(other)
        uow.flush()
        of_two = key_of_all(uow.session)
        uow.commit()
    keys = {key: owner for owner, key in stored_keys(database).items()}
    assert keys[of_nobody.id] == COMPANY
    with database.read_only() as session:
        shared = session.get_one(SealingKey, of_two.id)
        assert set(shared.shared_by or ()) == {str(world.customer), str(other.id)}


@contextlib.contextmanager
def closing_database(database: Database) -> Iterator[Database]:
    url = database.engine.url.render_as_string(hide_password=False)
    other = Database.at(url, database.sealer, database.clock, database.ids)
    yield other
    other.dispose()


class Stored:
    """Keys as a database would have them, and what was asked of it."""

    def __init__(self, sealer: Sealer, *keys: DataKey) -> None:
        self.keys = {key.id: StoredKey(key.id, sealer.wrap(key)) for key in keys}
        self.asked: list[UUID] = []
        self.destroyed: list[UUID] = []

    def find(self, key_id: UUID) -> list[StoredKey]:
        self.asked.append(key_id)
        return [self.keys[key_id]] if key_id in self.keys else []

    def destroyed_since(self, _: datetime) -> list[UUID]:
        return self.destroyed

    def destroy(self, key_id: UUID) -> None:
        self.keys[key_id] = StoredKey(key_id, None)
        self.destroyed.append(key_id)


SEALER = Sealer([Fernet.generate_key().decode()], "index")


def test_a_key_that_is_destroyed_elsewhere_is_let_go_of() -> None:
    key = DataKey.made(uuid4())
    stored = Stored(SEALER, key)
    kept, fresh = Keyring(SEALER, stored, looks_s=3600), Keyring(SEALER, stored, looks_s=0)
    sealed = key.seal(b"here")
    assert kept.open(sealed) == kept.open(sealed) == fresh.open(sealed) == b"here"
    assert len(stored.asked) == 2  # once each
    stored.destroy(key.id)
    assert kept.open(sealed) == b"here"
    assert fresh.open(sealed) is None
    kept.look_again()
    assert kept.open(sealed) is None


def test_what_no_key_fits_is_an_error_and_not_an_erasure() -> None:
    key = DataKey.made(uuid4())
    keyring = Keyring(SEALER, Stored(SEALER, key))
    for broken in (b"", b"short", DataKey.made(uuid4()).seal(b"x"), key.seal(b"x")[:-1] + b"!"):
        with pytest.raises(InvalidToken):
            keyring.open(broken)


def test_few_keys_are_kept_in_memory() -> None:
    keys = [DataKey.made(uuid4()) for _ in range(4)]
    stored = Stored(SEALER, *keys)
    keyring = Keyring(SEALER, stored, most=2)
    for key in (*keys, keys[3], keys[0]):
        assert keyring.open(key.seal(b"x")) == b"x"
    assert stored.asked == [*(key.id for key in keys), keys[0].id]


def test_keys_of_customers_who_came_together_are_read_together(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        for number in range(30):
            uow.session.add(Customer(id=uow.new_id(), team_id=world.team, kind="person", name=f"customer {number}"))
        uow.commit()
    asked: list[str] = []
    with closing_database(database) as other:
        source = other.keyring._source
        find = source.find
        source.find = lambda key_id: asked.append(str(key_id)) or find(key_id)  # type: ignore[method-assign]
        with other.read_only() as session:
            assert len(session.scalars(select(Customer.name)).all()) == 31
    assert len(asked) <= 5  # whichever of the 31 is read first, all that came after it are known then


def test_a_key_made_in_a_transaction_that_fails_is_not_used_again(database: Database, world: Any) -> None:
    owner = uuid4()
    with database.unit_of_work() as uow:
        lost = key_for(uow.session, owner)
        assert key_for(uow.session, owner) is lost
    with database.unit_of_work() as uow:
        assert key_for(uow.session, owner).secret != lost.secret
    assert isinstance(owned({}, lost), dict)
    with pytest.raises(TypeError, match="can't be sealed"):
        owned(3, lost)


def test_answers_under_a_key_stand_sealed(database: Database, world: Any) -> None:
    with database.unit_of_work() as uow:
        key = key_for(uow.session, world.customer)
        row = IdempotencyKey(
            actor_key="a", key="k", route="r", body_hash="h", created_at=NOW - timedelta(1), body=owned("王伟", key)
        )
        uow.session.add(row)
        uow.commit()
    destroy(database, world.customer)
    with database.read_only() as session:
        assert session.scalars(select(IdempotencyKey.body)).one() == ""
