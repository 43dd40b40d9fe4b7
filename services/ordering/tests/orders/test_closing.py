"""The end of a cycle: cases filled, minima looked at, decisions made; what is given is what the manifest counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from allocation import WrongProblem
from allocation.faults import Fault
from contracts import catalog, logistics, ordering
from contracts.catalog import Minimum, MinimumKind, Pool
from contracts.goods import Bilingual, PriceBasis, Unit
from contracts.ordering import manifest_digest
from ordering import decision, order_book
from ordering.allocation import Choice, Option
from ordering.closing import NotAChoice, StillUndecided, TooLateToDecide
from ordering.minimum import Goods, Vat
from ordering.minimum import reached as minimum_reached
from ordering.order import Slip
from ordering.placing import place_order
from ordering.preview import previews
from ordering.wanted import Terms, Wanted

from .conftest import CLOSES, COORDINATOR, JOSETTE, product

LEMONS = Bilingual(fr="Citrons", en="Lemons")


def lemons(product_id, size, price):
    pool = Pool(pool_id="lemon-pool", name=LEMONS, unit=Unit.KG, size_thousandths=size, case_thousandths=10_000)
    return product(
        product_id,
        producer_id="bioespuna",
        producer_name="BioEspuña",
        content_thousandths=size,
        content_unit=Unit.KG,
        price_cents=price,
        price_basis=PriceBasis.UNIT,
        pool=pool,
    )


GOODS = (
    product("jam", price_cents=400, case_thousandths=12_000),
    lemons("lemons1", 1_000, 250),
    lemons("lemons5", 5_000, 1_100),
)
MILL = catalog.ProducerRegistered(
    id="mill",
    version=1,
    name="Le Moulin",
    place={"name": "Limoux"},
    minimum=Minimum(kind=MinimumKind.MONEY, amount=8_000),
)
FLOUR = product("flour", producer_id="mill", producer_name="Le Moulin", unit=Unit.KG, price_cents=160)


@pytest.fixture
async def shop(hub):
    await hub.hear(*GOODS, MILL, FLOUR)
    await hub.open()
    return hub


async def order(hub, household, base=None, **lines):
    """`jam=7000`, or with its terms: `jam=(7000, Terms(tolerance=2000))`."""
    wanted = [Wanted(p, w) if isinstance(w, int) else Wanted(p, w[0], terms=w[1]) for p, w in lines.items()]
    return await hub.database.run(lambda tx: place_order(tx, Slip("c48", household, wanted, JOSETTE, base), hub.sheets))


async def held(hub, household):
    async with hub.database.read() as reader:
        return await order_book.of_household(reader, "c48", household)


async def gets(hub, household):
    return {line.article.product_id: line.gets_thousandths for line in (await held(hub, household)).lines}


async def open_decisions(hub):
    async with hub.database.read() as reader:
        return await decision.of_cycle(reader, "c48")


async def choose(hub, subject, choice):
    async with hub.database.write() as writer:
        await hub.app.state.closing.choose(writer, "c48", subject, choice, "Odile")


async def settle(hub, **how):
    async with hub.database.write() as writer:
        return await hub.app.state.closing.settle(writer, "c48", **how)


async def the_manifest_is_what_the_orders_say(hub):
    """Every order's last event, added up: what logistics and billing do with it."""
    last = {}
    for event in await hub.said(ordering.Order):
        if event.id not in last or event.version > last[event.id].version:
            last[event.id] = event
    placed = [event for event in last.values() if not isinstance(event, ordering.OrderWithdrawn)]
    lines = [line for event in placed for line in event.lines if line.quantity_thousandths]
    closed = max(
        (event for event in await hub.said(ordering.Cycle) if hasattr(event, "manifest")), key=lambda e: e.version
    )
    manifest = closed.manifest
    assert manifest.digest == manifest_digest([(event.id, event.version) for event in placed])
    assert (manifest.orders, manifest.lines) == (len(placed), len(lines))
    assert manifest.quantity_thousandths == sum(line.quantity_thousandths for line in lines)
    assert manifest.gross_cents == sum(line.gross_cents for line in lines) == sum(e.gross_cents for e in placed)
    by_producer = {
        producer: sum(line.gross_cents for line in lines if line.article.producer_id == producer)
        for producer in {line.article.producer_id for line in lines}
    }
    assert {total.producer_id: total.gross_cents for total in manifest.producers} == by_producer
    return manifest


