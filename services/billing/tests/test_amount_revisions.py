"""A closed cycle is revised: who owes something else is told so, and what was said before is kept."""

import asyncio
import io
from itertools import count
from random import Random

import pytest
from billing_week import (
    CHEESE,
    GROUPS,
    OLIVES,
    PRODUCERS,
    SOAP,
    WINE,
    Week,
    allocated,
    closed,
    given,
    household,
    line,
    opened,
    placed,
    producer,
    revised,
    withdrawn,
)
from hypothesis import HealthCheck, settings
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from billing.amount_due import amount_due
from billing.producer_sums import producer_due, producer_vat
from billing.settlement import NEXT
from chassis.identity import Grant
from chassis.tables import timer
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import AmountsDueComputed
from contracts.catalog import ProducerChanged
from contracts.ordering import CycleChanged

BOOKS = Grant(Role.BOOKKEEPER)
MARIE = Grant(Role.MEMBER, household_id="h-Marie")
JOSETTE = placed("Josette", [line(WINE, 3)], group="Quillan")
LESS = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)])
NOTHING = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 0, 2), given(SOAP, 0)], version=4)


async def said(app, cycle="week-48"):
    return [
        event for event in await announced(app) if isinstance(event, AmountsDueComputed) and event.cycle_id == cycle
    ]


async def totals(app, client_for, cycle="week-48"):
    return (await client_for(app, BOOKS).get(f"/billing/api/cycles/{cycle}/totals")).json()


async def sums_of_producers(app, cycle="week-48"):
    """What is kept of what each producer is due, and what the amounts that hold come to."""
    async with app.state.service.database.read() as reader:
        due = await reader.all(select(producer_due).where(producer_due.c.cycle_id == cycle))
        vat = await reader.all(select(producer_vat).where(producer_vat.c.cycle_id == cycle))
    kept = {row["producer_id"]: (row["cheques"], row["gross_cents"]) for row in due if row["cheques"]}
    rates = {(row["producer_id"], row["rate_hundredths"]): row["vat_cents"] for row in vat if row["gross_cents"]}
    return kept, rates


async def test_amounts_follow_what_was_allocated(app, client_for):
    await deliver(app, *PRODUCERS, opened(), LESS, JOSETTE, closed([LESS, JOSETTE]))
    amounts = {event.household_name: event for event in await said(app)}
    assert [(each.producer_name, each.gross_cents) for each in amounts["Marie"].producers] == [
        ("BioEspuña", 600),
        ("Chèvrerie du Roc", 850),
    ]
    assert (await totals(app, client_for))["gross_cents"] == 1450 + 2100


async def test_who_gets_nothing_owes_nothing_and_the_cycle_is_computed(app, client_for):
    await deliver(app, *PRODUCERS, opened(), NOTHING, JOSETTE, closed([NOTHING, JOSETTE]))
    assert [event.household_name for event in await said(app)] == ["Josette"]
    found = await totals(app, client_for)
    assert (found["state"], found["households"], found["gross_cents"]) == ("computed", 1, 2100)


async def test_only_who_owes_something_else_gets_the_next_revision(app, client_for):
    week = Week()
    await deliver(app, *week.events, LESS, revised([LESS, JOSETTE]))
    told = [(event.household_name, event.version, event.revision, event.gross_cents) for event in await said(app)]
    assert sorted(told) == [("Josette", 1, 1, 2100), ("Marie", 1, 1, 4500), ("Marie", 2, 2, 1450)]
    first, second = [event for event in await said(app) if event.household_name == "Marie"]
    assert first.id == second.id
    found = await totals(app, client_for)
    assert (found["state"], found["gross_cents"], found["quantity_thousandths"]) == ("computed", 3550, 5000)
    assert await sums_of_producers(app) == (
        {"p-BioEspuña": (1, 600), "p-Chèvrerie": (1, 850), "p-Domaine": (1, 2100)},
        {("p-BioEspuña", 2000): 100, ("p-Chèvrerie", 0): 0, ("p-Domaine", 2000): 350},
    )


async def test_the_household_reads_that_it_was_corrected_and_what_was_said_before(app, client_for):
    week = Week()
    await deliver(app, *week.events, LESS, revised([LESS, JOSETTE]))
    page = (await client_for(app, MARIE).get("/billing/due")).text
    assert "Corrigé le" in page
    assert "c’était 45,00\u00a0€, c’est 14,50\u00a0€" in page
    assert page.index("14,50") < page.index("et ne vaut plus") < page.rindex("22,00")
    josette = (await client_for(app, Grant(Role.MEMBER, household_id="h-Josette")).get("/billing/due")).text
    assert "Corrigé" not in josette
    books = client_for(app, BOOKS)
    cycle = (await books.get("/billing/cycles/week-48")).text
    assert "Les sommes de 1 foyer ont été corrigées" in cycle
    assert "45,00" not in cycle
    assert (await books.get("/billing/cycles/week-48/cheques.xlsx")).status_code == 200
    assert "Corrigé" in (await client_for(app, MARIE).get("/billing/fragments/home")).text


