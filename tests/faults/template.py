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
from uuid import NAMESPACE_URL, uuid5

from cabas.demo import contracts
from cabas.demo.api import Api, together
from cabas.demo.goods import Farm
from cabas.demo.money import IBANS, keep_account, written
from cabas.demo.purses import Purse
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.parts import NAMES
from chassis.clock import SystemClock
from tests.faults.packing import AGENT_OF, BRINGS_FOR, POOLED, POOLS, SOLD_AGAIN, difficult_farms
from tests.faults.postgres import Postgres
from tests.topology import FiveProcesses, OneProcess, Starter, Topology

SIZE = Size(groups=4, producers=4, products=40, orders=16, lines_each=5)
AGREED = 6
"""So many households have signed a mandate for direct debits."""
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
    """By farm and reference: of one template and the next each has the same number."""
    group_ids: list[str]
    household_ids: list[str]
    group_of: dict[str, str]
    """Household -> group."""
    bags: list[str]
    """Groups whose goods are split by household."""
    pools: list[dict[str, Any]]
    """`id`, `name`, `case` and `available` (thousandths of a kilo, or None), `completed_by` (id, or ""), `sizes`:
    product -> thousandths that one takes."""
    shelf: str
    """The household that takes what is left over of cases."""
    agent_of: str
    """The producer under mandate, for whom the hub collects."""
    fee_of: str
    """The producer that charges `BRINGS_FOR`."""
    between: str
    """The group whose households settle between them."""
    resold: str
    """The supplier whose goods the hub sells again: households owe them to the hub."""

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Of every pool the numbers of its products."""
        number = {product["id"]: index for index, product in enumerate(self.products)}
        return tuple(tuple(sorted(number[product] for product in pool["sizes"])) for pool in self.pools)


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
    topology.environment |= {"CABAS_HUB_IBAN": contracts.HUB_IBAN, "CABAS_CREDITOR_ID": contracts.CREDITOR_ID}
    try:
        await topology.start()
        api = Api(topology.url, topology.token, connections=8)
        week = Week(api, SIZE, seed=1, now=SystemClock().now())
        today = week.today
        products, agent_of = await _load_price_lists(api)
        await contracts.sign(api, topology.token_of, agent_of, today)
        await keep_account(api, agent_of["id"], agent_of["name"], IBANS[0])
        pools = await _link_sizes(api, products)
        await week.register_households()
        shelf = week.household_ids[-1]
        await api.submit(f"/ordering/households/{shelf}/marks", {"takes_surplus": "on"})
        await _heard_by_all(topology, api)
        fee_of = next(one["producer_id"] for one in products if one["producer_name"] == POOLED)
        await _charge(api, fee_of, today.isoformat())
        await _heard_by_all(topology, api)
        between = next(iter(week.group_ids.values()))
        way = {"id": str(uuid5(NAMESPACE_URL, f"way of {between}")), "settles": "yes"}
        await api.submit(f"/billing/between/groups/{between}", way | {"first_day": today.isoformat()})
        for household_id in week.household_ids[:AGREED]:
            await Purse(api, household_id, {}).agree_to_debits("Marie Roux", today.isoformat())
        await api.close()
    finally:
        await topology.stop()
        await topology.end(signal.SIGKILL, *topology.processes)
    village = Village(
        products=sorted(products, key=lambda product: (product["producer_name"], product["reference"])),
        group_ids=list(week.group_ids.values()),
        household_ids=week.household_ids,
        group_of={
            household: week.group_ids[home.group]
            for household, home in zip(week.household_ids, week.homes, strict=True)
        },
        pools=pools,
        shelf=shelf,
        agent_of=agent_of["id"],
        fee_of=fee_of,
        between=between,
        resold=next(one["producer_id"] for one in products if one["producer_name"] == SOLD_AGAIN),
        bags=[group for number, group in enumerate(week.group_ids.values()) if number % 4 == 3],
    )
    (template / "village.json").write_text(json.dumps(village.__dict__))


async def _load_price_lists(api: Api) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The products, as the catalog tells them, and the producer under mandate."""

    async def load(farm: Farm) -> list[dict[str, Any]]:
        producer = await api.post("/catalog/api/producers", farm.sheet)
        read = await api.send_csv("/catalog/api/price-lists", farm.price_list, producer_id=producer["id"])
        assert not read["wrong"], read["wrong"]
        found: list[dict[str, Any]] = await api.get("/catalog/api/products", producer_id=producer["id"])
        return found

    products = [product for found in await together(load, difficult_farms(SIZE, seed=1), 4) for product in found]
    producers = await api.get("/catalog/api/producers")
    return products, next(one for one in producers if one["name"] == AGENT_OF)


async def _charge(api: Api, producer_id: str, day: str) -> None:
    """What the producer takes for bringing its goods."""
    fee = {"id": str(uuid5(NAMESPACE_URL, f"fee of {producer_id}")), "seen": "0", "name": "Port", "share_by": "value"}
    fee |= {"earner": producer_id, "first_day": day, "kind": "per_order", "amount": written(BRINGS_FOR)}
    await api.submit("/billing/fees/new", fee)


async def _link_sizes(api: Api, products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say which sizes draw on one quantity, as a producer does on its pages."""
    its = {product["reference"]: product for product in products if product["producer_name"] == POOLED}
    producer_id = next(iter(its.values()))["producer_id"]
    ids = {pool.name: str(uuid5(NAMESPACE_URL, f"{producer_id}/{pool.name}")) for pool in POOLS}
    found = []
    for pool in POOLS:
        fields: dict[str, Any] = {"id": ids[pool.name], "producer_id": producer_id, "unit": "kg", "name_fr": pool.name}
        fields |= {"case": pool.case or "", "available": pool.available or ""}
        fields |= {"completes_with": ids[pool.completed_by]} if pool.completed_by else {}
        await api.submit("/catalog/pools/new", fields)
        sizes = {its[reference]["id"]: its[reference]["content_thousandths"] for reference in pool.references}
        await api.submit(f"/catalog/pools/{ids[pool.name]}/sizes", {"sizes": list(sizes)})
        found.append(
            {
                "id": ids[pool.name],
                "name": pool.name,
                "case": pool.case and pool.case * 1000,
                "available": pool.available and pool.available * 1000,
                "completed_by": ids.get(pool.completed_by, ""),
                "sizes": sizes,
            }
        )
    return found


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
