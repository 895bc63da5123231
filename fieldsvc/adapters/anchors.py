"""The file of anchors: one signed line each, only ever appended to. Copy it to where nobody of this system writes."""

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldsvc.domain.anchors import Anchor, AnchorLine

_HASH = re.compile("[0-9a-f]{64}")


class AnchorFile:
    """Writes and reads anchors, signed with a key of its own that is made from the secret key (Ed25519)."""

    def __init__(self, path: Path, secret_key: str) -> None:
        self.path = path
        seed = hashlib.sha256(b"fieldsvc anchors\n" + secret_key.encode()).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """Return what anybody can check the signatures with, in base64."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def append(self, anchor: Anchor) -> None:
        """Add a line and wait until it is on the disk."""
        signature = base64.b64encode(self._key.sign(anchor.text.encode())).decode()
        line = json.dumps(json.loads(anchor.text) | {"signature": signature}, separators=(",", ":"))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n" if self._is_broken_off() else f"{line}\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> Iterator[AnchorLine]:
        """Return every line, in order; none where there is no file yet."""
        for number, line in enumerate(self._lines(), 1):
            anchor, signature = _read(line)
            yield AnchorLine(number, anchor, anchor is not None and self._is_signed(anchor, signature))

    def last(self) -> Anchor | None:
        """Return the last anchor that is ours."""
        for line in reversed(self._lines()):
            anchor, signature = _read(line)
            if anchor is not None and self._is_signed(anchor, signature):
                return anchor
        return None

    def _is_broken_off(self) -> bool:
        """Tell whether the last line was not written to its end, as by a full disk."""
        content = self.path.read_bytes() if self.path.exists() else b""
        return bool(content) and not content.endswith(b"\n")

    def _lines(self) -> list[str]:
        if not self.path.exists():
            return []
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines()

    def _is_signed(self, anchor: Anchor, signature: bytes) -> bool:
        try:
            self._key.public_key().verify(signature, anchor.text.encode())
        except InvalidSignature:
            return False
        return True


def _read(line: str) -> tuple[Anchor | None, bytes]:
    try:
        told = json.loads(line)
        signature = base64.b64decode(told["signature"], validate=True)
        seq, marked, at = told["seq"], told["hash"], datetime.fromisoformat(told["at"])
        if type(seq) is not int or not _HASH.fullmatch(marked) or at.tzinfo is None:
            return None, b""
        return Anchor(seq, marked, at, bool(told["is_restore"])), signature
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None, b""
