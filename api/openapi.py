"""Writes openapi.json, or checks that it is what the routes say: `python -m api.openapi --write | --check`."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from api.app import create_app
from api.openapi_document import document_of
from fieldsvc.bootstrap import build
from fieldsvc.config import load_settings

OPENAPI_FILE = Path(__file__).parents[1] / "openapi.json"


def openapi_text() -> str:
    """Return the document as it is kept in git; no database is touched for it."""
    with tempfile.TemporaryDirectory() as directory:
        settings = load_settings(
            {"FIELDSVC_ENV": "demo", "FIELDSVC_DATABASE_URL": f"sqlite:///{directory}/unused.db"}, Path(directory)
        )
        document = document_of(create_app(build(settings)))
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check; 1 if the file is out of date."""
    parser = argparse.ArgumentParser(prog="python -m api.openapi", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write openapi.json anew")
    what.add_argument("--check", action="store_true", help="exit 1 if openapi.json is out of date")
    chosen = parser.parse_args(arguments)
    text = openapi_text()
    if chosen.write:
        OPENAPI_FILE.write_text(text, encoding="utf-8")
        return 0
    if OPENAPI_FILE.exists() and OPENAPI_FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("openapi.json is out of date; run: make openapi\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
