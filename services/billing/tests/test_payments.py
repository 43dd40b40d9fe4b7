"""Payments from the form to the books, through the pages. On both databases."""

import asyncio
import re
from datetime import date, timedelta

import pytest
from billing_week import CHEESE, closed, line, opened, placed
from payment_desk import (
    BOOKS,
    CASH,
    CHEQUE,
    COORDINATOR,
    GOATS,
    MARIE,
    MEMBER,
    NEW,
    SPAIN,
    TRANSFER,
    agent,
    balances,
    form,
    mends,
    noted,
    plain,
    send,
    week,
)

from billing.ledger.chart import HUB
from billing.payment.reference import reference_of
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

__all__ = ["agent", "week"]


async def test_a_transfer_to_the_producer_pays_it_and_is_none_of_the_hubs_money(week, client_for):
    books = client_for(week, BOOKS)
    answer = await send(books, TRANSFER, reference="FROMAGE 48")
    assert (answer.status_code, answer.headers["location"]) == (303, MARIE)
    held = await balances(week)
    assert held[GOATS, "bank", ""] == 1700
    assert (GOATS, "household", "h-Marie") not in held
    assert not [key for key in held if key[0] == HUB]
    page = plain((await books.get(MARIE)).text)
    assert "Virement, FROMAGE 48 Chèvrerie du Roc 17,00 € Reçu" in page
    assert "BioEspuña Semaine 48 28,00 € 0,00 € 28,00 €" in page
    mine = plain((await client_for(week, MEMBER).get("/billing/due")).text)
    assert "Chèvrerie du Roc 17,00 € Payé" in mine
    assert "Reste à payer 28,00 €" in mine
    assert "Virement, FROMAGE 48" in mine
    assert f"indiquez cette référence : {reference_of('h-Marie')}" in mine


async def test_a_part_is_paid_and_the_rest_is_left(week, client_for):
    await send(client_for(week, BOOKS), TRANSFER, amount="7,05 €", reference=reference_of("h-Marie").lower())
    page = plain((await client_for(week, BOOKS).get(MARIE)).text)
    assert "Chèvrerie du Roc Semaine 48 17,00 € 7,05 € 9,95 €" in page
    assert "Chèvrerie du Roc 17,00 € reste 9,95 €" in page


async def test_payments_go_to_the_oldest_cycle_first(week, client_for):
    again = [placed("Marie", [line(CHEESE)], cycle="week-49")]
    later = closed(again, "week-49").model_copy(update={"name": "Semaine 49", "delivers_on": date(2026, 12, 4)})
    await deliver(week, opened("week-49"), *again, later)
    await send(client_for(week, BOOKS), TRANSFER, amount="20")
    page = plain((await client_for(week, BOOKS).get(MARIE)).text)
    assert "Chèvrerie du Roc Semaine 49 8,50 € 3,00 € 5,50 €" in page
    assert "Chèvrerie du Roc Semaine 48 17,00 € 17,00 € 0,00 €" in page


async def test_more_than_is_owed_is_kept_as_credit_and_said(week, client_for):
    books = client_for(week, BOOKS)
    assert (await send(books, TRANSFER, amount="20,00")).status_code == 303
    page = plain((await books.get(MARIE)).text)
    assert "3,00 € de plus que dû à Chèvrerie du Roc : c’est un avoir du foyer." in page
    assert "On a payé 3,00 € de plus que dû : cela comptera pour les prochaines commandes." in page
    assert (await balances(week))[GOATS, "household", "h-Marie"] == -300


