"""Reads the commands in a phone's queue: a fault of one is that command's, and never the queue's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, Schema, ValidationError

from api.errors import invalid_arguments
from api.schemas.absences import PhoneAbsenceSchema
from api.schemas.approvals import SiteApprovalSchema
from api.schemas.procedures import AnswersSchema
from api.schemas.sync_commands import CommandNameSchema, HelpSchema, PartRequestSchema, PhoneCommandRequestSchema
from api.schemas.visit_actions import (
    ActionSchema,
    CheckInSchema,
    CompletionSchema,
    DeclinationSchema,
    FindingSchema,
    IncompletionSchema,
    PhotoRequestSchema,
    PresentationSchema,
    SignOffRequestSchema,
    SolutionSchema,
    TurnBackSchema,
    UseSchema,
    VerificationSchema,
)
from api.visit_bodies import (
    answer_of,
    answers_of,
    approval_answer_of,
    finding_of,
    lines_of,
    picture_of,
    position_of,
    presentation_of,
    use_of,
)
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.phone_commands import CommandType
from fieldsvc.domain.texts import is_storable
from fieldsvc.services import (
    absences,
    approvals,
    checklists,
    phone_requests,
    photos,
    sign_offs,
    visit_records,
    visit_returns,
    visits,
)
from fieldsvc.services.sync_commands import Arrival, Effect, PushedCommand

# The command says when it happened, and a technician acts for nobody else.
_NOT_IN_ARGS = ("occurred_at", "on_behalf", "technician_id")
_MOST_FAULTS, _LONGEST = 100, 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What commands mean here. geofence_m: how far from the site is usual; currency: of all prices."""

    geofence_m: int
    currency: str


_Reader = Callable[[Mapping[str, Any], Known], Effect]


def read_commands(given: Sequence[Mapping[str, Any]], sent_at: datetime, known: Known) -> list[PushedCommand]:
    """Return the commands of a push, each with what it does at its visit, or with what is wrong with it.

    Only by its id and number a command can be answered, so without these the whole push is refused.
    """
    named, faults = [], []
    for index, raw in enumerate(given):
        try:
            named.append(CommandNameSchema(unknown=EXCLUDE).load(raw))
        except ValidationError as error:
            found = invalid_arguments(ValidationError({"json": error.messages})).faults
            faults += [Fault(one.code, f"/commands/{index}{one.pointer}", one.message) for one in found]
    if faults:
        raise Invalid("Some commands have no id or no number.", faults=faults)
    return [_read(raw, name, sent_at, known) for raw, name in zip(given, named, strict=True)]


def _read(raw: Mapping[str, Any], name: Mapping[str, Any], sent_at: datetime, known: Known) -> PushedCommand:
    args = raw.get("args")
    kept = args if _is_storable(args) else None
    bare = PushedCommand(name["id"], name["seq"], "?", _visit_named(raw), sent_at, args=kept)
    try:
        given = PhoneCommandRequestSchema().load(raw)
    except ValidationError as error:
        return _with_faults(bare, invalid_arguments(ValidationError({"json": error.messages})).faults)
    command = replace(
        bare,
        type=given["type"],
        visit_id=given["entity_id"],
        said_at=given["occurred_at"],
        base_version=given["base_version"],
    )
    if given["type"] not in _KINDS:
        kinds = ", ".join(sorted(_KINDS))
        return _with_faults(command, [Fault("unknown_command_type", "/type", f"One of {kinds}.")])
    kind = CommandType(given["type"])
    shape, effect_of = _KINDS[kind]
    try:
        args = _load(shape, given["args"])
        use = use_of(args) if kind is CommandType.CONSUMPTION else None
        arrival = _arrival(args, known) if kind is CommandType.CHECK_IN else None
        return replace(command, effect=effect_of(args, known), use=use, arrival=arrival)
    except ValidationError as error:
        return _with_faults(command, invalid_arguments(error).faults)
    except Invalid as error:
        return _with_faults(command, [Fault(one.code, f"/args{one.pointer}", one.message) for one in error.faults])


def _visit_named(raw: Mapping[str, Any]) -> UUID | None:
    """Return the visit a command is about, whatever else is wrong with it: what it says is that customer's."""
    try:
        return UUID(str(raw.get("entity_id")))
    except ValueError:
        return None


def _with_faults(command: PushedCommand, faults: Iterable[Fault]) -> PushedCommand:
    """Return a command that can't be applied; its faults name fields as the phone did, as far as that can be kept."""
    kept = [Fault(one.code, _kept(one.pointer), _kept(one.message)) for one in faults]
    return replace(command, faults=tuple(kept[:_MOST_FAULTS]))


