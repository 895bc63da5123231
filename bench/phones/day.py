"""One day of ten technicians with eleven phones, as one seed has it; and what has to hold in the evening."""

import hashlib
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import func, select

from api.app import create_app
from bench.phones.client import Phone, Synced
from bench.phones.databases import Databases
from bench.phones.faulty import FaultyNetwork, Server, Weather
from bench.phones.taps import Technician
from bench.phones.world import TECHNICIANS, Office, found_company
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import Application, build
from fieldsvc.config import load_settings
from fieldsvc.domain.phone_commands import FACTS, CommandStatus
from fieldsvc.models import Assignment, Blob, Consumption, PhoneCommand, User
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.doctor import examine
from fieldsvc.services.epochs import begin_epoch
from fieldsvc.services.photos import kept_bytes

PASSWORD = "a password for phones"
_STEPS = 240
# So often a phone may try in the evening, with nothing in its way, before it counts as stalled.
_TRIES = 12
_KINDS = ("visits", "procedures", "routes", "parts", "stock")
_KEYS = {"visits": "id", "procedures": "id", "routes": "day", "parts": "id", "stock": "part_id"}


@dataclass
class Evening:
    """What came of a day. findings: what does not hold; digest: the same for the same seed."""

    seed: int
    findings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    digest: str = ""


class Day:
    """Everything there is on one day."""

    def __init__(self, seed: int, databases: Databases, directory: Path) -> None:
        self.chance, self._databases, self._directory = random.Random(seed), databases, directory
        self.weather = Weather(random.Random(seed + 1))
        passwords = Passwords(memory_kib=8, rounds=1)
        self.application = application_at(databases.fresh(), directory, passwords)
        company = found_company(self.application.database, passwords.hash(PASSWORD))
        self.server = Server(create_app(self.application), self.application.database.dispose)
        self.office = Office(self.application.database, company, self.chance)
        self.logins = [company.login(number) for number in (*range(TECHNICIANS), 0)]  # one has two phones
        self._files = [directory / f"phone{number}.db" for number in range(len(self.logins))]
        self._networks = [
            FaultyNetwork(self.server, self.weather, partial(self._signed_in, login)) for login in self.logins
        ]
        self.people = [Technician(self._phone(number), str(company.part)) for number in range(len(self.logins))]

    def go_by(self) -> None:
        """Let the day go by, with a backup taken at some time and put in place at a later one."""
        backed_up, restored = sorted(self.chance.sample(range(20, _STEPS), 2))
        for step in range(_STEPS):
            if step == backed_up:
                self.application.database.dispose()
                self._databases.back_up()
            if step == restored:
                self._set_back()
            self._step()

    def end(self) -> None:
        """Let everything arrive that was on its way, and every phone say what it has to say."""
        self.weather.is_calm = True
        while self.weather.delayed:
            self.weather.delayed.pop()()

    def _step(self) -> None:
        number = self.chance.randrange(len(self.people))
        draw = self.chance.random()
        if draw < 0.55:
            self.people[number].tap(self.chance)
        elif draw < 0.88:
            self.people[number].phone.sync()
        elif draw < 0.95:
            self.office.act()
        else:  # the application is killed, and begins with what is in its file
            self.people[number].phone.store.close()
            self.people[number].phone = self._phone(number)

    def _set_back(self) -> None:
        self.application.database.dispose()
        self._databases.restore()
        with self.application.database.unit_of_work(Context(source="bench")) as uow:
            begin_epoch(uow)
            uow.commit()

    def _phone(self, number: int) -> Phone:
        return Phone(self._files[number], self._networks[number], f"phone {number}")

    def _signed_in(self, login: str) -> dict[str, str]:
        reply = self.server.ask("POST", "/auth/tokens", headers={}, body={"login": login, "password": PASSWORD})
        assert reply.status == 201, reply.body
        return {"Authorization": f"Bearer {reply.body['access_token']}"}


def play(seed: int, databases: Databases) -> Evening:
    """Play one day and look at it in the evening."""
    evening = Evening(seed)
    with tempfile.TemporaryDirectory(prefix="phones-day-") as directory:
        day = Day(seed, databases, Path(directory))
        try:
            day.go_by()
            day.end()
            evening.findings += [*_findings(day, evening.counts), *day.weather.failures]
            evening.counts.update(day.weather.counts)
            evening.digest = _digest(day)
        finally:
            for person in day.people:
                person.phone.store.close()
            day.application.database.dispose()
    return evening


