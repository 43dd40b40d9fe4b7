"""What a producer says it can bring: by its link, signed in, or by phone; every answer is kept."""

import re

import pytest
from fastapi import FastAPI
from logistics_week import producer, usual_week

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, FrozenClock, announced, deliver
from contracts import Bilingual, Role, Unit
from contracts.logistics import AnsweredLine, PickListAnswered, PickListIssued
from contracts.ordering import CycleClosed, CycleOffer, CycleOpened
from logistics.answer import answers_to
from logistics.pick_list import list_id

CHEESE = list_id("cycle-1", "pic")
URL = f"/logistics/pick-lists/{CHEESE}"
CHEESEMAKER, COORDINATOR = Grant(Role.PRODUCER, producer_id="pic"), Grant(Role.COORDINATOR)
ALL_THERE = {"gla": 3000, "fai": 2000, "pel": 5000, "tom": 1135}


@pytest.fixture
async def issued(app: FastAPI) -> FastAPI:
    await deliver(app, producer("pic"), producer("bio"), *usual_week().events())
    return app


async def link(app: FastAPI) -> str:
    return next(e.path for e in await announced(app) if isinstance(e, PickListIssued) and e.id == CHEESE)


async def answered(app: FastAPI) -> list[PickListAnswered]:
    return [event for event in await announced(app) if isinstance(event, PickListAnswered)]


async def seen(browser: Browser, url: str) -> dict[str, str]:
    """What the form on the page sends by itself."""
    page = (await browser.get(url)).text
    names = ("revision", "seen", "csrf_token")
    return {name: found[1] for name in names if (found := re.search(f'name="{name}" value="([^"]+)"', page))}


def details(**lines: str) -> dict[str, str]:
    """`pel="3"`: so many; `pel="none"`; `pel="3>fai"`: the rest made good with another product. All else is there."""
    fields = {f"take-{product}": "all" for product in ALL_THERE}
    for product, typed in lines.items():
        less, _, instead = typed.partition(">")
        fields[f"take-{product}"] = "none" if less == "none" else "less"
        fields[f"quantity-{product}"] = "" if less == "none" else less
        fields[f"substitute-{product}"] = instead
    return fields


def line(product: str, can: int, instead: str = "") -> AnsweredLine:
    asked = ALL_THERE[product]
    return AnsweredLine(product_id=product, asked_thousandths=asked, deliverable_thousandths=can, substitute_id=instead)


async def test_by_the_link_one_button_says_that_everything_is_there(issued: FastAPI, client_for: ClientFor) -> None:
    anybody, path = client_for(issued), await link(issued)
    page = (await anybody.get(path)).text
    assert "Pouvez-vous tout apporter" in page
    assert page.index("Tout est là") < page.index("Il manque quelque chose")
    answer = await anybody.submit(path, {"everything": "yes", **await seen(anybody, path)})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    (event,) = await answered(issued)
    assert (event.id, event.version, event.revision, event.by_phone) == (CHEESE, 2, 1, False)
    assert event.answered_by == "Fromagerie du Pic"
    assert {one.product_id: one.deliverable_thousandths for one in event.lines} == ALL_THERE
    after = (await anybody.get(path)).text
    assert "Réponse du" in after
    assert "Pas encore de réponse" not in (await client_for(issued, CHEESEMAKER).get("/logistics/pick-lists")).text


async def test_what_is_short_is_told_line_by_line_with_something_instead(
    issued: FastAPI, client_for: ClientFor
) -> None:
    person = client_for(issued, CHEESEMAKER, name="Odile")
    fields = details(pel="3>fai", tom="0,4", gla="none") | await seen(person, URL)
    assert (await person.submit(URL, fields)).status_code == 303
    (event,) = await answered(issued)
    assert event.answered_by == "Odile"
    assert event.lines == (line("gla", 0), line("fai", 2000), line("pel", 3000, "fai"), line("tom", 400))
    page = (await person.get(URL)).text
    assert "3\u00a0pièces sur 5\u00a0pièces" in page
    assert "à la place\u00a0: Faisselle de chèvre" in page
    # The form to change it is filled with it.
    assert re.search(r'name="take-pel" value="less" checked', page)
    assert re.search(r'name="quantity-tom"[^>]*value="0,4"', page.replace("\n", " "))


