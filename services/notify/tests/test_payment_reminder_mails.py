"""Who is written to when a household is reminded of what it has not paid. On both databases."""

from datetime import date, timedelta

import pytest
from notify_week import START, household, round_of, written

from chassis.testing import deliver
from contracts.billing import MembershipReminded, PaymentReminded, ReminderDebt

DEBT = ReminderDebt(
    producer_name="Chèvrerie du Roc", cycle_name="Semaine 44", delivered_on=date(2026, 10, 30), cents=1700
)
REMINDED = PaymentReminded(
    id="reminder",
    version=1,
    household_id="h-Marie",
    household_name="Marie",
    level=1,
    cents=1700,
    debts=(DEBT,),
    path="/billing/due",
    reminded_at=START,
)


@pytest.fixture
async def told(app):
    await deliver(app, household("Marie"))
    return app


@pytest.mark.parametrize(
    ("level", "words"), [(1, "peut-être un oubli"), (2, "déjà écrit"), (3, "Malgré deux relances")]
)
async def test_each_person_of_the_household_is_told_once_what_is_left(told, level, words):
    for _time in range(2):
        await deliver(told, REMINDED.model_copy(update={"level": level}))
    await round_of(told)
    mails = await written(told, template="payment_reminder")
    assert {mail["state"] for mail in mails} == {"sent"}
    assert len({mail["recipient"] for mail in mails}) == len(mails) > 0
    for wanted in (words, "Chèvrerie du Roc", "17,00\u00a0€", "/billing/due"):
        assert wanted in mails[0]["text"], wanted


async def test_nobody_is_told_of_what_is_long_ago_or_of_a_household_nobody_knows(told):
    long_ago = {"id": "old", "reminded_at": START - timedelta(days=30)}
    await deliver(told, REMINDED.model_copy(update=long_ago))
    await deliver(told, REMINDED.model_copy(update={"id": "other", "household_id": "h-nobody"}))
    await round_of(told)
    assert await written(told, template="payment_reminder") == []


async def test_each_person_is_told_once_that_the_membership_fee_is_not_paid(told):
    said = MembershipReminded(
        id="fee", version=1, household_id="h-Marie", household_name="Marie", year=2026, cents=2000, reminded_at=START
    )
    for _time in range(2):
        await deliver(told, said)
    await deliver(told, said.model_copy(update={"id": "old", "reminded_at": START - timedelta(days=30)}))
    await round_of(told)
    mails = await written(told, template="membership_reminder")
    assert {mail["state"] for mail in mails} == {"sent"}
    assert len({mail["recipient"] for mail in mails}) == len(mails) > 0
    assert "cotisation 2026" in mails[0]["text"]
    assert "20,00\u00a0€" in mails[0]["text"]
