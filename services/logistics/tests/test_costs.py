"""What rounds cost: to the cent, among those who were brought something, by the rule the hub chose, told to billing."""

import asyncio
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from logistics_week import PELARDON, usual_week
from schedule_desk import FRIDAY, publish, week
from sqlalchemy import select, text

from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.logistics import CostBearer, DeliveredLine, DeliveryRecorded, SharedBy, TransportCostsShared
from logistics.cost.portion import SHARE, portions_on
from logistics.cost.register import SWEEP, share_day, shared_costs, shared_of
from logistics.cost.rule import cost_rule
from logistics.cost.sharing import share
from logistics.schedule import published
from logistics.solver.costs import costs
from ui.decimals import typed
from ui.words import Words

COSTS = "/logistics/costs"
DAY = f"{COSTS}/{FRIDAY}"
RULE = {
    "id": "rule-1",
    "seen": "0",
    "bearer": "households",
    "shared_by": "volume",
    "first_day": "2026-11-20",
    "why": "Assemblée générale du 14 novembre",
}


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


@pytest.fixture
async def hub(app, desk, clock):
    """The evening of a published Friday, before the timer that shares what is due."""
    await publish(app)
    async with app.state.service.database.write() as writer:
        await writer.cancel_call(SHARE, SWEEP)
    clock.set(datetime(2026, 11, 27, 20, tzinfo=UTC))
    return app


async def told(app) -> list[TransportCostsShared]:
    return [one for one in await announced(app) if isinstance(one, TransportCostsShared)]


async def come(app, many: int) -> None:
    """Wait until so many were told."""
    async with asyncio.timeout(20):
        while len(await told(app)) < many:
            await asyncio.sleep(0.02)


def came(household: str, producer_id: str, version: int = 1, **quantities: int) -> DeliveryRecorded:
    lines = tuple(DeliveredLine(product_id=one, quantity_thousandths=many) for one, many in quantities.items())
    return DeliveryRecorded(
        id=f"{household}-{producer_id}",
        version=version,
        cycle_id="cycle-1",
        household_id=household,
        producer_id=producer_id,
        recorded_at=datetime(2026, 11, 27, 19, tzinfo=UTC),
        recorded_by="Odile",
        lines=lines,
    )


def whole(one: TransportCostsShared) -> None:
    """Every sum is what it is made of."""
    assert sum(share.cents for share in one.shares) + one.hub_cents == sum(each.cents for each in one.rounds)
    for each in one.shares:
        assert each.cents == sum(part.cents for part in each.rounds)
    for each in one.rounds:
        parts = [part.cents for share in one.shares for part in share.rounds if part.round_id == each.round_id]
        assert not parts or sum(parts) == each.cents


async def test_without_a_rule_the_hub_bears_it_and_says_so(hub, desk):
    assert DAY in (await desk.get(f"/logistics/days/{FRIDAY}")).text
    page = (await desk.get(DAY)).text
    assert "La plateforme les supporte" in page
    assert "pas encore" in page
    assert (await desk.submit(DAY)).status_code == 303
    [one] = await told(hub)
    assert one.hub_cents == sum(each.cents for each in one.rounds) > 0
    assert one.shares == ()
    assert one.rule_number == 0


@pytest.mark.parametrize("bearer", ["producers", "groups", "households"])
@pytest.mark.parametrize("by", list(SharedBy))
async def test_every_rule_comes_to_what_the_rounds_cost(hub, desk, bearer, by):
    form = RULE | {"bearer": bearer, "shared_by": by.value, "first_day": "2026-11-27"}
    assert (await desk.submit(f"{COSTS}/rules", form)).status_code == 303
    await desk.submit(DAY)
    [one] = await told(hub)
    whole(one)
    assert (one.bearer, one.shared_by, one.rule_number) == (CostBearer(bearer), by, 1)
    assert one.hub_cents == 0
    expected = {"producers": {"pic", "bio"}, "groups": {"limoux", "quillan", "sigean"}}.get(bearer)
    assert expected is None or {share.bearer_id for share in one.shares} == expected
    page = (await desk.get(DAY)).text
    assert all(share.name in page for share in one.shares)


