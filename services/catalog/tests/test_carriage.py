"""What carrying a product takes: typed, refused where the law says otherwise, said with the article, kept by lists."""

import html
import re

import pytest
from catalog_shelf import GOOD, hidden, new_producer, new_product, send_list

from chassis.testing import announced
from contracts import Carriage, Unit
from contracts.catalog import ProductOffered

EGGS = {
    "unit": "piece",
    "price_basis": "unit",
    "content": "",
    "content_unit": "",
    "temperature_class": "EGGS",
    "weighed": "",
    "pack_label": "boîte de 12",
}
TYPED = {"volume": "2,4", "weight": "0,8", "packing_centre": "FR 11 069 01"}
SAID = Carriage(volume=2400, weight=800, packing_centre="FR 11 069 01")


@pytest.fixture
async def farm(coordinator):
    return await new_producer(coordinator)


async def last_offer(app):
    return [event for event in await announced(app) if isinstance(event, ProductOffered)][-1]


def error_at(page: str, field: str) -> str:
    found = re.search(rf'id="field-{field}-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    return html.unescape(found[1]) if found else ""


async def test_what_carrying_takes_is_said_with_the_article(app, coordinator, seller, farm):
    product_id = await new_product(coordinator, farm, **EGGS)
    assert (await last_offer(app)).article.carriage is None
    edit = f"/catalog/products/{product_id}/edit"
    grower = seller(farm)
    form = {**GOOD, **EGGS, "version": hidden((await grower.get(edit)).text, "version")}
    assert (await grower.submit(edit, {**form, **TYPED})).status_code == 303
    assert (await last_offer(app)).article.carriage == SAID
    shown = html.unescape((await coordinator.get(f"/catalog/products/{product_id}")).text)
    assert "2,4 L · 0,8 kg · FR 11 069 01" in shown
    page = (await coordinator.get(edit)).text
    assert 'value="FR 11 069 01"' in page
    # Emptied again, nothing is said.
    assert (await grower.submit(edit, {**form, "version": hidden(page, "version")})).status_code == 303
    assert (await last_offer(app)).article.carriage is None


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"volume": "0"}, "volume", "zéro"),
        ({"volume": "-3"}, "volume", "zéro"),
        ({"weight": "lourd"}, "weight", "chiffres"),
        ({"weight": "2000,1"}, "weight", "2000"),
        ({"label_max": "39 F"}, "label_max", "chiffres"),
        ({"label_max": "400"}, "label_max", "100"),
        ({"temperature_class": "POULTRY", "label_max": "7"}, "label_max", "4 °C au plus"),
        ({"temperature_class": "POULTRY", "packing_centre": "FR 1"}, "packing_centre", "œufs"),
        ({"temperature_class": "MINCED_MEAT", "dispensation": "BUTCHERY"}, "dispensation", "hachée"),
        ({"dispensation": "CAVIAR"}, "dispensation", "liste"),
    ],
)
async def test_what_cannot_be_is_told_at_its_field(app, coordinator, farm, typed, field, said):
    product_id = await new_product(coordinator, farm, **EGGS)
    edit = f"/catalog/products/{product_id}/edit"
    form = {**GOOD, **EGGS, **typed, "version": "1"}
    refused = await coordinator.submit(edit, form)
    assert refused.status_code == 422
    assert said in error_at(refused.text, field), error_at(refused.text, field)
    assert (await last_offer(app)).article.carriage is None


async def test_a_label_prevails_where_the_law_leaves_it_to_the_packer(app, coordinator, farm):
    product_id = await new_product(coordinator, farm, **EGGS)
    typed = {"temperature_class": "PERISHABLE", "label_max": "10", "dispensation": "DAIRY"}
    form = {**GOOD, **EGGS, **typed, "version": "1"}
    assert (await coordinator.submit(f"/catalog/products/{product_id}/edit", form)).status_code == 303
    said = (await last_offer(app)).article
    assert said.carriage == Carriage(label_max=100, dispensation="DAIRY")
    assert said.unit is Unit.PIECE


async def test_a_price_list_leaves_it_and_another_order_unit_leaves_out_volume_and_weight(app, coordinator, farm):
    await new_product(coordinator, farm, **{**EGGS, **TYPED, "reference": "OEU-12"})
    price = "reference;nom;prix;unite\nOEU-12;Œufs;4,80;piece\n"
    assert (await send_list(coordinator, farm, price))["changed"] == 1
    said = (await last_offer(app)).article
    assert (said.price_cents, said.carriage) == (480, SAID)
    loose = "reference;nom;prix;unite\nOEU-12;Œufs;4,80;kg\n"
    assert (await send_list(coordinator, farm, loose))["changed"] == 1
    said = (await last_offer(app)).article
    assert (said.unit, said.carriage) == (Unit.KG, Carriage(packing_centre="FR 11 069 01"))
