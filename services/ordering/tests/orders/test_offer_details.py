"""What the catalog says beside the article: prices by quantity, deposits, weights, proofs, and what the shop shows."""

import re
from datetime import date, timedelta

import pytest

from chassis.identity import Grant
from contracts import Role, catalog, logistics, ordering
from contracts.catalog import Breakdown, Claim, Food, Minimum, MinimumKind, Pool
from contracts.goods import Article, Bilingual, Place, PriceBasis, PriceTier, Unit
from ordering.group import group
from ordering.offer import Choice, Kind
from ordering.order_line import Expected, deposit_cents, expected, gross_cents

from .conftest import CLOSES, COORDINATOR, product

CLAIM = Claim(label="EU_ORGANIC", body="FR-BIO-01", number="FR-1234", valid_until=date(2027, 3, 31))
LEMONS = {
    "producer_id": "bioespuna",
    "producer_name": "BioEspuña",
    "price_cents": 240,
    "price_basis": PriceBasis.CONTENT,
    "content_thousandths": 10_000,
    "content_unit": Unit.KG,
    "pack_label": "caisse 10 kg",
    "weighed": True,
    "weight_margin_percent": 10,
    "case_thousandths": 3_000,
    "deposit_cents": 120,
    "tiers": (PriceTier(from_thousandths=3_000, price_cents=225),),
    "labels": ("EU_ORGANIC",),
    "claims": (CLAIM,),
    "allergens": ("sulphites",),
    "pool": Pool(
        pool_id="p-lemons",
        name=Bilingual(fr="Citrons de Murcie"),
        unit=Unit.KG,
        size_thousandths=10_000,
        case_thousandths=10_000,
    ),
    "food": Food(legal_name="Citrons", origin="Espagne (Murcie)", variety="Fino"),
    "breakdown": Breakdown(production_cents=150, packing_cents=20, transport_cents=50, margin_cents=20),
    "minimum": Minimum(kind=MinimumKind.CASES, amount=3),
    "price_locked_until": date(2027, 5, 31),
    "intermediaries": 1,
}


def article(**changes: object) -> Article:
    return product("citrons", **{**LEMONS, **changes}).article


def test_all_of_a_line_costs_the_price_its_quantity_reaches() -> None:
    assert gross_cents(article(), 2000) == 4800
    assert gross_cents(article(), 3000) == 6750
    loose = product("pommes", unit=Unit.KG, price_cents=300, tiers=LEMONS["tiers"]).article
    assert gross_cents(loose, 2999) == 900
    assert gross_cents(loose, 3000) == 675


def test_a_deposit_is_beside_the_price() -> None:
    assert (gross_cents(article(), 1000), deposit_cents(article(), 1000)) == (2400, 120)


def test_a_weighed_crate_says_what_it_may_weigh_and_cost() -> None:
    assert expected(article()) == Expected(9_000, 10_000, 11_000, 2160, 2640)
    assert expected(article(weighed=False)) is None


@pytest.fixture
def josette(hub, client_for):
    return client_for(hub.app, Grant(Role.MEMBER, household_id="h1", group_id="limoux"), person_id="person-1")


async def shop(browser, **typed: str) -> str:
    """The shop page; with `typed`, after pressing "show"."""
    url = "/ordering/shop/c48/h1"
    answer = await (browser.submit(url, {"do": "show", "version": "0", **typed}) if typed else browser.get(url))
    assert answer.status_code == 200
    return answer.text.replace("\u00a0", " ").replace("\u202f", " ").replace("&#39;", "'").replace("’", "'")


async def test_everything_is_told_before_the_purchase(hub, josette) -> None:
    place = Place(name="Mula", latitude=38.04095, longitude=-1.49014)
    minimum = Minimum(kind=MinimumKind.MONEY, amount=8000, net=True)
    await hub.hear(
        product("citrons", **LEMONS),
        catalog.ProducerRegistered(id="bioespuna", version=1, name="BioEspuña", place=place, minimum=minimum),
    )
    await hub.open()
    page = await shop(josette)
    for told in (
        "Espagne (Murcie)",
        "FR-1234",
        "consigne 1,20 €",
        "entre 9 kg et 11 kg, 21,60 € à 26,40 €",
        "à partir de 3 pièces : 22,50 €",
        "Citrons de Murcie",
        "production 1,50 €",
        "1 intermédiaire",
        "3 caisses",
        "livre à partir de 80,00 € hors TVA",
        "prix fixe jusqu'au",
        'data-tiers="3000:2250000 "',
    ):
        assert told in page, told


