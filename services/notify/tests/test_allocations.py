"""What a household gets: told once where it differs from what was asked, and then only what changed."""

import asyncio
from datetime import timedelta
from html import unescape
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notify_week import (
    CLOSES,
    allocated,
    allocated_line,
    closed,
    household,
    opened,
    person,
    pick_list,
    placed,
    producer,
    revised,
    round_of,
    withdrawn,
    written,
)

from chassis.testing import deliver
from contracts import Bilingual
from contracts.logistics import PickListAnswered
from notify import allocation
from notify.app import NotifySettings, create_app
from notify.message import write_messages

MINUTE = timedelta(minutes=1)


@pytest.fixture
def at_closing(clock):
    clock.set(CLOSES)
    return clock


async def later(app, clock):
    clock.advance(MINUTE)
    await round_of(app)


async def mails(app, **chosen):
    return await written(app, template="order_allocated", **chosen)


async def test_asked_given_and_why_are_told_to_everybody_of_the_household(app, at_closing):
    people = (person("Marie"), person("Paul", language="en"))
    await deliver(app, opened(), household("Marie", *people), closed(), allocated())
    await round_of(app)
    assert await mails(app) == [], "it is held back a little"
    await later(app, at_closing)
    marie, paul = await mails(app, state="sent")
    assert (marie["subject"], paul["subject"]) == ("Ce que vous recevez\u00a0: Semaine 48", "What you get: Semaine 48")
    told = "Pélardon affiné\u00a0: vous avez demandé 2\u00a0pièces et recevez 1\u00a0pièce (3,10\u00a0€). "
    for wanted in (
        told + "La récolte a gelé.",
        "Le reste vient comme demandé.",
        "7,30\u00a0€",
        "vendredi 27 novembre 2026",
    ):
        assert wanted in marie["text"], wanted
        assert wanted in unescape(marie["html"]), wanted
    assert "Poireaux" not in marie["text"]
    assert "you asked for 2\u00a0pieces and get 1\u00a0piece" in paul["text"]
    assert "The harvest froze." in paul["text"]


async def test_sizes_of_one_product_are_told_apart(app, at_closing):
    short = allocated_line("Pélardon affiné", 2000, 1000)
    boxed = short.model_copy(update={"article": short.article.model_copy(update={"pack_label": "lot de 6"})})
    await deliver(app, opened(), household("Marie"), closed(), allocated(boxed))
    await later(app, at_closing)
    [mail] = await mails(app)
    assert "Pélardon affiné, lot de 6\u00a0: vous avez demandé 2\u00a0pièces" in mail["text"]


async def test_who_gets_all_that_was_asked_reads_nothing(app, at_closing):
    await deliver(app, opened(), household("Marie"), closed(), allocated(cheese=2))
    await later(app, at_closing)
    assert await mails(app) == []


async def test_more_to_fill_a_case_nothing_at_all_and_something_instead_are_told(app, at_closing):
    more = Bilingual(fr="Votre marge complète un colis.", en="Your margin fills a case.")
    agreed = Bilingual(fr="Vous aviez accepté un remplacement.", en="You agreed to a substitute.")
    lines = (
        allocated_line("Pélardon affiné", 2000, 0),
        allocated_line("Poireaux", 1500, 2000, reason=more),
        allocated_line("Faisselle", 0, 2000, instead_of="Pélardon affiné", reason=agreed),
    )
    await deliver(app, household("Marie"), allocated(*lines))
    await later(app, at_closing)
    (mail,) = await mails(app, state="sent")
    for wanted in (
        "Pélardon affiné\u00a0: vous avez demandé 2\u00a0pièces et n’en recevez pas. La récolte a gelé.",
        "Poireaux\u00a0: vous avez demandé 1,5\u00a0kg et recevez 2\u00a0kg (5,60\u00a0€). Votre",
        "Faisselle à la place de Pélardon affiné\u00a0: vous recevez 2\u00a0pièces (5,00\u00a0€).",
    ):
        assert wanted in mail["text"], wanted
    assert "Le reste" not in mail["text"]


