"""What was delivered and weighed takes the place of what was expected: on the page, in the amounts, in the books."""

from datetime import timedelta
from itertools import permutations

import pytest
from billing_week import CLOSES, GROUPS, PRODUCERS, allocated, closed, household, opened, placed, revised
from sqlalchemy import func, select

from billing.amount_due import HOLDS, amount_due
from billing.delivery import delivery
from billing.facts import gross_of_closed
from billing.ledger.book import balance, entry
from billing.ledger.proof import proofs
from billing.producer_sums import producer_due, producer_vat
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Article, Bilingual, PriceBasis, PriceTier, Role, Unit
from contracts.billing import AmountsDueComputed
from contracts.logistics import DeliveredLine, DeliveryRecorded
from contracts.ordering import AllocatedLine, OrderLine

SPAIN, GOATS = "p-BioEspuña", "p-Chèvrerie"
COORDINATOR = Grant(Role.COORDINATOR)
MARIE = Grant(Role.MEMBER, household_id="h-Marie")
URL = "/billing/cycles/week-48/delivery"
ORANGES = Article(
    product_id="oranges",
    producer_id=SPAIN,
    reference="oranges",
    name=Bilingual(fr="Oranges", en="Oranges"),
    unit=Unit.KG,
    price_cents=220,
    price_basis=PriceBasis.UNIT,
    vat_class="FOOD",
    temperature_class="AMBIENT",
)
SOAP = ORANGES.model_copy(
    update={
        "product_id": "soap",
        "name": Bilingual(fr="Savon", en="Soap"),
        "unit": Unit.PIECE,
        "price_cents": 300,
        "deposit_cents": 50,
        "vat_class": "HOUSEHOLD",
    }
)
CHEESE = ORANGES.model_copy(
    update={
        "product_id": "tomme",
        "producer_id": GOATS,
        "name": Bilingual(fr="Tomme", en="Tomme"),
        "unit": Unit.PIECE,
        "content_thousandths": 1600,
        "content_unit": Unit.KG,
        "price_cents": 1000,
        "price_basis": PriceBasis.CONTENT,
        "weighed": True,
        "weight_margin_percent": 10,
    }
)
NAMES = {SPAIN: "BioEspuña", GOATS: "Chèvrerie du Roc"}


def bought(article, quantity, gross):
    deposit = article.deposit_cents * quantity // 1000
    return OrderLine(
        article=article,
        producer_name=NAMES[article.producer_id],
        quantity_thousandths=quantity,
        gross_cents=gross,
        deposit_cents=deposit,
    )


MARIE_ORDERS = [bought(ORANGES, 3400, 748), bought(SOAP, 4000, 1200), bought(CHEESE, 3000, 4800)]
PAUL_ORDERS = [bought(ORANGES, 4100, 902)]
JOSETTE_ORDERS = [bought(ORANGES, 2500, 550)]
ORDERS = [
    placed("Marie", MARIE_ORDERS),
    placed("Paul", PAUL_ORDERS),
    placed("Josette", JOSETTE_ORDERS),
]
HOUSEHOLDS = [household("Marie"), household("Paul"), household("Josette")]


@pytest.fixture
async def week(app, clock):
    clock.set(CLOSES)
    await deliver(app, *GROUPS, *PRODUCERS, *HOUSEHOLDS, opened(), *ORDERS, closed(ORDERS))
    clock.advance(timedelta(days=5))
    return app


class Page:
    """The page of what was delivered, as a coordinator uses it."""

    def __init__(self, client, producer=SPAIN):
        self.client, self.url = client, f"{URL}?producer={producer}"

    async def send(self, seen=None, **typed):
        """`typed`: by household and product, `Marie_oranges="3,45"`."""
        page = (await self.client.get(self.url)).text
        shown = page.split('name="seen" value="')[1].split('"')[0]
        values = {"seen": shown if seen is None else seen}
        for name, text in typed.items():
            who, _, product = name.partition("_")
            values[f"came-h-{who}-{product}" if product and who[0].isupper() else name.replace("_", "-")] = text
        return await self.client.submit(self.url, values)


@pytest.fixture
def page(week, client_for):
    return Page(client_for(week, COORDINATOR))


