"""Which mails are written, to whom, and which are not."""

from datetime import timedelta
from html import unescape
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notify_week import (
    CLOSES,
    START,
    closed,
    household,
    opened,
    person,
    pick_list,
    placed,
    producer,
    round_of,
    sign_in,
    withdrawn,
    written,
)

from chassis.testing import announced, deliver
from contracts.notify import MessageFailed, MessageSent
from contracts.ordering import CycleChanged
from notify.app import NotifySettings, create_app

MINUTE = timedelta(minutes=1)


async def test_an_order_is_confirmed_to_everybody_of_the_household_who_has_an_address(app, clock):
    people = (person("Marie"), person("Paul", language="en"), person("Mamie", email=""))
    await deliver(app, opened(), household("Marie", *people), placed())
    await round_of(app)
    assert await written(app) == [], "it is held back a little"
    clock.advance(MINUTE)
    await round_of(app)
    marie, paul = await written(app, state="sent")
    assert (marie["email"], marie["subject"]) == ("marie@example.org", "Votre commande\u00a0: Semaine 48")
    assert (paul["email"], paul["subject"]) == ("paul@example.org", "Your order: Semaine 48")
    for wanted in (
        "Pélardon affiné",
        "2\u00a0pièces",
        "6,20\u00a0€",
        "1,5\u00a0kg",
        "10,40\u00a0€",
        "vendredi 27 novembre 2026",
    ):
        assert wanted in marie["text"], wanted
        assert wanted in unescape(marie["html"]), wanted


async def test_a_confirmation_says_that_weighed_goods_can_still_change_the_sum(app, clock):
    weighed, plain = placed("Marie"), placed("Paul")
    lines = [line.model_copy(update={"article": line.article.model_copy(update={"weighed": True})})
             for line in weighed.lines]  # fmt: skip
    weighed = weighed.model_copy(update={"lines": tuple(lines)})
    await deliver(app, opened(), household("Marie"), household("Paul"), weighed, plain)
    clock.advance(MINUTE)
    await round_of(app)
    assert {row["name"]: "pesés à la livraison" in row["text"] for row in await written(app)} == {
        "Marie": True,
        "Paul": False,
    }


async def test_after_the_closing_a_confirmation_does_not_invite_to_change(app, clock):
    await deliver(app, opened(), household("Marie"), placed(), closed())
    clock.advance(MINUTE)
    await round_of(app)
    (mail,) = await written(app)
    assert "closes" in mail["text"]
    assert "changer" not in mail["text"]


async def test_who_changes_a_basket_five_times_reads_the_last_state_once(app, clock):
    await deliver(app, opened(), household("Marie"))
    for version in range(1, 6):
        await deliver(app, placed(count=version, version=version))
        clock.advance(20)
        await round_of(app)
    clock.advance(MINUTE)
    await round_of(app)
    (mail,) = await written(app)
    assert "5\u00a0pièces" in mail["text"]


async def test_a_confirmation_that_still_waits_is_superseded_by_the_newer_one(app, clock):
    await deliver(app, opened(), household("Marie"), placed())
    clock.advance(MINUTE)
    assert await app.state.service.timers.call_one()
    await deliver(app, placed(count=7, version=2))
    clock.advance(MINUTE)
    await round_of(app)
    assert [(row["state"], row["reason"]) for row in await written(app)] == [("superseded", "newer"), ("sent", "")]


async def test_an_order_withdrawn_before_anything_was_said_says_nothing(app, clock):
    await deliver(app, opened(), household("Marie"), placed(), withdrawn())
    clock.advance(MINUTE)
    await round_of(app)
    assert await written(app) == []


async def test_who_was_told_of_an_order_is_told_of_its_withdrawal(app, clock):
    await deliver(app, opened(), household("Marie"), placed())
    clock.advance(MINUTE)
    await round_of(app)
    await deliver(app, withdrawn())
    clock.advance(MINUTE)
    await round_of(app)
    assert [row["template"] for row in await written(app, state="sent")] == ["order_confirmation", "order_withdrawn"]


async def test_a_republication_is_no_new_reason_to_write(app, clock):
    await deliver(app, opened(), household("Marie"), placed())
    clock.advance(MINUTE)
    await round_of(app)
    await deliver(app, placed(), opened(), pick_list(), producer(), pick_list())
    clock.advance(MINUTE)
    await round_of(app)
    assert len(await written(app, template="order_confirmation")) == 1
    assert len(await written(app, template="pick_list")) == 1


async def test_the_history_read_again_writes_no_mails(app, clock):
    clock.advance(timedelta(days=30))
    await deliver(app, opened(), household("Marie"), placed(), producer(), pick_list(), sign_in(), closed())
    clock.advance(MINUTE)
    await round_of(app)
    assert await written(app) == []


async def test_an_order_that_comes_before_its_household_waits_for_it(app, clock):
    await deliver(app, placed())
    clock.advance(MINUTE)
    await round_of(app)
    await deliver(app, household("Marie"))
    clock.advance(MINUTE)
    await round_of(app)
    assert len(await written(app, state="sent")) == 1


async def test_only_those_who_have_not_ordered_are_reminded(app, clock):
    await deliver(
        app, opened(), household("Marie"), household("Josette", group="Quillan"), household("Luc", group="Foix")
    )
    await deliver(app, placed())
    clock.set(CLOSES - timedelta(hours=24, seconds=1))
    await round_of(app)
    assert await written(app, template="closing_reminder") == []
    clock.advance(1)
    await round_of(app)
    (mail,) = await written(app, template="closing_reminder")
    assert mail["email"] == "josette@example.org"
    assert "dimanche 22 novembre 2026" in mail["text"]


