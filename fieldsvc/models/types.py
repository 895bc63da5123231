"""Column types that hold the same value on SQLite and on PostgreSQL."""

import json
import zlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, Enum, LargeBinary, Text, TypeDecorator

from fieldsvc.models.sealing import Sealer


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


class SealedText(TypeDecorator[str]):
    """Text that stands encrypted in the database.

    The keys belong to the engine (see `give_sealer`), so that nothing here is global and two databases in one
    process can have different keys.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal on the way in."""
        return None if value is None else sealer_of(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open on the way out."""
        return None if value is None else sealer_of(dialect).open(value)


class SealedBytes(TypeDecorator[bytes]):
    """A document that stands encrypted in the database; read back byte for byte."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Seal on the way in."""
        return None if value is None else sealer_of(dialect).seal_bytes(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Open on the way out."""
        return None if value is None else sealer_of(dialect).open_bytes(value)


class SealedJSON(TypeDecorator[Any]):
    """A JSON document that stands compressed and encrypted in the database, as it tells where people live."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Seal on the way in."""
        if value is None:
            return None
        return sealer_of(dialect).seal_bytes(zlib.compress(json.dumps(value, ensure_ascii=False).encode()))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Open on the way out."""
        return None if value is None else json.loads(zlib.decompress(sealer_of(dialect).open_bytes(value)))


def give_sealer(dialect: Dialect, sealer: Sealer) -> None:
    """Let sealed columns of engines with this dialect use the sealer."""
    dialect.fieldsvc_sealer = sealer  # type: ignore[attr-defined]  # the only object types and engine share


def sealer_of(dialect: Dialect) -> Sealer:
    """Return the sealer of an engine's dialect."""
    return cast(Sealer, dialect.fieldsvc_sealer)  # type: ignore[attr-defined]  # see give_sealer


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
