"""Absences of technicians."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Choice, Flag, Id, Instant, PhoneTime, Text
from fieldsvc.domain.absence_states import AbsenceReason, AbsenceState


class AbsenceRequestSchema(StrictSchema):
    """From when until when somebody does not work, and why; the end is not part of it."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Choice(AbsenceReason, required=True)


class PhoneAbsenceSchema(AbsenceRequestSchema):
    """The same in the queue of a phone."""

    starts_at = PhoneTime(required=True)
    ends_at = PhoneTime(required=True)


class AbsenceSchema(EntitySchema):
    """An absence; only a granted one is planned around."""

    technician_id = Id(required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Text(max_length=40, required=True)
    state = Choice(AbsenceState, required=True)


class AbsenceDecisionSchema(StrictSchema):
    """Whether it is granted."""

    is_granted = Flag(required=True)


class AbsencesQuery(PageQuery):
    """Which absences."""

    state = Choice(AbsenceState, load_default=None)
    technician_id = Id(load_default=None)
    ends_after = Instant(load_default=None)
