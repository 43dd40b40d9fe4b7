"""Settings of ordering: those of every service, and the key that signs people's tokens."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from chassis.settings import Settings


class OrderingSettings(Settings):
    token_private_key_file: Path | None = None
    """PEM of the Ed25519 key that signs people's tokens. None: `<data_dir>/keys/token.pem`. No other service has it."""

    decide_within_hours: Annotated[int, Field(ge=1, le=336)] = 24
    """From the closing of a cycle to the hour at which what was not decided goes as it would by itself."""

    def token_private_key(self) -> bytes:
        """PEM bytes. OSError where there is none: nobody could sign in."""
        return (self.token_private_key_file or self.data_dir / "keys" / "token.pem").read_bytes()
