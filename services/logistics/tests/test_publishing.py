"""A draft becomes a version that everybody reads: once, of the day as it is, with every hard rule held and every soft
one answered for."""

import asyncio
import html
import re
from contextlib import asynccontextmanager

import pytest
from draft_desk import DAY, drafted, hidden, planned_page, read
from network_desk import NETWORK, VAN
from schedule_desk import FREEZER, FRIDAY, planned, publish, week

from chassis.identity import Grant
from coldchain import check
from coldchain.plan import LeftBehind
from coldchain.sentences import NOBODY_DRIVES
from contracts import Role
from logistics.pages import publishing
from logistics.schedule import draft, published
from logistics.schedule.draft import Wanted
from logistics.schedule.published import Judged

DRAFT = "/logistics/drafts/draft-a"


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


async def versions(app):
    async with app.state.service.database.read() as reader:
        return await published.versions_of(reader, FRIDAY)


async def lossy(app):
    """A draft that leaves a consignment at its farm: a hard rule broken."""
    day, plan = await planned(app)
    lost = day.consignments[0].id

    def less(stop):
        loads = tuple(each for each in stop.loads if each.consignment_id != lost)
        unloads = tuple(each for each in stop.unloads if each.consignment_id != lost)
        return stop.model_copy(update={"loads": loads, "unloads": unloads})

    rounds = tuple(one.model_copy(update={"stops": tuple(map(less, one.stops))}) for one in plan.rounds)
    left = (LeftBehind(consignment_id=lost, why=""),)
    broken = plan.model_copy(update={"rounds": rounds, "left_behind": left})
    async with app.state.service.database.write() as writer:
        await draft.begin(writer, "draft-a", Wanted(day=day, outside=250, plan=broken), by="Nadia")
    return day, broken


async def uncertified(app, desk):
    """A plan that was made before the vans lost their certificates: soft rules broken."""
    _day, plan = await planned(app)
    other = VAN | {"name": "Berlingo", "plate": "IJ-789-KL"}
    for van, sheet in {"van": VAN, "pickup-truck": other, "freezer": FREEZER}.items():
        bare = {key: text for key, text in sheet.items() if not key.startswith("certif")}
        said = await desk.submit(f"{NETWORK}/vehicles/{van}/edit", bare | {"version": "1"})
        assert said.status_code == 303, said.text
    day, _plan = await planned(app)
    kept = Wanted(day=day, outside=250, plan=plan.model_copy(update={"day_id": day.id}))
    async with app.state.service.database.write() as writer:
        await draft.begin(writer, "draft-a", kept, by="Nadia")
    return await read(app, "draft-a")


async def test_a_draft_is_published_and_read_as_it_was(app, desk):
    one = await drafted(app)
    page = (await desk.get(DRAFT)).text
    said = await desk.submit(f"{DRAFT}/publish", {"after": hidden(page, "after")})
    assert said.headers["location"] == f"{DAY}/versions/1"
    [kept] = await versions(app)
    assert (kept.day, kept.plan, kept.published_by) == (one.day, one.plan, "Nadia")
    page = html.unescape((await desk.get(f"{DAY}/versions/1")).text)
    assert "Marcel" in page
    assert "En vigueur" in page
    assert "Version 1" in (await desk.get(f"{DAY}/versions")).text
    assert "La version 1 est publiée" in (await desk.get(DAY)).text


async def test_a_form_sent_twice_publishes_once(app, desk):
    await drafted(app)
    first = await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    again = await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    assert first.headers["location"] == again.headers["location"]
    assert len(await versions(app)) == 1


async def test_a_form_sent_twice_at_once_publishes_once(app, desk):
    await drafted(app)
    sent = [desk.submit(f"{DRAFT}/publish", {"after": "0"}) for _ in range(2)]
    assert {one.headers["location"] for one in await asyncio.gather(*sent)} == {f"{DAY}/versions/1"}
    assert len(await versions(app)) == 1


