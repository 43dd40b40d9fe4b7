"""Who is told of a direct debit, and what. On both databases."""

from datetime import date, timedelta

import pytest
from notify_week import START, household, person, round_of, written

from chassis.testing import deliver
from contracts.billing import DirectDebitAnnounced, DirectDebitCalledOff

TOLD = {
    "id": "d1",
    "household_id": "h-Marie",
    "said_at": START,
    "collected_on": date(2026, 12, 7),
    "cents": 15000,
    "mandate_ref": "RUM-7C10",
    "creditor_id": "FR72ZZZ123456",
    "creditor_name": "SCIC Maison Paysanne",
}


def announced(**more):
    return DirectDebitAnnounced(version=1, iban_end="0189", reference="PRL-1-AB-1", **{**TOLD, **more})


CALLED_OFF = DirectDebitCalledOff(version=2, **TOLD)


def words(mail):
    return mail["text"].replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
async def told(app):
    await deliver(app, household("Marie", person("Marie"), person("Jean", language="en")), household("Paul"))
    return app


async def test_everybody_of_the_household_is_told_the_sum_the_day_and_by_what_right(told):
    for _time in range(2):
        await deliver(told, announced())
    await round_of(told)
    mails = {mail["recipient"]: mail for mail in await written(told, template="direct_debit")}
    assert mails.keys() == {"person-Marie", "person-Jean"}
    for said in ("150,00 €", "lundi 7 décembre 2026", "RUM-7C10", "FR72ZZZ123456", "0189", "PRL-1-AB-1"):
        assert said in words(mails["person-Marie"])
    assert "will take" in words(mails["person-Jean"])


async def test_who_was_told_is_told_that_it_is_called_off_and_nobody_else(told):
    await deliver(told, announced())
    await round_of(told)
    await deliver(told, CALLED_OFF)
    await round_of(told)
    mails = await written(told, template="direct_debit", recipient="person-Marie")
    assert [mail["state"] for mail in mails] == ["sent", "sent"]
    assert "ne prélève rien" in words(mails[1])


async def test_what_was_called_off_before_it_left_is_not_told_at_all(told):
    await deliver(told, announced(), CALLED_OFF)
    await round_of(told)
    assert {mail["state"] for mail in await written(told, template="direct_debit")} == {"superseded"}


async def test_a_household_without_an_address_is_left_to_those_who_coordinate(told):
    await deliver(told, household("Lise", person("Lise", email="")), announced(household_id="h-Lise"))
    await round_of(told)
    (mail,) = await written(told, template="direct_debit")
    assert (mail["name"], mail["state"], mail["reason"]) == ("Lise", "failed", "no_address")


async def test_of_what_was_said_long_ago_nobody_is_told(told):
    await deliver(told, announced(said_at=START - timedelta(days=30)))
    assert await written(told, template="direct_debit") == []
