"""Mandates for direct debits and batches of them, through the pages: the steps that tests share."""

import re
from datetime import UTC, date, datetime

import payout_week
from mandate_papers import hidden
from payment_desk import mends, plain

from billing.debit.register import BATCHES
from chassis.testing import announced
from contracts.billing import DirectDebitAnnounced, DirectDebitCalledOff

URL = "/billing/debits"
MARIE = "/billing/households/h-Marie/debit"
IBAN = "FR7630006000011234567890189"
CREDITOR = "FR72ZZZ123456"
SETTINGS = {
    "hub_iban": "FR1420041010050500013M02606",
    "hub_account_holder": "SCIC Maison Paysanne",
    "creditor_id": CREDITOR,
    "debit_notice_days": 14,
}
DAY = "2026-12-07"
THEN = datetime(2026, 12, 8, 9, tzinfo=UTC)
"""The day after the bank took it."""

AT = date(2027, 3, 1)
"""A day after all that tests book."""


async def draw_up_mandate(browser, url=MARIE, **typed):
    """The answer, and the id of the mandate."""
    fields = {"id": "00000000-0000-7000-8000-00000000abcf"} | hidden((await browser.get(url)).text, "id")
    said = {"holder": "Marie Dûpont & fils", "iban": IBAN, "bic": "", **typed}
    return await browser.submit(url, fields | {name: value for name, value in said.items() if value}), fields["id"]


async def signed_on_paper(browser, url=MARIE, day="2026-11-20", **typed):
    """A mandate that the household signed on paper. Its id."""
    answer, mandate_id = await draw_up_mandate(browser, url, **typed)
    assert answer.status_code == 303, (mends(answer.text), plain(answer.text))
    answer = await browser.submit(f"{url}/{mandate_id}/paper", {"signed_by": "Marie Dûpont", "signed_on": day})
    assert answer.status_code == 303, mends(answer.text)
    return mandate_id


async def form(browser, **typed):
    """What the form of a batch proposes."""
    page = (await browser.get(URL + "/new")).text
    fields = {"id": "00000000-0000-7000-8000-00000000abce", "day": DAY} | hidden(page, "id")
    ticks = re.findall(r'name="debit" value="([^"]+)" checked', page)
    return fields | {"day": DAY, "debit": ticks} | typed


async def draw_up(browser, **typed):
    """The address of the batch."""
    answer = await browser.submit(URL + "/new", await form(browser, **typed))
    assert answer.status_code == 303, (mends(answer.text), plain(answer.text))
    return answer.headers["location"]


async def approve(browser, where):
    answer = await browser.submit(where + "/approve")
    assert answer.status_code == 303, plain(answer.text)
    return where


async def execute(browser, where, day=DAY):
    answer = await browser.submit(where + "/execute", {"day": day})
    assert answer.status_code == 303, mends(answer.text)


async def batches(app):
    async with app.state.service.database.read() as reader:
        return await BATCHES.newest(reader, 0, 100)


async def balances(app):
    """See `payout_week.balances`."""
    return await payout_week.balances(app, AT)


async def told(app):
    """What households were told, the oldest first: what, cents, day."""
    found = [each for each in await announced(app) if isinstance(each, DirectDebitAnnounced | DirectDebitCalledOff)]
    return [(type(each).event, each.cents, each.collected_on) for each in found]