async def test_allergens_are_left_out_without_javascript_and_nothing_typed_is_lost(hub, josette) -> None:
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    page = await shop(josette, without="sulphites", **{"q-citrons": "2"})
    [offer] = [part for part in page.split('<li class="offer') if 'name="q-citrons"' in part]
    assert " hidden " in offer.split(">", 1)[0]
    assert 'value="2"' in offer


async def test_an_order_says_its_deposits_apart_from_its_price(hub, josette) -> None:
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    answer = await josette.submit("/ordering/shop/c48/h1", {"do": "save", "version": "0", "q-citrons": "3"})
    assert answer.status_code == 303
    [placed] = await hub.said(ordering.OrderPlaced)
    [line] = placed.lines
    assert (placed.gross_cents, line.gross_cents, line.deposit_cents) == (6750, 6750, 360)
    page = (await josette.get(answer.headers["location"])).text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "3,60 € de consignes" in page


async def test_the_order_explains_price_weight_and_deposit_and_so_does_the_mail(hub, josette) -> None:
    """3 crates of 10 kg, weighed, at the price of three: 3 × 22.50; give or take 10 %; 3 × 1.20 of deposits."""
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    form = {"version": "0", "q-citrons": "3"}
    asked = await shop(josette, **{"q-citrons": "3"})
    assert '<strong id="basket-sum">67,50 €</strong>' in asked
    assert "et 3,60 € de consignes" in asked
    answer = await josette.submit("/ordering/shop/c48/h1", {"do": "save", **form})
    page = (await josette.get(answer.headers["location"])).text.replace("\u00a0", " ").replace("\u202f", " ")
    for told in (
        '<p class="to-pay">67,50 €</p>',
        "et 3,60 € de consignes",
        "22,50 € pièce, pour cette quantité",
        "entre 27 kg et 33 kg, 60,75 € à 74,25 €",
        "hors consignes, le total sera entre 60,75 € et 74,25 €",
    ):
        assert told in page, told
    [placed] = await hub.said(ordering.OrderPlaced)
    [line] = placed.lines
    assert (placed.gross_cents, line.deposit_cents, line.article.weighed) == (6750, 360, True)


async def test_my_orders_and_the_first_page_say_the_deposits_beside_the_sum(hub, josette) -> None:
    """Three crates are asked, two are brought: 2 × 24.00, and 2 × 1.20 of deposits."""
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    await hub.order(citrons=3_000, tomme=1_000)

    async def read(url: str) -> str:
        return (await josette.get(url)).text.replace("\u00a0", " ").replace("\u202f", " ")

    for url in ("/ordering/orders", "/ordering/home"):
        assert "71,00 € et 3,60 € de consignes" in re.sub(r"<[^>]+>", "", await read(url)), url
    await hub.close()
    answered = {"cycle_id": "c48", "producer_id": "bioespuna", "producer_name": "BioEspuña", "revision": 1}
    line = {"product_id": "citrons", "asked_thousandths": 3_000, "deliverable_thousandths": 2_000}
    said = {**answered, "answered_at": CLOSES, "answered_by": "Ana", "lines": [line]}
    await hub.hear(logistics.PickListAnswered(id="list-1", version=1, **said))
    for url in ("/ordering/orders", "/ordering/home"):
        assert "51,50 € et 2,40 € de consignes" in re.sub(r"<[^>]+>", "", await read(url)), url
    hub.clock.advance(timedelta(days=30))
    assert "51,50 € et 2,40 € de consignes" in re.sub(r"<[^>]+>", "", await read("/ordering/orders")), "past"


async def test_a_weighed_line_beside_others_moves_the_sum_by_its_own_margin(hub, josette) -> None:
    await hub.hear(product("citrons", **{**LEMONS, "tiers": ()}))
    await hub.open()
    order = await hub.order(citrons=1000, tomme=2000)
    assert order.gross_cents == 2400 + 700
    assert order.expected_cents == (2160 + 700, 2640 + 700)
    assert (await hub.order(tomme=2000)).expected_cents is None


