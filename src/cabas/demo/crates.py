"""What makes a purchasing group more than a shop, in the demo's week: crates, a minimum, a producer who is short.

BioEspuña's lemons come in nets of 1 kg, trays of 5 kg and crates of 10 kg, all out of the same crates; grapefruit is
completed with avocados; a case of rice is not filled and put off; a mill's minimum is missed and somebody takes the
rest; a pasta maker has too little and sends another pasta to whoever agreed. Coordinator, households and producer do
what they do on their pages, over the same addresses.
"""

import html
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from cabas.demo import contracts, goods
from cabas.demo.network import Deliveries
from cabas.demo.week import NotInTime, Week

COMPLETION_HOURS = 2
MILL, PASTA = "Moulin de Tréziers", "Pâtes de la Piège"
UNDER_MANDATE = (PASTA, "Le Four de Tréziers", "Laiterie du Razès")
"""The hub sells in their name, collects for them and earns a commission."""
MINIMUM_CENTS = 80_00
SHORT, INSTEAD = "Penne complètes", "Coquillettes"
BROUGHT = 6
"""Packets of the short pasta that there are."""

POOLS = {
    "Citrons": (("BE-CIT-1", "BE-CIT-5", "BE-CIT-10"), "10", "Lemons"),
    "Pomelos": (("BE-POM-1",), "10", "Grapefruit"),
    "Avocats": (("BE-AVO-1",), "", "Avocados"),
}
"""Of BioEspuña: name -> references of the sizes, kilos of a case, English name."""
MIXED = ("Pomelos", "Avocats")
"""A crate of the first may be completed with the second."""

Told = Callable[[str], None]


@dataclass(frozen=True)
class Ask:
    """A line that is ordered for the story: so many pieces of a product by its farm and reference, or name and pack.

    `who`: which household, counted round where there are few.
    """

    who: int
    farm: str
    product: str
    pieces: int
    tolerance: int = 0
    substitute: bool = False


ASKS = (
    Ask(0, goods.BIOESPUNA, "BE-CIT-10", 1),
    Ask(1, goods.BIOESPUNA, "BE-CIT-5", 1),
    Ask(2, goods.BIOESPUNA, "BE-CIT-1", 3, tolerance=2),
    Ask(1, goods.BIOESPUNA, "BE-POM-1", 4),
    Ask(2, goods.BIOESPUNA, "BE-AVO-1", 3),
    Ask(3, goods.BIOESPUNA, "BE-RIZ-1", 5),
    Ask(3, MILL, "Farine de blé de Tréziers T80, sac 25 kg", 1),
    Ask(4, MILL, "Farine de blé de Tréziers T80, sac 5 kg", 2),
    Ask(0, PASTA, f"{SHORT}, sachet 500 g", 4, substitute=True),
    Ask(1, PASTA, f"{SHORT}, sachet 500 g", 3),
    Ask(2, PASTA, f"{SHORT}, sachet 500 g", 3, substitute=True),
    Ask(3, PASTA, f"{INSTEAD}, sachet 500 g", 1),
)
COMPLETING = Ask(1, goods.BIOESPUNA, "BE-POM-1", 3)
"""What is ordered more while begun cases can be filled."""
TAKES_THE_REST = 4
"""The household that takes what the mill's minimum lacks."""


def farms(week: Week) -> list[goods.Farm]:
    """The farms of the week: as in every demo, but for the minimum of the mill, and those whose goods the hub sells in
    their name."""
    special: dict[str, dict[str, Any]] = {MILL: {"minimum": {"kind": "money", "amount": MINIMUM_CENTS}}}
    if week.token_of:
        special |= {name: {"sale": "mandate"} for name in UNDER_MANDATE}
    return [
        replace(farm, sheet=farm.sheet | special.get(farm.name, {}))
        for farm in goods.farms(week.size.producers, week.size.products, week.seed)
    ]


