"""A picture without what it tells beside itself: where, when and with what it was taken, what somebody wrote to it.

A telephone writes the place into a photograph; that of a certificate on a kitchen table is somebody's home. Nothing is
decoded here: the pieces a picture is made of are copied or left out. Those that its colours need stay, and the way up.
What lies behind the end (another picture, a moving one) tells as much and goes too.

Source: JPEG: ITU-T T.81, annex B; Exif: CIPA DC-008, 4.6; PNG: W3C, third edition, 5.3 and 11.
"""

import re
from typing import Literal

JPEG_BEGINS, PNG_BEGINS = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"

_END, _SCAN, _COMMENT, _EXIF = 0xD9, 0xDA, 0xFE, 0xE1
_APPLICATIONS = range(0xE0, 0xF0)
_NEEDED = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Which notes of applications say how to show the picture, by their marker and how they begin."""
_NEXT = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""What ends the compressed data: any marker but those that are part of it."""
_BYTE_ORDER: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_TURNED = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\x00\x01\x01\x12\x00\x03\0\0\0\x01\x00%c\0\0\0\0\0\0"
"""An Exif note that holds one thing: how the picture is turned."""

_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP bKGD hIST pHYs sPLT".split()  # those that are drawn
)


def plain_jpeg(data: bytes) -> bytes | None:
    """The same picture without the rest; None for what is cut off, or no JPEG."""
    kept, at = [data[:2]], 2
    while data[at : at + 1] == b"\xff" and at + 1 < len(data):
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == _END:
            return b"".join([*kept, data[at : at + 2]])
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            return None
        if marker == _SCAN:
            following = _NEXT.search(data, end)
            if following is None:
                return None
            end = following.start()
        kept.append(_plain(marker, data[at:end]))
        at = end
    return None


def _plain(marker: int, segment: bytes) -> bytes:
    """What of a segment stays."""
    if marker == _EXIF:
        return _way_up(segment)
    if marker == _COMMENT or (
        marker in _APPLICATIONS and not (marker in _NEEDED and segment[4:].startswith(_NEEDED[marker]))
    ):
        return b""
    return segment


def _way_up(segment: bytes) -> bytes:
    """A note that says how the picture is turned and nothing else; empty where it is upright, or nothing says."""
    tiff = segment[10:] if segment[4:10] == b"Exif\0\0" else b""
    order = _BYTE_ORDER.get(tiff[:4])
    if order is None:
        return b""
    first = int.from_bytes(tiff[4:8], order)
    number = int.from_bytes(tiff[first : first + 2], order)
    for at in range(first + 2, min(first + 2 + 12 * number, len(tiff) - 11), 12):
        turned = int.from_bytes(tiff[at + 8 : at + 10], order)
        if int.from_bytes(tiff[at : at + 2], order) == 0x0112 and 2 <= turned <= 8:
            return _TURNED % turned
    return b""


def plain_png(data: bytes) -> bytes | None:
    """The same picture without the rest; None for what is cut off, or no PNG."""
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        name, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return None
        if name in _CHUNKS:
            kept.append(data[at:end])
        if name == b"IEND":
            return b"".join(kept)
        at = end
    return None