async def test_the_coordinator_types_in_what_is_said_on_the_phone(issued: FastAPI, client_for: ClientFor) -> None:
    coordinator = client_for(issued, COORDINATOR, name="Claire")
    assert "au téléphone" in (await coordinator.get(URL)).text
    before = (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert before.count("Pas encore de réponse") == 2
    assert (await coordinator.submit(URL, details(pel="3") | await seen(coordinator, URL))).status_code == 303
    (event,) = await answered(issued)
    assert (event.answered_by, event.by_phone) == ("Claire", True)
    page = (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert page.count("Pas encore de réponse") == 1
    for wanted in ("Manque sur 1 article", "Ce qui manque", "Pélardon affiné", "Pas encore réparti"):
        assert wanted in page, wanted


@pytest.mark.parametrize(
    ("lines", "field", "sentence"),
    [
        ({"pel": "deux"}, "quantity-pel", "nombre"),
        ({"pel": "2,5"}, "quantity-pel", "pièce"),
        ({"pel": "5"}, "quantity-pel", "moins que les 5"),
        ({"pel": ""}, "quantity-pel", "nécessaire"),
        ({"tom": "-1"}, "quantity-tom", "nombre"),
        ({"tom": "300 l"}, "quantity-tom", "kilo"),
        ({"pel": "3>ora"}, "substitute-pel", "liste"),
        ({"pel": "3>pel"}, "substitute-pel", "liste"),
        ({"pel": "3>tom"}, "substitute-pel", "liste"),
    ],
)
async def test_what_is_typed_wrong_is_told_at_its_line_and_kept(
    issued: FastAPI, client_for: ClientFor, lines: dict[str, str], field: str, sentence: str
) -> None:
    anybody, path = client_for(issued), await link(issued)
    answer = await anybody.submit(path, details(gla="2", **lines) | await seen(anybody, path))
    assert answer.status_code == 422
    told = re.search(f'id="field-{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert told, "nothing is said at the field"
    assert sentence in told[1]
    assert re.search(r'name="quantity-gla"[^>]*value="2"', answer.text.replace("\n", " "))
    (typed,) = [text.partition(">")[0] for text in lines.values()]
    product = next(iter(lines))
    assert re.search(f'name="quantity-{product}"[^>]*value="{re.escape(typed)}"', answer.text.replace("\n", " "))
    assert await answered(issued) == []


async def test_a_quantity_beside_all_is_asked_about_and_a_missing_choice_too(
    issued: FastAPI, client_for: ClientFor
) -> None:
    person = client_for(issued, CHEESEMAKER)
    fields = details() | await seen(person, URL)
    answer = await person.submit(URL, fields | {"quantity-pel": "3"})
    assert (answer.status_code, "choisissez «" in answer.text) == (422, True)
    del fields["take-pel"]
    assert (await person.submit(URL, fields)).status_code == 422
    assert await answered(issued) == []


async def test_sent_twice_changes_nothing(issued: FastAPI, client_for: ClientFor) -> None:
    anybody, path = client_for(issued), await link(issued)
    fields = details(pel="3") | await seen(anybody, path)
    for _ in range(3):
        assert (await anybody.submit(path, fields)).status_code == 303
    assert len(await answered(issued)) == 1


async def test_a_changed_mind_is_a_second_answer_and_both_are_kept(issued: FastAPI, client_for: ClientFor) -> None:
    person = client_for(issued, CHEESEMAKER, name="Odile")
    await person.submit(URL, details(pel="3") | await seen(person, URL))
    await person.submit(URL, {"everything": "yes", **await seen(person, URL)})
    assert [(event.version, event.lines[2].deliverable_thousandths) for event in await answered(issued)] == [
        (2, 3000),
        (3, 5000),
    ]
    async with issued.state.service.database.read() as reader:
        assert [one.version for one in await answers_to(reader, CHEESE)] == [3, 2]
    assert "2 réponses en tout" in (await person.get(URL)).text


async def test_of_two_who_answer_at_once_the_second_sees_the_first(issued: FastAPI, client_for: ClientFor) -> None:
    person, coordinator = client_for(issued, CHEESEMAKER), client_for(issued, COORDINATOR)
    hers, theirs = await seen(person, URL), await seen(coordinator, URL)
    assert (await person.submit(URL, details(pel="3") | hers)).status_code == 303
    answer = await coordinator.submit(URL, details(pel="4") | theirs)
    assert answer.status_code == 409
    assert "Pas encore pris en compte" in answer.text
    assert "3\u00a0pièces sur 5\u00a0pièces" in answer.text
    assert re.search(r'name="quantity-pel"[^>]*value="4"', answer.text.replace("\n", " ")), "what was typed is kept"
    assert len(await answered(issued)) == 1
    assert (await coordinator.submit(URL, details(pel="4") | await seen(coordinator, URL))).status_code == 303
    assert [event.version for event in await answered(issued)] == [2, 3]


async def test_who_answers_a_list_that_was_corrected_is_shown_the_newest(app: FastAPI, client_for: ClientFor) -> None:
    week = usual_week()
    await deliver(app, producer("pic"), *week.events())
    anybody, path = client_for(app), await link(app)
    old = await seen(anybody, path)
    await deliver(app, week.allocate("vidal", pel=1000), week.revising())
    answer = await anybody.submit(path, {"everything": "yes"} | old)
    assert answer.status_code == 409
    for wanted in ("Pas encore pris en compte", "Bon corrigé", "3\u00a0pièces"):
        assert wanted in answer.text, wanted
    assert await answered(app) == []
    assert (await anybody.submit(path, {"everything": "yes"} | await seen(anybody, path))).status_code == 303
    (event,) = await answered(app)
    assert (event.version, event.revision) == (3, 2)


async def test_a_list_corrected_as_the_producer_said_needs_no_second_answer(
    app: FastAPI, client_for: ClientFor
) -> None:
    week = usual_week()
    await deliver(app, producer("pic"), producer("bio"), *week.events())
    person, coordinator = client_for(app, CHEESEMAKER), client_for(app, COORDINATOR)
    await person.submit(URL, details(pel="3") | await seen(person, URL))
    await deliver(app, week.allocate("vidal", pel=1000), week.revising())
    page = (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert page.count("Pas encore de réponse") == 1, "that of the other producer"
    assert "Réparti" in page
    mine = (await person.get(URL)).text
    assert "Réponse du" in mine
    assert "sur 5" not in mine, "what was short is not asked for any more"
    # What asks for more than was promised does need one.
    await deliver(app, week.allocate("vidal", pel=2000), week.revising())
    page = (await coordinator.get("/logistics/cycles/cycle-1")).text
    assert page.count("Pas encore de réponse") == 2
    said = [event for event in await announced(app) if event.id == CHEESE]
    assert [event.version for event in said] == [1, 2, 3, 4]


async def test_what_is_offered_instead_is_promised_for_all_that_is_missing(app: FastAPI, client_for: ClientFor) -> None:
    week = usual_week()
    await deliver(app, producer("pic"), producer("bio"), *week.events())
    person, coordinator = client_for(app, CHEESEMAKER), client_for(app, COORDINATOR)
    await person.submit(URL, details(pel="3>fai") | await seen(person, URL))
    await deliver(app, week.allocate("vidal", pel=1000), week.allocate("abadie", fai=4000), week.revising())
    assert (await coordinator.get("/logistics/cycles/cycle-1")).text.count("Pas encore de réponse") == 1
    await deliver(app, week.allocate("abadie", fai=5000), week.revising())
    assert (await coordinator.get("/logistics/cycles/cycle-1")).text.count("Pas encore de réponse") == 2


async def test_an_answer_can_be_given_until_the_day_of_delivery_is_over(
    issued: FastAPI, client_for: ClientFor, clock: FrozenClock
) -> None:
    closing = next(event for event in usual_week().events() if isinstance(event, CycleClosed))
    person = client_for(issued, CHEESEMAKER)
    fields = {"everything": "yes"} | await seen(person, URL)
    clock.set(closing.closed_at.replace(day=27, hour=22, minute=59))
    assert "Il manque quelque chose" in (await client_for(issued, CHEESEMAKER).get(URL)).text
    clock.advance(60)
    late = client_for(issued, CHEESEMAKER)
    assert "Il manque quelque chose" not in (await late.get(URL)).text
    assert (await late.submit(URL, fields)).status_code == 409
    assert await answered(issued) == []


async def test_nobody_answers_for_another(issued: FastAPI, client_for: ClientFor) -> None:
    other = client_for(issued, Grant(Role.PRODUCER, producer_id="bio"))
    fields = {"everything": "yes", "revision": "1", "seen": "1"}
    assert (await other.submit(URL, fields)).status_code == 404
    assert (await client_for(issued, Grant(Role.OPERATOR)).submit(URL, fields)).status_code == 403
    assert "Il manque quelque chose" not in (await client_for(issued, Grant(Role.OPERATOR)).get(URL)).text
    path = await link(issued)
    assert (await client_for(issued).post(path, data=fields)).status_code == 403
    anybody = client_for(issued)
    forged = await anybody.submit(path[:-4] + "AAAA", fields | await seen(anybody, path))
    assert forged.status_code == 404
    assert await answered(issued) == []


async def test_an_older_revision_has_no_form(app: FastAPI, client_for: ClientFor) -> None:
    week = usual_week()
    await deliver(app, *week.events(), week.allocate("vidal", pel=1000), week.revising())
    page = (await client_for(app, CHEESEMAKER).get(URL + "?revision=1")).text
    assert "Il manque quelque chose" not in page


async def test_something_that_nobody_ordered_can_come_instead(app: FastAPI, client_for: ClientFor) -> None:
    opening, *others = usual_week().events()
    assert isinstance(opening, CycleOpened)
    new = [
        CycleOffer(
            product_id="tor", producer_id="pic", name=Bilingual(fr="Torsades"), unit=Unit.PIECE, pack_label="500 g"
        ),
        CycleOffer(product_id="fig", producer_id="bio", name=Bilingual(fr="Figues"), unit=Unit.PIECE),
        CycleOffer(product_id="lai", producer_id="pic", name=Bilingual(fr="Lait"), unit=Unit.LITRE),
    ]
    named = opening.model_copy(update={"offers": (*opening.offers, *new)})
    await deliver(app, producer("pic"), producer("bio"), named, *others)
    cheesemaker = client_for(app, CHEESEMAKER)
    page = (await cheesemaker.get(URL)).text
    assert "Torsades, 500 g" in page
    assert "Figues" not in page, "of another producer"
    assert "Lait" not in page, "in another unit"
    for wrong in ("pel", "fig", "lai"):
        answer = await cheesemaker.submit(URL, await seen(cheesemaker, URL) | details(pel=f"3>{wrong}"))
        assert answer.status_code == 422
    sent = await cheesemaker.submit(URL, await seen(cheesemaker, URL) | details(pel="3>tor"))
    assert sent.status_code == 303
    (said,) = await answered(app)
    assert line("pel", 3000, "tor") in said.lines
    assert "Torsades, 500 g" in (await cheesemaker.get(URL)).text
    coordinator = client_for(app, COORDINATOR)
    assert "Torsades, 500 g" in (await coordinator.get("/logistics/cycles/cycle-1")).text
