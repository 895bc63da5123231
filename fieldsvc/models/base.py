"""What all tables share: names of constraints, portable types, and the version for compare-and-set."""

import re
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Date, ForeignKey, MetaData, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from fieldsvc.models.types import PlainJSON, UTCDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime(),
        date: Date(),
        UUID: Uuid(),
        str: String(200),
        dict[str, Any]: PlainJSON,
        list[Any]: PlainJSON,
    }


class Keyed:
    """A row with an id of its own, made before the row is stored."""

    id: Mapped[UUID] = mapped_column(primary_key=True)


class Entity(Keyed):
    """A row people change: every UPDATE compares and raises its version, which is also its ETag."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 -- SQLAlchemy hands over the class
        return {"version_id_col": cls.version}


def refers_to(column: str) -> ForeignKey:
    """Return a reference that is compared at the commit, so that rows may be written in any order before it."""
    return ForeignKey(column, deferrable=True, initially="DEFERRED")


def entity_type(row: Keyed | type[Keyed]) -> str:
    """Return the name of a row's kind in events, audit entries and addresses: OptimizationRun is optimization_run."""
    kind = row if isinstance(row, type) else type(row)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()
