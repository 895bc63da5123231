"""What is answered to the points of a visit's procedure, from when the phone has the visit until it ends."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.errors import Conflict, Fault, Invalid
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.procedures import Answer, Point, PointResult, Step, answer_faults, is_outside, open_points
from fieldsvc.domain.visit_states import STARTED, VisitState
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.procedures import ChecklistAnswer, Procedure
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.outcomes import Notice, Outcome
from fieldsvc.services.scopes import acting_assignment, check_acts_in_the_field, load_visit, touch

# What is prepared is prepared before anybody sets off.
_WITH_TECHNICIAN = (VisitState.DISPATCHED, VisitState.ACCEPTED, *STARTED)


def answer_checklist(
    uow: UnitOfWork,
    visit_id: UUID,
    answers: Sequence[Answer],
    procedure_id: UUID | None = None,
    version: int | None = None,
) -> Outcome:
    """Note answers to points; one that says what was said then or later already is not noted again.

    procedure_id: the one the phone has; None = the one the visit was sent out with.
    """
    visit = load_visit(uow, visit_id, Action.VISIT_TRANSITION, version)
    check_acts_in_the_field(uow, "Answering a checklist")
    assignment = acting_assignment(uow, visit)
    if assignment is None or assignment.state not in _WITH_TECHNICIAN:
        raise Conflict(f"The visit is {visit.state}: its checklist is not answered now.", code="visit_not_in_hand")
    procedure = _procedure(uow, visit, procedure_id)
    points = {point.code: point for point in procedure.all_points}
    faults = answer_faults(points, answers)
    if faults:
        raise Invalid("The checklist can't be answered like this.", faults=faults)
    newest = newest_answers(uow.session, [visit_id]).get(visit_id, {})
    new = [answer for answer in answers if not _is_said(uow, newest.get(answer.point), answer)]
    for answer in new:
        uow.session.add(_row(uow, visit, assignment, procedure, answer))
    if new:
        touch(visit)
        said = {answer.point: [answer.result.value, answer.value] for answer in new}
        uow.record(visit, "checklist_answered", data={"procedure_id": procedure.id, "results": said})
    return Outcome(visit, tuple(_out_of_limits(points, answers)))


def newest_answers(session: OrmSession, visit_ids: Iterable[UUID]) -> dict[UUID, dict[str, ChecklistAnswer]]:
    """Return the answer that counts to each point, by visit and code, in the order of the codes."""
    query = select(ChecklistAnswer).where(ChecklistAnswer.visit_id.in_(list(visit_ids)))
    in_time = query.order_by(ChecklistAnswer.point, ChecklistAnswer.occurred_at, ChecklistAnswer.id)
    found: dict[UUID, dict[str, ChecklistAnswer]] = {}
    for answer in session.scalars(in_time):
        found.setdefault(answer.visit_id, {})[answer.point] = answer
    return found


def unanswered(session: OrmSession, visit: Visit, steps: Iterable[Step] = Step) -> list[Point]:
    """Return the mandatory points of a visit's procedure that are still open, of the given steps."""
    procedure = session.get(Procedure, visit.procedure_id) if visit.procedure_id is not None else None
    if procedure is None:
        return []
    points = {point.code: point for point in procedure.all_points}
    asked = {procedure.id: points}
    results = {}
    for code, answer in newest_answers(session, [visit.id]).get(visit.id, {}).items():
        if answer.procedure_id not in asked:
            other = session.get_one(Procedure, answer.procedure_id)
            asked[other.id] = {point.code: point for point in other.all_points}
        if asked[answer.procedure_id].get(code) == points.get(code):  # the same was asked in another version
            results[code] = answer.result
    return open_points(points.values(), results, frozenset(steps))


def open_points_notice(points: Sequence[Point]) -> tuple[Notice, ...]:
    """Say which points should have been gone through by now, if any."""
    if not points:
        return ()
    return (Notice("safety_points_open", f"Not gone through yet: {', '.join(point.text_en for point in points)}."),)


def _procedure(uow: UnitOfWork, visit: Visit, procedure_id: UUID | None) -> Procedure:
    wanted = procedure_id or visit.procedure_id
    procedure = uow.find(Procedure, wanted) if wanted is not None else None
    if procedure is None or procedure.job_type_id != visit.job_type_id:
        fault = Fault("unknown_procedure", "/procedure_id", "This visit has no such procedure.")
        raise Invalid("There is no checklist to answer.", faults=[fault])
    return procedure


def _is_said(uow: UnitOfWork, known: ChecklistAnswer | None, answer: Answer) -> bool:
    if known is None or known.occurred_at < uow.occurred_at:  # said anew, it counts from now on
        return False
    return (known.result, known.value, known.note) == (answer.result, answer.value, answer.note)


def _row(
    uow: UnitOfWork, visit: Visit, assignment: Assignment, procedure: Procedure, answer: Answer
) -> ChecklistAnswer:
    return ChecklistAnswer(
        id=uow.new_id(),
        visit_id=visit.id,
        procedure_id=procedure.id,
        technician_id=assignment.technician_id,
        point=answer.point,
        result=answer.result,
        value=answer.value,
        note=answer.note,
        occurred_at=uow.occurred_at,
        recorded_at=uow.now,
    )


def _out_of_limits(points: Mapping[str, Point], answers: Sequence[Answer]) -> Iterable[Notice]:
    for answer in answers:
        point = points[answer.point]
        if answer.result is PointResult.DONE and answer.value is not None and is_outside(point, answer.value):
            limits = f"{point.low or '…'} to {point.high or '…'} {point.unit}"
            yield Notice("reading_outside_limits", f"{point.text_en}: {answer.value} {point.unit}; {limits} are usual.")
