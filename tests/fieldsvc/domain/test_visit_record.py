from dataclasses import replace

import pytest

from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.visit_record import VisitRecord, completion_faults

COMPLETE = VisitRecord(
    diagnosis_count=1,
    verification_passed=True,
    verification_reason=None,
    consumption_count=2,
    states_no_parts=False,
    sign_off_state=SignOffState.SIGNED,
)


@pytest.mark.parametrize(
    "record",
    [
        COMPLETE,
        replace(COMPLETE, consumption_count=0, states_no_parts=True),
        replace(COMPLETE, verification_passed=False, verification_reason="no mains"),
        replace(COMPLETE, sign_off_state=SignOffState.ABSENT),
        replace(COMPLETE, sign_off_state=SignOffState.REFUSED),
        replace(COMPLETE, sign_off_state=SignOffState.PRESENTED, sent_by_link=True),
    ],
)
def test_a_complete_record_has_no_fault(record: VisitRecord) -> None:
    assert completion_faults(record) == []


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (replace(COMPLETE, diagnosis_count=0), "diagnosis_missing"),
        (replace(COMPLETE, verification_passed=None), "verification_missing"),
        (replace(COMPLETE, verification_passed=False), "verification_reason_missing"),
        (replace(COMPLETE, consumption_count=0), "parts_statement_missing"),
        (replace(COMPLETE, states_no_parts=True), "parts_statement_contradicts"),
        (replace(COMPLETE, sign_off_state=None), "sign_off_missing"),
        (replace(COMPLETE, sign_off_state=SignOffState.PRESENTED), "sign_off_missing"),
        (replace(COMPLETE, sign_off_state=SignOffState.PENDING, sent_by_link=True), "sign_off_missing"),
    ],
)
def test_each_gap_is_named(record: VisitRecord, code: str) -> None:
    assert [fault.code for fault in completion_faults(record)] == [code]


def test_all_gaps_are_named_at_once() -> None:
    assert [fault.pointer for fault in completion_faults(VisitRecord(0, None, None, 0, False, None))] == [
        "/diagnosis",
        "/verification",
        "/parts",
        "/sign_off",
    ]