async def test_a_basket_keeps_what_goes_with_its_quantity_and_says_it(shop):
    terms = Terms(tolerance=2_000, least=3_000, substitute=True)
    first = await order(shop, "h1", jam=(7_000, terms))
    assert (await held(shop, "h1")).lines[0].terms == terms
    (said,) = await shop.said(ordering.OrderPlaced)
    line = said.lines[0]
    assert (line.tolerance_thousandths, line.least_thousandths, line.substitute) == (2_000, 3_000, True)
    again = await order(shop, "h1", first.version, jam=(7_000, terms))
    assert again.version == first.version, "the same is no change"
    other = await order(shop, "h1", first.version, jam=(7_000, Terms(tolerance=3_000)))
    assert other.version == first.version + 1, "another tolerance is one"


async def test_tolerance_completes_the_case_and_the_cycle_closes_at_once(shop):
    await order(shop, "h1", jam=(7_000, Terms(tolerance=2_000)), tomme=1_000)
    await order(shop, "h2", jam=(9_000, Terms(tolerance=3_000)))
    await order(shop, "h4", jam=3_000)
    assert (await shop.close()).state == "closed"
    assert [await gets(shop, h) for h in ("h1", "h2", "h4")] == [
        {"jam": 9_000, "tomme": 1_000},
        {"jam": 12_000},
        {"jam": 3_000},
    ]
    allocated = await shop.said(ordering.OrderAllocated)
    assert {(event.household_id, event.version) for event in allocated} == {("h1", 2), ("h2", 2)}
    line = next(line for event in allocated if event.household_id == "h1" for line in event.lines if line.reason)
    assert (line.asked_thousandths, line.quantity_thousandths, line.gross_cents) == (7_000, 9_000, 3_600)
    assert "complète" in line.reason.fr
    assert "€8.00" in line.reason.en
    manifest = await the_manifest_is_what_the_orders_say(shop)
    assert manifest.orders == 3


async def test_sizes_of_one_product_fill_the_same_case(shop):
    await order(shop, "h1", lemons1=5_000)
    await order(shop, "h2", lemons5=1_000)
    assert (await shop.close()).state == "closed"
    assert await shop.said(ordering.OrderAllocated) == []
    await the_manifest_is_what_the_orders_say(shop)


async def test_a_case_that_is_not_full_is_decided_not_cut_the_same_night(shop):
    await order(shop, "h1", jam=7_000)
    await order(shop, "h2", jam=2_000)
    deciding = await shop.close()
    assert (deciding.state, deciding.decide_by) == ("deciding", shop.clock.now() + timedelta(hours=24))
    assert await shop.said(ordering.CycleClosed) == []
    (said,) = await shop.said(ordering.CycleChanged)
    assert (said.phase, said.phase_until, said.version) == ("deciding", deciding.decide_by, deciding.version)
    (one,) = await open_decisions(shop)
    question = one.question
    assert (question.asked, question.goods, question.case, question.missing) == (9_000, 0, 12_000, 3_000)
    assert question.options == (Option.AS_IT_IS, Option.TOP_UP, Option.NEXT_CYCLE, Option.CANCEL)
    with pytest.raises(StillUndecided):
        await settle(shop)
    with pytest.raises(Exception, match="closed at"):
        await order(shop, "h1", jam=12_000)


