"""What makes crates possible, through the product's form and pages, on both databases."""

import pytest
from catalog_shelf import (
    BIOESPUNA,
    GOOD,
    hidden,
    new_pool,
    new_producer,
    new_product,
    products_of,
    send_list,
    upload_list,
    words,
)

from chassis.identity import Grant
from chassis.testing import announced
from contracts import Bearer, Role, Sale, StockUnit, Unit
from contracts.catalog import Minimum, MinimumKind, ProducerChanged, ProductOffered, SharingRule

CRATE = {
    "reference": "CIT-10",
    "name_fr": "Citrons",
    "name_en": "Lemons",
    "unit": "piece",
    "pack_label": "caisse 10 kg",
    "content": "10",
    "content_unit": "kg",
    "price": "2,40",
    "price_basis": "content",
    "temperature_class": "AMBIENT",
    "season_from": "",
    "season_to": "",
    "allergens": [],
}


@pytest.fixture
async def farm(coordinator):
    return await new_producer(coordinator)


async def last_offer(app):
    return [event for event in await announced(app) if isinstance(event, ProductOffered)][-1]


async def test_a_crate_is_announced_with_its_case_stock_margin_deposit_and_tiers(app, coordinator, farm):
    await new_product(
        coordinator,
        farm,
        **CRATE,
        case="3",
        stock_unit="content",
        available="240",
        weight_margin="10",
        deposit="1,20",
        tier_from_1="3",
        tier_price_1="2,25",
    )
    said = await last_offer(app)
    assert said.available_thousandths == 24_000, "240 kg are 24 crates"
    assert said.stock_unit is StockUnit.CONTENT
    article = said.article
    assert (article.case_thousandths, article.weight_margin_percent, article.deposit_cents) == (3000, 10, 120)
    assert [(tier.from_thousandths, tier.price_cents) for tier in article.tiers] == [(3000, 225)]


BAD = [
    ({"stock_unit": "content", "available": "245"}, "available"),
    ({"stock_unit": "case", "available": "2"}, "case"),
    ({"case": "1,5"}, "case"),
    ({"case": "0"}, "case"),
    ({"case": "douze"}, "case"),
    ({"weight_margin": "60"}, "weight_margin"),
    ({"weight_margin": "10", "weighed": ""}, "weight_margin"),
    ({"deposit": "1000"}, "deposit"),
    ({"deposit": "un euro"}, "deposit"),
    ({"tier_from_1": "3"}, "tier_price_1"),
    ({"tier_price_1": "2,00"}, "tier_from_1"),
    ({"tier_from_1": "3", "tier_price_1": "2,60"}, "tier_price_1"),
    ({"tier_from_1": "3", "tier_price_1": "2,20", "tier_from_2": "2", "tier_price_2": "2,10"}, "tier_from_2"),
    ({"minimum": "cinquante", "minimum_kind": "money"}, "minimum"),
    ({"minimum": "25 kg", "minimum_kind": "money"}, "minimum"),
    ({"minimum": "0", "minimum_kind": "cases"}, "minimum"),
    ({"production": "2,00", "margin": "0,30"}, "production"),
    ({"alcohol": "120"}, "alcohol"),
    ({"alcohol": "12,55"}, "alcohol"),
    ({"origin": "x" * 161}, "origin"),
    ({"pool_id": "of-somebody-else"}, "pool_id"),
    ({"intermediaries": "12"}, "intermediaries"),
]


async def test_a_wrong_field_is_told_where_it_is_and_what_was_typed_is_kept(app, coordinator, farm):
    page = (await coordinator.get(f"/catalog/products/new?producer_id={farm}")).text
    for fields, at in BAD:
        form = {**GOOD, **CRATE, "id": hidden(page, "id"), "producer_id": farm, **fields}
        answer = await coordinator.submit("/catalog/products/new", form)
        assert answer.status_code == 422, fields
        assert f'id="field-{at}-error"' in answer.text, (fields, words(answer.text)[:600])
        for typed in (value for name, value in fields.items() if name not in ("pool_id", "stock_unit")):
            assert typed in answer.text, f"{typed} is lost"
    assert await products_of(coordinator) == {}