async def test_a_correction_tells_only_what_changed_since_the_mail_before(app, at_closing):
    await deliver(app, opened(), household("Marie"), closed(), allocated())
    await later(app, at_closing)
    lines = (allocated_line("Pélardon affiné", 2000, 1000), allocated_line("Poireaux", 1500, 500))
    await deliver(app, allocated(*lines, version=3), revised())
    await later(app, at_closing)
    _, second = await mails(app, state="sent")
    assert second["subject"].startswith("Corrigé\u00a0: ce que vous recevez")
    assert "Poireaux\u00a0: vous avez demandé 1,5\u00a0kg et recevez 0,5\u00a0kg" in second["text"]
    assert "Pélardon" not in second["text"]
    # Given back: it is told that all comes after all.
    lines = (allocated_line("Pélardon affiné", 2000, 2000), allocated_line("Poireaux", 1500, 500))
    await deliver(app, allocated(*lines, version=4), revised(11))
    await later(app, at_closing)
    third = (await mails(app, state="sent"))[2]
    assert "vous recevez la quantité demandée, 2\u00a0pièces" in third["text"]
    assert "Auparavant\u00a0: 1\u00a0pièce." in third["text"]


async def test_a_substitute_that_is_taken_back_is_told(app, at_closing):
    instead = allocated_line("Faisselle", 0, 2000, instead_of="Pélardon affiné")
    cheese = allocated_line("Pélardon affiné", 2000, 0)
    await deliver(app, household("Marie"), allocated(cheese, instead))
    await later(app, at_closing)
    await deliver(app, allocated(cheese, version=3))
    await later(app, at_closing)
    _, second = await mails(app, state="sent")
    assert "Faisselle à la place de Pélardon affiné\u00a0: ne vient finalement pas." in second["text"]
    await deliver(app, allocated(cheese, version=4))
    await later(app, at_closing)
    assert len(await mails(app)) == 2


async def test_two_corrections_in_a_minute_are_read_once_and_whole(app, at_closing):
    await deliver(app, household("Marie"), allocated(cheese=1))
    at_closing.advance(30)
    await round_of(app)
    await deliver(app, allocated(cheese=0, version=3))
    await later(app, at_closing)
    (mail,) = await mails(app)
    assert "n’en recevez pas" in mail["text"]
    assert "Corrigé" not in mail["subject"]


async def test_a_correction_whose_forerunner_still_waits_says_all_of_it(app, at_closing):
    """The mail server was away: what was never read is not taken as told."""
    await deliver(app, household("Marie"), allocated(cheese=1))
    at_closing.advance(MINUTE)
    assert await app.state.service.timers.call_one()
    lines = (allocated_line("Pélardon affiné", 2000, 1000), allocated_line("Poireaux", 1500, 500))
    await deliver(app, allocated(*lines, version=3))
    await later(app, at_closing)
    first, second = await mails(app)
    assert (first["state"], second["state"]) == ("superseded", "sent")
    assert "Pélardon affiné\u00a0: vous avez demandé" in second["text"]
    assert "Poireaux\u00a0: vous avez demandé" in second["text"]


AS_ASKED = allocated(allocated_line("Pélardon affiné", 2000, 2000), version=3)


async def test_what_is_taken_back_while_its_mail_is_being_written_is_not_written(app, at_closing, monkeypatch):
    """On PostgreSQL the newer word is heard beside it: the mail is undone with its call."""
    await deliver(app, household("Marie"), allocated(cheese=1))
    at_closing.advance(MINUTE)
    begun, heard = asyncio.Event(), asyncio.Event()

    async def until_heard(writer, rows):
        begun.set()
        await heard.wait()
        await write_messages(writer, rows)

    if app.state.service.database.is_sqlite:
        pytest.skip("one writer at a time")
    with monkeypatch.context() as patch:
        patch.setattr(allocation, "write_messages", until_heard)
        telling = asyncio.create_task(app.state.service.timers.call_one())
        await begun.wait()
        await deliver(app, AS_ASKED)
        heard.set()
        assert await telling
    await later(app, at_closing)
    assert await mails(app) == []