def _kept(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")[:_LONGEST]


def _load(shape: type[Schema], args: Any) -> Any:
    fields = shape().fields
    try:
        return shape(exclude=[name for name in _NOT_IN_ARGS if name in fields]).load(args)
    except ValidationError as error:
        raise ValidationError({"args": error.messages}) from error


def _is_storable(value: object) -> bool:
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(_is_storable(one) for pair in value.items() for one in pair)
    return not isinstance(value, list) or all(_is_storable(one) for one in value)


def _check_in(args: Mapping[str, Any], known: Known) -> Effect:
    position = position_of(args)
    return lambda uow, visit_id: visits.check_in(uow, visit_id, position, known.geofence_m)


def _arrival(args: Mapping[str, Any], known: Known) -> Arrival:
    position = position_of(args)
    return lambda uow, visit_id: visits.note_position(uow, visit_id, position, known.geofence_m)


def _go_through(args: Mapping[str, Any], _: Known) -> Effect:
    answers, procedure_id = answers_of(args), args["procedure_id"]
    return lambda uow, visit_id: checklists.answer_checklist(uow, visit_id, answers, procedure_id)


def _diagnose(args: Mapping[str, Any], _: Known) -> Effect:
    finding = finding_of(args)
    return lambda uow, visit_id: visit_records.record_diagnosis(uow, visit_id, finding)


def _solve(args: Mapping[str, Any], _: Known) -> Effect:
    return lambda uow, visit_id: visit_records.record_solution(uow, visit_id, args["solution"])


def _verify(args: Mapping[str, Any], _: Known) -> Effect:
    passed, reason = args["passed"], args["reason"]
    return lambda uow, visit_id: visit_records.record_verification(uow, visit_id, passed=passed, reason=reason)


def _consume(args: Mapping[str, Any], _: Known) -> Effect:
    use = use_of(args)
    return lambda uow, visit_id: visit_records.record_consumption(uow, visit_id, use)


def _photograph(args: Mapping[str, Any], _: Known) -> Effect:
    picture = picture_of(args)
    return lambda uow, visit_id: photos.record_photo(uow, visit_id, picture)


def _present(args: Mapping[str, Any], _: Known) -> Effect:
    report = presentation_of(args)
    return lambda uow, visit_id: sign_offs.present_report(uow, visit_id, report)


def _answer(args: Mapping[str, Any], _: Known) -> Effect:
    answer = answer_of(args)
    return lambda uow, visit_id: answer(uow, visit_id, None)


def _agree(args: Mapping[str, Any], known: Known) -> Effect:
    lines, answer = lines_of(args), approval_answer_of(args)
    return lambda uow, visit_id: approvals.agree_at_site(uow, visit_id, lines, known.currency, answer)


def _complete(args: Mapping[str, Any], _: Known) -> Effect:
    states_no_parts = args["states_no_parts"]
    return lambda uow, visit_id: visits.complete_visit(uow, visit_id, states_no_parts=states_no_parts)


def _break_off(args: Mapping[str, Any], _: Known) -> Effect:
    return lambda uow, visit_id: visits.break_off(uow, visit_id, args["reason"])


def _decline(args: Mapping[str, Any], _: Known) -> Effect:
    return lambda uow, visit_id: visits.decline_visit(uow, visit_id, args["reason"], args["note"])


def _turn_back(args: Mapping[str, Any], _: Known) -> Effect:
    return lambda uow, visit_id: visit_returns.turn_back(uow, visit_id, args["reason"])


def _request_part(args: Mapping[str, Any], _: Known) -> Effect:
    part_id, quantity, note = args["part_id"], args["quantity"], args["note"]
    return lambda uow, visit_id: phone_requests.request_part(uow, visit_id, part_id, quantity, note)


def _report_absence(args: Mapping[str, Any], _: Known) -> Effect:
    wish = absences.AbsenceWish(args["starts_at"], args["ends_at"], args["reason"])
    return lambda uow, technician_id: absences.report_absence(uow, technician_id, wish)


def _request_help(args: Mapping[str, Any], _: Known) -> Effect:
    return lambda uow, visit_id: phone_requests.request_help(uow, visit_id, args["note"])


_KINDS: dict[CommandType, tuple[type[Schema], _Reader]] = {
    CommandType.ACCEPTANCE: (ActionSchema, lambda *_: visits.accept_visit),
    CommandType.DECLINATION: (DeclinationSchema, _decline),
    CommandType.DEPARTURE: (ActionSchema, lambda *_: visits.depart),
    CommandType.TURNING_BACK: (TurnBackSchema, _turn_back),
    CommandType.CHECK_IN: (CheckInSchema, _check_in),
    CommandType.WORK: (ActionSchema, lambda *_: visits.start_work),
    CommandType.PAUSE: (ActionSchema, lambda *_: visits.pause_work),
    CommandType.CHECKLIST: (AnswersSchema, _go_through),
    CommandType.DIAGNOSIS: (FindingSchema, _diagnose),
    CommandType.SOLUTION: (SolutionSchema, _solve),
    CommandType.VERIFICATION: (VerificationSchema, _verify),
    CommandType.CONSUMPTION: (UseSchema, _consume),
    CommandType.PHOTO: (PhotoRequestSchema, _photograph),
    CommandType.REPORT: (PresentationSchema, _present),
    CommandType.SIGN_OFF: (SignOffRequestSchema, _answer),
    CommandType.APPROVAL: (SiteApprovalSchema, _agree),
    CommandType.COMPLETION: (CompletionSchema, _complete),
    CommandType.INCOMPLETION: (IncompletionSchema, _break_off),
    CommandType.PART_REQUEST: (PartRequestSchema, _request_part),
    CommandType.HELP_REQUEST: (HelpSchema, _request_help),
    CommandType.ABSENCE: (PhoneAbsenceSchema, _report_absence),
}