async def test_who_owes_nothing_any_more_reads_so(app, client_for):
    week = Week()
    await deliver(app, *week.events, NOTHING, revised([NOTHING, JOSETTE]))
    last = (await said(app))[-1]
    assert (last.household_name, last.revision, last.gross_cents, last.producers) == ("Marie", 2, 0, ())
    page = (await client_for(app, MARIE).get("/billing/due")).text
    assert "Il n’y a plus rien à payer" in page
    found = await totals(app, client_for)
    assert (found["households"], found["producers"], found["gross_cents"]) == (1, 1, 2100)
    # And something again: the next revision.
    again = allocated("Marie", [given(SOAP, 1)], version=5)
    await deliver(app, again, revised([again, JOSETTE], 3))
    last = (await said(app))[-1]
    assert (last.version, last.revision, last.gross_cents) == (3, 3, 600)
    assert (await sums_of_producers(app))[0] == {"p-BioEspuña": (1, 600), "p-Domaine": (1, 2100)}


async def test_who_has_no_order_any_more_owes_nothing(app, client_for):
    week = Week()
    await deliver(app, *week.events, withdrawn("Marie", version=3), revised([JOSETTE]))
    last = (await said(app))[-1]
    assert (last.household_name, last.revision, last.gross_cents) == ("Marie", 2, 0)
    assert (await totals(app, client_for))["gross_cents"] == 2100


async def test_while_a_revision_waits_the_amounts_of_before_hold(app, client_for):
    week = Week()
    await deliver(app, *week.events, revised([LESS, JOSETTE]))
    assert (await totals(app, client_for))["state"] == "waiting"
    page = (await client_for(app, BOOKS).get("/billing/cycles/week-48")).text
    assert "La clôture a été révisée" in page
    assert "66,00" in page
    await deliver(app, LESS)
    assert (await totals(app, client_for))["gross_cents"] == 3550


async def test_a_correction_is_made_with_the_sellers_as_they_stood(app):
    week = Week()
    await deliver(app, *week.events)
    await deliver(app, ProducerChanged(**producer("Domaine de la Serre", "FRANCHISE_293B", version=2).model_dump()))
    await deliver(app, LESS, revised([LESS, JOSETTE]))
    assert len(await said(app)) == 3, "Josette's wine is taxed as it was"


async def test_the_database_itself_refuses_a_second_amount_of_one_revision(app):
    await deliver(app, *Week().events)
    database = app.state.service.database
    async with database.read() as reader:
        first = dict((await reader.all(select(amount_due)))[0])
    with pytest.raises(IntegrityError):
        async with database.write() as writer:
            await writer.execute(amount_due.insert().values(**(first | {"id": "another"})))


async def until_all_are_made(app):
    async with asyncio.timeout(20):
        while True:
            async with app.state.service.database.read() as reader:
                if await reader.first(select(timer).where(timer.c.name == NEXT)) is None:
                    return
            await asyncio.sleep(0.02)


async def test_a_revision_that_comes_while_amounts_are_made_breaks_them_off(app, client_for, monkeypatch):
    """Households computed from then on would owe by orders that were not checked."""
    monkeypatch.setattr("billing.settlement.PORTION", 2)
    # The next households wait until the test lets them.
    timers = app.state.service.timers
    go_on = timers.handlers.pop(NEXT)
    orders = [placed(f"h{n}", [line(OLIVES), line(CHEESE)]) for n in range(6)]
    await deliver(app, *GROUPS, *PRODUCERS, household("h0"), opened(), *orders, closed(orders))
    assert len(await said(app)) == 2
    changed = [allocated(f"h{n}", [given(OLIVES, 0), given(CHEESE, 1)], version=2) for n in (0, 5)]
    await deliver(app, *changed)
    timers.handlers[NEXT] = go_on
    timers.wake()
    await until_all_are_made(app)
    assert len(await said(app)) == 2
    standing = [changed[0], *orders[1:5], changed[1]]
    await deliver(app, revised(standing))
    await until_all_are_made(app)
    told = sorted((event.household_name, event.revision, event.gross_cents) for event in await said(app))
    assert told == [
        ("h0", 1, 3050),
        ("h0", 2, 850),
        ("h1", 1, 3050),
        *[(f"h{n}", 2, 3050) for n in (2, 3, 4)],
        ("h5", 2, 850),
    ]
    assert (await totals(app, client_for))["gross_cents"] == 4 * 3050 + 2 * 850
    assert (await sums_of_producers(app))[0] == {"p-BioEspuña": (4, 8800), "p-Chèvrerie": (6, 5100)}


