"""Who is written to because the proof of a label ends. On both databases."""

from datetime import date, timedelta

import pytest
from notify_week import START, person, producer, round_of, written

from chassis.testing import deliver
from contracts import Bilingual
from contracts.catalog import CertificateEndsSoon, CertificateExpired
from contracts.ordering import CoordinatorsChanged

ANNE, LUC = person("Anne"), person("Luc", language="en")


def coordinators(*people, version=1):
    return CoordinatorsChanged(id="coordinators", version=version, people=people)


def certificate(kind=CertificateEndsSoon, **changes):
    said = {
        "id": "cert-1",
        "version": 1 if kind is CertificateEndsSoon else 2,
        "producer_id": "p-roc",
        "producer_name": "Chèvrerie du Roc",
        "label": "EU_ORGANIC",
        "label_name": Bilingual(fr="Agriculture biologique (UE)", en="EU organic"),
        "number": "FR-1234",
        "valid_until": date(2026, 12, 17),
        "said_at": START,
    }
    return kind(**{**said, **changes})


@pytest.fixture
async def told(app):
    await deliver(app, producer(), coordinators(ANNE, LUC))
    return app


async def test_producer_and_coordinators_are_told_once_each_in_their_language(told):
    for _time in range(2):
        await deliver(told, certificate())
    await round_of(told)
    mails = {row["recipient"]: row for row in await written(told, template="certificate_ends")}
    assert set(mails) == {"p-roc", ANNE.person_id, LUC.person_id}
    assert {row["state"] for row in mails.values()} == {"sent"}
    theirs = mails["p-roc"]["text"].replace("\u00a0", " ").replace("\u202f", " ")
    assert "FR-1234" in theirs
    assert "jeudi 17 décembre 2026" in theirs
    assert "en PDF ou en photo" in theirs
    english = mails[LUC.person_id]
    assert english["subject"] == "“EU organic” ends soon: Chèvrerie du Roc"
    assert "/catalog/certificates/new?producer_id=p-roc&label=EU_ORGANIC" in english["text"]


async def test_its_end_is_told_too_and_a_warning_that_still_waits_is_not_sent(told):
    await deliver(told, certificate(product_name="Pélardon"), certificate(CertificateExpired, product_name="Pélardon"))
    await round_of(told)
    mails = await written(told, recipient="p-roc")
    assert [row["state"] for row in mails] == ["superseded", "sent"]
    assert "ne voient plus ce label" in mails[1]["text"]
    assert "Pélardon" in mails[1]["text"]


async def test_the_history_read_again_writes_to_nobody(told, clock):
    clock.advance(timedelta(days=30))
    await deliver(told, certificate())
    assert await written(told) == []


async def test_who_coordinates_now_is_written_to(told):
    await deliver(told, coordinators(LUC, version=3), coordinators(ANNE, version=2), certificate())
    assert {row["recipient"] for row in await written(told)} == {"p-roc", LUC.person_id}


async def test_without_anybody_who_coordinates_the_producer_is_told(app):
    await deliver(app, producer(), certificate())
    assert [row["recipient"] for row in await written(app)] == ["p-roc"]