async def test_what_is_taken_back_after_its_mail_was_looked_for_is_not_read(app, at_closing, monkeypatch):
    """On PostgreSQL the newer word may have looked for a mail that is only written then."""
    if app.state.service.database.is_sqlite:
        pytest.skip("one writer at a time")
    await deliver(app, household("Marie"), allocated(cheese=1))
    at_closing.advance(MINUTE)
    looked, told, supersede = asyncio.Event(), asyncio.Event(), allocation.supersede

    async def until_told(writer, orders, template):
        await supersede(writer, orders, template)
        if not looked.is_set():
            looked.set()
            await told.wait()

    with monkeypatch.context() as patch:
        patch.setattr(allocation, "supersede", until_told)
        hearing = asyncio.create_task(deliver(app, AS_ASKED))
        await looked.wait()
        assert await app.state.service.timers.call_one()
        told.set()
        await hearing
    await later(app, at_closing)
    assert [mail["state"] for mail in await mails(app)] == ["superseded"]


async def test_the_confirmation_of_the_last_minute_is_sent_all_the_same(app, at_closing):
    at_closing.set(CLOSES - timedelta(seconds=5))
    await deliver(app, opened(), household("Marie"), placed(at=at_closing.now()))
    at_closing.advance(10)
    await deliver(app, closed(), allocated(at=at_closing.now()))
    await later(app, at_closing)
    sent = await written(app, state="sent")
    assert sorted(row["template"] for row in sent) == ["order_allocated", "order_confirmation"]
    assert "ne change plus" not in next(row["text"] for row in sent if row["template"] == "order_confirmation")


async def test_who_orders_anew_or_withdraws_is_not_told_what_was_decided_before(app, at_closing):
    await deliver(app, household("Marie"), allocated(), withdrawn(version=3))
    await later(app, at_closing)
    assert await mails(app) == []


def on_the_shelf(version):
    """What is left over of a case; nobody asked for it."""
    return allocated(allocated_line("Pélardon affiné", 0, 3000), version=version)


async def test_what_the_shelf_was_to_take_and_does_not_is_taken_back_or_never_told(app, at_closing):
    await deliver(app, opened(), household("Marie"), closed(), on_the_shelf(1))
    await later(app, at_closing)
    await deliver(app, withdrawn(version=2, at=at_closing.now()))
    await later(app, at_closing)
    assert len(await mails(app, state="sent")) == 1
    (nothing,) = await written(app, template="order_withdrawn", state="sent")
    assert nothing["facts"]["order"]["version"] == 2
    # Decided once more: it is told again, though the last such mail said the same.
    await deliver(app, allocated(allocated_line("Pélardon affiné", 0, 3000), version=3, at=at_closing.now()))
    await later(app, at_closing)
    assert len(await mails(app, state="sent")) == 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as it was said", "the other way round"])
async def test_what_the_shelf_lost_before_anybody_read_of_it_is_not_told(app, at_closing, order):
    said = (on_the_shelf(1), withdrawn(version=2, at=at_closing.now()))
    await deliver(app, opened(), household("Marie"), closed(), *(said[index] for index in order))
    await later(app, at_closing)
    assert await written(app, state="sent") == []
    assert await written(app, state="waiting") == []


async def test_the_history_read_again_tells_nothing(app, at_closing):
    at_closing.advance(timedelta(days=30))
    await deliver(app, household("Marie"), placed(), closed(), allocated(), revised())
    await later(app, at_closing)
    assert await written(app) == []


