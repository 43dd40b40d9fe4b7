"""The folder a hub lives in: who may use it, its secrets, and where its broker listens.

lock            held by the running hub; names its process and its address
keys/           token.pem (0600), token.pub.pem, nats_password (0600); made at the first start
nats/           the broker's store, configuration, ports and a lock of its own
logs/hub.log    what happened, one JSON object a line
last_backup     when a backup was last made and verified; not there before the first
<service>.db    one SQLite database per service
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chassis.identity import new_key_pair
from chassis.nats_server import NatsServer, free_port

NATS_USER = "cabas"
ORPHAN_SECONDS = 10.0
"""How long a broker whose hub was killed gets to end by itself."""


class FolderUnusable(Exception):
    """No hub can run on this folder now. The message says why, to the operator."""


class FolderInUse(FolderUnusable):
    """Another hub runs on this folder. The message names its process."""


@dataclass(frozen=True)
class Holder:
    """The running hub, as its lock names it. `url` is empty until it answers."""

    pid: int
    url: str


@dataclass(frozen=True)
class DataFolder:
    path: Path

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def nats(self) -> Path:
        return self.path / "nats"

    @property
    def log_file(self) -> Path:
        return self.path / "logs" / "hub.log"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def password_file(self) -> Path:
        return self.keys / "nats_password"

    @property
    def ports_file(self) -> Path:
        return self.nats / "ports.json"

    @property
    def last_backup_file(self) -> Path:
        """Holds the moment of the newest backup, ISO 8601 in UTC."""
        return self.path / "last_backup"

    def database_url(self, service: str) -> str:
        return f"sqlite+aiosqlite:///{self.path / (service + '.db')}"

    # --- one hub at a time ---

    @contextmanager
    def held(self) -> Iterator["Hold"]:
        """Hold the folder for this process; the system lets go of it however the process ends.

        Raises FolderInUse, or FolderUnusable where nothing can be written.
        """
        try:
            # Names, addresses and sessions of people lie in the databases: for the owner's eyes only.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise FolderUnusable(
                f"Cannot write to the folder {self.path} ({error.strerror}). "
                "Name one of your own: cabas up --data FOLDER"
            ) from error
        try:
            # Somebody who only looks (`holder`) has the lock for an instant too.
            if not _locked(descriptor, patience=0.5):
                holder = self.holder()
                who = f"process {holder.pid}" if holder else "another process"
                raise FolderInUse(
                    f"A hub already runs on {self.path.resolve()} ({who}). Stop it first, or use another folder."
                )
            hold = Hold(descriptor)
            hold.tell("")
            yield hold
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def holder(self) -> Holder | None:
        """The hub that runs on this folder now, if one does."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDONLY)
        except OSError:
            return None
        try:
            if _locked(descriptor):
                return None
            pid, _, url = os.read(descriptor, 500).decode(errors="replace").strip().partition(" ")
            return Holder(int(pid) if pid.isdigit() else 0, url)
        finally:
            os.close(descriptor)

    # --- secrets ---

    def provide_secrets(self) -> None:
        """Make what is missing; what is there is never replaced. Each file appears whole or not at all."""
        self.keys.mkdir(parents=True, exist_ok=True)
        self.keys.chmod(0o700)
        private, public = self.keys / "token.pem", self.keys / "token.pub.pem"
        if not (private.exists() and public.exists()):
            # Cut off between the two, the first start left the public one alone: nothing was ever signed with it.
            # A new pair ends no session: browsers fetch a new token with the cookie of theirs.
            pair = new_key_pair()
            write_whole(public, pair[1])
            write_whole(private, pair[0])
        if not self.password_file.exists():
            write_whole(self.password_file, secrets.token_urlsafe(32).encode())

    # --- the broker ---

    @contextmanager
    def broker(self) -> Iterator[NatsServer]:
        """The broker of this folder, not yet started, at the ports it had before where they are free.

        It holds a lock that it inherits: while a broker of a killed hub still runs, this waits for its end, so
        that two never run on one store.
        """
        self.nats.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.nats / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait_for_orphan(descriptor)
            port, monitor_port = self._ports()
            yield NatsServer(
                self.nats,
                user=NATS_USER,
                password=self.password_file.read_text(),
                port=port,
                monitor_port=monitor_port,
                inherit=(descriptor,),
            )
        finally:
            os.close(descriptor)

    def note_broker(self, pid: int) -> None:
        """Remember the broker's process, for the start after a kill."""
        write_whole(self.nats / "pid", str(pid).encode())

    def _wait_for_orphan(self, descriptor: int) -> None:
        while not _locked(descriptor, patience=ORPHAN_SECONDS):
            # Whoever holds the lock runs, so the number cannot be of a process that took it over later.
            with suppress(OSError, ValueError):
                os.kill(int((self.nats / "pid").read_text()), signal.SIGKILL)

    def _ports(self) -> tuple[int, int]:
        with suppress(OSError, ValueError, KeyError):
            kept = json.loads(self.ports_file.read_text())
            if _is_free(kept["port"]) and _is_free(kept["monitor_port"]):
                return kept["port"], kept["monitor_port"]
        port, monitor_port = free_port(), free_port()
        write_whole(self.ports_file, json.dumps({"port": port, "monitor_port": monitor_port}).encode())
        return port, monitor_port

    def monitor_url(self) -> str | None:
        """Where the broker answers questions about itself; None before the first start."""
        return self._url("http", "monitor_port")

    def broker_url(self) -> str | None:
        """Where the broker is reached by its clients; None before the first start."""
        return self._url("nats", "port")

    def _url(self, scheme: str, port: str) -> str | None:
        try:
            return f"{scheme}://127.0.0.1:{json.loads(self.ports_file.read_text())[port]}"
        except (OSError, ValueError, KeyError):
            return None


@dataclass(frozen=True)
class Hold:
    """The lock, held. `tell` writes into it who holds it and at which address it answers."""

    descriptor: int

    def tell(self, url: str) -> None:
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, f"{os.getpid()} {url}".encode(), 0)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads; a crash leaves the old one or the new one, never half."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _locked(descriptor: int, patience: float = 0.0) -> bool:
    """Take the lock of an open file, trying for `patience` seconds; False where somebody else keeps it."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server would ask: a port whose last connections linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
