"""Lots of what is brought: told on the pick list, judged by the law of dates, and who got of them."""

import pytest
from fastapi import FastAPI
from logistics_week import usual_week
from lot_desk import CHEESE, CHEESES, FRUITS, SAIN, follow_rows, followed, household, one, reached, sent, timers
from sqlalchemy import func, select

from chassis.identity import Grant
from chassis.testing import ClientFor, FrozenClock, announced, deliver
from contracts import Role
from contracts.logistics import PickListIssued
from logistics.lot.household import household as kept_household
from logistics.lot.lot import lot, lot_statement

CHEESEMAKER, COORDINATOR = Grant(Role.PRODUCER, producer_id="pic"), Grant(Role.COORDINATOR)


@pytest.fixture
async def hub(app: FastAPI) -> FastAPI:
    await followed(app)
    return app


async def kept(app: FastAPI) -> list[tuple[str, str, int, int | None]]:
    """(product, number, thousandths, replaced by) of every lot that was ever told."""
    c = lot.c
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(c.product_id, c.number, c.thousandths, c.replaced_by).order_by(c.version, c.id))
    return [tuple(row.values()) for row in rows]


async def test_by_the_link_at_six_in_the_morning_a_lot_goes_with_all_of_its_product(hub, client_for: ClientFor) -> None:
    path = next(e.path for e in await announced(hub) if isinstance(e, PickListIssued) and e.id == CHEESE)
    anybody = client_for(hub)
    page = (await anybody.get(path + "/lots")).text
    assert "Macro" not in page
    for wanted in ("Lots", "Faisselle de chèvre", "Date limite de consommation (DLC)", "Numéro de lot"):
        assert wanted in page, wanted
    said = await sent(anybody, path, one("fai", "L-41", SAIN))
    assert (said.status_code, said.headers["location"]) == (303, path + "/lots")
    assert await kept(hub) == [("fai", "L-41", 2000, None)]
    assert await reached(hub, "fai") == {"L-41": {"abadie": (2000, True)}}
    page = (await anybody.get(path + "/lots")).text
    assert "mardi 15 décembre 2026" in page
    assert "Fromagerie du Pic" in page


async def test_what_is_followed_is_what_the_households_get(hub) -> None:
    assert ("pel", "vidal", 3000) in await follow_rows(hub)
    assert ("pel", "éboué", 2000) in await follow_rows(hub)
    assert not [row for row in await follow_rows(hub) if row[1] == "roux"]
    async with hub.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(kept_household)) == 4


async def test_one_button_puts_the_day_of_today_as_lot_number(hub, client_for: ClientFor) -> None:
    person = client_for(hub, CHEESEMAKER)
    page = await sent(person, CHEESES, one("fai", "A1", SAIN), fill="today")
    assert page.status_code == 200
    assert page.text.count('value="2026-11-19"') == 3
    assert 'value="A1"' in page.text
    assert await kept(hub) == []


async def test_the_pattern_of_the_last_lot_is_proposed(hub, client_for: ClientFor, clock: FrozenClock) -> None:
    person = client_for(hub, CHEESEMAKER)
    await sent(person, CHEESES, one("fai", "F271126-B", SAIN))
    later = usual_week("cycle-2")
    for said in (later.opening(), *(each for order in later.said.values() for each in order), later.closing()):
        fields = {"delivers_on": said.delivers_on.replace(month=12, day=4)} if hasattr(said, "delivers_on") else {}
        await deliver(hub, said.model_copy(update=fields))
    from logistics.pick_list import list_id

    clock.advance(86400 * 14)
    next_list = f"/logistics/pick-lists/{list_id('cycle-2', 'pic')}"
    assert "F031226-B" in (await person.get(next_list + "/lots")).text
    page = await sent(person, next_list, fill="last")
    assert 'name="number-fai-1"' in page.text
    assert 'value="F031226-B"' in page.text


