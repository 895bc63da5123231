"""Reads bodies as strict JSON: what two parsers could read differently is refused."""

import json
import math
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, NoReturn, TypeVar

from flask import request

from api.errors import Refused

MAX_DEPTH = 32
_MAX_DIGITS = 20  # beyond 64 bits nothing here is meant; and reading a very long number takes very long
JSON_TYPES = ("application/json", "application/merge-patch+json")


_TAKES_BYTES = "fieldsvc_takes_bytes"
_TAKES_FILES = "fieldsvc_takes_files"
Function = TypeVar("Function", bound=Callable[..., Any])


def takes_bytes(view: Function) -> Function:
    """Declare that a view takes bytes that its address names: they may be large, and have no older version."""
    setattr(view, _TAKES_BYTES, True)
    return view


def are_bytes_taken(view: Callable[..., Any] | None) -> bool:
    """Tell whether a view has declared so."""
    return bool(getattr(view, _TAKES_BYTES, False))


def takes_files(view: Function) -> Function:
    """Declare that a view takes a file, which may be larger than other bodies."""
    setattr(view, _TAKES_FILES, True)
    return view


def are_files_taken(view: Callable[..., Any] | None) -> bool:
    """Tell whether a view has declared so."""
    return bool(getattr(view, _TAKES_FILES, False))


class Missing:
    """The type of MISSING."""


MISSING = Missing()


def read_body() -> object:
    """Return the request's body, MISSING for none; raises Refused with 400, 413 or 415."""
    content = request.get_data(cache=True)
    if not content:
        return MISSING
    # A body of unstated length is cut off at the limit without a word, so one that reaches it was too large.
    if len(content) != request.content_length and len(content) >= (request.max_content_length or math.inf):
        raise Refused(413, "body_too_large", f"A body may have {request.max_content_length} bytes.")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in JSON_TYPES or charset != "utf-8":
        raise Refused(415, "wrong_content_type", f"Send {JSON_TYPES[0]} in UTF-8.")
    return parse_json(content)


def read_bytes() -> bytes:
    """Return the request's body as it came; raises Refused with 413."""
    content = request.get_data(cache=False)
    if len(content) != request.content_length and len(content) >= (request.max_content_length or math.inf):
        raise Refused(413, "body_too_large", f"An attachment may have {request.max_content_length} bytes.")
    return content


def read_file(kinds: Collection[str]) -> bytes:
    """Return the request's body, a file of one of these kinds; raises Refused with 413 or 415."""
    if request.mimetype not in kinds:
        raise Refused(415, "wrong_content_type", f"Send one of {', '.join(kinds)}, and say which.")
    content = request.get_data(cache=True)
    if len(content) != request.content_length and len(content) >= (request.max_content_length or math.inf):
        raise Refused(413, "body_too_large", f"A file may have {request.max_content_length} bytes.")
    return content


def parse_json(content: bytes) -> object:
    """Return the value of a JSON text; raises Refused with 400."""
    try:
        value = json.loads(
            content.decode("utf-8"),
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise Refused(400, "unreadable_body", "The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, "unreadable_body", f"The body is not JSON: {error.msg} at {place}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]


def _too_deep() -> Refused:
    return Refused(400, "nested_too_deep", f"The body nests deeper than {MAX_DEPTH} levels.")


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise Refused(400, "unreadable_number", f"A number has more than {_MAX_DIGITS} digits.")
    return int(digits)


def _fraction(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Refused(400, "unreadable_number", "A number is too large.")
    return value


def _constant(name: str) -> NoReturn:
    raise Refused(400, "unreadable_number", f"{name} is not a number JSON knows.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        raise Refused(
            400, "duplicate_key", f"The body has the key {counted.most_common(1)[0][0]!r} twice in one object."
        )
    return members
