"""Who is told of another sum after the delivery, and who is not. On both databases."""

from datetime import timedelta

import pytest
from notify_week import START, household, person, round_of, written

from chassis.testing import deliver
from contracts.billing import AmountsDueComputed

HOUR = timedelta(seconds=3601)


def amount(version, gross, expected=None, asked=None, at=START):
    return AmountsDueComputed(
        id="a1",
        version=version,
        cycle_id="week-48",
        cycle_name="Semaine 48",
        household_id="h-Marie",
        household_name="Marie",
        group_id="g-Limoux",
        computed_at=at,
        producers=(),
        gross_cents=gross,
        expected_cents=expected,
        asked_cents=asked,
    )


@pytest.fixture
async def told(app):
    await deliver(app, household("Marie", person("Marie"), person("Jean", language="en")), amount(1, 6948))
    return app


async def sums(app, clock):
    clock.advance(HOUR)
    await round_of(app)
    found = await written(app, template="new_sum", recipient="person-Marie")
    return [mail["text"].replace("\u00a0", " ").replace("\u202f", " ") for mail in found if mail["state"] == "sent"]


async def test_everybody_of_the_household_reads_the_new_sum_once(told, clock):
    for said in (amount(2, 6000, 6948, 6000), amount(3, 5559, 6948, 5559), amount(2, 6000, 6948, 6000)):
        await deliver(told, said)
    assert await sums(told, clock) == [*await sums(told, clock)]
    (text,) = await sums(told, clock)
    assert "Au lieu de 69,48 €, 55,59 € sont demandés" in text
    (english,) = await written(told, template="new_sum", recipient="person-Jean")
    assert "is asked for" in english["text"]


async def test_what_is_not_asked_for_is_not_told(told, clock):
    await deliver(told, amount(2, 6959, 6948, 6948))
    assert await sums(told, clock) == []


async def test_who_was_told_is_told_when_it_is_as_expected_again(told, clock):
    await deliver(told, amount(2, 5559, 6948, 5559))
    assert len(await sums(told, clock)) == 1
    await deliver(told, amount(3, 6948, at=clock.now()))
    assert "Au lieu de 55,59 €, 69,48 € sont demandés" in (await sums(told, clock))[1]


async def test_what_is_put_right_before_anybody_was_told_is_told_to_nobody(told, clock):
    await deliver(told, amount(2, 5559, 6948, 5559), amount(3, 6948))
    assert await sums(told, clock) == []


async def test_the_history_read_again_writes_to_nobody(told, clock):
    clock.advance(timedelta(days=40))
    await deliver(told, amount(2, 5559, 6948, 5559))
    assert await sums(told, clock) == []
