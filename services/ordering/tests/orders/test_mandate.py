"""Goods sold in the producer's name: offered while a mandate covers the day of delivery, and why when it does not."""

import re
from datetime import date, timedelta

import pytest

from chassis.identity import Grant
from contracts import Role, Sale
from contracts.mandate import (
    Collection,
    Commission,
    MandateChanged,
    MandateEnded,
    MandateEndsSoon,
    MandateProposed,
    MandateSigned,
    MandateTerms,
)
from ordering.mandate import Contract, Lack, Span, Uncovered, all_contracts, uncovered
from ordering.offer import Choice, Kind
from ordering.plan import Impossible, Problem
from ordering.planning import change_cycle
from ordering.wanted import Terms, Wanted, Wrong, WrongLines

from .conftest import CATALOG, CLOSES, COORDINATOR, FRIDAY, PARIS

MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
EVE = FRIDAY - timedelta(days=1)


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("\xa0", " ").replace("\u202f", " ").split())


def terms(number=1, since=date(2026, 11, 20), products=(), later=True):
    return MandateTerms(
        number=number,
        effective_from=since,
        product_ids=products,
        later_products=later,
        collection=Collection.AGENT_ACCOUNT,
        commissions=(Commission(rate_hundredths=1250),),
        terms_hash="0" * 64,
    )


FROM_THE_20TH = (terms(),)


def mandate(kind=MandateSigned, version=2, signed=FROM_THE_20TH, until=None, **more):
    said = {"id": "m1", "version": version, "producer_id": "bousole", "producer_name": "La Ferme de Bousole"}
    return kind(**said, terms=signed, covered_until=until, **more)


def under_mandate(version=2):
    """The goods of the Bousole, whose catalogue says that they are sold in its name."""
    return [
        event.model_copy(update={"sale": Sale.MANDATE, "version": version})
        for event in CATALOG
        if event.article.producer_id == "bousole"
    ]


@pytest.fixture
async def marked(hub):
    await hub.hear(*under_mandate())
    return hub


async def offered(hub):
    async with hub.database.read() as reader:
        return {offer.product_id: offer for offer in await hub.sheets.offers(reader, await hub.cycle())}


async def test_what_each_household_pays_directly_needs_no_mandate(hub):
    await hub.open()
    assert {"tomme", "oranges"} <= set(await offered(hub))


async def test_without_a_signed_mandate_it_is_not_offered_and_the_coordinator_reads_why(marked, client_for):
    await marked.open()
    assert set(await offered(marked)) == {"oranges"}
    coordinator = client_for(marked.app, COORDINATOR)
    page = plain(await coordinator.get("/ordering/cycles/c48"))
    assert "Pas proposés : aucun mandat ne couvre le jour de la livraison" in page
    assert "Aucun mandat de ce producteur n’est signé par les deux" in page
    assert "Tomme" in page
    assert "Cherries" not in page, "it is not in season"
    with pytest.raises(WrongLines) as refused:
        await marked.order(tomme=1_000)
    assert refused.value.lines["tomme"].wrong is Wrong.NOT_OFFERED


