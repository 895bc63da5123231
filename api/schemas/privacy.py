"""Requests to hand over or to erase what is kept about a customer."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, FreeObject, Id, Instant, Text
from fieldsvc.domain.privacy_states import PrivacyKind, PrivacyState


class PrivacyWishSchema(StrictSchema):
    """What is asked for, of whom, and why."""

    customer_id = Id(required=True)
    kind = Choice(PrivacyKind, required=True)
    reason = Text(
        max_length=2000,
        required=True,
        metadata={"description": "Without names: it is kept when the customer is erased."},
    )


class PrivacyRequestSchema(EntitySchema):
    """An export or an erasure."""

    customer_id = Id(required=True)
    kind = Choice(PrivacyKind, required=True)
    state = Choice(PrivacyState, required=True)
    reason = Text(max_length=2000, required=True)
    requested_by = Id(required=True)
    requested_at = Instant(required=True)
    decided_by = Id(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)


class PrivacyRequestsQuery(PageQuery):
    """Which requests."""

    state = Choice(PrivacyState, load_default=None)


class CustomerExportSchema(StrictSchema):
    """Everything that is kept about a customer: by the name of the table, a list of its rows."""

    format = Text(max_length=40, required=True)
    customer_id = Id(required=True)
    exported_at = Instant(required=True)
    tables = FreeObject(required=True)