async def test_fifty_euros_with_the_sign_in_front_are_fifty_euros(app, coordinator, farm):
    product_id = await new_product(
        coordinator, farm, **CRATE, minimum="€ 50,00", minimum_kind="money", minimum_net="on"
    )
    assert (await last_offer(app)).minimum == Minimum(kind=MinimumKind.MONEY, amount=5000, net=True)
    page = words((await coordinator.get(f"/catalog/products/{product_id}")).text)
    assert "50,00 € hors TVA, consignes non comptées" in page
    form = (await coordinator.get(f"/catalog/products/{product_id}/edit")).text
    assert 'value="50,00"' in form


async def test_the_minimum_of_a_producer_is_said_and_shown(app, coordinator, farm):
    page = (await coordinator.get(f"/catalog/producers/{farm}/edit")).text
    form = {
        "version": hidden(page, "version"),
        "name": "BioEspuña",
        "place": "Mula",
        "country": "ES",
        "seller_regime": "NORMAL",
        "language": "fr",
        "active": "on",
        "minimum_kind": "money",
    }
    answer = await coordinator.submit(f"/catalog/producers/{farm}/edit", {**form, "minimum": "beaucoup"})
    assert answer.status_code == 422
    assert 'id="field-minimum-error"' in answer.text
    assert "beaucoup" in answer.text
    answer = await coordinator.submit(f"/catalog/producers/{farm}/edit", {**form, "minimum": "80 € TTC"})
    assert answer.status_code == 303
    said = [event for event in await announced(app) if isinstance(event, ProducerChanged)][-1]
    assert said.minimum == Minimum(kind=MinimumKind.MONEY, amount=8000)
    assert "80,00 € TVA comprise" in words((await coordinator.get(f"/catalog/producers/{farm}")).text)


async def test_the_price_is_explained_when_the_parts_come_to_it(app, coordinator, farm, member):
    product_id = await new_product(
        coordinator,
        farm,
        **CRATE,
        production="1,50",
        packing="0,20",
        transport="0,50",
        margin="0,20",
        intermediaries="1",
    )
    assert (await last_offer(app)).breakdown.transport_cents == 50
    page = words((await member.get(f"/catalog/products/{product_id}")).text)
    assert "De quoi le prix est fait" in page
    assert "1 intermédiaire" in page


async def test_food_is_told_before_it_is_bought_and_what_is_missing_to_the_seller_only(app, coordinator, farm, member):
    product_id = await new_product(
        coordinator, farm, **CRATE, legal_name="Citrons", origin="Espagne (Murcie)", category="II", variety="Fino"
    )
    assert (await last_offer(app)).food.origin == "Espagne (Murcie)"
    theirs = words((await member.get(f"/catalog/products/{product_id}")).text)
    assert "Espagne (Murcie)" in theirs
    assert "Quantité nette 10 kg" in theirs
    assert "Il manque encore" not in theirs
    ours = words((await coordinator.get(f"/catalog/products/{product_id}")).text)
    assert "Il manque encore" in ours
    assert "Ingrédients" in ours


async def test_a_weighed_piece_shows_what_it_may_weigh(app, coordinator, farm, member):
    product_id = await new_product(coordinator, farm, **{**CRATE, "weight_margin": "10"})
    assert "Entre 9 kg et 11 kg." in words((await member.get(f"/catalog/products/{product_id}")).text)


async def test_the_real_list_shows_crates_nets_and_prices_per_kilo(app, coordinator, farm, member):
    await send_list(coordinator, farm, BIOESPUNA)
    goods = await products_of(coordinator)
    oranges, almonds = goods["BE-ORA-10"], goods["BE-AMA-5"]
    assert (oranges["unit"], oranges["content_thousandths"], oranges["content_unit"]) == ("piece", 10_000, "kg")
    assert (oranges["price_cents"], oranges["price_basis"], oranges["weighed"]) == (220, "content", True)
    assert (almonds["price_cents"], almonds["price_basis"], almonds["content_thousandths"]) == (1800, "unit", 5000)
    net = words((await member.get(f"/catalog/products/{almonds['id']}")).text)
    assert "€ / filet 5 kg" in net
    assert "3,60 € / kilo" in net


