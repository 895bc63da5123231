"""Printed reports, and whether one was issued here."""

from uuid import UUID

from flask import Response

from api.auth import public, requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.printing import PDF_RESPONSES, print_one
from api.reading import read_one
from api.schemas.reports import DocumentProofSchema
from fieldsvc.domain.permissions import Action
from fieldsvc.services import documents

blueprint = Blueprint("documents", "Printed reports, and whether one was issued here.")


@blueprint.route("/visits/<uuid:visit_id>/report.pdf")
@requires(Action.EVIDENCE_READ)
@blueprint.doc(responses=PDF_RESPONSES)
def print_report(visit_id: UUID) -> Response:
    """Print the report that counts, with what the customer said about it

    In Chinese and English, the signature as it was drawn, and a code to verify it with. The same report with the same
    statement always has the same hash.
    """
    return print_one(lambda session: documents.print_report(session, current_actor(), visit_id))


@blueprint.route("/verify/<string:sha256>")
@public("it tells whoever holds a printed report that it was issued here, and nothing of what is in it")
@blueprint.response(200, DocumentProofSchema)
def verify(sha256: str) -> Response:
    """Ask whether a printed report with this hash was issued here

    Yes or no, and the hash. `/verify/{sha256}` outside the API is the page for people.
    """
    return read_one(lambda session: documents.verify(session, sha256), DocumentProofSchema)
