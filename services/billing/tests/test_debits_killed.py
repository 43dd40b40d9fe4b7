"""A batch of debits that is killed at any point, tried again: nothing twice, nothing missing; and two people at once.
On both databases."""

import asyncio

import payout_week
import pytest
from debit_week import DAY, MARIE, SETTINGS, THEN, URL, approve, balances, batches, draw_up, form, signed_on_paper, told
from payout_week import BOOKS

from billing.app import BillingSettings, create_app
from billing.debit.mandate import current_of
from billing.debit.register import BATCHES
from billing.ledger.chart import HUB
from billing.payment.register import of_households
from chassis import crash


class Died(Exception):
    """Stands for the process that is gone: what it had not committed is undone, nobody gets an answer."""


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **SETTINGS)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def bruno(hub, client_for):
    return client_for(hub, BOOKS, person_id="bruno", name="Bruno")


@pytest.fixture
def killed(monkeypatch):
    """`await killed(point, browser, url, typed)`: the form is sent, and the service dies there while it is taken."""

    async def send(point, browser, url, typed):
        def dies(_service, name):
            if name == point:
                raise Died

        with monkeypatch.context() as patched:
            patched.setattr(crash, "point", dies)
            assert (await browser.submit(url, typed)).status_code == 500

    return send


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_at_any_step_and_tried_again_each_is_taken_once(hub, anne, bruno, killed, clock, point):
    await signed_on_paper(anne)
    before = await balances(hub)
    sent = await form(anne)
    where = f"{URL}/{sent['id']}"
    for who, url, typed in [(anne, URL + "/new", sent), (bruno, where + "/approve", {})]:
        await killed(point, who, url, typed)
        assert await balances(hub) == before
        assert (await who.submit(url, typed)).status_code == 303
    assert len(await told(hub)) == 1
    clock.set(THEN)
    await killed(point, anne, where + "/execute", {"day": DAY})
    assert (await anne.submit(where + "/execute", {"day": DAY})).status_code == 303
    held = await balances(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (10000, 5000)
    (one,) = await batches(hub)
    back = {"debit": one.debits[0].id, "why": "AC04", "returned_on": "2026-12-08"}
    await killed(point, anne, where + "/return", back)
    assert (await anne.submit(where + "/return", back)).status_code == 303
    assert await balances(hub) == before
    async with hub.state.service.database.read() as reader:
        past = [row["what"] for row in await BATCHES.history_of(reader, one.id)]
        paid = await of_households(reader, ["h-Marie"], 10)
    assert past == ["drawn_up", "approve", "execute", "returned"]
    assert [each.stage.value for each in paid] == ["bounced"]


async def test_the_file_is_made_with_the_approval_and_is_the_same_for_everybody(hub, anne, bruno, killed):
    await signed_on_paper(anne)
    where = await draw_up(anne)
    assert (await anne.submit(where + "/file")).status_code == 409, "there is none before it is approved"
    await killed("after_commit", bruno, where + "/approve", {})
    (one,) = await batches(hub)
    files = [(await who.submit(where + "/file")).content for who in (anne, bruno, anne)]
    assert set(files) == {one.file.encode()}
    assert files[0].count(b"<EndToEndId>") == 1


async def test_two_who_draw_up_the_same_debts_take_them_once(hub, anne, bruno):
    await signed_on_paper(anne)
    both = [(anne, await form(anne)), (bruno, await form(bruno))]
    assert both[0][1]["id"] != both[1][1]["id"]
    answers = await asyncio.gather(*(who.submit(URL + "/new", what) for who, what in both))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert len(await batches(hub)) == 1


async def test_approved_and_booked_by_two_at_once_it_is_done_once(hub, anne, bruno, client_for, clock):
    await signed_on_paper(anne)
    where = await draw_up(anne)
    third = client_for(hub, BOOKS, person_id="chloé", name="Chloé")
    answers = await asyncio.gather(*(who.submit(where + "/approve") for who in (bruno, third, bruno)))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len(await told(hub)) == 1
    clock.set(THEN)
    answers = await asyncio.gather(*(who.submit(where + "/execute", {"day": DAY}) for who in (anne, bruno)))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (await balances(hub))[HUB, "bank", "p-roc"] == 10000


async def test_a_mandate_that_is_ended_while_its_debit_is_approved_is_before_or_after(hub, anne, bruno, client_for):
    """Either the debit was announced and the mandate ended afterwards, or nothing was announced."""
    mandate_id = await signed_on_paper(anne)
    where = await draw_up(anne)
    ended, approved = await asyncio.gather(
        anne.submit(f"{MARIE}/{mandate_id}/end", {"reason": ""}), bruno.submit(where + "/approve")
    )
    assert ended.status_code == 303
    assert len(await told(hub)) == (1 if approved.status_code == 303 else 0)
    assert approved.status_code in (303, 409)
    async with hub.state.service.database.read() as reader:
        assert await current_of(reader) == {}


async def test_a_payment_and_the_booking_of_a_debit_at_once_are_both_booked(hub, anne, bruno, clock):
    await signed_on_paper(anne)
    where = await approve(bruno, await draw_up(anne))
    clock.set(THEN)
    await asyncio.gather(payout_week.pay(bruno, "100", "100"), anne.submit(where + "/execute", {"day": DAY}))
    held = await balances(hub)
    assert held[HUB, "bank", "p-roc"] == 20000
    assert held["p-roc", "household", "h-Marie"] == -10000