async def test_the_default_counts_from_its_hour_on(shop):
    await order(shop, "h1", jam=7_000, tomme=1_000)
    shop.clock.set(CLOSES)
    await shop.tick()
    assert (await shop.cycle()).state == "deciding"
    shop.clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    await shop.tick()
    assert (await shop.cycle()).state == "deciding"
    shop.clock.advance(timedelta(seconds=1))
    await shop.tick()
    closed = await shop.cycle()
    assert (closed.state, closed.closed_at) == ("closed", CLOSES)
    assert await gets(shop, "h1") == {"jam": 0, "tomme": 1_000}
    manifest = await the_manifest_is_what_the_orders_say(shop)
    assert manifest.lines == 1


async def test_a_household_takes_the_rest_and_a_decision_can_be_taken_back(shop):
    first = await order(shop, "h1", jam=7_000)
    await order(shop, "h2", jam=2_000)
    await shop.close()
    (one,) = await open_decisions(shop)
    (rest,) = one.question.rests
    assert (rest.product_id, rest.quantity_thousandths) == ("jam", 3_000)
    top_up = Choice(Option.TOP_UP, first.id, "jam", 3_000)
    await choose(shop, one.subject, top_up)
    await choose(shop, one.subject, None)
    with pytest.raises(StillUndecided):
        await settle(shop)
    with pytest.raises(NotAChoice):
        await choose(shop, one.subject, Choice(Option.TOP_UP, "somebody", "jam", 3_000))
    with pytest.raises(NotAChoice):
        await choose(shop, one.subject, Choice(Option.TOP_UP, first.id, "jam", 4_000))
    await choose(shop, one.subject, top_up)
    await settle(shop)
    assert [await gets(shop, h) for h in ("h1", "h2")] == [{"jam": 10_000}, {"jam": 2_000}]
    assert "reste" in (await held(shop, "h1")).lines[0].given.reason.fr
    await the_manifest_is_what_the_orders_say(shop)


async def test_the_preview_shows_who_gets_what_under_each_option(shop):
    await order(shop, "h1", jam=13_000)
    await order(shop, "h2", jam=2_000)
    deciding = await shop.close()
    async with shop.database.read() as reader:
        (options,) = (await previews(reader, deciding)).values()
    shown = {
        option: [(s.asked.household_name, s.quantity_thousandths, s.gross_cents) for s in shares]
        for option, shares in options.items()
    }
    assert shown == {
        Option.AS_IT_IS: [("Foyer 1", 10_000, 4_000), ("Foyer 2", 2_000, 800)],
        Option.TOP_UP: [("Foyer 1", 13_000, 5_200), ("Foyer 2", 2_000, 800), ("", 9_000, 3_600)],
        Option.NEXT_CYCLE: [("Foyer 1", 0, 0), ("Foyer 2", 0, 0)],
        Option.CANCEL: [("Foyer 1", 0, 0), ("Foyer 2", 0, 0)],
    }


async def test_a_minimum_that_is_missed_cancels_nothing_by_itself(shop):
    await order(shop, "h1", flour=40_000, tomme=1_000)
    await order(shop, "h2", flour=6_000)
    await shop.close()
    (one,) = await open_decisions(shop)
    assert (one.question.name.fr, one.question.reached, one.question.minimum.amount) == ("Le Moulin", 7_360, 8_000)
    assert [(rest.product_id, rest.quantity_thousandths) for rest in one.question.rests] == [("flour", 4_000)]
    await settle(shop, by_default=True)
    assert await shop.said(ordering.OrderAllocated) == []
    await the_manifest_is_what_the_orders_say(shop)


async def test_a_producer_whose_minimum_is_missed_can_be_cancelled_with_a_notice(shop):
    await order(shop, "h1", flour=40_000, tomme=1_000)
    await order(shop, "h2", flour=5_000)
    await shop.close()
    (one,) = await open_decisions(shop)
    await choose(shop, one.subject, Choice(Option.CANCEL))
    await settle(shop)
    assert [await gets(shop, h) for h in ("h1", "h2")] == [{"flour": 0, "tomme": 1_000}, {"flour": 0}]
    manifest = await the_manifest_is_what_the_orders_say(shop)
    assert [total.producer_id for total in manifest.producers] == ["bousole"]
    assert manifest.orders == 2, "who gets nothing is told so, and counted"


