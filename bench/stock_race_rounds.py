"""One round of each race: 64 callers for 10 units, and every verb of the stock mixed."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select
from werkzeug.test import TestResponse

from bench.fuzz_world import Fuzzed, fuzzed_company
from bench.phones.databases import Databases
from bench.stock_race_files import Files
from bench.stock_race_papers import Papers, Story, counted_on, lots_of
from bench.stock_race_sent import REFUSED, File, documented, judged, tallied
from fieldsvc.domain.imports import ImportKind
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.rma_states import RmaReason
from fieldsvc.models import Assignment, Lot, Part, Rma, StockLocation, Technician, Ticket, Visit
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.stock_checks import STOCK_CHECKS

CALLERS, UNITS, MIXED = 64, 10, 32
JSON = dict[str, Any]
Call = Callable[[], tuple[int, JSON]]
Round = tuple[Counter[int], list[str]]
Told = TypeVar("Told")


class Race:
    """A company with two warehouses whose callers all want units of one part. A new part for each round."""

    def __init__(self, fuzzed: Fuzzed) -> None:
        self._fuzzed, self._app, self._people = fuzzed, fuzzed.asked.app, fuzzed.asked.people
        self._database, self._supplier = fuzzed.application.database, fuzzed.asked.known["supplier_id"]
        self._store, self._other = self._warehouse("store"), self._warehouse("other")
        with self._database.read_only() as session:
            technician = session.scalars(select(Technician).order_by(Technician.name).limit(1)).one()
            self._van, self._technician = technician.van_location_id, technician.id
            self._van_code = session.get_one(StockLocation, self._van).code
            self._tickets = [str(one) for one in session.scalars(select(Ticket.id).order_by(Ticket.id))]
            own = select(Visit.id).join(Assignment, Assignment.visit_id == Visit.id)
            own = own.where(Assignment.technician_id == technician.id).order_by(Assignment.position)
            self._visit, self._next_visit = session.scalars(own.limit(2)).all()
        self.files: Counter[str] = Counter()
        self._with_lots: set[str] = set()
        self._documented = documented()
        self._undocumented: list[str] = []
        for step in ("acceptance", "departure", "check-in"):
            self.ask("technician0", f"/visits/{self._visit}/{step}", {})

    @classmethod
    @contextmanager
    def on(cls, databases: Databases, folder: Path) -> Iterator[Self]:
        """Give a race on a new database."""
        with fuzzed_company(databases, folder) as fuzzed:
            yield cls(fuzzed)

    def claim(self, _seed: int) -> Round:
        """Let 64 callers claim one of 10 units each: reserve it, hand it out to a van, or send it elsewhere."""
        part = self._part(UNITS)
        places = [self._van if number % 3 == 1 else self._other for number in range(CALLERS)]
        drafts = [self._draft(part, place, 1) if number % 3 else None for number, place in enumerate(places)]
        calls = [
            self._reserving(part, ticket) if one is None else self._transferring(one, "shipment")
            for one, ticket in zip(drafts, cycle(self._tickets), strict=False)
        ]
        answers = Counter(status for status, _ in at_once(calls))
        granted, refused = sum(count for status, count in answers.items() if status < 300), answers[409]
        found = self._broken()
        if (granted, refused) != (UNITS, CALLERS - UNITS):
            found.append(f"{granted} have got one of {UNITS} units, {refused} were refused: {dict(answers)}")
        return answers, found

    def mix(self, seed: int) -> Round:
        """Let callers do all there is at once with one part; any of them may be refused, none may break anything.

        Every other time the part has lots, one of which expires meanwhile; files are about another part then.
        """
        chance = random.Random(seed)
        has_lots = bool(seed % 2)
        part = self._part(UNITS, has_lots=has_lots)
        filed, places = self._part(UNITS) if has_lots else part, ("store", "other", self._van_code)
        files = Files(self.upload, self.ask, filed, self._part(0), places, chance)
        held = [self.ask("warehouse", "/reservations", self._wish(part, 1))[1]["reservations"][0]["id"] for _ in "ab"]
        move = self._deliver(part, 2)
        sent, arrived = self._draft(part, self._other, 2), self._draft(part, self._van, 1)
        self._transferring(arrived, "shipment")()
        criticality = {"criticality": chance.randint(0, 2)}
        verbs: list[Call] = [
            *(self._reserving(part, ticket, takes_part=True) for ticket in self._tickets[:4]),
            *(self._calling("warehouse", f"/reservations/{one}/release") for one in held),
            lambda: self.ask("warehouse", f"/reservations/{held[0]}", {"hold_until": None}, method="PATCH"),
            lambda: self.ask("warehouse", "/stock-moves", self._delivery(part, 1)),
            lambda: self.ask("admin", f"/parts/{part}", criticality, method="PATCH"),
            self._calling("warehouse", f"/stock-moves/{move}/reversal"),
            *(
                self._transferring(one, verb)
                for one in (sent, arrived)
                for verb in ("shipment", "receipt", "cancellation")
            ),
            lambda: self.ask("technician0", f"/visits/{self._visit}/consumptions", {"part_id": part, "quantity": 1}),
            *(self._expiring(lot) for lot in self._lots(part)[:1]),
        ]
        with counted_on(self._database, self._next_visit, part, self._store, 2) as assignment:
            papers = Papers(self.ask, part, str(self._store), self._supplier, self._tickets[0], chance, has_lots)
            calls = [
                *map(_alone, islice(cycle(verbs), MIXED)),
                *papers.stories(self._technician, assignment.day.isoformat()),
                *files.stories(str(self._store)),
            ]
            chance.shuffle(calls)
            answers = Counter(status for told in at_once(calls) for status in told)
            found = self._broken()
        found += self._broken() + self._judged(files)
        found += [f"{count} answers were {status}" for status, count in answers.items() if status >= 500]
        found, self._undocumented = found + self._undocumented, []
        return answers, found

    def doctor(self) -> list[str]:
        """Return what the doctor finds in the end."""
        return self._fuzzed.findings()

    def idle(self) -> list[str]:
        """Name what has not happened up to now, so that it raced for nothing: files that change something, expiry."""
        files = [kind.value for kind in ImportKind if not self.files[f"{kind.value} changed"]]
        expired = select(Rma.id).where(Rma.reason == RmaReason.EXPIRED)
        with self._database.read_only() as session:
            lots = [] if session.scalars(expired).first() or not self._with_lots else ["no lot has expired"]
        return [f"no file of {kind} has changed anything" for kind in files] + lots

    def ask(self, login: str, path: str, body: JSON, *, method: str = "POST") -> tuple[int, JSON]:
        """Send one request under a new key, for the version that is there."""
        headers = {"Authorization": f"Bearer {self._people[login]}", "Idempotency-Key": uuid4().hex}
        client = self._app.test_client()
        if method == "PATCH":
            headers["If-Match"] = client.get(f"/api/v1{path}", headers=headers).headers.get("ETag", '"0"')
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        return self._told(f"{method} {path}", answer)

    def upload(self, login: str, file: File, key: str, is_dry_run: bool) -> tuple[int, JSON]:
        """Send a file under a key."""
        headers = {"Authorization": f"Bearer {self._people[login]}", "Idempotency-Key": key}
        query = {"what": file.what.value, "dry_run": str(is_dry_run).lower()}
        answer = self._app.test_client().post(
            "/api/v1/imports", query_string=query, data=file.content, content_type=file.kind, headers=headers
        )
        return self._told(f"POST /imports of {file.name}", answer)

    def _told(self, asked: str, answer: TestResponse) -> tuple[int, JSON]:
        """Return status and body, and note a refusal that the page of errors does not have."""
        status, body = answer.status_code, answer.json or {}
        if status >= REFUSED and (body.get("code"), status) not in self._documented:
            self._undocumented.append(f"{asked} was answered {status}, which is not documented: {body}")
        return status, body

    def _reserving(self, part: str, ticket: str, *, takes_part: bool = False) -> Call:
        wish = self._wish(part, 1, ticket_id=ticket, takes_part=takes_part)
        return lambda: self.ask("warehouse", "/reservations", wish)

    def _transferring(self, transfer: str, verb: str) -> Call:
        return self._calling("warehouse", f"/transfers/{transfer}/{verb}")

    def _calling(self, login: str, path: str) -> Call:
        return lambda: self.ask(login, path, {})

    def _wish(self, part: str, quantity: int, **changes: Any) -> JSON:
        wish = {"part_id": part, "quantity": quantity, "ticket_id": self._tickets[0], "location_id": str(self._store)}
        return wish | changes

    def _draft(self, part: str, place: UUID | None, quantity: int) -> str:
        lines = [{"part_id": part, "quantity": quantity}]
        wish = {"from_location_id": str(self._store), "to_location_id": str(place), "lines": lines}
        return str(self.ask("warehouse", "/transfers", wish)[1]["id"])

    def _deliver(self, part: str, quantity: int) -> str:
        return str(self.ask("warehouse", "/stock-moves", self._delivery(part, quantity))[1]["moves"][0]["id"])

    def _delivery(self, part: str, quantity: int) -> JSON:
        delivery: JSON = {"part_id": part, "location_id": str(self._store), "quantity": quantity}
        return delivery | lots_of(quantity, has_lots=part in self._with_lots)

    def _lots(self, part: str) -> list[str]:
        """The lots there are of a part, those with a day first."""
        with self._database.read_only() as session:
            query = select(Lot.id).where(Lot.part_id == UUID(part)).order_by(Lot.expires_on.is_(None), Lot.code)
            return [str(one) for one in session.scalars(query)]

    def _expiring(self, lot: str) -> Call:
        return lambda: self.ask("warehouse", f"/lots/{lot}", {"expires_on": "2020-02-29"}, method="PATCH")

    def _part(self, units: int, *, has_lots: bool = False) -> str:
        """Add a part of which so many units are in the store; its number is its id."""
        with self._database.unit_of_work(Context(source="bench")) as uow:
            own = uow.new_id()
            number = str(own)
            words = {"number": number, "name_en": number, "name_zh": number}
            uow.session.add(Part(id=own, **words, unit_cost_cents=1, price_cents=2, has_lots=has_lots))
            uow.commit()
        if has_lots:
            self._with_lots.add(number)
        if units:
            self._deliver(number, units)
        return number

    def _warehouse(self, code: str) -> UUID:
        with self._database.unit_of_work(Context(source="bench")) as uow:
            place = StockLocation(
                id=uow.new_id(), code=code, name=code, kind=LocationKind.WAREHOUSE, is_physical=True, handling_s=0
            )
            uow.session.add(place)
            uow.commit()
        return place.id

    def _judged(self, files: Files) -> list[str]:
        self.files += tallied(files.sent)
        with self._database.read_only() as session:
            return judged(session, files.sent, (files.part, files.fresh))

    def _broken(self) -> list[str]:
        with self._database.read_only() as session:
            return [f"{name}: {sentence}" for name, check in STOCK_CHECKS for sentence in check(session)]


def _alone(call: Call) -> Story:
    return lambda: [call()[0]]


def at_once(calls: Sequence[Callable[[], Told]]) -> list[Told]:
    """Let all calls begin at the same moment."""
    barrier = threading.Barrier(len(calls))

    def call(one: Callable[[], Told]) -> Told:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))
