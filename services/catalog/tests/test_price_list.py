"""Price lists through the pages and the API, on both databases."""

from datetime import timedelta

from catalog_shelf import BIOESPUNA, new_producer, new_product, products_of, send_list, upload_list, words
from sqlalchemy import select

from catalog.price_list import application, preview
from catalog.price_list.preview import price_list_line
from catalog.product import product
from chassis.testing import announced
from chassis.timers import Timer
from contracts.catalog import ProductOffered, ProductWithdrawn

SMALL = "reference;nom;unite;prix;tva;conservation\nA1;Pain;kg;{bread};FOOD;AMBIENT\nB2;Miel;kg;{honey};FOOD;AMBIENT\n"


def small(bread="4,50", honey="12"):
    return SMALL.format(bread=bread, honey=honey)


async def offers(app):
    return [event for event in await announced(app) if isinstance(event, ProductOffered)]


async def previewed(browser, producer_id, content, **fields):
    """Sends a list and gives the address of its preview."""
    answer = await upload_list(browser, producer_id, content, **fields)
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["location"]


async def test_the_bioespuna_list_imported_as_it_is_offers_ten_articles(app, coordinator):
    producer_id = await new_producer(coordinator, labels=["EU_ORGANIC"], country="ES")
    assert await send_list(coordinator, producer_id, BIOESPUNA) == {
        "new": 10,
        "changed": 0,
        "unchanged": 0,
        "withdrawn": 0,
        "wrong": [],
    }
    said = {event.article.reference: event for event in await offers(app)}
    assert len(said) == 10
    oranges = said["BE-ORA-10"]
    assert (oranges.article.price_cents, oranges.article.price_basis, oranges.article.content_thousandths) == (
        220,
        "content",
        10_000,
    )
    assert (oranges.season.from_month, oranges.season.to_month) == (11, 5)
    assert oranges.article.weighed
    assert oranges.producer_name == "BioEspuña"
    assert said["BE-HAD-25"].article.vat_class == "HOUSEHOLD"
    assert said["BE-AMA-1"].allergens == ("nuts",)
    assert all(event.id == event.article.product_id and event.version == 1 for event in said.values())


async def test_the_same_list_again_changes_nothing_and_says_nothing(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, BIOESPUNA)
    before, said = await products_of(coordinator), await announced(app)
    again = await send_list(coordinator, producer_id, BIOESPUNA)
    assert again["unchanged"] == 10
    assert await products_of(coordinator) == before
    assert await announced(app) == said


async def test_a_preview_shows_every_line_and_writes_nothing(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, small())
    said = len(await announced(app))
    mixed = small(bread="4,80") + "C3;Noix;kg;9;FOOD;AMBIENT\nD4;Confiture;pot;abc;SUCRE;AMBIENT\n"
    page = words((await coordinator.get(await previewed(coordinator, producer_id, mixed))).text)
    assert "nouveaux 1 modifiés 1 inchangés 1 en erreur 1" in page
    assert "Prix : 4,50 € → 4,80 €" in page
    assert "prix : « abc » n'est pas un prix" in page
    assert "tva : « SUCRE » n'est pas une classe de TVA connue" in page, "the fault names the column as the file does"
    assert len(await announced(app)) == said
    assert set(await products_of(coordinator)) == {"A1", "B2"}


async def test_applying_writes_the_good_lines_and_leaves_the_wrong_one_out(app, coordinator):
    producer_id = await new_producer(coordinator)
    mixed = small() + "C3;Noix;boisseau;9;FOOD;AMBIENT\n"
    address = await previewed(coordinator, producer_id, mixed)
    answer = await coordinator.submit(f"{address}/apply")
    page = words((await coordinator.get(answer.headers["location"])).text)
    assert "Tarif appliqué" in page
    assert "unite : « boisseau » n'est pas une unité connue" in page
    assert set(await products_of(coordinator)) == {"A1", "B2"}
    assert len(await offers(app)) == 2


async def test_applying_twice_is_applying_once(app, coordinator):
    producer_id = await new_producer(coordinator)
    address = await previewed(coordinator, producer_id, small())
    for _click in range(2):
        assert (await coordinator.submit(f"{address}/apply")).status_code == 303
    assert len(await offers(app)) == 2


async def test_sending_a_list_twice_by_a_double_click_makes_one_preview(app, coordinator):
    producer_id = await new_producer(coordinator)
    data = {"id": "0192f3a4-0000-7000-8000-000000000001", "producer_id": producer_id, "vat_class": "FOOD"}
    files = {"file": ("tarif.csv", small().encode())}
    addresses = {
        (await coordinator.submit("/catalog/import", data, files=files)).headers["location"] for _click in range(2)
    }
    assert len(addresses) == 1
    assert "nouveaux 2" in words((await coordinator.get(addresses.pop())).text)