async def test_a_list_says_cases_deposits_minima_and_food(app, coordinator, farm):
    header = "ref;nom;unite;contenu;unite du contenu;prix;tva;conservation;colisage;consigne;minimum;origine\n"
    answer = await send_list(
        coordinator, farm, header + "JUS;Jus de pomme;piece;1;L;3,20;5,5;AMBIENT;12;0,40 €;3 caisses;Aude\n"
    )
    assert (answer["new"], answer["wrong"]) == (1, [])
    said = await last_offer(app)
    assert (said.article.case_thousandths, said.article.deposit_cents) == (12_000, 40)
    assert said.article.content_unit is Unit.LITRE
    assert said.minimum == Minimum(kind=MinimumKind.CASES, amount=3)
    assert said.food.origin == "Aude"
    wrong = await send_list(coordinator, farm, header + "JUS;Jus;piece;1;L;3,20;5,5;AMBIENT;x;y;50;Aude\n")
    assert {fault["field"] for fault in wrong["wrong"]} == {"case", "deposit", "minimum"}


async def test_a_list_counts_its_stock_in_the_stock_unit(app, coordinator, farm):
    header = "ref;nom;unite;contenu;unite du contenu;prix;tva;conservation;colisage;stock en;disponible\n"
    line = "CIT;Citrons;piece;10;kg;24,00;5,5;AMBIENT;3;{stock};{available}\n"
    await send_list(coordinator, farm, header + line.format(stock="kg", available="240"))
    assert (await last_offer(app)).available_thousandths == 24_000
    await send_list(coordinator, farm, header + line.format(stock="caisses", available="5"))
    assert (await last_offer(app)).available_thousandths == 15_000
    for stock, available, field in (("kg", "245", "available"), ("palettes", "2", "stock_unit")):
        answer = await send_list(coordinator, farm, header + line.format(stock=stock, available=available))
        assert [fault["field"] for fault in answer["wrong"]] == [field]


async def test_the_preview_of_a_list_shows_cases_deposits_and_minima(app, coordinator, farm):
    header = "ref;nom;unite;prix;tva;conservation;colisage;consigne;minimum\n"
    sent = await upload_list(coordinator, farm, header + "JUS;Jus;piece;3,20;5,5;AMBIENT;12;0,40 €;€ 50,00\n")
    page = words((await coordinator.get(sent.headers["location"])).text)
    assert "Caisse : 12" in page
    assert "Consigne : 0,40 €" in page
    assert "Minimum : 50,00 €" in page


async def test_what_is_not_told_of_food_is_listed_and_told_to_the_coordinator(app, coordinator, seller, farm):
    await new_product(coordinator, farm, **CRATE)
    for browser in (coordinator, seller(farm)):
        page = words((await browser.get("/catalog/food-facts")).text)
        assert "Citrons caisse 10 kg BioEspuña Dénomination légale, Ingrédients, Origine" in page
    assert "manque" in words((await coordinator.get("/catalog/fragments/home")).text)
    assert "Citrons" not in words((await seller("another").get("/catalog/food-facts")).text)


async def test_an_english_reader_reads_english(app, client_for, coordinator, farm):
    product_id = await new_product(coordinator, farm, **CRATE, production="2,40", case="3", minimum="3 caisses",
                                   minimum_kind="cases", deposit="1,20")  # fmt: skip
    reader = client_for(app, Grant(Role.MEMBER, household_id="h1"), name="Jo", language="en", person_id="person-5")
    page = words((await reader.get(f"/catalog/products/{product_id}")).text)
    for told in ("What the price is made of", "Comes in cases of 3 pieces", "Minimum for this product: 3 cases"):
        assert told in page
    assert "Season calendar" in words((await reader.get("/catalog/seasons")).text)


async def test_sizes_of_one_pool_say_what_they_take_of_its_case(app, coordinator, farm):
    clementines = await new_pool(coordinator, farm, name_fr="Clémentines")
    lemons = await new_pool(coordinator, farm, completes_with=[clementines], available="240")
    await new_product(coordinator, farm, **CRATE, pool_id=lemons)
    small = {**CRATE, "reference": "CIT-1", "content": "1", "pack_label": "filet 1 kg"}
    await new_product(coordinator, farm, **small, pool_id=lemons)
    said = (await last_offer(app)).pool
    assert (said.pool_id, said.unit, said.size_thousandths, said.case_thousandths) == (lemons, "kg", 1000, 10_000)
    assert (said.completes_with, said.available_thousandths) == ((clementines,), 240_000)
    page = words((await coordinator.get(f"/catalog/pools/{lemons}")).text)
    assert "caisse 10 kg" in page
    assert "filet 1 kg" in page


