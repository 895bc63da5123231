"""No picture and no video keeps the place it was taken at; what names none is kept byte for byte."""

import re
from io import BytesIO

import pytest
from PIL import ExifTags, Image, ImageChops

from fieldsvc.adapters import pictures
from fieldsvc.adapters.pictures import Unreadable, without_place
from fieldsvc.domain.media import MediaType, told_by_content
from tests.fieldsvc.pictures import PLACE, TAKEN, picture, saved, video

KINDS = {"JPEG": MediaType.JPEG, "PNG": MediaType.PNG, "WEBP": MediaType.WEBP}


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize("kind", KINDS)
def test_what_names_no_place_is_kept_byte_for_byte(kind: str) -> None:
    content = picture(kind, turned=True)
    assert without_place(content, KINDS[kind]) == content


@pytest.mark.parametrize("what", ["gps", "words", "maker"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_place_goes_and_the_picture_stays(kind: str, what: str) -> None:
    content = picture(kind, turned=True, **{what: True})
    kept = without_place(content, KINDS[kind])
    assert kept != content
    exif = opened(kept).getexif()
    inside = exif.get_ifd(ExifTags.IFD.Exif)
    assert ExifTags.IFD.GPSInfo not in exif
    assert ExifTags.IFD.MakerNote not in inside
    assert PLACE.encode() not in kept
    assert (exif[ExifTags.Base.Orientation], inside[ExifTags.Base.DateTimeOriginal]) == (6, TAKEN)
    assert ExifTags.Base.Software not in exif
    difference = ImageChops.difference(opened(content).convert("RGB"), opened(kept).convert("RGB"))
    assert difference.getbbox() is None  # nothing was pressed a second time
    assert without_place(kept, KINDS[kind]) == kept  # once is enough
    assert told_by_content(kept) is KINDS[kind]


def test_what_hangs_behind_a_jpeg_goes() -> None:
    content = picture("JPEG")
    assert without_place(content + b"\0\0\0", MediaType.JPEG) == content + b"\0\0\0"
    hidden = without_place(content + b"PK\x03\x04 " + PLACE.encode(), MediaType.JPEG)
    assert PLACE.encode() not in hidden
    pair = saved(opened(content), "MPO", save_all=True, append_images=[opened(picture("JPEG", gps=True))])
    kept = opened(without_place(pair, MediaType.JPEG))
    assert kept.format == "JPEG"
    assert getattr(kept, "n_frames", 1) == 1


def test_an_animation_becomes_its_first_picture() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert getattr(opened(without_place(content, MediaType.WEBP)), "n_frames", 1) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_broken_is_refused(kind: str) -> None:
    content = picture(kind)
    for broken in (content[:30], content[: len(content) // 2], content[:12] + b"\0" * 80):
        with pytest.raises(Unreadable):
            without_place(broken, KINDS[kind])


def test_a_flood_of_pixels_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1000)
    with pytest.raises(Unreadable, match="pixels"):
        without_place(picture("PNG"), MediaType.PNG)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(Unreadable):
        without_place(picture("PNG"), MediaType.PNG)


def test_a_video_says_nothing_of_the_place_and_its_pictures_stay() -> None:
    content = video()
    kept = without_place(content, MediaType.MP4)
    assert len(kept) == len(content)
    film = content.index(b"mdat") + len("pictures and sound ") + 4
    assert kept[film : film + len(PLACE)] == PLACE.encode()  # within the film it is no statement
    assert len(re.findall(rb"\+00\.0000-000\.0000\+000\.0/", kept)) == 2
    assert without_place(kept, MediaType.MP4) == kept
    for broken in (content[:-3], content + b"\0\0\0\x04moov"):
        with pytest.raises(Unreadable):
            without_place(broken, MediaType.MP4)
    assert without_place(b"\0\0\0\0ftypisom", MediaType.MP4) == b"\0\0\0\0ftypisom"  # to the end of the file


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='x'/>", b"<html>", b"GIF89a", b"PK\x03\x04", b"\xff\xd8", b"RIFF1234WAVE", b"\0\0\0\x18free"],
)
def test_what_may_not_be_attached_is_told_by_its_bytes(content: bytes) -> None:
    assert told_by_content(content) is None


def test_documents_stay_as_they_are() -> None:
    assert without_place(b"%PDF-1.7 whatever", MediaType.PDF) == b"%PDF-1.7 whatever"
