"""Proofs of labels and promised prices: both end by a timer, on both databases."""

from datetime import UTC, datetime

import pytest
from catalog_shelf import GOOD, hidden, new_certificate, new_producer, new_product, send_list, words
from sqlalchemy import func, select

from chassis.tables import timer
from chassis.testing import announced
from contracts.catalog import CertificateEndsSoon, CertificateExpired, ProducerChanged, ProductOffered


@pytest.fixture
async def farm(coordinator):
    return await new_producer(coordinator, "Ferme de la Bousole", "Bugarach", labels=["EU_ORGANIC"])


async def last(app, kind):
    return [event for event in await announced(app) if isinstance(event, kind)][-1]


async def let_due_calls_be_made(app, clock, when):
    """Until none is due any more: the service's own loop may take some of them."""
    clock.set(when)
    service = app.state.service
    due = select(func.count()).select_from(timer).where(timer.c.due_at <= when)
    while True:
        async with service.database.read() as reader:
            if not await reader.scalar(due):
                return
        await service.timers.call_one()


AFTER = datetime(2027, 4, 1, 0, 0, tzinfo=UTC)
"""Two in the morning in Limoux on the day after the certificate."""


async def test_an_expired_certificate_takes_the_claim_away_and_tells_the_coordinator(
    app, coordinator, member, farm, clock
):
    await new_certificate(coordinator, farm)
    product_id = await new_product(coordinator, farm, labels=["EU_ORGANIC", "NATURE_PROGRES"])
    said = await last(app, ProductOffered)
    assert said.labels == ("EU_ORGANIC", "NATURE_PROGRES")
    [claim] = said.claims
    assert (claim.label, claim.body, claim.number) == ("EU_ORGANIC", "FR-BIO-01", "FR-1234")
    assert "FR-1234" in words((await member.get(f"/catalog/products/{product_id}")).text)

    await let_due_calls_be_made(app, clock, AFTER)
    said = await last(app, ProductOffered)
    assert (said.version, said.labels, said.claims) == (2, ("NATURE_PROGRES",), ())
    assert (await last(app, ProducerChanged)).labels == ()
    for url in (f"/catalog/products/{product_id}", f"/catalog/producers/{farm}", "/catalog/producers"):
        assert "Agriculture biologique" not in words((await member.get(url)).text), url
    for url in ("/catalog/fragments/home", "/catalog/certificates"):
        told = words((await coordinator.get(url)).text)
        assert "la preuve de « Agriculture biologique (UE) » s'est arrêtée" in told, url

    await new_certificate(coordinator, farm, number="FR-1235", valid_until="2028-03-31")
    said = await last(app, ProductOffered)
    assert (said.version, said.labels, said.claims[0].number) == (3, ("EU_ORGANIC", "NATURE_PROGRES"), "FR-1235")


async def test_the_day_ends_where_the_hub_is(app, coordinator, farm, clock):
    await new_certificate(coordinator, farm)
    await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    await let_due_calls_be_made(app, clock, datetime(2027, 3, 31, 21, 59, tzinfo=UTC))
    assert (await last(app, ProductOffered)).labels == ("EU_ORGANIC",), "it is 23:59 in Limoux"
    await let_due_calls_be_made(app, clock, datetime(2027, 3, 31, 22, 0, tzinfo=UTC))
    assert (await last(app, ProductOffered)).labels == ()


async def test_while_another_certificate_holds_the_claim_stays(app, coordinator, farm, clock):
    await new_certificate(coordinator, farm)
    await new_certificate(coordinator, farm, number="FR-1235", valid_until="2028-03-31")
    await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    await let_due_calls_be_made(app, clock, AFTER)
    assert (await last(app, ProductOffered)).labels == ("EU_ORGANIC",)


async def ended(app):
    """What was said of certificates that end: (event, number)."""
    found = [event for event in await announced(app) if isinstance(event, CertificateEndsSoon | CertificateExpired)]
    return [(event.event, event.number) for event in found]


