"""A payout that is killed at any point, tried again: nothing twice, nothing missing. On both databases."""

import payout_week
import pytest
from payout_week import BOOKS, HUB_ACCOUNT, OVENS, URL, balances, drawn_up, form, know, pay

from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB
from billing.payout import register
from billing.payout.register import PAYOUTS
from chassis import crash
from contracts import Role


class Died(Exception):
    """Stands for the process that is gone: what it had not committed is undone, nobody gets an answer."""


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **HUB_ACCOUNT)


@pytest.fixture
async def paid(app, clock, client_for, monkeypatch):
    hub = await payout_week.collecting(app, clock, client_for, monkeypatch)
    anne = client_for(hub, BOOKS, person_id="anne")
    await pay(anne, "150", "100", "50")
    await know(anne)
    await know(anne, "p-oven", OVENS)
    return hub


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
async def test_killed_at_any_step_and_tried_again_each_is_sent_once(paid, client_for, killed, point):
    anne = client_for(paid, BOOKS, person_id="anne")
    bruno = client_for(paid, BOOKS, person_id="bruno")
    before = await balances(paid)
    sent = await form(anne)
    where = f"{URL}/{sent['id']}"
    day = {"day": "2026-11-22"}
    steps = [(anne, URL + "/new", sent), (bruno, where + "/approve", {}), (anne, where + "/execute", day)]
    for who, url, typed in steps:
        await killed(point, who, url, typed)
        if url != where + "/execute" or point == "before_commit":
            assert await balances(paid) == before
        again = await who.submit(url, typed)
        assert again.status_code == 303
    (one,) = await drawn_up(paid)
    held = await balances(paid)
    for each in one.transfers:
        assert held[each.producer_id, "bank", ""] == each.cents == -before[HUB, "third_party", each.producer_id]
        assert (HUB, "third_party", each.producer_id) not in held
        assert (HUB, "bank", each.producer_id) not in held
    of = {"transfer": one.transfers[0].id, "refused_on": "2026-11-22", "refused_because": "compte clos"}
    await killed(point, anne, where + "/refuse", of)
    assert (await anne.submit(where + "/refuse", of)).status_code == 303
    after = await balances(paid)
    assert after[HUB, "bank", one.transfers[0].producer_id] == one.transfers[0].cents
    past = [row["what"] for row in await history(paid, one.id)]
    assert past == ["drawn_up", "approve", "execute", "refused"]


async def test_between_approval_and_file_nothing_is_lost(paid, client_for, killed):
    """The file is made with the approval: who approved and never saw it, finds it, the same for everybody."""
    anne = client_for(paid, BOOKS, person_id="anne")
    bruno = client_for(paid, BOOKS, person_id="bruno")
    where = await payout_week.draw_up(anne)
    await killed("after_commit", bruno, where + "/approve", {})
    (one,) = await drawn_up(paid)
    await killed("before_commit", anne, where + "/file", {})
    files = [(await who.submit(where + "/file")).content for who in (anne, bruno, anne)]
    assert set(files) == {one.file.encode()}
    assert files[0].count(b"<EndToEndId>") == 2
    assert [row["what"] for row in await history(paid, one.id)] == ["drawn_up", "approve", "file", "file", "file"]


async def test_a_line_of_a_bank_statement_finds_its_transfer(paid, client_for):
    anne = client_for(paid, BOOKS, person_id="anne")
    await payout_week.draw_up(anne)
    (one,) = await drawn_up(paid)
    async with paid.state.service.database.read() as reader:
        for each in one.transfers:
            assert await register.PAYOUTS.named(reader, each.end_to_end_id) == (one, each)
        assert await register.PAYOUTS.named(reader, "NOTPROVIDED") is None


async def history(app, payout_id):
    async with app.state.service.database.read() as reader:
        return await PAYOUTS.history_of(reader, payout_id)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"hub_iban": "FR1420041010050500013M02607"}, "CABAS_HUB_IBAN"),
        ({**HUB_ACCOUNT, "hub_bic": "DEUTDEFF"}, "CABAS_HUB_BIC"),
        ({**HUB_ACCOUNT, "hub_account_holder": "☕"}, "letters that banks read"),
    ],
)
def test_a_hub_with_a_wrong_account_does_not_start(settings_for, said, sentence):
    with pytest.raises(ValueError, match=sentence):
        settings_for(BillingSettings, **said)


async def test_without_an_account_of_the_hub_no_payout_is_drawn_up(started, clock, client_for, monkeypatch):
    hub = await payout_week.collecting(await started(create_app, BillingSettings), clock, client_for, monkeypatch)
    anne = client_for(hub, payout_week.Grant(Role.BOOKKEEPER))
    await pay(anne, "100", "100")
    await know(anne)
    assert "CABAS_HUB_IBAN" in (await anne.get(URL + "/new")).text
    answer = await anne.submit(URL + "/new", await form(anne))
    assert answer.status_code == 422
    assert await drawn_up(hub) == []
