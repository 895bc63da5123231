"""The core of the day over HTTP, request by request; after each answer the process that gave it is killed."""

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from api.app import create_app
from bench.phones.client import Reply
from bench.phones.databases import Databases
from bench.phones.day import PASSWORD, application_at
from bench.phones.faulty import Server
from bench.phones.world import POINT, Company, found_company
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import Application
from fieldsvc.models import Customer, JobType, Site
from fieldsvc.services.doctor import examine

# What was asked, and what was wrong with it afterwards.
Seen = tuple[str, str | None]
DOCTOR = "doctor"
_REPORT = "all is well"


def acknowledged(databases: Databases, kills: int) -> Iterator[Seen]:
    """Play one day on a new database, up to so many kills; then let the doctor look, who says DOCTOR for `what`."""
    with tempfile.TemporaryDirectory(prefix="durability-") as directory:
        passwords = Passwords(memory_kib=8, rounds=1)
        application = application_at(databases.fresh(), Path(directory), passwords)
        try:
            company = found_company(application.database, passwords.hash(PASSWORD))
            yield from islice(_Killer(application, company).go_by(), kills)
            with application.database.read_only() as session:
                for one in examine(session, datetime.now(UTC)):
                    yield DOCTOR, f"doctor: {one.invariant}: {one.sentence}"
        finally:
            application.database.dispose()


class _Killer:
    """Asks, lets the process that answered be killed, and looks whether the answer was true."""

    def __init__(self, application: Application, company: Company) -> None:
        self._server = Server(create_app(application), application.database.dispose)
        self._company = company
        with application.database.read_only() as session:
            self._customer, self._site, self._job_type = (
                session.scalars(select(model.id)).one() for model in (Customer, Site, JobType)
            )

    def go_by(self) -> Iterator[Seen]:
        """Take down a ticket, triage it, and make a visit from yes to completion, for one technician after another."""
        desk = self._headers("dispatcher")
        per_head = len(self._company.visits) // len(self._company.technicians)
        for number in range(len(self._company.technicians)):
            technician = self._headers(self._company.login(number))
            for visit in self._company.visits[number * per_head : (number + 1) * per_head]:
                yield from self._ticket(desk)
                yield from self._visit(technician, visit)

    def _ticket(self, desk: dict[str, str]) -> Iterator[Seen]:
        said = {"channel": "phone", "subject": "drips", "description": "since noon"}
        whose = {"customer_id": str(self._customer), "site_id": str(self._site)}
        reply, seen = self._ask(desk, "/tickets", said | whose, "/tickets")
        yield seen
        if seen[1] is not None:
            return
        triage = {"nature": "hardware", "urgency": "normal", "job_type_id": str(self._job_type)}
        yield self._ask(desk, f"/tickets/{reply.body['id']}/triage", triage, "/tickets")[1]

    def _visit(self, technician: dict[str, str], visit: UUID) -> Iterator[Seen]:
        shown = hashlib.sha256(_REPORT.encode()).hexdigest()
        steps: tuple[tuple[str, dict[str, Any]], ...] = (
            ("acceptance", {}),
            ("departure", {}),
            ("check-in", {}),
            ("checklist", {"answers": [{"point": POINT}]}),
            ("work", {}),
            ("diagnosis", {"symptom": "leak", "cause": "seal", "action": "replace_part"}),
            ("consumptions", {"part_id": str(self._company.part)}),
            ("solution", {"solution": "new seal"}),
            ("verification", {"passed": True}),
            ("report", {"content": _REPORT}),
            ("sign-off", {"outcome": "absent", "report_sha256": shown}),
            ("completion", {}),
        )
        for step, body in steps:
            yield self._ask(technician, f"/visits/{visit}/{step}", body, "/visits")[1]

    def _ask(self, headers: dict[str, str], path: str, body: dict[str, Any], kind: str) -> tuple[Reply, Seen]:
        """Ask, and compare the answer of the dead with what a new process says of the same thing."""
        what = path.rsplit("/", 1)[-1]
        keyed = headers | {"Idempotency-Key": uuid4().hex}
        reply = self._server.ask_then_die("POST", path, headers=keyed, body=body)
        if reply is None or reply.status >= 300:
            return reply or Reply(0, {}), (what, f"{path}: {reply}")
        stored = self._server.ask("GET", f"{kind}/{reply.body['id']}", headers=headers).body
        differing = [name for name in reply.body if name != "notices" and stored.get(name) != reply.body[name]]
        again = self._server.ask("POST", path, headers=keyed, body=body)
        if again.body != reply.body:
            differing.append("the answer under the same key")
        return reply, (what, f"{path}: {differing} was acknowledged and is not there" if differing else None)

    def _headers(self, login: str) -> dict[str, str]:
        reply = self._server.ask("POST", "/auth/tokens", headers={}, body={"login": login, "password": PASSWORD})
        return {"Authorization": f"Bearer {reply.body['access_token']}"}
