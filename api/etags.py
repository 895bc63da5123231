"""Row versions as entity tags: what a caller has seen, and whether that is still how things are."""

import re

from flask import request

from fieldsvc.domain.errors import Fault, Invalid, VersionRequired

TAG_PATTERN = r'"[1-9][0-9]{0,17}"'
_VERSION_NEEDED = ("PUT", "PATCH", "DELETE")


def etag_of(version: int) -> str:
    """Return the entity tag of a row version."""
    return f'"{version}"'


def expected_version() -> int | None:
    """Return the version If-Match names. PUT, PATCH and DELETE have to name one; for other methods None is any."""
    given = request.headers.get("If-Match")
    if given is None:
        if request.method in _VERSION_NEEDED:
            raise VersionRequired('Say which version you mean to change: If-Match: "<the ETag you read>".')
        return None
    tag = given.strip()
    if not re.fullmatch(TAG_PATTERN, tag):
        fault = Fault("invalid_if_match", "/headers/If-Match", 'One ETag as it was given, such as "3"; * is refused.')
        raise Invalid("If-Match can't be understood.", faults=[fault])
    return int(tag[1:-1])


def is_known(etag: str) -> bool:
    """Tell whether If-None-Match names this tag: the caller has the entity already."""
    known = request.headers.get("If-None-Match", "")
    return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
