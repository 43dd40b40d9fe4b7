"""The sheet of cheques that a household prints. On both databases."""

import json

import payout_week
import pytest
from payout_week import BOOKS, HUB_ACCOUNT, pay

from billing import press
from billing.app import BillingSettings, create_app
from chassis.identity import Grant
from contracts import Role

SHEET = "/billing/households/h-Marie/cheques.pdf"
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")


@pytest.fixture
async def hub(started, clock, client_for, monkeypatch):
    app = await started(create_app, BillingSettings, **HUB_ACCOUNT)
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def printed(monkeypatch):
    """What each paper was made of, as it went into the press."""
    told, compiler = [], press._compiler("cheque_sheet.typ")

    class Watched:
        def compile(self, **said):
            told.append(json.loads(said["sys_inputs"]["data"].replace("\u00a0", " ")))
            return compiler.compile(**said)

    monkeypatch.setattr(press, "_compiler", lambda _template: Watched())
    return told


async def test_the_sheet_says_who_is_paid_what_for_which_cycle(hub, client_for, printed):
    member = client_for(hub, MEMBER)
    assert SHEET in (await member.get("/billing/due")).text
    paper = await member.get(SHEET)
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    (said,) = printed
    assert said["lines"] == [
        ["Chèvrerie du Roc", "100,00 €", "Semaine 48", ""],
        ["Four du Village", "50,00 €", "Semaine 48", ""],
    ]
    assert said["total"] == ["Total, 2 chèques", "150,00 €", "", ""]
    assert ["Foyer", "Marie"] in said["facts"]


async def test_what_is_paid_is_not_on_it(hub, client_for, printed):
    books = client_for(hub, BOOKS)
    await pay(books, "60", "10", "50")
    await books.get(SHEET)
    assert printed[0]["lines"] == [["Chèvrerie du Roc", "90,00 €", "Semaine 48", ""]]
    await pay(books, "90", "90")
    assert (await books.get(SHEET)).content.startswith(b"%PDF-")
    assert (printed[1]["lines"], printed[1]["lead"]) == ([], "Tout est payé.")


async def test_a_household_prints_its_own_alone(hub, client_for):
    for role in Role:
        browser = client_for(hub, Grant(role, household_id="h-Paul", producer_id="p-roc", group_id="g-Limoux"))
        wanted = 200 if role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR) else 403
        wanted = 404 if role is Role.MEMBER else wanted
        assert (await browser.get(SHEET)).status_code == wanted, role
    assert (await client_for(hub, BOOKS).get("/billing/households/none/cheques.pdf")).status_code == 404
