"""A group without any account: one household pays the producer for all, the others pay it back. On both databases."""

import asyncio

import pytest
from between_desk import (
    BOOKS,
    COORDINATOR,
    GROUP,
    MINE,
    REFERENT,
    ROC,
    a_week,
    advance_form,
    advances,
    cycle_url,
    draws,
    member,
    moves,
    owed,
    settles,
    transfers,
)
from billing_week import CLOSES, GROUPS, PRODUCERS, both_read, household
from payment_desk import balances, mends, plain, send
from test_household_balance import told
from test_solidarity import band, grant

from billing.between import advance, drawing
from billing.cycle import find_cycle
from billing.ledger.chart import HUB
from chassis.identity import Grant
from chassis.testing import announced, deliver, waits_for_lock
from contracts import Role
from contracts.billing import HouseholdTransfersDrawn
from contracts.logistics import DeliveredLine, DeliveryRecorded

OTHER_REFERENT = Grant(Role.REFERENT, group_id="g-Quillan")
THEIRS = {"Marie": 2, "Paul": 3, "Zoé": 4}


@pytest.fixture
async def week(app, clock, client_for):
    """Marie owes the goat farm 10,00, Paul 15,00, Zoé 20,00."""
    await a_week(app, clock, THEIRS)
    assert (await settles(client_for(app, COORDINATOR))).status_code == 303
    return app


async def left(app):
    return {key[2]: cents for key, cents in (await balances(app)).items() if key[:2] == (ROC, "household")}


async def test_one_household_pays_the_producer_for_all_and_the_others_pay_it_back(week, client_for):
    referent = client_for(week, REFERENT)
    page = plain((await referent.get(cycle_url())).text)
    assert "Zoé 20,00 €" in page
    answer = await advances(referent)
    assert (answer.status_code, answer.headers["location"]) == (303, cycle_url())
    held = await balances(week)
    assert await left(week) == {}, "in the producer's book each has paid its part"
    assert held[ROC, "cheques", ""] == 4500
    assert not [key for key in held if key[0] == HUB], "none of it is the hub's"
    assert [await owed(week, each) for each in THEIRS] == [0, 1500, 2000]
    assert (await draws(referent)).status_code == 303
    assert await transfers(week) == [("Paul", "Marie", 1500, "proposed"), ("Zoé", "Marie", 2000, "proposed")]
    page = plain((await referent.get(GROUP)).text)
    assert "Qui n’a pas payé Paul verse 15,00 € à Marie" in page

    paul, marie = client_for(week, member("Paul")), client_for(week, member("Marie"))
    assert "15,00 € à Marie À payer J’ai payé" in plain((await paul.get(MINE)).text)
    assert (await moves(week, paul, "Paul", "say_paid", back="mine")).headers["location"] == MINE
    assert await owed(week, "Paul") == 1500, "who says it paid owes until it is confirmed"
    assert "15,00 € de Paul" in plain((await marie.get(MINE)).text)
    await moves(week, marie, "Paul", "confirm", back="mine")
    assert await owed(week, "Paul") == 0
    await moves(week, marie, "Zoé", "confirm")
    assert "Tout est réglé" in plain((await referent.get(GROUP)).text)
    assert "Qui n’a pas payé" not in plain((await referent.get(GROUP)).text)


async def test_what_a_household_owes_others_stands_apart_from_what_it_owes_producers(week, client_for):
    referent, paul = client_for(week, REFERENT), client_for(week, member("Paul"))
    await advances(referent)
    due = plain((await paul.get("/billing/due")).text)
    assert "D’autres foyers de votre groupe ont payé 15,00 € pour vous" in due
    assert "Reste à payer 0,00 €" in due
    await draws(referent)
    due = plain((await paul.get("/billing/due")).text)
    assert "Vous devez 15,00 € à d’autres foyers de votre groupe" in due
    home = plain((await paul.get("/billing/fragments/home")).text)
    assert "Vous devez 15,00 € à d’autres foyers" in home
    page = plain((await client_for(week, BOOKS).get("/billing/households/h-Paul")).text)
    assert "15,00 € à d’autres foyers" in page


