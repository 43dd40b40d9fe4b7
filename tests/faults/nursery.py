"""Processes in a tenth of the time: one parent has imported the hub already, and every process is a fork of it.

A run kills and starts services a dozen times, and importing five of them costs two seconds of a core each time. What
runs in the child is the module's own `__main__`; before it, the child's clock is made one that can be shifted, and
what `FAULTS_SABOTAGE` names is broken in it (tests only: the product has no such switches).
"""

import ctypes
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cabas.parts import NAMES

IMPORTED = ("cabas.cli", "cabas.hub", *(f"{name}.app" for name in NAMES))
PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.02


def die_with_parent() -> None:
    """Nothing that a run started outlives it, however it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """A process of the nursery, with what tests need of `subprocess.Popen`."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.nursery = nursery
        self.pid = pid

    def poll(self) -> int | None:
        """Its exit status, below zero for the signal that ended it; None while it runs."""
        return self.nursery.status_of(self.pid)

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout or 3600)
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 3600)
            time.sleep(0.01)
        return status


class Nursery:
    """The parent of all processes of a run, asked over a socket. A context manager: they all end with it."""

    def __enter__(self) -> "Nursery":
        mine, its = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", str(its.fileno())],
            pass_fds=[its.fileno()],
            cwd=Path(__file__).parents[2],
            preexec_fn=die_with_parent,  # noqa: PLW1509 it calls nothing but prctl
        )
        its.close()
        self._socket = mine
        self._heard = b""
        self._statuses: dict[int, int] = {}
        self._lock = threading.Lock()
        assert self._next() == {"ready": True}
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.wait(30)

    def __call__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Child:
        wanted = {"module": module, "arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        with self._lock:
            self._socket.sendall(json.dumps(wanted).encode() + b"\n")
            while "started" not in (said := self._next()):
                self._note(said)
            # The number of somebody who ended long ago may come again.
            self._statuses.pop(said["started"], None)
        return Child(self, said["started"])

    def status_of(self, pid: int) -> int | None:
        with self._lock:
            while b"\n" in self._heard or select.select([self._socket], [], [], 0)[0]:
                self._note(self._next())
            return self._statuses.get(pid)

    def _next(self) -> dict[str, Any]:
        while b"\n" not in self._heard:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise RuntimeError("the nursery has ended")
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        return said

    def _note(self, said: dict[str, Any]) -> None:
        self._statuses[said["ended"]] = said["status"]


# --- in the nursery itself ---


def serve(connection: socket.socket) -> None:
    """Fork what is asked for, and tell of every child that ends, until the other side hangs up."""
    for module in IMPORTED:
        importlib.import_module(module)
    importlib.import_module("tests.faults.sabotage")
    _tell(connection, {"ready": True})
    asked = b""
    while True:
        _tell_of_ended(connection)
        if not select.select([connection], [], [], LOOK_SECONDS)[0]:
            continue
        chunk = connection.recv(65536)
        if not chunk:
            return
        asked += chunk
        while b"\n" in asked:
            line, _, asked = asked.partition(b"\n")
            pid = os.fork()
            if pid == 0:
                _live(connection, json.loads(line))
            _tell(connection, {"started": pid})


def _tell(connection: socket.socket, said: dict[str, Any]) -> None:
    connection.sendall(json.dumps(said).encode() + b"\n")


def _tell_of_ended(connection: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(connection, {"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _live(connection: socket.socket, wanted: dict[str, Any]) -> None:
    """The whole life of a child. Never returns."""
    die_with_parent()
    connection.close()
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(wanted["environment"])
    sys.argv = [wanted["module"], *wanted["arguments"]]
    status = 1
    try:
        from tests.faults import sabotage

        sabotage.apply()
        runpy.run_module(wanted["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    # Ctrl-C is for the runner, which then hangs up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(socket.socket(fileno=int(sys.argv[1])))