@pytest.mark.parametrize(
    ("url", "rows", "field", "sentence"),
    [
        (CHEESES, (one("fai", "L-41"),), "marked-fai-1", "Tapez la date"),
        (CHEESES, (one("fai", "L-41", "2026-02-30"),), "marked-fai-1", "date"),
        (CHEESES, (one("fai", "L-41", "2026-11-26"),), "marked-fai-1", "dépassée"),
        (CHEESES, (one("fai", "L-41", "2062-11-26"),), "marked-fai-1", "dix ans"),
        (CHEESES, (one("fai", "", SAIN) | one("fai", "B", SAIN, 2),), "quantity-fai-1", "nécessaire"),
        (CHEESES, (one("fai", "L-41", SAIN, quantity="3"),), "quantity-fai-1", "3\u00a0pièces, plus que les 2"),
        (CHEESES, (one("fai", "L-41", SAIN, quantity="0"),), "quantity-fai-1", "zéro"),
        (CHEESES, (one("fai", "L-41", SAIN, quantity="1,5"),), "quantity-fai-1", "pièce"),
        (CHEESES, (one("fai", "---", SAIN),), "number-fai-1", "lettres"),
        (CHEESES, (one("fai", "x" * 60, SAIN),), "number-fai-1", "40"),
        (CHEESES, (one("pel", "P", "", mark="none"),), "because-pel-1", "pourquoi"),
        (CHEESES, (one("pel", "P", SAIN, mark="soon"),), "mark-pel-1", "liste"),
        (
            CHEESES,
            (one("fai", "A", SAIN, quantity="1"), one("fai", "a", SAIN, 2, quantity="1")),
            "number-fai-2",
            "deux fois",
        ),
        (FRUITS, (one("oeu", "O", "2026-12-10"),), "laid-oeu-1", "pondus"),
        (FRUITS, (one("oeu", "O", "2026-12-25", laid="2026-11-20"),), "marked-oeu-1", "28"),
        (FRUITS, (one("oeu", "O", "2026-12-25", laid="2026-12-20"),), "laid-oeu-1", "pas encore"),
        (FRUITS, (one("ora", "R", "2026-12-25", mark="none"),), "marked-ora-1", "DLC"),
    ],
)
async def test_what_cannot_be_is_told_at_its_field_and_nothing_is_kept(
    hub, client_for: ClientFor, url, rows, field, sentence
) -> None:
    coordinator = client_for(hub, COORDINATOR)
    answer = await sent(coordinator, url, *rows, one("gla", "GARDÉ", "2027-11-01"))
    assert answer.status_code == 422, answer.text
    page = answer.text
    at = page.index(f'id="field-{field}-error"')
    assert sentence in page[at : at + 700], page[at : at + 700]
    if url == CHEESES:
        assert "GARDÉ" in page
    assert await kept(hub) == []


async def test_a_use_by_date_holds_until_the_last_group_collects(hub, client_for: ClientFor) -> None:
    """Sigean collects on Saturday: ice cream reaches it, the fresh cheese does not."""
    coordinator = client_for(hub, COORDINATOR)
    assert (await sent(coordinator, CHEESES, one("fai", "F", "2026-11-27"))).status_code == 303
    page = (await coordinator.get(CHEESES + "/lots")).text
    assert "le jour même" in page
    assert (await sent(coordinator, CHEESES, one("gla", "G", "2026-11-27"))).status_code == 303
    assert "durabilité minimale" in (await coordinator.get(CHEESES + "/lots")).text


async def test_a_date_with_day_and_month_stands_in_the_place_of_a_number(hub, client_for: ClientFor) -> None:
    person = client_for(hub, CHEESEMAKER)
    assert (await sent(person, CHEESES, one("fai", "", "15/12/2026"))).status_code == 303
    assert await kept(hub) == [("fai", SAIN, 2000, None)]


async def test_of_several_lots_packed_in_order_each_goes_where_the_list_says(hub, client_for: ClientFor) -> None:
    """Limoux is first on the list (3 of a crate), then the bags of Quillan."""
    person = client_for(hub, CHEESEMAKER)
    rows = (one("pel", "A", SAIN, quantity="4"), one("pel", "B", SAIN, 2, quantity="1"))
    mark = {"mark-pel-2": "best_before", "mark-pel-1": "best_before"}
    assert (await sent(person, CHEESES, *rows, mark, **{"in_order-pel": "on"})).status_code == 303
    assert await reached(hub, "pel") == {
        "A": {"vidal": (3000, True), "éboué": (1000, False)},
        "B": {"éboué": (1000, False)},
    }


async def test_of_several_lots_in_any_order_every_household_may_have_each(hub, client_for: ClientFor) -> None:
    person = client_for(hub, CHEESEMAKER)
    rows = (one("pel", "A", SAIN, quantity="4"), one("pel", "B", SAIN, 2, quantity="1"))
    await sent(person, CHEESES, *rows, {"mark-pel-2": "use_by"})
    assert await reached(hub, "pel") == {
        "A": {"vidal": (3000, False), "éboué": (2000, False)},
        "B": {"vidal": (1000, False), "éboué": (1000, False)},
    }


