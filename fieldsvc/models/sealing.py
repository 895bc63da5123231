"""Sealing of personal data: readable by the application only, and findable without being readable."""

import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet


class Sealer:
    """Seals with the first key and opens with any, so that keys can be rotated."""

    def __init__(self, encryption_keys: Sequence[str], index_key: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in encryption_keys])
        self._index_key = hashlib.sha256(b"fieldsvc index\n" + index_key.encode()).digest()

    def seal(self, text: str) -> str:
        """Return the sealed form, another one each time."""
        return self.seal_bytes(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the text; raises cryptography's InvalidToken when no key fits."""
        return self.open_bytes(sealed.encode()).decode()

    def seal_bytes(self, content: bytes) -> bytes:
        """Return the sealed form of a document."""
        return self._fernet.encrypt(content)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Return the document; raises cryptography's InvalidToken when no key fits."""
        return self._fernet.decrypt(sealed)

    def index_of(self, text: str) -> str:
        """Return the keyed hash under which equal texts are found again; the caller normalises the text."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest()
