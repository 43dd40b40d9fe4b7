"""Payouts to households and volunteers: what lies in a wallet, a caution, what somebody spent; through the pages, the
books proven after each step. On both databases."""

import asyncio
import re

import payout_week
import pytest
from bank_desk import account as bank_account
from bank_desk import kept, lines
from bank_papers import camt
from billing_week import CLOSES
from mandate_papers import hidden
from payment_desk import mends, plain
from payout_week import BOOKS, HUB_ACCOUNT, URL, approve, balances, bruno, draw_up, drawn_up, execute, form, know, pay

from billing.app import BillingSettings, create_app
from billing.bank.statement import Line
from billing.instruction.life import Stage
from billing.ledger.chart import CAUTIONS, HUB, WALLETS
from billing.ledger.cover import cautions_on, wallets_on
from billing.payment.wallet_control import control
from billing.payout.register import What
from chassis.identity import Grant
from contracts import Role

__all__ = ["bruno"]
DAY = CLOSES.date()
MARIES, MEMBER = "FR7630006000011234567890189", Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
HOME, VOLUNTEER = "/billing/households/h-Marie", "/billing/expenses/account/marie"
OFFERED = {"wallet": "wallet-h-Marie", "caution": "caution-h-Marie"}


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **HUB_ACCOUNT, km_rate_millis=529)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def marie(hub, client_for):
    return client_for(hub, MEMBER, person_id="marie", name="Marie")


async def note(browser, url, status=303, **typed):
    """Note an account, by the form."""
    fields = hidden((await browser.get(url)).text, "id", "seen")
    said = {"holder": "Marie Durand", "iban": MARIES, "bic": "", "reason": "RIB rappelé", "agreed": "on"}
    answer = await browser.submit(url, {**fields, **said, **typed})
    assert answer.status_code == status, (mends(answer.text), plain(answer.text))
    return answer


async def receive(browser, what, amount, kind="transfer"):
    fields = hidden((await browser.get(f"{HOME}/{what}/new")).text, "id")
    answer = await browser.submit(f"{HOME}/{what}/new", {**fields, "day": str(DAY), "kind": kind, "amount": amount})
    assert answer.status_code == 303, mends(answer.text)


async def claimed(browser, by, amount="12,30", accept=True):
    """The address of a claim, handed in and accepted."""
    fields = hidden((await by.get("/billing/expenses/new")).text, "id")
    said = {"kind": "other", "amount": amount, "day": str(DAY), "why": "Glacières"}
    where = (await by.submit("/billing/expenses/new", {**fields, **said})).headers["location"]
    if accept:
        assert (await browser.submit(where + "/accept")).status_code == 303
    return where


@pytest.fixture
async def owed(hub, anne, bruno, marie):
    """The hub has its commission at the bank, 80,00 of a wallet, 50,00 of a caution, and owes 12,30 to Marie."""
    await pay(anne, "150", "100", "50")
    assert (await know(anne)).status_code == 303
    assert (await know(anne, "p-oven", payout_week.OVENS)).status_code == 303
    await execute(anne, await approve(bruno, await draw_up(anne)))
    await receive(anne, "wallet", "80")
    await receive(anne, "caution", "50")
    await note(marie, HOME + "/account")
    await note(marie, VOLUNTEER)
    await claimed(anne, marie)
    return hub


async def ticked(browser, **typed):
    """What the form proposes, with claims as they are ticked."""
    page = (await browser.get(URL + "/new")).text
    claims = re.findall(r'name="claim" value="([^"]+)" checked', page)
    return await form(browser, **({"claim": claims[0]} if claims else {}) | typed)


async def draw(browser, status=303, **typed):
    answer = await browser.submit(URL + "/new", await ticked(browser, **typed))
    assert answer.status_code == status, (mends(answer.text), plain(answer.text))
    return answer.headers["location"] if status == 303 else answer


