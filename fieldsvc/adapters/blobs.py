"""Where attachments lie: a folder of sealed files, each written once and whole."""

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID


class BlobStore:
    """Keeps the sealed bytes of each attachment in a file of its own, named by its id."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, blob_id: UUID, sealed: bytes) -> None:
        """Store it and wait until it is on the disk; nobody ever sees half of it. Raises OSError."""
        path = self._path(blob_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            draft = Path(file.name)
            try:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
                draft.replace(path)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, blob_id: UUID) -> bytes | None:
        """Return it, or None where it is gone."""
        try:
            return self._path(blob_id).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, blob_id: UUID) -> None:
        """Remove it, if it is there."""
        self._path(blob_id).unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[UUID, datetime]]:
        """Give every file that is there whole, with when it was written."""
        for path in self.directory.glob("[0-9a-f][0-9a-f]/*"):
            if re.fullmatch("[0-9a-f]{32}", path.name):
                yield UUID(path.name), datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, blob_id: UUID) -> Path:
        name = blob_id.hex
        return self.directory / name[-2:] / name  # the end of an id is random, its beginning is the time
