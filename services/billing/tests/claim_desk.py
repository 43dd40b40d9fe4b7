"""Claims as households make them and those concerned answer them, through the pages."""

from mandate_papers import hidden
from payment_desk import mends
from weighed_week import SPAIN

from chassis.identity import Grant
from contracts import Role

CLAIMS = "/billing/claims"


def member(client_for, app, name="Marie"):
    grant = Grant(Role.MEMBER, household_id=f"h-{name}", group_id="g-Limoux")
    return client_for(app, grant, person_id=f"person-{name}", name=name)


def grower(client_for, app, producer=SPAIN):
    return client_for(app, Grant(Role.PRODUCER, producer_id=producer), person_id="grower", name="Ana")


def coordinator(client_for, app):
    return client_for(app, Grant(Role.COORDINATOR), person_id="odile", name="Odile")


def new(name="Marie"):
    return f"/billing/households/h-{name}/claims/new?cycle=week-48"


async def form(browser, name="Marie", **typed):
    fields = hidden((await browser.get(new(name))).text, "id")
    said = {"product": "oranges", "spoiled": "1", "reason": "Moisies au fond de la caisse"}
    return fields | said | typed


async def make(browser, name="Marie", **typed):
    """The address of the claim."""
    answer = await browser.submit(new(name), await form(browser, name, **typed))
    assert answer.status_code == 303, mends(answer.text)
    return answer.headers["location"]


async def answers(browser, where, answer="accept", reason=""):
    return await browser.submit(where + "/answer", {"answer": answer, "reason": reason})


async def shares(browser, where, name, shares="yes"):
    return await browser.submit(where + "/share", {"household": f"h-{name}", "shares": shares})
