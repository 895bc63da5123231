"""Whole stories of one part for the mixed race: a count, an order, a return, a hand-over, each step by step."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from fieldsvc.domain.rma_states import UNSETTLED, Disposition, RmaReason
from fieldsvc.models import Assignment, PlannedPart, Ticket, Visit
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.planned_reservations import reserve_planned, settle_reservations

JSON = dict[str, Any]
Ask = Callable[[str, str, JSON], tuple[int, JSON]]
Story = Callable[[], list[int]]
_REFUSED = 400
MOST = 6
"""Units that anybody counts, orders or receives at most, so that some of it differs from the books."""


@dataclass(frozen=True)
class Papers:
    """Tells the stories of a part at a store. Each gives the answers it got; it ends early where it is refused."""

    ask: Ask
    part: str
    store: str
    supplier: str
    ticket: str
    chance: random.Random
    has_lots: bool = False

    def stories(self, technician: UUID, day: str) -> list[Story]:
        """Two of each, so that they get in each other's way; what they wish for is drawn before they begin."""
        called_off = [True, False]
        self.chance.shuffle(called_off)
        made = [self._hand_over(technician, day, is_called_off=one) for one in called_off]
        return made + [story for _ in "ab" for story in (self._count(), self._order(), self._return())]

    def _count(self) -> Story:
        counted, body = self.chance.randint(0, 2 * MOST), {"location_id": self.store, "part_ids": [self.part]}

        def count() -> Iterator[int]:
            status, opened = self.ask("warehouse", "/counts", body)
            yield status
            yield self.ask("warehouse", f"/counts/{opened.get('id')}/submission", self._come(counted))[0]
            yield self.ask("supervisor", f"/counts/{opened.get('id')}/approval", {})[0]

        return lambda: _until_refused(count())

    def _order(self) -> Story:
        lines = [{"part_id": self.part, "quantity": MOST}]
        body = {"supplier_id": self.supplier, "location_id": self.store, "lines": lines}
        first, second = self.chance.randint(0, MOST - 1), self.chance.randint(1, MOST)

        def order() -> Iterator[int]:
            status, drafted = self.ask("warehouse", "/purchase-orders", body)
            yield status
            path = f"/purchase-orders/{drafted.get('id')}"
            yield self.ask("supervisor", f"{path}/approval", {})[0]
            yield self.ask("warehouse", f"{path}/placement", {})[0]
            if first:
                yield self.ask("warehouse", f"{path}/receipt", self._come(first))[0]
            yield self.ask("warehouse", f"{path}/receipt", self._come(second) | {"closes": True})[0]

        return lambda: _until_refused(order())

    def _come(self, units: int) -> JSON:
        units_of_it: JSON = {"part_id": self.part, "quantity": units}
        return {"counted": [units_of_it | lots_of(units, has_lots=self.has_lots)]}

    def _return(self) -> Story:
        own, disposition = self.chance.random() < 0.5, self.chance.choice(sorted(Disposition))
        body = {"part_id": self.part, "reason": RmaReason.UNUSED.value, "ticket_id": self.ticket, "is_good": own}
        if own:
            body["from_location_id"] = self.store
        settlement: JSON = {"credited_cents": 1} | lots_of(1, has_lots=self.has_lots)
        decision: JSON = {"disposition": disposition.value}
        if disposition in (*UNSETTLED, Disposition.RETURN_TO_VENDOR):
            decision["supplier_id"] = self.supplier

        def bring_back() -> Iterator[int]:
            status, asked = self.ask("warehouse", "/rmas", body)
            yield status
            path = f"/rmas/{asked.get('id')}"
            yield self.ask("supervisor", f"{path}/authorization", {"to_location_id": self.store})[0]
            yield self.ask("warehouse", f"{path}/shipment", {})[0]
            yield self.ask("warehouse", f"{path}/receipt", {})[0]
            yield self.ask("warehouse", f"{path}/inspection", {"finding": "worn", "is_under_warranty": True})[0]
            yield self.ask("supervisor", f"{path}/disposition", decision)[0]
            if disposition in UNSETTLED:
                yield self.ask("warehouse", f"{path}/settlement", settlement)[0]

        return lambda: _until_refused(bring_back())

    def _hand_over(self, technician: UUID, day: str, *, is_called_off: bool) -> Story:
        body = {"location_id": self.store, "technician_id": str(technician), "day": day}
        counted = {"counted": [{"part_id": self.part, "quantity": self.chance.randint(0, 2)}]}
        arrived: JSON = counted if self.chance.random() < 0.5 else {}

        def hand_over() -> Iterator[int]:
            status, sent = self.ask("warehouse", "/hand-overs", body)
            yield status
            if is_called_off:
                yield self.ask("warehouse", f"/transfers/{sent.get('id')}/cancellation", {})[0]
            else:
                yield self.ask("technician0", f"/transfers/{sent.get('id')}/receipt", arrived)[0]

        return lambda: _until_refused(hand_over())


def lots_of(units: int, *, has_lots: bool) -> JSON:
    """Of which lots units are, as a request says it: half of one that expires, the rest of one that does not."""
    if not has_lots or not units:
        return {}
    lots = [{"code": "SOON", "quantity": units // 2}, {"code": "EVER", "quantity": units - units // 2}]
    return {"lots": [one for one in lots if one["quantity"]]}


@contextmanager
def counted_on(database: Database, visit_id: UUID, part: str, store: UUID, units: int) -> Iterator[Assignment]:
    """Let the plan count on units at a store for a visit, and reserve them; afterwards it does not any more."""
    with database.unit_of_work(Context(source="bench")) as uow:
        visit = uow.get(Visit, visit_id, lock=True)
        assignment = uow.session.scalars(select(Assignment).where(Assignment.visit_id == visit_id)).one()
        uow.session.add(
            PlannedPart(
                id=uow.new_id(), assignment_id=assignment.id, part_id=UUID(part), location_id=store, quantity=units
            )
        )
        reserve_planned(uow, [visit_id], [visit.ticket_id])
        uow.commit()
    yield assignment
    with database.unit_of_work(Context(source="bench")) as uow:
        visit = uow.get(Visit, visit_id, lock=True)
        uow.session.execute(delete(PlannedPart).where(PlannedPart.part_id == UUID(part)))
        settle_reservations(uow, uow.get(Ticket, visit.ticket_id, lock=True))
        uow.commit()


def _until_refused(steps: Iterator[int]) -> list[int]:
    answers = []
    for status in steps:
        answers.append(status)
        if status >= _REFUSED:
            break
    return answers
