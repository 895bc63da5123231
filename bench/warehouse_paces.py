"""How long a warehouse's people wait: reserving, releasing, pick lists, hand-overs, counts, and the doctor."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from statistics import median, quantiles
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select

from bench.memory import PeakMemory
from bench.warehouse_rows import Stocked
from fieldsvc.domain.errors import DomainError
from fieldsvc.models import StockBalance
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import counts, picking
from fieldsvc.services.command import Answer, Command, execute
from fieldsvc.services.doctor import examine
from fieldsvc.services.pick_lists import read_pick_lists
from fieldsvc.services.reservations import ReservationWish, release_reservation, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.stock_checks import STOCK_CHECKS

Figures = dict[str, str | int | float]
Outcome = TypeVar("Outcome")
_COUNTED, _DIFFERING = 200, 5


class Warehouse:
    """Asks a loaded warehouse, as its keeper. Every write has a key of its own, as one over HTTP has."""

    def __init__(self, database: Database, stocked: Stocked, seed: int) -> None:
        self._database, self._stocked, self._chance = database, stocked, random.Random(seed)

    def reserve(self, calls: int, callers: int) -> list[Figures]:
        """Reserve a unit for somebody so many times, every other time wherever it is; then release what was got."""
        wishes = [self._wish(is_placed=number % 2 == 0) for number in range(calls)]
        got, reserved = self._all(callers, [partial(self._reserve, wish) for wish in wishes])
        held = [one for one in got if one is not None]
        _, released = self._all(callers, [partial(self._release, one) for one in held])
        beside = f", {callers} callers" if callers > 1 else ""
        rows = [_paces(f"reserve{beside}", reserved), _paces(f"release{beside}", released)]
        return [rows[0] | {"refused": calls - len(held)}, rows[1]]

    def pick_lists(self, reads: int) -> Figures:
        """Read what is to be picked for everybody's day."""
        told, lines = [], 0
        for _ in range(reads):
            with self._database.read_only() as session:
                began = time.perf_counter()
                day = read_pick_lists(
                    session,
                    self._stocked.keeper,
                    self._stocked.house,
                    self._stocked.day,
                    now=self._database.clock.now(),
                )
                told.append(time.perf_counter() - began)
            lines = sum(len(one.lines) for one in day.lists)
        return _paces("pick lists", told) | {"lines": lines}

    def hand_over(self, tours: int) -> Figures:
        """Hand over what is reserved for so many technicians' days, one after the other."""
        told = []
        for technician in self._stocked.technicians[:tours]:
            tour = picking.Tour(self._stocked.house, technician, self._stocked.day)
            told.append(self._timed(partial(picking.hand_over, tour=tour, serials={}))[1])
        return _paces("hand-over", told)

    def count(self, times: int) -> Figures:
        """Count some parts of the warehouse, a few of which differ; what differs is posted at once."""
        told = []
        most = min(_COUNTED, len(self._stocked.parts))
        for _ in range(times):
            parts = tuple(self._chance.sample(self._stocked.parts, most))
            wish = counts.CountWish(self._stocked.house, parts)
            opened, _ = self._timed(partial(counts.open_count, wish=wish))
            counted = self._counted(parts)
            submit = partial(counts.submit_count, count_id=opened.id, counted=counted, approval_from_cents=10**9)
            told.append(self._timed(submit)[1])
        return _paces(f"count of {most} parts", told)

    def doctor(self, *, is_stock_only: bool) -> tuple[Figures, list[str]]:
        """Let the doctor look at all, or at stock alone."""
        with self._database.read_only() as session, PeakMemory() as memory:
            began = time.perf_counter()
            if is_stock_only:
                found = [f"{name}: {sentence}" for name, check in STOCK_CHECKS for sentence in check(session)]
            else:
                found = [f"{one.invariant}: {one.sentence}" for one in examine(session, datetime.now(UTC))]
            seconds = time.perf_counter() - began
        name = "doctor, stock" if is_stock_only else "doctor"
        return {"instance": name, "seconds": round(seconds, 2), "peak_memory_mb": round(memory.peak_mb)}, found

    def _wish(self, *, is_placed: bool) -> ReservationWish:
        parts = self._stocked.parts
        part = parts[int(len(parts) * self._chance.random() ** 3)]
        place = self._stocked.house if is_placed else None
        return ReservationWish(self._chance.choice(self._stocked.tickets), part, 1, location_id=place)

    def _reserve(self, wish: ReservationWish) -> tuple[UUID | None, float]:
        began = time.perf_counter()
        try:
            made, seconds = self._timed(lambda uow: reserve_units(uow, wish))
        except DomainError:
            return None, time.perf_counter() - began
        return made[0].id, seconds

    def _release(self, reservation_id: UUID) -> tuple[None, float]:
        return None, self._timed(lambda uow: release_reservation(uow, reservation_id))[1]

    def _counted(self, parts: Sequence[UUID]) -> list[Units]:
        query = select(StockBalance.part_id, StockBalance.on_hand).where(
            StockBalance.location_id == self._stocked.house, StockBalance.part_id.in_(parts)
        )
        with self._database.read_only() as session:
            books = dict(session.execute(query).all())
        return [Units(part, books.get(part, 0) + (place < _DIFFERING)) for place, part in enumerate(parts)]

    def _timed(self, use_case: Callable[[UnitOfWork], Outcome]) -> tuple[Outcome, float]:
        outcomes: list[Outcome] = []

        def keep(outcome: Outcome) -> Answer:
            outcomes.append(outcome)
            return Answer(200, "{}")

        command = Command(self._stocked.keeper, "bench", key=uuid4().hex, body_hash="0" * 64)
        began = time.perf_counter()
        execute(self._database, command, use_case, keep)
        return outcomes[-1], time.perf_counter() - began

    @staticmethod
    def _all(callers: int, calls: Sequence[Callable[[], tuple[Any, float]]]) -> tuple[list[Any], list[float]]:
        """Let callers share the calls; what each returned, and how long it took."""
        shares = [calls[number::callers] for number in range(callers)]
        with ThreadPoolExecutor(callers) as pool:
            told = [one for share in pool.map(lambda own: [call() for call in own], shares) for one in share]
        return [outcome for outcome, _ in told], [seconds for _, seconds in told]


def _paces(name: str, seconds: Sequence[float]) -> Figures:
    """How many there were, and what half of them, nineteen of twenty, and all of them kept within."""
    if not seconds:
        return {"instance": name, "asked": 0}
    highest = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    paces = {"median_ms": median(seconds), "p95_ms": highest, "longest_ms": max(seconds)}
    figures: Figures = {"instance": name, "asked": len(seconds)}
    return figures | {key: round(1000 * one, 1) for key, one in paces.items()}
