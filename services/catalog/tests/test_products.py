"""Products through their pages, on both databases."""

from datetime import date

import pytest
from catalog_shelf import BIOESPUNA, GOOD, hidden, new_producer, new_product, products_of, send_list, words

from catalog.shelf import Wanted, list_of
from chassis.testing import announced
from contracts.catalog import ProductOffered, ProductWithdrawn


@pytest.fixture
async def farm(coordinator):
    return await new_producer(coordinator, "Ferme de la Bousole", "Bugarach")


async def change(browser, product_id, **fields):
    page = (await browser.get(f"/catalog/products/{product_id}/edit")).text
    form = {**GOOD, "version": hidden(page, "version"), **fields}
    return await browser.submit(f"/catalog/products/{product_id}/edit", form)


async def test_a_product_is_announced_as_it_was_typed(app, coordinator, farm):
    product_id = await new_product(coordinator, farm, available="12,5")
    said = (await announced(app))[-1]
    assert isinstance(said, ProductOffered)
    assert (said.id, said.version, said.article.unit, said.article.price_cents) == (product_id, 1, "kg", 2680)
    assert (said.season.from_month, said.season.to_month, said.allergens) == (4, 10, ("milk",))
    assert said.available_thousandths == 12_500
    assert said.article.weighed


BAD_FIELDS = [
    ({"price": "0"}, "price"),
    ({"price": "-2"}, "price"),
    ({"price": "abc"}, "price"),
    ({"price": "1e9"}, "price"),
    ({"price": "1000000000"}, "price"),
    ({"price": ""}, "price"),
    ({"reference": ""}, "reference"),
    ({"reference": "=1+1"}, "reference"),
    ({"name_fr": "@x"}, "name_fr"),
    ({"unit": "tonne"}, "unit"),
    ({"unit": "piece"}, "weighed"),
    ({"unit": "piece", "weighed": "", "available": "1,5"}, "available"),
    ({"price_basis": "content"}, "content"),
    ({"unit": "piece", "weighed": "", "content": "1,5", "content_unit": "piece"}, "content"),
    ({"unit": "piece", "weighed": "", "content": "10"}, "content_unit"),
    ({"vat_class": "NONE"}, "vat_class"),
    ({"temperature_class": ""}, "temperature_class"),
    ({"season_from": "13"}, "season_from"),
    ({"season_to": ""}, "season_to"),
    ({"allergens": ["chocolate"]}, "allergens"),
    ({"note": "x" * 601}, "note"),
]


async def test_a_bad_field_is_told_where_it_is_and_what_was_typed_is_kept(app, coordinator, farm):
    page = (await coordinator.get(f"/catalog/products/new?producer_id={farm}")).text
    for fields, at in BAD_FIELDS:
        form = {**GOOD, "id": hidden(page, "id"), "producer_id": farm, **fields}
        answer = await coordinator.submit("/catalog/products/new", form)
        assert answer.status_code == 422, fields
        assert f'id="field-{at}-error"' in answer.text, fields
        assert f'value="{form["name_en"]}"'.replace("'", "&#39;") in answer.text
    assert await products_of(coordinator) == {}


async def test_a_reference_is_unique_for_its_producer_only(app, coordinator, farm):
    await new_product(coordinator, farm)
    page = (await coordinator.get("/catalog/products/new")).text
    form = {**GOOD, "id": hidden(page, "id"), "producer_id": farm, "reference": "tom-1"}
    answer = await coordinator.submit("/catalog/products/new", form)
    assert answer.status_code == 422
    assert "a déjà un produit avec cette référence" in words(answer.text)
    await new_product(coordinator, await new_producer(coordinator))


async def test_a_double_click_offers_one_product(app, coordinator, farm):
    page = (await coordinator.get("/catalog/products/new")).text
    form = {**GOOD, "id": hidden(page, "id"), "producer_id": farm}
    assert [(await coordinator.submit("/catalog/products/new", form)).status_code for _click in range(2)] == [303, 303]
    assert len(await products_of(coordinator)) == 1


