"""Files of parts and of counts, brought in whole or not at all."""

import hashlib
from typing import Any

from flask import Response, request

from api.auth import requires
from api.blueprint import Blueprint
from api.bodies import read_file, takes_files
from api.current import current_actor, current_application
from api.idempotency import run_command
from api.rendering import rendered, response_of
from api.schemas.imports import ImportQuery, ImportSchema
from api.sheets import CSV_TYPE, SHEET_TYPES, XLSX_TYPE, csv_response, stated_encoding
from fieldsvc.adapters.csv_files import read_csv
from fieldsvc.adapters.xlsx_files import read_xlsx
from fieldsvc.domain.permissions import Action
from fieldsvc.services import imports
from fieldsvc.services.import_lines import ImportRefused

blueprint = Blueprint("imports", "Files of parts and of counts that are brought in.")

_BYTES = {"schema": {"type": "string", "format": "binary"}}


@blueprint.route("/imports", methods=["POST"])
@requires(Action.IMPORT)
@takes_files
@blueprint.doc(requestBody={"required": True, "content": {CSV_TYPE: _BYTES, XLSX_TYPE: _BYTES}})
@blueprint.arguments(ImportQuery, location="query")
@blueprint.response(200, ImportSchema)
def import_file(query: dict[str, Any]) -> Response:
    """Bring in a file of parts or of counts

    The body is the file, CSV with commas or XLSX; its first row names the columns.

    Parts, for administrators: `number`, `name_en`, `name_zh`, `unit_cost_cents`, `price_cents`, and if wanted `unit`,
    `barcode`, `is_serialised`, `has_lots`, `shelf_life_days`, `criticality`, `models`, `substitutes`. A part that has
    the number is changed, else one is added; a column that is not there changes nothing. Counts: `location` (its code),
    `part` (its number), `quantity`, and if wanted `serials` and `lots` (`L-7=3; L-8=2@2027-01-31`); each place gets a
    count of the parts that are named, which is submitted at once. Lists stand in one cell, between semicolons; a
    backslash goes before one that is meant. A column `error` is not read. An apostrophe before what would begin a
    formula, as exports have it, is taken off.

    Whole or not at all: `errors` names all faults as `/lines/{row}/{column}`, the header being row 1. Asked with
    `Accept: text/csv`, such an answer (422) is the same file with a column `error`, to be corrected and sent again.
    A dry run answers as the real one would, and does nothing. The same bytes once more do nothing either.
    """
    imports.check_may_import(current_actor(), query["what"])
    content = read_file(SHEET_TYPES)
    if request.mimetype == CSV_TYPE:
        sheet = read_csv(content, stated_encoding(query["encoding"]))
    else:
        sheet = read_xlsx(content, query["what"])
    limit = current_application().settings.count_approval_cents
    sha256 = hashlib.sha256(content).hexdigest()
    wish = imports.ImportWish(query["what"], sha256, sheet, query["dry_run"], limit)
    try:
        return run_command(lambda uow: imports.import_file(uow, wish), rendered(ImportSchema))
    except imports.TriedOut as tried:
        return response_of(rendered(ImportSchema)(tried.report))
    except ImportRefused as refused:
        if request.accept_mimetypes.best != CSV_TYPE:
            raise
        header, *rows = refused.lines.error_rows()
        return csv_response("errors", header, rows, status=422)
