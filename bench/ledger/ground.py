"""A database with the company in it that can be set back to its beginning, and what is done there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import Engine, make_url

from bench.ledger.books import Books, read_books
from bench.ledger.world import SetClock, act, found_world
from bench.phones.databases import Databases, databases
from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.adapters.travel import EstimatedTravel
from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.dispatching.published import published_plan
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import take_snapshot
from fieldsvc.dispatching.solving import TIME_TO_DECIDE
from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.catalogue import OverrideReason
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import visits
from fieldsvc.services.placements import Placement, place_visit
from fieldsvc.services.run_claims import claim_run, propose
from fieldsvc.services.runs import RunRequest, request_run
from fieldsvc.services.sending import dispatch_visit
from solver.engines.child import Status
from solver.insertion import first_come_plan
from solver.score import score
from solver.solve import Result

TRAVEL = EstimatedTravel()
GEOFENCE_M = 300


class Ground:
    """One database with its clock."""

    def __init__(self, made: Databases) -> None:
        self.made = made
        self.clock = SetClock()
        sealer = Sealer([Fernet.generate_key().decode()], "a secret key for the ledger, long enough")
        self.database = Database.at(made.fresh(), sealer, self.clock, TimeOrderedIds())
        if self.database.engine.dialect.name == "postgresql":
            _wait_for_no_disk(self.database.engine)
        self.world = found_world(self.database)
        _begin_the_day(self)
        self.keep()

    def keep(self) -> None:
        """Let what is there now be the beginning."""
        self._begins_at = self.clock.now()
        self.database.dispose()
        self.made.back_up()

    def reset(self) -> None:
        """Put everything back to the beginning."""
        self.database.dispose()
        self.made.restore()
        self.clock.moment = self._begins_at

    def books(self) -> Books:
        """Read the books."""
        with self.database.read_only() as session:
            return read_books(session)

    def at(self, minutes: float) -> datetime:
        """Return the time so many minutes from now."""
        return self.clock.now() + timedelta(minutes=minutes)


@contextmanager
def ground(kind: str) -> Iterator[Ground]:
    """Give a ground on a kind of database."""
    with databases(kind) as made:
        standing = Ground(made)
        try:
            yield standing
        finally:
            standing.database.dispose()


def placing(visit: UUID, technician: Actor, start: datetime) -> Callable[[UnitOfWork], object]:
    """Return what puts a visit on somebody's day, whatever rules that breaks."""
    assert technician.technician_id is not None, "technicians have one"
    wanted = Placement((technician.technician_id,), start, OverrideReason.OTHER)
    return lambda uow: place_visit(uow, TRAVEL, visit, wanted)


def propose_run(standing: Ground) -> UUID | None:
    """Bring a run for today to its proposal without a search: first come, first served. None: one is at work still."""
    database, world = standing.database, standing.world
    day = standing.clock.now().date()
    request = RunRequest(world.team, day, None, time_limit_s=1)
    act(database, world.dispatcher, lambda uow: request_run(uow, request, max_solve_s=10))
    claim = act(database, SYSTEM, lambda uow: claim_run(uow, "ledger", 60))
    if claim is None:
        return None
    proposal = _proposal(standing, Scope(world.team, day, None))
    act(database, SYSTEM, lambda uow: propose(uow, claim, proposal))
    return claim.run_id


def _proposal(standing: Ground, scope: Scope) -> Proposal:
    now = standing.clock.now()
    with standing.database.read_only() as session:
        snapshot = take_snapshot(session, scope, TRAVEL, now + TIME_TO_DECIDE, held_at=now)
        published = published_plan(session, snapshot)
    plan = first_come_plan(snapshot.problem)
    result = Result(Status.COMPLETE, plan, score(snapshot.problem, plan), None, 0.1, 1, "first come", ((0.1, 1),))
    return Proposal(snapshot, plan, proposal_of(snapshot, result, published))


def _begin_the_day(standing: Ground) -> None:
    """The first visit is at work, another one is planned."""
    world, database = standing.world, standing.database
    one, other = world.technicians
    first, second = world.visits[0], world.visits[2]
    act(database, world.dispatcher, placing(first, one, standing.at(30)))
    act(database, world.dispatcher, placing(second, other, standing.at(240)))
    act(database, world.dispatcher, lambda uow: dispatch_visit(uow, first))
    act(database, one, lambda uow: visits.accept_visit(uow, first))
    act(database, one, lambda uow: visits.depart(uow, first))
    standing.clock.moment += timedelta(minutes=30)
    act(database, one, lambda uow: visits.check_in(uow, first, None, GEOFENCE_M))


def _wait_for_no_disk(engine: Engine) -> None:
    """Let the server not wait for its disk: processes are killed here, and no machine is switched off."""
    plain = make_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
