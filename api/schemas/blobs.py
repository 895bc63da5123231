"""Attachments of visits."""

from api.schemas.base import StrictSchema
from api.schemas.fields import Choice, Id, Instant, Text, Whole
from fieldsvc.domain.media import MediaType


class BlobSchema(StrictSchema):
    """An attachment. sha256, size: as it was sent; kept_sha256, kept_size: as it is kept, without the place."""

    visit_id = Id(required=True)
    sha256 = Text(max_length=64, required=True)
    size = Whole(low=1, high=2**40, required=True)
    kept_sha256 = Text(max_length=64, required=True)
    kept_size = Whole(low=1, high=2**40, required=True)
    media_type = Choice(MediaType, required=True)
    recorded_at = Instant(required=True)
