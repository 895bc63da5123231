"""The customer's page behind a link: how far it is, the report, and what can be done, on any phone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, request
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Response as AnyResponse

from api.auth import public
from api.current import current_application, current_request_id
from api.customer_words import LANGUAGES, WORDS, answered, arrival, offers, refusal, standing, window
from api.errors import status_of
from api.idempotency import KEY_PATTERN
from api.pages import page
from api.schemas.approvals import LinkedAnswerSchema
from api.schemas.base import NoFields
from api.schemas.tracking import SlotFormSchema
from api.schemas.visit_actions import ConfirmationSchema, DisputeSchema, RatingRequestSchema
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import DomainError, NotFound
from fieldsvc.services import command as commands
from fieldsvc.services import tracking
from fieldsvc.services.approvals import Answer
from fieldsvc.services.use_case import read

blueprint = Blueprint("customer_pages", __name__)

_BY_LINK = "the customer's token in the address is looked up and opens one ticket, as the permissions table says"


@blueprint.get("/track/<token>")
@public(_BY_LINK)
def show_progress(token: str) -> Response:
    """Show how far it is and what can be done; changes nothing."""
    language = _language()
    try:
        return _shown(token, language, told=WORDS[language]["done"] if "done" in request.args else None)
    except NotFound:
        return _gone(token, language)


@blueprint.post("/track/<token>/<any(confirmation,dispute,rating,slot,cancellation):what>")
@public(_BY_LINK)
def act(token: str, what: str) -> AnyResponse:
    """Do what a form of the page asks for, once for each time the page was shown, and show the page again."""
    return _done(token, what, lambda: _FORMS[what].use_case_of(request.form))


def _done(token: str, what: str, read_form: Callable[[], tracking.ByLink]) -> AnyResponse:
    language = _language()
    try:
        customer = _customer(token)
        _once(customer, what, read_form())
    except (ValidationError, _WrongForm):
        return _shown(token, language, told=WORDS[language]["check"], status=422)
    except NotFound:
        return _gone(token, language)
    except DomainError as error:
        return _shown(token, language, told=refusal(error.code, language), status=status_of(type(error)))
    return redirect(f"/track/{token}?lang={language}&done", 303)


@blueprint.post("/track/<token>/approvals/<uuid:approval_id>")
@public(_BY_LINK)
def answer_offer(token: str, approval_id: UUID) -> AnyResponse:
    """Agree to pay for something, or don't, and show the page again."""
    return _done(token, f"approval {approval_id}", lambda: _OFFER.use_case_of(request.form, approval_id))


class _WrongForm(Exception):
    """A form that the page did not make."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of the page: what it may hold, and what it asks for."""

    schema: type[Schema]
    asked: Callable[..., tracking.ByLink]
    numbers: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def use_case_of(self, form: Mapping[str, str], *things: UUID) -> tracking.ByLink:
        """Return what is asked for, of the things that were named; an empty field is one that was left out."""
        given: dict[str, Any] = {name: value for name, value in form.items() if value.strip() and name != "key"}
        for name in self.numbers:
            if not re.fullmatch("[0-9]{1,9}", given.get(name, "")):
                raise _WrongForm
            given[name] = int(given[name])
        for name in self.answers:
            given[name] = {"yes": True, "no": False}.get(given.get(name, ""))
        return self.asked(self.schema().load(given), *things)


def _slot(body: Mapping[str, Any]) -> tracking.ByLink:
    return lambda uow: tracking.postpone_to_day(uow, body["day"], body["part"])


def _dispute(body: Mapping[str, Any]) -> tracking.ByLink:
    window = timedelta(seconds=current_application().settings.dispute_window_s)
    return lambda uow: tracking.dispute_report(uow, body["report_sha256"], body["objection"], window)


def _cancellation(_: Mapping[str, Any]) -> tracking.ByLink:
    notice = timedelta(seconds=current_application().settings.cancel_notice_s)
    return lambda uow: tracking.cancel_by_link(uow, notice)


def _offer(body: Mapping[str, Any], approval_id: UUID) -> tracking.ByLink:
    return lambda uow: tracking.answer_by_link(uow, approval_id, Answer(method="link", **body))


_OFFER = _Form(LinkedAnswerSchema, _offer, answers=("is_approved",))
_FORMS: dict[str, _Form] = {
    "confirmation": _Form(
        ConfirmationSchema,
        lambda body: lambda uow: tracking.confirm_report(uow, body["report_sha256"], body["signer_name"]),
    ),
    "dispute": _Form(DisputeSchema, _dispute),
    "rating": _Form(
        RatingRequestSchema,
        lambda body: lambda uow: tracking.rate_visit(uow, body["stars"], body["comment"]),
        numbers=("stars",),
    ),
    "slot": _Form(SlotFormSchema, _slot),
    "cancellation": _Form(NoFields, _cancellation),
}


def _once(customer: Actor, what: str, use_case: tracking.ByLink) -> None:
    """Run a use case; a form that is sent twice asks for one thing."""
    application = current_application()
    key = request.form.get("key")
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise _WrongForm
    said = repr(sorted(request.form.items()))
    hashed = None if key is None else application.database.sealer.index_of(f"{what}\n{said}")
    command = commands.Command(
        customer, f"POST /track/{what}", key, hashed, source="page", request_id=current_request_id()
    )
    commands.execute(application.database, command, use_case, lambda _: commands.Answer(303, " "))


def _shown(token: str, language: str, *, told: str | None, status: int = 200) -> Response:
    application, customer = current_application(), _customer(token)
    now = application.clock.now()
    progress = read(application.database, lambda session: tracking.track(session, customer), lambda it: it)
    values = _nothing(told, language) | {
        "progress": progress,
        "options": {option.value for option in progress.options},
        "standing": standing(progress, language),
        "arrival": arrival(progress, language),
        "window": window(progress, language),
        "answered": answered(progress, language),
        "offers": offers(progress, language),
        **_report(customer, f"/api/v1/track/{token}/report.pdf"),
        "here": f"/track/{token}",
        "today": now.astimezone(ZoneInfo(progress.zone)).date().isoformat(),
        "key": uuid4().hex,
    }
    return page("progress.html", status, language=language, **values)


def _gone(token: str, language: str) -> Response:
    told = _nothing(WORDS[language]["gone"], language)
    return page("progress.html", 404, language=language, here=f"/track/{token}", **told)


def _nothing(told: str | None, language: str) -> dict[str, Any]:
    return {"words": WORDS[language], "told": told, "progress": None}


def _report(customer: Actor, pdf: str) -> dict[str, Any]:
    """Return the report as text, empty where it is no text, and where it is printed; None where there is none."""
    database = current_application().database
    try:
        report = read(database, lambda session: tracking.read_linked_report(session, customer), lambda it: it)
    except NotFound:
        return {"report": None}
    is_text = report.media_type.startswith("text/")
    text = report.content.decode(errors="replace") if is_text else ""
    return {"report": text, "pdf": pdf if report.is_printable else None}


def _customer(token: str) -> Actor:
    application = current_application()
    now = application.clock.now()
    return read(application.database, lambda session: tracking.customer_by_link(session, token, now), lambda it: it)


def _language() -> str:
    """Return the language that was chosen, else the one the browser asks for."""
    chosen = request.args.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
