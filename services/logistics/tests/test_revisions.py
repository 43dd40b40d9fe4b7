"""A closed cycle is revised: who is asked for something else gets the next list, and every list is kept."""

import io
from itertools import count
from random import Random

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logistics_week import LIMOUX, ORANGES, PELARDON, QUILLAN, Week, line, producer, usual_week
from python_calamine import CalamineWorkbook

from chassis.identity import Grant
from chassis.testing import ClientFor, FrozenClock, announced, call_due, deliver
from contracts import Event, Role
from contracts.logistics import PickListIssued, RepublicationRequested
from logistics.change import changes
from logistics.cycle import cycle_of
from logistics.pick_list import Kept, kept_list, list_id, lists_of_cycle

CHEESE, OTHER = list_id("cycle-1", "pic"), list_id("cycle-1", "bio")
COORDINATOR = Grant(Role.COORDINATOR)


async def kept(app: FastAPI, wanted: str = CHEESE, revision: int | None = None) -> Kept:
    async with app.state.service.database.read() as reader:
        found = await kept_list(reader, wanted, revision)
    assert found is not None
    return found


async def issued(app: FastAPI) -> list[PickListIssued]:
    return [event for event in await announced(app) if isinstance(event, PickListIssued)]


def quantities(one: Kept) -> dict[str, int]:
    return {each.article.product_id: each.quantity_thousandths for each in one.pick_list.lines}


def at_closing() -> tuple[Week, list[Event]]:
    """The usual week, in which the tomme could not be cut for everybody."""
    week = usual_week()
    week.allocate("vidal", tom=500)
    return week, week.events()


async def test_lists_follow_what_was_allocated(app: FastAPI) -> None:
    week, events = at_closing()
    await deliver(app, *events)
    assert quantities(await kept(app)) == {"gla": 3000, "fai": 2000, "pel": 5000, "tom": 900}
    assert (await kept(app)).pick_list.gross_cents == week.manifest().producers[1].gross_cents


async def test_an_order_of_which_nothing_is_given_counts_and_is_on_no_list(app: FastAPI) -> None:
    week = Week()
    week.order("vidal", LIMOUX, line(PELARDON, 3000))
    week.order("abadie", QUILLAN, line(ORANGES, 1000))
    week.allocate("vidal", pel=0)
    await deliver(app, *week.events())
    async with app.state.service.database.read() as reader:
        cycle = await cycle_of(reader, "cycle-1")
        lists = await lists_of_cycle(reader, "cycle-1")
    assert cycle is not None
    assert cycle.manifest is not None
    assert (cycle.state, cycle.manifest.orders, set(lists)) == ("issued", 2, {"bio"})


async def test_only_who_is_asked_for_something_else_gets_a_corrected_list(app: FastAPI) -> None:
    week, events = at_closing()
    await deliver(app, *events)
    await deliver(app, week.allocate("vidal", pel=1000), week.revising())
    assert [(event.id, event.version, event.revision) for event in await issued(app)] == [
        (OTHER, 1, 1),
        (CHEESE, 1, 1),
        (CHEESE, 2, 2),
    ]
    newest, first = await kept(app), await kept(app, revision=1)
    assert quantities(newest)["pel"] == 3000
    assert quantities(first)["pel"] == 5000
    assert first.replaced_by is not None
    assert first.replaced_by.revision == 2
    assert [(one.group, one.was, one.now) for one in changes(first.pick_list, newest.pick_list)] == [
        ("", 5000, 3000),
        ("Groupe de Limoux", 3000, 1000),
    ]
    assert newest.before == first.pick_list


async def test_a_bag_that_changes_is_told_by_household(app: FastAPI) -> None:
    week, events = at_closing()
    await deliver(app, *events, week.allocate("éboué", pel=1000, fai=1000), week.revising())
    newest = await kept(app)
    assert newest.before is not None
    told = [
        (one.article.product_id, one.group, one.household, one.was, one.now)
        for one in changes(newest.before, newest.pick_list)
    ]
    assert told == [
        ("fai", "", "", 2000, 3000),
        ("fai", "Groupe de Quillan", "", 2000, 3000),
        ("fai", "Groupe de Quillan", "Foyer Éboué", 0, 1000),
        ("pel", "", "", 5000, 4000),
        ("pel", "Groupe de Quillan", "", 2000, 1000),
        ("pel", "Groupe de Quillan", "Foyer Éboué", 2000, 1000),
    ]


