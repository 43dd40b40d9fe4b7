"""What bringing the goods cost: each sees its own part, nothing of it is charged, and the newest word holds."""

from datetime import UTC, date, datetime

import pytest
from billing_week import CLOSES, GROUPS, OLIVES, PRODUCERS, closed, household, line, opened, placed
from payment_desk import balances
from sqlalchemy import select
from test_fees import BEFORE, COORDINATOR, SPAIN, VAN, fee

from billing.transport.register import transport, transport_share
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import BooksSealed
from contracts.logistics import CostBearer, RoundPart, SharedBy, SharedRound, TransportCostsShared, TransportShare

MINE, FARM, ALL = "/billing/transport/mine", "/billing/transport/farm", "/billing/transport"
DAY = date(2026, 11, 27)
ROUND = SharedRound(
    round_id="marcel/1", carrier_name="Marcel", metres=102_400, seconds=14_400, co2_grams=16_384, cents=3584
)


def said(bearer=CostBearer.HOUSEHOLDS, version=1, *, hub=0, **cents) -> TransportCostsShared:
    shares = tuple(
        TransportShare(
            bearer_id=who,
            name=f"Nom {who}",
            cents=many,
            metres=many * 20,
            co2_grams=many * 4,
            rounds=(RoundPart(round_id="marcel/1", cents=many),),
        )
        for who, many in cents.items()
    )
    return TransportCostsShared(
        id=DAY.isoformat(),
        version=version,
        delivers_on=DAY,
        schedule_version=1,
        cycle_ids=("week-48",),
        shared_at=datetime(2026, 11, 27, 19, tzinfo=UTC),
        bearer=bearer,
        shared_by=SharedBy.VOLUME,
        rule_number=2,
        lines=2,
        recorded_lines=0,
        rounds=(ROUND,),
        shares=shares,
        hub_cents=hub,
    )


@pytest.fixture
async def hub(app, clock, client_for):
    """Two households; a van for 10,00 was told before they ordered, and is shared by them."""
    clock.set(BEFORE)
    await deliver(app, *GROUPS, *PRODUCERS, household("marie"), household("jean"))
    assert (await fee(client_for(app, COORDINATOR), VAN)).status_code == 303
    clock.set(CLOSES)
    orders = [placed("marie", [line(OLIVES, 3)], "Limoux"), placed("jean", [line(OLIVES, 1)], "Limoux")]
    await deliver(app, opened(), *orders, closed(orders))
    return app


def member(client_for, app, *households):
    return client_for(app, *(Grant(Role.MEMBER, household_id=one) for one in households))


async def test_a_household_sees_its_part_and_what_it_was_charged_and_nobody_elses(hub, client_for):
    marie = member(client_for, hub, "h-marie")
    assert "Rien n’est réparti sur vous" in (await marie.get(MINE)).text
    await deliver(hub, said(**{"h-marie": 2688, "h-jean": 896}))
    page = (await marie.get(MINE)).text
    assert "26,88" in page
    assert "7,50" in page, "three quarters of the van, which it was told before"
    assert "Marcel" in page
    assert "8,96" not in page
    assert "35,84" not in page
    both = (await member(client_for, hub, "h-marie", "h-jean").get(MINE)).text
    assert "26,88" in both
    assert "8,96" in both
    assert "Nom h-jean" in both
    assert MINE in (await marie.get("/billing/due")).text


async def said_of_money(hub):
    """The seal of the night is of the whole books, and comes when it comes."""
    return [each for each in await announced(hub) if not isinstance(each, BooksSealed)]


async def test_nothing_of_it_is_charged_booked_or_announced(hub, client_for):
    marie = member(client_for, hub, "h-marie")
    before, told, due = await balances(hub), await said_of_money(hub), (await marie.get("/billing/due")).text
    await deliver(hub, said(**{"h-marie": 2688, "h-jean": 896}))
    await deliver(hub, said(CostBearer.PRODUCERS, 2, **{SPAIN: 3584}))
    assert await balances(hub) == before
    assert await said_of_money(hub) == told
    assert (await marie.get("/billing/due")).text == due


async def test_a_producer_sees_its_own_alone(hub, client_for):
    await deliver(hub, said(CostBearer.PRODUCERS, **{SPAIN: 3000, "p-other": 584}))
    page = (await client_for(hub, Grant(Role.PRODUCER, producer_id=SPAIN)).get(FARM)).text
    assert "30,00" in page
    assert "5,84" not in page
    assert "Rien n’en est retenu" in page
    assert "Rien n’est réparti sur vous" in (await member(client_for, hub, "h-marie").get(MINE)).text


async def test_the_newest_word_holds_whatever_comes_late_or_twice(hub, client_for):
    first, second = said(**{"h-marie": 2688, "h-jean": 896}), said(version=2, **{"h-jean": 3584})
    for order in ((second, first, second), (first, second, first)):
        await deliver(hub, *order)
        async with hub.state.service.database.read() as reader:
            assert [row["version"] for row in await reader.all(select(transport))] == [2]
            [row] = await reader.all(select(transport_share))
        assert (row["bearer_id"], row["cents"]) == ("h-jean", 3584)


async def test_who_keeps_the_books_sees_all_of_it_beside_the_fees(hub, client_for):
    await deliver(hub, said(hub=100, **{"h-marie": 2600, "h-jean": 884}))
    books = client_for(hub, Grant(Role.BOOKKEEPER))
    days = "?since=2026-11-01&until=2026-11-30"
    page = (await books.get(ALL + days)).text
    for sum_ in ("35,84", "1,00", "10,00"):
        assert sum_ in page
    assert "réparti selon le volume" in page
    assert "Aucun coût de tournée" in (await books.get(f"{ALL}?since=2026-10-01&until=2026-10-31")).text
    assert (await books.get(f"{ALL}?since=2026-11-30&until=2026-11-01")).status_code == 422
    file = (await books.get(f"{ALL}/shares.csv{days}")).text
    rows = [row.split(";") for row in file.strip().splitlines()[1:]]
    assert sum(int(row[-1].replace(",", "")) for row in rows) == ROUND.cents
    assert {row[6] for row in rows} == {"2"}
    assert ALL in (await books.get("/billing/fees")).text


async def test_a_day_that_the_hub_bears_is_told_as_that(hub, client_for):
    await deliver(hub, said(CostBearer.HUB, hub=3584))
    page = (await client_for(hub, Grant(Role.COORDINATOR)).get(f"{ALL}?since=2026-11-01&until=2026-11-30")).text
    assert "la plateforme" in page
    assert page.count("35,84") >= 2


async def test_each_page_is_for_whom_it_is(hub, client_for):
    staff = {Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR}
    for role in Role:
        browser = client_for(hub, Grant(role, group_id="g", household_id="h-marie", producer_id=SPAIN))
        assert (await browser.get(ALL)).status_code == (200 if role in staff else 403)
        assert (await browser.get(f"{ALL}/shares.csv")).status_code == (200 if role in staff else 403)
        assert (await browser.get(MINE)).status_code == (200 if role is Role.MEMBER else 403)
        assert (await browser.get(FARM)).status_code == (200 if role is Role.PRODUCER else 403)
