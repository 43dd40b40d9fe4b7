"""What tests of catalog do again and again: register a producer, send a price list, fill in a form."""

import re
from pathlib import Path

DATA = Path(__file__).parent / "data"
BIOESPUNA = (DATA / "bioespuna_2013_2014.csv").read_bytes()
"""The price list of the season 2013/14, as the cooperative sent it."""


async def new_producer(browser, name="BioEspuña", place="Mula", **more):
    """Registers a producer through the API and gives its id."""
    body = {"name": name, "place": {"name": place}, **more}
    answer = await browser.post("/catalog/api/producers", json=body, headers={"x-csrf-token": browser.csrf})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def send_list(browser, producer_id, content, **params):
    """Imports a price list through the API and gives the JSON of the answer."""
    answer = await browser.post(
        "/catalog/api/price-lists",
        params={"producer_id": producer_id, **params},
        content=content.encode() if isinstance(content, str) else content,
        headers={"x-csrf-token": browser.csrf, "content-type": "text/csv"},
    )
    assert answer.status_code in (200, 422), answer.text
    return answer.json()


async def upload_list(browser, producer_id, content, file_name="tarif.csv", **fields):
    """Sends a price list through the page; gives the answer (a way on to the preview, or the form again)."""
    page = (await browser.get("/catalog/import")).text
    data = {"id": hidden(page, "id"), "producer_id": producer_id, "vat_class": "FOOD", **fields}
    content = content.encode() if isinstance(content, str) else content
    return await browser.submit("/catalog/import", data, files={"file": (file_name, content)})


async def products_of(browser, producer_id=""):
    """Reference -> product, as the API says it."""
    answer = await browser.get("/catalog/api/products", params={"producer_id": producer_id})
    return {product["reference"]: product for product in answer.json()}


def hidden(page, name):
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, f"no hidden field {name}"
    return found[1]


def words(page):
    """The text of a page as a reader sees it: no markup, single spaces, ordinary apostrophes."""
    text = re.sub(r"<(script|style|svg).*?</\1>", " ", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text).replace("&#39;", "'").replace("&amp;", "&").replace("’", "'")
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


GOOD = {
    "reference": "TOM-1",
    "name_fr": "Tomme de brebis",
    "name_en": "Ewe's milk tomme",
    "unit": "kg",
    "price": "26,80",
    "price_basis": "unit",
    "vat_class": "FOOD",
    "temperature_class": "PERISHABLE",
    "season_from": "4",
    "season_to": "10",
    "weighed": "on",
    "allergens": ["milk"],
}
"""A product form filled in as it should be."""


async def new_product(browser, producer_id, **fields):
    """Adds a product through the form; gives its id."""
    page = (await browser.get("/catalog/products/new", params={"producer_id": producer_id})).text
    product_id = hidden(page, "id")
    answer = await browser.submit(
        "/catalog/products/new", {**GOOD, "id": product_id, "producer_id": producer_id, **fields}
    )
    assert answer.status_code == 303, words(answer.text)
    return product_id


async def new_pool(browser, producer_id, **fields):
    """Adds a pool of lemons in crates of 10 kg through the form; gives its id."""
    page = (await browser.get("/catalog/pools/new", params={"producer_id": producer_id})).text
    pool_id = hidden(page, "id")
    form = {"id": pool_id, "producer_id": producer_id, "name_fr": "Citrons", "unit": "kg", "case": "10", **fields}
    answer = await browser.submit("/catalog/pools/new", form)
    assert answer.status_code == 303, words(answer.text)
    return pool_id


async def new_certificate(browser, producer_id, **fields):
    """Files an organic certificate through the form; gives its id."""
    page = (await browser.get("/catalog/certificates/new", params={"producer_id": producer_id})).text
    certificate_id = hidden(page, "id")
    form = {
        "id": certificate_id,
        "producer_id": producer_id,
        "label": "EU_ORGANIC",
        "number": "FR-1234",
        "body": "FR-BIO-01",
        "valid_until": "2027-03-31",
        **fields,
    }
    answer = await browser.submit("/catalog/certificates/new", form)
    assert answer.status_code == 303, words(answer.text)
    return certificate_id
