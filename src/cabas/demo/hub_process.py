"""A hub in a process of its own, as `cabas up` starts it: what the demo measures is what people run."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cabas.data_folder import DataFolder
from cabas.demo.contracts import CREDITOR_ID, HUB_IBAN

STOP_SECONDS = 30.0
KEPT = ("CABAS_NATS_SERVER", "CABAS_LOG_LEVEL")
"""Of our settings in the environment, those a demo follows: it sends no mail and shows itself to nobody else."""


class HubDied(Exception):
    """The hub did not start, or ended while it was needed. The message is what it said last."""


@dataclass(frozen=True)
class RunningHub:
    url: str
    first_link: str
    """For the first coordinator; "" when there is one already."""
    process: Process


@asynccontextmanager
async def running_hub(folder: Path, port: int = 0) -> AsyncIterator[RunningHub]:
    """Start it, wait until it answers, stop it at the end. Raises HubDied."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cabas", "up", "--data", str(folder), "--port", str(port)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        # Ctrl-C reaches the whole group of a terminal; the demo stops its hub itself, after its own work.
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("CABAS_") or name in KEPT}
        | {"CABAS_HUB_IBAN": HUB_IBAN, "CABAS_CREDITOR_ID": CREDITOR_ID},
    )
    try:
        yield await _greeted(process, folder)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.communicate(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _greeted(process: Process, folder: Path) -> RunningHub:
    assert process.stdout
    assert process.stderr
    url = link = ""
    while line := (await process.stdout.readline()).decode():
        if "http://" not in line:
            if line.startswith("Ctrl-C"):
                return RunningHub(url, link, process)
            continue
        address = "http://" + line.split("http://", 1)[1].split()[0]
        if line.startswith("Cabas is ready"):
            url = address
        elif line.startswith("  http://"):
            link = address
    said = (await process.stderr.read()).decode().strip()
    raise HubDied(said or f"the hub ended at once; see {DataFolder(folder).log_file}")