async def test_a_changed_price_of_an_offered_product_is_announced_and_remembered(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    assert (await change(coordinator, product_id, price="27,90")).status_code == 303
    said = (await announced(app))[-1]
    assert (said.version, said.article.price_cents) == (2, 2790)
    page = words((await coordinator.get(f"/catalog/products/{product_id}")).text)
    assert "27,90 € Anne à la main" in page
    assert "26,80 € Anne à la main" in page


async def test_saving_without_a_change_says_nothing(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    before = await announced(app)
    assert (await change(coordinator, product_id)).status_code == 303
    assert await announced(app) == before


async def test_the_edit_form_shows_what_is_held(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    page = (await coordinator.get(f"/catalog/products/{product_id}/edit")).text
    assert 'value="26,80"' in page
    assert 'value="milk" checked' in page
    assert '<option value="4" selected>' in page


async def test_the_second_of_two_editors_sees_what_differs_and_loses_nothing(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    await change(coordinator, product_id, price="28")
    late = await change(coordinator, product_id, version="1", price="30")
    assert late.status_code == 409
    assert "Prix : maintenant 28,00 €, vous avez saisi 30,00 €" in words(late.text)
    assert 'value="30"' in late.text
    assert (await change(coordinator, product_id, version=hidden(late.text, "version"), price="30")).status_code == 303
    assert (await products_of(coordinator))["TOM-1"]["price_cents"] == 3000


async def test_withdrawing_and_offering_again_each_say_so_once(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    for _click in range(2):
        assert (await coordinator.submit(f"/catalog/products/{product_id}/withdraw", {"version": 1})).status_code == 303
    assert [type(event) for event in (await announced(app))[-2:]] == [ProductOffered, ProductWithdrawn]
    for _click in range(2):
        assert (await coordinator.submit(f"/catalog/products/{product_id}/offer", {"version": 2})).status_code == 303
    assert [(type(event), event.version) for event in (await announced(app))[-2:]] == [
        (ProductWithdrawn, 2),
        (ProductOffered, 3),
    ]


async def test_withdrawing_what_changed_meanwhile_is_refused(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    await change(coordinator, product_id, price="28")
    answer = await coordinator.submit(f"/catalog/products/{product_id}/withdraw", {"version": 1})
    assert answer.status_code == 409
    assert "Quelqu'un a modifié ce produit" in words(answer.text)
    for version in ("", "abc", "-1", "9" * 40):
        refused = await coordinator.submit(f"/catalog/products/{product_id}/withdraw", {"version": version})
        assert refused.status_code == 409


async def test_a_change_to_a_withdrawn_product_is_said_when_it_is_offered_again(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    await coordinator.submit(f"/catalog/products/{product_id}/withdraw", {"version": 1})
    before = await announced(app)
    await change(coordinator, product_id, price="31")
    assert await announced(app) == before
    await coordinator.submit(f"/catalog/products/{product_id}/offer", {"version": 3})
    assert (await announced(app))[-1].article.price_cents == 3100


async def test_the_list_is_filtered_by_season_producer_state_and_words(app, coordinator, farm):
    spain = await new_producer(coordinator)
    await send_list(coordinator, spain, BIOESPUNA)
    await new_product(coordinator, farm)

    async def found(**asked):
        return words((await coordinator.get("/catalog/products", params=asked)).text)

    assert "11 produits" in await found()
    now = await found(season="now")
    assert "9 produits" in now, "in November there are neither clementines nor tommes"
    assert "Oranges" in now
    assert "Oranges" not in (await found(season="7")).split("produits")[-1]
    assert "1 produit " in await found(producer_id=farm)
    assert "0 produit" in await found(state="withdrawn")
    assert "1 produit " in await found(q="CITRONS")
    assert "1 produit " in await found(q="be-ora")
    assert "11 produits" in await found(season="99x", state="odd")
    assert (await coordinator.get("/catalog/products?page=999999999")).status_code == 200


async def test_the_database_and_the_rule_agree_on_every_month(app, coordinator):
    spain = await new_producer(coordinator)
    await send_list(coordinator, spain, BIOESPUNA)
    async with app.state.service.database.read() as reader:
        everything = await list_of(reader, Wanted(), 100)
        for month in range(1, 13):
            asked = {shown.product.id for shown in await list_of(reader, Wanted(month=month), 100)}
            ruled = {shown.product.id for shown in everything if shown.product.sold_on(date(2026, month, 15))}
            assert asked == ruled


async def test_members_see_unit_price_allergens_and_season_in_their_language(app, coordinator, member):
    spain = await new_producer(coordinator)
    await send_list(coordinator, spain, BIOESPUNA)
    held = await products_of(coordinator)
    oil = words((await member.get(f"/catalog/products/{held['BE-EVO-5L']['id']}")).text)
    assert "soit 7,00 € / litre" in oil
    assert "Vendu toute l'année" in oil
    almonds = words((await member.get(f"/catalog/products/{held['BE-AMA-5']['id']}")).text)
    assert "Allergènes : Fruits à coque" in almonds
    member.headers["accept-language"] = "en"
    member.cookies.set("cabas_language", "en")
    oranges = words((await member.get(f"/catalog/products/{held['BE-ORA-10']['id']}")).text)
    assert "about €22.00 for 10 kg" in oranges
    assert "Season: November to May" in oranges
