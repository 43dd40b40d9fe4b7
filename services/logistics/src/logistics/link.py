"""Links that open one pick list without an account: signed, and good for a limited time.

The token is base64url(list id, 16 bytes + expiry, 8 bytes of Unix seconds + HMAC-SHA256 of both). It holds no dot, so
that endings like ".pdf" can follow it. Nothing of it is stored: who has the secret key can tell ours from others.
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
_SIGNED = 24
_LENGTH = _SIGNED + 32


class ForgedLink(Exception):
    """Not a link of ours: forged, cut short, or signed with another key."""


class ExpiredLink(Exception):
    """It was ours, and its time is over."""


class Links:
    """Makes and opens links. `key_file`: 32 secret bytes; made at the first `prepare` where there is none."""

    def __init__(self, key_file: Path, lifetime: timedelta) -> None:
        self.key_file = key_file
        self.lifetime = lifetime
        self._key = b""

    def prepare(self) -> None:
        """Read the key. Raises OSError where it can neither be read nor made, ValueError where it is too short."""
        if not self.key_file.exists():
            _make_key(self.key_file)
        self._key = self.key_file.read_bytes()
        if len(self._key) < 32:
            raise ValueError(f"{self.key_file} holds {len(self._key)} bytes, 32 are needed")

    def path(self, list_id: str, now: datetime) -> str:
        """Path of a page that opens the list until `lifetime` from now; with ".pdf" behind it, of the PDF."""
        return OPEN + self.token(list_id, now + self.lifetime)

    def token(self, list_id: str, expires_at: datetime) -> str:
        signed = UUID(list_id).bytes + int(expires_at.timestamp()).to_bytes(8)
        return base64.urlsafe_b64encode(signed + self._sign(signed)).decode().rstrip("=")

    def open(self, token: str, now: datetime) -> str:
        """Id of the list a token opens. Raises ForgedLink or ExpiredLink."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ForgedLink from error
        signed, signature = raw[:_SIGNED], raw[_SIGNED:]
        if len(raw) != _LENGTH or not hmac.compare_digest(signature, self._sign(signed)):
            raise ForgedLink
        try:
            expires_at = datetime.fromtimestamp(int.from_bytes(signed[16:]), UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise ForgedLink from error
        if expires_at <= now:
            raise ExpiredLink
        return str(UUID(bytes=signed[:16]))

    def _sign(self, signed: bytes) -> bytes:
        if not self._key:
            raise RuntimeError("the key of the links was not read yet: prepare() first")
        return hmac.digest(self._key, b"pick list link v1:" + signed, "sha256")


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
