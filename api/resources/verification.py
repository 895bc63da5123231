"""The page behind the code on a printed report: whether it was issued here, for anybody, in two languages."""

from flask import Blueprint, Response

from api.auth import public
from api.current import current_application
from api.pages import page
from fieldsvc.services import documents
from fieldsvc.services.use_case import read

blueprint = Blueprint("verification", __name__)

_YES = ("是 Yes", "该服务报告由本系统签发。", "A service report with this hash was issued by this system.")
_NO = ("否 No", "本系统未签发过该摘要的服务报告。", "This system has issued no service report with this hash.")


@blueprint.get("/verify/<sha256>")
@public("it tells whoever holds a printed report that it was issued here, and nothing of what is in it")
def read_verification(sha256: str) -> Response:
    """Say yes or no, and the hash."""
    found = read(current_application().database, lambda session: documents.verify(session, sha256), lambda it: it)
    answer, chinese, english = _YES if found.is_issued else _NO
    return page(
        "verification.html", language="zh", answer=answer, chinese=chinese, english=english, sha256=found.sha256
    )