async def test_a_correction_is_added_with_its_reason_and_the_lot_before_stays(hub, client_for: ClientFor) -> None:
    person = client_for(hub, CHEESEMAKER, name="Odile")
    await sent(person, CHEESES, one("fai", "L-41", SAIN), one("gla", "G", "2027-11-01"))
    refused = await sent(person, CHEESES, one("fai", "L-42", SAIN), one("gla", "G", "2027-11-01"))
    assert refused.status_code == 422
    assert "dites pourquoi" in refused.text
    why = "Étiquette mal lue"
    said = await sent(person, CHEESES, one("fai", "L-42", SAIN), one("gla", "G", "2027-11-01"), why=why)
    assert said.status_code == 303
    found = await kept(hub)
    assert ("fai", "L-41", 2000, 2) in found
    assert ("fai", "L-42", 2000, None) in found
    assert await reached(hub, "fai") == {"L-42": {"abadie": (2000, True)}}
    page = (await person.get(CHEESES + "/lots")).text
    assert why in page
    assert "Odile" in page


async def test_a_form_sent_twice_is_one_statement_and_an_old_one_overwrites_nothing(hub, client_for: ClientFor) -> None:
    person, other = client_for(hub, CHEESEMAKER), client_for(hub, COORDINATOR)
    old = {"seen": "0", **one("fai", "L-41", SAIN), "mark-pel-1": "use_by", "mark-tom-1": "use_by"}
    for _time in range(2):
        assert (await person.submit(CHEESES + "/lots", old)).status_code == 303
    late = await other.submit(CHEESES + "/lots", old | one("fai", "AUTRE", SAIN))
    assert late.status_code == 409
    assert "AUTRE" in late.text
    assert await kept(hub) == [("fai", "L-41", 2000, None)]
    async with hub.state.service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(lot_statement)) == 1


async def test_a_revised_cycle_is_followed_anew_with_the_lots_there_are(hub, client_for: ClientFor) -> None:
    person = client_for(hub, CHEESEMAKER)
    await sent(person, CHEESES, one("fai", "L-41", SAIN))
    week = usual_week()
    given = week.allocate("abadie", fai=1000)
    await deliver(hub, given, week.revising())
    await timers(hub)
    assert ("fai", "abadie", 1000) in await follow_rows(hub)
    assert await reached(hub, "fai") == {"L-41": {"abadie": (1000, True)}}


async def test_who_may_tell_and_see_lots(hub, client_for: ClientFor) -> None:
    neighbour = client_for(hub, Grant(Role.PRODUCER, producer_id="bio"))
    assert (await neighbour.get(CHEESES + "/lots")).status_code == 404
    assert (await neighbour.submit(CHEESES + "/lots", one("fai", "X", SAIN))).status_code == 404
    operator = client_for(hub, Grant(Role.OPERATOR))
    assert (await operator.get(CHEESES + "/lots")).status_code == 200
    assert (await operator.submit(CHEESES + "/lots", one("fai", "X", SAIN))).status_code == 403
    assert (await client_for(hub, Grant(Role.MEMBER, household_id="vidal")).get(CHEESES + "/lots")).status_code == 403
    forged = await client_for(hub).get("/logistics/pick-lists/open/AAAA/lots")
    assert forged.status_code == 404
    assert await kept(hub) == []


async def test_after_the_day_only_the_coordinator_tells_what_was_found_out(
    hub, client_for: ClientFor, clock: FrozenClock
) -> None:
    clock.advance(86400 * 10)
    assert (await sent(client_for(hub, CHEESEMAKER), CHEESES, one("fai", "L-41", SAIN))).status_code == 409
    assert (await sent(client_for(hub, COORDINATOR), CHEESES, one("fai", "L-41", SAIN))).status_code == 303
    assert await kept(hub) == [("fai", "L-41", 2000, None)]


async def test_of_a_household_the_newest_is_kept_whatever_comes_twice(hub) -> None:
    await deliver(hub, household("vidal", 3, "06 00 00 00 00"), household("vidal", 2, "07 00 00 00 00"))
    async with hub.state.service.database.read() as reader:
        people = await reader.scalar(select(kept_household.c.people).where(kept_household.c.id == "vidal"))
    assert "06 00 00 00 00" in people


async def test_who_got_what_is_soon_eaten_is_forgotten_after_half_a_year_and_the_lot_stays(
    hub, client_for: ClientFor, clock: FrozenClock
) -> None:
    await sent(client_for(hub, CHEESEMAKER), CHEESES, one("fai", "L-41", SAIN), one("gla", "G", "2027-11-01"))
    clock.advance(86400 * 200)
    await timers(hub)
    assert [row for row in await follow_rows(hub) if row[0] == "fai"], "kept until half a year after the date on it"
    clock.advance(86400 * 20)
    await timers(hub)
    followed_still = {row[0] for row in await follow_rows(hub)}
    assert "fai" not in followed_still
    assert {"gla", "pel"} <= followed_still
    assert await reached(hub, "fai") == {}
    assert ("fai", "L-41", 2000, None) in await kept(hub)
