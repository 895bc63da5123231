"""A problem built in Python as the document it would be, so that both are judged by the same checks.

Dataclasses do not check types, so any field may hold anything: what is not a record, list or map stays as it is,
and the check of its field refuses it.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from solver.problem import Problem
from solver.validate.shapes import PROBLEM_FORMAT, VERSION

_DEEPEST = 10
"""Deeper than any record of a problem; what nests deeper is left as it is and refused as a wrong type."""


def document_of(problem: Problem) -> object:
    """The problem as plain lists and dictionaries, matrices as they are."""
    plain = _plain(problem, _DEEPEST)
    return {"format": PROBLEM_FORMAT, "version": VERSION, **plain} if isinstance(plain, dict) else plain


def _plain(value: object, depth: int) -> object:
    if depth == 0:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), depth - 1) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, frozenset):
        # Ids in a fixed order, so that a pointer always means the same one.
        return sorted(value, key=lambda item: item if isinstance(item, str) else "")
    return value