async def test_who_has_nothing_left_to_bring_is_told_so(app: FastAPI, client_for: ClientFor) -> None:
    week = Week()
    week.order("vidal", LIMOUX, line(PELARDON, 3000), line(ORANGES, 1000))
    await deliver(app, *week.events(), week.allocate("vidal", pel=0), week.revising())
    last = (await issued(app))[-1]
    assert (last.id, last.revision, last.lines, last.gross_cents) == (CHEESE, 2, (), 0)
    coordinator = client_for(app, COORDINATOR)
    page = (await coordinator.get(f"/logistics/pick-lists/{CHEESE}")).text
    assert "Il n’y a plus rien à apporter" in page
    for ending in (".pdf", ".xlsx", ".csv"):
        assert (await coordinator.get(f"/logistics/pick-lists/{CHEESE}{ending}")).status_code == 200
    # Still nothing: said once.
    await deliver(app, week.allocate("vidal", ora=500), week.revising())
    assert [(event.id, event.revision) for event in (await issued(app))[3:]] == [(OTHER, 3)]


async def test_a_revision_waits_for_its_orders_and_the_lists_of_before_hold_meanwhile(
    app: FastAPI, client_for: ClientFor, clock: FrozenClock
) -> None:
    week, events = at_closing()
    await deliver(app, *events)
    order = week.allocate("vidal", pel=1000)
    await deliver(app, week.revising())
    assert len(await issued(app)) == 2
    page = (await client_for(app, COORDINATOR).get("/logistics/cycles/cycle-1")).text
    assert "La clôture a été révisée" in page
    assert CHEESE in page
    clock.advance(121)
    await call_due(app)
    assert any(isinstance(event, RepublicationRequested) for event in await announced(app))
    await deliver(app, order)
    assert quantities(await kept(app))["pel"] == 3000


async def test_orders_of_a_later_revision_leave_the_closing_waiting_until_its_manifest_comes(app: FastAPI) -> None:
    """What a database that is filled anew may read: the first revision cannot be made any more."""
    week, events = at_closing()
    *before, closing = events
    later = week.allocate("vidal", pel=1000)
    await deliver(app, *before, later, closing)
    assert await issued(app) == []
    await deliver(app, week.revising(), closing)
    assert [(event.revision, event.version) for event in await issued(app)] == [(2, 1), (2, 1)]
    assert quantities(await kept(app))["pel"] == 3000


async def test_a_revision_whose_sums_are_wrong_makes_no_list_and_the_next_one_does(app: FastAPI) -> None:
    week, events = at_closing()
    await deliver(app, *events)
    order, revised = week.allocate("vidal", pel=1000), week.revising()
    lie = revised.manifest.model_copy(update={"gross_cents": revised.manifest.gross_cents + 1})
    await deliver(app, order, revised.model_copy(update={"manifest": lie}))
    async with app.state.service.database.read() as reader:
        cycle = await cycle_of(reader, "cycle-1")
    assert cycle is not None
    assert cycle.state == "disagreeing"
    assert quantities(await kept(app))["pel"] == 5000
    await deliver(app, week.revising())
    assert quantities(await kept(app))["pel"] == 3000


async def test_totals_of_a_revised_cycle_are_its_manifests(app: FastAPI, client_for: ClientFor) -> None:
    """Also where the lists stay as they are: what one household lost another of the group got."""
    week = Week()
    week.order("vidal", LIMOUX, line(PELARDON, 3000))
    week.order("roux", LIMOUX, line(PELARDON, 2000))
    await deliver(app, *week.events(), week.allocate("vidal", pel=5000), week.allocate("roux", pel=0), week.revising())
    assert len(await issued(app)) == 1
    totals = (await client_for(app, COORDINATOR).get("/logistics/api/cycles/cycle-1/totals")).json()
    manifest = week.manifest()
    assert (totals["state"], totals["lines"], totals["gross_cents"]) == ("issued", 1, manifest.gross_cents)


