"""A week of oranges shared over three households (M-03), and the page on which what came of it is typed in."""

from datetime import timedelta

from billing_week import CLOSES, GROUPS, PRODUCERS, closed, household, opened, placed, producer_id
from sqlalchemy import select

from billing.amount_due import HOLDS, amount_due
from billing.ledger.book import balance
from billing.ledger.cover import covers_on
from billing.ledger.proof import proofs
from billing.rendering import rendered
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Article, Bilingual, PriceBasis, Role, Unit
from contracts.ordering import OrderLine

SPAIN = producer_id("BioEspuña")
COORDINATOR = Grant(Role.COORDINATOR)
URL = "/billing/cycles/week-48/delivery"
ORANGES = Article(
    product_id="oranges",
    producer_id=SPAIN,
    reference="oranges",
    name=Bilingual(fr="Oranges", en="Oranges"),
    unit=Unit.KG,
    price_cents=220,
    price_basis=PriceBasis.UNIT,
    vat_class="FOOD",
    temperature_class="AMBIENT",
)
CRATE = {"Marie": 3400, "Paul": 4100, "Josette": 2500}
"""Thousandths of a kilo: a crate of ten."""
WEIGHED = {"Marie": "3,45", "Paul": "4,05", "Josette": "2,42"}


def oranges(bearer, **more):
    return ORANGES.model_copy(update={"bearer": bearer, **more})


def bought(article, quantity, gross, name="BioEspuña"):
    return OrderLine(article=article, producer_name=name, quantity_thousandths=quantity, gross_cents=gross)


def orders(article, shares=CRATE):
    """Of one article, each at its price."""
    return [
        placed(name, [bought(article, quantity, (article.price_cents * quantity + 500) // 1000)])
        for name, quantity in shares.items()
    ]


async def begin(app, clock, placed_orders, producers=PRODUCERS):
    clock.set(CLOSES)
    households = [household(each.household_name) for each in placed_orders]
    await deliver(app, *GROUPS, *producers, *households, opened(), *placed_orders, closed(placed_orders))
    clock.advance(timedelta(days=5))
    return app


async def weigh(client, weights, product="oranges", seen=None, producer=SPAIN, **typed):
    """Type in what came, on the page. `typed`: other fields, by name. The answer."""
    url = f"{URL}?producer={producer}"
    page = (await client.get(url)).text
    fields = {"seen": page.split('name="seen" value="')[1].split('"')[0] if seen is None else seen}
    fields |= {f"came-h-{name}-{product}": weight for name, weight in weights.items()}
    return await client.submit(url, fields | {name.replace("_", "-", 1): text for name, text in typed.items()})


async def owed(app):
    """Goods by household, of what holds."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(amount_due).where(HOLDS))
    return {row["household_id"][2:]: row["gross_cents"] for row in rows}


async def balances(app, clock):
    """Debit less credit where it is not nothing. Every book is proved, every producer covered, every account rendered
    adds up, and both books agree."""
    day = clock.now().date()
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(balance))
        for proof in await proofs(reader):
            assert proof.faults == [], proof.book
        assert [one.producer_name for one in await covers_on(reader, day) if not one.covered] == []
        for one in await rendered(reader, CLOSES.date(), day):
            assert (one.adds_up, one.agrees) == (True, True), one.producer_name
    found = {(r["book"], r["account"], r["party"]): r["debit_cents"] - r["credit_cents"] for r in rows}
    return {key: cents for key, cents in found.items() if cents}
