"""Who the stories are about. Everybody is at the other end of HTTP and signs in when first asked to do something."""

import time
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import requests

from tests.fieldsvc.cast import PASSWORD

JSON = dict[str, Any]
DEADLINE_S = 120


class Refused(AssertionError):
    """The server said no; the text is its problem's."""

    def __init__(self, what: str, answer: requests.Response) -> None:
        self.status = answer.status_code
        super().__init__(f"{what}: {answer.status_code} {answer.text}")


class Person:
    """Somebody with an account, or a customer with nothing but a link."""

    def __init__(self, address: str, login: str | None) -> None:
        self._base, self._login = f"{address}/api/v1", login
        self._session = requests.Session()

    def get(self, path: str, /, **query: object) -> JSON:
        return self._ask("GET", path, params=query)

    def post(self, path: str, /, **body: object) -> JSON:
        return self._ask("POST", path, json=body, headers={"Idempotency-Key": uuid4().hex})

    def patch(self, path: str, /, **body: object) -> JSON:
        """Change something as it is now."""
        version = self.get(path)["version"]
        return self._ask("PATCH", path, json=body, headers={"If-Match": f'"{version}"'})

    def finds_nothing_at(self, *paths: str) -> bool:
        """Tell whether all of these don't exist for this person."""
        return all(self._status_of(path) == 404 for path in paths)

    def close(self) -> None:
        self._session.close()

    def _status_of(self, path: str) -> int:
        try:
            self.get(path)
        except Refused as refused:
            return refused.status
        return 200

    def _ask(self, method: str, path: str, **options: Any) -> JSON:
        if self._login is not None and "Authorization" not in self._session.headers:
            self._sign_in()
        answer = self._session.request(method, self._base + path, timeout=60, **options)
        if not answer.ok:
            raise Refused(f"{self._login or 'customer'}: {method} {path}", answer)
        told: JSON = answer.json()
        return told

    def _sign_in(self) -> None:
        credentials = {"login": self._login, "password": PASSWORD}
        answer = self._session.post(f"{self._base}/auth/tokens", json=credentials, timeout=60)
        if not answer.ok:
            raise Refused(f"{self._login} signs in", answer)
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


class Agent(Person):
    """The service desk."""

    def takes_down(self, subject: str, description: str, *, customer: UUID, site: UUID) -> JSON:
        who = {"customer_id": str(customer), "site_id": str(site)}
        return self.post("/tickets", channel="phone", subject=subject, description=description, **who)

    def triages(self, ticket: JSON, *, job_type: UUID, urgency: str = "high", promised: Sequence[str] = ()) -> JSON:
        """Decide what it is; returns the visit that was drafted. promised: when it may start, from and to."""
        windows = [dict(zip(("earliest", "latest"), promised, strict=True))] if promised else []
        decision = {"nature": "hardware", "urgency": urgency, "job_type_id": str(job_type), "windows": windows}
        return self.visits_of(self.post(f"/tickets/{ticket['id']}/triage", **decision))[-1]

    def visits_of(self, ticket: JSON) -> list[JSON]:
        listed = self.get(f"/tickets/{ticket['id']}")["visits"]
        return sorted((self.get(f"/visits/{one['id']}") for one in listed), key=lambda visit: visit["number"])

    def state_of(self, ticket: JSON) -> str:
        return str(self.get(f"/tickets/{ticket['id']}")["state"])

    def link_for(self, ticket: JSON) -> str:
        return str(self.post(f"/tickets/{ticket['id']}/link")["token"])


class Dispatcher(Person):
    """The desk that plans."""

    def plans(self, team: UUID, day: date) -> tuple[JSON, JSON]:
        """Ask for a run, wait for the worker, and read its proposal: (run, proposal)."""
        run = self.post("/optimization-runs", team_id=str(team), day=day.isoformat(), time_limit_s=1)
        deadline = time.monotonic() + DEADLINE_S
        while (run := self.get(f"/optimization-runs/{run['id']}"))["state"] in ("queued", "solving"):
            assert time.monotonic() < deadline, f"nobody solves the run: {run}"
            time.sleep(0.1)
        assert run["state"] == "proposed", run
        proposal: JSON = self.get(f"/optimization-runs/{run['id']}/proposal")["proposal"]
        return run, proposal

    def applies(self, run: JSON) -> JSON:
        """Publish a proposal and tell the phones at once."""
        return self.post(f"/optimization-runs/{run['id']}/application", dispatch=True)

    def takes_back(self, run: JSON) -> JSON:
        """Publish again what was published before."""
        return self.post(f"/optimization-runs/{run['id']}/reversal")

    def puts(self, visit: JSON, **place: object) -> JSON:
        """Put a visit on somebody's day by hand, as it was seen last."""
        version = self.get(f"/visits/{visit['id']}")["version"]
        headers = {"If-Match": f'"{version}"'}
        return self._ask("PUT", f"/visits/{visit['id']}/assignment", json=place, headers=headers)

    def asks_why(self, visit: JSON, day: date) -> JSON:
        return self.get(f"/visits/{visit['id']}/explanation", day=day.isoformat())

    def asks_who_could(self, visit: JSON, day: date) -> list[JSON]:
        found: list[JSON] = self.get(f"/visits/{visit['id']}/candidates", day=day.isoformat())["candidates"]
        return found


class Technician(Person):
    """A phone on the road."""

    def route(self, day: date) -> list[JSON]:
        stops: list[JSON] = self.get("/my/route", date=day.isoformat())["visits"]
        return stops

    def says(self, visit: JSON, what: str, /, **details: object) -> JSON:
        return self.post(f"/visits/{visit['id']}/{what}", **details)

    def units(self, part: UUID, place: UUID) -> int:
        """Say how many units the books have there."""
        found = self.get("/stock", part_id=str(part), location_id=str(place))["items"]
        return sum(balance["on_hand"] for balance in found)


class Customer(Person):
    """Somebody who opens a link."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address, None)
        self._token = token

    def looks(self) -> JSON:
        return self.get(f"/track/{self._token}")

    def asks_for(self, *times: Sequence[str]) -> JSON:
        """Name other times: none of them means any time."""
        windows = [dict(zip(("earliest", "latest"), one, strict=True)) for one in times]
        return self.post(f"/track/{self._token}/slot", windows=windows)

    def objects(self, report_sha256: str, objection: str) -> JSON:
        return self.post(f"/track/{self._token}/dispute", report_sha256=report_sha256, objection=objection)

    def agrees_to_pay(self, offer: JSON) -> JSON:
        said = {"is_approved": True, "offer_sha256": offer["offer_sha256"], "signer_name": "王伟"}
        return self.post(f"/track/{self._token}/approvals/{offer['id']}", **said)

    def calls_it_off(self) -> JSON:
        return self.post(f"/track/{self._token}/cancellation")