async def test_others_are_told_what_is_owed_between_households_until_it_is_confirmed(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    last = (await told(week, "Paul"))[-1]
    assert (last.left_cents, [(each.since, each.cents) for each in last.owed_between]) == (0, [(None, 1500)])
    assert (await told(week))[-1].credit_cents == 0, "what she paid for others is no credit of Marie"
    await draws(books)
    [one] = (await told(week, "Paul"))[-1].owed_between
    assert (one.cycle_name, one.since, one.cents) == ("Semaine 48", CLOSES.date(), 1500)
    await moves(week, books, "Paul", "say_paid")
    assert (await told(week, "Paul"))[-1].owed_between != ()
    await moves(week, books, "Paul", "confirm")
    assert (await told(week, "Paul"))[-1].owed_between == ()


async def test_each_household_is_told_whom_it_pays_and_again_only_when_that_changes(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await draws(books)
    drawn = [each for each in await announced(week) if isinstance(each, HouseholdTransfersDrawn)]
    by_name = {each.household_name: each for each in drawn}
    assert {name: [(to.household_name, to.cents) for to in each.pays] for name, each in by_name.items()} == {
        "Marie": [],
        "Paul": [("Marie", 1500)],
        "Zoé": [("Marie", 2000)],
    }
    assert [(each.household_name, each.cents) for each in by_name["Marie"].gets] == [("Paul", 1500), ("Zoé", 2000)]
    await brought(week, "Paul", 1)
    later = [each for each in await announced(week) if isinstance(each, HouseholdTransfersDrawn)][len(drawn) :]
    assert {(each.household_name, each.version) for each in later} == {("Marie", 2), ("Paul", 2)}


async def test_an_advance_is_for_some_and_never_for_more_than_they_owe(week, client_for):
    books = client_for(week, BOOKS)
    answer = await advances(books, amount="25,01", covers=["h-Marie", "h-Paul"])
    assert (answer.status_code, list(mends(answer.text))) == (422, ["amount"])
    assert "25,00 €" in mends(answer.text)["amount"].replace("\u00a0", " ")
    assert 'value="25,01"' in answer.text, "what was typed is kept"
    assert await left(week) == {"h-Marie": 1000, "h-Paul": 1500, "h-Zoé": 2000}
    assert (await advances(books, amount="10", covers=["h-Marie", "h-Paul"])).status_code == 303
    assert await left(week) == {"h-Marie": 600, "h-Paul": 900, "h-Zoé": 2000}, "in proportion to what they owe"
    await advances(books, "Zoé")
    assert await left(week) == {}
    await draws(books)
    assert await transfers(week) == [("Paul", "Zoé", 1500, "proposed")], "Marie paid 10 and had 10 paid for her"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"household_id": ""}, "household_id"),
        ({"household_id": "h-Josette"}, "household_id"),
        ({"amount": "0"}, "amount"),
        ({"amount": "abc"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"day": "2027-01-01"}, "day"),
        ({"kind": "debit"}, "kind"),
        ({"covers": []}, "covers"),
        ({"covers": ["h-Josette"]}, "covers"),
    ],
)
async def test_bad_input_is_told_at_its_field_and_nothing_is_noted(week, client_for, typed, field):
    answer = await advances(client_for(week, BOOKS), **typed)
    assert (answer.status_code, list(mends(answer.text))) == (422, [field])
    assert sum((await left(week)).values()) == 4500


async def test_a_form_sent_twice_books_once(week, client_for):
    books = client_for(week, BOOKS)
    fields = await advance_form(books, amount="10")
    url = cycle_url() + "/advances/new"
    for _ in range(2):
        assert (await books.submit(url, fields)).status_code == 303
    assert sum((await left(week)).values()) == 3500
    assert (await books.submit(url, fields | {"amount": "11"})).status_code == 409


