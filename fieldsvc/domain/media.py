"""What may be attached to a visit, and how it is told by its first bytes whatever somebody calls it."""

from enum import StrEnum


class MediaType(StrEnum):
    """Kinds of attachments."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    MP4 = "video/mp4"
    PDF = "application/pdf"


IMAGES = frozenset({MediaType.JPEG, MediaType.PNG, MediaType.WEBP})


class PhotoStage(StrEnum):
    """When in a visit a photo was taken."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


def told_by_content(content: bytes) -> MediaType | None:
    """Return what the first bytes say it is; None for what may not be attached."""
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return MediaType.WEBP
    if content[4:8] == b"ftyp":
        return MediaType.MP4
    if content.startswith(b"%PDF-"):
        return MediaType.PDF
    return None