async def test_a_minimum_that_is_reached_asks_nothing(shop):
    await order(shop, "h1", flour=50_000)
    assert (await shop.close()).state == "closed"


async def test_the_cycle_can_stay_open_longer(shop):
    await order(shop, "h1", jam=7_000)
    deciding = await shop.close()
    later = shop.clock.now() + timedelta(hours=3)
    async with shop.database.write() as writer:
        await shop.app.state.closing.extend(writer, "c48", later, later + timedelta(days=1))
    assert (await shop.cycle()).state == "open"
    await order(shop, "h2", jam=5_000)
    shop.clock.set(later)
    await shop.tick()
    closed = await shop.cycle()
    assert (closed.state, closed.closed_at) == ("closed", later)
    assert deciding.decide_by not in (closed.decide_by, None)
    assert await shop.said(ordering.OrderAllocated) == []


async def test_orders_said_again_say_what_they_get(shop):
    await order(shop, "h1", jam=7_000, tomme=1_000)
    await order(shop, "h2", tomme=1_000)
    await shop.close()
    await settle(shop, by_default=True)
    before = [event for event in await shop.said(ordering.Order) if event.version > 1 or event.household_id == "h2"]
    count = len(await shop.said())
    async with shop.database.write() as writer:
        await order_book.say_again(writer, "c48")
    again = (await shop.said())[count:]
    orders = [event for event in again if isinstance(event, ordering.Order)]
    assert sorted(orders, key=lambda e: e.household_id) == sorted(before, key=lambda e: e.household_id)
    assert [type(event) for event in orders if event.household_id == "h1"] == [ordering.OrderAllocated]
    assert isinstance(again[-1], ordering.CycleClosed)


# What the producer answers


def answer(version, *lines, revision=1, producer_id="bousole", producer_name="La Ferme de Bousole"):
    return logistics.PickListAnswered(
        id="list-1",
        version=version,
        cycle_id="c48",
        producer_id=producer_id,
        producer_name=producer_name,
        revision=revision,
        answered_at=CLOSES,
        answered_by="Ana",
        lines=[
            logistics.AnsweredLine(
                product_id=product_id, asked_thousandths=asked, deliverable_thousandths=brings, substitute_id=instead
            )
            for product_id, asked, brings, instead in lines
        ],
    )


async def test_a_shortage_is_shared_by_the_rule_and_told(shop):
    await order(shop, "h1", tomme=4_000, potatoes=2_000)
    await order(shop, "h2", tomme=2_000)
    await shop.close()
    await shop.hear(answer(2, ("tomme", 6_000, 3_000, ""), ("potatoes", 2_000, 2_000, "")))
    assert [await gets(shop, h) for h in ("h1", "h2")] == [{"tomme": 2_000, "potatoes": 2_000}, {"tomme": 1_000}]
    (revised,) = await shop.said(ordering.CycleRevised)
    assert (revised.revision, revised.because.fr) == (2, "La Ferme de Bousole apporte moins que demandé.")
    reason = (await held(shop, "h2")).lines[0].given.reason
    assert "the producer delivers 3" in reason.en
    await the_manifest_is_what_the_orders_say(shop)


async def test_the_last_answer_to_the_newest_list_holds(shop):
    await order(shop, "h1", tomme=4_000)
    await shop.close()
    await shop.hear(answer(3, ("tomme", 4_000, 1_000, "")))
    await shop.hear(answer(2, ("tomme", 4_000, 0, "")))
    assert await gets(shop, "h1") == {"tomme": 1_000}, "an older answer changes nothing"
    await shop.hear(answer(3, ("tomme", 4_000, 1_000, "")))
    await shop.hear(answer(4, ("tomme", 4_000, 3_000, "")))
    assert await gets(shop, "h1") == {"tomme": 3_000}, "a corrected answer starts from what was asked"
    await shop.hear(answer(5, ("tomme", 4_000, 4_000, "")))
    assert await gets(shop, "h1") == {"tomme": 4_000}
    assert [event.revision for event in await shop.said(ordering.CycleRevised)] == [2, 3, 4]
    assert "finalement" in (await shop.cycle()).because.fr
    await shop.hear(answer(7, ("tomme", 4_000, 2_000, ""), revision=2))
    await shop.hear(answer(6, ("tomme", 4_000, 1_000, "")))
    assert await gets(shop, "h1") == {"tomme": 2_000}, "an answer to an older list changes nothing"
    (last,) = (await held(shop, "h1")).lines
    assert (last.gets_cents, (await held(shop, "h1")).gross_cents) == (700, 700)
    await the_manifest_is_what_the_orders_say(shop)