async def test_a_changed_price_is_announced_and_kept_in_the_history(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, small())
    result = await send_list(coordinator, producer_id, small(bread="4,80"))
    assert (result["changed"], result["unchanged"]) == (1, 1)
    bread = (await products_of(coordinator))["A1"]
    assert (bread["version"], bread["price_cents"]) == (2, 480)
    last = (await offers(app))[-1]
    assert (last.id, last.version, last.article.price_cents) == (bread["id"], 2, 480)
    page = words((await coordinator.get(f"/catalog/products/{bread['id']}")).text)
    assert "4,80 € Anne tarif" in page
    assert "4,50 € Anne tarif" in page


async def test_a_refused_preview_cannot_be_applied(app, coordinator):
    producer_id = await new_producer(coordinator)
    address = await previewed(coordinator, producer_id, small())
    assert (await coordinator.submit(f"{address}/refuse")).status_code == 303
    answer = await coordinator.submit(f"{address}/apply")
    assert answer.status_code == 409
    assert "Renvoyez le tarif" in words(answer.text)
    assert await offers(app) == []


async def test_a_preview_is_over_after_a_day_and_its_lines_are_forgotten(app, coordinator, clock):
    producer_id = await new_producer(coordinator)
    address = await previewed(coordinator, producer_id, small())
    clock.advance(timedelta(hours=24))
    assert (await coordinator.submit(f"{address}/apply")).status_code == 409
    list_id = address.rsplit("/", 1)[1]
    async with app.state.service.database.write() as writer:
        await preview.forget(writer, Timer(preview.FORGET, list_id, clock.now(), {}))
    page = words((await coordinator.get(address)).text)
    assert "ne sont plus conservées" in page
    assert "n'est plus valable" in page


async def test_a_catalogue_that_changed_since_the_preview_is_judged_again_and_said(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, small())
    address = await previewed(coordinator, producer_id, small(bread="4,80"))
    # Meanwhile somebody sets the same price for bread, and another one for honey.
    await send_list(coordinator, producer_id, small(bread="4,80", honey="13"))
    await coordinator.submit(f"{address}/apply")
    page = words((await coordinator.get(address)).text)
    assert "Le catalogue avait changé depuis l'aperçu : 2 lignes ont fait autre chose" in page
    assert "Prix : 13,00 € → 12,00 €" in page
    assert (await products_of(coordinator))["B2"]["price_cents"] == 1200


async def test_what_a_list_does_not_name_is_left_alone(app, coordinator):
    producer_id = await new_producer(coordinator)
    await new_product(coordinator, producer_id)
    await send_list(coordinator, producer_id, small())
    assert (await products_of(coordinator))["TOM-1"]["state"] == "offered"


async def test_what_a_list_does_not_name_is_withdrawn_when_asked(app, coordinator):
    producer_id = await new_producer(coordinator)
    await new_product(coordinator, producer_id)
    address = await previewed(coordinator, producer_id, small(), withdraw_missing="on")
    page = words((await coordinator.get(address)).text)
    assert "à retirer 1" in page
    assert "Tomme de brebis – TOM-1 À retirer Absent du tarif" in page
    await coordinator.submit(f"{address}/apply")
    assert (await products_of(coordinator))["TOM-1"]["state"] == "withdrawn"
    assert isinstance((await announced(app))[-1], ProductWithdrawn)


async def test_a_wrong_line_never_withdraws_its_product(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, small())
    result = await send_list(coordinator, producer_id, small(honey="abc"), withdraw_missing=True)
    assert (result["withdrawn"], len(result["wrong"])) == (0, 1)
    without_reference = small().replace("B2;", ";")
    result = await send_list(coordinator, producer_id, without_reference, withdraw_missing=True)
    assert result["withdrawn"] == 0, "the line without a reference may be the honey"


async def test_a_withdrawn_product_that_a_list_names_comes_back(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, small())
    bread = (await products_of(coordinator))["A1"]
    await coordinator.submit(f"/catalog/products/{bread['id']}/withdraw", {"version": 1})
    result = await send_list(coordinator, producer_id, small())
    assert (result["changed"], result["unchanged"]) == (1, 1)
    assert (await products_of(coordinator))["A1"]["state"] == "offered"


async def test_a_list_of_references_and_prices_changes_prices_only(app, coordinator):
    producer_id = await new_producer(coordinator)
    await send_list(coordinator, producer_id, BIOESPUNA)
    before = (await products_of(coordinator))["BE-ORA-10"]
    result = await send_list(coordinator, producer_id, "ref;nom;prix\nBE-ORA-10;Oranges;2,40\n")
    assert result["changed"] == 1
    after = (await products_of(coordinator))["BE-ORA-10"]
    assert after == {**before, "version": 2, "price_cents": 240}


