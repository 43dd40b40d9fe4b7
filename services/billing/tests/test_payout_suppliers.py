"""Bills of suppliers in a payout: proposed when they are due, approved by a second person, sent out of the hub's own
money, booked, given back. Through the pages, the books proven after each step, on both databases."""

import asyncio
import re
from datetime import timedelta

import payout_week
import pytest
import test_purchases
from bank_desk import account as bank_account
from bank_desk import kept, lines
from bank_papers import camt
from mandate_papers import hidden
from paper_week import HUB_PAPERS
from payment_desk import mends, plain, send
from payout_week import BOOKS, HUB_ACCOUNT, OVENS, URL, drawn_up, know
from test_purchases import AS_CAME, DELIVERED, sound, typed
from test_resale import NAME, ROC

from billing.app import BillingSettings, create_app
from billing.bank.statement import Line
from billing.instruction.life import Stage
from billing.ledger.chart import HUB
from billing.payout.register import What
from chassis.identity import Grant
from contracts import Role

DAY = DELIVERED.date()
MARIE = "/billing/households/h-Marie"
LATE = AS_CAME | {"due_on": "2026-12-05"}
"""12,13, due within a week; Marie paid 17,90 for it."""
EXTRA = {"number": "F 2026-78", "day": "2026-11-30", "due_on": "2026-12-30", "net-550": "4,00", "vat-550": "0,22"}


@pytest.fixture
async def hub(started, clock, client_for):
    app = await started(create_app, BillingSettings, hub_name=NAME, **HUB_PAPERS, **HUB_ACCOUNT)
    await test_purchases.a_week(app, clock)
    books = client_for(app, BOOKS, person_id="anne", name="Anne")
    await test_purchases.booked(books)
    paid = {"kind": "transfer", "payee": HUB, "amount": "17,90"}
    assert (await send(books, paid, MARIE + "/payments/new")).status_code == 303
    assert (await know(books, ROC)).status_code == 303
    return app


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def bruno(hub, client_for):
    return client_for(hub, Grant(Role.COORDINATOR), person_id="bruno", name="Bruno")


async def bill(browser, said=LATE):
    """The address of a bill that is typed in."""
    return await test_purchases.billed(browser, said)


async def proposed(browser, **changes):
    page = (await browser.get(URL + "/new")).text
    ticked = re.findall(r'name="bill" value="([^"]+)" checked', page)
    mine = hidden(page, "id") if ticked else {"id": "00000000-0000-7000-8000-00000000abcd"}
    return mine | {"day": str(DAY), "bill": ticked} | changes


async def draw(browser, status=303, **changes):
    answer = await browser.submit(URL + "/new", await proposed(browser, **changes))
    assert answer.status_code == status, (mends(answer.text), plain(answer.text))
    return answer.headers["location"] if status == 303 else answer


async def approve(browser, where):
    return await payout_week.approve(browser, where)


async def test_a_bill_that_is_due_is_sent_by_the_file_of_two_people_and_settles_the_supplier(hub, anne, bruno):
    place, later = await bill(anne), await bill(anne, EXTRA)
    page = (await anne.get(URL + "/new")).text
    assert "F 2026-77, 12,13 €, échéance le sam. 5 déc." in plain(page).replace("\u202f", " ")
    ticked = re.findall(r'name="bill" value="([^"]+)" checked', page)
    assert ticked == [place.rsplit("/", 1)[1]], "what is due in a month is offered, and not ticked"
    assert later.rsplit("/", 1)[1] in page
    before = await sound(hub)
    where = await draw(anne)
    assert (await anne.submit(where + "/approve")).status_code == 409, "a second person approves"
    await approve(bruno, where)
    assert await sound(hub) == before, "nothing is booked until the bank has sent it"
    file = (await anne.submit(where + "/file")).text
    assert "F 2026-77 SCIC Maison Paysanne VIR-1-" in file
    assert file.count(payout_week.IBAN) == 1
    for _time in range(2):
        await payout_week.execute(anne, where, str(DAY))
    held = await sound(hub)
    assert held[HUB, "suppliers", ROC] == -422, "the other bill is owed"
    assert held[HUB, "bank", ""] == before[HUB, "bank", ""] - 1213
    assert not {key for key in held if key[0] == HUB and key[1] == "bank" and key[2]}, "nobody else's money"
    assert "Payé" in plain((await anne.get(place)).text)
    shown = plain((await anne.get(where)).text)
    assert "Chèvrerie du Roc" in shown
    assert "facture F 2026-77" in shown
    assert "Versement n° 1 : Exécuté par la banque" in plain((await anne.get(place)).text)