async def test_the_sizes_of_a_pool_are_chosen_in_one_go(app, coordinator, farm):
    await send_list(coordinator, farm, BIOESPUNA)
    goods = {reference: one["id"] for reference, one in (await products_of(coordinator)).items()}
    almonds = await new_pool(coordinator, farm, name_fr="Amandes", case="25")
    page = (await coordinator.get(f"/catalog/pools/{almonds}")).text
    assert goods["BE-AMA-5"] in page
    assert goods["BE-EVO-5L"] not in page, "oil is counted in litres"
    url = f"/catalog/pools/{almonds}/sizes"
    for wrong in ("nowhere", goods["BE-EVO-5L"]):
        answer = await coordinator.submit(url, {"sizes": [goods["BE-AMA-5"], wrong]})
        assert answer.status_code == 422
        assert 'id="field-sizes-error"' in answer.text
        assert f'value="{goods["BE-AMA-5"]}" checked' in answer.text, "what was ticked is kept"
    assert (await coordinator.submit(url, {"sizes": [goods["BE-AMA-5"], goods["BE-AMA-1"]]})).status_code == 303
    said = [event for event in await announced(app) if isinstance(event, ProductOffered)][-2:]
    assert sorted(event.pool.size_thousandths for event in said) == [1000, 5000]
    assert (await coordinator.submit(url, {"sizes": [goods["BE-AMA-5"]]})).status_code == 303
    assert (await last_offer(app)).pool is None
    assert (await products_of(coordinator))["BE-AMA-1"]["pool_id"] is None


async def test_the_list_of_bioespuna_becomes_sizes_and_a_mixed_crate(app, coordinator, seller, farm):
    """As a coordinator does it, on the pages: the crates of the list, smaller sizes, two pools, one crate."""
    await send_list(coordinator, farm, BIOESPUNA)
    for kilos in ("1", "5"):
        small = {**CRATE, "reference": f"BE-CIT-{kilos}", "content": kilos, "pack_label": f"filet {kilos} kg"}
        await new_product(coordinator, farm, **small)
    goods = {reference: one["id"] for reference, one in (await products_of(coordinator)).items()}
    lemons = await new_pool(coordinator, farm, available="240")
    sizes = [goods[reference] for reference in ("BE-CIT-10", "BE-CIT-5", "BE-CIT-1")]
    assert (await coordinator.submit(f"/catalog/pools/{lemons}/sizes", {"sizes": sizes})).status_code == 303
    page = words((await coordinator.get(f"/catalog/pools/{lemons}")).text)
    for told in ("caisse 10 kg 10 kg", "filet 5 kg 5 kg", "filet 1 kg 1 kg", "240 kg"):
        assert told in page, told
    clementines = await new_pool(coordinator, farm, name_fr="Clémentines", completes_with=[lemons])
    url = f"/catalog/pools/{clementines}"
    assert "actuellement une taille de « Citrons »" in words((await coordinator.get(url)).text)
    assert (await coordinator.submit(f"{url}/sizes", {"sizes": [goods["BE-CLE-10"]]})).status_code == 303
    said = (await last_offer(app)).pool
    assert (said.pool_id, said.completes_with, said.size_thousandths) == (clementines, (lemons,), 10_000)
    assert (await seller(farm).get(url)).status_code == 200, "its producer sees it too"


async def test_a_mixed_crate_has_one_size_whichever_pool_is_changed(coordinator, farm):
    lemons = await new_pool(coordinator, farm)
    clementines = await new_pool(coordinator, farm, name_fr="Clémentines", completes_with=[lemons])
    page = (await coordinator.get(f"/catalog/pools/new?producer_id={farm}")).text
    limes = {"id": hidden(page, "id"), "producer_id": farm, "name_fr": "Citrons verts", "unit": "kg", "case": "12"}
    refused = await coordinator.submit("/catalog/pools/new", {**limes, "completes_with": [clementines]})
    assert refused.status_code == 422
    told = "« Citrons, Clémentines » vient en caisses d'une autre taille"
    assert told in words(refused.text), "those that complete it, and what those complete"
    assert f'value="{clementines}" checked' in refused.text
    for pool_id, name in ((lemons, "Citrons"), (clementines, "Clémentines")):
        url = f"/catalog/pools/{pool_id}/edit"
        version = hidden((await coordinator.get(url)).text, "version")
        form = {"version": version, "name_fr": name, "unit": "kg", "case": "12"}
        form |= {"completes_with": [lemons]} if pool_id == clementines else {}
        assert (await coordinator.submit(url, form)).status_code == 422, name
        free = {**form, "completes_with": []}
        assert (await coordinator.submit(url, free)).status_code == (422 if pool_id == lemons else 303)


