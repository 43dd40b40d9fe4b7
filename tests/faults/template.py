"""A hub with price lists and households, made once and copied for every run: loading them costs more than a run."""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cabas.demo.api import Api, together
from cabas.demo.goods import Farm
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.parts import NAMES
from chassis.clock import SystemClock
from tests.faults.packing import difficult_farms
from tests.faults.postgres import Postgres
from tests.topology import FiveProcesses, OneProcess, Starter, Topology

SIZE = Size(groups=4, producers=4, products=40, orders=16, lines_each=5)
LOADED_SECONDS = 60.0


def new_folder() -> Path:
    """A folder for templates and runs that PostgreSQL's own user can pass through.

    In memory where the machine has such a place: processes die in these runs, the machine does not, and syncing a disk
    that others use would be most of their time.
    """
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="cabas-faults-", dir=memory if os.access(memory, os.W_OK) else None))
    folder.chmod(0o755)
    return folder


@dataclass(frozen=True)
class Village:
    """What every run finds: products as the catalog's API tells them, ids of groups and households."""

    products: list[dict[str, Any]]
    group_ids: list[str]
    household_ids: list[str]
    bags: list[str]
    """Groups whose goods are split by household."""


@dataclass(frozen=True)
class Templates:
    """Hubs to copy, in `folder`: `sqlite` (as one process has it) and `postgresql` (databases and broker)."""

    folder: Path
    starter: Starter

    async def village(self, database: str) -> Village:
        """Made where it is missing. One process at a time may ask."""
        template = self.folder / database
        if not (template / "village.json").exists():
            shutil.rmtree(template, ignore_errors=True)
            template.mkdir(parents=True)
            await (self._make_sqlite(template) if database == "sqlite" else self._make_postgres(template))
        return Village(**json.loads((template / "village.json").read_text()))

    async def _make_sqlite(self, template: Path) -> None:
        topology = OneProcess(template / "data", self.starter)
        await _load(topology, template)

    async def _make_postgres(self, template: Path) -> None:
        # Another user must be able to pass through.
        postgres = Postgres(template / "postgres")
        await postgres.make()
        topology = _OnPostgres(template / "data", self.starter, postgres.url_of)
        await _load(topology, template)
        await postgres.stop()

    def copy_data(self, database: str, data: Path, *, five: bool) -> None:
        """Lay the folder of a hub that is five processes, or one."""
        shutil.copytree(self.folder / database / "data", data, dirs_exist_ok=True)
        (data / "nats" / "ports.json").unlink(missing_ok=True)
        (data / "nats" / "pid").unlink(missing_ok=True)
        for name in NAMES if five and database == "sqlite" else ():
            (data / name).mkdir(exist_ok=True)
            for file in data.glob(f"{name}.db*"):
                shutil.move(file, data / name / file.name)


class _OnPostgres(FiveProcesses):
    def __init__(self, folder: Path, starter: Starter, url_of: Callable[[str], str]) -> None:
        super().__init__(folder, starter)
        self.url_of = url_of

    def environment_of(self, name: str) -> dict[str, str]:
        return super().environment_of(name) | {"CABAS_DATABASE_URL": self.url_of(name), "CABAS_DATABASE_POOL": "8"}


async def _load(topology: Topology, template: Path) -> None:
    """Fill an empty hub, stop it in order, and write down what is in it."""
    topology.folder.path.mkdir(exist_ok=True)
    try:
        await topology.start()
        api = Api(topology.url, topology.token, connections=8)
        week = Week(api, SIZE, seed=1, now=SystemClock().now())
        products = await _load_price_lists(api)
        await week.register_households()
        await _heard_by_all(topology, api)
        await api.close()
    finally:
        await topology.stop()
        await topology.end(signal.SIGKILL, *topology.processes)
    village = Village(
        products=sorted(products, key=lambda product: str(product["id"])),
        group_ids=list(week.group_ids.values()),
        household_ids=week.household_ids,
        bags=[group for number, group in enumerate(week.group_ids.values()) if number % 4 == 3],
    )
    (template / "village.json").write_text(json.dumps(village.__dict__))


async def _load_price_lists(api: Api) -> list[dict[str, Any]]:
    """The products, as the catalog tells them."""

    async def load(farm: Farm) -> list[dict[str, Any]]:
        producer = await api.post("/catalog/api/producers", farm.sheet)
        read = await api.send_csv("/catalog/api/price-lists", farm.price_list, producer_id=producer["id"])
        assert not read["wrong"], read["wrong"]
        found: list[dict[str, Any]] = await api.get("/catalog/api/products", producer_id=producer["id"])
        return found

    return [product for found in await together(load, difficult_farms(SIZE, seed=1), 4) for product in found]


async def _heard_by_all(topology: Topology, api: Api) -> None:
    """Wait until nothing is on its way between the services."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LOADED_SECONDS
    while loop.time() < deadline:
        said = [await api.get(f"/{name}/health/ready") for name in NAMES]
        if all(one["outbox_oldest_seconds"] == 0 and not any(one["lag"].values()) for one in said):
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the template was not loaded within {LOADED_SECONDS:.0f} s: {said}")