async def test_a_transfer_given_back_is_owed_again_and_can_be_sent_once_more(hub, anne, bruno):
    place = await bill(anne)
    before = await sound(hub)
    where = await approve(bruno, await draw(anne))
    await payout_week.execute(anne, where, str(DAY))
    (one,) = await drawn_up(hub)
    fields = {"transfer": one.transfers[0].id, "refused_because": "AC04 compte clos", "refused_on": str(DAY)}
    for _time in range(2):
        assert (await anne.submit(where + "/refuse", fields)).status_code == 303
    assert await sound(hub) == before
    assert "To be paid" not in (page := plain((await anne.get(place)).text))
    assert "À payer" in page
    again = await approve(bruno, await draw(anne))
    await payout_week.execute(anne, again, str(DAY))
    held = await sound(hub)
    assert (HUB, "suppliers", ROC) not in held
    assert [each.stage for each in await drawn_up(hub)] == [Stage.EXECUTED, Stage.EXECUTED]


async def test_what_lies_in_a_payout_is_neither_paid_by_hand_nor_taken_back(hub, anne, bruno):
    place = await bill(anne)
    where = await draw(anne)
    assert not re.search(r'name="bill"', (await anne.get(URL + "/new")).text), "offered once"
    assert place + '/pay"' not in (await anne.get(place)).text
    for _stage in range(2):
        refused = await anne.submit(place + "/pay", {"paid_on": str(DAY)})
        assert (refused.status_code, "versement n° 1" in plain(refused.text)) == (409, True)
        assert (await anne.submit(place + "/take-back", {"back_because": "Erreur"})).status_code == 409
        await bruno.submit(where + "/approve")
    assert (await anne.submit(where + "/call-off", {"reason": "Erreur", "not_sent": "on"})).status_code == 303
    assert (await anne.submit(place + "/pay", {"paid_on": str(DAY)})).status_code == 303
    held = await sound(hub)
    assert (HUB, "suppliers", ROC) not in held


async def test_what_a_payout_paid_is_not_taken_back_by_hand(hub, anne, bruno):
    place = await bill(anne)
    await payout_week.execute(anne, await approve(bruno, await draw(anne)), str(DAY))
    held = await sound(hub)
    refused = await anne.submit(place + "/take-back", {"back_because": "Erreur"})
    assert (refused.status_code, "versement n° 1" in plain(refused.text)) == (409, True)
    assert await sound(hub) == held


async def test_a_changed_account_stops_the_approval_and_who_noted_it_does_not_approve(hub, anne, bruno):
    await bill(anne)
    where = await draw(anne)
    assert (await know(bruno, ROC, OVENS)).status_code == 303
    refused = await bruno.submit(where + "/approve")
    assert (refused.status_code, "a changé depuis" in plain(refused.text)) == (409, True)
    assert (await anne.submit(where + "/call-off", {"reason": "Autre compte"})).status_code == 303
    again = await draw(anne)
    refused = await bruno.submit(again + "/approve")
    assert (refused.status_code, "jamais reçu" in plain(refused.text)) == (409, True)


