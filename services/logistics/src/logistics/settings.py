"""Settings of logistics: those of every service, patience with missing orders, and the secret of its links."""

from datetime import timedelta
from pathlib import Path

from chassis.settings import Settings


class LogisticsSettings(Settings):
    republication_after: timedelta = timedelta(minutes=2)
    """How long after a closing orders may be missing before they are asked for again; doubled each time."""
    republication_at_most: timedelta = timedelta(hours=1)
    """The doubling stops here."""

    links_key_file: Path | None = None
    """32 bytes that sign links. None: `<data_dir>/keys/logistics_links.key`, made at the first start."""
    link_lifetime: timedelta = timedelta(days=30)

    @property
    def links_key_path(self) -> Path:
        return self.links_key_file or self.data_dir / "keys" / "logistics_links.key"