def application_at(url: str, directory: Path, passwords: Passwords) -> Application:
    """Return an application on a database, with keys of its own."""
    environ = {
        "FIELDSVC_DATABASE_URL": url,
        "FIELDSVC_SECRET_KEY": "a secret key for phones, long enough",
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    return build(load_settings(environ, directory), passwords=passwords)


def _findings(day: Day, counts: Counter[str]) -> Iterator[str]:
    """Say what does not hold now that all is quiet."""
    for number, person in enumerate(day.people):
        ends = [person.phone.sync()]
        while len(ends) < _TRIES and ends[-2:] != [Synced.DONE, Synced.DONE]:
            ends.append(person.phone.sync())
        if ends[-2:] != [Synced.DONE, Synced.DONE]:
            yield f"phone {number} stalls: {[end.value for end in ends]}"
    for number, person in enumerate(day.people):  # what the last one told may have changed what the first one holds
        person.phone.sync()
        yield from _lost(day, number, person.phone, counts)
        yield from _lost_photos(day, number, person.phone, counts)
    for number, person in enumerate(day.people):
        person.phone.sync()
        yield from _unequal(day, number, person.phone)
    yield from _effects(day)
    with day.application.database.read_only() as session:
        yield from (f"doctor: {one.invariant}: {one.sentence}" for one in examine(session, datetime.now(UTC)))


def _lost(day: Day, number: int, phone: Phone, counts: Counter[str]) -> Iterator[str]:
    with day.application.database.read_only() as session:
        rows = session.scalars(select(PhoneCommand)).all()
    stored, stored_types = {str(one.id): one.status for one in rows}, {str(one.id): one.type for one in rows}
    for command in phone.store.ids():
        result = phone.store.result_of(command)
        if command not in stored:
            yield f"phone {number}: the server has lost command {command}"
        elif result is None:
            yield f"phone {number}: was never told what became of {command}"
        elif result["status"] != stored[command]:
            yield f"phone {number}: was told {result['status']} of {command}, which is {stored[command]}"
        elif result["status"] == CommandStatus.REJECTED and stored_types[command] in FACTS:
            yield f"phone {number}: a fact was rejected: {stored_types[command]}, {result['problem']}"
        counts["commands"] += 1
        counts[f"commands {stored.get(command, 'lost')}"] += 1


def _lost_photos(day: Day, number: int, phone: Phone, counts: Counter[str]) -> Iterator[str]:
    """Say which photos the server has not, of those it can know to belong to visits of the phone."""
    login = day.logins[number]
    whose = select(User.technician_id).where(User.login == login).scalar_subquery()
    with day.application.database.read_only() as session:
        sent = select(Assignment.visit_id).where(Assignment.technician_id == whose)
        visits = {str(one) for one in session.scalars(sent)}
        blobs = {(str(blob.visit_id), blob.sha256): blob for blob in session.scalars(select(Blob))}
    for visit, sha256 in phone.store.files():
        if visit not in visits:  # a server that was set back does not know that it sent the visit
            continue
        counts["photos"] += 1
        blob = blobs.get((visit, sha256))
        sealed = None if blob is None else day.application.blobs.read(blob.id)
        content = None if sealed is None else kept_bytes(day.application.database.keyring, sealed)
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            yield f"phone {number}: photo {sha256} of {visit} is lost"


def _unequal(day: Day, number: int, phone: Phone) -> Iterator[str]:
    wanted: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    cursor, has_more = None, True
    while has_more:
        query = {"limit": 500} | ({} if cursor is None else {"cursor": cursor})
        pulled = day.people[number].phone.ask("GET", "/sync/pull", query=query).body
        cursor, has_more = pulled["cursor"], pulled["has_more"]
        for kind, changes in pulled["changes"].items():
            wanted[kind] |= {one[_KEYS[kind]]: one for one in changes["updated"]}
    for kind in _KINDS:
        held = phone.store.things(kind)
        for key in sorted(held.keys() | wanted[kind].keys()):
            if held.get(key) != wanted[kind].get(key):
                yield f"phone {number}: {kind} {key} is not as the server has it"


def _effects(day: Day) -> Iterator[str]:
    with day.application.database.read_only() as session:
        told = select(func.count()).where(
            PhoneCommand.type == "consumption", PhoneCommand.status.in_((CommandStatus.APPLIED, CommandStatus.KEPT))
        )
        used, booked = session.scalar(told) or 0, session.scalar(select(func.sum(Consumption.quantity))) or 0
        if used != booked:
            yield f"{used} units were told to be used, {booked} are booked"
        order = select(PhoneCommand.device_id, PhoneCommand.seq, PhoneCommand.recorded_at)
        last: dict[Any, datetime] = {}
        for device, seq, at in session.execute(order.order_by(PhoneCommand.device_id, PhoneCommand.seq)):
            if at < last.get(device, at):
                yield f"device {device}: command {seq} was taken before the one before it"
            last[device] = at


def _digest(day: Day) -> str:
    text = []
    for person in day.people:
        for command in person.phone.store.ids():
            result = person.phone.store.result_of(command) or {}
            text.append(f"{result.get('status')} {(result.get('problem') or {}).get('code')}")
        text.append(str(sorted(one["state"] for one in person.phone.store.things("visits").values())))
    return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]
