"""Who is written to about a claim, and when. On both databases."""

from datetime import timedelta

import pytest
from notify_week import START, household, person, producer, round_of, written

from chassis.testing import deliver
from contracts import Bilingual, Unit
from contracts.claim import AskedHousehold, ClaimChanged, ClaimState
from contracts.ordering import CoordinatorsChanged

ODILE = person("Odile")


def said(version, state=ClaimState.OPEN, **more):
    fields = {
        "id": "c1",
        "version": version,
        "cycle_id": "week-48",
        "cycle_name": "Semaine 48",
        "household_id": "h-Marie",
        "household_name": "Marie",
        "group_id": "g-Limoux",
        "producer_id": "p-roc",
        "producer_name": "Chèvrerie du Roc",
        "product_id": "tomme",
        "product_name": Bilingual(fr="Tomme", en="Tomme"),
        "unit": Unit.KG,
        "spoiled_thousandths": 400,
        "reason": "Toute moisie",
        "state": state,
        "changed_at": START,
        "claimed_at": START,
        "answer_until": START + timedelta(days=3),
        "share_until": START + timedelta(days=2),
        "asked": (AskedHousehold(household_id="h-Paul"),),
        "path": "/billing/claims/c1",
    }
    return ClaimChanged(**{**fields, **more})


def words(mail):
    return mail["text"].replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
async def told(app):
    people = CoordinatorsChanged(id="coordinators", version=1, people=(ODILE,))
    await deliver(app, producer(), people, household("Marie"), household("Paul", person("Paul", language="en")))
    return app


async def mails(app):
    await round_of(app)
    return {mail["recipient"]: mail for mail in await written(app, template="claim")}


async def test_the_producer_is_asked_and_who_else_bought_of_it_and_neither_reads_a_name(told):
    for version in (1, 1, 2):
        await deliver(told, said(version))
    found = await mails(told)
    assert found.keys() == {"p-roc", "person-Paul"}
    assert len(await written(told, template="claim")) == 2, "an answer of another buyer is no new mail"
    for mail in found.values():
        assert "Toute moisie" in words(mail)
        assert "/billing/claims/c1" in mail["text"]
        assert "Marie" not in mail["subject"] + mail["text"]
    assert "0,4 kg de Tomme" in words(found["p-roc"])
    assert "do you share the loss?" in words(found["person-Paul"])


async def test_where_no_answer_came_those_who_coordinate_are_told(told):
    await deliver(told, said(2, ClaimState.TO_DECIDE))
    found = await mails(told)
    assert found.keys() == {"person-Odile"}
    assert "Marie réclame 0,4 kg de Tomme" in words(found["person-Odile"])


@pytest.mark.parametrize(
    ("state", "more", "says"),
    [
        (ClaimState.ACCEPTED, {"answer": "Désolés"}, "Ce n’est pas compté"),
        (ClaimState.REFUSED, {"answer": "Désolés"}, "La somme ne change pas"),
        (
            ClaimState.REFUSED,
            {"answer": "Désolés", "asked": (AskedHousehold(household_id="h-Paul", shares=True),)},
            "partagent la perte",
        ),
        (ClaimState.REPLACED, {"answer": "Désolés"}, "remplacé à la prochaine livraison"),
    ],
)
async def test_the_household_reads_what_became_of_it(told, state, more, says):
    await deliver(told, said(2, state, **more))
    found = await mails(told)
    assert found.keys() == {"person-Marie"}, "the producer answered itself"
    assert says in words(found["person-Marie"])
    assert "Désolés" in words(found["person-Marie"])


async def test_what_the_coordinator_decided_the_producer_reads_too(told):
    await deliver(told, said(3, ClaimState.ACCEPTED, decided=True))
    assert (await mails(told)).keys() == {"person-Marie", "p-roc"}


async def test_what_was_withdrawn_before_it_left_is_not_asked(told):
    await deliver(told, said(1), said(2, ClaimState.WITHDRAWN))
    await round_of(told)
    states = {(mail["recipient"], mail["subject"] != ""): mail["state"] for mail in await written(told)}
    assert states == {("p-roc", False): "superseded", ("person-Paul", False): "superseded", ("p-roc", True): "sent"}


async def test_the_history_read_again_writes_to_nobody(told, clock):
    clock.advance(timedelta(days=40))
    await deliver(told, said(1))
    assert await written(told) == []
