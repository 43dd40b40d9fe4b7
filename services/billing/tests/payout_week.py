"""Money that the hub collected and sends on, for tests of what is sent and of the papers of it."""

import re

import mandate_papers
import pytest
from billing_week import CLOSES, closed, household, line, opened, placed
from mandate_papers import hidden, signed
from payment_desk import mends, plain

from billing.app import BillingSettings, create_app
from billing.ledger.book import balance
from billing.ledger.chart import HUB
from billing.ledger.cover import covers_on
from billing.ledger.proof import proofs
from billing.payout.register import PAYOUTS
from billing.rendering import rendered
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

URL = "/billing/payouts"
BOOKS = Grant(Role.BOOKKEEPER)
ROC, OVEN = ("tomme", "roc", "FOOD", 10000), ("bread", "oven", "FOOD", 5000)
IBAN = "FR7630006000011234567890189"
OVENS = "DE89370400440532013000"
HUB_ACCOUNT = {"hub_iban": "FR1420041010050500013M02606", "hub_account_holder": "SCIC Maison Paysanne"}


async def collecting(app, clock, client_for, monkeypatch, *also):
    """Marie owes 100,00 and 50,00 to two producers for whom the hub collects, for a commission of 12.5 %. `also`: who
    owes as much."""
    clock.set(CLOSES)
    await deliver(app, *mandate_papers.CATALOGUE)
    await deliver(
        app,
        mandate_papers.producer(id="p-oven", name="Four du Village", email="four@village.example"),
        mandate_papers.product("bread", "Pain", 5000).model_copy(
            update={"article": line(OVEN).article.model_copy(update={"producer_id": "p-oven"})}
        ),
    )
    terms = {"starts_on": "2026-11-22", "ends_on": "2027-11-21", "rate-ALCOHOL": None, "base-ALCOHOL": None}
    terms |= {"minimum": "0", "tacit_renewal": None}
    await signed(app, client_for, **terms)
    monkeypatch.setattr(mandate_papers, "GOATS", "p-oven")
    await signed(app, client_for, annex=["bread"], **terms)
    orders = [placed(each, [line(ROC), line(OVEN)]) for each in ("Marie", *also)]
    await deliver(app, household("Marie"), household("Paul"), opened(), *orders, closed(orders))
    return app


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **HUB_ACCOUNT)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    return await collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def bruno(hub, client_for):
    return client_for(hub, Grant(Role.COORDINATOR), person_id="bruno", name="Bruno")


async def pay(browser, amount, roc, oven="", kind="transfer", **typed):
    """Marie pays the hub, by the form. The address of the payment."""
    url = "/billing/households/h-Marie/payments/new"
    page = (await browser.get(url)).text
    fields = hidden(page, "id") | {"day": re.search(r'name="day"[^>]* value="([^"]*)"', page)[1]}
    fields |= {"kind": kind, "payee": HUB, "amount": amount, "share-p-roc": roc, "share-p-oven": oven, **typed}
    answer = await browser.submit(url, fields)
    assert answer.status_code == 303, mends(answer.text)
    return f"/billing/payments/{fields['id']}"


async def know(browser, producer_id="p-roc", iban=IBAN, **typed):
    """Note a producer's account, by the form. The answer."""
    url = f"{URL}/accounts/{producer_id}"
    fields = hidden((await browser.get(url)).text, "id", "seen")
    said = {"holder": "EARL Chèvrerie & Fils", "iban": iban, "bic": "", "reason": "RIB, rappelé au téléphone"}
    return await browser.submit(url, {**fields, **said, **typed})


async def form(browser, **typed):
    """What the form of a payout proposes, with what is typed over it; of a page that offers nothing, nothing."""
    page = (await browser.get(URL + "/new")).text
    fields = {"id": "00000000-0000-7000-8000-00000000abcd", "day": "2026-11-22"} | hidden(page, "id")
    fields |= dict(re.findall(r'name="(day|pay-[^"]+)"[^>]* value="([^"]*)"', page))
    return {**fields, **typed}


async def draw_up(browser, **typed):
    """The address of the payout."""
    answer = await browser.submit(URL + "/new", await form(browser, **typed))
    assert answer.status_code == 303, (mends(answer.text), plain(answer.text))
    return answer.headers["location"]


async def approve(browser, where):
    answer = await browser.submit(where + "/approve")
    assert answer.status_code == 303, plain(answer.text)
    return where


async def execute(browser, where, day="2026-11-22"):
    answer = await browser.submit(where + "/execute", {"day": day})
    assert answer.status_code == 303, mends(answer.text)


async def balances(app, day=None):
    """Debit less credit where it is not nothing. Every book is proved, every producer covered, every account rendered
    adds up, and both books agree."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(balance.select())
        for proof in await proofs(reader):
            assert proof.faults == [], proof.book
        assert [one.producer_name for one in await covers_on(reader, day or CLOSES.date()) if not one.covered] == []
        for one in await rendered(reader, CLOSES.date(), day or CLOSES.date()):
            assert (one.adds_up, one.agrees) == (True, True), one.producer_name
    found = {(r["book"], r["account"], r["party"]): r["debit_cents"] - r["credit_cents"] for r in rows}
    return {key: cents for key, cents in found.items() if cents}


async def drawn_up(app):
    async with app.state.service.database.read() as reader:
        return await PAYOUTS.newest(reader, 0, 100)