async def test_tolerance_consent_and_deposits_are_in_the_confirmation(app, clock):
    order = placed()
    cheese, leeks = order.lines
    lines = (
        cheese.model_copy(update={"tolerance_thousandths": 3000, "substitute": True}),
        leeks.model_copy(update={"least_thousandths": 1000, "deposit_cents": 30}),
    )
    await deliver(app, opened(), household("Marie"), order.model_copy(update={"lines": lines}))
    await later(app, clock)
    (mail,) = await written(app, state="sent")
    assert "Pélardon affiné (jusqu’à 3\u00a0pièces de plus pour compléter une caisse, ou quelque chose" in mail["text"]
    assert "Poireaux (rien plutôt que moins de 1\u00a0kg)" in mail["text"]
    assert "S’y ajoutent 0,30\u00a0€ de consignes" in mail["text"]


# --- to producers ---


@pytest.fixture
async def with_documents(app):
    async def fetch(path):
        return b"%PDF"

    app.state.postman.fetch = fetch
    return app


async def test_a_corrected_list_is_sent_as_one(with_documents):
    app = with_documents
    await deliver(app, producer(), pick_list())
    await round_of(app)
    await deliver(app, pick_list(version=3, revision=2), pick_list(version=4, revision=3, lines=0))
    await round_of(app)
    first, second, third = await written(app, template="pick_list")
    assert first["subject"] == "À apporter le vendredi 27 novembre 2026"
    assert "dire si vous pouvez tout apporter" in first["text"]
    assert (second["state"], second["reason"]) == ("superseded", "newer")
    assert third["subject"] == "Corrigé\u00a0: plus rien à apporter le vendredi 27 novembre 2026"
    await deliver(app, pick_list(version=5, revision=4))
    await round_of(app)
    (last,) = (await written(app, state="sent"))[2:]
    assert last["subject"] == "Corrigé\u00a0: à apporter le vendredi 27 novembre 2026"


@pytest.mark.parametrize("versions", [(1, 3), (3, 1)])
async def test_lists_that_come_before_their_producer_end_with_the_newest(with_documents, clock, versions):
    app = with_documents
    for version in versions:
        await deliver(app, pick_list(version=version, revision=(version + 1) // 2))
    await deliver(app, producer())
    clock.advance(10)
    await round_of(app)
    (mail,) = await written(app, state="sent")
    assert mail["facts"]["version"] == 3


EVENTS = [
    opened(),
    household("Marie"),
    household("Josette", group="Quillan"),
    placed(at=CLOSES),
    placed("Josette", at=CLOSES),
    closed(),
    allocated(),
    allocated(cheese=0, version=3),
    revised(),
    producer(),
    pick_list(at=CLOSES),
    PickListAnswered(
        id="list-1",
        version=2,
        cycle_id="week-48",
        producer_id="p-roc",
        producer_name="Chèvrerie du Roc",
        revision=1,
        answered_at=CLOSES,
        answered_by="Paule Azéma",
        lines=(),
    ),
    pick_list(version=3, revision=2, at=CLOSES),
]


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
async def test_in_whatever_order_it_is_heard_the_last_word_is_read_once(started, clock, random: Random):
    async def fetch(path):
        return b"%PDF"

    clock.set(CLOSES)
    if not hasattr(started, "app"):
        started.app = await started(create_app, NotifySettings, send_mails=False)
    app = started.app
    app.state.postman.fetch = fetch
    async with app.state.service.database.write() as writer:
        for table in reversed(app.state.service.metadata.sorted_tables):
            await writer.execute(table.delete())
    events = [*EVENTS, *random.sample(EVENTS, random.randrange(len(EVENTS)))]
    random.shuffle(events)
    await deliver(app, *events)
    for _ in range(3):
        clock.advance(MINUTE)
        await round_of(app)
    sent = [(row["template"], row["recipient"]) for row in await written(app, state="sent")]
    assert sorted(sent) == [
        ("order_allocated", "person-Marie"),
        ("order_confirmation", "person-Josette"),
        ("order_confirmation", "person-Marie"),
        ("pick_list", "p-roc"),
    ]
    (mail,) = await mails(app, state="sent")
    assert "n’en recevez pas" in mail["text"]
