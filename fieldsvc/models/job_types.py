"""Job types: what a visit of a kind usually needs."""

from typing import Any

from sqlalchemy import String, false
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base, Entity


class JobType(Entity, Base):
    """Defaults of visits.

    skills: {code: minimum level}; parts: {part number: quantity}; tools: [code].
    """

    __tablename__ = "job_types"

    code: Mapped[str] = mapped_column(String(64), unique=True)
    name_en: Mapped[str]
    name_zh: Mapped[str]
    service_s: Mapped[int]
    skills: Mapped[dict[str, Any]]
    parts: Mapped[dict[str, Any]]
    tools: Mapped[list[Any]]
    crew_size: Mapped[int] = mapped_column(default=1)
    needs_inspection: Mapped[bool] = mapped_column(default=False, server_default=false())
