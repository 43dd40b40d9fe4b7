"""Wallets: paid in advance, used for what is owed, paid back; through the pages, the books proven after each step. On
both databases."""

import asyncio
import re
from datetime import timedelta

import payout_week
import pytest
from billing_week import CLOSES
from mandate_papers import hidden
from payment_desk import mends, plain
from payout_week import BOOKS, HUB_ACCOUNT, balances
from sqlalchemy import func, select

from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB, WALLETS, Account
from billing.ledger.cover import wallets_on
from billing.payment.compartment import parts_of, shared_parts
from billing.payment.wallet import TIMER
from billing.payment.wallet_control import control
from chassis.identity import Grant
from chassis.tables import timer
from chassis.testing import announced, call_due, deliver
from contracts import Role
from contracts.billing import HouseholdBalanceChanged
from contracts.logistics import DeliveredLine, DeliveryRecorded

MARIE = "/billing/households/h-Marie/wallet"


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **HUB_ACCOUNT)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    """Marie owes 100,00 and 50,00 to two producers for whom the hub collects."""
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def marie(hub, client_for):
    return client_for(hub, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"), person_id="marie")


async def form(browser, what, **typed):
    page = (await browser.get(MARIE if what == "use" else f"{MARIE}/{what}")).text
    found = re.search(r'name="day"[^>]* value="([^"]*)"', page)
    fields = {"id": "00000000-0000-7000-8000-0000000000aa"} | hidden(page, "id")
    return fields | ({"day": found[1]} if found else {}) | typed


async def send(browser, what, status=303, **typed):
    answer = await browser.submit(f"{MARIE}/{what}", await form(browser, what, **typed))
    assert answer.status_code == status, (mends(answer.text), plain(answer.text))
    return answer


async def fill(browser, amount="200", kind="transfer", **typed):
    return await send(browser, "new", kind=kind, amount=amount, **typed)


async def proven(app):
    """The balances, with every wallet covered by money that lies apart."""
    async with app.state.service.database.read() as reader:
        held = await wallets_on(reader, CLOSES.date() + timedelta(days=30))
        assert held.held_cents == held.owed_cents
        assert (await control(reader)).agrees, "wallets as noted, in the books, and their money"
    return await balances(app)


async def told(app):
    """Of Marie's wallet, each time it was told."""
    found = [each for each in await announced(app) if isinstance(each, HouseholdBalanceChanged)]
    return [each.wallet_cents for each in found if each.id == "h-Marie"]


async def test_what_is_paid_in_is_a_debt_to_the_household_and_lies_apart(hub, anne, marie):
    before = await proven(hub)
    await fill(anne)
    held = await proven(hub)
    assert {key: cents for key, cents in held.items() if before.get(key) != cents} == {
        (HUB, "wallet", "h-Marie"): -20000,
        (HUB, "bank", WALLETS): 20000,
    }
    assert (await told(hub))[-1] == 20000
    assert "Dans la cagnotte : 200,00 €." in plain((await marie.get("/billing/due")).text)
    assert "Cagnottes des foyers" in plain((await anne.get("/billing/ledger")).text)
    assert "200,00 €" in plain((await anne.get("/billing/wallets")).text)


async def test_a_household_pays_what_it_owes_out_of_it_and_each_producer_is_owed_its_part(hub, anne, marie):
    await fill(anne)
    assert (await form(marie, "use"))["id"]
    await send(marie, "use", amount="150")
    held = await proven(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (10000, 5000)
    assert (held[HUB, "bank", WALLETS], held[HUB, "wallet", "h-Marie"]) == (5000, -5000)
    assert ("p-roc", "household", "h-Marie") not in held
    assert (await told(hub))[-1] == 5000
    page = plain((await marie.get(MARIE)).text)
    assert "50,00 €" in page
    assert "Utilisé" in page


async def test_never_more_is_used_than_is_there_or_owed(hub, anne, marie):
    await fill(anne, "120")
    before = await proven(hub)
    answer = await send(marie, "use", 422, amount="121")
    assert mends(answer.text) == {"amount": "120,00 € peuvent être utilisés maintenant."} or "120,00" in answer.text
    await fill(anne, "100")
    assert mends((await send(marie, "use", 422, amount="151")).text).keys() == {"amount"}
    assert mends((await send(marie, "use", 422, amount="0")).text).keys() == {"amount"}
    assert mends((await send(marie, "use", 422, amount="x")).text).keys() == {"amount"}
    held = await proven(hub)
    assert held[HUB, "wallet", "h-Marie"] == before[HUB, "wallet", "h-Marie"] - 10000
    assert (HUB, "bank", "p-roc") not in held


async def test_a_cheque_that_lies_here_is_no_money_yet(hub, anne, marie):
    await fill(anne, "100", "cheque", cheque_number="7", bank="Crédit Agricole")
    page = plain((await marie.get(MARIE)).text)
    assert "en chèques" in page
    assert mends((await send(marie, "use", 422, amount="10")).text).keys() == {"amount"}


async def test_taken_back_it_is_in_the_wallet_again_and_what_was_used_cannot_be_taken_back_first(hub, anne, marie):
    filled = await form(anne, "new", kind="cash", amount="150")
    await anne.submit(MARIE + "/new", filled)
    before = await proven(hub)
    used = await form(marie, "use", amount="150")
    await marie.submit(MARIE + "/use", used)
    answer = await anne.submit(f"/billing/payments/{filled['id']}/move", {"do": "take_back", "reason": "erreur"})
    assert answer.status_code == 409
    answer = await anne.submit(f"/billing/payments/{used['id']}/move", {"do": "take_back", "reason": "erreur"})
    assert answer.status_code == 303
    assert await proven(hub) == before
    answer = await anne.submit(f"/billing/payments/{filled['id']}/move", {"do": "take_back", "reason": "erreur"})
    assert answer.status_code == 303
    assert (HUB, "wallet", "h-Marie") not in await proven(hub)


async def test_what_is_paid_back_leaves_the_wallet_once_and_comes_back_when_it_was_a_mistake(hub, anne):
    await fill(anne, "80")
    before = await proven(hub)
    assert mends((await send(anne, "out", 422, how="cash", amount="81")).text).keys() == {"amount"}
    assert mends((await send(anne, "out", 422, how="cheque", amount="1")).text).keys() == {"how"}
    typed = await form(anne, "out", how="transfer", amount="30", reason="déménagement")
    for _time in range(2):
        assert (await anne.submit(MARIE + "/out", typed)).status_code == 303
    held = await proven(hub)
    assert (held[HUB, "wallet", "h-Marie"], held[HUB, "bank", WALLETS]) == (-5000, 5000)
    assert (await anne.submit(MARIE + "/out", {**typed, "amount": "31"})).status_code == 409
    undo = f"/billing/wallets/{typed['id']}/undo"
    assert mends((await anne.submit(undo, {"undo_reason": ""})).text).keys() == {"undo_reason"}
    for _time in range(2):
        assert (await anne.submit(undo, {"undo_reason": "pas fait"})).status_code == 303
    assert await proven(hub) == before


async def test_without_a_reason_nothing_is_taken_back_and_the_page_still_pays(hub, anne, marie):
    """Of two sums that were paid back the one that is meant is told of; the form beside it can be sent as it stands."""
    await fill(anne)
    for amount in ("20", "30"):
        await send(anne, "out", how="transfer", amount=amount)
    urls = re.findall(r"/billing/wallets/[0-9a-f-]{36}/undo", (await anne.get(MARIE)).text)
    answer = await anne.submit(urls[0], {"undo_reason": ""})
    assert (answer.status_code, list(mends(answer.text))) == (422, ["undo_reason"])
    assert answer.text.count("<details open>") == 1
    fields = hidden(answer.text, "id") | {"amount": re.search(r'name="amount"[^>]* value="([^"]*)"', answer.text)[1]}
    assert (await anne.submit(MARIE + "/use", fields)).status_code == 303
    assert (HUB, "wallet", "h-Marie") not in await proven(hub), "200 came, 50 went back, 150 paid what was owed"


async def test_switched_on_it_pays_by_itself_when_the_amounts_are_final(hub, anne, marie, clock):
    await fill(anne)
    before = await proven(hub)
    assert (await marie.submit(MARIE + "/switch", {"by_itself": "on"})).status_code == 303
    await run_timers(hub)
    held = await proven(hub)
    assert held[HUB, "bank", "p-roc"] == 10000, "what was owed already is paid at once"
    assert held[HUB, "wallet", "h-Marie"] == before[HUB, "wallet", "h-Marie"] + 15000
    payments = plain((await marie.get(MARIE)).text)
    assert "Elle paie d’elle-même" in payments


@pytest.mark.parametrize("on", [True, False])
async def test_a_delivery_makes_amounts_final_and_uses_the_wallets_that_want_it(hub, anne, marie, on):
    if on:
        await marie.submit(MARIE + "/switch", {"by_itself": "on"})
        await run_timers(hub)
    await fill(anne)
    await deliver(hub, delivered())
    await run_timers(hub)
    held = await proven(hub)
    assert held.get((HUB, "bank", "p-roc"), 0) == (10000 if on else 0)
    await deliver(hub, delivered())
    await run_timers(hub)
    assert await proven(hub) == held


def delivered():
    lines = (DeliveredLine(product_id="tomme", quantity_thousandths=1000),)
    return DeliveryRecorded(
        id="d-1",
        version=1,
        cycle_id="week-48",
        household_id="h-Marie",
        producer_id="p-roc",
        recorded_at=CLOSES,
        recorded_by="Odile",
        lines=lines,
    )


async def run_timers(app):
    """Until none is due: the service calls them too, and may hold one just now."""
    due = select(func.count()).select_from(timer).where(timer.c.name == TIMER)
    for _time in range(1000):
        await call_due(app)
        async with app.state.service.database.read() as reader:
            if not await reader.scalar(due):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("the timer is never done")


async def test_two_people_who_use_one_wallet_at_once_use_it_once(hub, anne, marie):
    await fill(anne, "150")
    both = [(anne, await form(anne, "use", amount="150")), (marie, await form(marie, "use", amount="150"))]
    assert both[0][1]["id"] != both[1][1]["id"]
    answers = await asyncio.gather(*(who.submit(MARIE + "/use", typed) for who, typed in both))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert (HUB, "wallet", "h-Marie") not in await proven(hub)


async def test_a_member_sees_and_uses_its_own_wallet_alone(hub, anne, marie, client_for):
    await fill(anne)
    paul = client_for(hub, Grant(Role.MEMBER, household_id="h-Paul", group_id="g-Limoux"), person_id="paul")
    typed = await form(marie, "use", amount="10")
    assert (await paul.get(MARIE)).status_code == 404
    assert (await paul.submit(MARIE + "/use", typed)).status_code == 404
    assert (await paul.submit(MARIE + "/switch", {"by_itself": "on"})).status_code == 404
    for url in (MARIE + "/new", MARIE + "/out", "/billing/wallets"):
        assert (await marie.get(url)).status_code == 403
    assert (HUB, "bank", "p-roc") not in await proven(hub)


def test_a_sum_is_taken_from_where_it_lies_one_share_after_the_other():
    lies = {Account.BANK: 70, Account.CASH: 50}
    assert parts_of(lies, Account.CASH, 60) == {Account.CASH: 50, Account.BANK: 10}
    assert shared_parts(lies, {"a": 60, "b": 60}) == {
        "a": {Account.BANK: 60},
        "b": {Account.BANK: 10, Account.CASH: 50},
    }
    assert parts_of({}, Account.BANK, 5) == {Account.BANK: 5}
