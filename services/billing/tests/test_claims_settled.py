"""Claims on what was paid already, and under a mandate that lets the hub bear them."""

import pytest
from billing_week import CLOSES, closed, household, opened, placed
from claim_desk import answers, coordinator, grower, make, member
from mandate_papers import CATALOGUE, signed
from payment_desk import send
from weighed_week import COORDINATOR, SPAIN, WEIGHED, balances, begin, bought, oranges, orders, owed, weigh

from billing.household_balance import standings
from billing.ledger.chart import HUB
from chassis.testing import announced, deliver
from contracts import Bearer
from contracts.billing import AmountsDueComputed
from contracts.claim import ClaimChanged

ROC = "p-roc"


async def test_what_is_paid_already_becomes_a_credit(app, clock, client_for):
    await begin(app, clock, orders(oranges(None)))
    paid = {"kind": "transfer", "payee": SPAIN, "amount": "7,48"}
    assert (await send(client_for(app, COORDINATOR), paid)).status_code == 303
    where = await make(member(client_for, app), spoiled="0,4")
    await answers(grower(client_for, app), where)
    async with app.state.service.database.read() as reader:
        stands = (await standings(reader, {"h-Marie"}))["h-Marie"]
    assert (stands.left_cents, stands.credit_cents) == (0, 88)
    await balances(app, clock)


@pytest.fixture
async def mandated(app, clock, client_for):
    """Marie buys 3.4 kg at 2.20 €, under a mandate by which the hub bears justified claims for five days."""
    clock.set(CLOSES)
    await deliver(app, *CATALOGUE)
    terms = {"starts_on": "2026-11-22", "ends_on": "2027-11-21", "rate-ALCOHOL": None, "base-ALCOHOL": None}
    await signed(app, client_for, **terms, minimum="0", claims="hub", claim_days="5")
    cheese = oranges(Bearer.HUB, producer_id=ROC, product_id="tomme")
    order = placed("Marie", [bought(cheese, 3400, 748, "Chèvrerie du Roc")])
    await deliver(app, household("Marie"), opened(), order, closed([order]))
    clock.advance(86400 * 9)
    return app


async def test_by_the_mandate_the_hub_bears_it_and_the_producer_is_paid_in_full(mandated, clock, client_for):
    where = await make(member(client_for, mandated), product="tomme", spoiled="0,4")
    page = (await grower(client_for, mandated, ROC).get(where)).text
    assert "la plateforme prend en charge ce qui est fondé" in page
    assert (await answers(grower(client_for, mandated, ROC), where)).status_code == 409, "it does not bear it"
    await answers(coordinator(client_for, mandated), where)
    assert await owed(mandated) == {"Marie": 660}
    found = await balances(mandated, clock)
    assert (found[HUB, "weight_borne", ""], found[ROC, "sales", ""]) == (88, -748)
    # What is weighed later changes both: 3 kg cost 6.60, of which 0.4 kg is spoiled, and 0.88 is missing of the bill.
    await weigh(client_for(mandated, COORDINATOR), {"Marie": "3"}, product="tomme", producer=ROC)
    assert await owed(mandated) == {"Marie": 572}
    found = await balances(mandated, clock)
    assert (found[HUB, "weight_borne", ""], found[ROC, "sales", ""]) == (176, -748)


async def test_a_closing_that_is_weighed_after_a_loss_was_shared_shares_it_anew(app, clock, client_for):
    await begin(app, clock, orders(oranges(None)))
    where = await make(member(client_for, app), spoiled="1")
    paul = member(client_for, app, "Paul")
    await paul.submit(where + "/share", {"household": "h-Paul", "shares": "yes"})
    await answers(grower(client_for, app), where, "refuse", "Non")
    sent = await weigh(client_for(app, COORDINATOR), {"Marie": WEIGHED["Marie"]})
    assert sent.status_code == 303, sent.text
    # 7.59 and 9.02 over 2.45 and 4.1 good kilos: Paul's sum follows a record that is Marie's.
    assert await owed(app) == {"Marie": 621, "Paul": 1040, "Josette": 550}
    await balances(app, clock)


async def test_who_hears_of_an_amount_hears_what_was_expected_and_what_is_asked_for_then(app, clock, client_for):
    """Differences under five euros wait on the account."""
    dear = oranges(None, price_cents=1000)
    await begin(app, clock, orders(dear, {"Marie": 3400}))
    for spoiled, asked in (("0,4", 3400), ("0,1", 2900)):
        where = await make(member(client_for, app), spoiled=spoiled)
        await answers(grower(client_for, app), where)
        last = [event for event in await announced(app) if isinstance(event, AmountsDueComputed)][-1]
        assert (last.expected_cents, last.asked_cents) == (3400, asked)
    assert [event.decided for event in await announced(app) if isinstance(event, ClaimChanged)] == [False] * 4
