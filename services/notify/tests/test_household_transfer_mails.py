"""Who is told what a household pays to others of its group. On both databases."""

from datetime import timedelta

import pytest
from notify_week import START, household, round_of, written

from chassis.testing import deliver
from contracts.billing import HouseholdTransfer, HouseholdTransfersDrawn

MARIE = HouseholdTransfer(household_id="h-Zoe", household_name="Zoé", cents=1500)
DRAWN = HouseholdTransfersDrawn(
    id="round_h-Marie",
    version=1,
    household_id="h-Marie",
    household_name="Marie",
    group_id="g-Limoux",
    cycle_names=("Semaine 46", "Semaine 48"),
    pays=(MARIE,),
    path="/billing/between/mine",
    drawn_at=START,
)


@pytest.fixture
async def told(app):
    await deliver(app, household("Marie"))
    return app


async def mails(app):
    return await written(app, template="household_transfers")


async def test_each_person_of_the_household_is_told_once_whom_it_pays(told):
    for _time in range(2):
        await deliver(told, DRAWN)
    await round_of(told)
    found = await mails(told)
    assert {mail["state"] for mail in found} == {"sent"}
    assert len({mail["recipient"] for mail in found}) == len(found) > 0
    for wanted in ("Vous versez", "Zoé", "15,00\u00a0€", "Semaine 46, Semaine 48", "/billing/between/mine"):
        assert wanted in found[0]["text"], wanted
    assert "Vous recevez" not in found[0]["text"]


async def test_of_what_is_drawn_up_anew_only_the_newest_leaves(told):
    await deliver(told, DRAWN)
    gets = (HouseholdTransfer(household_id="h-Paul", household_name="Paul", cents=320),)
    await deliver(told, DRAWN.model_copy(update={"version": 2, "pays": (), "gets": gets}))
    await round_of(told)
    sent = [mail for mail in await mails(told) if mail["state"] == "sent"]
    assert sent
    assert all("Paul" in mail["text"] and "Zoé" not in mail["text"] for mail in sent)


async def test_what_was_drawn_up_before_is_told_to_nobody_who_was_told_of_the_newer(told):
    newer = DRAWN.model_copy(update={"version": 11, "pays": (MARIE.model_copy(update={"cents": 700}),)})
    for one in (newer, DRAWN.model_copy(update={"version": 9}), newer):
        await deliver(told, one)
    assert {mail["state"] for mail in await mails(told)} == {"waiting"}
    await round_of(told)
    await deliver(told, DRAWN)
    await round_of(told)
    found = await mails(told)
    assert {mail["state"] for mail in found} == {"sent"}
    assert all("7,00\u00a0€" in mail["text"] for mail in found)


async def test_that_nothing_is_to_be_paid_is_told_to_who_was_told_otherwise(told):
    nothing = DRAWN.model_copy(update={"version": 2, "pays": ()})
    await deliver(told, nothing)
    await round_of(told)
    assert await mails(told) == []
    await deliver(told, DRAWN.model_copy(update={"version": 3}))
    await round_of(told)
    await deliver(told, nothing.model_copy(update={"version": 4}))
    await round_of(told)
    assert any("plus rien à verser" in mail["text"] for mail in await mails(told))


async def test_nobody_is_told_of_what_is_long_ago_or_of_a_household_nobody_knows(told):
    long_ago = {"id": "old", "drawn_at": START - timedelta(days=30)}
    await deliver(told, DRAWN.model_copy(update=long_ago))
    await deliver(told, DRAWN.model_copy(update={"id": "other", "household_id": "h-nobody"}))
    await round_of(told)
    assert await mails(told) == []
