"""What a customer sees by link."""

from api.schemas.approvals import OfferSchema
from api.schemas.base import StrictSchema
from api.schemas.fields import Choice, Day, Instant, Items, Nested, Text
from fieldsvc.domain.customer_options import CustomerOption, PartOfDay
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState


class ProgressSchema(StrictSchema):
    """How far it is; what is null is not known yet."""

    ticket_number = Text(max_length=32, required=True)
    ticket_state = Choice(TicketState, required=True)
    visit_state = Choice(VisitState, required=True, allow_none=True)
    window_start = Instant(required=True, allow_none=True)
    window_end = Instant(required=True, allow_none=True)
    planned_arrival = Instant(required=True, allow_none=True)
    technician = Text(max_length=200, required=True, allow_none=True, metadata={"description": "First name."})
    sign_off_state = Choice(SignOffState, required=True, allow_none=True)
    report_sha256 = Text(max_length=64, required=True, allow_none=True)
    zone = Text(max_length=64, required=True, metadata={"description": "Of the site: times are meant in it."})
    options = Items(Choice(CustomerOption), max_items=10, required=True)
    approvals = Items(Nested(OfferSchema), max_items=100, required=True)


class SlotFormSchema(StrictSchema):
    """When it suits the customer, as the page asks."""

    day = Day(required=True)
    part = Choice(PartOfDay, load_default=PartOfDay.DAY)
