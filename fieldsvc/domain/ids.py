"""New ids as a port: clients may make their own, the server makes the rest."""

from typing import Protocol
from uuid import UUID


class IdSource(Protocol):
    """Makes ids that sort by the time they were made."""

    def new(self) -> UUID:
        """Return an id nobody has used."""
        ...
