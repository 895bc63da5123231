"""What a phone keeps: its queue, what became of it, and what belongs to its days. One file, one write at a time."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

JSON = dict[str, Any]

# So long a phone keeps what the server has acknowledged: a server that is set back to a backup asks for it again.
KEPT_FOR = timedelta(days=30)
# How much goes into one push; a command that is larger goes alone.
_AT_ONCE, _BYTES_AT_ONCE = 50, 400_000
_KEY_OF = {"visits": "id", "procedures": "id", "routes": "day", "parts": "id", "stock": "part_id"}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS commands (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, result TEXT, noted_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    visit TEXT, sha256 TEXT, content BLOB NOT NULL, is_sent INT NOT NULL, noted_at TEXT NOT NULL,
    PRIMARY KEY (visit, sha256)
);
CREATE TABLE IF NOT EXISTS things (kind TEXT, key TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, key));
"""


class PhoneStore:
    """The phone's file. Everything a technician taps is in it before the tap is answered."""

    def __init__(self, file: Path) -> None:
        self._file = sqlite3.connect(file, isolation_level=None)
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file; a phone that is killed does not."""
        self._file.close()

    def note(self, kind: str, visit_id: UUID, args: Mapping[str, Any], base_version: int | None, at: datetime) -> JSON:
        """Queue a command under the next number."""
        command: JSON = {
            "id": str(uuid4()),
            "type": kind,
            "entity_id": str(visit_id),
            "base_version": base_version,
            "args": dict(args),
            "occurred_at": at.isoformat(),
        }
        with _at_once(self._file):
            seq = self._file.execute("SELECT coalesce(max(seq), 0) + 1 FROM commands").fetchone()[0]
            row = (seq, command["id"], json.dumps(command), at.isoformat())
            self._file.execute("INSERT INTO commands (seq, id, body, noted_at) VALUES (?, ?, ?, ?)", row)
        return command | {"seq": seq}

    def keep_file(self, visit_id: str, content: bytes) -> str:
        """Keep the bytes of a photo and return their SHA-256; a photo that is kept already is kept as it is."""
        sha256, now = hashlib.sha256(content).hexdigest(), datetime.now(UTC).isoformat()
        row = (visit_id, sha256, content, now)
        self._file.execute("INSERT OR IGNORE INTO files VALUES (?, ?, ?, 0, ?)", row)
        return sha256

    def unsent_files(self) -> list[tuple[str, str, bytes]]:
        """Return the photos the server is not known to have: visit, SHA-256 and bytes."""
        query = "SELECT visit, sha256, content FROM files WHERE is_sent = 0 ORDER BY noted_at, sha256"
        return [(visit, sha256, content) for visit, sha256, content in self._file.execute(query).fetchall()]

    def files(self) -> list[tuple[str, str]]:
        """Return the photos that are kept: visit and SHA-256."""
        return list(self._file.execute("SELECT visit, sha256 FROM files ORDER BY sha256"))

    def note_sent(self, visit_id: str, sha256: str) -> None:
        """Keep in mind that the server has a photo, or will never have it."""
        self._file.execute("UPDATE files SET is_sent = 1 WHERE visit = ? AND sha256 = ?", (visit_id, sha256))

    def queued(self) -> list[JSON]:
        """Return the next commands to push, in order."""
        query = "SELECT seq, body FROM commands WHERE seq > ? ORDER BY seq LIMIT ?"
        rows = self._file.execute(query, (self.told_up_to, _AT_ONCE)).fetchall()
        sizes = accumulate(len(body) for _, body in rows)
        fit = max(1, sum(size <= _BYTES_AT_ONCE for size in sizes))
        return [json.loads(body) | {"seq": seq} for seq, body in rows[:fit]]

    @property
    def newest_seq(self) -> int:
        """Return the number of the last command that was noted."""
        return int(self._file.execute("SELECT coalesce(max(seq), 0) FROM commands").fetchone()[0])

    def learn(self, results: Iterable[JSON], last_seq: int) -> None:
        """Keep what became of commands; those up to last_seq need not be told again."""
        with _at_once(self._file):
            for result in results:
                row = (json.dumps(result), result["id"])
                self._file.execute("UPDATE commands SET result = ? WHERE id = ?", row)
            if last_seq < self.told_up_to:  # the server was set back, and may have lost photos too
                self._file.execute("UPDATE files SET is_sent = 0")
            self._know("told_up_to", str(last_seq))

    def result_of(self, command_id: str) -> JSON | None:
        """Return what became of a command, if the server has said so."""
        row = self._file.execute("SELECT result FROM commands WHERE id = ?", (command_id,)).fetchone()
        return None if row is None or row[0] is None else dict(json.loads(row[0]))

    def renumber(self, device_id: str) -> None:
        """Begin anew as another device: everything that is kept is told again, from 1 on."""
        with _at_once(self._file):
            rows = self._file.execute("SELECT id FROM commands ORDER BY seq").fetchall()
            self._file.execute("UPDATE commands SET seq = -seq")
            self._file.executemany(
                "UPDATE commands SET seq = ? WHERE id = ?", [(seq, row[0]) for seq, row in enumerate(rows, 1)]
            )
            self._file.execute("UPDATE files SET is_sent = 0")
            self._know("device_id", device_id)
            self._know("told_up_to", "0")
            self._file.execute("DELETE FROM known WHERE name IN ('cursor', 'wanted_id')")

    def wanted_id(self) -> str:
        """Return the id this phone asks to be registered under: the same until it is."""
        wanted = self._known("wanted_id")
        if wanted is None:
            wanted = str(uuid4())
            self._know("wanted_id", wanted)
        return wanted

    def take_in(self, pulled: JSON) -> None:
        """Take in what was pulled, with the cursor that says so."""
        with _at_once(self._file):
            if pulled["reset"]:  # it may have been set back, and have lost photos
                self._file.execute("DELETE FROM things")
                self._file.execute("UPDATE files SET is_sent = 0")
            for kind, changes in pulled["changes"].items():
                gone = [(kind, key) for key in changes["removed"]]
                self._file.executemany("DELETE FROM things WHERE kind = ? AND key = ?", gone)
                rows = [(kind, one[_KEY_OF[kind]], json.dumps(one)) for one in changes["updated"]]
                self._file.executemany("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", rows)
            if pulled["cursor"] is not None:
                self._know("cursor", pulled["cursor"])

    def ids(self) -> list[str]:
        """Return the commands that are kept, in their order."""
        return [row[0] for row in self._file.execute("SELECT id FROM commands ORDER BY seq")]

    def things(self, kind: str) -> dict[str, JSON]:
        """Return what there is of a kind, by key."""
        rows = self._file.execute("SELECT key, body FROM things WHERE kind = ?", (kind,))
        return {key: json.loads(body) for key, body in rows}

    def forget_before(self, now: datetime) -> None:
        """Throw away what was acknowledged so long ago that no backup is older, but for the last number."""
        query = "DELETE FROM commands WHERE seq < ? AND result IS NOT NULL AND noted_at < ?"
        self._file.execute(query, (self.told_up_to, (now - KEPT_FOR).isoformat()))
        self._file.execute("DELETE FROM files WHERE is_sent = 1 AND noted_at < ?", ((now - KEPT_FOR).isoformat(),))

    def wipe(self) -> None:
        """Delete everything but that it was done, and as which device."""
        device_id = self.device_id
        with _at_once(self._file):
            for table in ("known", "commands", "files", "things"):
                self._file.execute(f"DELETE FROM {table}")
            if device_id is not None:
                self._know("wiped_as", device_id)

    @property
    def wiped_as(self) -> str | None:
        """Return as which device this phone was wiped: it never introduces itself again."""
        return self._known("wiped_as")

    @property
    def device_id(self) -> str | None:
        """Return under which id the server knows this phone."""
        return self._known("device_id")

    @property
    def cursor(self) -> str | None:
        """Return up to where the phone has stored what it was told."""
        return self._known("cursor")

    @property
    def told_up_to(self) -> int:
        """Return the last command the server is known to have."""
        return int(self._known("told_up_to") or 0)

    def _known(self, name: str) -> str | None:
        row = self._file.execute("SELECT value FROM known WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _know(self, name: str, value: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (name, value))


class _at_once:  # noqa: N801 -- reads as what it does
    """One transaction of the phone's file."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def __enter__(self) -> None:
        self._file.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.execute("COMMIT" if kind is None else "ROLLBACK")
