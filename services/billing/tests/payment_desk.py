"""Payments as a bookkeeper notes them: who owes what, and the steps of the form."""

import re

import mandate_papers
import pytest
from billing_week import CHEESE, CLOSES, Week, closed, household, line, opened, placed
from mandate_papers import hidden, signed

from billing.ledger.book import balance
from billing.ledger.chart import HUB
from billing.ledger.proof import proofs
from billing.payment import register
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Place, Role
from contracts.catalog import ProducerRegistered

GOATS, SPAIN = "p-Chèvrerie", "p-BioEspuña"
MARIE = "/billing/households/h-Marie"
NEW = MARIE + "/payments/new"
COORDINATOR, BOOKS = Grant(Role.COORDINATOR), Grant(Role.BOOKKEEPER)
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
ROC = ("tomme", "roc", "FOOD", 850)
OVEN = ("bread", "oven", "FOOD", 500)
TRANSFER = {"kind": "transfer", "payee": GOATS, "amount": "17,00"}
CHEQUE = {"kind": "cheque", "payee": GOATS, "amount": "17", "cheque_number": "1234567", "bank": "Crédit Agricole"}
CASH = {"kind": "cash", "payee": HUB, "amount": "13,50"}


@pytest.fixture
async def week(app, clock):
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    return app


@pytest.fixture
async def agent(app, clock, client_for, monkeypatch):
    """Marie owes two producers for whom the hub collects, 17,00 and 5,00, and 8,50 to one without a mandate."""
    clock.set(CLOSES)
    oven = {"id": "p-oven", "name": "Four du Village", "email": "four@village.example"}
    await deliver(app, *mandate_papers.CATALOGUE)
    await deliver(
        app,
        mandate_papers.producer(**oven),
        mandate_papers.product("bread", "Pain", 500).model_copy(
            update={"article": line(OVEN).article.model_copy(update={"producer_id": "p-oven"})}
        ),
    )
    term = {"starts_on": "2026-11-22", "ends_on": "2027-11-21"}
    await signed(app, client_for, **term)
    monkeypatch.setattr(mandate_papers, "GOATS", "p-oven")
    await signed(app, client_for, annex=["bread"], **term)
    order = placed("Marie", [line(ROC, 2), line(OVEN), line(CHEESE)])
    unmandated = ProducerRegistered(
        id=GOATS, version=1, name="Chèvrerie du Roc Noir", place=Place(name="Aude"), seller_regime="FARMER_FLAT_RATE"
    )
    await deliver(app, unmandated, household("Marie"), household("Paul"), opened(), order, closed([order]))
    return app


async def form(browser, typed, url=NEW, **changes):
    """What a person sends who fills in the form of the page."""
    page = (await browser.get(url)).text
    fields = hidden(page, "id")
    fields["day"] = re.search(r'name="day"[^>]* value="([^"]*)"', page)[1]
    return {**fields, **typed, **changes}


async def send(browser, typed, url=NEW, **changes):
    return await browser.submit(url, await form(browser, typed, url, **changes))


async def balances(app):
    """Debit less credit, by book, account and party, where it is not nothing."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(balance.select())
        for proof in await proofs(reader):
            assert proof.faults == [], proof.book
    found = {(r["book"], r["account"], r["party"]): r["debit_cents"] - r["credit_cents"] for r in rows}
    return {key: cents for key, cents in found.items() if cents}


async def noted(app):
    async with app.state.service.database.read() as reader:
        return await register.newest(reader, 0, 100)


def mends(page: str) -> dict[str, str]:
    """Field -> what is said about it."""
    return dict(re.findall(r'id="field-([\w-]+)-error">.*?<span>(.*?)</span>', page, re.DOTALL))


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " ").split())