async def test_a_substitute_goes_to_those_who_agreed(shop):
    await order(shop, "h1", tomme=(2_000, Terms(substitute=True)))
    await order(shop, "h2", tomme=2_000)
    await order(shop, "h4", tomme=(2_000, Terms(substitute=True)), eggs=1_000)
    await shop.close()
    await shop.hear(answer(2, ("tomme", 6_000, 0, "eggs"), ("eggs", 1_000, 1_000, "")))
    assert [await gets(shop, h) for h in ("h1", "h2", "h4")] == [
        {"eggs": 2_000, "tomme": 0},
        {"tomme": 0},
        {"eggs": 1_000, "tomme": 0},
    ]
    said = [event for event in await shop.said(ordering.OrderAllocated) if event.household_id == "h1"][-1]
    line = next(line for line in said.lines if line.instead_of)
    assert (line.asked_thousandths, line.quantity_thousandths, line.instead_of) == (0, 2_000, "tomme")
    assert "comme vous l’avez accepté" in line.reason.fr
    await the_manifest_is_what_the_orders_say(shop)
    await shop.hear(answer(3, ("tomme", 6_000, 6_000, "")))
    assert await gets(shop, "h1") == {"tomme": 2_000}, "it brings all of it after all"
    await the_manifest_is_what_the_orders_say(shop)


async def test_of_two_things_replaced_by_one_no_more_of_it_goes_out_than_there_is(hub):
    await hub.hear(product("quince"))
    await hub.open()
    await order(hub, "h1", eggs=2_000)
    await order(hub, "h2", quince=(5_000, Terms(substitute=True)))
    await order(hub, "h4", tomme=(5_000, Terms(substitute=True)))
    await hub.close()
    await hub.hear(answer(2, ("tomme", 5_000, 0, "eggs"), ("quince", 5_000, 0, "eggs"), ("eggs", 2_000, 2_000, "")))
    gives = [(await gets(hub, household)).get("eggs", 0) for household in ("h1", "h2", "h4")]
    assert gives == [2_000, 0, 5_000], "there are ten eggs: five of the eight that are left go to one of the two"
    await the_manifest_is_what_the_orders_say(hub)


async def test_who_answers_that_all_of_it_comes_changes_nothing(shop):
    await order(shop, "h1", jam=(10_000, Terms(tolerance=2_000)))
    await shop.close()
    count = len(await shop.said())
    await shop.hear(answer(2, ("jam", 12_000, 12_000, "")))
    assert len(await shop.said()) == count
    await shop.hear(answer(3, ("jam", 12_000, 11_000, "")))
    (line,) = (await held(shop, "h1")).lines
    assert line.gets_thousandths == 11_000
    assert "1 pièce de plus" in line.given.reason.fr.replace("\xa0", " ")
    await shop.hear(answer(4, ("jam", 12_000, 10_000, "")))
    (line,) = (await held(shop, "h1")).lines
    assert line.given is None
    await the_manifest_is_what_the_orders_say(shop)


