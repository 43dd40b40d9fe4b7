"""Settings of logistics: those of every service, patience with missing orders, and the secret of its links."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from chassis.settings import Settings


class LogisticsSettings(Settings):
    republication_after: float = 120.0
    """Seconds after a closing that orders may be missing before they are asked for again; doubled each time."""
    republication_at_most: float = 3600.0
    """The doubling stops here."""

    links_key_file: Path | None = None
    """32 bytes that sign links. None: `<data_dir>/keys/logistics_links.key`, made at the first start."""
    link_days: int = 30

    detour_percent: int = Field(default=135, ge=100, le=300)
    """How much longer a way by road is than as the crow flies, in percent of it."""
    outside_degrees: int = Field(default=25, ge=-30, le=55)
    """The highest temperature outside that a day is reckoned with where nobody types another, in degrees Celsius."""

    road_engine_url: str = ""
    """Where an OSRM or a Valhalla listens, such as `http://127.0.0.1:5000`. Empty: nobody is asked, ways are
    reckoned."""
    road_engine: Literal["osrm", "valhalla"] = "osrm"
    road_data: str = Field(default="", max_length=80)
    """What the engine measures on, in the operator's words. With another name everything is measured anew."""
    road_timeout: float = Field(default=10.0, gt=0, le=120)
    """Seconds that the engine has for one request."""
    road_days: int = Field(default=180, ge=1)
    """For so long a way that was measured is not asked for again."""

    @field_validator("road_engine_url")
    @classmethod
    def _names_a_server(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("must be an address such as http://127.0.0.1:5000, with a path or without")
        return url.rstrip("/")

    @property
    def links_key_path(self) -> Path:
        return self.links_key_file or self.data_dir / "keys" / "logistics_links.key"
