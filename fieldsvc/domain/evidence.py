"""The evidence chain: entries that can't be changed, taken out or put in without the chain saying so."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from uuid import UUID

GENESIS = "0" * 64


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone has no canonical form")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys of canonical JSON are text")
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form; a fraction has to be an integer of a unit")


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, times in UTC, integers only."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def chain_hash(previous_hash: str, payload: str) -> str:
    """Return the hash that binds a payload to all entries before it."""
    return hashlib.sha256(f"{previous_hash}\n{payload}".encode()).hexdigest()


def commitment(salt: str, value: object) -> str:
    """Return what proves a value later without showing it now; without the salt it can't be guessed."""
    return hashlib.sha256(f"{salt}\n{canonical_json(value)}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the chain as it was read back."""

    seq: int
    payload: str
    previous_hash: str
    hash: str


def broken_links(links: Iterable[Link]) -> list[str]:
    """Return a sentence for every place where the chain does not hold, in order; empty when it does."""
    faults = []
    expected_seq, expected_previous = 1, GENESIS
    for link in links:
        if link.seq != expected_seq:
            faults.append(f"Entry {expected_seq} is missing: entry {link.seq} follows.")
        if link.previous_hash != expected_previous:
            faults.append(f"Entry {link.seq} does not follow the entry before it.")
        if link.hash != chain_hash(link.previous_hash, link.payload):
            faults.append(f"Entry {link.seq} was changed.")
        expected_seq, expected_previous = link.seq + 1, link.hash
    return faults
