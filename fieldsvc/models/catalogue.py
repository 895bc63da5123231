"""The value lists of after-sales service, with what people read."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Entity


class CatalogueValue(Entity, Base):
    """One value of a list. category: of products, where the list differs between them; empty = of all.

    is_active: whether it is offered; what was said with a retired value stays what it was.
    """

    __tablename__ = "catalogue_values"
    __table_args__ = (UniqueConstraint("list_name", "category", "code"),)

    list_name: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(64), default="")
    code: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
