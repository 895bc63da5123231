"""The cast on stage: its people do things in a database, as one transaction each like any request."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.catalogue import IncompleteReason
from fieldsvc.models import Event
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import sign_offs, tracking, visit_records, visits
from fieldsvc.services.command import Command, execute_unkeyed
from tests.fieldsvc.cast import Cast

Outcome = TypeVar("Outcome")

REPORT = b'{"visit": "V1",  "done": true}\n'
PRESENTATION = sign_offs.Presentation(REPORT, "application/json")
FINDING = visit_records.Finding("no_water", "pump_worn", "replace_part", "worn out")
SIGNATURE = sign_offs.Signature("Dora", "owner", "drawn", [[[1, 2, 0], [3, 4, 16]]])


class Stage:
    """Lets somebody of the cast do something, and tells what came of it."""

    def __init__(self, database: Database, cast: Cast) -> None:
        self.database = database
        self.cast = cast

    def act(
        self,
        actor: Actor,
        use_case: Callable[[UnitOfWork], Outcome],
        *,
        on_behalf: bool = False,
        occurred_at: datetime | None = None,
    ) -> Outcome:
        command = Command(actor, "test", on_behalf=on_behalf, occurred_at=occurred_at)
        return execute_unkeyed(self.database, command, use_case)

    def customer_actor(self) -> Actor:
        """Return the customer of the cast's ticket, who came by a link the agent made."""
        made = self.act(self.cast.agent, lambda uow: tracking.create_link(uow, self.cast.ticket, 3600))
        with self.database.read_only() as session:
            return tracking.customer_by_link(session, made.token, self.database.clock.now())

    def events(self, entity_id: UUID) -> list[Event]:
        with self.database.read_only() as session:
            query = select(Event).where(Event.entity_id == entity_id).order_by(Event.change_no)
            return list(session.scalars(query))

    def row(self, model: type[Outcome], row_id: UUID) -> Outcome:
        with self.database.read_only() as session:
            return session.get_one(model, row_id)

    def walk(self, *steps: str, visit_id: UUID | None = None, actor: Actor | None = None) -> None:
        """Take the technician's steps in turn, and the customer's one."""
        for step in steps:
            if step == "dispute":
                self._dispute()
                continue
            self.act(actor or self.cast.technician1, STEPS[step](visit_id or self.cast.visit))

    def _dispute(self) -> None:
        shown = hashlib.sha256(REPORT).hexdigest()
        month = timedelta(days=30)
        self.act(self.customer_actor(), lambda uow: tracking.dispute_report(uow, shown, "it drips again", month))

    def bring_to(self, state: str) -> None:
        """Bring the cast's visit to a state by the shortest way."""
        self.walk(*WAYS[state])


def _present(visit_id: UUID) -> Callable[[UnitOfWork], object]:
    return lambda uow: sign_offs.present_report(uow, visit_id, PRESENTATION)


def _sign(visit_id: UUID) -> Callable[[UnitOfWork], object]:
    def sign(uow: UnitOfWork) -> object:
        current = sign_offs.sign_off_of(uow.session, visit_id)
        shown = current.report_sha256 if current is not None else "of nothing"
        return sign_offs.sign_report(uow, visit_id, shown, SIGNATURE)

    return sign


STEPS: dict[str, Callable[[UUID], Callable[[UnitOfWork], object]]] = {
    "accept": lambda visit_id: lambda uow: visits.accept_visit(uow, visit_id),
    "decline": lambda visit_id: lambda uow: visits.decline_visit(uow, visit_id, visits.DeclineReason.TOO_FAR),
    "depart": lambda visit_id: lambda uow: visits.depart(uow, visit_id),
    "check_in": lambda visit_id: lambda uow: visits.check_in(uow, visit_id, visits.Position(-30.03, -51.23), 300),
    "work": lambda visit_id: lambda uow: visits.start_work(uow, visit_id),
    "pause": lambda visit_id: lambda uow: visits.pause_work(uow, visit_id),
    "diagnose": lambda visit_id: lambda uow: visit_records.record_diagnosis(uow, visit_id, FINDING),
    "solve": lambda visit_id: lambda uow: visit_records.record_solution(uow, visit_id, "new pump"),
    "verify": lambda visit_id: lambda uow: visit_records.record_verification(uow, visit_id, passed=True),
    "present": _present,
    "sign": _sign,
    "complete": lambda visit_id: lambda uow: visits.complete_visit(uow, visit_id, states_no_parts=True),
    "break_off": lambda visit_id: lambda uow: visits.break_off(uow, visit_id, IncompleteReason.NO_ACCESS),
}
RECORD = ("diagnose", "solve", "verify", "present", "sign")
WAYS: dict[str, tuple[str, ...]] = {
    "dispatched": (),
    "accepted": ("accept",),
    "en_route": ("accept", "depart"),
    "on_site": ("accept", "depart", "check_in"),
    "working": ("accept", "depart", "check_in", "work"),
    "paused": ("accept", "depart", "check_in", "work", "pause"),
    "completed": ("accept", "depart", "check_in", "work", *RECORD, "complete"),
    "incomplete": ("accept", "depart", "check_in", "break_off"),
    "unscheduled": ("decline",),
}
