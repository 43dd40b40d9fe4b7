"""A broker whose disk was full."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import nats
import pytest

from chassis.nats_server import NatsServer

pytestmark = pytest.mark.nats


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: no right to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


async def test_a_broker_that_met_a_full_disk_says_so_until_it_is_started_again(small_disk: Path):
    server = NatsServer(small_disk / "nats")
    await server.start()
    async with httpx.AsyncClient(trust_env=False) as http:
        client = await nats.connect(server.url, user=server.user, password=server.password)
        js = client.jetstream(timeout=1)
        await js.add_stream(name="A", subjects=["a"])
        await js.publish("a", b"there is room")
        assert await server.beyond_help(http) == ""
        ballast = small_disk / "ballast"
        with pytest.raises(OSError, match="space"):
            ballast.write_bytes(bytes(32 * 1024**2))
        with pytest.raises(Exception, match=r"timeout|^$"):
            await js.publish("a", bytes(100_000))
        ballast.unlink()
        assert "no space left" in await server.beyond_help(http)
        await server.stop()
        assert await server.beyond_help(http) == ""
        await server.start()
        assert await server.beyond_help(http) == ""
        await js.publish("a", b"there is room again", timeout=10)
        await client.close()
    await server.stop()
