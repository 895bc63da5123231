"""Exploded drawings: a picture of a model with numbered positions that lead to parts."""

from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldsvc.models.base import Base, Entity, refers_to


class Drawing(Entity, Base):
    """A picture of a model of assets. picture: null until it has come; sha256: of it."""

    __tablename__ = "drawings"

    model: Mapped[str] = mapped_column(String(120), index=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    picture: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    media_type: Mapped[str | None] = mapped_column(String(32))
    sha256: Mapped[str | None] = mapped_column(String(64))

    positions: Mapped[list["DrawingPosition"]] = relationship(
        lazy="selectin", order_by="DrawingPosition.number", cascade="all, delete-orphan"
    )


class DrawingPosition(Base):
    """A number in the picture that stands for a part; x, y: where, in thousandths of its width and height."""

    __tablename__ = "drawing_positions"
    __table_args__ = (CheckConstraint("x BETWEEN 0 AND 1000 AND y BETWEEN 0 AND 1000", name="inside"),)

    drawing_id: Mapped[UUID] = mapped_column(refers_to("drawings.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    part_id: Mapped[UUID] = mapped_column(refers_to("parts.id"), index=True)
    x: Mapped[int]
    y: Mapped[int]