async def test_two_who_publish_two_drafts_at_once_publish_one_and_the_other_is_told(app, desk, client_for):
    await drafted(app)
    await drafted(app, "draft-b")
    paul = client_for(app, Grant(Role.COORDINATOR), name="Paul")
    answers = await asyncio.gather(
        desk.submit(f"{DRAFT}/publish", {"after": "0"}),
        paul.submit("/logistics/drafts/draft-b/publish", {"after": "0"}),
    )
    assert sorted(one.status_code for one in answers) == [303, 409]
    refused = next(one for one in answers if one.status_code == 409)
    assert "Quelqu’un a publié une autre version" in html.unescape(refused.text)
    assert len(await versions(app)) == 1
    # The page that said so knows the version it replaces now.
    other = DRAFT if answers[0] is refused else "/logistics/drafts/draft-b"
    said = await desk.submit(f"{other}/publish", {"after": hidden(refused.text, "after")})
    assert said.headers["location"] == f"{DAY}/versions/2"
    assert "C’est la version 2" in html.unescape((await desk.get(f"{DAY}/versions/1")).text)


async def test_what_breaks_a_hard_rule_is_not_published_and_the_page_says_which(app, desk):
    day, broken = await lossy(app)
    page = html.unescape((await desk.get(DRAFT)).text)
    assert "règle stricte est enfreinte" in page
    assert f'action="{DRAFT}/publish"' not in page
    assert "Fromagerie du Pic" in page
    answer = await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    assert answer.status_code == 409
    assert "Rien n’a été publié" in html.unescape(answer.text)
    [hard] = [one for one in check(day, broken) if one.rule == "left-behind"]
    field = {"violation": hard.id, f"reason-{hard.id}": "Il pleut"}
    assert (await desk.submit(f"{DRAFT}/accept", field)).status_code == 422
    assert (await read(app, "draft-a")).accepted == ()
    assert await versions(app) == []


async def test_a_soft_violation_is_published_once_a_person_gave_a_reason(app, desk):
    one = await uncertified(app, desk)
    soft = check(one.day, one.plan)
    assert soft
    assert {each.weight for each in soft} == {"soft"}
    page = html.unescape((await desk.get(DRAFT)).text)
    assert "Avant de publier" in page
    answer = await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    assert answer.status_code == 409
    for each in soft:
        field = f"reason-{each.id}"
        empty = await desk.submit(f"{DRAFT}/accept", {"violation": each.id, field: " "})
        assert empty.status_code == 422
        assert f'href="#field-{field}"' in empty.text
        assert (await desk.submit(f"{DRAFT}/accept", {"violation": each.id, field: "Dernier été"})).status_code == 303
    assert "Accepté par Nadia : Dernier été" in html.unescape((await desk.get(DRAFT)).text).replace("\u00a0", " ")
    back = await desk.submit(f"{DRAFT}/accept", {"violation": soft[0].id, "back": "1"})
    assert back.status_code == 303
    assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 409
    await desk.submit(f"{DRAFT}/accept", {"violation": soft[0].id, f"reason-{soft[0].id}": "Dernier été"})
    assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 303
    [kept] = await versions(app)
    assert {(each.violation, each.reason, each.by) for each in kept.accepted} == {
        (each.id, "Dernier été", "Nadia") for each in soft
    }
    assert "Dernier été" in (await desk.get(f"{DAY}/versions/1")).text


async def test_a_day_that_changed_since_is_told_and_planned_again_with_the_least_change(app, desk):
    one = await drafted(app)
    said = await desk.submit(f"{NETWORK}/vehicles/van/edit", VAN | {"name": "Kangoo bleu", "version": "1"})
    assert said.status_code == 303
    answer = await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    assert answer.status_code == 409
    page = html.unescape(answer.text)
    assert "La journée n’est plus celle de ce plan" in page
    assert "Le véhicule Kangoo bleu a été modifié" in page
    assert await versions(app) == []
    form = page[page.index(f'action="{DAY}/drafts"') :]
    fields = {name: re.findall(rf'name="{name}" value="([^"]*)"', form)[0] for name in ("id", "after", "outside")}
    again = await desk.submit(f"{DAY}/drafts", fields | {"seconds": "1", "seed": "1"})
    assert again.status_code == 303, again.text
    assert "moins possible" in await planned_page(desk, again.headers["location"])
    new = await read(app, fields["id"])
    assert {v.name for v in new.day.vehicles} > {"Kangoo bleu"}
    assert check(new.day, new.plan) == ()
    assert new.after_id == one.id
    said = await desk.submit(f"{again.headers['location']}/publish", {"after": "0"})
    assert said.status_code == 303