CYCLES = count(1)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@hypothesis_given(random=st.randoms(use_true_random=False))
async def test_placed_allocated_closed_and_revised_in_any_order_end_with_the_same_amounts(app, random: Random):
    cycle = f"shuffled-{next(CYCLES)}"
    week = Week(cycle)
    josette = placed("Josette", [line(WINE, 3)], group="Quillan", cycle=cycle)
    less = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)], cycle=cycle)
    more = allocated("Marie", [given(OLIVES, 1), given(CHEESE, 0, 2), given(SOAP, 1)], version=4, cycle=cycle)
    none = allocated("Josette", [given(WINE, 0, 3)], group="Quillan", version=2, cycle=cycle)
    events = [*week.events, less, revised([less, josette], 2, cycle), more, none, revised([more, none], 3, cycle)]
    events += random.sample(events, random.randrange(len(events)))
    random.shuffle(events)
    await deliver(app, *events)
    told = {}
    for event in await said(app, cycle):
        assert event.version == told[event.household_name].version + 1 if event.household_name in told else 1
        told[event.household_name] = event
    assert told["Marie"].gross_cents == 2200 + 600
    assert "Josette" not in told or told["Josette"].gross_cents == 0
    kept, _ = await sums_of_producers(app, cycle)
    assert kept == {"p-BioEspuña": (1, 2800)}


def with_deposit(of, cents):
    return of.model_copy(update={"deposit_cents": cents})


async def test_deposits_are_paid_with_the_goods_and_are_outside_vat(app, client_for):
    order = placed("Marie", [line(OLIVES), with_deposit(line(SOAP, 3), 150), with_deposit(line(WINE), 40)])
    await deliver(app, *PRODUCERS, opened(), order)
    assert "48,90\u00a0€" in (await client_for(app, MARIE).get("/billing/due")).text, "goods and deposits, so far"
    await deliver(app, closed([order]))
    (event,) = await said(app)
    assert (event.gross_cents, event.deposit_cents) == (4700, 190)
    assert [(each.gross_cents, each.deposit_cents) for each in event.producers] == [(4000, 150), (700, 40)]
    for each in event.producers:
        assert sum(rate.gross_cents for rate in each.vat) == each.gross_cents
    found = await totals(app, client_for)
    assert (found["gross_cents"], found["deposit_cents"]) == (4700, 190)
    page = (await client_for(app, MARIE).get("/billing/due")).text
    for wanted in ("41,50\u00a0€", "7,40\u00a0€", "48,90\u00a0€", "dont consignes 1,90\u00a0€", "hors TVA"):
        assert wanted in page, wanted
    books = client_for(app, BOOKS)
    cycle = (await books.get("/billing/cycles/week-48")).text
    for wanted in ("41,50\u00a0€", "48,90\u00a0€", "dont consignes 1,90\u00a0€"):
        assert wanted in cycle, wanted
    file = (await books.get("/billing/cycles/week-48/cheques.xlsx")).content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    assert rows[-2][2:] == [41.5, 7.4, 48.9]
    assert rows[-1][0] == "dont consignes, hors TVA"
    assert rows[-1][2:] == [1.5, 0.4, 1.9]


async def test_deposits_follow_what_is_given(app, client_for):
    order = placed("Marie", [with_deposit(line(SOAP, 3), 150)])
    less = allocated("Marie", [with_deposit(given(SOAP, 1, 3), 50)], version=2)
    await deliver(app, *PRODUCERS, opened(), order, closed([order]), less, revised([less]))
    assert [(event.revision, event.gross_cents, event.deposit_cents) for event in await said(app)] == [
        (1, 1800, 150),
        (2, 600, 50),
    ]
    assert (await totals(app, client_for))["deposit_cents"] == 50
    page = (await client_for(app, BOOKS).get("/billing/cycles/week-48")).text
    assert "6,50\u00a0€" in page


async def test_the_page_of_a_cycle_says_that_orders_ended_and_why_it_was_revised(app, client_for):
    books = client_for(app, BOOKS)
    ended = CycleChanged(**opened().model_dump(exclude={"version"}), version=2, phase="completing")
    await deliver(app, *PRODUCERS, *GROUPS, household("Josette", "Quillan"), opened(), ended)
    assert "Les commandes sont terminées." in (await books.get("/billing/cycles")).text
    nothing = allocated("Josette", [given(WINE, 0, 3)], group="Quillan")
    await deliver(app, JOSETTE, closed([JOSETTE]).model_copy(update={"version": 3}))
    assert "Pourquoi la clôture" not in (await books.get("/billing/cycles/week-48")).text
    await deliver(app, nothing, revised([nothing]).model_copy(update={"version": 4}))
    page = (await books.get("/billing/cycles/week-48")).text
    assert "Pourquoi la clôture a été révisée" in page
    assert "Le producteur ne peut pas tout apporter." in page
