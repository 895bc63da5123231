"""Hashing of passwords with argon2id."""

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher


class Passwords:
    """Hashes and verifies; takes the same time for an account that does not exist.

    memory_kib and rounds are the cost of one guess. Tests lower them; nothing else should.
    """

    def __init__(self, memory_kib: int = 65_536, rounds: int = 3) -> None:
        self._hash = PasswordHash((Argon2Hasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1),))
        self._nobodys_hash = self._hash.hash("no account has this password")

    def hash(self, password: str) -> str:
        """Return a salted hash, another one each time."""
        return self._hash.hash(password)

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password fits; with no hash the answer is no, after the same work."""
        fits = self._hash.verify(password, password_hash or self._nobodys_hash)
        return fits and password_hash is not None

    def renewed(self, password: str, password_hash: str) -> str | None:
        """Return a new hash of a password that fits if the old one was made at another cost."""
        return self._hash.verify_and_update(password, password_hash)[1]
