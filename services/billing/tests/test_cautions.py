"""Cautions through the pages: held apart, refunded, kept with a reason, never more than is held. On both databases."""

import asyncio

import pytest
from billing_week import CLOSES, Week
from hypothesis import given
from hypothesis import strategies as st
from payment_desk import BOOKS, CASH, CHEQUE, MARIE, MEMBER, balances, form, mends, noted, plain, send
from test_household_balance import told

from billing.ledger.chart import CAUTIONS, HUB, Account
from billing.payment import caution
from billing.payment.compartment import parts_of
from billing.payment.held import Apart
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

CAUTION = MARIE + "/caution"
NEW, OUT = CAUTION + "/new", CAUTION + "/out"
TRANSFER = {"kind": "transfer", "amount": "50,00"}
KEPT = {"how": "kept", "amount": "20", "reason": "Caisse cassée"}


@pytest.fixture
async def week(app, clock):
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    return app


async def hubs(app):
    """What stands in the hub's book, by account and party; every book is proved."""
    held = {(account, party): cents for (book, account, party), cents in (await balances(app)).items() if book == HUB}
    money = sum(cents for (_, party), cents in held.items() if party == CAUTIONS)
    owed = -sum(cents for (account, _), cents in held.items() if account == Account.DEPOSITS)
    assert money == owed, "what is held against cautions is what is owed of them"
    return held


async def test_a_caution_is_a_debt_to_the_household_and_lies_apart(week, client_for):
    books = client_for(week, BOOKS)
    answer = await send(books, TRANSFER, NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, CAUTION)
    assert await hubs(week) == {("bank", CAUTIONS): 5000, ("deposits", "h-Marie"): -5000}
    assert (await told(week))[-1].caution_cents == 5000
    assert (await told(week))[-1].left_cents == 4500, "it pays nothing of what is owed"
    ledger = plain((await books.get("/billing/ledger")).text)
    assert "Cautions des foyers 50,00 € mis à part : 50,00 €" in ledger
    assert "La plateforme détient 0,00 €" in ledger, "for producers it holds nothing"
    assert "Marie 50,00 €" in plain((await books.get("/billing/cautions")).text)


async def test_the_member_sees_its_own_and_nobody_elses(week, client_for):
    await send(client_for(week, BOOKS), TRANSFER, NEW)
    await send(client_for(week, BOOKS), KEPT, OUT)
    mine = client_for(week, MEMBER)
    assert "La plateforme détient une caution de 30,00 €" in plain((await mine.get("/billing/due")).text)
    page = (await mine.get(CAUTION)).text
    assert "Conservée par la plateforme : Caisse cassée" in plain(page)
    assert "/caution/out" not in page
    assert "/billing/cautions/" not in page
    other = client_for(week, Grant(Role.MEMBER, household_id="h-Paul", group_id="g-Limoux"))
    assert (await other.get(CAUTION)).status_code == 404
    assert (await mine.get(OUT)).status_code == 403
    assert (await mine.submit(OUT, KEPT)).status_code == 403


async def test_it_is_refunded_and_kept_in_parts(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, {**CASH, "amount": "50,00"}, NEW)
    assert (await send(books, {"how": "cash", "amount": "30,00"}, OUT)).status_code == 303
    assert (await send(books, KEPT, OUT)).status_code == 303
    assert await hubs(week) == {("cash", ""): 2000, ("cautions_kept", ""): -2000}
    assert [each.caution_cents for each in await told(week)] == [0, 5000, 2000, 0]
    till = plain((await books.get("/billing/payments/till")).text)
    assert "20,00 €" in till
    journal = plain((await books.get("/billing/ledger/journal?book=hub")).text)
    assert "Caution reçue" in journal
    assert "Caution rendue" in journal
    assert "Caution conservée" in journal
    assert "7581 Cautions conservées" in journal


async def test_a_refund_in_cash_of_what_lies_at_the_bank_is_the_hubs_own_cash(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, TRANSFER, NEW)
    await send(books, {"how": "cash", "amount": "10,00"}, OUT)
    assert await hubs(week) == {
        ("bank", CAUTIONS): 4000,
        ("bank", ""): 1000,
        ("cash", ""): -1000,
        ("deposits", "h-Marie"): -4000,
    }


async def test_no_more_goes_out_than_is_held(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, TRANSFER, NEW)
    answer = await send(books, {"how": "transfer", "amount": "50,01"}, OUT)
    assert answer.status_code == 422
    assert (
        mends(answer.text)["amount"].replace("\u00a0", " ") == "50,00 € peuvent être rendus ou conservés actuellement."
    )
    assert 'value="50,01"' in answer.text, "what was typed is kept"
    assert await hubs(week) == {("bank", CAUTIONS): 5000, ("deposits", "h-Marie"): -5000}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"how": "kept", "amount": "20"}, "reason"),
        ({"how": "transfer", "amount": "0"}, "amount"),
        ({"how": "transfer", "amount": "-5"}, "amount"),
        ({"how": "transfer", "amount": ""}, "amount"),
        ({"how": "", "amount": "5"}, "how"),
        ({"how": "transfer", "amount": "5", "day": "2027-01-01"}, "day"),
    ],
)
async def test_bad_input_is_told_at_its_field_and_books_nothing(week, client_for, typed, field):
    books = client_for(week, BOOKS)
    await send(books, TRANSFER, NEW)
    answer = await send(books, typed, OUT)
    assert (answer.status_code, list(mends(answer.text))) == (422, [field])
    assert len(await hubs(week)) == 2