async def test_suppliers_are_never_paid_out_of_what_the_hub_holds_for_others(hub, anne, bruno):
    first, second = await bill(anne), await bill(anne, EXTRA | {"net-550": "10,00", "vat-550": "0,55"})
    both = [each.rsplit("/", 1)[1] for each in (first, second)]
    wallet = hidden((await anne.get(MARIE + "/wallet/new")).text, "id")
    wallet |= {"day": str(DAY), "kind": "transfer", "amount": "80"}
    assert (await anne.submit(MARIE + "/wallet/new", wallet)).status_code == 303
    answer = await draw(anne, 422, bill=both)
    assert "seuls 17,90 €" in plain(answer.text), "12,13 and 10,55 are more than the hub has"
    assert answer.text.count(" checked") == 2, "what was ticked is kept"
    assert await drawn_up(hub) == []
    await draw(anne, bill=both[:1])
    answer = await draw(anne, 422, bill=both[1:])
    assert "seuls 5,77 €" in plain(answer.text), "what another payout reserves is not there"


async def test_a_credit_note_is_not_sent_nor_a_bill_that_nobody_typed_in(hub, anne):
    note = EXTRA | {"number": "A 2026-1", "credit_note": "on"}
    await bill(anne, note)
    assert not re.search(r'name="bill"', (await anne.get(URL + "/new")).text)
    answer = await anne.submit(URL + "/new", await proposed(anne, bill=["00000000-0000-7000-8000-0000000000ab"]))
    assert (answer.status_code, "reprise ou mise dans un versement" in plain(answer.text)) == (422, True)
    assert await drawn_up(hub) == []


async def test_of_two_who_pay_one_bill_at_once_one_does(hub, anne, bruno):
    place = await bill(anne)
    fields = await proposed(anne)
    answers = await asyncio.gather(
        anne.submit(URL + "/new", fields), bruno.submit(place + "/pay", {"paid_on": str(DAY)})
    )
    assert sorted(each.status_code for each in answers) in ([303, 409], [303, 422])
    assert (await sound(hub)).get((HUB, "suppliers", ROC), 0) in (0, -1213)


async def test_a_statement_that_names_it_books_it_and_takes_back_what_it_gives_back(hub, anne, bruno, clock):
    await bill(anne)
    await approve(bruno, await draw(anne))
    where = await bank_account(anne, HUB_ACCOUNT["hub_iban"])
    (one,) = await drawn_up(hub)
    (each,) = one.transfers
    assert (each.what, each.owner, each.name) == (What.SUPPLIER, ROC, "F 2026-77")
    clock.set(DELIVERED + timedelta(days=1))
    sent = Line(DAY, -each.cents, "S1", each.end_to_end_id, party_name=each.account.holder)
    await kept(anne, where, camt([sent], iban=HUB_ACCOUNT["hub_iban"]))
    assert {line.stage for line in await lines(hub, where)} == {"matched"}
    assert (HUB, "suppliers", ROC) not in await sound(hub)
    back = Line(DAY, each.cents, "R1", each.end_to_end_id, text="AC04 compte clos", party_name=each.account.holder)
    await kept(anne, where, camt([sent, back], iban=HUB_ACCOUNT["hub_iban"]))
    (line,) = [line for line in await lines(hub, where) if line.said.cents > 0]
    fields = {"back": f"{one.id}:{each.id}", "back_because": "AC04 compte clos"}
    assert (await anne.submit(f"{where}/lines/{line.id}/back", fields)).status_code == 303
    assert (await sound(hub))[HUB, "suppliers", ROC] == -1213


async def test_the_form_of_a_bill_that_is_typed_in_is_not_changed_by_payouts(anne):
    """The page of a credit note offers no payout."""
    place = await bill(anne, EXTRA | {"number": "A 2026-2", "credit_note": "on"})
    assert URL + "/new" not in (await anne.get(place)).text
    assert URL + "/new" in (await anne.get(await bill(anne))).text
    assert (await typed(anne, LATE))["number"] == "F 2026-77"
