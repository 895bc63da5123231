"""Pages of long lists: a page begins after the last row of the one before, whatever was added meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item_co = TypeVar("Item_co", covariant=True)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class PageRequest:
    """after: the sort keys of the last row of the page before, as text; None = the first page."""

    limit: int = DEFAULT_LIMIT
    after: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f"a page has 1 to {MAX_LIMIT} rows, not {self.limit}")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item_co]):
    """Some rows, and the sort keys to go on after; None = that was all."""

    items: Sequence[Item_co]
    next_after: tuple[str, ...] | None = None