async def proven(app):
    """The balances; wallets and cautions are covered to the cent by what lies apart for them."""
    async with app.state.service.database.read() as reader:
        for held in (await wallets_on(reader, DAY), await cautions_on(reader, DAY)):
            assert held.held_cents == held.owed_cents
        assert (await control(reader)).agrees, "wallets as noted, in the books, and their money"
    return await balances(app)


def changed(before, after):
    return {key[1:]: after.get(key, 0) - cents for key, cents in before.items() if after.get(key, 0) != cents}


async def test_each_is_sent_out_of_its_own_money_and_booked_as_what_is_paid_by_hand(owed, anne, bruno):
    before = await proven(owed)
    where = await draw(anne, **{OFFERED["wallet"]: "30", OFFERED["caution"]: "50"})
    await approve(bruno, where)
    assert await proven(owed) == before, "nothing is booked until the bank has sent it"
    (one, *_before) = await drawn_up(owed)
    assert [(each.what, each.cents) for each in one.transfers] == [
        (What.WALLET, 3000),
        (What.CAUTION, 5000),
        (What.EXPENSE, 1230),
    ]
    file = (await anne.submit(where + "/file")).text
    assert file.count(MARIES) == 3
    assert "<CtrlSum>92.30</CtrlSum>" in re.sub(r"ns0:", "", file)
    await execute(anne, where)
    after = await proven(owed)
    assert changed(before, after) == {
        ("bank", WALLETS): -3000,
        ("wallet", "h-Marie"): 3000,
        ("bank", CAUTIONS): -5000,
        ("deposits", "h-Marie"): 5000,
        ("bank", ""): -1230,
        ("volunteers", ""): 1230,
    }
    await execute(anne, where)
    assert await proven(owed) == after, "booked once"
    assert "Cagnotte" in plain((await anne.get(where)).text)
    assert "deux personnes" in plain((await anne.get(f"/billing/expenses/{one.transfers[2].of}")).text)


async def test_the_bank_gives_one_back_and_exactly_that_one_is_owed_again(owed, anne, bruno):
    where = await draw(anne, **{OFFERED["wallet"]: "30", OFFERED["caution"]: "50"})
    before = await proven(owed)
    await execute(anne, await approve(bruno, where))
    (one, *_before) = await drawn_up(owed)
    parts = [{"bank", "wallet"}, {"bank", "deposits"}, {"bank", "volunteers"}]
    for each, accounts in zip(one.transfers, parts, strict=True):
        held = await proven(owed)
        fields = {"transfer": each.id, "refused_because": "AC04 compte clos", "refused_on": str(DAY)}
        for _time in range(2):
            await anne.submit(where + "/refuse", fields)
        after = await proven(owed)
        moved = changed(held | after, after) or changed(after, held)
        assert {account for account, _party in {**changed(held, after), **moved}} == accounts
    assert await proven(owed) == before, "all of it is owed as before"
    again = await draw(anne, **{OFFERED["wallet"]: "80", OFFERED["caution"]: "50"})
    await execute(anne, await approve(bruno, again))
    held = await proven(owed)
    assert not [key for key in held if key[1] in ("wallet", "deposits", "volunteers")]


async def test_what_is_reserved_is_neither_used_nor_paid_by_hand(owed, anne, bruno, marie):
    where = await draw(anne, **{OFFERED["wallet"]: "80", OFFERED["caution"]: "50"})
    claim = re.search(r"/billing/expenses/[0-9a-f-]{36}", (await anne.get(where)).text)[0]
    page = (await anne.get(HOME + "/wallet/out")).text
    out = {**hidden(page, "id"), "how": "transfer", "amount": "1", "day": str(DAY)}
    refused = await anne.submit(HOME + "/wallet/out", out)
    assert (refused.status_code, "0,00 €" in plain(refused.text)) == (422, True)
    page = (await anne.get(HOME + "/caution/out")).text
    refused = await anne.submit(HOME + "/caution/out", {**out, **hidden(page, "id")})
    assert refused.status_code == 422
    refused = await anne.submit(claim + "/pay", {"means": "cash"})
    assert (refused.status_code, "versement n° 2" in plain(refused.text)) == (409, True)
    assert (await anne.submit(claim + "/take-back", {"back_because": "Erreur"})).status_code == 409
    assert not re.search(r'name="(wallet|caution)-h-Marie"|name="claim"', (await anne.get(URL + "/new")).text)
    assert (await anne.submit(where + "/call-off", {"reason": "Erreur"})).status_code == 303
    assert (await anne.submit(HOME + "/wallet/out", out)).status_code == 303
    assert (await anne.submit(claim + "/pay", {"means": "cash"})).status_code == 303


