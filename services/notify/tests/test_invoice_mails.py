"""Who is written to when invoices are issued to a household. On both databases."""

from datetime import timedelta

import pytest
from notify_week import START, household, person, round_of, written

from chassis.testing import deliver
from contracts.billing import InvoiceNamed, InvoicesIssued

ISSUED = InvoicesIssued(
    id="i1",
    version=1,
    household_id="h-Marie",
    household_name="Marie",
    invoices=(
        InvoiceNamed(number="H01-P001-2026-00001", seller_name="Le Roc", cents=2550, path="/billing/invoices/i1"),
        InvoiceNamed(number="H01-V-2026-00001", seller_name="La SCIC", cents=-850, path="/billing/invoices/i2"),
    ),
    issued_at=START,
)


@pytest.fixture
async def told(app):
    await deliver(app, household("Marie", person("Marie"), person("Jean", language="en")), household("Paul"))
    return app


async def test_everybody_of_the_household_gets_one_mail_with_a_link_to_each(told):
    for _time in range(2):
        await deliver(told, ISSUED)
    await round_of(told)
    mails = {mail["recipient"]: mail for mail in await written(told, template="invoices_issued")}
    assert mails.keys() == {"person-Marie", "person-Jean"}
    said = mails["person-Marie"]["text"].replace("\u00a0", " ").replace("\u202f", " ")
    for wanted in (
        "H01-P001-2026-00001",
        "/billing/invoices/i1",
        "/billing/invoices/i2",
        "25,50 €",
        "8,50 €",
        "Le Roc",
    ):
        assert wanted in said, (wanted, said)
    assert "Your invoices" in mails["person-Jean"]["subject"]


async def test_nobody_is_told_of_what_is_long_ago_or_of_a_household_nobody_knows(told):
    await deliver(told, ISSUED.model_copy(update={"id": "old", "issued_at": START - timedelta(days=30)}))
    await deliver(told, ISSUED.model_copy(update={"id": "other", "household_id": "h-nobody"}))
    await round_of(told)
    assert await written(told, template="invoices_issued") == []