async def test_a_month_before_and_at_its_end_it_is_said_once_each(app, coordinator, farm, clock):
    await new_certificate(coordinator, farm)
    await let_due_calls_be_made(app, clock, datetime(2027, 3, 1, 22, 59, tzinfo=UTC))
    assert await ended(app) == []
    await let_due_calls_be_made(app, clock, datetime(2027, 3, 1, 23, 0, tzinfo=UTC))
    assert await ended(app) == [("ends_soon", "FR-1234")]
    await let_due_calls_be_made(app, clock, AFTER)
    assert await ended(app) == [("ends_soon", "FR-1234"), ("expired", "FR-1234")]
    said = await last(app, CertificateExpired)
    assert (said.version, said.producer_name, said.label_name.fr) == (
        2,
        "Ferme de la Bousole",
        "Agriculture biologique (UE)",
    )


async def test_nobody_is_disturbed_where_the_next_one_is_on_file_or_it_was_taken_back(app, coordinator, farm, clock):
    await new_certificate(coordinator, farm)
    await new_certificate(coordinator, farm, number="FR-1235", valid_until="2028-03-31")
    mistake = await new_certificate(coordinator, farm, label="DEMETER", number="D-1")
    await coordinator.submit(f"/catalog/certificates/{mistake}/take-back")
    await let_due_calls_be_made(app, clock, AFTER)
    assert await ended(app) == []


async def test_the_next_one_for_one_product_is_none_for_all(app, coordinator, farm, clock):
    product_id = await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    await new_certificate(coordinator, farm)
    await new_certificate(coordinator, farm, number="FR-1235", valid_until="2028-03-31", product_id=product_id)
    await let_due_calls_be_made(app, clock, AFTER)
    assert await ended(app) == [("ends_soon", "FR-1234"), ("expired", "FR-1234")]


async def test_a_certificate_filed_by_mistake_is_taken_back(app, coordinator, farm, clock):
    certificate_id = await new_certificate(coordinator, farm)
    await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    for _time in range(2):
        answer = await coordinator.submit(f"/catalog/certificates/{certificate_id}/take-back")
        assert answer.status_code == 303
    said = await last(app, ProductOffered)
    assert (said.version, said.labels, said.claims) == (2, (), ())
    await let_due_calls_be_made(app, clock, AFTER)
    assert (await last(app, ProductOffered)).version == 2, "its timer is gone"
    assert "aucune preuve" in words((await coordinator.get("/catalog/fragments/home")).text)


async def test_what_a_certifying_body_controls_is_not_shown_before_its_proof(app, coordinator, member, farm):
    product_id = await new_product(coordinator, farm, labels=["EU_ORGANIC", "DEMETER", "HVE", "NATURE_PROGRES"])
    said = await last(app, ProductOffered)
    assert (said.labels, said.claims) == (("NATURE_PROGRES",), ())
    assert "Agriculture biologique" not in words((await member.get(f"/catalog/products/{product_id}")).text)
    told = words((await coordinator.get("/catalog/fragments/home")).text)
    assert "aucune preuve de « Agriculture biologique (UE) » n'est enregistrée. Les membres ne voient pas" in told
    assert "« Nature & Progrès » n'est enregistrée ; le label est montré sur la parole" in told
    for url in (f"/catalog/products/{product_id}", f"/catalog/producers/{farm}"):
        assert "aucun certificat valable" in words((await coordinator.get(url)).text), url
        assert "aucun certificat valable" not in words((await member.get(url)).text), url
    await new_certificate(coordinator, farm, label="DEMETER")
    assert set((await last(app, ProductOffered)).labels) == {"DEMETER", "NATURE_PROGRES"}


async def test_a_text_that_says_organic_without_a_proof_is_told_to_the_coordinator(coordinator, farm):
    await new_product(coordinator, farm, name_fr="Tomme bio", labels=["EU_ORGANIC"])
    await new_product(coordinator, farm, reference="MIEL", name_fr="Miel de biotope", note="Sans label")
    said = "Tomme bio est dit bio, et aucun certificat"
    page = words((await coordinator.get("/catalog/certificates")).text)
    assert said in page
    assert "Miel de biotope est dit bio" not in page
    await new_certificate(coordinator, farm)
    assert said not in words((await coordinator.get("/catalog/certificates")).text)