async def test_page_and_files_say_what_was_and_what_is(app: FastAPI, client_for: ClientFor) -> None:
    week, events = at_closing()
    await deliver(app, producer("pic"), *events, week.allocate("vidal", pel=1000), week.revising())
    coordinator = client_for(app, COORDINATOR)
    url = f"/logistics/pick-lists/{CHEESE}"
    page = (await coordinator.get(url)).text
    for wanted in ("Bon corrigé", "Ce qui change", "5\u00a0pièces", "3\u00a0pièces", "?revision=1"):
        assert wanted in page, wanted
    old = (await coordinator.get(url + "?revision=1")).text
    assert "n’est plus valable" in old
    assert f'href="{url}"' in old
    assert (await coordinator.get(url + "?revision=7")).status_code == 404
    book = CalamineWorkbook.from_filelike(io.BytesIO((await coordinator.get(url + ".xlsx")).content))
    rows = book.get_sheet_by_name("Ce qui change").to_python()
    assert ["PEL", "Pélardon affiné", "pièce de 90 g", "en tout", "5\u00a0pièces", "3\u00a0pièces"] in rows
    pdf = await coordinator.get(url + ".pdf")
    assert pdf.content[:4] == b"%PDF"
    assert "_2.pdf" in pdf.headers["content-disposition"]
    assert "_2.pdf" not in (await coordinator.get(url + ".pdf?revision=1")).headers["content-disposition"]


async def test_the_link_of_the_first_mail_opens_the_newest_list(app: FastAPI, client_for: ClientFor) -> None:
    week, events = at_closing()
    await deliver(app, *events)
    path = next(event.path for event in await issued(app) if event.id == CHEESE)
    await deliver(app, week.allocate("vidal", pel=1000), week.revising())
    anybody = client_for(app)
    assert "Bon corrigé" in (await anybody.get(path)).text
    assert "n’est plus valable" in (await anybody.get(path + "?revision=1")).text


_examples = count()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
async def test_placed_allocated_closed_and_revised_in_any_order_end_with_the_same_lists(
    app: FastAPI, random: Random
) -> None:
    cycle_id = f"shuffled-{next(_examples)}"
    week = usual_week(cycle_id)
    week.allocate("vidal", tom=500)
    said: list[Event] = week.events()
    said += [week.allocate("vidal", pel=0), week.allocate("abadie", gla=1000), week.revising()]
    said += [week.allocate("zaragoza", ora=1000, gla=0), week.revising()]
    said += random.sample(said, random.randrange(len(said)))
    random.shuffle(said)
    at = 0
    while at < len(said):
        many = random.randrange(1, 5)
        await deliver(app, *said[at : at + many])
        at += many
    manifest = week.manifest()
    async with app.state.service.database.read() as reader:
        cycle = await cycle_of(reader, cycle_id)
        lists = await lists_of_cycle(reader, cycle_id)
    assert cycle is not None
    assert (cycle.state, cycle.revision) == ("issued", 3)
    wanted = {each.producer_id: (each.quantity_thousandths, each.gross_cents) for each in manifest.producers}
    assert {key: (one.quantity_thousandths, one.gross_cents) for key, one in lists.items()} == wanted
    told = [event for event in await issued(app) if event.cycle_id == cycle_id]
    for producer_id, one in lists.items():
        mine = [event for event in told if event.producer_id == producer_id]
        assert [event.version for event in mine] == list(range(1, len(mine) + 1))
        assert sorted({event.revision for event in mine}) == [event.revision for event in mine], "said twice, or late"
        assert (mine[-1].lines, mine[-1].revision) == (one.lines, one.revision)
        vidal = {each.article.product_id: each.quantity_thousandths for each in one.lines}
        if producer_id == "pic":
            assert vidal == {"gla": 2000, "fai": 2000, "pel": 2000, "tom": 900}


@pytest.mark.parametrize("times", [1, 3])
async def test_a_database_rebuilt_from_the_start_holds_the_newest_lists(app: FastAPI, times: int) -> None:
    week, events = at_closing()
    everything: list[Event] = [*events, week.allocate("vidal", pel=1000), week.revising()]
    for _ in range(times):
        await deliver(app, *everything)
    assert len(await issued(app)) == 3
    assert quantities(await kept(app))["pel"] == 3000
