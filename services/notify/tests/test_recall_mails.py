"""Who is told at once that food is not safe, and that it is safe after all. On both databases."""

from datetime import timedelta

import pytest
from notify_week import START, household, person, producer, round_of, written

from chassis.testing import announced, deliver
from contracts import Bilingual, Unit
from contracts.logistics import LotRecalled, LotRecallUndone, RecallAction, RecalledGoods, RecalledHousehold


def goods(name="Faisselle", lot="L-41", sure=True):
    return RecalledGoods(
        product_id=name,
        name=Bilingual(fr=name, en=f"{name} (en)"),
        pack_label="pot de 500 g",
        unit=Unit.PIECE,
        quantity_thousandths=2000,
        lot_number=lot,
        sure=sure,
        delivers_on=START.date(),
    )


def of(name, *got, held_back=False):
    return RecalledHousehold(
        household_id=f"h-{name}",
        household_name=name,
        group_id="g-Limoux",
        group_name="Limoux",
        held_back=held_back,
        goods=got or (goods(),),
    )


def recalled(*households, version=1, **more):
    fields = {
        "id": "r1",
        "version": version,
        "producer_id": "p-roc",
        "producer_name": "Chèvrerie du Roc",
        "reason": "Listeria",
        "action": RecallAction.DISCARD,
        "note": "Lavez le réfrigérateur.",
        "contact": "Nadia, 04 68 00 00 10",
        "recalled_at": START,
        "recalled_by": "Nadia",
        "households": households or (of("Marie"),),
    }
    return LotRecalled(**fields | more)


def undone(version=2):
    return LotRecallUndone(
        id="r1",
        version=version,
        producer_id="p-roc",
        producer_name="Chèvrerie du Roc",
        reason="Listeria",
        because="C’était un autre lot.",
        undone_at=START,
        undone_by="Nadia",
        household_ids=("h-Marie",),
    )


@pytest.fixture
async def hub(app):
    await deliver(app, household("Marie", person("Marie"), person("Luc", email="")), household("Zoé"), producer())
    return app


async def mails(app, template="lot_recalled"):
    return {mail["recipient"]: mail for mail in await written(app, template=template)}


async def test_everybody_who_has_an_address_is_told_at_once_what_not_to_eat_and_what_to_do(hub):
    for _time in range(2):
        await deliver(hub, recalled())
    await round_of(hub)
    found = await mails(hub)
    assert "person-Marie" in found
    assert "person-Luc" not in found
    mail = found["person-Marie"]
    assert (mail["state"], mail["urgency"]) == ("sent", 0)
    assert mail["subject"].startswith("RAPPEL")
    for wanted in ("Faisselle, pot de 500 g", "2\u00a0pièces", "lot L-41", "Listeria", "Jetez", "médecin"):
        assert wanted in mail["text"], wanted
    for wanted in ("Lavez le réfrigérateur.", "Nadia, 04 68 00 00 10", "jeudi 19 novembre 2026"):
        assert wanted in mail["text"], wanted


async def test_the_producer_is_told_once_however_many_households_there_are(hub):
    await deliver(hub, recalled(), recalled(of("Zoé"), version=2))
    await round_of(hub)
    found = await mails(hub)
    assert set(found) == {"person-Marie", "person-Zoé", "p-roc"}
    assert "Faisselle" in found["p-roc"]["subject"]
    assert "Marie" not in found["p-roc"]["text"]


async def test_what_is_held_back_is_not_to_be_eaten_and_not_to_be_thrown_away(hub):
    await deliver(hub, recalled(of("Marie", held_back=True)))
    await round_of(hub)
    text = (await mails(hub))["person-Marie"]["text"]
    assert "n’est pas remis" in text
    assert "Jetez" not in text


async def test_what_was_handed_out_and_what_is_held_back_are_in_one_mail(hub):
    await deliver(hub, recalled(of("Marie", goods(sure=False)), of("Marie", goods("Tomme"), held_back=True)))
    await round_of(hub)
    text = (await mails(hub))["person-Marie"]["text"]
    assert text.index("peut-être, au plus 2") < text.index("n’est pas remis") < text.index("Tomme")


async def test_a_recall_undone_is_told_to_whoever_was_told_and_stops_what_did_not_leave(hub):
    await deliver(hub, recalled())
    await deliver(hub, undone())
    await round_of(hub)
    assert {mail["state"] for mail in (await mails(hub)).values()} == {"superseded"}
    told = await mails(hub, "lot_recall_undone")
    assert set(told) == {"person-Marie", "p-roc"}
    assert "C’était un autre lot." in told["person-Marie"]["text"]
    # The events come again, the other way round.
    await deliver(hub, undone(), recalled(version=1))
    await round_of(hub)
    assert {mail["state"] for mail in (await mails(hub)).values()} == {"superseded"}
    assert len(await mails(hub, "lot_recall_undone")) == 2


async def test_of_old_recalls_nobody_is_told_when_history_is_read_again(hub):
    await deliver(hub, recalled(recalled_at=START - timedelta(days=30)))
    assert await mails(hub) == {}
    assert all(event.aggregate != "message" for event in await announced(hub))


async def test_telephones_are_not_kept_where_mails_are_written(hub):
    marie = person("Marie").model_copy(update={"phone": "06 00 00 00 01"})
    await deliver(hub, household("Marie", marie, version=2))
    async with hub.state.service.database.read() as reader:
        from sqlalchemy import select

        from notify.household import household as kept

        people = await reader.scalar(select(kept.c.people).where(kept.c.id == "h-Marie"))
    assert people[0]["name"] == "Marie"
    assert "phone" not in people[0]