async def test_a_form_sent_twice_books_once_and_with_other_words_is_refused(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, TRANSFER, NEW)
    fields = await form(books, {"how": "transfer", "amount": "10"}, OUT)
    for _ in range(2):
        assert (await books.submit(OUT, fields)).status_code == 303
    assert (await hubs(week))["deposits", "h-Marie"] == -4000
    assert (await books.submit(OUT, {**fields, "amount": "11"})).status_code == 409
    assert (await hubs(week))["deposits", "h-Marie"] == -4000


async def test_a_cheque_is_no_money_until_it_is_at_the_bank_and_can_be_given_back(week, client_for):
    books = client_for(week, BOOKS)
    cheque = {name: CHEQUE[name] for name in ("kind", "amount", "cheque_number", "bank")}
    assert (await send(books, cheque, NEW)).status_code == 303
    assert (await send(books, KEPT, OUT, amount="1")).status_code == 422
    [one] = await noted(week)
    page = plain((await books.get(f"/billing/payments/{one.id}")).text)
    assert "Cautions des foyers" in page
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "deposit"})
    assert await hubs(week) == {("bank", CAUTIONS): 1700, ("deposits", "h-Marie"): -1700}
    assert (await send(books, KEPT, OUT, amount="1")).status_code == 303
    back = {"do": "take_back", "reason": "rendu"}
    refused = await books.submit(f"/billing/payments/{one.id}/move", back)
    assert refused.status_code == 409
    assert "déjà été rendue ou conservée" in refused.text
    # What was kept by mistake is taken back first; then the cheque can be.
    async with week.state.service.database.read() as reader:
        [out] = await caution.APART.outs_of(reader, "h-Marie")
    assert (await books.submit(f"/billing/cautions/{out['id']}", {"reason": ""})).status_code == 422
    for _ in range(2):
        assert (await books.submit(f"/billing/cautions/{out['id']}", {"reason": "erreur"})).status_code == 303
    assert (await hubs(week))["deposits", "h-Marie"] == -1700
    assert (await books.submit(f"/billing/payments/{one.id}/move", back)).status_code == 303
    assert await hubs(week) == {}
    assert (await told(week))[-1].caution_cents == 0


async def test_a_cheque_that_bounces_after_a_refund_is_told_of(week, client_for):
    """That the bank refused it is a fact that no rule undoes."""
    books = client_for(week, BOOKS)
    cheque = {name: CHEQUE[name] for name in ("kind", "amount", "cheque_number", "bank")}
    await send(books, cheque, NEW)
    [one] = await noted(week)
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "deposit"})
    await send(books, {"how": "cash", "amount": "17"}, OUT)
    assert (await books.submit(f"/billing/payments/{one.id}/move", {"do": "bounce"})).status_code == 303
    assert (await hubs(week))["deposits", "h-Marie"] == 1700
    assert "Il est sorti plus que ce qui est détenu" in plain((await books.get(CAUTION)).text)
    assert (await told(week))[-1].caution_cents == 0


async def test_two_people_who_refund_the_same_caution_at_once_refund_it_once(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, TRANSFER, NEW)
    refund = {"how": "transfer", "amount": "50,00"}
    forms = [await form(books, refund, OUT) for _ in range(2)]
    answers = await asyncio.gather(*(client_for(week, BOOKS).submit(OUT, one) for one in forms))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert await hubs(week) == {}


@pytest.mark.postgres
async def test_without_the_lock_both_would_be_refunded(week, client_for, monkeypatch):
    """The negative control: what holds the second one back is the lock, not luck."""
    database = week.state.service.database
    if database.is_sqlite:
        pytest.skip("one writer at a time")
    await send(client_for(week, BOOKS), TRANSFER, NEW)
    both, arrived = asyncio.Event(), []
    real = Apart.held_of

    async def met(self, reader, household_id):
        found = await real(self, reader, household_id)
        arrived.append(found.free_cents)
        if len(arrived) == 2:
            both.set()
        await asyncio.wait_for(both.wait(), 5)
        return found

    async def nothing(_self, _writer, _household_id):
        pass

    monkeypatch.setattr(Apart, "hold", nothing)
    monkeypatch.setattr(Apart, "held_of", met)
    typed = {"how": "transfer", "amount": "50,00", "day": "2026-11-22"}
    ids = ("0192f3a4-7c10-7080-8a5b-000000000001", "0192f3a4-7c10-7080-8a5b-000000000002")
    answers = await asyncio.gather(*(client_for(week, BOOKS).submit(OUT, {**typed, "id": one}) for one in ids))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert arrived == [5000, 5000]


@given(st.dictionaries(st.sampled_from([Account.BANK, Account.CASH]), st.integers(-500, 500)), st.integers(1, 900))
def test_every_cent_that_goes_out_is_taken_from_somewhere(lies, cents):
    parts = parts_of(lies, Account.CASH, cents)
    assert sum(parts.values()) == cents
    assert all(part > 0 for part in parts.values())
    if sum(max(each, 0) for each in lies.values()) >= cents:
        assert all(part <= lies[account] for account, part in parts.items())


async def test_the_file_of_entries_names_cautions_in_french(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, TRANSFER, NEW)
    await send(books, KEPT, OUT)
    days = "since=2026-01-01&until=2026-12-31"
    file = (await books.get(f"/billing/ledger/fec.txt?book=hub&siren=732829320&{days}")).text
    assert "512\tBanque\tcautions\tCautions des foyers" in file
    assert "165\tDépôts et cautionnements reçus\th-Marie\tMarie" in file
    assert "Caution conservée, Marie" in file
    assert "7581\tDédits et pénalités perçus, cautions conservées" in file
