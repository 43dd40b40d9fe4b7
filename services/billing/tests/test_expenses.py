"""Expense claims: handed in by a volunteer, decided and paid by another person, booked; through the pages. On both
databases."""

import asyncio

import payout_week
import pytest
from billing_week import CLOSES
from mandate_papers import hidden
from payment_desk import mends, plain
from payout_week import BOOKS, HUB_ACCOUNT, balances

from billing.app import BillingSettings, create_app
from billing.expense.claim import MOVES, Move, OutOfTurn, Stage, cents_of_drive, lands_on, moved
from billing.ledger.chart import HUB, WALLETS
from chassis.identity import Grant
from contracts import Role

URL = "/billing/expenses"
DAY = CLOSES.date().isoformat()
DRIVE = {"kind": "drive", "km": "43", "day": DAY, "why": "Tournée de Quillan"}
RECEIPT = {"kind": "other", "amount": "12,30", "day": DAY, "why": "Glacières"}


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **HUB_ACCOUNT, km_rate_millis=529)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def marie(hub, client_for):
    return client_for(hub, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"), person_id="marie")


async def hand_in(browser, typed):
    """The address of the claim."""
    fields = hidden((await browser.get(URL + "/new")).text, "id") | typed
    answers = [await browser.submit(URL + "/new", fields) for _time in range(2)]
    assert [each.status_code for each in answers] == [303, 303], mends(answers[0].text)
    assert answers[0].headers["location"] == answers[1].headers["location"]
    return answers[0].headers["location"]


async def booked(app, before):
    """What changed in the hub's book since."""
    after = await balances(app)
    changed = {key: after.get(key, 0) - before.get(key, 0) for key in before | after}
    return {key[1:]: cents for key, cents in changed.items() if cents and key[0] == HUB}


async def test_kilometres_are_a_cost_once_accepted_and_leave_the_till_when_paid(hub, anne, marie):
    before = await balances(hub)
    where = await hand_in(marie, DRIVE)
    assert await booked(hub, before) == {}
    assert "22,75 €" in plain((await anne.get(URL)).text)
    for _time in range(2):
        assert (await anne.submit(where + "/accept")).status_code == 303
    assert await booked(hub, before) == {("travel", ""): 2275, ("volunteers", ""): -2275}
    for _time in range(2):
        assert (await anne.submit(where + "/pay", {"means": "cash"})).status_code == 303
    assert await booked(hub, before) == {("travel", ""): 2275, ("cash", ""): -2275}
    page = plain((await marie.get(where)).text)
    assert "Payé" in page
    assert "Tournée de Quillan" in page


async def test_paid_into_the_wallet_it_is_held_for_the_household_and_taken_back_it_is_not(hub, anne, marie):
    before = await balances(hub)
    where = await hand_in(marie, RECEIPT)
    await anne.submit(where + "/accept")
    await anne.submit(where + "/pay", {"means": "wallet"})
    assert await booked(hub, before) == {
        ("missions", ""): 1230,
        ("wallet", "h-Marie"): -1230,
        ("bank", WALLETS): 1230,
        ("bank", ""): -1230,
    }
    assert "Dans la cagnotte : 12,30 €." in plain((await marie.get("/billing/due")).text)
    for _time in range(2):
        assert (await anne.submit(where + "/take-back", {"back_because": "payé deux fois"})).status_code == 303
    assert await booked(hub, before) == {}


async def test_what_was_used_of_the_wallet_is_not_taken_back(hub, anne, marie):
    where = await hand_in(marie, RECEIPT)
    await anne.submit(where + "/accept")
    await anne.submit(where + "/pay", {"means": "wallet"})
    wallet = "/billing/households/h-Marie/wallet"
    used = hidden((await marie.get(wallet)).text, "id") | {"amount": "10"}
    assert (await marie.submit(wallet + "/use", used)).status_code == 303
    before = await balances(hub)
    assert (await anne.submit(where + "/take-back", {"back_because": "erreur"})).status_code == 409
    assert await booked(hub, before) == {}


async def test_nobody_decides_a_claim_of_their_own(hub, anne, client_for):
    before = await balances(hub)
    where = await hand_in(anne, RECEIPT)
    assert "Une autre personne en décide." in plain((await anne.get(where)).text)
    for step, typed in (("accept", {}), ("refuse", {"reason": "x"})):
        assert (await anne.submit(f"{where}/{step}", typed)).status_code == 409
    bruno = client_for(hub, Grant(Role.COORDINATOR), person_id="bruno")
    assert (await bruno.submit(where + "/accept")).status_code == 303
    for step, typed in (("pay", {"means": "cash"}), ("take-back", {"back_because": "x"})):
        assert (await anne.submit(f"{where}/{step}", typed)).status_code == 409
    assert await booked(hub, before) == {("missions", ""): 1230, ("volunteers", ""): -1230}


async def test_refused_says_why_and_withdrawn_is_over(hub, anne, marie):
    before = await balances(hub)
    first, second = await hand_in(marie, RECEIPT), await hand_in(marie, DRIVE)
    assert mends((await anne.submit(first + "/refuse", {"reason": ""})).text).keys() == {"reason"}
    assert (await anne.submit(first + "/refuse", {"reason": "pas pour la plateforme"})).status_code == 303
    assert "pas pour la plateforme" in plain((await marie.get(first)).text)
    assert (await anne.submit(first + "/accept")).status_code == 409
    assert (await anne.submit(second + "/withdraw")).status_code == 409, "another's"
    assert (await marie.submit(second + "/withdraw")).status_code == 303
    assert (await anne.submit(second + "/accept")).status_code == 409
    assert await booked(hub, before) == {}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (DRIVE | {"km": "0"}, "km"),
        (DRIVE | {"km": ""}, "km"),
        (DRIVE | {"km": "2001"}, "km"),
        (RECEIPT | {"amount": "0"}, "amount"),
        (RECEIPT | {"amount": "douze"}, "amount"),
        (RECEIPT | {"day": "2027-01-01"}, "day"),
        (RECEIPT | {"why": ""}, "why"),
        (RECEIPT | {"kind": "gift"}, "kind"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(hub, marie, typed, field):
    fields = hidden((await marie.get(URL + "/new")).text, "id") | typed
    answer = await marie.submit(URL + "/new", fields)
    assert (answer.status_code, mends(answer.text).keys()) == (422, {field})
    assert typed["day"] in answer.text
    assert "Aucun défraiement" in plain((await marie.get(URL)).text)


async def test_accepted_by_two_at_once_it_is_booked_once(hub, anne, marie, client_for):
    before = await balances(hub)
    where = await hand_in(marie, RECEIPT)
    bruno = client_for(hub, BOOKS, person_id="bruno")
    answers = await asyncio.gather(*(who.submit(where + "/accept") for who in (anne, bruno)))
    assert [each.status_code for each in answers] == [303, 303]
    assert await booked(hub, before) == {("missions", ""): 1230, ("volunteers", ""): -1230}


async def test_who_pays_what_another_paid_by_other_means_is_told_before_the_money_goes_twice(hub, anne, marie):
    where = await hand_in(marie, RECEIPT)
    await anne.submit(where + "/accept")
    assert (await anne.submit(where + "/pay", {"means": "transfer"})).status_code == 303
    before = await balances(hub)
    late = await anne.submit(where + "/pay", {"means": "cash"})
    assert late.status_code == 409
    assert "quelqu’un a été plus rapide" in plain(late.text)
    assert await booked(hub, before) == {}


async def test_a_member_sees_its_own_claims_alone(hub, anne, marie, client_for):
    where = await hand_in(anne, RECEIPT)
    mine = await hand_in(marie, DRIVE)
    page = (await marie.get(URL)).text
    assert mine in page
    assert where not in page
    assert (await marie.get(where)).status_code == 404
    assert (await marie.submit(where + "/accept")).status_code == 403


async def test_without_a_rate_no_kilometres_are_claimed(started, clock, client_for, monkeypatch):
    hub = await payout_week.collecting(await started(create_app, BillingSettings), clock, client_for, monkeypatch)
    anne = client_for(hub, BOOKS, person_id="anne")
    page = (await anne.get(URL + "/new")).text
    assert 'value="drive"' not in page
    answer = await anne.submit(URL + "/new", hidden(page, "id") | DRIVE)
    assert (answer.status_code, mends(answer.text).keys()) == (422, {"kind"})


def test_the_table_of_a_claim_is_walked_whole():
    for stage in Stage:
        for move in Move:
            if (stage, move) in MOVES:
                assert moved(stage, move) is MOVES[stage, move] is lands_on(move)
            else:
                with pytest.raises(OutOfTurn):
                    moved(stage, move)


def test_half_a_cent_of_a_drive_counts_as_one():
    assert [cents_of_drive(km, 529) for km in (1, 5, 43)] == [53, 265, 2275]
    assert cents_of_drive(1, 5) == 1
