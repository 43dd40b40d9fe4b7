"""Settings of logistics: those of every service, patience with missing orders, and the secret of its links."""

from pathlib import Path

from pydantic import Field

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

    @property
    def links_key_path(self) -> Path:
        return self.links_key_file or self.data_dir / "keys" / "logistics_links.key"