async def test_a_form_sent_twice_books_once(week, client_for):
    books = client_for(week, BOOKS)
    sent = await form(books, TRANSFER)
    answers = await asyncio.gather(*(books.submit(NEW, sent) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len(await noted(week)) == 1
    assert (await balances(week))[GOATS, "bank", ""] == 1700
    changed = await books.submit(NEW, {**sent, "amount": "18"})
    assert changed.status_code == 409
    assert "a déjà été envoyé" in changed.text


async def test_two_people_at_once_note_two_payments_but_one_cheque_once(week, client_for):
    people = [client_for(week, BOOKS, person_id=f"person-{n}", name=f"N{n}") for n in (1, 2)]
    transfers = await asyncio.gather(*(send(each, TRANSFER, amount="8,50") for each in people))
    assert [answer.status_code for answer in transfers] == [303, 303]
    assert (GOATS, "household", "h-Marie") not in await balances(week)
    cheques = await asyncio.gather(*(send(each, CHEQUE, payee=SPAIN, amount="28") for each in people))
    assert sorted(answer.status_code for answer in cheques) == [303, 422]
    refused = next(answer for answer in cheques if answer.status_code == 422)
    assert "Ce chèque est déjà noté" in mends(refused.text)["cheque_number"]
    assert len(await noted(week)) == 3


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"amount": "0"}, "amount", "supérieur à zéro"),
        ({"amount": "-5"}, "amount", ""),
        ({"amount": "dix-sept"}, "amount", "en chiffres"),
        ({"amount": "17,005"}, "amount", "2 décimales"),
        ({"amount": ""}, "amount", ""),
        ({"payee": ""}, "payee", "Choisissez"),
        ({"payee": "p-none"}, "payee", "Choisissez"),
        ({"kind": "gold"}, "kind", "Choisissez"),
        ({"day": "2026-11-23"}, "day", "22/11/2026"),
        ({"day": "hier"}, "day", "date"),
        ({"kind": "cheque"}, "cheque_number", ""),
        ({"kind": "cheque", "cheque_number": "1"}, "bank", ""),
        ({"promised": "on"}, "promised", "Seul un chèque"),
        ({"kind": "cash", "amount": "1000,01"}, "amount", "1 000"),
        ({"payee": HUB}, "payee", "aucun mandat signé"),
        ({"reference": reference_of("h-Paul")}, "reference", "d’un autre foyer"),
        ({"reference": reference_of("h-Marie")[:-1]}, "reference", "faux ou manque"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field_and_kept(week, client_for, changes, field, said):
    answer = await send(client_for(week, BOOKS), TRANSFER, **changes)
    assert answer.status_code == 422
    assert said in mends(answer.text)[field].replace("\u00a0", " ").replace("\u202f", " ")
    if changes.get("amount"):
        assert f'value="{changes["amount"]}"' in answer.text
    assert await noted(week) == []


async def test_the_hub_collects_only_for_whom_a_mandate_says_so(agent, client_for):
    books = client_for(agent, BOOKS)
    answer = await send(books, CASH, amount="20")
    assert answer.status_code == 200
    page = plain(answer.text)
    assert "Rien n’est encore noté." in page
    assert await noted(agent) == []
    # Nothing for the producer without such a mandate.
    shares = dict(re.findall(r'name="share-([\w-]+)"[^>]* value="([^"]*)"', answer.text))
    assert shares == {"p-roc": "17,00", "p-oven": "3,00"}


async def test_a_sum_for_several_producers_is_shared_out_and_every_cent_is_placed(agent, client_for):
    books = client_for(agent, BOOKS)
    sent = await form(books, CASH)
    short = await books.submit(NEW, {**sent, "share-p-roc": "8,50", "share-p-oven": "4,99"})
    assert short.status_code == 422
    assert "chaque centime" in mends(short.text)["share-p-roc"]
    before = await balances(agent)
    answer = await books.submit(NEW, {**sent, "share-p-roc": "8,50", "share-p-oven": "5,00"})
    assert answer.status_code == 303
    held = await balances(agent)
    moved = {key: held[key] - before.get(key, 0) for key in held if key[0] == HUB}
    assert {key: cents for key, cents in moved.items() if cents} == {
        (HUB, "cash", "p-roc"): 850,
        (HUB, "cash", "p-oven"): 500,
        (HUB, "third_party", "p-roc"): -850,
        (HUB, "third_party", "p-oven"): -500,
    }
    assert (held["p-roc", "third_party", HUB] - before.get(("p-roc", "third_party", HUB), 0)) == 850
    assert held["p-roc", "household", "h-Marie"] == 850
    till = plain((await books.get("/billing/payments/till")).text)
    assert "Chèvrerie du Roc 8,50 €" in till
    assert "dimanche 22 novembre 2026 13,50 € 0,00 € 13,50 €" in till
    assert "la plateforme détient ce qu’elle doit" in plain((await books.get("/billing/ledger")).text)


async def test_a_producer_without_such_a_mandate_is_paid_itself(agent, client_for):
    before = await balances(agent)
    answer = await send(client_for(agent, BOOKS), {**CASH, "payee": GOATS})
    assert answer.status_code == 303
    after = await balances(agent)
    assert after != before
    assert not [key for key in after if key[0] == HUB and after[key] != before[key]]


async def test_a_cheque_to_a_producer_lies_in_the_register_until_it_is_handed_over(week, client_for):
    books = client_for(week, BOOKS)
    before = await balances(week)
    await send(books, CHEQUE)
    assert await balances(week) == before
    page = plain((await books.get(MARIE)).text)
    assert "17,00 € en sont ici, en chèques à l’ordre de Chèvrerie du Roc, à remettre." in page
    (one,) = await noted(week)
    cheques = (await books.get("/billing/payments/cheques")).text
    assert f'value="{one.id}" checked' in cheques
    assert "Marie, 17,00 €, Chèque n° 1234567, Crédit Agricole" in plain(cheques).replace(" ,", ",")
    moved = {"do": "hand_over", "cheque": [one.id]}
    for _ in range(2):
        assert (await books.submit("/billing/payments/cheques", moved)).status_code == 303
    held = await balances(week)
    assert held[GOATS, "cheques", ""] == 1700
    assert (GOATS, "household", "h-Marie") not in held
    assert not [key for key in held if key[0] == HUB]
    assert "Aucun chèque" in (await books.get("/billing/payments/cheques")).text
    deposit = await books.submit(f"/billing/payments/{one.id}/move", {"do": "deposit"})
    assert deposit.status_code == 409
    bounced = await books.submit(f"/billing/payments/{one.id}/move", {"do": "bounce"})
    assert bounced.status_code == 303
    assert await balances(week) == before
    assert "Refusé" in plain((await books.get(f"/billing/payments/{one.id}")).text)
    assert (await send(books, CHEQUE)).status_code == 303, "it may be brought again"


async def test_a_cheque_to_the_hub_goes_to_the_bank_by_producer_and_bounces(agent, client_for):
    books = client_for(agent, BOOKS)
    before = await balances(agent)
    shares = {"share-p-roc": "17", "share-p-oven": "5"}
    assert (await send(books, CHEQUE, payee=HUB, amount="22", **shares)).status_code == 303
    (one,) = await noted(agent)
    held = await balances(agent)
    assert (held[HUB, "cheques", "p-roc"], held[HUB, "cheques", "p-oven"]) == (1700, 500)
    moved = {"do": "deposit", "cheque": [one.id]}
    assert (await books.submit("/billing/payments/cheques", moved)).status_code == 303
    held = await balances(agent)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (1700, 500)
    assert (HUB, "cheques", "p-roc") not in held
    assert (await books.submit(f"/billing/payments/{one.id}/move", {"do": "bounce"})).status_code == 303
    assert await balances(agent) == before


async def test_a_payment_of_the_wrong_household_is_taken_back_and_noted_anew(agent, client_for, clock):
    books = client_for(agent, BOOKS)
    before = await balances(agent)
    shares = {"share-p-roc": "17", "share-p-oven": "5"}
    paul = "/billing/households/h-Paul/payments/new"
    assert (await send(books, CHEQUE, paul, payee=HUB, amount="22", **shares)).status_code == 303
    (one,) = await noted(agent)
    assert one.household_id == "h-Paul"
    clock.advance(timedelta(days=1))
    where = f"/billing/payments/{one.id}"
    unsaid = await books.submit(f"{where}/move", {"do": "take_back"})
    assert unsaid.status_code == 422
    assert "reason" in mends(unsaid.text)
    for _ in range(2):
        taken = await books.submit(f"{where}/move", {"do": "take_back", "reason": "C’est celui de Marie"})
        assert taken.status_code == 303
    assert await balances(agent) == before
    page = plain((await books.get(where)).text)
    assert "Annulé" in page
    assert "C’est celui de Marie" in page
    assert (await send(books, CHEQUE, payee=HUB, amount="22", **shares)).status_code == 303
    assert (await balances(agent))[HUB, "cheques", "p-roc"] == 1700


async def test_a_promised_cheque_pays_nothing_until_it_is_here(week, client_for):
    books = client_for(week, BOOKS)
    promise = {**CHEQUE, "cheque_number": "", "bank": "", "promised": "on", "day": "2026-11-27"}
    assert (await send(books, promise)).status_code == 303
    assert "17,00 € 0,00 € 17,00 €" in plain((await books.get(MARIE)).text)
    (one,) = await noted(week)
    moved = {"do": "receive", "cheque": [one.id]}
    assert (await books.submit("/billing/payments/cheques", moved)).status_code == 303
    assert "17,00 € 17,00 € 0,00 €" in plain((await books.get(MARIE)).text)
    nothing = await books.submit("/billing/payments/cheques", {"do": "hand_over"})
    assert nothing.status_code == 422
    assert "Cochez au moins un chèque" in nothing.text


URLS = ("/billing/payments", "/billing/payments/cheques", "/billing/payments/till", "/billing/payments/{id}")


async def test_payments_are_noted_and_read_by_those_who_keep_the_books(week, client_for):
    await send(client_for(week, COORDINATOR), CHEQUE)
    (one,) = await noted(week)
    for role in Role:
        browser = client_for(week, Grant(role, household_id="h-Marie", producer_id=GOATS))
        reads = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for url in URLS:
            assert (await browser.get(url.format(id=one.id))).status_code == (200 if reads else 403), (role, url)
        writes = role in (Role.COORDINATOR, Role.BOOKKEEPER)
        assert (await browser.get(NEW)).status_code == (200 if writes else 403), role
        if not writes:
            assert (await browser.submit(NEW, {**TRANSFER, "id": one.id})).status_code == 403
            assert (await browser.submit("/billing/payments/cheques", {"do": "hand_over"})).status_code == 403
            assert (await browser.submit(f"/billing/payments/{one.id}/move", {"do": "hand_over"})).status_code == 403
    forged = await client_for(week, BOOKS).submit(NEW, {**TRANSFER, "id": one.id, "csrf_token": "other"})
    assert forged.status_code == 403


async def test_the_home_page_says_what_is_left(week, client_for):
    member = client_for(week, MEMBER)
    before = owes(await member.get("/billing/fragments/home"))
    await send(client_for(week, BOOKS), TRANSFER)
    assert owes(await member.get("/billing/fragments/home")) == before - 1700 > 0


def owes(home):
    euros, cents = re.search(r"(\d+)\s*,\s*(\d\d)", plain(home.text).split("Ce que je dois")[1]).groups()
    return int(euros + cents)


async def test_a_household_sees_its_own_payments_only(week, client_for):
    await send(client_for(week, BOOKS), TRANSFER, reference="DE-MARIE")
    member = client_for(week, MEMBER)
    page = (await member.get(MARIE)).text
    assert "DE-MARIE" in page
    assert "/billing/payments/" not in page
    assert "payments/new" not in page
    josette = client_for(week, Grant(Role.MEMBER, household_id="h-Josette", group_id="g-Quillan"))
    assert "DE-MARIE" not in (await josette.get("/billing/due")).text
    assert (await josette.get(MARIE)).status_code == 404


@pytest.mark.parametrize("url", ["/billing/payments/none", "/billing/households/none/payments/new"])
async def test_what_is_not_there_is_not_found(week, client_for, url):
    assert (await client_for(week, BOOKS).get(url)).status_code == 404