async def test_a_new_product_must_say_its_temperature_or_the_sender_chooses_one(app, coordinator):
    producer_id = await new_producer(coordinator)
    silent = "reference;nom;unite;prix\nA1;Pain;kg;4\n"
    result = await send_list(coordinator, producer_id, silent)
    assert [wrong["field"] for wrong in result["wrong"]] == ["temperature_class"]
    assert (await send_list(coordinator, producer_id, silent, temperature_class="AMBIENT"))["new"] == 1


UNREADABLE = [
    ("reference;nom\nA;Pain\n", "La colonne « prix TTC / price » manque"),
    ("", "Le fichier est vide"),
    ("%PDF-1.4", "C'est un PDF"),
]


async def test_a_file_that_cannot_be_read_comes_back_with_the_reason_and_the_choices_kept(app, coordinator):
    producer_id = await new_producer(coordinator)
    for content, sentence in UNREADABLE:
        answer = await upload_list(coordinator, producer_id, content, temperature_class="EGGS")
        assert answer.status_code == 422
        assert sentence in words(answer.text)
        assert f'<option value="{producer_id}" selected>' in answer.text
        assert '<option value="EGGS" selected>' in answer.text


async def test_no_file_and_no_producer_are_told_at_their_fields(app, coordinator):
    await new_producer(coordinator)
    answer = await coordinator.submit("/catalog/import", {"id": "x-1", "producer_id": ""})
    assert answer.status_code == 422
    assert "Choisissez le fichier." in words(answer.text)
    assert "Choisissez le producteur." in words(answer.text)


async def test_the_api_says_faults_in_the_readers_language(app, coordinator):
    producer_id = await new_producer(coordinator)
    result = await send_list(coordinator, producer_id, small(honey="abc"))
    (wrong,) = result["wrong"]
    assert (wrong["line"], wrong["field"]) == (3, "price")
    assert words(wrong["message"]) == "« abc » n'est pas un prix : écrivez par exemple 12,50."
    refused = await send_list(coordinator, producer_id, "reference;nom\nA;Pain\n")
    assert set(refused) == {"detail", "errors"}
    assert "manque" in refused["errors"]["file"]


async def test_an_unknown_producer_of_a_list_is_not_found(app, coordinator):
    answer = await coordinator.post(
        "/catalog/api/price-lists?producer_id=nobody", content=b"x", headers={"x-csrf-token": coordinator.csrf}
    )
    assert answer.status_code == 404


async def test_a_list_of_a_producer_that_stopped_is_not_applied(app, coordinator):
    producer_id = await new_producer(coordinator)
    page = (await coordinator.get(f"/catalog/producers/{producer_id}")).text
    assert page
    address = await previewed(coordinator, producer_id, small())
    form = {
        "version": 1,
        "name": "BioEspuña",
        "place": "Mula",
        "country": "ES",
        "seller_regime": "NORMAL",
        "language": "fr",
    }
    assert (await coordinator.submit(f"/catalog/producers/{producer_id}/edit", form)).status_code == 303
    answer = await coordinator.submit(f"{address}/apply")
    assert answer.status_code == 409
    assert "Ce producteur a arrêté" in words(answer.text)


async def test_a_crash_between_two_steps_is_repaired_by_applying_again(app, coordinator, monkeypatch):
    monkeypatch.setattr(application, "CHUNK", 3)
    producer_id = await new_producer(coordinator)
    address = await previewed(coordinator, producer_id, BIOESPUNA)
    database, list_id = app.state.service.database, address.rsplit("/", 1)[1]
    author = application.Author("person-1", "Anne")
    async with database.write() as writer:
        assert await application._step(writer, list_id, author) is None, "three lines done, the rest is left"
    assert len(await products_of(coordinator)) == 3
    assert (await coordinator.submit(f"{address}/refuse")).status_code == 409, "half a list is not put aside"
    outcome = await application.apply(database, list_id, author)
    assert outcome.lines == {"new": 10}
    assert outcome.surprises == 0
    assert len(await products_of(coordinator)) == 10
    assert len(await offers(app)) == 10, "no event is said twice"


async def test_a_list_longer_than_a_step_is_stored_and_applied_whole(app, coordinator):
    producer_id = await new_producer(coordinator)
    rows = "".join(f"R{n};Produit {n};kg;{n % 90 + 1},50;FOOD;AMBIENT\n" for n in range(2 * preview.CHUNK + 7))
    result = await send_list(coordinator, producer_id, "reference;nom;unite;prix;tva;conservation\n" + rows)
    assert result["new"] == 2 * preview.CHUNK + 7
    async with app.state.service.database.read() as reader:
        found = await reader.all(select(product.c.id))
        left = await reader.all(select(price_list_line.c.position).where(price_list_line.c.outcome.is_(None)))
    assert (len(found), left) == (2 * preview.CHUNK + 7, [])
    assert len(await offers(app)) == 2 * preview.CHUNK + 7
