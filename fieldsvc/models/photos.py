"""What was photographed or filmed at a visit, and the attachments themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldsvc.domain.media import MediaType, PhotoStage
from fieldsvc.models.base import Base, Keyed, refers_to
from fieldsvc.models.types import SealedText, one_of


class Blob(Keyed, Base):
    """An attachment of a visit. sha256, size: of the bytes as they were sent, which is how everybody names it.

    kept_sha256, kept_size: of the bytes as they are kept, without the place; the same where none was named.
    """

    __tablename__ = "blobs"
    __table_args__ = (UniqueConstraint("visit_id", "sha256"), CheckConstraint("size > 0", name="size"))

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    kept_sha256: Mapped[str] = mapped_column(String(64))
    kept_size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[MediaType] = mapped_column(one_of(MediaType, "media_type"))
    uploaded_by: Mapped[UUID | None] = mapped_column(refers_to("users.id"))
    recorded_at: Mapped[datetime]


class Photo(Keyed, Base):
    """A picture or video of a visit; its bytes may come later than the word of it."""

    __tablename__ = "photos"
    __table_args__ = (UniqueConstraint("visit_id", "sha256"),)

    visit_id: Mapped[UUID] = mapped_column(refers_to("visits.id"))
    technician_id: Mapped[UUID | None] = mapped_column(refers_to("technicians.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    stage: Mapped[PhotoStage] = mapped_column(one_of(PhotoStage, "stage"))
    note: Mapped[str | None] = mapped_column(SealedText())
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
