"""A producer whose accounts are closed: two cycles of December, one of January, 12.5 % of commission."""

import re
from datetime import UTC, date, datetime

import pytest
from billing_week import household, line
from commission_week import NEXT, PLAIN, SUNDAY, TOMME, WINE, sold
from mandate_papers import CATALOGUE, GOATS, producer, signed
from sqlalchemy import select

from billing.app import BillingSettings, create_app
from billing.ledger.proof import proofs
from billing.paper.proof import paper_proofs
from billing.paper.register import paper
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import AccountRendered

URL = "/billing/papers"
DUE = URL + "/due"
BOOKS = Grant(Role.BOOKKEEPER)
HUB_PAPERS = {
    "hub_legal_form": "SCIC SA à capital variable",
    "hub_address": "1 rue du Marché, 11300 Limoux",
    "hub_siren": "552 100 554",
    "hub_vat_number": "FR 57 552100554",
}
LATER = datetime(2027, 2, 12, 9, tzinfo=UTC)
"""December and January are over."""
DECEMBER, JANUARY = date(2026, 12, 31), date(2027, 1, 31)
TENTH = date(2027, 1, 10)


async def selling(app, clock, client_for, **terms):
    await deliver(app, *CATALOGUE, producer(version=2, seller_regime="NORMAL"), household("Marie"))
    await signed(app, client_for, **{**PLAIN, **terms})
    await deliver(app, *sold(SUNDAY, [line(TOMME, 4)]), *sold(NEXT, [line(TOMME, 2), line(WINE)], "week-51"))
    await deliver(app, *sold(TENTH, [line(TOMME)], "week-02"))
    clock.set(LATER)
    return app


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **HUB_PAPERS)


@pytest.fixture
async def hub(app, clock, client_for):
    return await selling(app, clock, client_for)


@pytest.fixture
def books(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


async def close(browser, *producer_ids):
    return await browser.submit(DUE, {"producer_id": list(producer_ids) or [GOATS]})


async def close_until(browser, until, who=GOATS):
    return await browser.submit(DUE + "/one", {"who": who, "until": str(until)})


async def issued(app):
    """All papers in the order of their numbers; the books and the papers are sound, and nothing is announced twice."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(paper).order_by(paper.c.series, paper.c.place))
        for proof in [*await proofs(reader), *await paper_proofs(reader)]:
            assert proof.faults == [], proof
    said = [each.id for each in await announced(app) if isinstance(each, AccountRendered)]
    assert sorted(said) == sorted({row["id"] for row in rows if row["kind"] == "rendering"})
    return rows


def mends(page):
    """The first thing to mend, without its markup."""
    found = re.search(r'<div class="notice error summary".*?</ul>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""
