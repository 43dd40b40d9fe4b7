"""Producers through their pages and the API, on both databases."""

import re

from catalog_shelf import hidden, new_producer, new_product, products_of, words

from catalog import restatement
from chassis.schema import drift
from chassis.testing import announced
from contracts.catalog import ProducerChanged, ProducerRegistered, ProductOffered, ProductWithdrawn

SHEET = {
    "name": "Ferme de la Bousole",
    "place": "Bugarach",
    "country": "FR",
    "labels": ["EU_ORGANIC", "NATURE_PROGRES"],
    "seller_regime": "FARMER_FLAT_RATE",
    "contact_name": "Maëlle Bousquet",
    "email": "ferme@Bousole.example",
    "phone": "04 68 00 00 00",
    "language": "fr",
}


async def add(browser, **fields):
    page = (await browser.get("/catalog/producers/new")).text
    return await browser.submit("/catalog/producers/new", {**SHEET, "id": hidden(page, "id"), **fields})


async def test_migrations_make_the_tables_the_code_describes(app):
    service = app.state.service
    assert await drift(service.database.engine, service.metadata) == []


async def test_a_new_producer_is_announced_with_the_place_the_hub_knows(app, coordinator):
    answer = await add(coordinator)
    assert answer.status_code == 303
    (said,) = await announced(app)
    assert isinstance(said, ProducerRegistered)
    assert (said.name, said.version, said.labels) == ("Ferme de la Bousole", 1, ("NATURE_PROGRES",))
    assert (said.place.insee, said.place.postcode, said.place.latitude) == ("11055", "11190", 42.87457)
    assert said.email == "ferme@bousole.example"
    page = words((await coordinator.get(answer.headers["location"])).text)
    assert "à 21 km de la plateforme, à vol d'oiseau" in page
    assert "Nature & Progrès" in page


async def test_a_double_click_registers_one_producer(app, coordinator):
    page = (await coordinator.get("/catalog/producers/new")).text
    form = {**SHEET, "id": hidden(page, "id")}
    answers = [await coordinator.submit("/catalog/producers/new", form) for _click in range(2)]
    assert {answer.headers["location"] for answer in answers} == {f"/catalog/producers/{form['id']}"}
    assert len(await announced(app)) == 1


async def test_a_name_that_is_taken_is_refused_at_its_field(app, coordinator):
    await add(coordinator)
    for name in ("Ferme de la Bousole", "ferme de la  BOUSOLE", "Fermé de la Bousole"):
        answer = await add(coordinator, name=name)
        assert answer.status_code == 422, name
        assert "Il y a déjà un producteur de ce nom." in words(answer.text)
        assert 'value="ferme@Bousole.example"' in answer.text, "what was typed is kept"


BAD_FIELDS = [
    ("name", ""),
    ("name", "=HYPERLINK(1)"),
    ("name", "x" * 121),
    ("place", ""),
    ("insee", "112"),
    ("latitude", "91"),
    ("latitude", "abc"),
    ("longitude", "-181"),
    ("country", "XX"),
    ("seller_regime", "MAFIA"),
    ("email", "maelle.chez.bousole"),
    ("language", "de"),
    ("labels", ["BIO"]),
]


async def test_a_bad_field_is_told_where_it_is(app, coordinator):
    for field, value in BAD_FIELDS:
        answer = await add(coordinator, **{field: value})
        assert answer.status_code == 422, (field, value)
        assert f'id="field-{field}-error"' in answer.text, (field, value)
    assert await announced(app) == []


async def test_one_coordinate_alone_is_refused(app, coordinator):
    answer = await add(coordinator, latitude="43,1")
    assert answer.status_code == 422
    assert "Donnez latitude et longitude" in words(answer.text)


async def change(browser, producer_id, **fields):
    page = (await browser.get(f"/catalog/producers/{producer_id}/edit")).text
    form = {**SHEET, "active": "on", "version": hidden(page, "version"), **fields}
    return await browser.submit(f"/catalog/producers/{producer_id}/edit", form)


async def test_a_change_counts_the_version_up_and_no_change_says_nothing(app, coordinator):
    producer_id = (await add(coordinator)).headers["location"].rsplit("/", 1)[1]
    assert (await change(coordinator, producer_id, phone="06")).status_code == 303
    assert (await change(coordinator, producer_id, phone="06")).status_code == 303
    registered, changed = await announced(app)
    assert isinstance(changed, ProducerChanged)
    assert (registered.version, changed.version, changed.phone) == (1, 2, "06")


async def test_the_second_of_two_editors_is_told_and_loses_nothing(app, coordinator):
    producer_id = (await add(coordinator)).headers["location"].rsplit("/", 1)[1]
    await change(coordinator, producer_id, phone="06 11")
    late = await change(coordinator, producer_id, version="1", phone="06 22")
    assert late.status_code == 409
    assert "Quelqu'un a modifié ce producteur" in words(late.text)
    assert 'value="06 22"' in late.text
    assert hidden(late.text, "version") == "2"
    assert (await change(coordinator, producer_id, version="2", phone="06 22")).status_code == 303


async def test_a_new_name_is_said_again_with_every_product(app, coordinator):
    producer_id = (await add(coordinator)).headers["location"].rsplit("/", 1)[1]
    product_id = await new_product(coordinator, producer_id)
    await change(coordinator, producer_id, name="GAEC de la Bousole")
    last = (await announced(app))[-1]
    assert isinstance(last, ProductOffered)
    assert (last.id, last.version, last.producer_name) == (product_id, 2, "GAEC de la Bousole")


