"""An offer: lines with prices and their sum, whose hash says what was agreed to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fieldsvc.domain.evidence import canonical_json

MOST_CENTS = 2**53  # what every JSON reader holds exactly


@dataclass(frozen=True, slots=True)
class OfferLine:
    """Work, or a part of the catalogue. unit_price_cents: in the offer's currency."""

    text: str
    quantity: int
    unit_price_cents: int
    part_id: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What is to be done and what it costs. ticket: its number; currency: ISO 4217."""

    ticket: str
    currency: str
    lines: Sequence[OfferLine]

    @property
    def total_cents(self) -> int:
        """Return the sum of all lines."""
        return sum(line.quantity * line.unit_price_cents for line in self.lines)

    @property
    def sha256(self) -> str:
        """Return the hash of the offer's one JSON text: keys sorted, no spaces, UTF-8."""
        content = {
            "currency": self.currency,
            "lines": [asdict(line) for line in self.lines],
            "ticket": self.ticket,
            "total_cents": self.total_cents,
        }
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def lines_of(stored: Sequence[Mapping[str, Any]]) -> list[OfferLine]:
    """Return lines as they were stored."""
    return [OfferLine(**line) for line in stored]
