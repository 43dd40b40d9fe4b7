"""Settings of ordering: those of every service, the key that signs people's tokens, and whose holidays count."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from chassis.settings import Settings
from ordering.days_off import REGIONS


class OrderingSettings(Settings):
    token_private_key_file: Path | None = None
    """PEM of the Ed25519 key that signs people's tokens. None: `<data_dir>/keys/token.pem`. No other service has it."""

    decide_within_hours: Annotated[int, Field(ge=1, le=336)] = 24
    """From the closing of a cycle to the hour at which what was not decided goes as it would by itself."""

    country: str = "FR"
    """ISO 3166 code of the country where the goods are handed out: whose VAT is in prices, for minima without it."""

    holiday_region: str = ""
    """Whose public holidays rhythms know beside those of all of France: 57 or 6AE for Alsace and Moselle, 971 to 976
    and others overseas."""

    @field_validator("holiday_region")
    @classmethod
    def _known(cls, region: str) -> str:
        if region and region not in REGIONS:
            raise ValueError(f"one of {', '.join(REGIONS)}, or nothing")
        return region

    def token_private_key(self) -> bytes:
        """PEM bytes. OSError where there is none: nobody could sign in."""
        return (self.token_private_key_file or self.data_dir / "keys" / "token.pem").read_bytes()