async def test_a_producer_that_stops_takes_its_products_along(app, coordinator):
    producer_id = (await add(coordinator)).headers["location"].rsplit("/", 1)[1]
    product_id = await new_product(coordinator, producer_id)
    await change(coordinator, producer_id, active="")
    stopped, withdrawn = (await announced(app))[-2:]
    assert not stopped.active
    assert isinstance(withdrawn, ProductWithdrawn)
    page = (await coordinator.get(f"/catalog/products/{product_id}")).text
    assert f"/catalog/products/{product_id}/offer" not in page
    answer = await coordinator.submit(f"/catalog/products/{product_id}/offer", {"version": 2})
    assert answer.status_code == 409
    assert (await products_of(coordinator))["TOM-1"]["state"] == "withdrawn"


async def test_producers_are_found_by_name_or_village_without_accents(app, coordinator):
    await new_producer(coordinator, "Ferme de la Bousole", "Bugarach")
    await new_producer(coordinator, "BioEspuña", "Mula")
    found = words((await coordinator.get("/catalog/producers?q=bioespuna")).text)
    assert "BioEspuña" in found
    assert "Bousole" not in found
    assert "Bousole" in words((await coordinator.get("/catalog/producers?q=bugar")).text)
    assert "Aucun producteur de ce nom" in words((await coordinator.get("/catalog/producers?q=100%25_")).text)


async def test_the_api_registers_once_by_id_or_by_name(app, coordinator):
    first = await new_producer(coordinator, "Moulin", "Tréziers")
    assert await new_producer(coordinator, "moulin", "Tréziers") == first
    own = "0192f3a4-0000-7000-8000-000000000009"
    assert await new_producer(coordinator, "Rucher", "Lagrasse", id=own) == own
    assert await new_producer(coordinator, "Rucher", "Lagrasse", id=own) == own
    assert len(await announced(app)) == 2


async def test_the_api_registers_a_list_whole_or_not_at_all(app, coordinator):
    headers = {"x-csrf-token": coordinator.csrf}
    many = [{"name": f"Ferme {n}", "place": {"name": "Limoux"}} for n in range(3)]
    good = await coordinator.post("/catalog/api/producers", json=many, headers=headers)
    assert len({one["id"] for one in good.json()}) == 3
    bad = [{"name": "Ferme 4", "place": {"name": "Limoux"}}, {"name": "", "place": {"name": "Limoux"}}]
    answer = await coordinator.post("/catalog/api/producers", json=bad, headers=headers)
    assert answer.status_code == 422
    assert "1.name" in answer.json()["errors"]
    assert len(await announced(app)) == 3


async def test_the_api_refuses_what_it_cannot_read(app, coordinator):
    for body in (b"", b"{", b'{"name": "x"}', b'{"name": 1, "place": {}}', b"[1]", b'"x"'):
        headers = {"x-csrf-token": coordinator.csrf}
        answer = await coordinator.post("/catalog/api/producers", content=body, headers=headers)
        assert answer.status_code == 422, body
        assert set(answer.json()) == {"detail", "errors"}


async def test_the_way_to_the_household_is_counted_and_shown(app, coordinator, member):
    answer = await add(coordinator)
    url = answer.headers["location"]
    producer_id = url.rsplit("/", 1)[1]
    product_id = await new_product(coordinator, producer_id)

    async def said():
        return [event for event in await announced(app) if isinstance(event, ProductOffered)][-1].intermediaries

    assert await said() == 0, "sold by who made it, by mandate"
    assert "vendu par qui l'a fait" in words((await member.get(f"/catalog/products/{product_id}")).text)
    for fields, number in (
        ({"sale": "resale"}, 1),
        ({"sale": "resale", "resells": "on"}, None),
        ({"resells": "on"}, None),
        ({}, 0),
    ):
        page = (await coordinator.get(f"{url}/edit")).text
        form = {**SHEET, "version": hidden(page, "version"), "active": "on", **fields}
        assert (await coordinator.submit(f"{url}/edit", form)).status_code == 303
        assert await said() == number, fields
        page = (await coordinator.get(f"{url}/edit")).text
        assert bool(re.search(r'name="resells"[^>]* checked', page)) == ("resells" in fields)
        assert re.findall(r'name="sale" value="(\w+)" checked', page) == [fields.get("sale", "direct")]


async def test_what_a_reseller_declares_counts_with_the_hub(app, coordinator):
    reseller = await new_producer(coordinator, "Biocoop de Limoux", "Limoux", resells=True, sale="resale")
    await new_product(coordinator, reseller, intermediaries="1")
    said = [event for event in await announced(app) if isinstance(event, ProductOffered)][-1]
    assert said.intermediaries == 2


async def test_an_upgraded_hub_says_everything_again_once(app, coordinator):
    producer_id = await new_producer(coordinator)
    await new_product(coordinator, producer_id)
    database = app.state.service.database
    before = len(await announced(app))
    await restatement.restate(database)
    assert len(await announced(app)) == before, "done at the start"
    async with database.write() as writer:
        await writer.execute(restatement.restated.update().values(revision=0))
    for _time in range(2):
        await restatement.restate(database)
    again = (await announced(app))[before:]
    assert [(type(event), event.version) for event in again] == [(ProducerChanged, 2), (ProductOffered, 2)]