async def test_a_list_does_not_turn_a_size_into_something_else(app, coordinator, farm):
    await new_product(coordinator, farm, **CRATE, pool_id=await new_pool(coordinator, farm))
    header = "ref;nom;unite;contenu;unite du contenu;prix\n"
    answer = await send_list(coordinator, farm, header + "CIT-10;Citrons;piece;10;litre;2,40/litre\n")
    assert [fault["field"] for fault in answer["wrong"]] == ["content_unit"]


async def test_what_is_counted_in_another_unit_is_no_size_of_the_pool(app, coordinator, farm):
    lemons = await new_pool(coordinator, farm)
    page = (await coordinator.get(f"/catalog/products/new?producer_id={farm}")).text
    juice = {**CRATE, "content": "1", "content_unit": "litre", "pool_id": lemons, "weighed": "", "price_basis": "unit"}
    form = {**GOOD, **juice, "id": hidden(page, "id"), "producer_id": farm}
    answer = await coordinator.submit("/catalog/products/new", form)
    assert answer.status_code == 422
    assert 'id="field-pool_id-error"' in answer.text


async def test_a_changed_pool_is_said_by_all_its_sizes(app, coordinator, farm):
    lemons = await new_pool(coordinator, farm)
    await new_product(coordinator, farm, **CRATE, pool_id=lemons)
    page = (await coordinator.get(f"/catalog/pools/{lemons}/edit")).text
    form = {"version": hidden(page, "version"), "name_fr": "Citrons", "unit": "kg", "case": "12"}
    assert (await coordinator.submit(f"/catalog/pools/{lemons}/edit", form)).status_code == 303
    said = await last_offer(app)
    assert (said.version, said.pool.case_thousandths) == (2, 12_000)
    stale = await coordinator.submit(f"/catalog/pools/{lemons}/edit", {**form, "case": "15"})
    assert stale.status_code == 409
    assert 'value="15"' in stale.text
    litres = await coordinator.submit(f"/catalog/pools/{lemons}/edit", {**form, "version": "2", "unit": "litre"})
    assert litres.status_code == 422


@pytest.mark.parametrize(
    ("fields", "at"),
    [({"name_fr": ""}, "name_fr"), ({"name_fr": "=1+1"}, "name_fr"), ({"case": "dix"}, "case"), ({"case": "0"}, "case"),
     ({"unit": "piece", "case": "1,5"}, "case"), ({"available": "-3"}, "available"), ({"unit": "tonne"}, "unit"),
     ({"completes_with": ["nowhere"]}, "completes_with"), ({"producer_id": ""}, "producer_id")],
)  # fmt: skip
async def test_a_wrong_pool_is_told_at_its_field(app, coordinator, farm, fields, at):
    page = (await coordinator.get(f"/catalog/pools/new?producer_id={farm}")).text
    form = {"id": hidden(page, "id"), "producer_id": farm, "name_fr": "Citrons", "unit": "kg", "case": "10", **fields}
    answer = await coordinator.submit("/catalog/pools/new", form)
    assert answer.status_code == 422
    assert f'href="#field-{at}"' in answer.text, words(answer.text)[:500]


