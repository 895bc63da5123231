"""Entity tags: which version of a row a caller has seen, and of which answer.

A tag is the row's version and the beginning of the body's hash. Writing compares the version alone: it guards what
is written. Reading compares the whole, as an answer holds more than its row: what lies below it, and what may be
shown to this caller today.
"""

import hashlib
import re

from flask import request

from fieldsvc.domain.errors import Fault, Invalid, VersionRequired

TAG_PATTERN = r'"[1-9][0-9]{0,17}(\.[0-9a-f]{16})?"'
_VERSION_NEEDED = ("PUT", "PATCH", "DELETE")


def etag_of(version: int, body: str) -> str:
    """Return the entity tag of an answer that shows a row's version."""
    return f'"{version}.{hashlib.sha256(body.encode()).hexdigest()[:16]}"'


def expected_version() -> int | None:
    """Return the version If-Match names. PUT, PATCH and DELETE have to name one; for other methods None is any."""
    given = request.headers.get("If-Match")
    if given is None:
        if request.method in _VERSION_NEEDED:
            raise VersionRequired('Say which version you mean to change: If-Match: "<the ETag you read>".')
        return None
    tag = given.strip()
    if not re.fullmatch(TAG_PATTERN, tag):
        message = 'One ETag as it was given, or the version it begins with, such as "3"; * is refused.'
        fault = Fault("invalid_if_match", "/headers/If-Match", message)
        raise Invalid("If-Match can't be understood.", faults=[fault])
    return int(tag[1:-1].partition(".")[0])


def is_known(etag: str) -> bool:
    """Tell whether If-None-Match names this tag: the caller has this very answer already."""
    known = request.headers.get("If-None-Match", "")
    return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
