"""Answers a report as PDF."""

from flask import Response

from api.current import current_application
from api.etags import is_known
from fieldsvc.adapters.documents import print_pdf
from fieldsvc.services.documents import PrintedReport
from fieldsvc.services.use_case import ReadCase, read

PDF = "application/pdf"
PDF_RESPONSES = {
    "200": {
        "description": "The report as PDF.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    },
    "304": {"description": "Not Modified"},
}


def print_one(use_case: ReadCase[PrintedReport]) -> Response:
    """Return a report as PDF; 304 when the caller has it already."""
    app = current_application()
    printed = read(app.database, use_case, lambda report: report)
    sha256 = printed.statement.sha256
    headers = {"Content-Disposition": f'inline; filename="{printed.statement.visit}.pdf"'}
    if printed.is_issued:  # the hash of any other statement is without salt
        headers["ETag"] = f'"{sha256}"'
        if is_known(headers["ETag"]):
            return Response(status=304, headers=headers)
    address = f"{app.settings.public_url}/verify/{sha256}" if printed.is_issued else None
    content = print_pdf(printed.statement, printed.content, address)
    return Response(content, headers=headers, content_type=PDF)
