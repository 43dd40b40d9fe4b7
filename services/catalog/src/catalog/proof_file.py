"""The certificate itself, as a file: what a coordinator was sent, to be read again.

It is kept in the database and not in the data folder: a backup takes all databases at one instant and nothing else, and
the containers of a deployment write nowhere else. Files are small and few: one for each producer and year.
What it is is told by its content; the name it came with is not believed and not kept.
"""

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, select

from catalog.schema import metadata
from catalog.sentence import Fault, _
from chassis.database import Reader, Writer

MOST_BYTES = 5 * 1024**2
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ENDINGS = {PDF: "pdf", JPEG: "jpg", PNG: "png"}

proof_file = Table(
    "proof_file",
    metadata,
    Column("certificate_id", String(36), ForeignKey("certificate.id"), primary_key=True),
    Column("media_type", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)


@dataclass(frozen=True)
class ProofFile:
    media_type: str
    content: bytes


def read(data: bytes) -> ProofFile | Fault:
    """The file, or why it is none that can be kept; the fault's field is `file`."""
    if not data:
        return Fault("file", _("This file is empty."))
    if len(data) > MOST_BYTES:
        return Fault("file", _("This file is too large: at most %(most)s MB.", most=MOST_BYTES // 1024**2))
    kind = _kind(data)
    if kind is None:
        return Fault("file", _("A certificate is a PDF, a JPEG or a PNG file, and this is none or is cut off."))
    return ProofFile(kind, data)


def _kind(data: bytes) -> str | None:
    """By how it begins and ends: half an upload is none."""
    # Scanners and mail programs put a line or some zeros behind the end.
    tail = data[-1024:]
    if data.startswith((b"%PDF-1.", b"%PDF-2.")):
        return PDF if b"%%EOF" in tail else None
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return PNG if b"IEND" in tail else None
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG if b"\xff\xd9" in tail else None
    return None


async def keep(writer: Writer, certificate_id: str, file: ProofFile) -> None:
    """Keep the file of a certificate, instead of the one it had."""
    await writer.execute(proof_file.delete().where(proof_file.c.certificate_id == certificate_id))
    values = {"media_type": file.media_type, "size": len(file.content), "content": file.content}
    await writer.execute(proof_file.insert().values(certificate_id=certificate_id, **values))


async def find(reader: Reader, certificate_id: str) -> ProofFile | None:
    row = await reader.first(select(proof_file).where(proof_file.c.certificate_id == certificate_id))
    return ProofFile(row["media_type"], row["content"]) if row else None
