"""Where databases of tests lie: in memory where there is room, as none of them has to outlive its test."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_NEEDED_BYTES = 2 << 30


@contextmanager
def database_room(prefix: str) -> Iterator[Path]:
    """Give a directory for databases, gone afterwards. Its path is short: that of a Unix socket may have 107 bytes."""
    directory = tempfile.mkdtemp(prefix=f"fieldsvc-{prefix}-", dir=_memory())
    try:
        yield Path(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _memory() -> Path | None:
    """Return where files lie in memory, so that no commit waits for a disk; None: where temporary files lie."""
    try:
        return _MEMORY if shutil.disk_usage(_MEMORY).free > _NEEDED_BYTES else None
    except OSError:  # not on every system
        return None
