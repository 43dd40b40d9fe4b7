"""Settings of a service, from the environment (`CABAS_…`) and from files of secrets."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every service needs to know. A service that needs more subclasses it.

    `CABAS_DATA_DIR=/srv/cabas` sets `data_dir`, and so on; a file of that name in the folder `CABAS_SECRETS_DIR`
    (as Docker secrets are mounted) works too.
    """

    model_config = SettingsConfigDict(env_prefix="CABAS_", extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    database_url: str | None = None
    """None: the SQLite file `<data_dir>/<service>.db`. Else `postgresql+asyncpg://…`."""
    database_pool: int = 20

    nats_url: str = "nats://127.0.0.1:4222"
    """Of a cluster every node's, separated by commas: which of them is down when we start is not known."""
    nats_user: str | None = None
    nats_password: str | None = None
    publish_timeout: float = 5.0
    stream_max_bytes: int = 8 * 1024**3
    stream_replicas: int = 1

    batch_size: int = 200
    batch_wait: float = 1.0
    """Seconds a pull waits while nothing comes: also the most a service is deaf after the broker restarted."""
    max_deliveries: int = 6
    """Attempts at an event before it goes to the dead letters."""
    retry_delays: tuple[float, ...] = (0.5, 2, 10, 30, 60)
    """Seconds before each new attempt; the last is repeated."""

    outbox_keep_days: int = 14
    outbox_alarm_seconds: float = 60.0
    timer_poll: float = 1.0
    graceful_timeout: float = 20.0

    provision: Literal["check", "apply"] = "check"
    """apply: streams and consumers that differ from this release are changed; check: the service refuses to start."""

    public_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    time_zone: str = "Europe/Paris"
    hub_name: str = "Cabas"
    token_public_key_file: Path | None = None
    """PEM of the Ed25519 key that people's tokens are verified with. None: `<data_dir>/keys/token.pub.pem`."""
    development: bool = False
    log_level: str = "INFO"
    max_body_bytes: int = Field(default=20 * 1024**2, description="larger requests are refused")

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        """Every link in a mail begins with it: found wrong now, not by a member."""
        parts = urlsplit(url)
        beyond = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if parts.scheme not in ("http", "https") or not parts.hostname or beyond or parts.port == 0:
            raise ValueError("must be an address such as https://hub.example.org, without a path")
        return url.rstrip("/")

    @property
    def secure(self) -> bool:
        """Served over TLS: cookies are marked so."""
        return self.public_url.startswith("https://")

    @property
    def nats_urls(self) -> list[str]:
        return [url.strip() for url in self.nats_url.split(",") if url.strip()]

    def url_of_database(self, service: str) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / (service + '.db')}"

    def token_public_key(self) -> bytes:
        """PEM bytes. OSError where there is none: no service starts without."""
        return (self.token_public_key_file or self.data_dir / "keys" / "token.pub.pem").read_bytes()