async def test_a_program_that_names_what_no_mandate_covers_is_told_and_nothing_opens(marked, client_for):
    """Trap: a demo on a busy machine opened its week before the contracts were heard of, without these goods."""
    coordinator = client_for(marked.app, COORDINATOR)
    coordinator.headers["x-csrf-token"] = coordinator.csrf
    body = {
        "id": "01a20000-0000-7000-8000-000000000001",
        "name": "Semaine 48",
        "opens_at": (marked.clock.now() - timedelta(hours=1)).isoformat(),
        "closes_at": (marked.clock.now() + timedelta(days=2)).isoformat(),
        "delivers_on": FRIDAY.isoformat(),
        "group_ids": ["limoux"],
        "offers": [{"product_id": "tomme"}, {"product_id": "oranges"}],
    }
    refused = await coordinator.post("/ordering/api/cycles", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {"tomme"}
    assert "Aucun mandat de ce producteur" in refused.json()["errors"]["tomme"]
    await marked.hear(mandate())
    opened = await coordinator.post("/ordering/api/cycles", json=body)
    assert opened.status_code == 200, opened.text
    await marked.hear(mandate(MandateEnded, version=3, until=EVE))
    again = await coordinator.post("/ordering/api/cycles", json=body)
    assert again.json() == opened.json(), "what is there is answered, whatever ended since"


async def test_nothing_else_to_offer_is_said_when_the_cycle_is_planned(marked):
    with pytest.raises(Impossible) as impossible:
        await marked.open(choice=Choice(Kind.PRODUCERS, producer_ids=("bousole",)))
    assert impossible.value.problems == {"offers": Problem.NO_OFFER}


@pytest.mark.parametrize(
    ("said", "lack"),
    [
        (mandate(), None),
        (mandate(signed=(terms(since=FRIDAY),), until=FRIDAY), None),
        (mandate(signed=(terms(since=FRIDAY + timedelta(days=1)),)), Lack.NOT_YET),
        (mandate(MandateEnded, until=EVE), Lack.OVER),
        (mandate(until=EVE), Lack.OVER),
        (mandate(signed=(terms(products=("tomme",), later=False),)), None),
        (mandate(signed=(terms(products=("eggs",), later=False),)), Lack.NOT_IN_ANNEX),
        (mandate(signed=(terms(), terms(2, FRIDAY, ("eggs",), later=False))), Lack.NOT_IN_ANNEX),
        (mandate(signed=(terms(), terms(2, FRIDAY + timedelta(days=1), ("eggs",), later=False))), None),
    ],
)
async def test_the_day_of_delivery_decides(marked, said, lack):
    await marked.hear(said)
    await marked.open()
    assert ("tomme" in await offered(marked)) == (lack is None)
    async with marked.database.read() as reader:
        why = uncovered(await all_contracts(reader), "bousole", "tomme", FRIDAY)
    assert (why.lack if why else None) == lack


async def test_a_mandate_that_ends_while_the_cycle_is_open_leaves_what_is_ordered(marked, client_for):
    await marked.hear(mandate())
    await marked.open()
    await marked.order("h1", tomme=2_000, oranges=1_000)
    version = (await marked.cycle()).version
    await marked.hear(mandate(MandateEnded, version=3, until=EVE))
    assert (await marked.cycle()).version == version + 1

    for wanted in ({"tomme": 3_000}, {"tomme": 2_000, "eggs": 1_000}):
        with pytest.raises(WrongLines) as refused:
            await marked.order("h1", **wanted)
        assert {line.wrong for line in refused.value.lines.values()} == {Wrong.NO_MANDATE}
    with pytest.raises(WrongLines):
        await marked.order("h2", tomme=1_000)
    with pytest.raises(WrongLines):
        await marked.place("h1", "c48", [Wanted("tomme", 2_000, terms=Terms(tolerance=1_000))], None)

    member = client_for(marked.app, MEMBER)
    page = await member.get("/ordering/shop/c48/h1")
    assert "Le mandat de ce producteur se termine le jeudi 26 novembre 2026, avant cette livraison" in plain(page)
    assert 'name="q-tomme" value="2"' in page.text
    assert 'name="q-eggs"' not in page.text
    sent = {"version": "1", "q-tomme": "3", "do": "save"}
    answer = await member.submit("/ordering/shop/c48/h1", sent)
    assert (answer.status_code, "Ce qui est déjà commandé reste" in plain(answer)) == (409, True)
    assert 'name="q-tomme" value="3"' in answer.text, "what was typed stays"

    await marked.order("h1", tomme=2_000, oranges=2_000)
    await marked.order("h1", tomme=1_000)
    marked.clock.set(CLOSES)
    await marked.tick()
    (total,) = (await marked.cycle()).manifest.producers
    assert (total.producer_id, total.gross_cents) == ("bousole", 350)


async def test_signed_while_the_cycle_is_open_it_is_offered_when_the_cycle_is_saved(marked):
    await marked.open()
    await marked.hear(mandate())
    assert "tomme" not in await offered(marked)
    async with marked.database.write() as writer:
        await change_cycle(writer, "c48", marked.plan(), PARIS)
    assert "tomme" in await offered(marked)
    await marked.order(tomme=1_000)


async def test_a_delivery_put_off_past_the_mandate_takes_nothing_more(marked):
    await marked.hear(mandate(until=FRIDAY))
    await marked.open()
    await marked.order("h1", tomme=1_000)
    async with marked.database.write() as writer:
        await change_cycle(writer, "c48", marked.plan(delivers_on=FRIDAY + timedelta(days=1)), PARIS)
    with pytest.raises(WrongLines):
        await marked.order("h2", tomme=1_000)


async def test_what_was_heard_late_changes_nothing(marked):
    await marked.hear(mandate(MandateChanged, version=5), mandate(MandateEnded, version=4, until=EVE))
    await marked.open()
    assert "tomme" in await offered(marked)


async def test_a_proposal_or_a_warning_covers_as_before_and_wakes_no_cycle(marked):
    moment = marked.clock.now()
    proposed = {"proposed": 2, "proposed_at": moment, "path": "/x", "expires_at": moment}
    await marked.hear(mandate())
    await marked.open()
    version = (await marked.cycle()).version
    await marked.hear(
        mandate(MandateProposed, version=3, **proposed),
        mandate(MandateEndsSoon, version=4, term_ends_on=date(2027, 1, 1), renews=True, said_at=moment),
    )
    assert (await marked.cycle()).version == version
    await marked.order(tomme=1_000)


async def test_goods_marked_while_a_cycle_is_open_keep_the_terms_of_its_opening(hub):
    await hub.open()
    await hub.hear(*under_mandate())
    await hub.order(tomme=1_000)


def test_of_several_contracts_one_that_covers_is_enough():
    over = Contract((Span(date(2025, 1, 1), True, frozenset()),), date(2025, 12, 31))
    runs = Contract((Span(date(2026, 1, 1), True, frozenset()),), None)
    assert uncovered({"p": [over, runs]}, "p", "x", FRIDAY) is None
    assert uncovered({"p": [over]}, "p", "x", FRIDAY) == Uncovered(Lack.OVER, date(2025, 12, 31))
    assert uncovered({}, "p", "x", FRIDAY) == Uncovered(Lack.UNSIGNED)
    assert uncovered({"p": [Contract((), None), over]}, "p", "x", FRIDAY).lack is Lack.OVER


async def test_a_product_named_by_hand_needs_the_mandate_too(marked):
    with pytest.raises(Impossible):
        await marked.open(choice=Choice(Kind.PRODUCTS, product_ids=("tomme",)))
    await marked.hear(mandate())
    await marked.open(choice=Choice(Kind.PRODUCTS, product_ids=("tomme",)))
    assert set(await offered(marked)) == {"tomme"}
