"""The phone itself: notes what is tapped, and exchanges it with the server whenever there is a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from bench.phones.store import JSON, PhoneStore

_PULL_LIMIT = 200
# Erased with its customer, too large, or no picture: sending it again is of no use.
_NEVER_WANTED = (410, 413, 422)


class NoNetwork(Exception):
    """The request, or its answer, was lost; nobody knows which."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered."""

    status: int
    body: JSON

    @property
    def code(self) -> str:
        """Return the code of a problem."""
        return str(self.body.get("code", ""))


class Network(Protocol):
    """How requests get to the server, with the technician's token. Raises NoNetwork."""

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: JSON | None = None,
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Send one request below /api/v1, with JSON or with bytes, and return the reply."""
        ...


class Synced(StrEnum):
    """How an exchange ended."""

    DONE = "done"
    LATER = "later"
    WIPED = "wiped"


class Phone:
    """A technician's phone. Its file outlives the object, as it outlives an application that is killed."""

    def __init__(self, file: Path, network: Network, name: str = "phone") -> None:
        self.store = PhoneStore(file)
        self._network, self._name = network, name

    def note(
        self,
        kind: str,
        visit_id: UUID | str,
        /,
        *,
        base_version: int | None = None,
        at: datetime | None = None,
        **args: Any,
    ) -> JSON:
        """Keep what was tapped. With no network it is as safe as with one."""
        return self.store.note(kind, UUID(str(visit_id)), args, base_version, at or datetime.now(UTC))

    def photograph(self, visit_id: UUID | str, content: bytes, stage: str = "after") -> JSON:
        """Keep a photo and the word of it."""
        sha256 = self.store.keep_file(str(visit_id), content)
        return self.note("photo", visit_id, sha256=sha256, stage=stage)

    def sync(self) -> Synced:
        """Push what is queued, pull, then send photos; what did not get through is tried at the next exchange."""
        try:
            if self.store.wiped_as is not None:
                return self._say_wiped()
            if self.store.device_id is None and not self._register():
                return Synced.LATER
            return self._push_all() or self._pull_all() or self._send_files() or Synced.DONE
        except NoNetwork:
            return Synced.LATER if self.store.wiped_as is None else Synced.WIPED

    def ask(self, method: str, path: str, *, query: Mapping[str, Any] | None = None) -> Reply:
        """Ask the server for something that is not on the phone."""
        return self._network.ask(method, path, query=query)

    def visit(self, visit_id: UUID | str) -> JSON | None:
        """Return a visit as the phone shows it."""
        return self.store.things("visits").get(str(visit_id))

    def _register(self) -> bool:
        """Introduce this phone; under a new id everything it keeps is told again, and what was told is no news."""
        device_id = self.store.wanted_id()
        if not self._goes_on(device_id):
            return False
        self.store.renumber(device_id)
        return True

    def _push_all(self) -> Synced | None:
        is_first = True
        while (commands := self.store.queued()) or is_first:  # once in any case: it may be told to wipe itself
            is_first = False
            reply = self._network.ask("POST", "/sync/push", body=self._push_of(commands))
            if reply.status != 200:
                return self._turned_away(reply)
            told, before = reply.body, self.store.told_up_to
            if told["last_seq"] > self.store.newest_seq:  # this file is older than what it has told
                self._register()
                return Synced.LATER
            self.store.learn(told["results"], _known_up_to(told, commands, before))
            if told["is_wipe_ordered"] and not self.store.queued():
                return self._wipe()
            if commands and self.store.told_up_to == before:  # the server is busy, or set back again and again
                return Synced.LATER
        return None

    def _wipe(self) -> Synced:
        """Delete everything, once the photos are where they belong as well."""
        if self._send_files(is_last=True) or self.store.unsent_files():
            return Synced.LATER
        self.store.wipe()
        return self._say_wiped()

    def _send_files(self, *, is_last: bool = False) -> Synced | None:
        """Send the bytes of photos; one that the server does not want (yet) keeps no other back.

        is_last: the phone is about to be wiped; what the server knows no visit of is not waited for any longer.
        """
        for visit, sha256, content in self.store.unsent_files():
            reply = self._network.ask("PUT", f"/visits/{visit}/blobs/{sha256}", content=content)
            if _is_settled(reply) or (is_last and reply.status == 404):
                self.store.note_sent(visit, sha256)
            elif reply.status in (401, 403):
                return self._turned_away(reply)
        return None

    def _push_of(self, commands: list[JSON]) -> JSON:
        return {
            "device_id": self.store.device_id,
            "schema_version": 1,
            "sent_at": datetime.now(UTC).isoformat(),
            "newest_seq": self.store.newest_seq,
            "commands": commands,
        }

    def _pull_all(self) -> Synced | None:
        while True:
            query = {"limit": _PULL_LIMIT} | ({} if self.store.cursor is None else {"cursor": self.store.cursor})
            reply = self._network.ask("GET", "/sync/pull", query=query)
            if reply.status != 200:
                return self._turned_away(reply)
            self.store.take_in(reply.body)
            if reply.body["last_seq"] < self.store.told_up_to:  # set back to an older backup meanwhile
                self.store.learn([], reply.body["last_seq"])
                return Synced.LATER
            if not reply.body["has_more"]:
                self.store.forget_before(datetime.now(UTC))
                return None

    def _turned_away(self, reply: Reply) -> Synced:
        if reply.code == "wipe_ordered":
            self.store.wipe()
            return Synced.WIPED
        known = self.store.device_id
        # After signing in again a phone goes on under its id; where that is not possible it begins anew.
        if reply.code == "no_device" and known is not None and self._goes_on(known):
            return Synced.LATER
        if self.store.wiped_as is not None:
            return Synced.WIPED
        if reply.code in ("device_forked", "device_not_active", "no_device", "not_found"):
            self._register()
        return Synced.LATER

    def _goes_on(self, device_id: str) -> bool:
        body = {"id": device_id, "name": self._name, "platform": "reference", "app_version": "1"}
        reply = self._network.ask("POST", "/devices", body=body)
        if reply.code == "wipe_ordered":
            self.store.wipe()
        return reply.status == 201

    def _say_wiped(self) -> Synced:
        self._network.ask("POST", f"/devices/{self.store.wiped_as}/wipe", body={})
        return Synced.WIPED


def _is_settled(reply: Reply) -> bool:
    """Tell whether a photo need not be sent again: it is there, or never wanted; one damaged on the way is wanted."""
    codes = {fault.get("code") for fault in reply.body.get("errors", ())}
    return reply.status in (200, 201) or (reply.status in _NEVER_WANTED and "hash_mismatch" not in codes)


def _known_up_to(told: JSON, commands: list[JSON], before: int) -> int:
    """Return up to where the phone need not tell again: of what it has no answer it does, if only to learn it."""
    results: list[JSON] = told["results"]
    if len(results) == len(commands):
        return int(told["last_seq"])
    return min(int(told["last_seq"]), int(results[-1]["seq"]) if results else before)