async def owed(app):
    """Goods and deposits by household, of what holds."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(amount_due).where(HOLDS))
    return {row["household_id"][2:]: (row["gross_cents"], row["deposit_cents"]) for row in rows}


async def agrees(app):
    """The books prove themselves, and say what the amounts and the sums of the producers say."""
    async with app.state.service.database.read() as reader:
        for proof in await proofs(reader):
            assert proof.faults == [], proof.book
        claims = select(balance.c.book, func.sum(balance.c.debit_cents - balance.c.credit_cents).label("cents"))
        rows = await reader.all(claims.where(balance.c.account == "household").group_by(balance.c.book))
        booked = {row["book"]: int(row["cents"]) for row in rows if row["cents"]}
        dues = await reader.all(select(producer_due))
        vat = await reader.scalar(select(func.sum(producer_vat.c.gross_cents)))
        held = await reader.all(select(amount_due).where(HOLDS))
    said: dict[str, int] = {}
    for row in dues:
        said[row["producer_id"]] = said.get(row["producer_id"], 0) + row["gross_cents"] + row["deposit_cents"]
    assert booked == {producer: cents for producer, cents in said.items() if cents}
    assert sum(said.values()) == sum(row["gross_cents"] + row["deposit_cents"] for row in held)
    assert vat == sum(row["gross_cents"] for row in held)


async def test_members_pay_what_was_weighed(week, page):
    """M-03: 10 kg of oranges shared as 3.4, 4.1 and 2.5 kg, and weighed."""
    before = await owed(week)
    assert [before[name][0] for name in ("Paul", "Josette")] == [902, 550]
    answer = await page.send(Marie_oranges="3,45", Paul_oranges="4,05", Josette_oranges="2,42")
    assert answer.status_code == 303, answer.text
    after = await owed(week)
    assert after["Marie"] == (759 + 1200 + 4800, 200)
    assert (after["Paul"], after["Josette"]) == ((891, 0), (532, 0))
    await agrees(week)
    told = [event for event in await announced(week) if isinstance(event, AmountsDueComputed)]
    assert sorted((event.household_name, event.version, event.gross_cents) for event in told if event.version > 1) == [
        ("Josette", 2, 532),
        ("Marie", 2, 6759),
        ("Paul", 2, 891),
    ]


@pytest.mark.parametrize(("weight", "cents"), [("4,73", 4730), ("5,1", 5100), ("4,8", 4800), ("0", 0)])
async def test_a_cheese_ordered_by_the_piece_is_billed_by_what_it_weighs(week, client_for, weight, cents):
    """RP-01: three at about 1.6 kg and 10 € the kilo; what weighs as expected keeps its sum."""
    page = Page(client_for(week, COORDINATOR), GOATS)
    assert (await page.send(Marie_tomme=weight)).status_code == 303
    assert (await owed(week))["Marie"] == (748 + 1200 + cents, 200)
    await agrees(week)


async def test_the_producer_bears_the_weight_where_it_is_chosen(week, client_for):
    page = Page(client_for(week, COORDINATOR), GOATS)
    await page.send(Marie_tomme="4,73", bears_tomme="producer")
    assert (await owed(week))["Marie"][0] == 748 + 1200 + 4800
    text = (await client_for(week, MARIE).get("/billing/due")).text
    assert "le producteur prend la différence à sa charge" in text
    assert "4,73\u00a0kg" in text
    await agrees(week)


async def test_a_shortage_takes_its_deposits_with_it_and_more_brings_more(week, page):
    await page.send(Marie_soap="1")
    assert (await owed(week))["Marie"] == (748 + 300 + 4800, 50)
    await agrees(week)
    await page.send(Marie_soap="5")
    assert (await owed(week))["Marie"] == (748 + 1500 + 4800, 250)
    await agrees(week)


async def test_of_what_none_came_nobody_owes_anything(week, page):
    await page.send(missing_oranges="on", Paul_oranges="4,1")
    after = await owed(week)
    assert (after["Marie"], after["Paul"], after["Josette"]) == ((1200 + 4800, 200), (0, 0), (0, 0))
    await agrees(week)
    async with week.state.service.database.read() as reader:
        cheques = await reader.all(select(producer_due.c.producer_id, producer_due.c.cheques))
        papers = await reader.all(select(amount_due.c.by_producer).where(HOLDS, amount_due.c.household_id == "h-Paul"))
    assert {row["producer_id"]: row["cheques"] for row in cheques} == {SPAIN: 1, GOATS: 1}
    assert [row["by_producer"] for row in papers] == ["{}"]


async def test_a_record_is_corrected_and_both_are_kept_with_who_and_when(week, page):
    await page.send(Paul_oranges="0")
    await page.send(Paul_oranges="4")
    assert (await owed(week))["Paul"] == (880, 0)
    await page.send(Paul_oranges="")
    assert (await owed(week))["Paul"] == (902, 0), "as expected again, to the cent"
    await agrees(week)
    async with week.state.service.database.read() as reader:
        rows = await reader.all(select(delivery).order_by(delivery.c.version))
        causes = await reader.all(select(entry).where(entry.c.household_id == "h-Paul").order_by(entry.c.number))
    assert [(row["version"], bool(row["person_id"]), bool(row["recorded_by"])) for row in rows] == [
        (version, True, True) for version in (1, 2, 3)
    ]
    # Sold; nothing came: taken back; sold; taken back and sold.
    assert [bool(row["counters"]) for row in causes] == [False, True, False, True, False]
    assert [row["cause"] for row in causes[1:]] == [rows[place]["event"] for place in (0, 1, 2, 2)]
    assert all(row["person_id"] for row in causes[1:])


async def test_a_form_sent_twice_records_once(week, page):
    await page.send(Paul_oranges="4")
    answer = await page.send(seen="0", Paul_oranges="4")
    assert answer.status_code == 303
    async with week.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(delivery)) == 1


async def test_what_somebody_else_recorded_meanwhile_is_not_undone(week, page):
    await page.send(Marie_oranges="3")
    answer = await page.send(seen="0", Paul_oranges="4")
    assert answer.status_code == 409
    assert 'value="4"' in answer.text
    assert (await owed(week))["Paul"] == (902, 0)


async def test_what_is_no_quantity_is_told_at_its_field(week, page):
    answer = await page.send(Marie_oranges="beaucoup", Marie_soap="1,5", Paul_oranges="4")
    assert answer.status_code == 422
    assert 'value="beaucoup"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert (await owed(week))["Paul"] == (902, 0)


async def test_only_coordinators_record_what_was_delivered(week, client_for):
    for role in Role:
        client = client_for(week, Grant(role, household_id="h-Marie", producer_id=SPAIN))
        assert (await client.get(URL)).status_code == (200 if role is Role.COORDINATOR else 403), role
    client = client_for(week, COORDINATOR)
    assert (await client.get("/billing/cycles/none/delivery")).status_code == 404
    assert (await client.get(f"{URL}?producer=p-Domaine")).status_code == 404


async def test_who_types_of_what_was_taken_off_meanwhile_is_told_so(week, page):
    answer = await page.client.submit(f"{URL}?producer=p-Domaine", {"seen": "0"})
    assert answer.status_code == 409
    assert "La clôture a été corrigée entre-temps" in answer.text


async def test_the_household_reads_what_was_expected_what_came_and_why(week, page, client_for):
    await page.send(Marie_oranges="3,45", Marie_soap="0")
    text = (await client_for(week, MARIE).get("/billing/due")).text
    for wanted in (
        "Établi sur ce qui a été livré",
        "69,48\u00a0€",
        "55,59\u00a0€",
        "-13,89\u00a0€",
        "Rien n’est venu",
        "La pesée donne plus",
        "3,45\u00a0kg",
    ):
        assert wanted in text, wanted
    cycle = (await client_for(week, COORDINATOR).get("/billing/cycles/week-48")).text
    assert "Attendu et livré" in cycle
    assert "Saisir ce qui a été livré" in cycle
    assert (
        "Saisir ce qui a été livré"
        not in (await client_for(week, Grant(Role.BOOKKEEPER)).get("/billing/cycles/week-48")).text
    )


async def test_a_small_difference_is_carried_on_the_account(week, page, client_for):
    await page.send(Marie_oranges="3,45")
    text = (await client_for(week, MARIE).get("/billing/due")).text
    assert "0,11\u00a0€ restent sur votre compte" in text
    assert "21,48\u00a0€" in text, "the cheque to BioEspuña stays what it was expected to be"
    await page.send(Marie_oranges="3,3")
    text = (await client_for(week, MARIE).get("/billing/due")).text
    assert "0,22\u00a0€ restent sur votre compte, en votre faveur" in text


def recorded(version, quantity, who="Marie", product="oranges", producer=SPAIN, **more):
    return DeliveryRecorded(
        id=f"d-{who}-{producer}",
        version=version,
        cycle_id="week-48",
        household_id=f"h-{who}",
        producer_id=producer,
        recorded_at=CLOSES + timedelta(days=5, minutes=version),
        recorded_by="Odile",
        lines=(DeliveredLine(product_id=product, quantity_thousandths=quantity, **more),),
    )


@pytest.mark.parametrize("order", list(permutations((1, 2, 3)))[:6])
async def test_what_logistics_says_holds_by_its_version_in_whatever_order_and_however_often(app, order):
    says = {1: recorded(1, 0), 2: recorded(2, 9000), 3: recorded(3, 3450)}
    events = [*GROUPS, *PRODUCERS, *HOUSEHOLDS, opened(), *ORDERS, closed(ORDERS)]
    await deliver(app, says[order[0]], *events, *(says[each] for each in order[1:]), says[order[0]])
    assert (await owed(app))["Marie"] == (759 + 1200 + 4800, 200)
    await agrees(app)


async def test_logistics_says_pieces_and_what_they_weighed(week):
    await deliver(week, recorded(1, 3000, product="tomme", producer=GOATS, weight_thousandths=4730))
    assert (await owed(week))["Marie"][0] == 748 + 1200 + 4730
    await deliver(week, recorded(2, 2000, product="tomme", producer=GOATS))
    assert (await owed(week))["Marie"][0] == 748 + 1200 + 3200, "not weighed: at the expected content"
    await deliver(week, recorded(3, 9000, product="lemons", producer=GOATS))
    assert (await owed(week))["Marie"][0] == 748 + 1200 + 4800, "what was not ordered is no line"
    await agrees(week)


async def test_a_record_without_lines_takes_back_what_was_recorded_before(week):
    """As logistics says it: what was noted as less was there after all."""
    before = await owed(week)
    await deliver(week, recorded(1, 0))
    assert (await owed(week))["Marie"][0] < before["Marie"][0]
    await deliver(week, recorded(2, 0).model_copy(update={"lines": ()}))
    assert await owed(week) == before
    await agrees(week)


async def test_who_speaks_last_holds_the_coordinator_here_or_logistics(week, page):
    """Both count their own records from one."""
    await page.send(Marie_oranges="3")
    typed = (await owed(week))["Marie"]
    await deliver(week, recorded(1, 0))
    nothing_came = (await owed(week))["Marie"]
    assert nothing_came[0] < typed[0]
    await page.send(Marie_oranges="3")
    assert (await owed(week))["Marie"] == typed
    await deliver(week, recorded(1, 0))
    assert (await owed(week))["Marie"] == typed, "said again, it is not said later"
    await deliver(week, recorded(2, 0))
    assert (await owed(week))["Marie"] == nothing_came
    await agrees(week)


async def test_a_revision_keeps_what_was_delivered(week, page):
    await page.send(Marie_oranges="3,45", Paul_oranges="0")
    lines = []
    for each in MARIE_ORDERS:
        quantity, gross = (2000, 600) if each.article is SOAP else (each.quantity_thousandths, each.gross_cents)
        lines.append(
            AllocatedLine(
                article=each.article,
                producer_name=each.producer_name,
                asked_thousandths=each.quantity_thousandths,
                quantity_thousandths=quantity,
                gross_cents=gross,
                deposit_cents=each.article.deposit_cents * quantity // 1000,
            )
        )
    less = allocated("Marie", lines)
    await deliver(week, less, revised([less, *ORDERS[1:]]))
    after = await owed(week)
    assert (after["Marie"], after["Paul"]) == ((759 + 600 + 4800, 100), (0, 0))
    await agrees(week)
    await page.send(Marie_oranges="3,45", Paul_oranges="0", Marie_soap="1")
    assert (await owed(week))["Marie"] == (759 + 300 + 4800, 50)
    await agrees(week)


async def test_who_is_brought_less_keeps_the_price_of_the_quantity_ordered(app):
    """M-04: almonds at 4 € the kilo, 3.60 € from five kilos on."""
    tiers = (PriceTier(from_thousandths=5000, price_cents=360),)
    almonds = ORANGES.model_copy(update={"product_id": "almonds", "price_cents": 400, "tiers": tiers})
    order = placed("Marie", [bought(almonds, 5000, 1800)])
    await deliver(app, *GROUPS, *PRODUCERS, *HOUSEHOLDS, opened(), order, closed([order]))
    await deliver(app, recorded(1, 3000, product="almonds"))
    assert (await owed(app))["Marie"] == (1080, 0)
    await agrees(app)


async def test_a_changed_paper_of_a_delivery_is_found(week, page):
    await page.send(Paul_oranges="4")
    paul = amount_due.update().where(amount_due.c.household_id == "h-Paul")
    for delivered in (0, 1):
        mine = paul.where(amount_due.c.delivery == delivered)
        async with week.state.service.database.write() as writer:
            before = await writer.scalar(select(amount_due.c.cheques).where(*mine._where_criteria))
            await writer.execute(mine.values(cheques=before.replace("e", "ë", 1)))
        async with week.state.service.database.read() as reader:
            assert [proof.book for proof in await proofs(reader) if proof.faults] == [SPAIN], delivered
        async with week.state.service.database.write() as writer:
            await writer.execute(mine.values(cheques=before))
    await agrees(week)


async def test_what_services_compare_stays_what_was_ordered(week, page):
    await page.send(missing_oranges="on")
    async with week.state.service.database.read() as reader:
        assert await gross_of_closed(reader) == 748 + 1200 + 4800 + 902 + 550
