import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

# Stand-ins are run as a program of their own too, and found by the name of their package.
sys.path.insert(0, str(Path(__file__).parent))

from cabas.demo.api import Api
from cabas.demo.size import Size
from cabas.demo.week import Week
from chassis.clock import SystemClock
from tests.topology import FiveProcesses, OneProcess, Topology

SMALL = Size(groups=3, producers=5, products=45, orders=18, lines_each=5)


@pytest.fixture(params=[OneProcess, FiveProcesses], ids=["one process", "five processes"])
async def hub(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Topology]:
    """A running hub, empty, in both shapes."""
    folder = tmp_path / "data"
    folder.mkdir()
    topology: Topology = request.param(folder)
    try:
        await topology.start()
        yield topology
    finally:
        await topology.stop()


@pytest.fixture
async def week(hub: Topology) -> AsyncIterator[Week]:
    """A small week in the hub, ready for its cycle to be opened."""
    api = Api(hub.url, hub.token, connections=12)
    week = Week(api, SMALL, seed=7, now=SystemClock().now())
    await week.load_price_lists()
    await week.register_households()
    yield week
    await api.close()