async def test_a_day_that_changes_while_the_plan_is_judged_is_refused(app, desk, monkeypatch):
    """Judged before the transaction: what is published is still of the day as it is in it."""
    await drafted(app)
    judge = publishing._judged

    async def and_meanwhile(request, draft_id):
        judged = await judge(request, draft_id)
        said = await desk.submit(f"{NETWORK}/vehicles/van/edit", VAN | {"name": "Kangoo bleu", "version": "1"})
        assert said.status_code == 303
        return judged

    monkeypatch.setattr(publishing, "_judged", and_meanwhile)
    answer = await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    assert answer.status_code == 409
    assert "La journée n’est plus celle de ce plan" in html.unescape(answer.text)
    assert await versions(app) == []


async def test_nothing_is_judged_while_the_transaction_holds_the_day(app, desk, monkeypatch):
    await drafted(app)
    writing, judged_in = [], []
    write, of = app.state.service.database.write, published.check

    @asynccontextmanager
    async def noted(*args, **kwargs):
        async with write(*args, **kwargs) as writer:
            writing.append(1)
            try:
                yield writer
            finally:
                writing.pop()

    def judge(day, plan):
        judged_in.append(bool(writing))
        return of(day, plan)

    monkeypatch.setattr(app.state.service.database, "write", noted)
    monkeypatch.setattr(published, "check", judge)
    assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 303
    assert judged_in == [False]


async def test_what_was_judged_of_another_plan_counts_for_nothing(app, desk):
    one = await drafted(app)
    broken = one.plan.model_copy(update={"rounds": ()})
    async with app.state.service.database.write() as writer:
        with pytest.raises(published.Breaks):
            await published.publish(writer, one.day, broken, by="Nadia", judged=Judged.of(one.day, one.plan))


async def test_whoever_is_killed_while_publishing_has_published_nothing(app, desk, monkeypatch):
    await drafted(app)

    async def killed(*_anything):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(draft, "note_published", killed)
        with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever the client makes of a dead hub
            await desk.submit(f"{DRAFT}/publish", {"after": "0"})
    assert await versions(app) == []
    assert (await read(app, "draft-a")).published_version is None
    assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 303
    assert len(await versions(app)) == 1


async def test_a_draft_that_is_not_planned_yet_or_not_there_is_not_published(app, desk):
    assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 404
    day, _plan = await planned(app)
    async with app.state.service.database.write() as writer:
        await draft.begin(writer, "draft-a", Wanted(day=day, outside=250), by="Nadia")
    assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 404
    assert (await desk.get(f"{DAY}/versions")).status_code == 404
    await publish(app)
    assert (await desk.get(f"{DAY}/versions/2")).status_code == 404
    assert (await desk.get(f"{DAY}/versions/1")).status_code == 200


async def test_only_a_coordinator_publishes(app, desk, client_for):
    await drafted(app)
    for role in (Role.DRIVER, Role.REFERENT, Role.OPERATOR, Role.PRODUCER):
        other = client_for(app, Grant(role, group_id="limoux", producer_id="pic"))
        assert (await other.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 403
        assert (await other.submit(f"{DRAFT}/accept", {"violation": "x"})).status_code == 403
    assert await versions(app) == []


async def test_what_is_left_behind_is_told_by_reason_and_farm_with_each_reason_and_its_mend_once(app, desk):
    day, plan = await planned(app)
    left = tuple(LeftBehind(consignment_id=one.id, why=NOBODY_DRIVES) for one in day.consignments)
    bare = plan.model_copy(update={"rounds": (), "left_behind": left})
    async with app.state.service.database.write() as writer:
        await draft.begin(writer, "draft-a", Wanted(day=day, outside=250, plan=bare), by="Nadia")
    page = html.unescape((await desk.get(DRAFT)).text).replace("\u00a0", " ")
    assert page.count("Celui qui doit l’apporter ne roule pas ce jour-là.") == 1
    assert page.count("Confier à un transporteur") == 1
    assert f"<strong>{len(left)}</strong>" in page
    assert f"{len(left)} envois restent sur place." in page
    assert "Il ne peut pas être publié tel quel." in page
    table = page[page.index('id="left"') :]
    assert len(re.findall(r'<th scope="row">', table[: table.index("</section>")])) == 2


async def test_a_rule_that_is_broken_often_is_told_once_with_each_in_its_list(app, desk):
    one = await uncertified(app, desk)
    soft = check(one.day, one.plan)
    rules = {each.rule for each in soft}
    page = html.unescape((await desk.get(DRAFT)).text)
    section = page[page.index('id="findings"') :]
    section = section[: section.index("</section>")]
    assert section.count("Règle :") + section.count("Règle\u00a0:") == len(rules)
    assert section.count('name="violation"') == len(soft)