async def test_the_rules_of_sharing_are_the_products_own_or_its_pools(app, coordinator, farm):
    crate = await new_product(coordinator, farm, **CRATE)
    said = await last_offer(app)
    assert (said.sharing.shortage, said.sharing.extra) == (SharingRule.MAX_MIN, SharingRule.COST_BALANCED)
    page = (await coordinator.get(f"/catalog/products/{crate}/edit")).text
    fields = {**GOOD, **CRATE, "producer_id": farm, "version": hidden(page, "version"), "shortage_rule": "lottery"}
    wrong = await coordinator.submit(f"/catalog/products/{crate}/edit", fields | {"extra_rule": "whoever shouts"})
    assert wrong.status_code == 422
    assert (await coordinator.submit(f"/catalog/products/{crate}/edit", fields)).status_code == 303
    said = await last_offer(app)
    assert (said.sharing.shortage, said.sharing.extra) == (SharingRule.LOTTERY, SharingRule.COST_BALANCED)
    assert "tirer au sort" in words((await coordinator.get(f"/catalog/products/{crate}")).text)

    pool_id = await new_pool(coordinator, farm, shortage_rule="first_come", extra_rule="pro_rata")
    await coordinator.submit(f"/catalog/pools/{pool_id}/sizes", {"sizes": [crate]})
    said = await last_offer(app)
    assert (said.sharing.shortage, said.sharing.extra) == (SharingRule.FIRST_COME, SharingRule.PRO_RATA)
    shown = words((await coordinator.get(f"/catalog/pools/{pool_id}")).text)
    assert "premier arrivé, premier servi" in shown
    assert 'value="first_come" selected' in (await coordinator.get(f"/catalog/pools/{pool_id}/edit")).text


async def test_who_carries_a_difference_of_weight_is_said_of_the_product_by_the_coordinator_alone(
    app, coordinator, seller, farm
):
    fields = {**CRATE, "unit": "kg", "price_basis": "unit", "content": "", "content_unit": ""}
    product_id = await new_product(coordinator, farm, **fields)
    assert (await last_offer(app)).article.bearer is None
    edit, shown = f"/catalog/products/{product_id}/edit", f"/catalog/products/{product_id}"
    assert "Chaque foyer paie ce qui a été mesuré" in (await coordinator.get(shown)).text
    form = {**GOOD, **fields, "version": hidden((await coordinator.get(edit)).text, "version")}
    wrong = await coordinator.submit(edit, {**form, "bearer": "nobody"})
    assert wrong.status_code == 422
    assert 'id="field-bearer-error"' in wrong.text
    assert (await coordinator.submit(edit, {**form, "bearer": "buyers"})).status_code == 303
    assert (await last_offer(app)).article.bearer is Bearer.BUYERS
    assert "se partagent la facture du producteur" in (await coordinator.get(shown)).text

    grower = seller(farm)
    page = (await grower.get(edit)).text
    assert 'name="bearer"' not in page
    form = {**GOOD, **fields, "version": hidden(page, "version"), "price": "2,30", "bearer": "hub"}
    assert (await grower.submit(edit, form)).status_code == 303
    said = (await last_offer(app)).article
    assert (said.price_cents, said.bearer) == (230, Bearer.BUYERS), "what the hub pays is not for a producer to say"
    assert '<option value="buyers" selected' in (await coordinator.get(edit)).text


async def test_one_product_of_a_farm_is_bought_and_sold_again_and_only_the_coordinator_says_so(
    app, coordinator, seller, farm
):
    product_id = await new_product(coordinator, farm, **CRATE)
    said = await last_offer(app)
    assert (said.sale, said.article.sale, said.intermediaries) == (Sale.DIRECT, Sale.DIRECT, 0)
    edit = f"/catalog/products/{product_id}/edit"
    page = (await coordinator.get(edit)).text
    form = {**GOOD, **CRATE, "version": hidden(page, "version")}
    wrong = await coordinator.submit(edit, {**form, "sale": "barter"})
    assert wrong.status_code == 422
    assert 'id="field-sale-error"' in wrong.text
    assert (await coordinator.submit(edit, {**form, "sale": "resale"})).status_code == 303
    said = await last_offer(app)
    assert (said.sale, said.article.sale, said.intermediaries) == (Sale.RESALE, Sale.RESALE, 1)

    grower = seller(farm)
    page = (await grower.get(edit)).text
    assert 'name="sale"' not in page
    form = {**GOOD, **CRATE, "version": hidden(page, "version"), "price": "2,30", "sale": "direct"}
    assert (await grower.submit(edit, form)).status_code == 303
    said = await last_offer(app)
    assert (said.article.price_cents, said.article.sale) == (230, Sale.RESALE), "that is for the coordinator to say"

    page = (await coordinator.get(edit)).text
    assert '<option value="resale" selected' in page
    sent = await send_list(coordinator, farm, "reference;nom;prix\nCIT-10;Citrons;2,20\n")
    assert (sent["changed"], sent["wrong"]) == (1, [])
    said = await last_offer(app)
    assert (said.article.price_cents, said.article.sale) == (220, Sale.RESALE), "a price list says nothing of it"
