"""Where faults are collected while a document is read, and the words they share."""

import difflib
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from solver.errors import Fault
from solver.validate.codes import FaultCode


class Record(dict[str, Any]):
    """A record as it was read: defaults filled in, None where the value was wrong; `wrong` names those fields."""

    wrong: frozenset[str] = frozenset()


_LONGEST_SHOWN = 40
_SUGGESTIONS = 20
"""Suggestions per document: each compares with every known id, and a wholly wrong document needs no more."""
_COMPARED_IDS = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the document the reader stands: the pointer, and the id of the record it is in."""

    pointer: str = ""
    record: str | None = None

    def at(self, *tokens: str | int) -> "Place":
        """The place some keys or indices further down."""
        return replace(self, pointer=self.pointer + "".join(f"/{_escaped(token)}" for token in tokens))

    @property
    def name(self) -> str:
        """How a message calls the value: its own key, or that of the list it is in."""
        tokens = [token for token in self.pointer.split("/")[1:] if not token.isdigit()]
        return shown_text(tokens[-1].replace("~1", "/").replace("~0", "~")) if tokens else "the document"


@dataclass(slots=True)
class Report:
    """The faults of one document so far."""

    faults: list[Fault] = field(default_factory=list)
    suggestions_left: int = _SUGGESTIONS

    def add(self, code: FaultCode, place: Place, message: str) -> None:
        """Note one fault; the message states figures and remedy."""
        self.faults.append(Fault(code.name, place.pointer, message, place.record))

    def wrong_type(self, place: Place, value: object, wanted: str) -> None:
        """Note a value of the wrong type; NaN and infinity have their own code."""
        not_finite = isinstance(value, float) and not math.isfinite(value)
        code = FaultCode.NOT_A_NUMBER if not_finite else FaultCode.WRONG_TYPE
        self.add(code, place, f"{place.name} is {shown(value)}; give {wanted}.")

    def did_you_mean(self, word: str, known: Collection[str]) -> str:
        """' Did you mean ...?' if a known word is close, else nothing."""
        if self.suggestions_left == 0 or len(word) > _LONGEST_SHOWN:
            return ""
        self.suggestions_left -= 1
        close = _closest(word, known)
        return f" Did you mean {shown_text(close)}?" if close else ""


def shown(value: object) -> str:
    """A value for a message: short, and safe for any value (huge integers, endless nesting)."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{shown_text(value)}"'
    if type(value) is int and value.bit_length() > 64:
        return f"a number of {value.bit_length()} bits"
    if type(value) is int or isinstance(value, float):
        return f"{value}"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"a {type(value).__name__}"


def shown_text(text: str) -> str:
    """A text cut to a readable length, without half characters."""
    cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return printable(cut)


def printable(text: str) -> str:
    """The text with a question mark for each half character, which no output could write."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def listed(words: Iterable[str]) -> str:
    """Words for a message, at most ten."""
    all_words = [shown_text(word) for word in words]
    more = f" and {len(all_words) - 10} more" if len(all_words) > 10 else ""
    return ", ".join(all_words[:10]) + more


def _closest(word: str, known: Collection[str]) -> str | None:
    similar = [own for own in known if abs(len(own) - len(word)) <= 3][:_COMPARED_IDS]
    by_folded = {own.casefold(): own for own in similar}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.7)
    return by_folded[close[0]] if close else None


def _escaped(token: str | int) -> str:
    return printable(str(token)).replace("~", "~0").replace("/", "~1")
