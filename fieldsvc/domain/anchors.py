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
    """What the anchors say of a chain. up_to: the last anchor that holds; given_up: anchors that a restore gave up."""

    faults: Sequence[str]
    up_to: Anchor | None
    given_up: int


def anchoring(lines: Iterable[AnchorLine], last_seq: int, hash_at: Callable[[int], str | None]) -> Anchoring:
    """Compare anchors with a chain that ends at last_seq; hash_at gives the hash of an entry.

    A line that was broken off, as by a full disk, is no fault where a good one follows: that covers as much.
    """
    faults: list[str] = []
    unreadable: list[int] = []
    standing: list[tuple[int, Anchor]] = []
    given_up = 0
    for line in lines:
        if line.anchor is None:
            unreadable.append(line.number)
            continue
        if not line.is_signed:
            faults.append(f"Anchor {line.number} was not signed by this system.")
            continue
        unreadable.clear()
        if line.anchor.is_restore:
            kept = [(number, one) for number, one in standing if _is_within(one, line.anchor.seq, hash_at)]
            given_up, standing = given_up + len(standing) - len(kept), kept
        standing.append((line.number, line.anchor))
    faults += [f"Anchor {number} can't be read." for number in unreadable]
    found: Mapping[int, str | None] = {one.seq: hash_at(one.seq) for _, one in standing if 0 < one.seq <= last_seq}
    holds = [one for number, one in standing if _holds(number, one, last_seq, found, faults)]
    return Anchoring(faults, max(holds, key=lambda one: one.seq, default=None), given_up)


def _is_within(anchor: Anchor, last_seq: int, hash_at: Callable[[int], str | None]) -> bool:
    """Tell whether a chain that was put in place holds what was anchored before."""
    return anchor.seq <= last_seq and (anchor.seq == 0 or hash_at(anchor.seq) == anchor.hash)


def _holds(number: int, anchor: Anchor, last_seq: int, found: Mapping[int, str | None], faults: list[str]) -> bool:
    when = anchor.at.isoformat(timespec="seconds")
    if anchor.seq > last_seq:
        faults.append(f"Anchor {number} of {when}: the chain went to entry {anchor.seq}, it ends at {last_seq} now.")
        return False
    if anchor.seq and found[anchor.seq] != anchor.hash:
        faults.append(f"Anchor {number} of {when}: entry {anchor.seq} and what lies before it were rewritten since.")
        return False
    return True
