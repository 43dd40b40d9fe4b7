"""The code that fills in a transfer to the hub: from the page through a reader of codes. On both databases."""

import re

import payout_week
import pytest
import zxingcpp
from payout_week import BOOKS, HUB_ACCOUNT, pay, plain

from billing.app import BillingSettings, create_app
from billing.payment.asking import asked_of
from billing.payment.owing import Debt, Owing
from billing.payment.reference import reference_of
from chassis.identity import Grant
from contracts import Role

DUE, MARIE = "/billing/due", "/billing/households/h-Marie"
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
REFERENCE = reference_of("h-Marie")


@pytest.fixture
async def hub(started, clock, client_for, monkeypatch):
    app = await started(create_app, BillingSettings, **HUB_ACCOUNT)
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


def read_code(page: str) -> list[str]:
    """The lines of the code on the page, as a telephone reads its drawing."""
    size = int(re.search(r'fill="#fff" d="M0 0h(\d+)v', page)[1])
    path = re.search(r'stroke="#000" d="([^"]+)"', page)[1]
    scale, light = 4, 255
    pixels = [[light] * (size * scale) for _ in range(size * scale)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]+)", path):
        values = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            for row in range(int(y) * scale, int(y) * scale + scale):
                pixels[row][int(x) * scale : int(x + values[0]) * scale] = [0] * (int(values[0]) * scale)
            x += values[0]
        else:
            x, y = values if command == "M" else (x + values[0], y + values[1])
    flat = bytes(each for row in pixels for each in row)
    found = zxingcpp.read_barcode(memoryview(flat).cast("B", shape=[size * scale, size * scale]))
    return found.text.split("\n")


@pytest.mark.parametrize("url", [DUE, MARIE])
async def test_a_telephone_reads_what_the_page_says(hub, client_for, url):
    await pay(client_for(hub, BOOKS), "12,50", "12,50")
    page = (await client_for(hub, MEMBER).get(url)).text
    assert read_code(page) == [
        "BCD",
        "002",
        "1",
        "SCT",
        "PSSTFRPP",
        "SCIC Maison Paysanne",
        "FR1420041010050500013M02606",
        "EUR137.5",
        "",
        REFERENCE.replace(" ", ""),
    ]
    words = plain(page)
    assert "Montant 137,50 €" in words
    assert f"IBAN FR14 2004 1010 0505 0001 3M02 606 BIC PSSTFRPP Référence {REFERENCE}" in words
    assert " style=" not in page


async def test_nothing_left_nothing_asked(hub, client_for):
    await pay(client_for(hub, BOOKS), "150", "100", "50")
    page = (await client_for(hub, MEMBER).get(DUE)).text
    assert "PSSTFRPP" not in page
    assert REFERENCE not in page


async def test_what_goes_to_a_producer_itself_is_not_asked_for_the_hub(started, clock, client_for, hub):
    """The day after the mandates ended the hub may not receive money any more."""
    member = client_for(hub, MEMBER)
    assert "PSSTFRPP" in (await member.get(DUE)).text
    clock.set(clock.now().replace(year=2027, month=11, day=22))
    page = (await client_for(hub, MEMBER).get(DUE)).text
    assert "PSSTFRPP" not in page
    assert f"indiquez cette référence : {REFERENCE}" in plain(page)


async def test_without_an_account_of_the_hub_there_is_the_reference_alone(started, clock, client_for, monkeypatch):
    hub = await payout_week.collecting(await started(create_app, BillingSettings), clock, client_for, monkeypatch)
    page = (await client_for(hub, MEMBER).get(DUE)).text
    assert "<path stroke" not in page
    assert f"indiquez cette référence : {REFERENCE}" in plain(page)


@pytest.mark.parametrize(
    ("said", "cents"),
    [
        ({}, [1000, 700, 100]),
        ({("c0", "p"): 990}, [990, 700, 100]),
        ({("c1", "p"): 0, ("c2", "p"): 0}, [1000, 100]),
    ],
)
def test_what_is_asked_is_what_the_statements_say(said, cents):
    """The rest of 3,00 is carried; a whole debt is asked for however small."""
    debts = [(1000, 1000), (1000, 700), (1000, 300), (100, 100)]
    told = (Debt(f"c{number}", "S", payout_week.CLOSES.date(), *each) for number, each in enumerate(debts))
    assert [part for _, part in asked_of(Owing("p", "P", tuple(told), 0, 0), said, 500)] == cents
