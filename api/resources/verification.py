"""The page behind the code on a printed report: whether it was issued here, for anybody, in two languages."""

import base64
import hashlib
from html import escape

from flask import Blueprint, Response

from api.auth import public
from api.current import current_application
from fieldsvc.services import documents
from fieldsvc.services.use_case import read

blueprint = Blueprint("verification", __name__)

_STYLE = "body{font:1.1rem sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}code{overflow-wrap:anywhere}"
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_YES = ("是 Yes", "该服务报告由本系统签发。", "A service report with this hash was issued by this system.")
_NO = ("否 No", "本系统未签发过该摘要的服务报告。", "This system has issued no service report with this hash.")
_PAGE = (
    '<!doctype html><html lang="zh"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>{answer}</title><style>{style}</style>"
    '<h1>{answer}</h1><p>{chinese}</p><p lang="en">{english}</p><p><code>{sha256}</code></p></html>'
)


@blueprint.get("/verify/<sha256>")
@public("it tells whoever holds a printed report that it was issued here, and nothing of what is in it")
def read_verification(sha256: str) -> Response:
    """Say yes or no, and the hash."""
    found = read(current_application().database, lambda session: documents.verify(session, sha256), lambda it: it)
    answer, chinese, english = _YES if found.is_issued else _NO
    page = _PAGE.format(answer=answer, style=_STYLE, chinese=chinese, english=english, sha256=escape(found.sha256))
    headers = {"Content-Security-Policy": _POLICY}
    return Response(page, headers=headers, content_type="text/html; charset=utf-8")
