"""Pictures and videos for tests: small, real, and with the place they were taken at where a test wants one."""

from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

PLACE = "+30.0346-051.2177"
TAKEN = "2026:03:02 10:15:00"


def picture(kind: str, *, gps: bool = False, words: bool = False, maker: bool = False, turned: bool = False) -> bytes:
    """Return a picture, with what is asked for beside it."""
    image, exif, options = Image.new("RGB", (48, 32), (200, 30, 30)), Image.Exif(), {}
    for x in range(48):
        image.putpixel((x, x % 32), (x * 5, 255 - x * 5, 128))
    exif[ExifTags.Base.Make] = "Camera"
    exif[ExifTags.Base.Software] = "not kept"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = TAKEN
    if turned:
        exif[ExifTags.Base.Orientation] = 6
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "S", 2: (30.0, 2.0, 4.5), 3: "W", 4: (51.0, 13.0, 3.7)})
    if maker:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.MakerNote] = f"Fujifilm {PLACE}".encode()
    if words and kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", PLACE)
        options["pnginfo"] = text
    elif words:
        options["xmp"] = f"<x:xmpmeta>{PLACE}</x:xmpmeta>".encode()
    return saved(image, kind, exif=exif, **options)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the bytes of an image."""
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    """Return one box of an MP4 file."""
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def video(place: str = PLACE + "+010.5/") -> bytes:
    """Return what an MP4 file looks like from outside, with a place in what it says about itself."""
    udta = box(b"udta", box(b"\xa9xyz", b"\x00\x11\x15\xc7" + place.encode()))
    keys = box(b"meta", b"com.apple.quicktime.location.ISO6709" + place.encode())
    film = box(b"mdat", b"pictures and sound " + place.encode())
    return box(b"ftyp", b"isom\x00\x00\x02\x00") + film + box(b"moov", udta + keys)
