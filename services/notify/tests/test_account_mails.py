"""Who is written to when a producer's account is closed. On both databases."""

from datetime import date, timedelta

import pytest
from notify_week import START, producer, round_of, written

from chassis.testing import deliver
from contracts.billing import AccountRendered

OF_NOVEMBER = AccountRendered(
    id="paper",
    version=1,
    producer_id="p-roc",
    producer_name="Chèvrerie du Roc",
    number="H01-P001-R-2026-00001",
    since=date(2026, 11, 1),
    until=date(2026, 11, 30),
    closing_cents=5354,
    commission_number="H01-C-2026-00001",
    path="/billing/papers/paper",
    rendered_at=START,
)


@pytest.fixture
async def told(app):
    await deliver(app, producer())
    return app


async def test_the_producer_is_told_once_with_both_numbers(told):
    for _time in range(2):
        await deliver(told, OF_NOVEMBER)
    await round_of(told)
    (mail,) = await written(told, template="account_rendered")
    assert (mail["recipient"], mail["state"]) == ("p-roc", "sent")
    for wanted in ("H01-P001-R-2026-00001", "H01-C-2026-00001", "/billing/papers/paper", "53,54\u00a0€"):
        assert wanted in mail["text"], wanted


async def test_who_owes_the_hub_reads_that(told):
    owing = {"closing_cents": -1200, "commission_number": ""}
    await deliver(told, OF_NOVEMBER.model_copy(update=owing))
    await round_of(told)
    (mail,) = await written(told, template="account_rendered")
    assert "Vous devez 12,00\u00a0€" in mail["text"]
    assert "commission" not in mail["text"]


async def test_nobody_is_told_of_what_is_long_ago_or_of_a_producer_nobody_knows(told):
    long_ago = {"id": "old", "rendered_at": START - timedelta(days=30)}
    await deliver(told, OF_NOVEMBER.model_copy(update=long_ago))
    await deliver(told, OF_NOVEMBER.model_copy(update={"id": "other", "producer_id": "p-nobody"}))
    await round_of(told)
    assert await written(told, template="account_rendered") == []
