"""The screens of the hub: whose they are, and where; and a week with something to show on each of them.

There is a cycle in each state: settled with a producer's answer, filling its cases, waiting for decisions, and open
with what was put off; a rhythm with a year to come.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from visitor import Hub

from cabas.demo.crates import COMPLETION_HOURS, PASTA, Crates, farms
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.parts import NAMES
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
        ("mail", "/notify/mailbox", 'href="(/notify/mailbox/[^"]+)"'),
    ):
        found = re.search(address, await week.api.page(page))
        assert found, f"{page} leads to no {name}"
        STAGES.paths[name] = found[1]


Where = Callable[[Hub], str]


def order_of(hub: Hub, stage: str, number: int) -> str:
    return STAGES.orders[stage][hub.week.household(number)]


def cycle(stage: str, rest: str = "") -> Where:
    return lambda hub: f"/ordering/cycles/{STAGES.cycles[stage]}{rest}"


def member_shop(stage: str, number: int) -> Where:
    return lambda hub: f"/ordering/shop/{STAGES.cycles[stage]}/{hub.week.household(number)}"


def at(path: str) -> Where:
    return lambda _hub: path


def found(name: str) -> Where:
    return lambda _hub: STAGES.paths[name]


COORDINATORS: dict[str, Where] = {
    "home": at("/"),
    "me": at("/ordering/me"),
    "cycles": at("/ordering/cycles"),
    "cycle-new": at("/ordering/cycles/new"),
    "cycle-open": cycle("open"),
    "cycle-edit": cycle("open", "/edit"),
    "cycle-hours": cycle("open", "/hours"),
    "cycle-completing": cycle("completing"),
    "cycle-deciding": cycle("deciding"),
    "cycle-settled": cycle("settled"),
    "cycle-close": cycle("open", "/close"),
    "decisions": cycle("deciding", "/decisions"),
    "decided": cycle("settled", "/decisions"),
    "order-form": lambda hub: (
        f"/ordering/cycles/{STAGES.cycles['open']}/order-form/{next(iter(hub.week.group_ids.values()))}"
    ),
    "entry": cycle("open", "/entry"),
    "entry-one": lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/entry/{hub.week.household(0)}",
    "shop-on-behalf": lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/orders/{hub.week.household(0)}",
    "rhythms": at("/ordering/rhythms"),
    "rhythm": found("rhythm"),
    "rhythm-new": at("/ordering/rhythms/new"),
    "rhythm-week": at("/ordering/rhythms/week"),
    "calendars": at("/ordering/calendars"),
    "groups": at("/ordering/groups"),
    "group": found("group"),
    "group-new": at("/ordering/groups/new"),
    "group-payment": lambda hub: f"/ordering/groups/{next(iter(hub.week.group_ids.values()))}/payment",
    "households": at("/ordering/households"),
    "household": lambda hub: f"/ordering/households/{hub.week.household(0)}",
    "household-payment": lambda hub: f"/ordering/households/{hub.week.household(0)}/payment",
    "household-new": at("/ordering/households/new"),
    "household-person": found("household-person"),
    "household-person-new": lambda hub: f"/ordering/households/{hub.week.household(0)}/people/new",
    "household-leave": found("household-leave"),
    "households-import": at("/ordering/households/import"),
    "people": at("/ordering/people"),
    "person": found("person"),
    "person-new": at("/ordering/people/new"),
    "pick-lists": at("/logistics/pick-lists"),
    "network": at("/logistics/network"),
    "day": found("day"),
    "days": at("/logistics/days"),
    "network-box": at("/logistics/network/boxes/box"),
    "network-boxes": at("/logistics/network/boxes"),
    "network-carrier": at("/logistics/network/carriers/marcel"),
    "network-carrier-new": at("/logistics/network/carriers/new"),
    "network-site": at("/logistics/network/sites/dock"),
    "network-site-edit": at("/logistics/network/sites/dock/edit"),
    "network-site-new": at("/logistics/network/sites/new"),
    "network-vehicle": at("/logistics/network/vehicles/van"),
    "network-vehicle-new": at("/logistics/network/vehicles/new"),
    "answer-by-phone": lambda hub: f"/logistics/pick-lists/{STAGES.other_list_id}",
    "list-revised": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}",
    "logistics-cycle": lambda hub: f"/logistics/cycles/{STAGES.cycles['settled']}",
    "amounts-cycles": at("/billing/cycles"),
    "amounts": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}",
    "delivered": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}/delivery",
    "household-amount": lambda hub: f"/billing/households/{hub.week.household(2)}",
    "cycle-invoices": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}/invoices",
    "household-invoices": lambda hub: (
        f"/billing/households/{hub.week.household(2)}/invoices?cycle={STAGES.cycles['settled']}"
    ),
    "invoices": at("/billing/invoices"),
    "claims": at("/billing/claims"),
    "claim-new": lambda hub: f"/billing/households/{hub.week.household(2)}/claims/new?cycle={STAGES.cycles['settled']}",
    "fees": at("/billing/fees"),
    "fee": found("fee"),
    "fee-new": at("/billing/fees/new"),
    "fund": at("/billing/fund"),
    "between": at("/billing/between"),
    "between-group": lambda hub: f"/billing/between/groups/{STAGES.group_id}",
    "between-delivery": lambda hub: f"/billing/between/groups/{STAGES.group_id}/cycles/{STAGES.cycles['settled']}",
    "advance-new": found("advance-new"),
    "band": lambda hub: f"/billing/fund/bands?household={hub.week.household(2)}",
    "gift-new": lambda hub: f"/billing/households/{hub.week.household(2)}/gift/new",
    "ledger": at("/billing/ledger"),
    "journal": lambda hub: f"/billing/ledger/journal?household={hub.week.household(2)}",
    "entry-booked": lambda hub: f"/billing/ledger/entries/{STAGES.producer_id}/1",
    "closings": lambda hub: f"/billing/ledger/closings?book={STAGES.producer_id}",
    "entries-file": at("/billing/ledger/fec"),
    "archive": at("/billing/ledger/archive"),
    "seals": at("/billing/ledger/seals"),
    "seal": at("/billing/ledger/seals/1"),
    "payments": at("/billing/payments"),
    "cheques-in-hand": at("/billing/payments/cheques"),
    "till": at("/billing/payments/till"),
    "aged-balance": at("/billing/payments/aged"),
    "reminders": at("/billing/payments/reminders"),
    "banks": at("/billing/bank"),
    "bank-new": at("/billing/bank/new"),
    "deposit-slips": at("/billing/payments/slips"),
    "debits": at("/billing/debits"),
    "debit-new": at("/billing/debits/new"),
    "debit-mandates": at("/billing/debits/mandates"),
    "debit-mandate": lambda hub: f"/billing/households/{hub.week.household(2)}/debit",
    "payouts": at("/billing/payouts"),
    "payout-new": at("/billing/payouts/new"),
    "producer-accounts": at("/billing/payouts/accounts"),
    "producer-account": lambda hub: f"/billing/payouts/accounts/{STAGES.producer_id}",
    "payment-new": lambda hub: f"/billing/households/{hub.week.household(2)}/payments/new",
    "cautions": at("/billing/cautions"),
    "caution": lambda hub: f"/billing/households/{hub.week.household(2)}/caution",
    "caution-new": lambda hub: f"/billing/households/{hub.week.household(2)}/caution/new",
    "caution-out": lambda hub: f"/billing/households/{hub.week.household(2)}/caution/out",
    "household-statement": lambda hub: f"/billing/households/{hub.week.household(2)}/statement",
    "expenses": at("/billing/expenses"),
    "expense-new": at("/billing/expenses/new"),
    "wallets": at("/billing/wallets"),
    "wallet": lambda hub: f"/billing/households/{hub.week.household(2)}/wallet",
    "wallet-new": lambda hub: f"/billing/households/{hub.week.household(2)}/wallet/new",
    "wallet-out": lambda hub: f"/billing/households/{hub.week.household(2)}/wallet/out",
    "payee-account": lambda hub: f"/billing/households/{hub.week.household(2)}/account",
    "memberships": at("/billing/memberships"),
    "membership-new": lambda hub: f"/billing/households/{hub.week.household(2)}/membership/new",
    "accounts": at("/billing/accounts"),
    "account": lambda hub: f"/billing/accounts/{STAGES.producer_id}",
    "papers": at("/billing/papers"),
    "papers-due": at("/billing/papers/due"),
    "purchases": at("/billing/purchases"),
    "margins": lambda hub: f"/billing/purchases/cycles/{STAGES.cycles['settled']}",
    "vat": at("/billing/vat"),
    "mandates": at("/billing/mandates"),
    "mandate-new": at("/billing/mandates/new"),
    "producers": at("/catalog/producers"),
    "producer": lambda hub: f"/catalog/producers/{STAGES.producer_id}",
    "producer-edit": lambda hub: f"/catalog/producers/{STAGES.producer_id}/edit",
    "producer-new": at("/catalog/producers/new"),
    "products": at("/catalog/products"),
    "product": lambda hub: f"/catalog/products/{STAGES.product_id}",
    "product-edit": lambda hub: f"/catalog/products/{STAGES.product_id}/edit",
    "product-new": at("/catalog/products/new"),
    "price-lists": at("/catalog/import"),
    "price-list": found("price-list"),
    "pools": at("/catalog/pools"),
    "pool": lambda hub: f"/catalog/pools/{STAGES.pool_id}",
    "pool-edit": lambda hub: f"/catalog/pools/{STAGES.pool_id}/edit",
    "pool-new": at("/catalog/pools/new"),
    "certificates": at("/catalog/certificates"),
    "certificate-new": at("/catalog/certificates/new"),
    "certificate-file": found("certificate-file"),
    "seasons": at("/catalog/seasons"),
    "food-facts": at("/catalog/food-facts"),
    "lock-prices": lambda hub: f"/catalog/producers/{STAGES.producer_id}/lock-prices",
    "mailbox": at("/notify/mailbox"),
    "mail": found("mail"),
    "messages": at("/notify/messages"),
}
MEMBERS: dict[str, tuple[int, Where]] = {
    "home": (0, at("/")),
    "shop": (0, member_shop("open", 0)),
    "shop-put-off": (PUT_OFF, member_shop("open", PUT_OFF)),
    "shop-completing": (1, member_shop("completing", 1)),
    "shop-choice": (1, at("/ordering/shop")),
    "order-given-more": (2, lambda hub: f"/ordering/orders/{order_of(hub, 'settled', 2)}"),
    "order-put-off": (PUT_OFF, lambda hub: f"/ordering/orders/{order_of(hub, 'settled', PUT_OFF)}"),
    "order-deciding": (0, lambda hub: f"/ordering/orders/{order_of(hub, 'deciding', 0)}"),
    "orders": (0, at("/ordering/orders")),
    "entry": (0, lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/entry/{hub.week.household(0)}"),
    "calendars": (0, at("/ordering/calendars")),
    "me": (0, at("/ordering/me")),
    "between-mine": (2, at("/billing/between/mine")),
    "due": (2, at("/billing/due")),
    "seasons": (0, at("/catalog/seasons")),
    "no-such-page": (0, at("/ordering/orders/nothing")),
}
PRODUCERS: dict[str, Where] = {
    "home": at("/"),
    "network": at("/logistics/network"),
    "pick-lists": at("/logistics/pick-lists"),
    "pick-list": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}",
    "producer": lambda hub: f"/catalog/producers/{STAGES.pasta_maker}",
    "products": at("/catalog/products"),
    "price-lists": at("/catalog/import"),
    "pools": at("/catalog/pools"),
    "certificates": at("/catalog/certificates"),
    "accounts": at("/billing/accounts"),
    "seasons": at("/catalog/seasons"),
    "calendars": at("/ordering/calendars"),
}
OPERATORS: dict[str, Where] = {
    "home": at("/"),
    **{f"operations-{name}": at(f"/{name}/operations") for name in NAMES},
    **{f"dead-letters-{name}": at(f"/{name}/operations/dead-letters") for name in NAMES},
}
ANYBODY: dict[str, Where] = {
    "sign-in": at("/ordering/sign-in"),
    "sign-in-spent": at("/ordering/sign-in/nothing"),
    "producer-link": found("link"),
}

NO_SCREENS = {
    r"/(health|metrics|asyncapi|operations\.json)\b": "for machines",
    r"/api/|/static/": "for programs",
    r"\.(pdf|xlsx|csv|ics|json|txt|zip)$|/(proof|html)$|/attachments/": "a file",
    r"/fragments/|/live$|/stream$|/crates$": "a part of a page that is walked",
    r"^/ordering/session$|^/ui/language/": "sends on at once",
    r"^/billing/mandates/.*{": "the demo has no contract; services/billing/tests/test_mandates.py has its pages",
    r"^/billing/claims/{": "the demo delivers days later, so nothing is claimed; test_claims.py has its page",
    r"^/billing/payments/{": "the demo notes no payment; services/billing/tests/test_payments.py has its page",
    r"^/billing/papers/{": "no month is over in the demo; services/billing/tests/test_papers.py has its page",
    r"^/billing/invoices/{": "the demo issues none; services/billing/tests/test_invoices.py has its page",
    r"^/billing/purchases/(cycles/{cycle_id}/{|bills/)": "the demo resells nothing; test_purchases.py has them",
    r"^/billing/payments/reminders/preview/": "nobody is late in the demo; test_reminders.py has its page",
    r"^/billing/cautions/{": "the demo refunds no caution; services/billing/tests/test_cautions.py has its page",
    r"^/billing/payments/slips/{": "the demo deposits none; services/billing/tests/test_slips.py has its page",
    r"^/billing/bank/{": "the demo has no statement; services/billing/tests/test_bank.py has its pages",
    r"^/billing/expenses/account/{": "the same page as payee-account, of a volunteer",
    r"^/billing/expenses/{": "the demo claims none; services/billing/tests/test_expenses.py has its page",
    r"^/billing/debits/{": "the demo takes nothing from accounts; services/billing/tests/test_debits.py has its page",
    r"/debit/{mandate_id}/": "a paper (PDF); services/billing/tests/test_debit_mandates.py has it",
    r"^/billing/payouts/{": "the demo pays nothing out; services/billing/tests/test_payouts.py has its page",
    r"/dead-letters/{letter_id}": "there is none on a hub that is well",
}
"""GET addresses that no walk of these tables comes by, and why."""
