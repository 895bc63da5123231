"""Anchors: what the evidence chain ended with at some time, kept where whoever changes the database does not reach."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldsvc.domain.evidence import canonical_json


@dataclass(frozen=True, slots=True)
class Anchor:
    """The chain's last entry and its hash at a time.

    is_restore: an operator has put a backup in place, so what was anchored beyond it before is not in it any more.
    """

    seq: int
    hash: str
    at: datetime
    is_restore: bool = False

    @property
    def text(self) -> str:
        """Return what is signed."""
        content = {"seq": self.seq, "hash": self.hash, "at": self.at, "is_restore": self.is_restore}
        return canonical_json(content)


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """One line of the anchors as it was read back. anchor: None where it can't be read; is_signed: by our key."""

    number: int
    anchor: Anchor | None
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What the anchors say of a chain. up_to: the last anchor that holds; given_up: entries a restore has given up."""

    faults: Sequence[str]
    up_to: Anchor | None
    given_up: int


def anchoring(lines: Iterable[AnchorLine], last_seq: int, hash_at: Callable[[int], str | None]) -> Anchoring:
    """Compare anchors with a chain that ends at last_seq; hash_at gives the hash of an entry."""
    faults: list[str] = []
    standing: list[tuple[int, Anchor]] = []
    given_up = 0
    for line in lines:
        if line.anchor is None or not line.is_signed:
            what = "can't be read" if line.anchor is None else "was not signed by this system"
            faults.append(f"Anchor {line.number} {what}.")
            continue
        if line.anchor.is_restore:
            beyond = [one.seq for _, one in standing if one.seq > line.anchor.seq]
            given_up += max(beyond, default=line.anchor.seq) - line.anchor.seq
            standing = [(number, one) for number, one in standing if one.seq <= line.anchor.seq]
        standing.append((line.number, line.anchor))
    found: Mapping[int, str | None] = {one.seq: hash_at(one.seq) for _, one in standing if 0 < one.seq <= last_seq}
    holds = [one for number, one in standing if _holds(number, one, last_seq, found, faults)]
    return Anchoring(faults, max(holds, key=lambda one: one.seq, default=None), given_up)


def _holds(number: int, anchor: Anchor, last_seq: int, found: Mapping[int, str | None], faults: list[str]) -> bool:
    when = anchor.at.isoformat(timespec="seconds")
    if anchor.seq > last_seq:
        faults.append(f"Anchor {number} of {when}: the chain went to entry {anchor.seq}, it ends at {last_seq} now.")
        return False
    if anchor.seq and found[anchor.seq] != anchor.hash:
        faults.append(f"Anchor {number} of {when}: entry {anchor.seq} and what lies before it were rewritten since.")
        return False
    return True