async def test_who_got_twice_the_goods_bears_twice_as_much_of_their_round(hub, desk):
    """Limoux: Vidal has 3 cheeses of the Pic. What each bears of a round is as its volume on it."""
    async with hub.state.service.database.read() as reader:
        one = await published.current(reader, FRIDAY)
        portions = await portions_on(reader, FRIDAY)
    found = share(one.day, one.plan, portions, CostBearer.HOUSEHOLDS, SharedBy.VOLUME)
    lines = {line.id.split("/")[2] + line.product_id: line for each in one.day.consignments for line in each.lines}
    pel = lines["quillan" + PELARDON.product_id]
    alone = [each for each in portions if (each.group_id, each.product_id) == ("quillan", PELARDON.product_id)]
    assert sum(Fraction(pel.volume * each.came, pel.quantity) for each in alone) == pel.volume
    assert sum(one.cents for one in found.borne) == sum(each.cents for each in costs(one.day, one.plan))
    assert found.left.cents == 0


async def test_what_did_not_come_bears_nothing_and_billing_is_told_again(hub, desk, clock):
    await desk.submit(f"{COSTS}/rules", RULE | {"first_day": "2026-11-27"})
    await desk.submit(DAY)
    [before] = await told(hub)
    assert before.recorded_lines == 0
    assert any(share.bearer_id == "vidal" for share in before.shares)
    await deliver(hub, came("vidal", "pic", pel=0, tom=0), came("vidal", "bio", ora=0))
    page = (await desk.get(DAY)).text
    assert "ce qui a été livré est noté" in page
    assert "plus récent que ce qui a été dit à la facturation" in page
    await desk.submit(DAY)
    after = (await told(hub))[-1]
    whole(after)
    assert after.version == 2
    assert after.recorded_lines == 3
    assert all(share.bearer_id != "vidal" for share in after.shares)
    assert sum(one.cents for one in after.rounds) == sum(one.cents for one in before.rounds)
    # An older record that comes late, and the same record again, change nothing.
    await deliver(hub, came("vidal", "pic", pel=0, tom=0), came("vidal", "bio", ora=0))
    await desk.submit(DAY)
    assert len(await told(hub)) == 2


async def test_a_delivery_of_which_nothing_came_is_the_hubs_cost(hub, desk):
    await desk.submit(f"{COSTS}/rules", RULE | {"first_day": "2026-11-27"})
    goods: dict[tuple[str, str], dict[str, int]] = {}
    async with hub.state.service.database.read() as reader:
        for one in await portions_on(reader, FRIDAY):
            goods.setdefault((one.household_id, one.producer_id), {})[one.product_id] = 0
    await deliver(hub, *(came(*who, **products) for who, products in goods.items()))
    await desk.submit(DAY)
    [one] = await told(hub)
    assert one.shares == ()
    assert one.hub_cents == sum(each.cents for each in one.rounds)


async def test_it_is_shared_by_itself_once_the_day_has_come(hub, clock):
    """Nobody has to press anything: the timer finds the day, and the record that came later."""
    async with hub.state.service.database.write() as writer:
        await writer.call_at(SHARE, SWEEP, writer.now)
    await come(hub, 1)
    await deliver(hub, came("vidal", "pic", pel=1000))
    clock.advance(30)
    await come(hub, 2)
    assert [(one.delivers_on, one.recorded_lines) for one in await told(hub)] == [(FRIDAY, 0), (FRIDAY, 2)]


async def test_a_day_that_is_to_come_is_shown_and_not_shared(app, desk):
    await publish(app)
    page = (await desk.get(DAY)).text
    assert "Coûts des tournées" in page
    assert (await desk.submit(DAY)).status_code >= 400
    assert await told(app) == []