async def test_an_advance_that_was_a_mistake_is_taken_back_and_transfers_follow(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await draws(books)
    page = (await books.get(cycle_url())).text
    undo = page[page.index("/billing/between/advances/") :].split('"')[0]
    answer = await books.submit(undo, {"reason": ""})
    assert (answer.status_code, list(mends(answer.text))) == (422, ["reason"])
    for _ in range(2):
        assert (await books.submit(undo, {"reason": "mauvais producteur"})).status_code == 303
    assert await left(week) == {"h-Marie": 1000, "h-Paul": 1500, "h-Zoé": 2000}
    assert await transfers(week) == []
    assert "mauvais producteur" in plain((await books.get(cycle_url())).text)


async def test_two_weeks_together_need_fewer_transfers(week, clock, client_for):
    await a_week(week, clock, {"Marie": 4, "Paul": 3}, "week-49", first=False)
    books = client_for(week, BOOKS)
    await advances(books, "Marie")
    await advances(books, "Paul", "week-49")
    assert (await draws(books, "week-48", "week-49")).status_code == 303
    both = [("Zoé", "Marie", 1500, "proposed"), ("Zoé", "Paul", 500, "proposed")]
    assert await transfers(week) == both, "each week alone would need one more"
    again = "0190a0a0-0000-7000-8000-000000000002"
    answer = await draws(books, "week-48", id=again)
    assert (answer.status_code, list(mends(answer.text))) == (409, ["cycle_id"])


async def test_transfers_are_called_off_only_while_nothing_is_paid(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await draws(books)
    page = (await books.get(GROUP)).text
    url = page[page.index("/billing/between/rounds/") :].split('"')[0]
    await moves(week, books, "Paul", "say_paid")
    assert (await books.submit(url, {})).status_code == 409
    await moves(week, books, "Paul", "not_here")
    assert (await books.submit(url, {})).status_code == 303
    assert await transfers(week) == []
    assert (await draws(books)).status_code == 303, "they can be drawn up again"


async def test_a_group_that_pays_as_others_do_has_no_advances(app, clock, client_for):
    await a_week(app, clock, THEIRS)
    coordinator = client_for(app, COORDINATOR)
    assert (await coordinator.get(cycle_url())).status_code == 404
    await settles(coordinator, first_day="2026-12-01")
    assert (await coordinator.get(cycle_url())).status_code == 404, "the delivery is before"
    await settles(coordinator)
    assert (await coordinator.get(cycle_url())).status_code == 200
    await settles(coordinator, "no")
    assert (await coordinator.get(cycle_url())).status_code == 404


async def test_everybody_sees_their_own_alone(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await draws(books)
    stranger, other = client_for(week, Grant(Role.MEMBER, household_id="h-Josette")), client_for(week, OTHER_REFERENT)
    for url in (GROUP, cycle_url(), cycle_url() + "/advances/new?producer_id=" + ROC):
        assert (await other.get(url)).status_code == 404
        assert (await client_for(week, member("Paul")).get(url)).status_code == 403
    assert (await advances_by(other)).status_code == 404
    assert "Marie" not in plain((await stranger.get(MINE)).text)
    for browser in (stranger, other):
        assert (await moves(week, browser, "Paul", "confirm")).status_code == 404
    paul = client_for(week, member("Paul"))
    assert (await moves(week, paul, "Paul", "confirm")).status_code == 404, "nobody confirms what they paid"
    assert (await moves(week, paul, "Zoé", "say_paid")).status_code == 404
    assert (await settles(client_for(week, BOOKS))).status_code == 403, "only who coordinates sets how a group pays"


async def advances_by(browser):
    return await browser.submit(cycle_url() + "/advances/new", {"id": "0190a0a0-0000-7000-8000-000000000001"})


# What was delivered is not what was expected


async def brought(app, name, count, version=1):
    """So many tommes at 5,00."""
    lines = (DeliveredLine(product_id="tomme", quantity_thousandths=count * 1000),)
    of = {"id": f"d-{name}", "cycle_id": "week-48", "household_id": f"h-{name}", "producer_id": ROC}
    await deliver(app, DeliveryRecorded(**of, version=version, lines=lines, recorded_at=CLOSES, recorded_by="Zoé"))


async def test_of_less_delivered_who_paid_has_the_rest_with_the_producer(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await draws(books)
    await brought(week, "Paul", 1)
    assert await transfers(week) == [("Paul", "Marie", 500, "proposed"), ("Zoé", "Marie", 2000, "proposed")]
    assert await left(week) == {"h-Marie": -1000}, "45,00 were paid, 35,00 are owed: a credit of who paid"
    await brought(week, "Paul", 3, version=2)
    assert await transfers(week) == [("Paul", "Marie", 1500, "proposed"), ("Zoé", "Marie", 2000, "proposed")]
    assert await left(week) == {}


async def test_of_more_delivered_what_others_need_less_pays_it(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await brought(week, "Zoé", 5)
    assert await left(week) == {"h-Zoé": 500}, "nobody paid that yet"
    await brought(week, "Paul", 1)
    assert await left(week) == {"h-Marie": -500}, "of 10,00 that Paul needs less 5,00 are for Zoé"


async def test_what_was_received_stays_and_counts_when_amounts_change(week, client_for):
    books = client_for(week, BOOKS)
    await advances(books)
    await draws(books)
    await moves(week, books, "Paul", "confirm")
    await brought(week, "Paul", 1)
    assert await transfers(week) == [
        ("Paul", "Marie", 1500, "received"),
        ("Zoé", "Marie", 1000, "proposed"),
        ("Zoé", "Paul", 1000, "proposed"),
    ]
    assert await owed(week, "Zoé") == 2000


async def test_a_payment_of_ones_own_counts_before_an_advance(week, client_for):
    books = client_for(week, BOOKS)
    own = {"kind": "cash", "payee": ROC, "amount": "5"}
    await send(books, own, "/billing/households/h-Paul/payments/new")
    await advances(books)
    assert await left(week) == {}
    await draws(books)
    assert await transfers(week) == [("Paul", "Marie", 1000, "proposed"), ("Zoé", "Marie", 2000, "proposed")]


@pytest.mark.postgres
async def test_two_people_who_note_the_same_advance_at_once_pay_the_producer_once(week, client_for, monkeypatch):
    """Without the cycle's row held both read what is left before the other has paid: the negative control."""
    if week.state.service.database.is_sqlite:
        pytest.skip("one writer at a time")

    async def found(reader, cycle_id):
        return await find_cycle(reader, cycle_id)

    async def nothing(*_):
        pass

    books, owing_of = client_for(week, BOOKS), advance.owing_of

    url, answers = cycle_url() + "/advances/new", []
    for held in (True, False):
        if not held:
            for name, free in (("locked", found), ("hold_books", nothing), ("_hold_households", nothing)):
                monkeypatch.setattr(advance, name, free)
        forms = [await advance_form(books, amount="30") for _ in range(2)] if held else []
        forms = forms or [await advance_form(books, amount="15") for _ in range(2)]
        monkeypatch.setattr(advance, "owing_of", both_read(week, owing_of))
        sent = await asyncio.gather(*(books.submit(url, each) for each in forms))
        monkeypatch.setattr(advance, "owing_of", owing_of)
        answers.append(sorted(each.status_code for each in sent))
    assert answers == [[303, 422], [303, 303]]
    assert sum((await left(week)).values()) < 0, "more was noted than was owed"


@pytest.mark.postgres
async def test_a_confirmation_and_a_delivery_at_once_do_not_wait_for_each_other(week, client_for, monkeypatch):
    """Without the books held first each waits for what the other holds: the negative control."""
    if week.state.service.database.is_sqlite:
        pytest.skip("one writer at a time")

    async def nothing(_writer):
        pass

    books, hold = client_for(week, BOOKS), drawing._hold
    await advances(books)
    await draws(books)
    held_it = asyncio.Event()

    async def until_the_other_waits(writer, round_id):
        found = await hold(writer, round_id)
        if not held_it.is_set():
            held_it.set()
            async with asyncio.timeout(30):
                while not await waits_for_lock(week.state.service.database):
                    await asyncio.sleep(0.02)
        return found

    async def brings(version):
        async with asyncio.timeout(30):
            await held_it.wait()
        await brought(week, "Marie", version, version=version)

    monkeypatch.setattr(drawing, "_hold", until_the_other_waits)
    found = []
    for version, held, payer in ((1, True, "Paul"), (2, False, "Zoé")):
        if not held:
            monkeypatch.setattr(drawing, "hold_books", nothing)
        held_it.clear()
        both = moves(week, books, payer, "confirm"), brings(version)
        done = await asyncio.gather(*both, return_exceptions=True)
        found.append([isinstance(each, Exception) or getattr(each, "status_code", 303) != 303 for each in done])
    assert found[0] == [False, False]
    assert any(found[1])


async def test_what_the_solidarity_fund_pays_is_paid_by_nobody_else_also_when_it_pays_later(app, clock, client_for):
    coordinator = client_for(app, COORDINATOR)
    await deliver(app, *GROUPS, *PRODUCERS, household("Paul"))
    await band(coordinator, percent="50", name="Paul")
    await a_week(app, clock, {"Marie": 2, "Paul": 4})
    await settles(coordinator)
    await advances(coordinator)
    assert await left(app) == {}, "the fund had nothing: Marie paid all"
    await draws(coordinator)
    assert await transfers(app) == [("Paul", "Marie", 2000, "proposed")]
    await grant(coordinator, "100")
    assert (await coordinator.submit("/billing/fund/missing", {})).status_code == 303
    assert await transfers(app) == [("Paul", "Marie", 1000, "proposed")], "the fund paid the other half"
    assert await left(app) == {"h-Marie": -1000}, "which Marie had paid: her credit"
