"""Deliveries said of many households at once: taken in together they lead to what one by one they would."""

import random
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from billing_week import CLOSES, GROUPS, closed, household, opened, placed
from commission_week import PLAIN, balances, faults
from mandate_papers import CATALOGUE, COORDINATOR, GOATS, signed
from sqlalchemy import select
from test_solidarity import band, grant
from weighed_week import bought, oranges

from billing.amount_due import HOLDS, amount_due
from billing.app import BillingSettings, create_app
from billing.ledger.book import entry
from billing.ledger.chart import FUND, HUB
from billing.listening import Together
from chassis import crash
from chassis.envelope import Received, headers_of
from chassis.listening import DONE, Delivery
from chassis.testing import announced, deliver
from chassis.trace import Trace
from contracts import Bearer
from contracts.billing import HouseholdBalanceChanged
from contracts.logistics import DeliveredLine, DeliveryRecorded

NAMES = ("Marie", "Paul", "Josette", "Anne", "Luc", "Zoé")
TOMME = oranges(None, product_id="tomme", reference="tomme", producer_id=GOATS)
SHARED = oranges(Bearer.BUYERS, product_id="shared", reference="shared", producer_id=GOATS)
COMPLETED = oranges(Bearer.HUB, product_id="completed", reference="completed", producer_id=GOATS)
HEARD_AT = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)


def ordered():
    return [
        placed(name, [bought(each, 3000 + 700 * n, 660 + 154 * n, "roc") for each in (TOMME, SHARED, COMPLETED)])
        for n, name in enumerate(NAMES)
    ]


def recorded(name, version, at, *came):
    lines = zip(("tomme", "shared", "completed"), came, strict=True)
    return DeliveryRecorded(
        id=f"d-{name}",
        version=version,
        cycle_id="week-48",
        household_id=f"h-{name}",
        producer_id=GOATS,
        recorded_at=at,
        recorded_by="Odile",
        lines=tuple(DeliveredLine(product_id=product, quantity_thousandths=each) for product, each in lines),
    )


def evening(seed):
    """What is said of everybody, of some again and in another order; and on the day after once more of one."""
    chance = random.Random(seed)
    minutes = count()
    said = []
    for version in (1, 2):
        told = chance.sample(NAMES, 6 if version == 1 else 3)
        for name in told:
            came = (chance.choice((0, 2900, 3000, 3600)) for _ in range(3))
            said.append(recorded(name, version, HEARD_AT + timedelta(minutes=next(minutes)), *came))
    newest = said[-2:]
    chance.shuffle(newest)
    said[-2:] = newest
    return [*said, recorded("Luc", 3, HEARD_AT + timedelta(days=1), 3000, 0, 3100)]


def messages(events):
    return [
        Received(
            said.subject,
            headers_of(said, f"said-{n}", HEARD_AT, Trace()),
            said.model_dump_json().encode(),
        )
        for n, said in enumerate(events)
    ]


async def take(app, batch):
    service = app.state.service
    verdicts = await service.intake.take("billing-from-logistics", [Delivery(each) for each in batch])
    assert verdicts == [DONE] * len(batch)


async def closed_week(app, clock, client_for, fund_cents="9"):
    """A week of a producer under a mandate; a fund with too little for Marie and Paul."""
    clock.set(CLOSES - timedelta(days=2))
    coordinator = client_for(app, COORDINATOR)
    await deliver(app, *CATALOGUE, *GROUPS, *(household(name) for name in NAMES))
    await signed(app, client_for, **PLAIN, starts_on="2026-11-21")
    assert (await grant(coordinator, fund_cents)).status_code == 303
    for name in ("Marie", "Paul"):
        assert (await band(coordinator, name=name)).status_code == 303
    made = ordered()
    clock.set(CLOSES)
    await deliver(app, opened(), *made, closed(made))
    clock.set(HEARD_AT)
    return app


