"""Pictures and videos without the place they were taken at, which the customer has not agreed to hand on."""

import re
import warnings
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from fieldsvc.domain.media import IMAGES, MediaType

MOST_PIXELS = 60_000_000
# What stays of what a camera writes beside the picture: how to hold it, what took it, and when.
_KEPT = (ExifTags.Base.Orientation, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.DateTime)
_KEPT_INSIDE = (
    ExifTags.Base.DateTimeOriginal,
    ExifTags.Base.OffsetTimeOriginal,
    ExifTags.Base.SubsecTimeOriginal,
)
_SAVED_AS: dict[MediaType, dict[str, Any]] = {
    MediaType.PNG: {"format": "PNG"},
    MediaType.WEBP: {"format": "WEBP", "lossless": True},
}
# Parts of a JPEG: its end, the picture itself, and what stands beside it (all but JFIF, colour profile and Adobe's).
_END, _SCAN, _NUMBERED = 0xD9, 0xDA, 0xE2
_BESIDE = frozenset({0xFE, 0xE1, *range(0xE3, 0xEE), 0xEF})
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# A place as ISO 6709 writes it, the only way in which a video says where it was taken.
_PLACE = re.compile(rb"[+-]\d{2,6}(?:\.\d+)?[+-]\d{3,7}(?:\.\d+)?(?:[+-]\d+(?:\.\d+)?)?/")


class Unreadable(Exception):
    """It is not what it claims to be, or broken, or far too large once it is unpacked."""


def without_place(content: bytes, media_type: MediaType) -> bytes:
    """Return the same picture or video without the place; byte for byte the same where it names none.

    Raises Unreadable.
    """
    if media_type in IMAGES:
        return _picture(content, media_type)
    return _video(content) if media_type is MediaType.MP4 else content


def _picture(content: bytes, media_type: MediaType) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # A photo with a second one behind it, as some phones take them, is told as MPO.
            image = Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
        if image.width * image.height > MOST_PIXELS:
            raise Unreadable(f"It has more than {MOST_PIXELS:,} pixels.")
        image.load()
    except (UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Unreadable("It can't be read as a picture.") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Unreadable("It is broken, or was cut off.") from error
    return content if _says_nothing_else(image, content) else _saved_anew(image, content, media_type)


def _says_nothing_else(image: Image.Image, content: bytes) -> bool:
    """Tell whether beside the picture there is nothing but what may stay."""
    exif = image.getexif()
    inside = exif.get_ifd(ExifTags.IFD.Exif)
    # Where a camera writes its own notes, and how it numbers what it stores, nobody knows what is in it.
    places = ExifTags.IFD.GPSInfo in exif or ExifTags.IFD.MakerNote in inside or ExifTags.Base.UserComment in inside
    words = {"xmp", "XML:com.adobe.xmp", "comment", "photoshop"} & image.info.keys() or getattr(image, "text", None)
    is_one = image.format != "MPO" and getattr(image, "n_frames", 1) == 1
    ends = image.format != "JPEG" or content.rstrip(b"\0").endswith(b"\xff\xd9")
    return not places and not words and is_one and ends


def _saved_anew(image: Image.Image, content: bytes, media_type: MediaType) -> bytes:
    """The same pixels, with nothing beside them but what is kept."""
    kept = _kept_of(image)
    if media_type is MediaType.JPEG:
        return _jpeg(content, b"Exif\0\0" + kept.tobytes().removeprefix(b"Exif\0\0"))
    profile, target = image.info.get("icc_profile"), BytesIO()
    plain = image.copy()
    plain.info = {}
    plain.save(target, exif=kept, icc_profile=profile, **_SAVED_AS[media_type])
    return target.getvalue()


def _kept_of(image: Image.Image) -> Image.Exif:
    old, kept = image.getexif(), Image.Exif()
    kept.update({tag: old[tag] for tag in _KEPT if tag in old})
    inside = old.get_ifd(ExifTags.IFD.Exif)
    kept.get_ifd(ExifTags.IFD.Exif).update({tag: inside[tag] for tag in _KEPT_INSIDE if tag in inside})
    return kept


def _jpeg(content: bytes, exif: bytes) -> bytes:
    """Take a JPEG apart and leave out what is no picture, to its first end: nothing is pressed a second time."""
    kept = bytearray(b"\xff\xd8\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif)
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise Unreadable("It is broken.")
        marker = content[at + 1]
        if marker == _END:
            return bytes(kept) + b"\xff\xd9"
        if marker == 0xFF:  # filling
            at += 1
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _SCAN:
            scan = _NEXT_MARKER.search(content, end)
            end = scan.start() if scan is not None else len(content)
        is_profile = marker != _NUMBERED or content.startswith(b"ICC_PROFILE\0", at + 4)
        if marker not in _BESIDE and is_profile:
            kept += content[at:end]
        at = end
    if content[at : at + 2] == b"\xff\xd9":
        return bytes(kept) + b"\xff\xd9"
    raise Unreadable("It is broken, or was cut off.")


def _video(content: bytes) -> bytes:
    """Write zeros over every place in what a video says about itself; the pictures in it are left alone."""
    start, found = 0, bytearray(content)
    while start < len(content):
        size, kind = int.from_bytes(content[start : start + 4], "big"), content[start + 4 : start + 8]
        if size == 1:
            size = int.from_bytes(content[start + 8 : start + 16], "big")
        end = len(content) if size == 0 else start + size
        if end > len(content) or (size != 0 and size < 8):
            raise Unreadable("It is broken, or was cut off.")
        if kind != b"mdat":
            said = bytes(found[start:end])
            found[start:end] = _PLACE.sub(lambda match: re.sub(rb"\d", b"0", match.group()), said)
        start = end
    return bytes(found)
