"""Was an archive changed? Its signatures, the sum of each file, and each chain of hashes worked out anew: the archive
alone is enough.

Who signed it is told by the fingerprint of the key: compare it with the one that the hub's operator knows.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from billing.archive.packing import MANIFEST, PUBLIC_KEY, SEAL, SIGNATURE
from billing.invoice.register import HASHED as OF_INVOICE
from billing.ledger.book import HASHED as OF_ENTRY
from billing.ledger.closing import HASHED as OF_CLOSING
from billing.ledger.entry import link
from billing.paper.register import HASHED as OF_PAPER

BESIDE = frozenset({MANIFEST, SIGNATURE, PUBLIC_KEY})


class NoArchive(Exception):
    """The file is no archive of a hub, or cannot be read to its end."""


@dataclass
class ArchiveProof:
    """`fingerprint`: SHA-256 of the key it was signed with; `faults`: empty where nothing was changed."""

    hub: str = ""
    since: str = ""
    until: str = ""
    files: int = 0
    fingerprint: str = ""
    faults: list[str] = field(default_factory=list)


def check(whole: bytes) -> ArchiveProof:
    """`whole`: the file. Raises NoArchive."""
    try:
        with ZipFile(BytesIO(whole)) as archive:
            return _check(archive, whole)
    except (BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        raise NoArchive(f"it is no archive of a hub, or is cut or changed: {error}") from error


def _check(archive: ZipFile, whole: bytes) -> ArchiveProof:
    proof = ArchiveProof()
    told = archive.read(MANIFEST)
    key = load_pem_public_key(archive.read(PUBLIC_KEY))
    if not isinstance(key, Ed25519PublicKey):
        raise NoArchive("it is signed with a key of another kind")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    proof.fingerprint = sha256(der).hexdigest()
    if not _signed(key, bytes.fromhex(whole[-SEAL:].decode("ascii")), whole[:-SEAL]):
        proof.faults.append("a byte of the file is not what was signed")
    if not _signed(key, archive.read(SIGNATURE), told):
        proof.faults.append("the manifest is not what was signed")
        return proof
    manifest = json.loads(told)
    proof.hub, proof.since, proof.until = manifest["hub"], manifest["since"], manifest["until"]
    names = [each.filename for each in archive.infolist()]
    proof.faults += [f"{name} is there twice" for name in sorted({each for each in names if names.count(each) > 1})]
    proof.faults += [
        f"{name} is not in the manifest" for name in sorted(set(names) - manifest["files"].keys() - BESIDE)
    ]
    for name, wanted in sorted(manifest["files"].items()):
        proof.files += 1
        content = archive.read(name) if name in names else None
        if content is None:
            proof.faults.append(f"{name} is gone")
        elif sha256(content).hexdigest() != wanted:
            proof.faults.append(f"{name} was changed")
        elif name in manifest["chains"]:
            proof.faults += _broken(name, content, **manifest["chains"][name])
    return proof


def _signed(key: Ed25519PublicKey, signature: bytes, told: bytes) -> bool:
    try:
        key.verify(signature, told)
    except InvalidSignature:
        return False
    return True


def _broken(name: str, content: bytes, kind: str, before: str) -> Iterator[str]:
    """What does not follow the line before it."""
    content_of = CONTENT[kind]
    for number, line in enumerate(content.splitlines(), 1):
        row = json.loads(line)
        if row["hash"] != link(before, content_of(row)):
            yield f"line {number} of {name} does not follow the one before it"
        before = row["hash"]


def _entry(row: dict[str, Any]) -> list[Any]:
    return [*(row[each] for each in OF_ENTRY), row["movements"]]


CONTENT: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "entry": _entry,
    "closing": lambda row: [row[each] for each in OF_CLOSING],
    "paper": lambda row: [row[each] for each in OF_PAPER],
    "invoice": lambda row: [row[each] for each in OF_INVOICE],
}
"""What of a line goes into its hash. Days and instants are texts here, as they are in the hash."""
