"""The schedule of a day: each person is told what is theirs, and then only what changed of it."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from notify_schedule import FRIDAY, LOLA, MARCEL, ODETTE, THURSDAY_EVENING, Planned, farm, referents
from notify_week import household, opened, person, placed, round_of, written
from sqlalchemy import select

from chassis import crash
from chassis.testing import call_due, deliver
from notify import message, schedule
from notify.schedule import Schedules

MINUTE = timedelta(minutes=1)
SPACES = {0xA0: " ", 0x202F: " "}
BOTH = referents(Limoux=person("Josette"), Quillan=person("Tom", language="en"))


@pytest.fixture
def evening(clock):
    clock.set(THURSDAY_EVENING)
    return clock


@pytest.fixture
async def told(app, evening):
    """Everybody is known, and was told the first version."""
    await deliver(app, farm("pic"), farm("roc", language="en"), BOTH, Planned().said())
    await later(app, evening)
    return app


async def later(app, clock):
    clock.advance(MINUTE)
    await round_of(app)


async def mails(app, template="schedule", **chosen):
    """As rows, with plain spaces."""
    found = await written(app, template=template, **chosen)
    return [dict(row) | {name: row[name].translate(SPACES) for name in ("subject", "text")} for row in found]


async def news(app, *events, clock):
    """The mails that were sent after these events, by recipient."""
    before = {mail["id"] for mail in await mails(app)}
    await deliver(app, *events)
    await later(app, clock)
    return {mail["recipient"]: mail for mail in await mails(app, state="sent") if mail["id"] not in before}


async def test_the_first_version_tells_everybody_the_whole_of_what_is_theirs(told):
    sent = {mail["recipient"]: mail for mail in await mails(told, state="sent")}
    assert sent.keys() == {"pic", "roc", "carrier:marcel", "carrier:lola", "person-Josette", "person-Tom"}
    assert sent["carrier:marcel"]["email"] == "marcel@example.org"
    assert sent["carrier:lola"]["email"] == "roc@example.org", "she is of the Roc, and has no address of her own"
    pic, roc = sent["pic"]["text"], sent["roc"]["text"]
    goods = "Vos produits pour Foyer de Limoux et Foyer de Quillan sont enlevés à 8 h 05 par Marcel."
    assert goods in pic
    assert "You bring your goods to Foyer de Limoux at 09:30." in roc
    assert "Chèvrerie" not in pic
    josette, tom = sent["person-Josette"]["text"], sent["person-Tom"]["text"]
    assert "de 17 h à 19 h, Foyer de Limoux, 12 rue de la Mairie" in josette
    assert "Foyer de Limoux : les produits de Fromagerie du Pic arrivent à 9 h 02 avec Marcel." in josette
    assert "Quillan" not in josette
    assert "Foyer de Quillan: goods of Fromagerie du Pic come at 09:50" in tom
    marcel = sent["carrier:marcel"]["text"]
    assert "Tournée 1 avec Kangoo" in marcel
    for place in ("Fromagerie du Pic", "Foyer de Limoux", "Foyer de Quillan"):
        assert place in marcel
    assert "/logistics/rounds/open/marcel" in marcel
    assert "/logistics/rounds/open/" not in pic + roc + josette + tom
    assert "Chèvrerie" not in marcel


async def test_a_new_hour_is_told_to_whom_it_concerns_with_what_it_was(told, evening):
    sent = await news(told, Planned(fetched="07:23").said(2), clock=evening)
    assert sent.keys() == {"pic", "carrier:marcel"}
    expected = "sont enlevés à 7 h 23 au lieu de 8 h 05 par Marcel."
    assert expected in sent["pic"]["text"]
    assert sent["pic"]["subject"].startswith("Changement")
    assert "Quai de Limoux" not in sent["pic"]["text"]
    assert "Fromagerie du Pic" in sent["carrier:marcel"]["text"]
    assert "7 h 23 – 8 h 20 au lieu de 8 h 05 – 8 h 20" in sent["carrier:marcel"]["text"]
    assert "Foyer de Quillan" not in sent["carrier:marcel"]["text"]


async def test_another_driver_is_told_to_the_two_and_to_those_they_come_to(told, evening):
    odette = ODETTE.model_copy(update={"email": "odette@example.org"})
    sent = await news(told, Planned(driver=odette).said(2), clock=evening)
    assert sent.keys() == {"pic", "carrier:marcel", "carrier:odette", "person-Josette", "person-Tom"}
    assert "à 8 h 05 par Odette au lieu de Marcel." in sent["pic"]["text"]
    assert "at 09:50 with Odette instead of Marcel." in sent["person-Tom"]["text"]
    assert "Vous ne conduisez plus le" in sent["carrier:marcel"]["text"]
    assert "/logistics/rounds" not in sent["carrier:marcel"]["text"]
    assert sent["carrier:odette"]["subject"].startswith("Vos tournées")


async def test_goods_that_do_not_go_any_more_are_told(told, evening):
    sent = await news(told, Planned(quillan=False).said(2), clock=evening)
    assert sent.keys() == {"pic", "carrier:marcel", "person-Tom"}
    assert "Supprimé" in sent["pic"]["text"]
    assert "Foyer de Limoux" not in sent["pic"]["text"], "of what stays nothing is said"
    assert "No more: Foyer de Quillan: goods of Fromagerie du Pic" in sent["person-Tom"]["text"]
    again = await news(told, Planned().said(3), clock=evening)
    assert again.keys() == sent.keys()
    assert "New: Foyer de Quillan: goods of Fromagerie du Pic" in again["person-Tom"]["text"]


async def test_a_version_in_which_nothing_of_theirs_changed_tells_nobody(told, evening):
    assert await news(told, Planned().said(2), clock=evening) == {}


async def test_version_three_before_two_tells_three_and_never_two(told, evening):
    three = await news(told, Planned(fetched="07:23").said(3), clock=evening)
    assert "7 h 23 au lieu de 8 h 05" in three["pic"]["text"]
    assert await news(told, Planned(fetched="07:50").said(2), clock=evening) == {}


async def test_replays_tell_nobody_anything(told, evening):
    said = [Planned().said(), Planned(fetched="07:50").said(2), Planned(fetched="07:23").said(3)]
    assert "7 h 23 au lieu de 8 h 05" in (await news(told, *said, clock=evening))["pic"]["text"], "of two the last"
    for events in ((said[2], said[2]), said, reversed(said)):
        assert await news(told, *events, clock=evening) == {}


async def test_what_was_not_read_yet_is_replaced_and_the_next_mail_tells_from_what_was(told, evening):
    await deliver(told, Planned(fetched="07:50").said(2))
    evening.advance(MINUTE)
    await call_due(told)
    [waiting] = await mails(told, recipient="pic", state="waiting")
    sent = await news(told, Planned(fetched="07:23").said(3), clock=evening)
    assert "7 h 23 au lieu de 8 h 05" in sent["pic"]["text"], "nobody told them 7 h 50"
    [held] = [mail for mail in await mails(told) if mail["id"] == waiting["id"]]
    assert (held["state"], held["reason"]) == ("superseded", "newer")


async def test_what_is_taken_back_before_it_left_is_not_told_at_all(told, evening):
    await deliver(told, Planned(fetched="07:50").said(2))
    evening.advance(MINUTE)
    await call_due(told)
    assert await news(told, Planned().said(3), clock=evening) == {}


async def test_while_a_mail_is_on_its_way_the_next_one_waits_for_what_becomes_of_it(told, evening):
    database = told.state.service.database
    await deliver(told, Planned(fetched="07:50").said(2))
    evening.advance(MINUTE)
    await call_due(told)
    async with database.write() as writer:
        held = await message.claim(writer)
        assert held["recipient"] in ("pic", "carrier:marcel")
    await deliver(told, Planned(fetched="07:23").said(3))
    await later(told, evening)
    reasons = {mail["caused_by"] for mail in await mails(told)}
    assert "schedule:2026-11-27:3" not in reasons
    # The mail server refused it for now: nobody read it.
    async with database.write() as writer:
        await message.postpone(writer, held, "busy", "450 later", evening.now() + MINUTE)
    evening.advance(message.CLAIM)
    await round_of(told)
    sent = {mail["recipient"]: mail["text"] for mail in await mails(told, state="sent") if ":3" in mail["caused_by"]}
    assert sent.keys() == {"pic", "carrier:marcel"}
    assert "7 h 23 au lieu de 8 h 05" in sent["pic"]


async def test_a_mail_that_failed_is_not_tried_again_once_there_is_a_newer_version(app, evening):
    nowhere = farm("pic", email="")
    await deliver(app, nowhere, farm("roc"), BOTH, Planned().said())
    await later(app, evening)
    [failed] = await mails(app, recipient="pic")
    assert (failed["state"], failed["reason"]) == ("failed", "no_address")
    await deliver(app, farm("pic", version=2), Planned(fetched="07:23").said(2))
    await later(app, evening)
    async with app.state.service.database.write() as writer:
        assert not await message.try_again(writer, failed["id"], "pic@example.org")
    [whole] = await mails(app, recipient="pic", state="sent")
    assert "sont enlevés à 7 h 23 par Marcel." in whole["text"], "the first they read is whole"


@pytest.mark.parametrize("when", ["history", "over"])
async def test_of_a_day_that_is_over_and_of_history_nobody_is_told(app, evening, when):
    if when == "over":
        evening.advance(timedelta(days=1, hours=6))
        published_at = evening.now()
    else:
        published_at = THURSDAY_EVENING - timedelta(days=4)
    events = (farm("pic"), farm("roc"), BOTH, Planned().said(1, when=published_at))
    assert await news(app, *events, clock=evening) == {}
    async with app.state.service.database.read() as reader:
        assert [row["version"] for row in await reader.all(select(schedule.schedule))] == [1]


async def test_a_mail_that_could_not_leave_before_the_day_was_over_does_not_leave_after_it(app, evening):
    await deliver(app, farm("pic"), farm("roc"), Planned().said())
    evening.advance(MINUTE)
    await call_due(app)
    evening.advance(timedelta(days=1, hours=6))
    await round_of(app)
    assert {mail["state"] for mail in await mails(app)} == {"superseded"}


async def test_a_producer_that_is_heard_of_later_is_told_then_and_the_others_only_once(app, evening):
    await deliver(app, farm("roc"), BOTH, Planned().said())
    await later(app, evening)
    assert "pic" not in {mail["recipient"] for mail in await mails(app)}
    count = len(await mails(app))
    await deliver(app, farm("pic"))
    await later(app, evening)
    assert [mail["recipient"] for mail in await mails(app)][count:] == ["pic"]


async def test_who_looks_after_a_group_from_now_on_is_told_and_who_did_is_not_told_of_nothing(told, evening):
    sent = await news(told, referents(2, Limoux=person("Anne"), Quillan=person("Tom", language="en")), clock=evening)
    assert sent.keys() == {"person-Anne"}
    assert "de 17 h à 19 h" in sent["person-Anne"]["text"]
    later_ = await news(told, Planned(limoux="09:12").said(2), clock=evening)
    assert "person-Josette" not in later_
    assert "9 h 12 au lieu de 9 h 02" in later_["person-Anne"]["text"]


async def test_a_carrier_without_any_address_is_not_written_to(app, evening):
    await deliver(app, farm("pic"), farm("roc"), BOTH, Planned(driver=ODETTE).said())
    await later(app, evening)
    assert "carrier:odette" not in {mail["recipient"] for mail in await mails(app)}
    assert {MARCEL.carrier_id, LOLA.carrier_id} == {"marcel", "lola"}


# --- members ---

MEMBERS = (household("Marie"), household("Paul", group="Quillan"), household("Anne"))


async def test_members_who_ordered_are_told_where_their_hand_over_has_another_hour(app, evening):
    await deliver(app, farm("pic"), farm("roc"), opened(), *MEMBERS, placed("Marie"), Planned().said())
    await later(app, evening)
    assert await mails(app, "handover_changed") == [], "the first version is what their order told them"
    for version in (2, 2, 3):
        await deliver(app, Planned(opens="17:30").said(version))
        await later(app, evening)
    [marie] = await mails(app, "handover_changed")
    assert (marie["recipient"], marie["state"]) == ("person-Marie", "sent")
    assert "de 17 h 30 à 19 h 30, Foyer de Limoux" in marie["text"]
    assert "de 17 h à 19 h, Foyer de Limoux" in marie["text"]
    await deliver(app, Planned().said(4))
    await later(app, evening)
    back = (await mails(app, "handover_changed"))[-1]
    assert back["text"].index("de 17 h à") < back["text"].index("de 17 h 30")


async def test_members_are_told_though_the_version_their_order_was_of_comes_late(app, evening):
    await deliver(app, opened(), *MEMBERS, placed("Marie"), Planned(opens="17:30").said(2))
    await later(app, evening)
    assert await mails(app, "handover_changed") == []
    await deliver(app, Planned().said(1))
    await later(app, evening)
    assert [mail["recipient"] for mail in await mails(app, "handover_changed")] == ["person-Marie"]
    assert str(FRIDAY.day) in (await mails(app, "handover_changed"))[0]["subject"]


# --- a service that dies ---


class Died(Exception):
    """Stands for the process that is gone: what it had not committed is undone."""


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_while_hearing_or_telling_each_is_told_once(app, evening, monkeypatch, point):
    schedules = Schedules(MINUTE, timedelta(days=3), ZoneInfo("Europe/Paris"))
    deaths = []

    def dies(_service, name):
        if name == point and not deaths:
            deaths.append(name)
            raise Died

    monkeypatch.setattr(crash, "point", dies)
    deaths.append("")
    await deliver(app, farm("pic"), farm("roc"), BOTH)
    for said in (Planned().said(), Planned(fetched="07:23").said(2)):
        deaths.clear()
        with pytest.raises(Died):
            async with app.state.service.database.write() as writer:
                await schedules.hear(writer, said)
        # It was not acknowledged, and comes again.
        await deliver(app, said)
        evening.advance(MINUTE)
        deaths.clear()
        with suppress(Died):
            await app.state.service.timers.call_one()
        assert deaths == [point]
        for _time in range(5):
            await later(app, evening)
    assert {mail["state"] for mail in await mails(app)} == {"sent"}
    reasons = Counter((mail["recipient"], mail["caused_by"]) for mail in await mails(app))
    assert max(reasons.values()) == 1
    assert sorted(recipient for recipient, reason in reasons if reason.endswith(":2")) == ["carrier:marcel", "pic"]
