"""ID tokens that somebody has signed in with: each opens one session."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.models.base import Base


class UsedIdToken(Base):
    """The hash of a token that was used, until it would be refused anyway."""

    __tablename__ = "used_id_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
