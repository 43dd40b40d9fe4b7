"""compose.cluster.yaml for real: it comes up, and every container is restarted in turn while households order."""

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cabas.demo.api import Api
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.operator_token import token_by
from cabas.parts import NAMES
from chassis.clock import SystemClock
from chassis.nats_server import free_port
from tests.households import Households, settled

ROOT = Path(__file__).parents[2]
SMALL = Size(groups=3, producers=5, products=45, orders=18, lines_each=5)


def engine() -> bool:
    """Whether a container engine answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.docker,
    pytest.mark.cluster,
    pytest.mark.skipif(not engine(), reason="no container engine answers"),
]


class Compose:
    """`docker compose` for one project of its own."""

    def __init__(self, folder: Path) -> None:
        self.secrets = folder / "secrets"
        self.port = free_port()
        self.project = f"cabas-cluster-{os.getpid()}"
        self.environment = os.environ | {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": f"{ROOT}/deploy/compose.yaml:{ROOT}/deploy/compose.cluster.yaml",
            "COMPOSE_PROFILES": "postgres",
            "CABAS_SECRETS": str(self.secrets),
            "CABAS_HTTP_PORT": str(free_port()),
            "CABAS_HTTPS_PORT": str(self.port),
            "CABAS_VERSION": os.environ.get("CABAS_VERSION", "test"),
        }

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def __call__(self, *arguments: str) -> str:
        said = self._docker("compose", *arguments)
        assert said.returncode == 0, (
            f"docker compose {' '.join(arguments)}:\n{said.stdout[-3000:]}{said.stderr[-3000:]}"
        )
        return said.stdout

    def _docker(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, env=self.environment)

    def containers(self, service: str) -> list[str]:
        return self("ps", "-q", service).split()

    async def restart(self, container: str) -> None:
        """Returns when it is healthy again."""
        said = await asyncio.to_thread(self._docker, "restart", container)
        assert said.returncode == 0, said.stderr
        async with asyncio.timeout(600):
            while await asyncio.to_thread(self._health, container) != "healthy":
                await asyncio.sleep(0.5)

    def _health(self, container: str) -> str:
        return self._docker("inspect", "-f", "{{.State.Health.Status}}", container).stdout.strip()

    def token(self) -> str:
        return token_by(self.secrets / "ordering" / "token.pem", "test", SystemClock().now(), 60)


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    made = Compose(tmp_path)
    try:
        made("up", "--detach", "--build", "--wait", "--wait-timeout", "600")
        yield made
    except BaseException:
        print(made("logs", "--tail", "60"))
        raise
    finally:
        made("down", "--volumes", "--timeout", "5")


async def test_every_container_is_restarted_and_no_order_is_lost_or_sent_away(compose: Compose) -> None:
    authority = compose("exec", "-T", "caddy", "cat", "/data/caddy/pki/authorities/local/root.crt")
    trust = ssl.create_default_context(cadata=authority)
    api = Api(compose.url, compose.token, connections=12, trust=trust)
    week = Week(api, SMALL, seed=7, now=SystemClock().now())
    await week.load_price_lists()
    await week.register_households()
    await week.open_cycle()
    households = Households(week, compose.url, compose.token, trust=trust)
    ordering = asyncio.create_task(households.order())
    for number in range(2):
        # One replica of each service at a time, of several services together.
        pieces = [compose.containers(name)[number] for name in NAMES]
        await asyncio.gather(*(compose.restart(container) for container in pieces))
        assert not ordering.done(), ordering.exception()
    for node in ("nats", "nats-2", "nats-3"):
        await compose.restart(compose.containers(node)[0])
        assert not ordering.done(), ordering.exception()
    households.enough = True
    await ordering
    assert len(households.acknowledged) == SMALL.orders
    assert households.most_in_a_row <= 1, f"an order was refused {households.most_in_a_row} times in a row"
    await settled(week, households)
    await api.close()
