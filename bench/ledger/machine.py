"""Every verb of the stock in any order, with visits and plans that want units of it: a Hypothesis state machine.

S1 to S5 and R1 to R2 of the design hold after each step, what the warehouse does has exactly the outcome it has to
have, and what plans and uses do takes nothing from anybody that it may not.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from bench.ledger.books import Books
from bench.ledger.fairness import faults_of_plan, faults_of_use
from bench.ledger.ground import GEOFENCE_M, Ground, placing, propose_run
from bench.ledger.warehouse_rules import FEW, PARTS, PICK, SERIALS, TICKETS, WarehouseRules
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import CancelReason, DeclineReason, IncompleteReason, PostponeReason
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import sign_offs, visit_records, visits
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.part_uses import Use
from fieldsvc.services.reversals import revert_run
from fieldsvc.services.sending import dispatch_visit
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.visit_returns import Cancellation, Postponement, cancel_visit, postpone_visit

Verb = Callable[[UnitOfWork], object]
VISITS = st.integers(0, 63)
_REPORT = b"all is well"
_CALLED_OFF = Cancellation(CancelReason.OTHER, timedelta(hours=1))
_MOST_RUNS = 3
_AT_THE_SITE = ("on_site", "working", "paused")
_PLACED_FROM = ("unscheduled", "planned")
_STEPS_FROM = ("planned", "dispatched", "accepted", "en_route", "on_site")
_ENDS_FROM = {
    "postpone": ("planned", "dispatched", "accepted"),
    "cancel": ("unscheduled", "planned", "dispatched", "accepted", "en_route"),
    "decline": ("dispatched", "accepted"),
    "break off": _AT_THE_SITE,
    "complete": ("working",),
}


class LedgerMachine(WarehouseRules):
    """Beside the warehouse: plans, visits, uses in the field, and the ends of visits and tickets."""

    @rule(which=VISITS, to=st.integers(0, 1), minutes=st.integers(1, 40))
    def place(self, which: int, to: int, minutes: int) -> None:
        start = self.ground.at(15 * minutes)
        visit = self._visit(which, *_PLACED_FROM)
        if visit is not None:
            self._plan("place", self.world.dispatcher, placing(visit, self.world.technicians[to], start))

    @rule()
    def propose(self) -> None:
        """Plan, unless a proposal lies there or it was done often: it takes longer than all else."""
        if self.is_proposed or len(self.runs) == _MOST_RUNS:
            return
        self.is_proposed = True
        proposed: list[UUID | None] = []
        self.watch("propose", lambda: proposed.append(propose_run(self.ground)), judge=self._judged)
        self.runs += [one for one in proposed if one is not None]

    @rule(dispatches=st.booleans())
    def apply(self, dispatches: bool) -> None:
        self.is_proposed = False
        if self.runs:
            run = self.runs[-1]
            options = ApplyOptions(dispatches=dispatches)
            self._plan("apply", self.world.dispatcher, lambda uow: apply_run(uow, run, options))

    @rule(dispatches=st.booleans())
    def plan_by_a_run(self, dispatches: bool) -> None:
        self.propose()
        self.apply(dispatches)

    @rule(pick=PICK)
    def take_back(self, pick: int) -> None:
        if self.runs:
            run = self.runs[-1 - pick % len(self.runs)]
            self._plan("take a run back", self.world.dispatcher, lambda uow: revert_run(uow, run))

    @rule(which=VISITS, steps=st.integers(1, 5))
    def go_on(self, which: int, steps: int) -> None:
        """Take a visit on its way, as far as its next steps lead."""
        visit = self._visit(which, *_STEPS_FROM)
        for _ in range(steps if visit is not None else 0):
            assert visit is not None, "asked just now"
            step = _next_step(visit, self.books.visits[visit][0])
            actor = self._holder(visit)
            if step is None or actor is None:
                return
            self._plan("go on", self.world.dispatcher if step[0] else actor, step[1])

    @rule(which=VISITS, part=PARTS, quantity=FEW, pick=PICK)
    def use(self, which: int, part: str, quantity: int, pick: int) -> None:
        visit = self._visit(which, *_AT_THE_SITE)
        if visit is None:
            return
        use = Use(self.world.parts[part], quantity)
        if part == "C":
            use = Use(self.world.parts[part], 1, (*SERIALS, "U0", "U1")[pick % (len(SERIALS) + 2)])
        actor = self._holder(visit) or self.world.technicians[0]
        self.do(
            "use a serial" if part == "C" else "use",
            actor,
            lambda uow: visit_records.record_consumption(uow, visit, use),
            judge=lambda before, after: faults_of_use(before, after, self.ground.clock.now(), self.world, use, visit),
        )

    @rule(which=VISITS, how=st.sampled_from(("postpone", "postpone", "cancel", "decline", "break off", "complete")))
    def end(self, which: int, how: str) -> None:
        visit = self._visit(which, *_ENDS_FROM[how])
        if visit is None:
            return
        technician = self._holder(visit) or self.world.technicians[0]
        dispatcher = self.world.dispatcher
        used = any(move.visit == visit for move in self.books.moves.values())
        ways: dict[str, tuple[Actor, Verb]] = {
            "postpone": (dispatcher, lambda uow: postpone_visit(uow, visit, Postponement(PostponeReason.OTHER))),
            "cancel": (dispatcher, lambda uow: cancel_visit(uow, visit, _CALLED_OFF)),
            "decline": (technician, lambda uow: visits.decline_visit(uow, visit, DeclineReason.TOO_FAR)),
            "break off": (technician, lambda uow: visits.break_off(uow, visit, IncompleteReason.NO_ACCESS)),
            "complete": (technician, lambda uow: visits.complete_visit(uow, visit, states_no_parts=not used)),
        }
        for verb in _told(visit) if how == "complete" else ():
            self._plan("tell of the work", technician, verb)
        self._plan(how, *ways[how])

    @rule(ticket=TICKETS, is_meant=st.sampled_from((True, False, False, False)))
    def cancel_ticket(self, ticket: int, is_meant: bool) -> None:
        """Seldom, as hardly anything can be done for it afterwards."""
        if not is_meant:
            return
        which = self.world.tickets[ticket]
        self._plan("cancel a ticket", self.world.dispatcher, lambda uow: cancel_ticket(uow, which, _CALLED_OFF))

    def _plan(self, name: str, actor: Actor, verb: Verb) -> None:
        self.do(name, actor, verb, judge=self._judged)

    def _judged(self, before: Books, after: Books) -> list[str]:
        return list(faults_of_plan(before, after, self.ground.clock.now()))

    def _visit(self, which: int, *states: str) -> UUID | None:
        """Return one of the visits in these states, if there is one; sometimes any, follow-ups too."""
        ids = [one for one, (state, _) in self.books.visits.items() if state in states or which % 16 == 1]
        return self._one_of(ids, which // 8)

    def _holder(self, visit: UUID) -> Actor | None:
        holders = self.books.holders.get(visit, frozenset())
        return next((one for one in self.world.technicians if one.technician_id in holders), None)


def run_machine(
    ground: Ground,
    examples: int,
    steps: int,
    start: int,
    tally: Counter[tuple[str, str]],
    tell: Callable[[], None] = lambda: None,
) -> None:
    """Run examples of so many steps on a ground; AssertionError, or whatever broke, with the shrunk example.

    start: the seed. tally: how often which rule was carried out, or refused and why. tell: called when one begins.
    """
    machine = type("LedgerMachine", (LedgerMachine,), {"ground": ground, "tally": tally, "tell": staticmethod(tell)})
    run_state_machine_as_test(
        seed(start)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


def _next_step(visit: UUID, state: str) -> tuple[bool, Verb] | None:
    """(whether it is the office's, the step)."""
    steps: dict[str, tuple[bool, Verb]] = {
        "planned": (True, lambda uow: dispatch_visit(uow, visit)),
        "dispatched": (False, lambda uow: visits.accept_visit(uow, visit)),
        "accepted": (False, lambda uow: visits.depart(uow, visit)),
        "en_route": (False, lambda uow: visits.check_in(uow, visit, None, GEOFENCE_M)),
        "on_site": (False, lambda uow: visits.start_work(uow, visit)),
    }
    return steps.get(state)


def _told(visit: UUID) -> tuple[Verb, ...]:
    """All that has to be said before a visit is done, each by itself; the report is shown to nobody."""
    found = visit_records.Finding("no_water", "pump_worn", "replace_part")
    shown = sign_offs.Presentation(_REPORT, "text/plain")
    return (
        lambda uow: visit_records.record_diagnosis(uow, visit, found),
        lambda uow: visit_records.record_solution(uow, visit, "new pump"),
        lambda uow: visit_records.record_verification(uow, visit, passed=True),
        lambda uow: sign_offs.present_report(uow, visit, shown),
        lambda uow: sign_offs.note_absence(uow, visit, hashlib.sha256(_REPORT).hexdigest()),
    )
