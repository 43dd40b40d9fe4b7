"""A cluster is restarted piece by piece while households order: nothing is lost, and nobody is sent away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest

from cabas.demo.api import Api
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.parts import NAMES
from chassis.clock import SystemClock
from chassis.jetstream import stream_of
from tests.cluster.cluster import REPLICAS, Cluster
from tests.households import Households, settled

pytestmark = [pytest.mark.cluster, pytest.mark.nats, pytest.mark.postgres]

SMALL = Size(groups=3, producers=5, products=45, orders=18, lines_each=5)


@pytest.fixture
async def cluster(postgres_server: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    folder = tmp_path / "data"
    folder.mkdir()
    made = Cluster(folder, postgres_server)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def test_every_piece_is_restarted_and_no_order_is_lost_or_sent_away(cluster: Cluster) -> None:
    api = Api(cluster.url, cluster.token, connections=12)
    week = Week(api, SMALL, seed=7, now=SystemClock().now())
    await week.load_price_lists()
    await week.register_households()
    await week.open_cycle()
    await every_stream_has_three_copies(cluster)
    households = Households(week, cluster.url, cluster.token)
    ordering = asyncio.create_task(households.order())
    for replica in REPLICAS:
        await cluster.restart(*(f"{name}-{replica}" for name in NAMES))
        assert not ordering.done(), ordering.exception()
    for node in cluster.nodes:
        await cluster.restart_node(node)
        assert not ordering.done(), ordering.exception()
    households.enough = True
    await ordering
    assert len(households.acknowledged) == SMALL.orders
    assert households.most_in_a_row <= 1, f"an order was refused {households.most_in_a_row} times in a row"
    await settled(week, households)
    await every_stream_has_three_copies(cluster)
    await api.close()


async def every_stream_has_three_copies(cluster: Cluster) -> None:
    client = await nats.connect(
        [node.url for node in cluster.nodes], user=cluster.nodes[0].user, password=cluster.nodes[0].password
    )
    async with asyncio.timeout(30):
        for name in NAMES:
            while True:
                info = await client.jetstream().stream_info(stream_of(name))
                assert info.config.num_replicas == 3
                assert info.cluster is not None
                others = info.cluster.replicas or []
                if len(others) == 2 and all(other.current and not other.offline for other in others):
                    break
                await asyncio.sleep(0.2)
    await client.close()
