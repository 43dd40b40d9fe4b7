"""A backup is one file: a compressed tar whose first member, manifest.json, names every other with its SHA-256.

The file appears under its name only after it was read again and found whole.
"""

import hashlib
import json
import os
import shutil
import tarfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = 1
MANIFEST = "manifest.json"
READ_BYTES = 1024 * 1024


class Damaged(Exception):
    """The file is no backup, or not as it was written. The message says what is wrong."""


@dataclass(frozen=True)
class Manifest:
    """`kind`: "folder" (a hub in one process) or "deployment"; `made_at`: ISO 8601, UTC; `streams`: messages by name;
    `files`: SHA-256 by path."""

    kind: str
    made_at: str
    release: str
    streams: dict[str, int]
    files: dict[str, str] = field(default_factory=dict)

    def text(self) -> bytes:
        return json.dumps({"format": FORMAT, **vars(self)}, indent=1).encode()

    @staticmethod
    def read(text: bytes) -> "Manifest":
        """Raises Damaged."""
        try:
            told: dict[str, Any] = json.loads(text)
            if told.pop("format") != FORMAT:
                raise Damaged("it was made by another release, in a form this one does not know")
            return Manifest(**told)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damaged("its list of contents cannot be read") from error


def pack(folder: Path, file: Path, manifest: Manifest) -> Manifest:
    """Write all files below `folder` into `file`, for its owner's eyes only. Raises OSError, Damaged."""
    manifest.files.update({str(path.relative_to(folder)): _digest(path.open("rb")) for path in _files(folder)})
    (folder / MANIFEST).write_bytes(manifest.text())
    draft = file.with_name(f".{file.name}.partial")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as output:
            with tarfile.open(fileobj=output, mode="w:gz", compresslevel=3) as tar:
                for name in (MANIFEST, *sorted(manifest.files)):
                    tar.add(folder / name, name, recursive=False)
            output.flush()
            os.fsync(output.fileno())
        examine(draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    _sync(file.parent)
    return manifest


def examine(file: Path) -> Manifest:
    """Read the whole file; what it holds. Raises Damaged, OSError."""
    return _walk(file, None)


def unpack(file: Path, folder: Path) -> Manifest:
    """Write what `file` holds below `folder`, which must not exist; it is gone again if anything is wrong.

    Raises Damaged, OSError.
    """
    folder.mkdir(mode=0o700, parents=True)
    try:
        return _walk(file, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _walk(file: Path, folder: Path | None) -> Manifest:
    try:
        with tarfile.open(file, mode="r|gz") as tar:
            first = tar.next()
            manifest = Manifest.read(_content(tar, first).read()) if first and first.name == MANIFEST else None
            if manifest is None:
                raise Damaged("it is no backup of a hub")
            missing = dict(manifest.files)
            while member := tar.next():
                if missing.pop(member.name, None) is None:
                    raise Damaged(f"it holds {member.name}, which is not in its list of contents")
                _take(_content(tar, member), member.name, manifest.files[member.name], folder)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Damaged("it is no backup, or cut off") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise Damaged("it is no backup, or cut off") from error  # what gzip raises has no number
    if missing:
        raise Damaged(f"it lacks {', '.join(sorted(missing))}")
    return manifest


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> Any:
    content = tar.extractfile(member) if member and member.isfile() else None
    if content is None:
        raise Damaged("it holds something that is no file")
    return content


def _take(content: BinaryIO, name: str, digest: str, folder: Path | None) -> None:
    """Check one file, and write it below `folder` where one is given."""
    if folder is None:
        found = _digest(content)
    else:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise Damaged(f"{name} leads elsewhere")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            found = _digest(content, output)
            output.flush()
            os.fsync(output.fileno())
    if found != digest:
        raise Damaged(f"{name} in it is not as it was written")


def _digest(content: Any, output: BinaryIO | None = None) -> str:
    """SHA-256 of what is read to its end, copied to `output` on the way."""
    digest = hashlib.sha256()
    with content:
        while chunk := content.read(READ_BYTES):
            digest.update(chunk)
            if output is not None:
                output.write(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