@dataclass
class Crates:
    """The story of a week. `told`: what happened, a sentence each."""

    week: Week
    told: list[str] = field(default_factory=list)
    turn: int = 0
    """By how many households the lines of the story have moved on: in a year everybody has their turn."""
    completing: bool = False

    async def live(self, told: Told) -> None:
        """From an empty hub to settled orders."""
        week = self.week
        week.farms = farms(week)
        for name, sentence, work in (
            ("price_lists", "producers send their price lists", week.load_price_lists),
            ("crates", "BioEspuña says which sizes fill the same crates", self.pack),
            ("eggs", "the egg farm names its packing centre", Deliveries(week).name_the_packing_centre),
            ("contracts", "producers sign mandate contracts", self.sign),
            ("households", "groups and households are registered", week.register_households),
            ("cycle", "the cycle opens", self.open_cycle),
            ("orders", "households order", week.place_orders),
            ("closing", "the cycle closes", self.close),
            ("completion", "a begun crate is filled", self.complete),
            ("decisions", "the coordinator decides", self.decide),
            ("pick_lists", "pick lists are issued", week.wait_for_pick_lists),
            ("amounts_due", "amounts due are computed", week.wait_for_amounts),
            ("answer", "a producer answers that it is short", self.answer),
        ):
            with week.step(name):
                await work()
            told(f"{sentence}: {week.seconds[name]:.2f} s")
        self.told += await self.shared_out()

    # --- before ---

    async def pack(self) -> None:
        """More sizes on BioEspuña's list, and the pools they fill."""
        api, week = self.week.api, self.week
        producer_id = week.product("BE-CIT-10")["producer_id"]
        header, *rows = (goods.DATA / "crates.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        await self._send(producer_id, header + "".join(rows[:-1]))
        # Ours, so that asking twice makes one pool.
        ids = {name: str(uuid5(NAMESPACE_URL, f"{producer_id}/{name}")) for name in POOLS}
        for name, (references, case, english) in reversed(POOLS.items()):
            fields: dict[str, Any] = {"id": ids[name], "producer_id": producer_id, "unit": "kg", "case": case}
            if name == MIXED[0]:
                fields["completes_with"] = ids[MIXED[1]]
            await api.submit("/catalog/pools/new", fields | {"name_fr": name, "name_en": english})
            sizes = [week.product(reference)["id"] for reference in references]
            await api.submit(f"/catalog/pools/{ids[name]}/sizes", {"sizes": sizes})
        # Last: a cycle that can offer it has heard of the pools too.
        await self._send(producer_id, header + rows[-1])

    async def _send(self, producer_id: str, rows: str) -> None:
        week = self.week
        found = await week.api.send_csv("/catalog/api/price-lists", rows.encode(), producer_id=producer_id)
        if found["wrong"]:
            raise NotInTime(f"lines of {goods.BIOESPUNA} were refused: {found['wrong']}")
        others = [one for one in week.products if one["producer_id"] != producer_id]
        week.products = others + await week.api.get("/catalog/api/products", producer_id=producer_id)

    async def sign(self) -> None:
        """Contracts with those in whose name the hub sells. Where the demo cannot sign for them nobody is."""
        week = self.week
        if week.token_of is None:
            return
        for one in await week.api.get("/catalog/api/producers"):
            if one["name"] in UNDER_MANDATE:
                await contracts.sign(week.api, week.token_of, one, week.today)

    async def open_cycle(self) -> None:
        self.script()
        await self.week.open_cycle(completion_hours=COMPLETION_HOURS)

    def script(self) -> None:
        """Write the lines of the story beside what households order by themselves."""
        week = self.week
        week.more_lines = {}
        mine = {week.product(ask.product, ask.farm)["id"] for ask in ASKS}
        week.apart = frozenset(mine | {one["id"] for one in week.products if one["producer_name"] == MILL})
        for ask in ASKS:
            line = {
                "product_id": week.product(ask.product, ask.farm)["id"],
                "quantity_thousandths": ask.pieces * 1000,
                "tolerance_thousandths": ask.tolerance * 1000,
                "substitute": ask.substitute,
            }
            lines = week.more_lines.setdefault(self._household(ask.who), [])
            same = next((one for one in lines if one["product_id"] == line["product_id"]), None)
            if same is None:
                lines.append(line)
            else:
                same["quantity_thousandths"] += line["quantity_thousandths"]

    # --- the closing ---

    async def close(self) -> None:
        self.completing = await self.week.close() == "completing"

    async def complete(self) -> None:
        """In the hours after the closing a household takes what a begun crate lacks; then they are over. A closing that
        had to be asked for twice has ended them."""
        if not self.completing:
            return
        week = self.week
        household, more = self._household(COMPLETING.who), week.product(COMPLETING.product)
        lines = [dict(line) for line in week.orders[household]["lines"]]
        for line in lines:
            if line["product_id"] == more["id"]:
                line["quantity_thousandths"] += COMPLETING.pieces * 1000
        await week.order(household, lines)
        await week.close()
        self.told.append(
            f"In the hours after the closing {week.home(household).name} takes {COMPLETING.pieces} kg of "
            f"{name_of(more)} more: the crate is full."
        )

    async def decide(self) -> None:
        """The mill's minimum: a household takes what is missing. The rice: put off to the next cycle."""
        url = f"/ordering/api/cycles/{self.week.cycle_id}/decisions"
        for decision in (await self.week.api.get(url))["decisions"]:
            await self.choose(decision, "top_up" if decision["kind"] == "minimum" else "next_cycle")
        await self.week.api.post(f"{url}/settle")

    async def choose(self, decision: dict[str, Any], option: str) -> None:
        """Decide; where nobody can take the rest, it is put off."""
        week = self.week
        if option == "top_up" and option not in decision["options"]:
            option = "next_cycle"
        choice = {"subject": decision["subject"], "option": option}
        if option == "top_up":
            choice["order_id"] = week.orders[self._household(TAKES_THE_REST)]["id"]
            choice["product_id"] = decision["rests"][0]["product_id"]
        await week.api.post(f"/ordering/api/cycles/{week.cycle_id}/decisions", choice)
        self.told.append(decided(decision, option))

    def _household(self, number: int) -> str:
        return self.week.household(number + self.turn)

    # --- after ---

    async def answer(self) -> None:
        """The pasta maker opens the link of its mail, without an account, and says what it has. All else follows."""
        api, week = self.week.api, self.week
        lists = (await week.totals("logistics"))["pick_lists"]
        mine = next(one for one in lists if one["producer_name"] == PASTA)
        page = await api.page(f"/logistics/pick-lists/{mine['id']}")
        link = re.search(r'class="share-link" href="([^"]+)"', page)
        if link is None:
            raise NotInTime(f"the list of {PASTA} has no link to pass on")
        path = urlsplit(html.unescape(link[1])).path
        page = await api.page(path, signed_in=False)
        fields: dict[str, Any] = dict(re.findall(r'name="(revision|seen|csrf_token)" value="([^"]*)"', page))
        fields |= dict.fromkeys(re.findall(r'name="(take-[^"]+)"', page), "all")
        short, instead = (week.product(f"{name}, sachet 500 g", PASTA)["id"] for name in (SHORT, INSTEAD))
        fields |= {f"take-{short}": "less", f"quantity-{short}": str(BROUGHT), f"substitute-{short}": instead}
        await api.submit(path, fields, signed_in=False)
        self.told.append(f"{PASTA} brings {BROUGHT} packets of {SHORT}, and {INSTEAD} to those who agreed to it.")
        await week.wait_for_revision([mine["id"]])

    async def shared_out(self) -> list[str]:
        """What the crates came to, and every line that got something else than it asked, with the reason."""
        week = self.week
        differences = await week.differences()
        asked: Counter[str] = Counter()
        for order in week.orders.values():
            for line in order["lines"]:
                asked[line["product_id"]] += line["quantity_thousandths"]
        given = Counter(asked)
        for line in differences:
            given[line["product_id"]] += line["given_thousandths"] - line["asked_thousandths"]
        told = []
        for names in (("Citrons",), MIXED):
            sizes = [week.product(reference) for name in names for reference in POOLS[name][0]]
            parts = ", ".join(f"{given[one['id']] // 1000} × {name_of(one)}" for one in sizes)
            kilos = [sum(of[one["id"]] * one["content_thousandths"] for one in sizes) // 10**6 for of in (asked, given)]
            told.append(f"{parts}: {kilos[0]} kg asked, {kilos[1]} kg given, all from crates of 10 kg.")
        households = {order["id"]: household for household, order in week.orders.items()}
        products = {one["id"]: one for one in week.products}
        for line in differences:
            home, what = week.home(households[line["order_id"]]), name_of(products[line["product_id"]])
            wanted, got = (f"{line[which] / 1000:g}" for which in ("asked_thousandths", "given_thousandths"))
            told.append(f"{home.name} ({home.group}), {what}: asked {wanted}, gets {got}. {line['reason']}")
        return told


def name_of(product: dict[str, Any]) -> str:
    return ", ".join(filter(None, (product["name"]["en"] or product["name"]["fr"], product["pack_label"])))


def decided(decision: dict[str, Any], option: str) -> str:
    """What was decided on which facts, in one sentence."""
    name = decision["name"]["en"] or decision["name"]["fr"]
    what = {
        "as_it_is": "left as it is",
        "top_up": "a household takes what is missing",
        "next_cycle": "put off to the next cycle",
        "cancel": "cancelled, and everybody is told",
    }[option]
    if decision["kind"] == "minimum":
        least, reached = decision["minimum"]["amount"] / 100, decision["reached"] / 100
        return f"{name} asks for at least {least:.2f} €, {reached:.2f} € are ordered: {what}."
    return f"{name}: {decision['asked'] // 1000} are asked, a case holds {decision['case'] // 1000}: {what}."