async def test_a_program_files_a_certificate_once(app, coordinator, farm):
    await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    url, headers = "/catalog/api/certificates", {"x-csrf-token": coordinator.csrf}
    given = {"id": "cert-1", "producer_id": farm, "label": "EU_ORGANIC", "number": "B-9", "valid_until": "2027-03-31"}
    for _time in range(2):
        assert (await coordinator.post(url, json=given, headers=headers)).json() == {"id": "cert-1"}
    assert (await last(app, ProductOffered)).version == 2
    for wrong, at in (
        ({"label": "NONE"}, "label"),
        ({"valid_until": "demain"}, "valid_until"),
        ({"number": ""}, "number"),
    ):
        answer = await coordinator.post(url, json={**given, "id": "cert-2", **wrong}, headers=headers)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [at])
    nobody = await coordinator.post(url, json={**given, "id": "cert-2", "producer_id": "nobody"}, headers=headers)
    assert nobody.status_code == 404


async def test_an_expired_certificate_stays_on_file_and_its_label_off(app, coordinator, farm, clock):
    certificate_id = await new_certificate(coordinator, farm)
    await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    await let_due_calls_be_made(app, clock, AFTER)
    answer = await coordinator.submit(f"/catalog/certificates/{certificate_id}/take-back")
    assert answer.status_code == 409
    assert (await last(app, ProductOffered)).labels == ()
    assert (await coordinator.get("/catalog/api/products")).json()[0]["labels"] == []


@pytest.mark.parametrize(
    ("fields", "at"),
    [({"producer_id": ""}, "producer_id"), ({"label": ""}, "label"), ({"label": "NONE"}, "label"),
     ({"label": "BIO"}, "label"), ({"number": ""}, "number"), ({"valid_until": ""}, "valid_until"),
     ({"valid_until": "2020-01-01"}, "valid_until"), ({"valid_until": "2099-01-01"}, "valid_until"),
     ({"valid_until": "demain"}, "valid_until"), ({"proof_url": "javascript:alert(1)"}, "proof_url"),
     ({"product_id": "of-somebody-else"}, "product_id")],
)  # fmt: skip
async def test_a_wrong_certificate_is_told_at_its_field(app, coordinator, farm, fields, at):
    page = (await coordinator.get("/catalog/certificates/new")).text
    form = {"id": hidden(page, "id"), "producer_id": farm, "label": "EU_ORGANIC", "number": "N-77",
            "valid_until": "2027-03-31", **fields}  # fmt: skip
    answer = await coordinator.submit("/catalog/certificates/new", form)
    assert answer.status_code == 422
    assert f'href="#field-{at}"' in answer.text, words(answer.text)[:500]
    if "number" not in fields:
        assert "N-77" in answer.text


async def lock(browser, product_id, **fields):
    page = (await browser.get(f"/catalog/products/{product_id}")).text
    form = {"version": hidden(page, "version"), "until": "2027-05-31", "reason": "Promis à l’assemblée", **fields}
    return await browser.submit(f"/catalog/products/{product_id}/lock", form)


async def change_price(browser, product_id, price, **fields):
    page = (await browser.get(f"/catalog/products/{product_id}/edit")).text
    form = {**GOOD, "version": hidden(page, "version"), "price": price, **fields}
    return await browser.submit(f"/catalog/products/{product_id}/edit", form)


