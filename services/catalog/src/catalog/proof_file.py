"""The certificate itself, as a file: what a coordinator was sent, to be read again.

It is kept in the database and not in the data folder: a backup takes all databases at one instant and nothing else, and
the containers of a deployment write nowhere else. Files are small and few: one for each producer and year.
What it is is told by its content; the name it came with is not believed and not kept.
"""

from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, select

from catalog import picture
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
    file = _told(data)
    if file is None:
        return Fault("file", _("A certificate is a PDF, a JPEG or a PNG file, and this is none or is cut off."))
    return file


def _told(data: bytes) -> ProofFile | None:
    """By how it begins and ends: half an upload is none. Of a picture what it tells beside itself is not kept: where it
    was taken is often somebody's home."""
    if data.startswith((b"%PDF-1.", b"%PDF-2.")):
        # Scanners and mail programs put a line or some zeros behind the end.
        return ProofFile(PDF, data) if b"%%EOF" in data[-1024:] else None
    plain = None
    if data.startswith(picture.PNG_BEGINS) and data[12:16] == b"IHDR":
        kind, plain = PNG, picture.plain_png(data)
    elif data.startswith(picture.JPEG_BEGINS):
        kind, plain = JPEG, picture.plain_jpeg(data)
    return ProofFile(kind, plain) if plain is not None else None


async def keep(writer: Writer, certificate_id: str, file: ProofFile) -> None:
    """Keep the file of a certificate, instead of the one it had."""
    await writer.execute(proof_file.delete().where(proof_file.c.certificate_id == certificate_id))
    values = {"media_type": file.media_type, "size": len(file.content), "content": file.content}
    await writer.execute(proof_file.insert().values(certificate_id=certificate_id, **values))


async def find(reader: Reader, certificate_id: str) -> ProofFile | None:
    row = await reader.first(select(proof_file).where(proof_file.c.certificate_id == certificate_id))
    return ProofFile(row["media_type"], row["content"]) if row else None
