"""The report itself, as a document."""

import base64
from typing import Any

from marshmallow import fields

from api.schemas.base import StrictSchema
from api.schemas.fields import Flag, Instant, Strict, Text, Whole


class Base64(Strict, fields.String):
    """Bytes as text; for answers only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(dump_only=True, **options)
        self.metadata = {"contentEncoding": "base64", **self.metadata}

    def _serialize(self, value: bytes, *_: object, **__: object) -> str:  # type: ignore[override]  # bytes, not text
        return base64.b64encode(value).decode()


class ServiceReportSchema(StrictSchema):
    """One version of a report, with the very bytes that were presented."""

    report_version = Whole(low=1, high=10_000, required=True)
    sha256 = Text(max_length=64, required=True)
    media_type = Text(max_length=80, required=True)
    recorded_at = Instant(required=True)
    content_base64 = Base64(required=True, attribute="content")


class DocumentProofSchema(StrictSchema):
    """Whether a printed report was issued here."""

    sha256 = Text(max_length=64, required=True)
    is_issued = Flag(required=True)