async def test_of_two_who_send_the_same_wallet_back_at_once_one_does(owed, anne, bruno):
    mine = await ticked(anne, **{OFFERED["wallet"]: "80"})
    page = (await bruno.get(HOME + "/wallet/out")).text
    out = {**hidden(page, "id"), "how": "transfer", "amount": "80", "day": str(DAY)}
    answers = await asyncio.gather(anne.submit(URL + "/new", mine), bruno.submit(HOME + "/wallet/out", out))
    assert sorted(each.status_code for each in answers) == [303, 422]
    await proven(owed)


async def test_who_is_paid_neither_draws_it_up_nor_approves_it(owed, anne, client_for):
    both = client_for(owed, BOOKS, MEMBER, person_id="marie", name="Marie")
    page = (await both.get(URL + "/new")).text
    assert not re.search(r'name="(wallet|caution)-h-Marie"|name="claim"', page)
    mine = await draw_up_for(both, anne)
    assert mine.status_code == 422
    where = await draw(anne, **{OFFERED["wallet"]: "30"})
    refused = await both.submit(where + "/approve")
    assert (refused.status_code, "ne l’approuve pas" in plain(refused.text)) == (409, True)
    assert (await drawn_up(owed))[0].stage is Stage.DRAFT


async def draw_up_for(browser, other):
    """What another person was offered, sent by this one."""
    return await browser.submit(URL + "/new", await ticked(other))


async def test_who_noted_an_account_does_not_approve_the_first_transfer_to_it(owed, anne, bruno):
    await note(bruno, HOME + "/account", iban="ES9121000418450200051332")
    where = await draw(anne, **{OFFERED["wallet"]: "30"})
    refused = await bruno.submit(where + "/approve")
    assert (refused.status_code, "jamais reçu" in plain(refused.text)) == (409, True)
    assert "n’a jamais reçu d’argent" in plain((await anne.get(where)).text)


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"wallet": "80,01"}, "80,00 €"), ({"caution": "50,01"}, "50,00 €"), ({"wallet": "x"}, "Tapez un nombre")],
)
async def test_no_more_than_is_held_is_sent(owed, anne, typed, said):
    answer = await draw(anne, 422, **{OFFERED[what]: amount for what, amount in typed.items()})
    (field,) = typed
    assert said in plain(mends(answer.text)[OFFERED[field]])
    assert f'value="{typed[field]}"' in answer.text, "what was typed is kept"
    assert len(await drawn_up(owed)) == 1


async def test_cash_that_is_not_at_the_bank_is_not_sent_out_of_what_lies_there_for_others(owed, anne):
    before = await proven(owed)
    await receive(anne, "wallet", "20", "cash")
    answer = await draw(anne, 422, **{OFFERED["wallet"]: "100"})
    assert "seuls 80,00 €" in plain(answer.text)
    await draw(anne, **{OFFERED["wallet"]: "80"})
    assert before[HUB, "bank", WALLETS] == 8000


async def test_expenses_are_never_paid_out_of_what_the_hub_holds_for_others(owed, anne, marie):
    own = (await proven(owed))[HUB, "bank", ""]
    await claimed(anne, marie, "200")
    page = (await anne.get(URL + "/new")).text
    claims = re.findall(r'name="claim" value="([^"]+)"', page)
    answer = await anne.submit(URL + "/new", (await form(anne)) | {"claim": claims})
    assert answer.status_code == 422
    assert f"seuls {own // 100},{own % 100:02d} €" in plain(answer.text)
    assert own < 20000 < own + 8000 + 5000 + 10000


