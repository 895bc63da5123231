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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# Whose key seals what belongs to nobody in particular.
COMPANY = UUID(int=0)
_ID_BYTES = 16


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


class Keyring:
    """Opens sealed values with the data keys of a database. A key is asked for again after `keep_s` at most.

    find: returns the stored key of an id, None if there never was one.
    """

    def __init__(
        self,
        sealer: Sealer,
        find: Callable[[UUID], StoredKey | None],
        *,
        keep_s: float = 60.0,
        most: int = 10_000,
    ) -> None:
        self.sealer = sealer
        self._find = find
        self._keep_s, self._most = keep_s, most
        self._known: OrderedDict[UUID, tuple[float, DataKey | None]] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, sealed: bytes) -> bytes | None:
        """Return what was sealed, None if its key was destroyed; raises cryptography's InvalidToken otherwise."""
        if len(sealed) <= _ID_BYTES:
            raise InvalidToken("too short to be sealed")
        key = self._key(UUID(bytes=sealed[:_ID_BYTES]))
        return None if key is None else key.open(sealed[_ID_BYTES:])

    def learn(self, key: DataKey) -> None:
        """Know a key before the transaction that stores it is over; ids of keys are never used twice."""
        self._keep(key.id, key)

    def forget(self, key_id: UUID) -> None:
        """Ask for a key again when it is needed next."""
        with self._lock:
            self._known.pop(key_id, None)

    def _key(self, key_id: UUID) -> DataKey | None:
        with self._lock:
            known = self._known.get(key_id)
        if known is not None and time.monotonic() - known[0] < self._keep_s:
            return known[1]
        stored = self._find(key_id)
        if stored is None:
            raise InvalidToken("no key of this database fits")
        key = None if stored.wrapped is None else self.sealer.unwrap(key_id, stored.wrapped)
        self._keep(key_id, key)
        return key

    def _keep(self, key_id: UUID, key: DataKey | None) -> None:
        with self._lock:
            self._known[key_id] = (time.monotonic(), key)
            self._known.move_to_end(key_id)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
