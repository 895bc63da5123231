"""What a publication replaces, kept with its run: the way back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session as OrmSession

from fieldsvc.dispatching.published import PublishedTours, published_tours
from fieldsvc.dispatching.snapshot import Snapshot
from fieldsvc.domain.promises import Promise
from fieldsvc.models.visits import Visit
from fieldsvc.services.publication import Publication


@dataclass(frozen=True, slots=True)
class ReplacedPlan:
    """The tours there were, and what became of them.

    windows: visit number to the arrival window promised before; None = none was. dropped: numbers of the visits that
    were taken out. changed: technicians whose day became another one.
    """

    published: PublishedTours
    windows: Mapping[str, Promise | None]
    dropped: frozenset[str] = frozenset()
    changed: frozenset[UUID] = frozenset()

    def to_document(self, done: Publication, changed: Iterable[UUID]) -> dict[str, Any]:
        """As JSON, with the windows of the visits that got another place."""
        windows = {number: self.windows[number] for number in sorted(done.moved)}
        return {
            **self.published.to_document(),
            "dropped": sorted(done.dropped),
            "changed": sorted(map(str, changed)),
            "windows": {
                number: None if window is None else [moment.isoformat() for moment in window]
                for number, window in windows.items()
            },
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ReplacedPlan":
        """As it was stored: windows are there for the visits that got another place, and for no others."""
        windows = {
            number: None if window is None else (datetime.fromisoformat(window[0]), datetime.fromisoformat(window[1]))
            for number, window in document["windows"].items()
        }
        return cls(
            PublishedTours.from_document(document),
            windows,
            frozenset(document["dropped"]),
            frozenset(map(UUID, document["changed"])),
        )


def note_replaced(session: OrmSession, snapshot: Snapshot, visits: Mapping[str, Visit]) -> ReplacedPlan:
    """Read what a publication of the snapshot's days is about to replace."""
    windows = {number: _window(visits[number]) for number in snapshot.visits}
    return ReplacedPlan(published_tours(session, snapshot), windows)


def _window(visit: Visit) -> Promise | None:
    first, last = visit.arrival_window_start, visit.arrival_window_end
    return None if first is None or last is None else (first, last)