async def test_the_page_of_a_claim_warns_of_what_lacks_of_the_hubs_own_money(owed, anne, marie):
    own = (await proven(owed))[HUB, "bank", ""]
    lacking = 20000 - (own - 1230)
    await draw(anne)
    where = await claimed(anne, marie, "200")
    page = plain((await anne.get(where)).text)
    assert f"Il manque {lacking // 100},{lacking % 100:02d} €" in page, "what a payout reserves is not free"
    assert "Il manque" not in plain((await anne.get(await claimed(anne, marie, "1"))).text)
    assert "Il manque" not in plain((await marie.get(where)).text)


async def test_an_account_is_kept_only_with_consent_and_a_right_iban(owed, anne, marie, client_for):
    url = HOME + "/account"
    answer = await note(anne, url, 422, agreed="", iban="FR7630006000011234567890188")
    assert {"agreed", "iban"} <= set(mends(answer.text))
    assert 'value="Marie Durand"' in answer.text
    paul = client_for(owed, Grant(Role.MEMBER, household_id="h-Paul", group_id="g-Limoux"), person_id="paul")
    assert [(await paul.get(each)).status_code for each in (url, VOLUNTEER)] == [404, 404]
    fields = {"id": "00000000-0000-7000-8000-0000000000aa", "seen": "1", "holder": "P", "iban": MARIES, "agreed": "on"}
    assert (await paul.submit(url, fields)).status_code == 404
    assert (await anne.get("/billing/expenses/account/nobody")).status_code == 404
    old = await anne.submit(url, {**fields, "seen": "0", "reason": "RIB"})
    assert old.status_code == 409


async def test_a_statement_that_names_them_books_them_and_what_it_gives_back(owed, anne, bruno):
    await approve(bruno, await draw(anne, **{OFFERED["wallet"]: "30", OFFERED["caution"]: "50"}))
    where, before = await bank_account(anne, HUB_ACCOUNT["hub_iban"]), await proven(owed)
    (one, *_before) = await drawn_up(owed)
    sent = [
        Line(DAY, -each.cents, f"S{each.place}", each.end_to_end_id, party_name=each.account.holder)
        for each in one.transfers
    ]
    await kept(anne, where, camt(sent, iban=HUB_ACCOUNT["hub_iban"]))
    assert {each.stage for each in await lines(owed, where)} == {"matched"}
    after = await proven(owed)
    assert changed(before, after)["wallet", "h-Marie"] == 3000
    assert (await drawn_up(owed))[0].executed_on == DAY
    back = Line(DAY, 3000, "R1", one.transfers[0].end_to_end_id, text="AC04 compte clos", party_name="Marie Durand")
    await kept(anne, where, camt([*sent, back], iban=HUB_ACCOUNT["hub_iban"]))
    (line,) = [each for each in await lines(owed, where) if each.said.cents > 0]
    page = f"{where}/lines/{line.id}"
    fields = {"back": f"{one.id}:{one.transfers[0].id}", "back_because": "AC04 compte clos"}
    assert (await anne.submit(page + "/back", fields)).status_code == 303
    given = await proven(owed)
    assert changed(after, given) | changed(given, after) == {("bank", WALLETS): -3000, ("wallet", "h-Marie"): 3000}


async def test_what_a_payout_sent_is_not_undone_by_hand(owed, anne, bruno):
    where = await draw(anne, **{OFFERED["wallet"]: "30", OFFERED["caution"]: "50"})
    await execute(anne, await approve(bruno, where))
    held = await proven(owed)
    (one, *_before) = await drawn_up(owed)
    wallet, caution, expense = one.transfers
    said = {"undo_reason": "Erreur", "reason": "Erreur", "back_because": "Erreur"}
    for url in (
        f"/billing/wallets/{wallet.id}/undo",
        f"/billing/cautions/{caution.id}",
        f"/billing/expenses/{expense.of}/take-back",
    ):
        assert (await anne.submit(url, said)).status_code == 409, url
    assert await proven(owed) == held
