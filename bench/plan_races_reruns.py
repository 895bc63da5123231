"""An untouched plan run again: nothing is lost and nothing moves, wherever the units it counts on are by now.

Between the runs a warehouse goes on: units are picked, put back, handed over, called off, and received on the vans.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID

from sqlalchemy import func, select

from bench.phones.databases import Databases
from bench.plan_races import soundness
from bench.plan_races_units import day_world
from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.dispatching.published import published_tours
from fieldsvc.dispatching.snapshot import take_snapshot
from fieldsvc.dispatching.solving import TIME_TO_DECIDE, Effort, solve_scope
from fieldsvc.domain.errors import Conflict
from fieldsvc.domain.reservation_states import ACTIVE, ReservationState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RunState
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models import Assignment, Reservation, Transfer, Visit
from fieldsvc.services.picking import Tour, hand_over, pick_units, put_back
from fieldsvc.services.run_claims import claim_run, propose
from fieldsvc.services.runs import RunRequest, request_run
from fieldsvc.services.stock_checks import STOCK_CHECKS
from fieldsvc.services.transfers import cancel_transfer, receive_transfer
from solver.check import violations
from solver.draft import Draft
from solver.engines.child import Status
from solver.insertion import insert_where_cheapest
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.score import score
from solver.solve import Result
from tests.fieldsvc.day_world import DayWorld

Published = dict[str, tuple[Any, ...]]
_TECHNICIANS, _VISITS, _PARTS = 4, 12, 3
_VERBS = ("pick", "put back", "hand over", "hand over", "call off", "receive")
_MOVES_CLAIMS = ("hand over", "call off")
_STAGED_AT_MOST = 2
"""Tours whose units are on the van, so that others still have something to do."""


class Reruns:
    """One published day that is run again and again."""

    def __init__(self, world: DayWorld, seed: int) -> None:
        self._world, self._chance = world, random.Random(seed)
        self._keeper = world.user("keeper", Role.WAREHOUSE)
        numbers = [f"P-{number}" for number in range(_PARTS)]
        self._house = world.warehouse("house", dict.fromkeys(numbers, _VISITS))
        self._people = [
            world.technician(f"Technician {number}", stock={numbers[number % _PARTS]: 2})
            for number in range(_TECHNICIANS)
        ]
        for number in range(_VISITS):
            place = (-30.03 - self._chance.random() / 20, -51.18 - self._chance.random() / 20)
            wanted = dict.fromkeys(self._chance.sample(numbers, 1 + number % 2), 1)
            world.visit(f"V{number}", place=place, parts=wanted)
        self._moving: list[UUID] = []
        self._staged, self._is_touched = 0, False
        world.apply(world.propose(), dispatches=True)

    @classmethod
    @contextmanager
    def on(cls, databases: Databases, seed: int) -> Iterator[Self]:
        """Give a published day in a new database."""
        with day_world(databases) as world:
            yield cls(world, seed)

    def play(self, limit_s: int | None) -> tuple[Counter[str], list[str]]:
        """Run again and apply, by the engine within limit_s, or else proposing what is published; then go on."""
        before, held, states = self._published(), self._held(), self._states()
        proposal = self._proposal(limit_s)
        run = self._world.apply(self._proposed(proposal))
        now = self._published()
        told = {one["number"]: one["kind"] for one in proposal.document["differences"]}
        found = [f"the run is {run.state}: {run.application}"] if run.state is not RunState.APPLIED else []
        found += list(_wrong(before, now, told))
        if limit_s is None and not self._is_touched:
            found += [f"visit {number} would be {kind}, and nothing has happened" for number, kind in told.items()]
            found += (
                [] if (now, self._held()) == (before, held) else ["nothing has happened, and yet it is another plan"]
            )
        found += self._broken()
        way = "by the engine" if limit_s is not None else "as published"
        counts = Counter({f"run again {way}": 1, f"run again {way}: differences told": len(told)})
        counts.update({f"run again {way} with units {state}": 1 for state in states})
        done, self._is_touched = self._go_on()
        counts[f"between the runs: {done}"] += 1
        return counts, found

    def doctor(self) -> list[str]:
        """Return what the doctor finds."""
        return soundness(self._world)

    def _proposal(self, limit_s: int | None) -> Proposal:
        world, scope = self._world, self._world.scope()
        if limit_s is not None:
            effort = Effort(SolveParams().engine, limit_s, seed=self._chance.randrange(1000))
            return solve_scope(world.database, scope, world.travel, effort, lambda _: None, lambda: False)
        with world.database.read_only() as session:
            snapshot = take_snapshot(
                session, scope, world.travel, world.clock.now() + TIME_TO_DECIDE, held_at=world.clock.now()
            )
            standing = published_tours(session, snapshot)
        published = standing.plan(snapshot)
        plan = _completed(snapshot.problem, published)
        result = Result(Status.COMPLETE, plan, score(snapshot.problem, plan), None, 0.1, 1, "none", ((0.1, 1),))
        return Proposal(snapshot, plan, proposal_of(snapshot, result, published, standing.placements(snapshot)))

    def _proposed(self, proposal: Proposal) -> UUID:
        world = self._world
        request = RunRequest(world.team, world.day, None, time_limit_s=1)
        world.write(lambda uow: request_run(uow, request, max_solve_s=10), world.dispatcher)
        claim = world.write(lambda uow: claim_run(uow, "bench", 60))
        is_proposed = world.write(lambda uow: propose(uow, claim, proposal))
        assert is_proposed, "nobody else has claimed it"
        run_id: UUID = claim.run_id
        return run_id

    def _published(self) -> Published:
        """By the number of each visit that is on the plan: state, times, who, and what it counts on where."""
        found = {}
        query = select(Visit, Assignment).join(Assignment, Assignment.visit_id == Visit.id)
        with self._world.database.read_only() as session:
            for visit, one in session.execute(query.where(Assignment.ended_at.is_(None))):
                parts = sorted((part.part_id, part.location_id, part.quantity) for part in one.planned_parts)
                when = (one.planned_arrival, one.planned_start, one.planned_end, one.position)
                found[visit.number] = (visit.state, one.technician_id, when, tuple(parts))
        return found

    def _held(self) -> list[tuple[Any, ...]]:
        """What is reserved for which visit, and where its units are."""
        columns = (Reservation.visit_id, Reservation.part_id, Reservation.location_id, Reservation.state)
        query = select(*columns, func.sum(Reservation.quantity)).where(Reservation.state.in_(ACTIVE))
        with self._world.database.read_only() as session:
            return sorted((tuple(row) for row in session.execute(query.group_by(*columns))), key=str)

    def _states(self) -> set[str]:
        """In which states units are that the plan counts on; those on their way by their own word."""
        columns = (Reservation.state, Reservation.destination_id)
        with self._world.database.read_only() as session:
            rows = session.execute(select(*columns).where(Reservation.state.in_(ACTIVE)).distinct()).all()
        return {
            "in transit" if state is ReservationState.PICKED and towards is not None else state.value
            for state, towards in rows
        }

    def _go_on(self) -> tuple[str, bool]:
        """Let the warehouse do one thing; what it was, or why not, and whether the plan counts on other places now."""
        verb = self._chance.choice(_VERBS)
        tour = Tour(self._house, self._chance.choice(self._people).id, self._world.day)
        try:
            self._do(verb, tour)
        except Conflict as error:
            return f"{verb} refused, {error.code}", False
        return verb, verb in _MOVES_CLAIMS

    def _do(self, verb: str, tour: Tour) -> None:
        write, keeper = self._world.write, self._keeper
        if verb == "pick":
            write(lambda uow: pick_units(uow, tour), keeper)
        elif verb == "put back":
            write(lambda uow: put_back(uow, tour), keeper)
        elif verb == "hand over":
            self._moving.append(write(lambda uow: hand_over(uow, tour, {}).id, keeper))
        else:
            self._end_transfer(is_received=verb == "receive")

    def _end_transfer(self, *, is_received: bool) -> None:
        if not self._moving or (is_received and self._staged >= _STAGED_AT_MOST):
            raise Conflict("There is nothing that could be.", code="nothing_moves")
        transfer = self._moving.pop(self._chance.randrange(len(self._moving)))
        end = receive_transfer if is_received else cancel_transfer
        self._world.write(lambda uow: end(uow, transfer), self._keeper)
        state = self._world.row(Transfer, transfer).state
        self._staged += state is TransferState.RECEIVED

    def _broken(self) -> list[str]:
        with self._world.database.read_only() as session:
            return [f"{name}: {sentence}" for name, check in STOCK_CHECKS for sentence in check(session)]


def _completed(problem: Problem, published: Plan) -> Plan:
    """What is published, with what does not hold there any more put where it costs least: as a solve ends."""
    left = {one.job for one in published.unplanned}
    draft = Draft.of_plan(problem, published)
    insert_where_cheapest(draft, [job for job in problem.jobs if job.id in left], _TECHNICIANS, lambda: False)
    plan = draft.plan() if left else published
    wrong = violations(problem, plan)
    assert not wrong, f"what is published breaks rules: {wrong[:3]}"
    return plan


def _wrong(before: Published, now: Published, told: Mapping[str, str]) -> Iterator[str]:
    """Visits that a run has lost, or moved without a word about it in its differences."""
    for number, (state, technician, when, _) in before.items():
        if number not in now:
            yield f"visit {number} is lost; the run tells: {told.get(number)}"
        elif (technician, when[1]) != (now[number][1], now[number][2][1]) and number not in told:
            to = now[number]
            yield f"visit {number} ({state}) moves from {when[1]} to {to[2][1]} ({to[0]}), and no difference tells"
