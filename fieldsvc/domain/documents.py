"""What a printed report proves: who said what about which report, under one hash."""

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime

from fieldsvc.domain.evidence import canonical_json
from fieldsvc.domain.sign_off_states import SignOffState

_SCHEMA = "fieldsvc service document 1"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is proved. outcome: what became of the report then; strokes: JSON as it was signed.

    salt: random, so that the hash confirms no guess of a name once the customer is erased.
    """

    salt: str
    visit: str
    ticket: str
    report_version: int
    report_sha256: str
    media_type: str
    outcome: SignOffState
    stated_at: datetime
    signed_at: datetime | None
    signer_name: str | None
    signer_role: str | None
    method: str | None
    strokes: str | None
    reason: str | None

    @property
    def sha256(self) -> str:
        """Return the document's hash: the same for the same statement, whenever it is printed."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return hashlib.sha256(canonical_json({"schema": _SCHEMA} | said).encode()).hexdigest()
