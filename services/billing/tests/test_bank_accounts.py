"""Accounts at the bank, how their files read, and the balance held against the books. On both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from bank_desk import BANK, FEE, MARIES_IBAN, PAID, REFERENCE, UNKNOWN, account, kept, lines, only, sent
from bank_papers import IBAN, TYPED_MAPPING, camt, ofx, table
from mandate_papers import hidden
from payment_desk import BOOKS, CASH, COORDINATOR, MEMBER, agent, mends, noted, plain, send

__all__ = ["agent"]


async def test_what_was_only_looked_at_is_not_kept(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    preview = (await sent(books, where, camt([PAID]))).headers["location"]
    assert (await books.submit(preview + "/drop")).status_code == 303
    assert (await books.get(preview)).status_code == 404
    assert (await books.submit(preview + "/keep")).status_code == 404
    assert await lines(agent, where) == []


async def test_a_missing_statement_between_two_is_told(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([], opening=50_00, until=date(2026, 11, 15)))
    answer = await sent(books, where, camt([PAID], opening=60_00))
    page = plain((await books.get(answer.headers["location"])).text)
    assert "finit le dimanche 15 novembre 2026 à 50,00 €, celui-ci commence à 60,00 €" in page
    await books.submit(answer.headers["location"] + "/keep")
    assert "10,00 € du solde ne sont sur aucune ligne" in plain((await books.get(where + "/proof")).text)


async def test_the_proof_explains_each_cent_between_the_bank_and_the_book(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    transfer = {**CASH, "kind": "transfer", "amount": "1", "share-p-roc": "1"}
    assert (await send(books, transfer)).status_code == 303
    await kept(books, where, camt([PAID, UNKNOWN, FEE]))
    page = plain((await books.get(where + "/proof")).text)
    assert "La banque dit 132,30 €" in page
    assert "Le livre dit (compte 512) 23,00 €" in page
    assert "Différence 109,30 €" in page
    assert "Sur le compte avant le premier relevé 100,00 €" in page
    assert "Lignes à traiter 10,30 €" in page
    assert "Passé, pas encore à la banque" in page
    assert "Total 109,30 €" in page


@pytest.mark.parametrize("typed", ["FR76 3000 6000 0112 3456 7890 188", "FR76", "", "XX00 1234"])
async def test_an_iban_with_a_wrong_digit_is_refused(agent, client_for, typed):
    books = client_for(agent, BOOKS)
    fields = hidden((await books.get(BANK + "/new")).text, "id")
    answer = await books.submit(BANK + "/new", {**fields, "name": "Banque", "iban": typed})
    assert answer.status_code == 422
    assert "iban" in mends(answer.text)
    await account(books)
    again = await books.submit(
        BANK + "/new", {**hidden((await books.get(BANK + "/new")).text, "id"), "name": "B", "iban": IBAN}
    )
    assert "existe déjà" in mends(again.text)["iban"]


async def test_a_line_of_another_account_is_not_found(agent, client_for):
    books, coordinator = client_for(agent, BOOKS), client_for(agent, COORDINATOR)
    where = await account(books)
    await kept(books, where, camt([UNKNOWN]))
    line = await only(agent, where)
    assert (await coordinator.get(line)).status_code == 200
    assert (await coordinator.get(f"{BANK}/other/lines/{line.rsplit('/', 1)[1]}")).status_code == 404
    assert (await client_for(agent, MEMBER).get(where)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"col_amount": ""}, "col_amount"),
        ({"col_credit": "Crédit", "col_debit": "Débit"}, "col_amount"),
        ({"col_day": ""}, "col_day"),
        ({"delimiter": "dot"}, "delimiter"),
    ],
)
async def test_how_a_bank_writes_tables_is_asked_for_until_it_can_be_read(agent, client_for, changes, field):
    books = client_for(agent, BOOKS)
    where = await account(books)
    answer = await books.submit(where + "/table", {**TYPED_MAPPING, **changes})
    assert answer.status_code == 422
    assert mends(answer.text)[field]
    assert 'value="Libellé"' in answer.text
    assert (await sent(books, where, table([PAID]), "releve.csv")).status_code == 422
    typed = {**TYPED_MAPPING, "col_texts": "Libelle"}
    assert (await books.submit(where + "/table", typed)).status_code == 303
    refused = await sent(books, where, table([PAID]), "releve.csv")
    assert "Aucune ligne de titres ne contient\u00a0: Libelle" in mends(refused.text)["file"]
    assert (await books.submit(where + "/table", TYPED_MAPPING)).status_code == 303
    await kept(books, where, table([PAID]), "releve.csv")
    assert len(await noted(agent)) == 1


async def test_each_account_is_held_against_its_own_part_of_the_book(agent, client_for):
    books = client_for(agent, BOOKS)
    first = await account(books)
    fields = hidden((await books.get(BANK + "/new")).text, "id")
    answer = await books.submit(BANK + "/new", {**fields, "name": "Autre", "iban": MARIES_IBAN})
    second = answer.headers["location"]
    await kept(books, first, ofx([PAID], closing=72_00), "releve.ofx")
    await kept(books, second, camt([replace(UNKNOWN, text=REFERENCE)], opening=0, iban=MARIES_IBAN))
    line = await only(agent, second)
    assert "ne doit rien" in plain((await books.get(line)).text)
    answer = await books.submit(line + "/transfer", {"household-1": "h-Marie", "share-1-p-roc": "13,50"})
    assert "13,50 € de plus que dû à Chèvrerie du Roc" in plain((await books.get(answer.headers["location"])).text)
    page = plain((await books.get(first + "/proof")).text)
    assert "Le livre dit (compte 512) 22,00 €" in page
    assert "13,50 € du compte 512 sont d’un autre compte en banque" in page
    assert "Sur le compte avant le premier relevé 50,00 €" in page
    assert "La banque et la comptabilité disent la même chose" in page


async def test_a_payment_on_a_closed_day_is_told_as_booked_later(agent, client_for, clock):
    books = client_for(agent, BOOKS)
    where = await account(books)
    transfer = {**CASH, "kind": "transfer", "amount": "1", "share-p-roc": "1"}
    clock.advance(timedelta(days=2))
    assert (await send(books, transfer)).status_code == 303
    await kept(books, where, camt([replace(PAID, cents=20_00)]))
    page = plain((await books.get(where + "/proof")).text)
    assert "À la banque, passé plus tard 20,00 €" in page
    assert "Le livre dit (compte 512) 0,00 €" in page
    assert "Différence 120,00 €" in page
