"""Who is written to about a mandate contract. On both databases."""

from datetime import date, timedelta

import pytest
from notify_week import START, about_mandate, person, producer, proposal, round_of, written

from chassis.testing import deliver
from contracts.mandate import (
    Collection,
    Commission,
    MandateEndsSoon,
    MandateSigned,
    MandateTerms,
)
from contracts.ordering import CoordinatorsChanged

ANNE = person("Anne", language="en")
TERMS = MandateTerms(
    number=1,
    effective_from=date(2026, 12, 1),
    collection=Collection.DIRECT_TO_PRODUCER,
    commissions=(Commission(rate_hundredths=1000),),
    terms_hash="0" * 64,
)


def warning(version=3, **more):
    return about_mandate(MandateEndsSoon, version, **{"term_ends_on": date(2027, 11, 30), "said_at": START, **more})


@pytest.fixture
async def told(app):
    await deliver(app, producer(), CoordinatorsChanged(id="coordinators", version=1, people=(ANNE,)))
    return app


async def test_the_producer_alone_gets_the_link_once(told):
    for _time in range(2):
        await deliver(told, proposal())
    await round_of(told)
    (mail,) = await written(told, template="mandate_to_sign")
    assert (mail["recipient"], mail["state"]) == ("p-roc", "sent")
    assert "/billing/mandates/sign/first" in mail["text"]
    assert "sans jamais être propriétaire de vos marchandises" in mail["text"]


async def test_a_newer_link_takes_the_place_of_one_that_waits(told):
    await deliver(told, proposal(), proposal(2, "/billing/mandates/sign/second", terms=(TERMS,)))
    await round_of(told)
    first, second = await written(told, template="mandate_to_sign")
    assert (first["state"], second["state"]) == ("superseded", "sent")
    assert "une autre version" in second["text"]


async def test_both_sides_are_told_that_the_term_ends(told):
    await deliver(told, warning(renews=True, notice_by=date(2027, 10, 1)))
    await round_of(told)
    mails = {mail["recipient"]: mail for mail in await written(told, template="mandate_ends")}
    assert set(mails) == {"p-roc", ANNE.person_id}
    theirs = mails["p-roc"]["text"].replace("\u00a0", " ").replace("\u202f", " ")
    assert "sauf préavis d’une partie au plus tard le vendredi 1er octobre 2027" in theirs
    assert "is renewed tacitly unless" in mails[ANNE.person_id]["text"]
    assert "/billing/mandates/m1" in theirs


async def test_what_is_not_renewed_is_told_so_and_not_after_it_changed(told):
    await deliver(told, warning(renews=False), about_mandate(MandateSigned, 4, terms=(TERMS,)))
    await round_of(told)
    assert {mail["state"] for mail in await written(told, template="mandate_ends")} == {"superseded"}


async def test_the_history_read_again_writes_to_nobody(told, clock):
    clock.advance(timedelta(days=40))
    await deliver(told, proposal(), warning(renews=False))
    assert await written(told) == []
