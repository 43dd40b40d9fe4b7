"""Links that open a page without an account: signed, and good for a limited time. Here those of pick lists.

The token is base64url(what it says + expiry, 8 bytes of Unix seconds + HMAC-SHA256 of its purpose and both). It holds
no dot, so that endings like ".pdf" can follow it. Nothing of it is stored: who has the secret key can tell ours from
others. A link of a pick list says the list's id, 16 bytes.
"""

import base64
import binascii
import hmac
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

OPEN = "/logistics/pick-lists/open/"
_PURPOSE = b"pick list link v1"
_EXPIRY, _SIGNATURE = 8, 32


class ForgedLink(Exception):
    """Not a link of ours: forged, cut short, or signed with another key."""


class ExpiredLink(Exception):
    """It was ours, and its time is over."""


class Seal:
    """Signs what a link says, and tells ours from others. `key_file`: 32 secret bytes; made at the first `prepare`
    where there is none."""

    def __init__(self, key_file: Path) -> None:
        self.key_file = key_file
        self._key = b""

    def prepare(self) -> None:
        """Read the key. Raises OSError where it can neither be read nor made, ValueError where it is too short."""
        if not self.key_file.exists():
            _make_key(self.key_file)
        self._key = self.key_file.read_bytes()
        if len(self._key) < 32:
            raise ValueError(f"{self.key_file} holds {len(self._key)} bytes, 32 are needed")

    def token(self, purpose: bytes, said: bytes, expires_at: datetime) -> str:
        """`purpose`: what the link is for; one of another purpose opens nothing, though it has the same key."""
        signed = said + int(expires_at.timestamp()).to_bytes(_EXPIRY)
        return base64.urlsafe_b64encode(signed + self._sign(purpose, signed)).decode().rstrip("=")

    def open(self, purpose: bytes, token: str, now: datetime) -> bytes:
        """What the link says. Raises ForgedLink or ExpiredLink."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ForgedLink from error
        signed, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        if len(signed) < _EXPIRY or not hmac.compare_digest(signature, self._sign(purpose, signed)):
            raise ForgedLink
        try:
            expires_at = datetime.fromtimestamp(int.from_bytes(signed[-_EXPIRY:]), UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise ForgedLink from error
        if expires_at <= now:
            raise ExpiredLink
        return signed[:-_EXPIRY]

    def _sign(self, purpose: bytes, signed: bytes) -> bytes:
        if not self._key:
            raise RuntimeError("the key of the links was not read yet: prepare() first")
        return hmac.digest(self._key, purpose + b":" + signed, "sha256")


class Links:
    """Makes and opens the links of pick lists, good for `lifetime`."""

    def __init__(self, key_file: Path, lifetime: timedelta) -> None:
        self.seal = Seal(key_file)
        self.lifetime = lifetime

    def prepare(self) -> None:
        """As `Seal.prepare`."""
        self.seal.prepare()

    def path(self, list_id: str, now: datetime) -> str:
        """Path of a page that opens the list until `lifetime` from now; with ".pdf" behind it, of the PDF."""
        return OPEN + self.token(list_id, now + self.lifetime)

    def token(self, list_id: str, expires_at: datetime) -> str:
        return self.seal.token(_PURPOSE, UUID(list_id).bytes, expires_at)

    def open(self, token: str, now: datetime) -> str:
        """Id of the list a token opens. Raises ForgedLink or ExpiredLink."""
        said = self.seal.open(_PURPOSE, token, now)
        if len(said) != 16:
            raise ForgedLink
        return str(UUID(bytes=said))


def _make_key(file: Path) -> None:
    """Write a fresh key at once and whole, readable by us alone; a key that another process made first stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as output:
            output.write(secrets.token_bytes(32))
            output.flush()
            os.fsync(output.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink()
