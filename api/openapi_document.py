"""The OpenAPI document as the routes make it."""

from typing import Any

from flask import Flask


def document_of(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of an app."""
    document: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].document()
    return document
