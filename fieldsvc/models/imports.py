"""Files that were brought in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.imports import Encoding, ImportKind
from fieldsvc.models.base import Base, Keyed, refers_to
from fieldsvc.models.types import one_of


class ImportedFile(Keyed, Base):
    """A file that was brought in, known by the SHA-256 of its bytes; counts: what became of it, place by place."""

    __tablename__ = "imported_files"
    __table_args__ = (
        UniqueConstraint("what", "sha256"),
        CheckConstraint("lines >= 0 AND added >= 0 AND changed >= 0 AND unchanged >= 0", name="figures"),
    )

    what: Mapped[ImportKind] = mapped_column(one_of(ImportKind, "what"))
    sha256: Mapped[str] = mapped_column(String(64))
    encoding: Mapped[Encoding | None] = mapped_column(one_of(Encoding, "encoding"))
    lines: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    counts: Mapped[list[Any]]
    imported_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    imported_at: Mapped[datetime]
