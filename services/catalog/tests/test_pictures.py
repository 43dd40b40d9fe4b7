"""Photographs are kept without where and when they were taken: telephones write it into them."""

import struct

import pytest

from catalog import proof_file
from catalog.proof_file import JPEG, PNG, ProofFile

HOME = b"42.8777 N 2.3541 E"


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def exif(turned, order=">"):
    """As a telephone writes it: how the picture is turned, and where it was taken."""
    begins = {">": b"MM\0*", "<": b"II*\0"}[order] + struct.pack(order + "I", 8)
    maker = struct.pack(order + "HHIHH", 0x010F, 2, 4, 0, 0)
    way_up = struct.pack(order + "HHIHH", 0x0112, 3, 1, turned, 0)
    return segment(0xE1, b"Exif\0\0" + begins + struct.pack(order + "H", 2) + maker + way_up + bytes(4) + HOME)


JFIF = segment(0xE0, b"JFIF\0" + bytes(9))
COLOURS = segment(0xE2, b"ICC_PROFILE\0\1\1") + segment(0xEE, b"Adobe" + bytes(7))
TABLES = segment(0xDB, bytes(65)) + segment(0xC2, bytes(9)) + segment(0xC4, bytes(20))
SCANS = segment(0xDA, bytes(6)) + b"\x12\xff\x00\xff\xd3\x34" + segment(0xC4, b"") + segment(0xDA, bytes(6)) + b"\x56"
REST = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + HOME) + segment(0xE2, b"MPF\0") + segment(0xFE, HOME)
END = b"\xff\xd9"


def kept(data):
    found = proof_file.read(data)
    assert isinstance(found, ProofFile), "refused"
    assert HOME not in found.content
    return found


def test_a_photograph_keeps_its_picture_and_colours_alone():
    found = kept(b"\xff\xd8" + exif(1) + JFIF + REST + COLOURS + TABLES + SCANS + b"\xff" + END + b"\xff\xd8" + HOME)
    assert found == ProofFile(JPEG, b"\xff\xd8" + JFIF + COLOURS + TABLES + SCANS + END)


@pytest.mark.parametrize("order", [">", "<"])
def test_it_stays_the_right_way_up(order):
    found = kept(b"\xff\xd8" + exif(6, order) + TABLES + SCANS + END)
    note = found.content[2:38]
    assert note == segment(0xE1, note[4:])
    assert note[4:] == b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    assert found.content[38:] == TABLES + SCANS + END
    assert kept(found.content) == found, "cleaned twice it is the same"


@pytest.mark.parametrize(
    "exif_like", [b"", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"]
)
def test_notes_that_are_broken_do_no_harm(exif_like):
    found = kept(b"\xff\xd8" + segment(0xE1, exif_like) + TABLES + SCANS + END)
    assert found.content == b"\xff\xd8" + TABLES + SCANS + END


@pytest.mark.parametrize("less", [1, 2, 3, 10, 40, 120])
def test_half_a_photograph_is_refused(less):
    whole = b"\xff\xd8" + JFIF + TABLES + SCANS + END
    assert proof_file.read(whole[:-less]).field == "file"


def chunk(name, content=b""):
    return struct.pack(">I", len(content)) + name + content + bytes(4)


def test_a_drawn_picture_keeps_no_texts():
    begins, picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)), chunk(b"IDAT", b"pixels")
    told = chunk(b"eXIf", HOME) + chunk(b"tEXt", b"Comment\0" + HOME) + chunk(b"iTXt", HOME) + chunk(b"tIME", bytes(7))
    found = kept(begins + told + chunk(b"gAMA", bytes(4)) + picture + chunk(b"zTXt", HOME) + chunk(b"IEND") + HOME)
    assert found == ProofFile(PNG, begins + chunk(b"gAMA", bytes(4)) + picture + chunk(b"IEND"))