async def test_a_locked_price_does_not_change_until_somebody_says_why(app, coordinator, member, farm):
    product_id = await new_product(coordinator, farm)
    assert (await lock(coordinator, product_id)).status_code == 303
    assert str((await last(app, ProductOffered)).price_locked_until) == "2027-05-31"
    assert "Prix fixe jusqu'au" in words((await member.get(f"/catalog/products/{product_id}")).text)
    refused = await change_price(coordinator, product_id, "27,90")
    assert refused.status_code == 422
    assert 'id="field-price-error"' in refused.text
    assert "27,90" in refused.text
    assert (await change_price(coordinator, product_id, "26,80", note="Affinée 4 mois")).status_code == 303

    page = (await coordinator.get(f"/catalog/products/{product_id}")).text
    url, version = f"/catalog/products/{product_id}/unlock", hidden(page, "version")
    assert (await coordinator.submit(url, {"version": version, "reason": ""})).status_code == 422
    assert (await coordinator.submit(url, {"version": version, "reason": "Le foin a doublé"})).status_code == 303
    assert (await change_price(coordinator, product_id, "27,90", price_reason="Foin")).status_code == 303
    told = words((await coordinator.get(f"/catalog/products/{product_id}")).text)
    for part in ("Promis à l'assemblée", "Le foin a doublé", "27,90 €", "Foin", "Anne"):
        assert part in told, part


async def test_a_price_list_does_not_break_a_promise(app, coordinator, farm):
    product_id = await new_product(coordinator, farm)
    await lock(coordinator, product_id)
    answer = await send_list(coordinator, farm, "ref;nom;prix\nTOM-1;Tomme de brebis;29,00\n")
    assert [(fault["line"], fault["field"]) for fault in answer["wrong"]] == [(2, "price")]


async def test_a_promise_ends_with_its_last_day(app, coordinator, farm, clock):
    product_id = await new_product(coordinator, farm)
    await lock(coordinator, product_id)
    await let_due_calls_be_made(app, clock, datetime(2027, 5, 31, 22, 0, tzinfo=UTC))
    assert (await last(app, ProductOffered)).price_locked_until is None
    assert (await change_price(coordinator, product_id, "27,90")).status_code == 303


@pytest.mark.parametrize(
    ("fields", "at"),
    [({"until": ""}, "until"), ({"until": "2020-01-01"}, "until"), ({"until": "2099-01-01"}, "until"),
     ({"until": "mai"}, "until"), ({"reason": ""}, "reason"), ({"reason": "x" * 301}, "reason")],
)  # fmt: skip
async def test_a_wrong_promise_is_told_at_its_field(app, coordinator, farm, fields, at):
    product_id = await new_product(coordinator, farm)
    answer = await lock(coordinator, product_id, **fields)
    assert answer.status_code == 422
    assert f'id="field-{at}-error"' in answer.text


async def test_a_whole_list_is_promised_for_the_season(app, coordinator, farm, clock):
    first = await new_product(coordinator, farm)
    await lock(coordinator, first, until="2027-12-31")
    await new_product(coordinator, farm, reference="TOM-2")
    url = f"/catalog/producers/{farm}/lock-prices"
    assert "1 est déjà fixé" in words((await coordinator.get(url)).text)
    wrong = await coordinator.submit(url, {"until": "mai", "reason": "Promis"})
    assert wrong.status_code == 422
    assert 'value="Promis"' in wrong.text
    assert (await coordinator.submit(url, {"until": "2027-05-31", "reason": "Promis"})).status_code == 303
    goods = (await coordinator.get("/catalog/api/products")).json()
    until = {one["reference"]: one["price_locked_until"] for one in goods}
    assert until == {"TOM-1": "2027-12-31", "TOM-2": "2027-05-31"}
    await let_due_calls_be_made(app, clock, datetime(2027, 5, 31, 22, 0, tzinfo=UTC))
    assert (await last(app, ProductOffered)).price_locked_until is None


async def test_the_calendar_tells_what_begins_and_ends(app, coordinator, member, farm, clock):
    clock.set(datetime(2026, 10, 12, 8, 0, tzinfo=UTC))
    await new_product(coordinator, farm)
    await new_product(coordinator, farm, reference="MIEL", name_fr="Miel", season_from="", season_to="")
    page = words((await member.get("/catalog/seasons")).text)
    assert page.index("Octobre") < page.index("Janvier") < page.index("Avril")
    assert page.count("Tomme de brebis") == 7
    assert "Dernier mois Tomme de brebis" in page
    assert "1 produit est là toute l'année" in page
