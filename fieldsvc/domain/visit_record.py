"""What a visit has to have on record before it is completed."""

from dataclasses import dataclass

from fieldsvc.domain.errors import Fault
from fieldsvc.domain.sign_off_states import OUTCOMES, SignOffState


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """What is on record of a visit at its completion.

    verification_passed: None while nobody tested the repair. states_no_parts: the technician said "none".
    sent_by_link: the report that was presented is with the customer, who can still answer. open_points: codes of the
    mandatory points of the checklist that nobody has gone through.
    """

    diagnosis_count: int
    verification_passed: bool | None
    verification_reason: str | None
    consumption_count: int
    states_no_parts: bool
    sign_off_state: SignOffState | None
    sent_by_link: bool = False
    open_points: tuple[str, ...] = ()


def completion_faults(record: VisitRecord) -> list[Fault]:
    """Return everything that is missing, not only the first; empty when the visit may be completed."""
    faults = []
    if record.diagnosis_count == 0:
        faults.append(Fault("diagnosis_missing", "/diagnosis", "Record symptom, cause and action first."))
    if record.verification_passed is None:
        faults.append(Fault("verification_missing", "/verification", "Say whether the repair was tested and works."))
    elif not record.verification_passed and not record.verification_reason:
        faults.append(Fault("verification_reason_missing", "/verification/reason", "The test failed: give the reason."))
    if record.consumption_count == 0 and not record.states_no_parts:
        faults.append(Fault("parts_statement_missing", "/parts", "Record the parts used, or state that none were."))
    if record.consumption_count > 0 and record.states_no_parts:
        faults.append(
            Fault(
                "parts_statement_contradicts",
                "/parts",
                f"No parts are stated, but {record.consumption_count} uses are on record.",
            )
        )
    faults += [
        Fault("checklist_point_open", f"/checklist/{code}", "Do this, or say why it does not apply.")
        for code in record.open_points
    ]
    awaits_link = record.sign_off_state is SignOffState.PRESENTED and record.sent_by_link
    if record.sign_off_state not in OUTCOMES and not awaits_link:
        faults.append(
            Fault(
                "sign_off_missing",
                "/sign_off",
                "Present the report and record the customer's answer, or send it by link.",
            )
        )
    return faults
