"""A proposal that counts on the last unit is applied while somebody else takes that unit.

The days are those of the tests: a team with a technician, a visit, and a warehouse that has one unit of its part.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy import func, select

from bench.phones.databases import Databases
from bench.plan_races import soundness
from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.domain.errors import DomainError
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.models import OptimizationRun, Reservation, StockBalance, Visit
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_checks import STOCK_CHECKS
from fieldsvc.services.transfers import TransferWish, draft_transfer, ship_transfer
from tests.fieldsvc.day_world import DayWorld

_STEP_S, _JITTER_S = 0.002, 0.01
_LOCK_WAIT_S = 30.0
_UNITS = 1
TAKERS = ("reserved", "sold", "handed out", "sent elsewhere")


@contextmanager
def day_world(databases: Databases) -> Iterator[DayWorld]:
    """Give a day in a new database."""
    sealer = Sealer([Fernet.generate_key().decode()], "a secret for benchmarks")
    clock, ids = SystemClock(), TimeOrderedIds()
    database = Database.at(databases.fresh(), sealer, clock, ids, lock_wait_s=_LOCK_WAIT_S)
    try:
        yield DayWorld(database)
    finally:
        database.dispose()


class UnitRace:
    """One team after the other, each with a unit of its own that is wanted twice.

    Whoever lost begins a little earlier the next time, so that who wins stays open.
    """

    def __init__(self, world: DayWorld, seed: int) -> None:
        self._world, self._chance, self._number = world, random.Random(seed), 0
        self._lead_s = 0.0
        self._keeper = world.user("keeper", Role.WAREHOUSE)
        self._elsewhere = {
            "handed out": world.location("other van", LocationKind.VAN),
            "sent elsewhere": world.warehouse("other house", {}),
        }
        rival = world.visit("rival")
        self._ticket: UUID = world.row(Visit, rival).ticket_id

    @classmethod
    @contextmanager
    def on(cls, databases: Databases, seed: int) -> Iterator[Self]:
        """Give a race on a new database."""
        with day_world(databases) as world:
            yield cls(world, seed)

    def play(self) -> tuple[str, list[str]]:
        """Let one round be played; how it ended, and what was wrong about it."""
        world, name = self._world, f"{self._number:05}"
        self._number += 1
        team = world.add_team(name)
        chief = world.user(f"chief {name}", Role.DISPATCHER, team)
        world.technician(f"Ana {name}", team=team)
        house = world.warehouse(f"house {name}", {f"P-{name}": _UNITS})
        visit = world.visit(f"V-{name}", parts={f"P-{name}": _UNITS}, team=team)
        run_id = world.propose(team=team, by=chief)
        how = TAKERS[self._number % len(TAKERS)]
        take = self._taker(how, house, world.part(f"P-{name}"))
        applied, taken = self._together(lambda: world.apply(run_id, by=chief), take)
        state = world.row(OptimizationRun, run_id).state
        found = list(self._wrong(state, applied, taken, self._planned(visit), self._free(house, f"P-{name}")))
        found += self._broken()
        is_plans = isinstance(taken, DomainError)
        self._lead_s += -_STEP_S if is_plans else _STEP_S
        told = f"told {taken.code}" if is_plans else f"told {getattr(applied, 'code', state)}"
        return f"{'the plan' if is_plans else how} won, the other was {told}", found

    def doctor(self) -> list[str]:
        """Return what the doctor finds."""
        return soundness(self._world)

    def _taker(self, how: str, house: UUID, part: UUID) -> Callable[[], Any]:
        world = self._world
        if how == "reserved":
            wish = ReservationWish(self._ticket, part, _UNITS, location_id=house)
            return lambda: world.write(lambda uow: reserve_units(uow, wish), world.dispatcher)
        if how == "sold":
            number = next(name for name, known in world.parts.items() if known == part)
            return lambda: world.sell(house, number, _UNITS)
        sent = TransferWish(house, self._elsewhere[how], (Units(part, _UNITS),))
        drafted = world.write(lambda uow: draft_transfer(uow, sent).id, self._keeper)
        return lambda: world.write(lambda uow: ship_transfer(uow, drafted), self._keeper)

    def _together(self, apply: Callable[[], Any], take: Callable[[], Any]) -> tuple[Any, Any]:
        """Let both begin at about the same moment; a refusal is an outcome too."""
        waits = [self._chance.uniform(0, _JITTER_S) for _ in range(2)]
        waits[0] += max(0.0, -self._lead_s)
        waits[1] += max(0.0, self._lead_s)
        barrier = threading.Barrier(2)

        def begin(call: Callable[[], Any], waits_s: float) -> Any:
            barrier.wait()
            time.sleep(waits_s)
            try:
                return call()
            except DomainError as error:
                return error

        with ThreadPoolExecutor(2) as pool:
            applied, taken = pool.map(begin, (apply, take), waits)
        return applied, taken

    def _planned(self, visit: UUID) -> int:
        """How many units are reserved for what the plan counts on."""
        query = select(func.sum(Reservation.quantity)).where(Reservation.visit_id == visit, Reservation.is_planned)
        with self._world.database.read_only() as session:
            return session.scalar(query) or 0

    def _free(self, house: UUID, number: str) -> int:
        query = select(StockBalance.on_hand - StockBalance.reserved).where(
            StockBalance.location_id == house, StockBalance.part_id == self._world.part(number)
        )
        with self._world.database.read_only() as session:
            return session.scalars(query).one()

    @staticmethod
    def _wrong(state: RunState, applied: Any, taken: Any, planned: int, free: int) -> Iterator[str]:
        if free:
            yield f"{free} units are left although somebody has got one"
        if isinstance(taken, DomainError):
            if taken.code != "not_enough_stock":
                yield f"whoever came too late was told {taken.code}: {taken}"
            if state is not RunState.APPLIED or isinstance(applied, DomainError) or planned != _UNITS:
                yield f"nobody has got the unit: the run is {state}, {applied}, {planned} are reserved for it"
        elif planned or (state is not RunState.STALE and not isinstance(applied, DomainError)):
            yield f"both have got the unit: the run is {state}, {applied}, {planned} are reserved for it"

    def _broken(self) -> list[str]:
        with self._world.database.read_only() as session:
            return [f"{name}: {sentence}" for name, check in STOCK_CHECKS for sentence in check(session)]
