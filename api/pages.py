"""Pages for people without an account: plain HTML that runs no script."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from flask import Response, render_template

WEB = Path(__file__).parents[1] / "web"
PAGES = WEB / "pages"

_STYLE = (PAGES / "page.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def page(name: str, status: int = 200, *, language: str, **values: Any) -> Response:
    """Return a page; its style is the only thing a browser may apply, and its forms go nowhere else."""
    text = render_template(name, language=language, style=_STYLE, **values)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Vary": "Accept-Language"}
    return Response(text, status, headers=headers, content_type="text/html; charset=utf-8")
