"""A week with something to show on each screen of the hub.

There is a cycle in each state: settled with a producer's answer, filling its cases, waiting for decisions, and open
with what was put off; a rhythm with a year to come.
"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta

from cabas.demo.crates import COMPLETION_HOURS, PASTA, Crates, farms
from cabas.demo.size import Size
from cabas.demo.week import Week
from chassis.clock import RandomIds

SIZE = Size(groups=2, producers=19, products=136, orders=6, lines_each=2)
"""The mill sells three sizes of flour then, and the pasta maker what it is short of."""
PRODUCER = "pates@example.org"
OPERATOR = "machine@example.org"
PUT_OFF = 3
"""The household whose rice was put off; it has not ordered since."""
ID = "[0-9a-f-]{36}"


@dataclass
class Stages:
    """Ids of the cycles, of an order in each, and what the settled one left. `paths`: of pages found on others."""

    cycles: dict[str, str] = field(default_factory=dict)
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    list_id: str = ""
    other_list_id: str = ""
    pool_id: str = ""
    product_id: str = ""
    producer_id: str = ""
    pasta_maker: str = ""
    group_id: str = ""
    paths: dict[str, str] = field(default_factory=dict)


STAGES = Stages()


async def load(week: Week) -> None:
    """A cycle in each state. What is put off goes to the one that opens last."""
    crates = Crates(week)
    week.farms = farms(week)
    await week.load_price_lists()
    await crates.pack()
    await week.register_households()
    await charge(week)
    for stage, hours in (("completing", COMPLETION_HOURS), ("deciding", 0), ("settled", COMPLETION_HOURS)):
        crates.script()
        await week.open_cycle(completion_hours=hours)
        await week.place_orders()
        await week.close()
        keep(week, stage)
    crates.completing = True
    await crates.complete()
    await crates.decide()
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    await crates.answer()
    lists = (await week.totals("logistics"))["pick_lists"]
    STAGES.list_id = next(one["id"] for one in lists if one["producer_name"] == PASTA)
    STAGES.other_list_id = next(one["id"] for one in lists if one["producer_name"] != PASTA and one["lines"] > 2)
    lemons = week.product("BE-CIT-1")
    STAGES.pool_id, STAGES.product_id, STAGES.producer_id = lemons["pool_id"], lemons["id"], lemons["producer_id"]
    STAGES.pasta_maker = next(one["producer_id"] for one in week.products if one["producer_name"] == PASTA)
    await week.open_cycle(completion_hours=COMPLETION_HOURS)
    for number in range(PUT_OFF):
        household = week.household(number)
        await week.order(household, week.more_lines[household])
    keep(week, "open")
    await plan(week)
    await ask_to_be_paid(week)
    await settle_between(week)
    await invite(week, "Pascale", PRODUCER, role="producer", producer_id=STAGES.pasta_maker)
    await invite(week, "Olivier", OPERATOR, role="operator")
    await furnish(week)
    await find(week)
    await plan_the_day(week)


def keep(week: Week, stage: str) -> None:
    STAGES.cycles[stage] = week.cycle_id
    STAGES.orders[stage] = {household: order["id"] for household, order in week.orders.items()}


async def plan(week: Week) -> None:
    """The first group orders on every third Saturday besides."""
    fields = {
        "name": "Troisième samedi",
        "groups": next(iter(week.group_ids.values())),
        "every": "months",
        "months": "1",
        "nth": "3",
        "weekday": "5",
        "first": str((week.now + timedelta(days=1)).date()),
        "opens_days": "12",
        "opens_at": "08:00",
        "closes_days": "5",
        "closes_at": "20:00",
        "offers": "season",
        "on_holiday": "before",
        "hours_on_holiday": "keep",
        "ahead_weeks": "0",
        "active": "on",
        "do": "save",
    }
    await week.api.submit("/ordering/rhythms/new", fields)


async def ask_to_be_paid(week: Week) -> None:
    """Both groups have a limit; a household has left a caution, and one is let through."""
    for group_id in week.group_ids.values():
        asked = {"days": "7", "limit": "9000", "caution": "", "seen": ",,"}
        await week.api.submit(f"/ordering/groups/{group_id}/payment", asked)
    today = str(week.now.date())
    left = {"id": RandomIds().new(), "kind": "cash", "amount": "50", "day": today}
    await week.api.submit(f"/billing/households/{week.household(2)}/caution/new", left)
    until = str((week.now + timedelta(days=30)).date())
    through = {"id": RandomIds().new(), "reason": "Entre deux emplois", "until": until}
    await week.api.submit(f"/ordering/households/{week.household(1)}/payment", through)


async def charge(week: Week) -> None:
    """Transport on every order, and a fund that pays for one household."""
    today = str(week.now.date())
    transport = {"id": RandomIds().new(), "seen": "0", "name": "Transport", "earner": "hub", "first_day": today}
    await week.api.submit(
        "/billing/fees/new", transport | {"kind": "per_order", "amount": "5", "free_from": "50", "share_by": "value"}
    )
    given = {"id": RandomIds().new(), "giver": "Ville de Limoux", "kind": "transfer", "amount": "10", "day": today}
    await week.api.submit("/billing/fund/grants", given)

    async def heard() -> bool:
        return bool(await week.api.page(f"/billing/households/{week.household(2)}"))

    await week.until("the household in billing", heard)
    share = {"id": RandomIds().new(), "household": week.household(2), "percent": "90", "first_day": today}
    await week.api.submit("/billing/fund/bands", share)


async def settle_between(week: Week) -> None:
    """The group of one household has no account: it paid a producer for others, and is paid back."""
    home = week.home(week.household(2))
    STAGES.group_id = week.group_ids[home.group]
    group = f"/billing/between/groups/{STAGES.group_id}"
    await week.api.submit(group, {"id": RandomIds().new(), "settles": "yes", "first_day": "2020-01-01"})
    delivery = f"{group}/cycles/{STAGES.cycles['settled']}"
    ways = re.findall(f'href="({delivery}/advances/new[^"]*)"', await week.api.page(delivery))
    STAGES.paths["advance-new"] = ways[-1]
    payer = week.household(2)
    for way in ways:
        form = await week.api.page(way)
        covers = re.findall('name="covers" value="([^"]*)"', form)
        if covers != [payer]:
            break
    fields = {"id": RandomIds().new(), "kind": "cheque", "day": str(week.now.date())}
    for name in ("producer_id", "amount"):
        fields[name] = re.findall(f'name="{name}"[^>]* value="([^"]*)"', form)[0]
    await week.api.submit(f"{delivery}/advances/new", fields | {"household_id": payer, "covers": covers})
    await week.api.submit(f"{group}/rounds", {"id": RandomIds().new(), "cycle_id": STAGES.cycles["settled"]})


async def furnish(week: Week) -> None:
    """Places that events told of, a dock, a van with an expired certificate, who drives it, and a box that is lent."""
    network = "/logistics/network"
    await week.api.submit(f"{network}/known", {})
    dock = {"id": "dock", "kind": "dock", "name": "Quai de Limoux", "latitude": "43,05", "longitude": "2,21"}
    await week.api.submit(f"{network}/sites/new", dock | {"room-1-volume": "4000", "hours-4": "06:00-12:00"})
    cold = {"room-1-volume": "1500", "room-1-coldest": "0", "room-1-warmest": "12"}
    van = {"id": "van", "name": "Kangoo", "payload": "600", "certificate": "FRC", "certified_until": "2026-01-31"}
    await week.api.submit(f"{network}/vehicles/new", van | cold)
    box = {"id": "box", "kind": "box", "number": "G-07", "volume": "45", "coldest": "0", "warmest": "4"}
    hold = {"hold-1-outside": "25", "hold-1-minutes": "600", "stands_at": "dock"}
    await week.api.submit(f"{network}/boxes/new", box | hold)
    await week.api.submit(f"{network}/boxes/box/move", {"last": "1", "move": "lent", "lent_to": "Josette"})
    driver = {"id": "marcel", "name": "Marcel", "kind": "volunteer", "starts_at": "dock", "vehicles": "van"}
    await week.api.submit(f"{network}/carriers/new", driver)
    declared = {"id": "declared", "producer_id": STAGES.pasta_maker, "category": "DAIRY", "within_share": "1"}
    await week.api.submit("/logistics/dispensations/new", declared | {"declared_on": "2026-03-02"})
    await measure(week)


async def measure(week: Week) -> None:
    """A recorder and a probe in the van."""
    cold, place = "/logistics/temperatures", "vehicle|van|van:1"
    recorder = {"id": "recorder", "name": "Enregistreur du Kangoo", "place": place, "zone": "hub", "order": "dmy"}
    await week.api.submit(f"{cold}/recorders/new", recorder)
    await week.api.submit(f"{cold}/probes/new", {"id": "probe", "name": "Sonde", "place": place, "every": "15"})


async def invite(week: Week, name: str, email: str, **role: str) -> None:
    person = RandomIds().new()
    await week.api.submit("/ordering/people/new", {"id": person, "name": name, "email": email, "language": "fr"})
    await week.api.submit(f"/ordering/people/{person}/roles", role)


async def find(week: Week) -> None:
    """What is only known by the pages that lead to it."""
    people = f"/ordering/households/{week.household(0)}"
    shared = r'class="share-link" href="[^"]*?(/logistics/[^"]+)"'
    for name, page, address in (
        ("link", f"/logistics/pick-lists/{STAGES.other_list_id}", shared),
        ("fee", "/billing/fees", f'href="(/billing/fees/{ID})"'),
        ("rhythm", "/ordering/rhythms", f'href="(/ordering/rhythms/{ID})"'),
        ("person", "/ordering/people", f'href="(/ordering/people/{ID})"'),
        ("group", "/ordering/groups", f'href="(/ordering/groups/{ID})"'),
        ("household-person", people, f'href="({people}/people/{ID})"'),
        ("household-leave", people, f'href="({people}/people/{ID}/leave)"'),
        ("certificate-file", "/catalog/certificates", 'href="(/catalog/certificates/[^"/]+/file)"'),
        ("price-list", f"/catalog/producers/{STAGES.pasta_maker}", f'href="(/catalog/import/{ID})"'),
        ("day", "/logistics/days", r'href="(/logistics/days/[0-9-]+)"'),
        ("way", "/logistics/ways?site=dock", r'href="(/logistics/ways/[^"/]+/[^"/]+)"'),
        ("mail", "/notify/mailbox", 'href="(/notify/mailbox/[^"]+)"'),
    ):
        found = re.search(address, await week.api.page(page))
        assert found, f"{page} leads to no {name}"
        STAGES.paths[name] = found[1]


async def plan_the_day(week: Week) -> None:
    """A draft of the first day of deliveries, of which the one van carries what it can; and another one without it."""
    asked = {"id": "draft-1", "outside": "25", "seconds": "1", "seed": "1"}
    await week.api.submit(f"{STAGES.paths['day']}/drafts", asked)
    await planned(week, "/logistics/drafts/draft-1")
    await week.api.submit("/logistics/drafts/draft-1/without", {"id": "draft-2", "thing": "carrier:marcel"})
    await planned(week, "/logistics/drafts/draft-2")


async def planned(week: Week, draft: str) -> None:
    async with asyncio.timeout(120):
        while "http-equiv" in await week.api.page(draft):
            await asyncio.sleep(0.1)
