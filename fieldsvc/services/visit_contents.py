"""What is on record of a visit when it is completed, and the hash of it."""

from sqlalchemy import select

from fieldsvc.domain.evidence import canonical_json, chain_hash
from fieldsvc.domain.visit_record import VisitRecord
from fieldsvc.models.records import Consumption, Diagnosis
from fieldsvc.models.types import keyring_of
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.checklists import newest_answers, unanswered
from fieldsvc.services.service_reports import report_of, sign_off_of

_RECORD_VERSION = "visit record 1"


def record_of(uow: UnitOfWork, visit: Visit, states_no_parts: bool) -> VisitRecord:
    """Return what completion asks for."""
    diagnoses = uow.session.scalars(select(Diagnosis.id).where(Diagnosis.visit_id == visit.id)).all()
    consumptions = uow.session.scalars(select(Consumption.id).where(Consumption.visit_id == visit.id)).all()
    sign_off = sign_off_of(uow.session, visit.id)
    return VisitRecord(
        diagnosis_count=len(diagnoses),
        verification_passed=visit.verification_passed,
        verification_reason=visit.verification_reason,
        consumption_count=len(consumptions),
        states_no_parts=states_no_parts,
        sign_off_state=sign_off.state if sign_off else None,
        sent_by_link=sign_off.is_sent_by_link if sign_off else False,
        open_points=tuple(point.code for point in unanswered(uow.session, visit)),
    )


def content_hash(uow: UnitOfWork, visit: Visit, states_no_parts: bool) -> str:
    """Return the hash of what the visit is completed with; the customer's answer may still come later."""
    diagnoses = select(Diagnosis).where(Diagnosis.visit_id == visit.id).order_by(Diagnosis.id)
    consumptions = select(Consumption).where(Consumption.visit_id == visit.id).order_by(Consumption.id)
    report = report_of(uow.session, visit.id)
    content: dict[str, object] = {
        "diagnoses": [_said_of(one) for one in uow.session.scalars(diagnoses)],
        "solution": visit.solution,
        "verification": [visit.verification_passed, visit.verification_reason],
        "consumptions": [[one.part_id, one.quantity, one.serial] for one in uow.session.scalars(consumptions)],
        "states_no_parts": states_no_parts,
        "report_sha256": report.sha256 if report else None,
    }
    if answers := newest_answers(uow.session, [visit.id]).get(visit.id):
        content["checklist"] = [[one.point, one.result, one.value, one.note] for one in answers.values()]
    # Keyed, so that what was said can't be guessed from the hash once it is erased.
    sealer = keyring_of(uow.session.get_bind().dialect).sealer
    return sealer.index_of(chain_hash(_RECORD_VERSION, canonical_json(content)))


def _said_of(diagnosis: Diagnosis) -> list[object]:
    how = [diagnosis.methods, diagnosis.tools, diagnosis.data_captured]
    return [diagnosis.symptom, diagnosis.cause, diagnosis.action, diagnosis.note, *(how if any(how) else ())]
