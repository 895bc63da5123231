"""Sealing of personal data: readable by the application only, and by nobody any more once its key is destroyed.

Everybody whose data is kept has a data key; the system's own keys only wrap those. Every sealed value begins with the
id of its data key, so erasing somebody is destroying one key, and changing the system's keys means wrapping the data
keys anew, not what they seal.
"""

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# Whose key seals what belongs to nobody in particular.
COMPANY = UUID(int=0)
_ID_BYTES = 16
# How far the clocks of two servers may be apart, and how long an erasure may take to be committed.
_CLOCKS = timedelta(minutes=10)


class Sealer:
    """Wraps data keys with the first of the system's keys and unwraps with any, so that those can be changed."""

    def __init__(self, encryption_keys: Sequence[str], index_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in encryption_keys])
        self._index_key = hashlib.sha256(b"fieldsvc index\n" + index_key.encode()).digest()

    def wrap(self, key: "DataKey") -> str:
        """Return the form in which a data key is stored, another one each time."""
        return self._fernet.encrypt(key.secret).decode()

    def unwrap(self, key_id: UUID, wrapped: str) -> "DataKey":
        """Return a stored data key; raises cryptography's InvalidToken when none of the system's keys fits."""
        return DataKey(key_id, self._fernet.decrypt(wrapped.encode()))

    def index_of(self, text: str) -> str:
        """Return the keyed hash under which equal texts are found again; the caller normalises the text."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one customer's data, of one run's documents, or of the company's."""

    id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def made(cls, key_id: UUID) -> "DataKey":
        """Return a new key. One that is stored nowhere makes what it seals unreadable from the start."""
        return cls(key_id, Fernet.generate_key())

    def seal(self, content: bytes) -> bytes:
        """Return the sealed form, another one each time."""
        return self.id.bytes + Fernet(self.secret).encrypt(content)

    def open(self, token: bytes) -> bytes:
        """Return what was sealed; raises cryptography's InvalidToken when it was changed."""
        return Fernet(self.secret).decrypt(token)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A data key as it is stored; wrapped: None once it is destroyed."""

    id: UUID
    wrapped: str | None


class KeySource(Protocol):
    """Where the data keys of a database are read."""

    def find(self, key_id: UUID) -> Sequence[StoredKey]:
        """Return a key, and others that may be asked for next; none of that id where there never was one."""

    def destroyed_since(self, moment: datetime) -> Sequence[UUID]:
        """Return keys that were destroyed at or after a moment."""


class Keyring:
    """Opens sealed values with the data keys of a database.

    A key that was read is kept; whether any has been destroyed meanwhile is asked every `looks_s`.
    """

    def __init__(self, sealer: Sealer, source: KeySource, *, looks_s: float = 5.0, most: int = 50_000) -> None:
        self.sealer = sealer
        self._source, self._looks_s, self._most = source, looks_s, most
        self._known: OrderedDict[UUID, DataKey | StoredKey] = OrderedDict()
        self._lock = threading.Lock()
        self._looked_at, self._looked_until = time.monotonic(), datetime.now(UTC)

    def open(self, sealed: bytes) -> bytes | None:
        """Return what was sealed, None if its key was destroyed; raises cryptography's InvalidToken otherwise."""
        if len(sealed) <= _ID_BYTES:
            raise InvalidToken("too short to be sealed")
        key = self._key(key_id_of(sealed))
        return None if key is None else key.open(sealed[_ID_BYTES:])

    def learn(self, key: DataKey) -> None:
        """Know a key before the transaction that stores it is over; ids of keys are never used twice."""
        self._keep([(key.id, key)])

    def look_again(self) -> None:
        """Ask before the next value is opened whether a key has been destroyed."""
        self._looked_at = -self._looks_s

    def _key(self, key_id: UUID) -> DataKey | None:
        self._look()
        known = self._known.get(key_id)
        if known is None:
            found = self._source.find(key_id)
            self._keep([(one.id, one) for one in found])
            known = next((one for one in found if one.id == key_id), None)
        if known is None:
            raise InvalidToken("no key of this database fits")
        if isinstance(known, StoredKey):
            if known.wrapped is None:
                return None
            known = self._unwrapped(key_id, known.wrapped)
            self._keep([(key_id, known)])
        return known

    def _unwrapped(self, key_id: UUID, wrapped: str) -> DataKey:
        try:
            return self.sealer.unwrap(key_id, wrapped)
        except InvalidToken:  # wrapped anew meanwhile, perhaps
            with self._lock:
                self._known.pop(key_id, None)
            raise

    def _look(self) -> None:
        """Let go of what was destroyed meanwhile, by whichever process."""
        now = time.monotonic()
        if now - self._looked_at < self._looks_s:
            return
        self._looked_at, until = now, datetime.now(UTC)
        for key_id in self._source.destroyed_since(self._looked_until - _CLOCKS):
            with self._lock:
                self._known.pop(key_id, None)
        self._looked_until = until

    def _keep(self, keys: Iterable[tuple[UUID, "DataKey | StoredKey"]]) -> None:
        with self._lock:
            for key_id, key in keys:
                if not isinstance(self._known.get(key_id), DataKey) or isinstance(key, DataKey):
                    self._known[key_id] = key
            while len(self._known) > self._most:
                self._known.popitem(last=False)


def key_id_of(sealed: bytes) -> UUID:
    """Return the id of the key a value was sealed with."""
    return UUID(bytes=sealed[:_ID_BYTES])
