"""A process that is killed (SIGKILL) before each statement and around each COMMIT of a use case; what is left then."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from bench.ledger.books import Books, read_books
from bench.ledger.ground import Ground, propose_run
from bench.ledger.world import act
from bench.phones.databases import Databases
from fieldsvc.domain.actor import Actor
from fieldsvc.models import Base, OptimizationRun
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.command import Answer, Command, execute
from fieldsvc.services.doctor import examine
from fieldsvc.services.reservations import ReservationWish, reserve_units
from fieldsvc.services.stock import Units
from fieldsvc.services.transfers import TransferWish, draft_transfer, receive_transfer, ship_transfer

Verb = Callable[[UnitOfWork], object]
Seen = tuple[str, str, list[str]]
"""The use case, where it was killed, and what was wrong then."""


@dataclass(frozen=True)
class UseCase:
    """What is killed. steps: one transaction each."""

    name: str
    steps: tuple[tuple[Actor, Verb], ...]


def kill_everywhere(made: Databases, *, first: int = 1, every: int = 1) -> Iterator[Seen]:
    """Kill each use case at its points, from the first one on; every: 1 = at all of them."""
    for prepare in _USE_CASES:
        ground = Ground(made)
        use_case = prepare(ground)
        ground.keep()
        yield from _killed(ground, use_case, first, every)
        ground.database.dispose()


def _killed(ground: Ground, use_case: UseCase, first: int, every: int) -> Iterator[Seen]:
    states = [_state(ground)]
    for number in range(len(use_case.steps)):
        _ask(ground, use_case, number)
        states.append(_state(ground))
    point = first
    while True:
        ground.reset()
        where, is_alive = _let_die(ground, use_case, point)
        if is_alive:
            return
        found = _doctor(ground)
        if _state(ground) not in states:
            found.append(f"half of it is there: {_difference(states, _state(ground))}")
        try:
            for number in range(len(use_case.steps)):  # under the same keys, so that nothing is done twice
                _ask(ground, use_case, number)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the caller gets no answer
            found.append(f"it can't be done once more: {error!r}")
        if _state(ground) != states[-1]:
            found.append(f"done once more it is another thing: {_difference(states[-1:], _state(ground))}")
        yield use_case.name, where, found + _doctor(ground)
        point += every


def _let_die(ground: Ground, use_case: UseCase, point: int) -> tuple[str, bool]:
    """Let a process do it that is killed at a point; returns where that was, and whether it lived to the end."""
    ground.database.dispose()  # a connection must not be in two processes
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _live(ground, use_case, point, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        where = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return where, False
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{use_case.name} failed in its process, before anything was killed: {where}")
    return where, True


def _live(ground: Ground, use_case: UseCase, point: int, writing: int) -> NoReturn:
    """What the process does."""
    seen: Counter[str] = Counter()

    def pass_by(what: str) -> None:
        seen[what] += 1
        if seen.total() == point:
            os.write(writing, f"{what} {seen[what]}".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", lambda *_: pass_by("before statement"))
    event.listen(Engine, "commit", lambda _: pass_by("before COMMIT"))
    event.listen(Session, "after_commit", lambda _: pass_by("after COMMIT"))
    try:
        for number in range(len(use_case.steps)):
            _ask(ground, use_case, number)
    except BaseException as error:  # noqa: BLE001 -- told to the parent, whose stack this process has no part in
        os.write(writing, repr(error).encode())
        os._exit(1)
    os._exit(0)


def _ask(ground: Ground, use_case: UseCase, number: int) -> None:
    actor, verb = use_case.steps[number]
    command = Command(actor, use_case.name, key=f"{use_case.name} {number}", body_hash="of nothing")
    execute(ground.database, command, verb, lambda _: Answer(204, ""))


def _doctor(ground: Ground) -> list[str]:
    with ground.database.read_only() as session:
        return [f"doctor: {one.invariant}: {one.sentence}" for one in examine(session, ground.clock.now())]


def _state(ground: Ground) -> dict[str, Any]:
    """All that two runs of the same thing have in common: rows of every table, and what they say without new ids."""
    with ground.database.read_only() as session:
        books = read_books(session)
        rows = {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }
        runs = session.scalars(select(OptimizationRun.state).order_by(OptimizationRun.id)).all()
    return {"rows": rows, "runs": list(runs), **_told(books)}


def _told(books: Books) -> dict[str, Any]:
    promises = Counter(
        (one.ticket, one.visit, one.part, one.place, one.quantity, one.state, one.is_planned)
        for one in books.promises.values()
    )
    moves = Counter((one.part, one.quantity, one.source, one.target, one.serial) for one in books.moves.values())
    return {
        "balances": dict(books.balances),
        "promises": promises,
        "moves": moves,
        "transfers": [one.state for one in books.shipments.values()],
        "visits": dict(books.visits),
        "tickets": dict(books.tickets),
        "claims": books.claims,
        "changes": books.changes,
    }


def _difference(states: Sequence[dict[str, Any]], seen: dict[str, Any]) -> str:
    """What differs from the state that is most like it."""
    nearest = min(states, key=lambda state: sum(state[name] != seen[name] for name in seen))
    return "; ".join(f"{name}: {nearest[name]} / {seen[name]}" for name in seen if nearest[name] != seen[name])


def _reserving(ground: Ground) -> UseCase:
    """Units for a ticket, in part, where somebody's time is over and somebody else waits."""
    world = ground.world
    part, house = world.parts["A"], world.places["house-a"].id
    for wish in (
        ReservationWish(world.tickets[2], part, 2, location_id=house, hold_until=ground.at(1)),
        ReservationWish(world.tickets[0], part, 4, location_id=house, takes_part=True),
    ):
        act(ground.database, world.keeper, lambda uow, wish=wish: reserve_units(uow, wish))  # type: ignore[misc]
    ground.clock.moment += timedelta(minutes=2)
    wanted = ReservationWish(world.tickets[1], part, 3, takes_part=True)
    return UseCase("reserve", ((world.keeper, lambda uow: reserve_units(uow, wanted)),))


def _bringing(ground: Ground) -> UseCase:
    """Units with and without serials from a house to a van, of which fewer arrive, for somebody who waits there."""
    world = ground.world
    plain, serialised, van = world.parts["A"], world.parts["C"], world.van(1)
    waiting = ReservationWish(world.tickets[1], plain, 1, location_id=van, takes_part=True)
    act(ground.database, world.keeper, lambda uow: reserve_units(uow, waiting))
    lines = (Units(plain, 2), Units(serialised, 2, ("S0", "S1")))
    wish = TransferWish(world.places["house-a"].id, van, lines)
    transfer = act(ground.database, world.keeper, lambda uow: draft_transfer(uow, wish)).id
    counted = (Units(plain, 1), Units(serialised, 2, ("S0", "S5")))
    return UseCase(
        "ship and receive",
        (
            (world.keeper, lambda uow: ship_transfer(uow, transfer)),
            (world.keeper, lambda uow: receive_transfer(uow, transfer, counted)),
        ),
    )


def _applying(ground: Ground) -> UseCase:
    """A proposal for two technicians whose visits want units of all three parts."""
    run = propose_run(ground)
    assert run is not None, "nothing else is at work"
    options = ApplyOptions(dispatches=True)
    return UseCase("apply", ((ground.world.dispatcher, lambda uow: apply_run(uow, run, options)),))


_USE_CASES = (_reserving, _bringing, _applying)
