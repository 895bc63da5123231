"""Column types that hold the same value on SQLite and on PostgreSQL."""

import base64
import binascii
import json
import zlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from cryptography.fernet import InvalidToken
from sqlalchemy import JSON, DateTime, Dialect, Enum, LargeBinary, Text, TypeDecorator

from fieldsvc.models.sealing import DataKey, Keyring


class UTCDateTime(TypeDecorator[datetime]):
    """An instant; refuses a time without a zone, which SQLite would store as if it were right."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; SQLite drops the offset, so there it is taken off."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone; times are stored as instants")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 -- the type's interface
    ) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Owned:
    """A value together with the key of whoever it is about: only such values are stored sealed."""

    key: DataKey


class OwnedText(str, Owned):
    """Text of somebody; otherwise a text like any other."""


class OwnedBytes(bytes, Owned):
    """A document of somebody; otherwise bytes like any other."""


class OwnedJSON(dict[str, Any], Owned):
    """A JSON object of somebody; otherwise one like any other."""


_OWNED: dict[type, type] = {str: OwnedText, bytes: OwnedBytes, dict: OwnedJSON}


def owned(value: Any, key: DataKey) -> Any:
    """Return the same text, bytes or JSON object as one that is sealed with this key."""
    kind = next((made for plain, made in _OWNED.items() if isinstance(value, plain)), None)
    if kind is None:
        raise TypeError(f"{type(value).__name__} can't be sealed; text, bytes and JSON objects can")
    result = kind(value)
    result.key = key
    return result


class Sealed:
    """What the types of sealed columns share; a value that comes without its key is refused, never stored."""

    @staticmethod
    def key_for(value: object) -> DataKey:
        """Return the key a value is sealed with."""
        if not isinstance(value, Owned):
            raise TypeError("personal data can't be stored without the key of whoever it is about")
        return value.key


class SealedText(TypeDecorator[str], Sealed):
    """Text that stands encrypted in the database; reads as an empty one once its key is destroyed.

    The keys belong to the engine (see `give_keyring`), so that nothing here is global and two databases in one
    process can have different keys.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Seal on the way in."""
        if value is None:
            return None
        return base64.urlsafe_b64encode(self.key_for(value).seal(value.encode())).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open on the way out."""
        if value is None:
            return None
        try:
            sealed = base64.b64decode(value, altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise InvalidToken("no sealed text") from error
        content = keyring_of(dialect).open(sealed)
        return "" if content is None else content.decode()


class SealedBytes(TypeDecorator[bytes], Sealed):
    """A document that stands encrypted in the database; read back byte for byte, empty once its key is destroyed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Seal on the way in."""
        return None if value is None else self.key_for(value).seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open on the way out."""
        return None if value is None else keyring_of(dialect).open(value) or b""


class SealedJSON(TypeDecorator[Any], Sealed):
    """A JSON object that stands compressed and encrypted in the database; None once its key is destroyed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Seal on the way in."""
        if value is None:
            return None
        return self.key_for(value).seal(zlib.compress(json.dumps(value, ensure_ascii=False).encode()))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Open on the way out."""
        content = None if value is None else keyring_of(dialect).open(value)
        return None if content is None else json.loads(zlib.decompress(content))


def give_keyring(dialect: Dialect, keyring: Keyring) -> None:
    """Let sealed columns of engines with this dialect use the keys."""
    dialect.fieldsvc_keyring = keyring  # type: ignore[attr-defined]  # the only object types and engine share


def keyring_of(dialect: Dialect) -> Keyring:
    """Return the keys of an engine's dialect."""
    return cast(Keyring, dialect.fieldsvc_keyring)  # type: ignore[attr-defined]  # see give_keyring


def one_of(kind: type[StrEnum], name: str) -> Enum:
    """Return the column type of a value list: text with a CHECK of that name, members of the list in Python."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        length=32,
        create_constraint=True,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


# None is stored as NULL, not as the JSON text null.
PlainJSON = JSON(none_as_null=True)
