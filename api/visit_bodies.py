"""What is said at a visit, as the services take it: the same over HTTP and in a phone's queue."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from api.schemas.visit_actions import SignOffOutcome
from fieldsvc.domain.errors import Fault, Invalid
from fieldsvc.domain.offers import OfferLine
from fieldsvc.domain.procedures import Answer
from fieldsvc.services import approvals, part_uses, photos, sign_offs, visit_records, visits
from fieldsvc.services.visit_views import ChangesAnyVisit


def finding_of(body: Mapping[str, Any]) -> visit_records.Finding:
    """Return a diagnosis."""
    how = (body["methods"], body["tools"], body["data_captured"])
    return visit_records.Finding(body["symptom"], body["cause"], body["action"], body["note"], *how)


def answers_of(body: Mapping[str, Any]) -> list[Answer]:
    """Return what was said to points of the checklist."""
    return [Answer(one["point"], one["result"], one["value"], one["note"]) for one in body["answers"]]


def picture_of(body: Mapping[str, Any]) -> photos.Picture:
    """Return what a photo is of."""
    return photos.Picture(body["sha256"], body["stage"], body["note"])


def use_of(body: Mapping[str, Any]) -> part_uses.Use:
    """Return what was used."""
    return part_uses.Use(body["part_id"], body["quantity"], body["serial"], body["swapped_serial"])


def lines_of(body: Mapping[str, Any]) -> list[OfferLine]:
    """Return what is offered."""
    return [
        OfferLine(
            line["text"],
            line["quantity"],
            line["unit_price_cents"],
            None if line["part_id"] is None else str(line["part_id"]),
        )
        for line in body["lines"]
    ]


def approval_answer_of(body: Mapping[str, Any]) -> approvals.Answer:
    """Return what the customer says to an offer on the technician's device."""
    return approvals.Answer(
        is_approved=body["is_approved"],
        method=body["method"].value,
        offer_sha256=body.get("offer_sha256"),
        signer_name=body["signer_name"],
        strokes=body["strokes"],
        reason=body["reason"],
    )


def position_of(body: Mapping[str, Any]) -> visits.Position | None:
    """Return where the phone is, if it says so."""
    given = body["position"]
    return None if given is None else visits.Position(given["latitude"], given["longitude"])


def presentation_of(body: Mapping[str, Any]) -> sign_offs.Presentation:
    """Return the report with its very bytes."""
    return sign_offs.Presentation(_bytes_of(body), body["media_type"], is_sent_by_link=body["send_by_link"])


def answer_of(body: Mapping[str, Any]) -> ChangesAnyVisit:
    """Return what notes the customer's answer to a report."""
    sha256 = body["report_sha256"]
    match body["outcome"]:
        case SignOffOutcome.SIGNED:
            name = _needed(body, "signer_name")
            signature = sign_offs.Signature(
                name, body["signer_role"], body["method"], body["strokes"], body["device_id"]
            )
            return lambda uow, visit_id, version: sign_offs.sign_report(uow, visit_id, sha256, signature, version)
        case SignOffOutcome.REFUSED:
            reason = _needed(body, "reason")
            return lambda uow, visit_id, version: sign_offs.refuse_report(uow, visit_id, sha256, reason, version)
        case SignOffOutcome.WAIVED:
            reason = _needed(body, "reason")
            return lambda uow, visit_id, version: sign_offs.waive_sign_off(uow, visit_id, sha256, reason, version)
        case _:
            return lambda uow, visit_id, version: sign_offs.note_absence(uow, visit_id, sha256, version)


def _needed(body: Mapping[str, Any], name: str) -> str:
    value: str | None = body[name]
    if value is None:
        fault = Fault("missing_field", f"/{name}", f"The outcome {body['outcome']} needs this.")
        raise Invalid("Something is missing.", faults=[fault])
    return value


def _bytes_of(body: Mapping[str, Any]) -> bytes:
    text, encoded = body["content"], body["content_base64"]
    if (text is None) == (encoded is None):
        fault = Fault("one_content_needed", "/content", "Send exactly one of content and content_base64.")
        raise Invalid("The report has no content, or two.", faults=[fault])
    if text is not None:
        return str(text).encode()
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        fault = Fault("wrong_format", "/content_base64", "This is not base64.")
        raise Invalid("The report can't be read.", faults=[fault]) from error
