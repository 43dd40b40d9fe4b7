"""Cheques to the hub that go to the bank on a slip, through the pages. On both databases."""

import asyncio
import re

import payout_week
import pytest
from payout_week import BOOKS, HUB_ACCOUNT, balances, pay, plain

from billing import press
from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB
from billing.payment import slip
from chassis.identity import Grant
from contracts import Role

LIST = "/billing/payments/slips"
CHEQUES = "/billing/payments/cheques"
BANK = {"bank": "Crédit Agricole", "kind": "cheque"}


@pytest.fixture
async def hub(started, clock, client_for, monkeypatch):
    app = await started(create_app, BillingSettings, **HUB_ACCOUNT)
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
async def anne(hub, client_for):
    """Two cheques to the hub lie here, and one to a producer."""
    anne = client_for(hub, BOOKS, person_id="anne", name="Anne")
    await pay(anne, "60", "60", cheque_number="1234567", **BANK)
    await pay(anne, "40", "", "40", cheque_number="1234568", **BANK)
    await pay(anne, "10", "", payee="p-oven", cheque_number="1234569", **BANK)
    return anne


async def form(browser):
    """What the pile of cheques to the hub sends, all ticked."""
    page = (await browser.get(CHEQUES)).text
    pile = next(each for each in page.split("<form") if f'action="{LIST}"' in each)
    [slip_id] = re.findall(r'name="id" value="([^"]*)"', pile)
    return {"id": slip_id, "cheque": re.findall(r'name="cheque" value="([^"]*)"', pile)}


async def kept(app):
    async with app.state.service.database.read() as reader:
        return await slip.newest(reader, 0, 10)


async def test_cheques_to_the_hub_go_to_the_bank_on_a_numbered_slip(hub, anne):
    sent = await form(anne)
    assert len(sent["cheque"]) == 2, "those to producers never go to the hub's bank"
    answer = await anne.submit(LIST, sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}/{sent['id']}")
    held = await balances(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (6000, 4000)
    assert not [key for key in held if key[:2] == (HUB, "cheques")]
    page = plain((await anne.get(f"{LIST}/{sent['id']}")).text)
    assert "Bordereau de remise n° 1" in page
    assert "Marie Crédit Agricole 1234567 60,00 €" in page
    assert "Total 2 chèques 100,00 €" in page
    assert "FR14 2004 1010 0505 0001 3M02 606" in page
    assert "22 nov. 2 100,00 €" in plain((await anne.get(LIST)).text)


async def test_a_slip_stays_as_it_was_whatever_becomes_of_a_cheque(hub, anne):
    sent = await form(anne)
    await anne.submit(LIST, sent)
    before = await kept(hub)
    assert (await anne.submit(f"/billing/payments/{sent['cheque'][0]}/move", {"do": "bounce"})).status_code == 303
    assert await kept(hub) == before
    assert before[0].cents == 10000


async def test_a_slip_sent_twice_and_by_two_people_at_once_is_brought_once(hub, anne, client_for):
    bruno = client_for(hub, BOOKS, person_id="bruno")
    mine, theirs = await form(anne), await form(bruno)
    answers = await asyncio.gather(*(anne.submit(LIST, mine) for _ in range(2)), bruno.submit(LIST, theirs))
    assert sorted(answer.status_code for answer in answers) in ([303, 303, 409], [303, 409, 409])
    assert [(one.number, len(one.cheques)) for one in await kept(hub)] == [(1, 2)]
    assert (await balances(hub))[HUB, "bank", "p-roc"] == 6000
    (one,) = await kept(hub)
    other = await anne.submit(LIST, {"id": one.id, "cheque": mine["cheque"][:1]})
    assert other.status_code == 409


async def test_two_slips_at_once_have_two_numbers(hub, anne, client_for):
    bruno = client_for(hub, BOOKS, person_id="bruno")
    mine, theirs = await form(anne), await form(bruno)
    mine["cheque"], theirs["cheque"] = mine["cheque"][:1], theirs["cheque"][1:]
    answers = await asyncio.gather(anne.submit(LIST, mine), bruno.submit(LIST, theirs))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert sorted(one.number for one in await kept(hub)) == [1, 2]


async def test_what_cannot_go_on_a_slip_is_refused_and_nothing_is_half_done(hub, anne):
    before = await balances(hub)
    sent = await form(anne)
    none = await anne.submit(LIST, {"id": sent["id"]})
    assert none.status_code == 422
    assert "Cochez au moins un chèque" in none.text
    assert f'value="{sent["id"]}"' in none.text
    page = (await anne.get(CHEQUES)).text
    [to_producer] = set(re.findall(r'name="cheque" value="([^"]*)"', page)) - set(sent["cheque"])
    both = [*sent["cheque"], to_producer]
    assert (await anne.submit(LIST, {**sent, "cheque": both})).status_code == 409
    assert (await anne.submit(LIST, {**sent, "cheque": [*sent["cheque"], "none"]})).status_code == 404
    assert (await anne.submit(LIST, {**sent, "id": "x"})).status_code == 404
    assert await kept(hub) == []
    assert await balances(hub) == before


async def test_the_paper_says_what_the_page_says(hub, anne, monkeypatch):
    sent = await form(anne)
    await anne.submit(LIST, sent)
    printed, compiler = [], press._compiler("deposit_slip.typ")

    class Watched:
        def compile(self, **said):
            printed.append(said["sys_inputs"]["data"])
            return compiler.compile(**said)

    monkeypatch.setattr(press, "_compiler", lambda _template: Watched())
    paper = await anne.get(f"{LIST}/{sent['id']}/slip.pdf")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert 'filename="remise-de-cheques-1.pdf"' in paper.headers["content-disposition"]
    assert paper.content.startswith(b"%PDF-")
    (data,) = (each.replace("\u00a0", " ") for each in printed)
    assert '["1", "Marie", "Crédit Agricole", "1234567", "60,00 €"]' in data
    assert '["", "Total", "2 chèques", "", "100,00 €"]' in data


async def test_slips_are_made_and_read_by_those_who_keep_the_books(hub, anne, client_for):
    sent = await form(anne)
    await anne.submit(LIST, sent)
    for role in Role:
        browser = client_for(hub, Grant(role, household_id="h-Marie", producer_id="p-roc"))
        reads = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for url in (LIST, f"{LIST}/{sent['id']}", f"{LIST}/{sent['id']}/slip.pdf"):
            assert (await browser.get(url)).status_code == (200 if reads else 403), (role, url)
        if role not in (Role.COORDINATOR, Role.BOOKKEEPER):
            assert (await browser.submit(LIST, sent)).status_code == 403
    assert (await anne.submit(LIST, {**sent, "csrf_token": "other"})).status_code == 403
    assert (await anne.get(f"{LIST}/none")).status_code == 404
    assert (await anne.get(f"{LIST}/none/slip.pdf")).status_code == 404