async def test_a_rule_holds_from_its_day_until_its_day_and_the_newest_prevails(hub, desk, clock):
    clock.set(datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert (await desk.submit(f"{COSTS}/rules", RULE)).status_code == 303
    other = {"id": "rule-2", "seen": "1", "bearer": "groups", "first_day": "2026-11-28", "last_day": "2026-12-05"}
    for _twice in range(2):
        assert (await desk.submit(f"{COSTS}/rules", RULE | other)).status_code == 303
    assert "Les foyers, selon le volume" in (await desk.get(DAY)).text
    third = {"id": "rule-3", "seen": "2", "bearer": "producers", "first_day": "2026-11-27", "last_day": "2026-11-27"}
    assert (await desk.submit(f"{COSTS}/rules", RULE | third)).status_code == 303
    assert "Les producteurs, selon le volume" in (await desk.get(DAY)).text
    async with hub.state.service.database.read() as reader:
        rows = await reader.all(select(cost_rule))
    assert [row["set_by"] for row in rows] == ["Nadia"] * 3
    late = await desk.submit(f"{COSTS}/rules", RULE | {"id": "rule-4", "seen": "1"})
    assert late.status_code == 409
    assert "Assemblée générale" in late.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"first_day": "2026-11-18"}, "Aujourd’hui au plus tôt"),
        ({"last_day": "2026-11-19", "first_day": "2026-11-29"}, "Pas avant le premier jour"),
        ({"why": ""}, "why"),
        ({"bearer": "taxpayers"}, "bearer"),
        ({"first_day": "demain"}, "first_day"),
    ],
)
async def test_a_rule_that_cannot_be_is_told_at_its_field(app, desk, typed, said):
    answer = await desk.submit(f"{COSTS}/rules", RULE | typed)
    assert answer.status_code == 422
    assert said in answer.text
    async with app.state.service.database.read() as reader:
        assert await reader.all(select(cost_rule)) == []


async def test_a_month_is_compared_with_everybody_driving_alone_and_is_a_file(hub, desk):
    await desk.submit(f"{COSTS}/rules", RULE | {"first_day": "2026-11-27"})
    await desk.submit(DAY)
    [one] = await told(hub)
    page = (await desk.get(COSTS)).text
    assert "si chaque producteur avait fait son propre trajet" in page
    assert "Fromagerie du Pic" in page
    assert "Groupe de Sigean" in page
    file = (await desk.get(f"{COSTS}/months/2026-11.csv")).text
    rows = [row.split(";") for row in file.strip().splitlines()[1:]]
    cents = [row[5].replace(",", "") for row in rows if row[1].endswith("les foyers")]
    assert sum(map(int, cents)) == sum(each.cents for each in one.rounds)
    for kind in ("Transporté pour le producteur", "Transporté pour le groupe"):
        mine = [row for row in rows if row[1] == kind]
        assert sum(int(row[5].replace(",", "")) for row in mine) == sum(each.cents for each in one.rounds)
        assert sum(int(row[4]) for row in mine) == sum(each.co2_grams for each in one.rounds)
    assert "Aucun coût de tournée" in (await desk.get(f"{COSTS}/months/2026-10")).text
    assert (await desk.get(f"{COSTS}/months/2026-13")).status_code == 404


async def test_costs_are_for_those_who_plan_and_keep_the_books(hub, desk, client_for):
    for role in Role:
        browser = client_for(hub, Grant(role, group_id="g", household_id="h", producer_id="pic"))
        reads = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for page in (COSTS, f"{COSTS}/rules", DAY, f"{COSTS}/months/2026-11.csv"):
            assert (await browser.get(page)).status_code == (200 if reads else 403)
        if role is not Role.COORDINATOR:
            assert (await browser.submit(DAY)).status_code == 403
            assert (await browser.submit(f"{COSTS}/rules", RULE)).status_code == 403
    assert (await desk.get(f"{COSTS}/2026-11-28")).status_code == 404