async def test_a_decision_changed_after_the_closing_revises_it_until_the_producer_answers(shop):
    first = await order(shop, "h1", jam=7_000)
    await order(shop, "h2", jam=2_000)
    await shop.close()
    (one,) = await open_decisions(shop)
    await choose(shop, one.subject, Choice(Option.CANCEL))
    await settle(shop)
    await choose(shop, one.subject, Choice(Option.TOP_UP, first.id, "jam", 3_000))
    assert [await gets(shop, h) for h in ("h1", "h2")] == [{"jam": 10_000}, {"jam": 2_000}]
    (revised,) = await shop.said(ordering.CycleRevised)
    assert (revised.revision, revised.because.fr) == (2, "Une décision a été changée après la clôture.")
    await the_manifest_is_what_the_orders_say(shop)
    await shop.hear(answer(2, ("jam", 12_000, 12_000, "")))
    with pytest.raises(TooLateToDecide):
        await choose(shop, one.subject, None)
    assert await gets(shop, "h2") == {"jam": 2_000}
    await the_manifest_is_what_the_orders_say(shop)


async def test_what_one_producer_answered_stays_when_a_decision_about_another_changes(shop):
    await order(shop, "h1", jam=7_000, lemons1=10_000)
    await shop.close()
    (one,) = await open_decisions(shop)
    await settle(shop, by_default=True)
    short = ("lemons1", 10_000, 4_000, "")
    await shop.hear(answer(2, short, producer_id="bioespuna", producer_name="BioEspuña"))
    await choose(shop, one.subject, Choice(Option.CANCEL))
    assert await gets(shop, "h1") == {"jam": 0, "lemons1": 4_000}
    await the_manifest_is_what_the_orders_say(shop)


async def test_who_says_nothing_of_the_terms_keeps_them(shop):
    await order(shop, "h1", jam=(7_000, Terms(2_000, 5_000, substitute=True)))
    await order(shop, "h1", jam=3_000, tomme=1_000)
    jam, tomme = (await held(shop, "h1")).lines
    assert jam.terms == Terms(2_000, 3_000, substitute=True), "nobody wants at least more than they order"
    assert tomme.terms == Terms()
    await order(shop, "h1", jam=(3_000, Terms()))
    assert (await held(shop, "h1")).lines[0].terms == Terms()


# Minima without VAT


@pytest.mark.parametrize(
    ("country", "regime", "reached", "rest"),
    [
        ("FR", "NORMAL", 7_583, 2_800),  # 80.00 at 5.5 %
        ("BE", "NORMAL", 7_547, 3_100),  # at 6 %
        ("FR", "FARMER_FLAT_RATE", None, 0),  # no VAT in its prices: 80.00 is reached
    ],
)
async def test_a_minimum_without_vat_knows_the_country_and_the_producers_regime(shop, country, regime, reached, rest):
    net = Minimum(kind=MinimumKind.MONEY, amount=8_000, net=True)
    await shop.hear(MILL.model_copy(update={"version": 2, "minimum": net, "seller_regime": regime}))
    shop.app.state.closing = replace(shop.app.state.closing, country=country)
    await order(shop, "h1", flour=50_000)
    await shop.close()
    found = await open_decisions(shop)
    if reached is None:
        assert found == []
        return
    (one,) = found
    assert one.question.reached == reached
    (more,) = one.question.rests
    assert more.quantity_thousandths == rest
    after = Goods(FLOUR.article, 50_000 + rest, (50_000 + rest) * 160 // 1000)
    assert minimum_reached(net, [after], vat=Vat(country)) >= 8_000


async def test_the_coordinator_is_told_when_nobody_could_work_it_out(shop, client_for, monkeypatch):
    await order(shop, "h1", jam=7_000)

    def refuse(_problem):
        raise WrongProblem((Fault("pools", 0, "id", "too many steps"),))

    monkeypatch.setattr("allocation.allocate", refuse)
    assert (await shop.close()).state == "closed"
    assert await gets(shop, "h1") == {"jam": 7_000}
    coordinator = client_for(shop.app, COORDINATOR)
    page = (await coordinator.get("/ordering/cycles/c48")).text
    assert "Chacun reçoit ce qu’il a demandé" in page
    assert "pools[0].id: too many steps" in page