async def comes_to(app):
    """What holds: the papers, the balances of every book, what was last told of each household."""
    assert await faults(app) == []
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(amount_due).where(HOLDS))
    said = [each for each in await announced(app) if isinstance(each, HouseholdBalanceChanged)]
    told = {each.id: each.model_dump(exclude={"version", "changed_at"}) for each in said}
    papers = {row["household_id"]: (row["cheques"], row["by_class"]) for row in rows}
    return papers, await balances(app), told


class Killed(BaseException):
    """What a dead process leaves: no handler of ours runs."""


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_taken_in_together_they_come_to_the_same_as_one_by_one(
    started, app, clock, client_for, monkeypatch, seed
):
    alone = await closed_week(await started(create_app, BillingSettings, database_url=None), clock, client_for)
    await closed_week(app, clock, client_for)
    said = messages(evening(seed))
    for each in said:
        await take(alone, [each])
    chance = random.Random(seed)
    first = 0
    while first < len(said):
        batch = said[first : first + chance.randint(5, 6)]
        for point in ("inbox_written", "before_commit", "after_commit"):
            with monkeypatch.context() as patched:

                def dies(_service, name, point=point):
                    if name == point:
                        raise Killed

                patched.setattr(crash, "point", dies)
                with pytest.raises(Killed):
                    await take(app, batch)
            if point == "inbox_written":
                # What comes again is not cut into the same batches.
                await take(app, batch[:1])
        await take(app, batch)
        first += len(batch)
    papers, books, told = await comes_to(app)
    assert (papers, books, told) == await comes_to(alone)
    assert books[HUB, "commission", ""] < 0, "the hub earns"
    assert (HUB, "bank", FUND) not in books, "the fund has too little"
    async with alone.state.service.database.read() as reader:
        many = await reader.all(select(entry.c.key))
    async with app.state.service.database.read() as reader:
        few = await reader.all(select(entry.c.key))
    assert len(few) < len(many), "what the next event would have taken back is not booked"


async def test_what_is_booked_of_each_household_names_the_event_that_said_it(app, clock, client_for):
    await closed_week(app, clock, client_for)
    said = [recorded(name, 1, HEARD_AT, 2000, 3000 + 700 * NAMES.index(name), 3000) for name in ("Luc", "Anne", "Paul")]
    await take(app, messages(said))
    e = entry.c
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(e.household_id, e.cause).where(e.book == GOATS, e.cause.like("said-%")))
    causes = {}
    for row in rows:
        causes.setdefault(row["household_id"], set()).add(row["cause"])
    causes.pop("", None)
    assert causes == {"h-Luc": {"said-0"}, "h-Anne": {"said-1"}, "h-Paul": {"said-2"}}


async def test_one_that_cannot_be_taken_in_does_not_hold_up_the_others(app, clock, client_for, monkeypatch):
    await closed_week(app, clock, client_for)
    said = [recorded(name, 1, HEARD_AT, 2000, 3000, 3000) for name in ("Luc", "Anne", "Paul")]
    handler = app.state.service.listening.handlers[DeliveryRecorded]
    assert isinstance(handler, Together)

    async def stumbles(writer, events):
        if any(each.household_id == "h-Anne" for each in events):
            raise ValueError("Anne")
        await handler.take(writer, events)

    monkeypatch.setitem(app.state.service.listening.handlers, DeliveryRecorded, Together(stumbles))
    service = app.state.service
    verdicts = await service.intake.take("billing-from-logistics", [Delivery(each) for each in messages(said)])
    assert [verdict == DONE for verdict in verdicts] == [True, False, True]
    monkeypatch.undo()
    await take(app, messages(said))
    assert await faults(app) == []
    async with service.database.read() as reader:
        rows = await reader.all(select(amount_due.c.household_id).where(HOLDS, amount_due.c.delivery > 0))
    assert {row["household_id"] for row in rows} >= {"h-Luc", "h-Anne", "h-Paul"}
