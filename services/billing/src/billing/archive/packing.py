"""An archive is packed: a zip of lines of JSON and of papers as PDF, a manifest with the SHA-256 of each file, and the
manifest's signature (Ed25519). The comment at the zip's end is the signature of every byte before it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from sqlalchemy import RowMapping

from billing.archive.contents import (
    Days,
    book_ids,
    closings,
    entries,
    hash_before,
    kind_of_paper,
    line_of,
    lines_of,
    papers,
)
from chassis.database import Reader

MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public.pem"
FORMAT = 1
SEAL = 128
"""Bytes of the signature at the end, in hexadecimal digits."""


class NoKey(Exception):
    """The file has no private Ed25519 key in PEM."""


def signing_key(pem: bytes) -> Ed25519PrivateKey:
    """Raises NoKey."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise NoKey(str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey("it is a key of another kind")
    return key


@dataclass
class Packed:
    """An archive while it is made. `chains`: by file of the manifest, the link its first line follows."""

    file: BytesIO = field(default_factory=BytesIO)
    sums: dict[str, str] = field(default_factory=dict)
    chains: dict[str, dict[str, str]] = field(default_factory=dict)
    printed: Sequence[RowMapping] = ()

    def __post_init__(self) -> None:
        self._zip = ZipFile(self.file, "w", ZIP_DEFLATED)

    def add(self, name: str, content: bytes) -> None:
        self.sums[name] = sha256(content).hexdigest()
        self._write(name, content)

    def _write(self, name: str, content: bytes) -> None:
        # Without the hour of the machine: the same content is the same archive.
        self._zip.writestr(ZipInfo(name), content, compress_type=ZIP_DEFLATED)

    def sign(self, key: Ed25519PrivateKey, days: Days, hub_name: str, made_at: datetime) -> bytes:
        """Close it. The bytes of the zip."""
        manifest = {
            "format": FORMAT,
            "hub": hub_name,
            "since": days.since.isoformat(),
            "until": days.until.isoformat(),
            "made_at": made_at.isoformat(),
            "files": self.sums,
            "chains": self.chains,
        }
        told = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1).encode()
        self._write(MANIFEST, told)
        self._write(SIGNATURE, key.sign(told))
        self._write(PUBLIC_KEY, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        self._zip.comment = b"0" * SEAL
        self._zip.close()
        signed = self.file.getvalue()[:-SEAL]
        return signed + key.sign(signed).hex().encode()


async def pack(reader: Reader, days: Days) -> Packed:
    """All but the papers' PDF and the signature."""
    packed = Packed()
    for book_id in await book_ids(reader):
        await _pack_book(reader, packed, book_id, days)
    packed.printed = await papers(reader, days)
    by_series: dict[str, list[RowMapping]] = {}
    for row in packed.printed:
        by_series.setdefault(row["series"], []).append(row)
    for name, rows in by_series.items():
        file = f"papers/{name}.jsonl"
        packed.add(file, lines_of(rows))
        kind = kind_of_paper(rows[0])
        packed.chains[file] = {"kind": kind, "before": await hash_before(reader, kind, rows[0])}
    return packed


async def _pack_book(reader: Reader, packed: Packed, book_id: str, days: Days) -> None:
    folder = f"books/{_name(book_id)}"
    content, before = bytearray(), ""
    async for row in entries(reader, book_id, days):
        before = before or await hash_before(reader, "entry", row)
        content += line_of(row)
    if content:
        packed.add(f"{folder}/entries.jsonl", bytes(content))
        packed.chains[f"{folder}/entries.jsonl"] = {"kind": "entry", "before": before}
    ended = await closings(reader, book_id, days)
    if ended:
        packed.add(f"{folder}/closings.jsonl", lines_of(ended))
        before = await hash_before(reader, "closing", ended[0])
        packed.chains[f"{folder}/closings.jsonl"] = {"kind": "closing", "before": before}


def _name(book_id: str) -> str:
    """An id as a folder: what may be in one, and a hash of the rest."""
    safe = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "_" for each in book_id)
    return safe if safe == book_id else f"{safe}-{sha256(book_id.encode()).hexdigest()[:8]}"
