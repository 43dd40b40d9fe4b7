"""The steps of who keeps the money of a group without any account: what is noted, drawn up and moved, by the pages."""

import re

from billing_week import CLOSES, GROUPS, PRODUCERS, closed, household, line, opened, placed
from mandate_papers import hidden

from billing.between import register
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

ROC, SERRE = "p-Chèvrerie", "p-Domaine"
TOMME = ("tomme", "Chèvrerie du Roc", "FOOD", 500)
WINE = ("wine", "Domaine de la Serre", "ALCOHOL", 700)
GROUP = "/billing/between/groups/g-Limoux"
MINE = "/billing/between/mine"
COORDINATOR, BOOKS = Grant(Role.COORDINATOR), Grant(Role.BOOKKEEPER)
REFERENT = Grant(Role.REFERENT, group_id="g-Limoux")
NAMES = ("Marie", "Paul", "Zoé")


def member(name):
    return Grant(Role.MEMBER, household_id=f"h-{name}", group_id="g-Limoux")


def cycle_url(cycle="week-48"):
    return f"{GROUP}/cycles/{cycle}"


async def a_week(app, clock, counts, cycle="week-48", first=True):
    """Tommes at 5,00 each by household; closed and computed."""
    clock.set(CLOSES)
    if first:
        await deliver(app, *GROUPS, *PRODUCERS, *(household(each) for each in NAMES), household("Josette", "Quillan"))
    orders = [placed(each, [line(TOMME, count)], cycle=cycle) for each, count in counts.items()]
    await deliver(app, opened(cycle), *orders, closed(orders, cycle))


async def settles(browser, how="yes", first_day="2026-11-01"):
    fields = hidden((await browser.get(GROUP)).text, "id") | {"settles": how, "first_day": first_day}
    return await browser.submit(GROUP, fields)


async def advance_form(browser, payer="Marie", cycle="week-48", producer=ROC, **typed):
    """As the page fills it in: for all who owe the producer, all that is left."""
    page = (await browser.get(f"{cycle_url(cycle)}/advances/new?producer_id={producer}")).text
    fields = hidden(page, "id", "producer_id") | {"household_id": f"h-{payer}", "kind": "cheque"}
    fields["amount"] = re.search(r'name="amount"[^>]* value="([^"]*)"', page)[1]
    fields["day"] = re.search(r'name="day"[^>]* value="([^"]*)"', page)[1]
    fields["covers"] = re.findall(r'name="covers" value="([^"]*)" checked', page)
    return fields | typed


async def advances(browser, payer="Marie", cycle="week-48", producer=ROC, **typed):
    fields = await advance_form(browser, payer, cycle, producer, **typed)
    return await browser.submit(f"{cycle_url(cycle)}/advances/new", fields)


async def draws(browser, *cycles, **typed):
    page = (await browser.get(GROUP)).text
    fields = typed or {"id": re.findall(r'name="id" value="([^"]*)"', page)[0]}
    return await browser.submit(GROUP + "/rounds", fields | {"cycle_id": list(cycles or ("week-48",))})


async def rounds(app):
    async with app.state.service.database.read() as reader:
        return await register.rounds(reader, group_id="g-Limoux")


async def transfers(app):
    """(payer, receiver, cents, stage) of what holds."""
    found = [each for one in await rounds(app) for each in one.standing]
    return sorted((each.payer_id[2:], each.receiver_id[2:], each.cents, each.stage.value) for each in found)


async def moves(app, browser, payer, do, **typed):
    """A button of the transfer that a household pays."""
    one = next(each for found in await rounds(app) for each in found.standing if each.payer_id == f"h-{payer}")
    return await browser.submit(f"/billing/between/transfers/{one.id}/move", {"do": do} | typed)


async def owed(app, name):
    async with app.state.service.database.read() as reader:
        found = await register.owed_between(reader, [f"h-{name}"])
    return found[f"h-{name}"].cents if found else 0
