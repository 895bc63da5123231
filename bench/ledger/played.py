"""One example of the state machine: each step is done, compared with what had to come of it, and looked at."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine, initialize
from sqlalchemy.orm import Session as OrmSession

from bench.ledger.books import Books
from bench.ledger.forecast import Forecast
from bench.ledger.ground import Ground
from bench.ledger.invariants import changes_of_the_past, faults_of
from bench.ledger.lots import draw_faults
from bench.ledger.planted import planted
from bench.ledger.shelves import Refused
from bench.ledger.world import act
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import ChangedMeanwhile, DomainError
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.doctor import examine

_FOUND = ("findings", "examples on the way to the shortest one")
Verb = Callable[[UnitOfWork], object]


class Played(RuleBasedStateMachine):
    """A ground on which steps are taken. tally: how often which rule was carried out, or refused and why."""

    ground: ClassVar[Ground]
    tally: ClassVar[Counter[tuple[str, str]]]
    tell: ClassVar["staticmethod[[], None]"]

    @initialize()
    def begin(self) -> None:
        """Begin with the company as it was founded."""
        self.ground.reset()
        self.world = self.ground.world
        self.books = self.ground.books()
        self.runs: list[UUID] = []
        self.is_proposed = False
        self.tell()

    def do(
        self,
        name: str,
        actor: Actor,
        verb: Verb,
        *,
        foresee: Callable[[Forecast], None] | None = None,
        judge: Callable[[Books, Books], Iterable[str]] | None = None,
        may_be_refused: bool = False,
    ) -> bool:
        """Let somebody do something; returns whether it was done.

        foresee: what the books have to be then. judge: what else may not come of it. may_be_refused: also where it
        could be done, as who asks may not.
        """
        return self.watch(
            name, lambda: act(self.ground.database, actor, verb), foresee, judge, may_be_refused=may_be_refused
        )

    def watch(
        self,
        name: str,
        deed: Callable[[], object],
        foresee: Callable[[Forecast], None] | None = None,
        judge: Callable[[Books, Books], Iterable[str]] | None = None,
        *,
        may_be_refused: bool = False,
    ) -> bool:
        """Do something and look at everything there is afterwards."""
        self.ground.clock.moment += timedelta(seconds=1)  # no two steps at one moment: who came first is known
        before, now = self.books, self.ground.clock.now()
        wanted = Forecast(before, self.world, now)
        is_possible = self._is_possible(wanted, foresee)
        try:
            deed()
            refusal = None
        except DomainError as error:
            refusal = error
        after = self.books = self.ground.books()
        self.tally[name, "done" if refusal is None else refusal.code] += 1
        found = [*changes_of_the_past(before, after), *faults_of(after, self.world, now)]
        found += draw_faults(before, after, self.world)
        if refusal is not None:
            if isinstance(refusal, ChangedMeanwhile):
                found.append(f"it was refused ({refusal.detail}), and nobody else was there")
            if before != after:
                found.append(f"it was refused ({refusal.code}), and has changed something")
            if is_possible and foresee is not None and not may_be_refused:
                found.append(f"it was refused ({refusal.code}: {refusal.detail}), though it can be done")
        elif not is_possible:
            found.append("it was done, though it can't be")
        else:
            found += wanted.differences(after) if foresee is not None else []
            found += judge(before, after) if judge is not None else []
        if found and not self.tally[_FOUND]:  # at once, as making it shorter takes a while
            print(f"first finding: {name}: {found}", file=sys.stderr, flush=True)
        self.tally[_FOUND] += bool(found)
        assert not found, f"{name}: " + "\n".join(found)
        return refusal is None

    def _is_possible(self, wanted: Forecast, foresee: Callable[[Forecast], None] | None) -> bool:
        try:
            if foresee is not None:
                foresee(wanted)
        except Refused:
            return False
        return True

    def teardown(self) -> None:
        """Let the doctor look, who has to find nothing, and what was planted."""
        if not hasattr(self, "books"):
            return
        with self.ground.database.read_only() as session:
            found = examine(session, self.ground.clock.now())
        assert not found, f"doctor: {found}"
        with self.ground.database.engine.connect() as connection, OrmSession(connection) as session:
            name, is_found = planted(session, self.books, self.world)
            session.rollback()
        self.tally[f"planted: {name}", "found" if is_found else "missed"] += 1
        assert is_found, f"doctor: did not find {name}"