async def test_a_producer_sees_what_was_driven_for_it_and_not_for_others(hub, desk, client_for):
    pic = client_for(hub, Grant(Role.PRODUCER, producer_id="pic"))
    assert "Rien n’a encore été conduit pour vous" in (await pic.get(f"{COSTS}/mine")).text
    await desk.submit(DAY)
    async with hub.state.service.database.read() as reader:
        content = (await shared_of(reader, FRIDAY)).content
    mine, other = (next(one for one in content.producers if one.bearer_id == who) for who in ("pic", "bio"))
    page = (await pic.get(f"{COSTS}/mine")).text
    assert shown(mine.metres) in page
    assert shown(content.alone_metres["pic"]) in page
    assert shown(other.metres) not in page
    assert f"{COSTS}/mine" in (await pic.get("/logistics/network")).text
    assert (await desk.get(f"{COSTS}/mine")).status_code == 403


@pytest.mark.parametrize("bearer", ["groups", "producers"])
async def test_a_referent_sees_what_its_own_group_cost_and_nothing_of_the_others(hub, desk, client_for, bearer):
    limoux = client_for(hub, Grant(Role.REFERENT, group_id="limoux"))
    page = f"{COSTS}/groups"
    assert "Rien n’a encore été conduit pour votre groupe" in (await limoux.get(page)).text
    assert (
        await desk.submit(f"{COSTS}/rules", RULE | {"bearer": bearer, "first_day": "2026-11-27"})
    ).status_code == 303
    await desk.submit(DAY)
    async with hub.state.service.database.read() as reader:
        content = (await shared_of(reader, FRIDAY)).content
    mine, other = (next(one for one in content.groups if one.bearer_id == who) for who in ("limoux", "quillan"))
    text = (await limoux.get(page)).text
    assert shown(mine.metres) in text
    assert euros(mine.cents) in text
    for hidden in (shown(other.metres), euros(other.cents), "Quillan"):
        assert hidden not in text
    assert text.count(euros(mine.cents)) == (2 if bearer == "groups" else 1), "what it bears, where groups bear"
    nobody = client_for(hub, Grant(Role.REFERENT, producer_id="pic"))
    assert "Rien n’a encore été conduit" in (await nobody.get(page)).text
    assert page in (await limoux.get("/logistics/fragments/home")).text
    for role in Role:
        if role is not Role.REFERENT:
            other_role = client_for(hub, Grant(role, group_id="limoux", household_id="h", producer_id="pic"))
            assert (await other_role.get(page)).status_code == 403, role


def euros(cents):
    return Words("fr").money(cents)


def shown(metres):
    return typed(round(metres / 100), 1, "fr")


async def test_two_who_share_at_once_tell_it_once(hub, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    database = hub.state.service.database

    async def second() -> None:
        async with database.write() as writer:
            await share_day(writer, FRIDAY)

    async with database.write() as writer:
        assert await share_day(writer, FRIDAY)
        other = asyncio.create_task(second())
        waits = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        async with asyncio.timeout(20):
            while not other.done():
                async with database.engine.connect() as looking:
                    if (await looking.execute(waits)).scalar():
                        break
                await asyncio.sleep(0.02)
    await other
    async with database.read() as reader:
        assert len(await reader.all(select(shared_costs))) == 1
    assert date.fromisoformat((await told(hub))[0].id) == FRIDAY


async def test_the_same_events_again_share_the_same(hub, desk):
    await deliver(hub, came("vidal", "pic", pel=1000))
    await desk.submit(DAY)
    [one] = await told(hub)
    await deliver(hub, *usual_week().events(), came("vidal", "pic", pel=1000))
    await desk.submit(DAY)
    assert await told(hub) == [one]