async def test_the_shop_says_whether_deposits_count_for_a_minimum_where_there_are_some(hub, josette) -> None:
    place = Place(name="Mula")
    minimum = Minimum(kind=MinimumKind.MONEY, amount=8000)
    await hub.hear(
        product("citrons", **{**LEMONS, "minimum": minimum.model_copy(update={"with_deposits": True, "net": True})}),
        catalog.ProducerRegistered(id="bioespuna", version=1, name="BioEspuña", place=place, minimum=minimum),
        catalog.ProducerRegistered(id="bousole", version=1, name="Bousole", place=place, minimum=minimum),
    )
    await hub.open()
    page = await shop(josette)
    assert "livre à partir de 80,00 € hors consignes" in page
    assert "livre à partir de 80,00 €<" in page.replace("</p>", "<"), "no deposit on anything of Bousole's"
    assert "80,00 € hors TVA consignes comprises" in page


async def test_who_types_an_order_sees_its_deposits_beside_the_sum(hub, client_for) -> None:
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    coordinator = client_for(hub.app, COORDINATOR)
    url = "/ordering/cycles/c48/entry/h1"
    page = (await coordinator.submit(url, {"version": "0", "do": "show", "what-1": "citrons", "quantity-1": "2"})).text
    page = page.replace("\u00a0", " ").replace("\u202f", " ")
    assert '<strong id="entry-sum">48,00 €</strong>' in page
    assert "et 2,40 € de consignes" in page
    assert 'data-deposit="120"' in page


async def test_paper_tells_prices_by_quantity_and_the_case_that_counts(hub, josette) -> None:
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    page = (await josette.get("/ordering/cycles/c48/order-form/limoux")).text
    page = page.replace("\u00a0", " ").replace("\u202f", " ")
    assert "à partir de 3 pièces : 22,50 €" in page
    assert "par caisses de 10 kg" in page, "a size of a pool comes in the pool's cases"
    assert "par caisses de 3 pièces" not in page


async def test_a_label_whose_proof_ended_leaves_the_open_cycle(hub, josette) -> None:
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    assert "FR-1234" in await shop(josette)
    without = {**LEMONS, "labels": (), "claims": (), "price_cents": 999}
    await hub.hear(product("citrons", version=2, **without))
    page = await shop(josette)
    assert "FR-1234" not in page
    [offer] = [part for part in page.split('<li class="offer') if 'name="q-citrons"' in part]
    assert 'data-labels=""' in offer
    assert 'data-cents="2400000"' in offer, "the price of the cycle stays as it was promised"


async def test_a_closed_cycle_keeps_what_was_claimed(hub) -> None:
    await hub.hear(product("citrons", **LEMONS))
    await hub.open()
    await hub.order(citrons=1000)
    await hub.close()
    await hub.hear(product("citrons", version=2, **{**LEMONS, "labels": (), "claims": ()}))
    from ordering.cycle_offer import offers_of

    async with hub.database.read() as reader:
        [held] = [offer for offer in await offers_of(reader, "c48") if offer.product_id == "citrons"]
    assert held.labels == ("EU_ORGANIC",)
    assert held.details.claims == (CLAIM,)


@pytest.mark.parametrize(
    ("latitude", "intermediaries", "short"), [(42.9, 0, True), (42.9, 1, True), (42.9, 2, False), (42.9, None, False),
                                              (38.04, 0, False)]
)  # fmt: skip
async def test_a_short_proximity_circuit_is_a_label(hub, josette, latitude, intermediaries, short) -> None:
    place = Place(name="Quelque part", latitude=latitude, longitude=2.2)
    async with hub.database.write() as writer:
        here = {"latitude": 43.05, "longitude": 2.22}
        await writer.execute(group.update().values(**here))
    await hub.hear(
        product("citrons", **{**LEMONS, "intermediaries": intermediaries}),
        catalog.ProducerRegistered(id="bioespuna", version=1, name="BioEspuña", place=place),
    )
    await hub.open(choice=Choice(Kind.PRODUCTS, product_ids=("citrons",)))
    page = await shop(josette)
    assert ("circuit court de proximité" in page) == short
    assert " km" in page