async def test_a_closing_that_is_moved_moves_its_reminder(app, clock):
    later = opened(CLOSES + timedelta(days=2), version=2)
    await deliver(app, household("Marie"), opened(), CycleChanged(**later.model_dump()), opened())
    clock.set(CLOSES - timedelta(hours=24))
    await round_of(app)
    assert await written(app) == []
    clock.advance(timedelta(days=2))
    await round_of(app)
    assert len(await written(app, state="sent")) == 1


async def test_nobody_is_reminded_of_a_cycle_whose_orders_ended_early(app, clock):
    ended = CycleChanged(**opened(version=2).model_dump(), phase="deciding")
    await deliver(app, household("Marie"), opened(), ended)
    clock.set(CLOSES - timedelta(hours=24))
    await round_of(app)
    assert await written(app, template="closing_reminder") == []


@pytest.mark.parametrize(
    ("opens_before", "slept", "reminded"),
    [
        (timedelta(hours=24), timedelta(0), False),
        (timedelta(hours=36), timedelta(0), True),
        (timedelta(days=3), timedelta(hours=23, minutes=30), False),
        (timedelta(days=3), timedelta(hours=3), True),
    ],
)
async def test_a_reminder_that_helps_nobody_is_not_sent(app, clock, opens_before, slept, reminded):
    """Not hours after the opening, and not minutes before the closing because the hub slept."""
    clock.set(CLOSES - opens_before)
    await deliver(app, household("Marie"), opened(opens_at=CLOSES - opens_before))
    clock.set(CLOSES - timedelta(hours=24) + slept)
    await round_of(app)
    assert (len(await written(app, state="sent")) == 1) is reminded


async def test_after_the_closing_nobody_is_reminded(app, clock):
    await deliver(app, household("Marie"), opened(), closed())
    clock.set(CLOSES - timedelta(hours=20))
    await round_of(app)
    assert await written(app) == []


async def test_a_reminder_that_waits_is_not_sent_to_who_has_ordered_meanwhile(app, clock):
    await deliver(app, household("Marie"), opened())
    clock.set(CLOSES - timedelta(hours=24))
    assert await app.state.service.timers.call_one()
    await deliver(app, placed(at=clock.now()))
    await round_of(app)
    assert await written(app, template="closing_reminder", state="sent") == []


async def test_a_sign_in_link_leaves_at_once_and_first(app):
    await deliver(app, producer(), pick_list(), sign_in())
    assert await app.state.postman.send_one()
    (mail,) = await written(app, state="sent")
    assert mail["template"] == "sign_in"
    assert "http://127.0.0.1:8000/ordering/sign-in/secret-1" in mail["text"]
    assert "10\u202fh\u202f15" in mail["text"] or "10 h 15" in mail["text"] or "10\u00a0h\u00a015" in mail["text"]


async def test_a_sign_in_link_that_expired_is_not_sent(app, clock):
    await deliver(app, sign_in())
    clock.advance(timedelta(minutes=15))
    await round_of(app)
    assert [(row["state"], row["reason"]) for row in await written(app)] == [("superseded", "expired")]


async def test_of_two_links_asked_for_only_the_newest_is_sent(app):
    await deliver(app, sign_in(number=1), sign_in(number=2))
    await round_of(app)
    assert [row["state"] for row in await written(app)] == ["superseded", "sent"]


async def test_links_that_arrive_in_the_wrong_order_end_with_the_newest(app):
    await deliver(app, sign_in(number=2, at=START + MINUTE), sign_in(number=1), sign_in(number=2, at=START + MINUTE))
    await round_of(app)
    (mail,) = await written(app)
    assert (mail["state"], "secret-2" in mail["text"]) == ("sent", True)


async def test_a_producer_without_an_address_is_a_failure_for_all_to_see(app, clock):
    await deliver(app, producer(email=""), pick_list())
    await round_of(app)
    (mail,) = await written(app)
    assert (mail["state"], mail["reason"]) == ("failed", "no_address")
    (said,) = await announced(app)
    assert isinstance(said, MessageFailed)
    assert (said.recipient, said.reason) == ("p-roc", "no_address")


async def test_a_pick_list_that_comes_before_its_producer_waits_for_it(started, clock):
    async def fetch(path):
        return b"%PDF"

    app = await started(create_app, NotifySettings, send_mails=False)
    app.state.postman.fetch = fetch
    await deliver(app, pick_list())
    await round_of(app)
    await deliver(app, producer())
    clock.advance(10)
    await round_of(app)
    assert len(await written(app, state="sent")) == 1


EVENTS = [
    opened(),
    household("Marie"),
    household("Josette", group="Quillan"),
    placed(),
    placed(count=3, version=2),
    placed("Josette"),
    withdrawn("Josette"),
    producer(),
    pick_list(),
    sign_in(),
]


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
async def test_whatever_the_order_of_arrival_everybody_is_written_once(started, clock, random: Random):
    async def fetch(path):
        return b"%PDF"

    clock.set(START)
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
        ("order_confirmation", "person-Marie"),
        ("pick_list", "p-roc"),
        ("sign_in", "person-Marie"),
    ]


async def test_what_left_is_announced_without_the_address(app):
    await deliver(app, sign_in())
    await round_of(app)
    (said,) = await announced(app)
    assert isinstance(said, MessageSent)
    assert (said.template, said.recipient, said.caused_by) == (
        "sign_in",
        "person-Marie",
        "sign_in.requested:sign-in-1:1",
    )
    assert "@" not in said.model_dump_json()
    assert "secret" not in said.model_dump_json()
