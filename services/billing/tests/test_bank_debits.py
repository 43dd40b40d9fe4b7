"""Lines of the bank that tell of direct debits, through the pages. On both databases."""

from dataclasses import replace
from datetime import date

import payout_week
import pytest
from bank_desk import account, kept, lines
from bank_papers import camt
from debit_week import MARIE, SETTINGS, THEN, approve, balances, batches, draw_up, execute, signed_on_paper
from mandate_papers import hidden
from payment_desk import mends, plain
from payout_week import BOOKS

from billing.app import BillingSettings, create_app
from billing.bank import proof
from billing.bank.statement import Line
from billing.instruction.life import Stage
from billing.ledger.chart import HUB
from billing.payment.reference import reference_of

OURS, DAY = SETTINGS["hub_iban"], date(2026, 12, 7)
PAULS = "DE89370400440532013000"


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **SETTINGS)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    return await payout_week.collecting(app, clock, client_for, monkeypatch, "Paul")


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
async def asked(hub, anne, client_for, clock):
    """A batch of two debits that the bank has taken by now, of which nobody said so. Its address."""
    await signed_on_paper(anne)
    await signed_on_paper(anne, "/billing/households/h-Paul/debit", iban=PAULS)
    where = await approve(client_for(hub, BOOKS, person_id="bruno"), await draw_up(anne))
    clock.set(THEN)
    return where


async def batch(app):
    (one,) = await batches(app)
    return one


def taking(one):
    """What the bank writes when it takes each debit by itself."""
    return [
        Line(DAY, each.cents, f"D{each.place}", each.end_to_end_id, text="PRLV", party_iban=each.account.iban)
        for each in one.debits
    ]


def back(of, **changes):
    told = Line(DAY, -of.cents, "R1", of.end_to_end_id, text="REJET AC04 compte clos", returned=True)
    return replace(told, **changes)


def paper(told, **how):
    return camt(told, iban=OURS, **{"until": date(2026, 12, 8), **how})


async def open_line(app, where):
    (one,) = await lines(app, where, "open")
    return f"{where}/lines/{one.id}"


async def test_lines_that_name_our_debits_book_the_batch_once_and_pay_each_household(hub, anne, asked):
    where = await account(anne, OURS)
    preview = await kept(anne, where, paper(taking(await batch(hub))))
    assert "2 peuvent être rapprochées par l’identifiant de bout en bout" in preview
    assert {each.stage for each in await lines(hub, where)} == {"matched"}
    one = await batch(hub)
    assert (one.stage, one.executed_on) == (Stage.EXECUTED, DAY)
    held = await balances(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (20000, 10000)
    async with hub.state.service.database.read() as reader:
        assert (await proof.prove(reader, where.rsplit("/", 1)[1])).aparts == []
    await kept(anne, where, paper(taking(one)))
    assert await balances(hub) == held
    refused = await anne.submit(asked + "/undo", {"undo_reason": "Erreur"})
    assert (refused.status_code, "Le relevé de la banque en parle" in plain(refused.text)) == (409, True)
    assert await balances(hub) == held


async def test_what_was_undone_is_taken_by_its_line_and_comes_back_by_another(hub, anne, asked):
    where, one = await account(anne, OURS), await batch(hub)
    before = await balances(hub)
    await execute(anne, asked)
    assert (await anne.submit(asked + "/undo", {"undo_reason": "Trop tôt"})).status_code == 303
    assert await balances(hub) == before
    await kept(anne, where, paper([*taking(one), back(one.debits[0])]))
    assert {each.stage for each in await lines(hub, where)} == {"matched"}
    assert (await batch(hub)).debits[0].returned_on is not None
    async with hub.state.service.database.read() as reader:
        assert (await proof.prove(reader, where.rsplit("/", 1)[1])).aparts == []


async def test_what_comes_back_with_a_reason_is_taken_back_by_its_line(hub, anne, asked):
    before = await balances(hub)
    where, one = await account(anne, OURS), await batch(hub)
    marie = next(each for each in one.debits if each.household_id == "h-Marie")
    await kept(anne, where, paper([*taking(one), back(marie)]))
    assert {each.stage for each in await lines(hub, where)} == {"matched"}
    held = await balances(hub)
    for book in ("p-roc", "p-oven"):
        assert held[book, "household", "h-Marie"] == before[book, "household", "h-Marie"]
        assert (book, "household", "h-Paul") not in held
    assert "Suspendu" in plain((await anne.get(MARIE)).text)
    # Noted by hand meanwhile, the same would be joined and not booked twice.
    again = await anne.submit(asked + "/return", {"debit": marie.id, "why": "AC04", "returned_on": "2026-12-08"})
    assert again.status_code == 303
    assert await balances(hub) == held


async def test_without_a_reason_a_person_says_which_and_why(hub, anne, asked):
    where, one = await account(anne, OURS), await batch(hub)
    await execute(anne, asked)
    before = await balances(hub)
    await kept(anne, where, paper([back(one.debits[0], text="PRLV", returned=False)]))
    assert await balances(hub) == before
    line = await open_line(hub, where)
    page = (await anne.get(line)).text
    assert "Un prélèvement que la banque a rendu" in plain(page)
    chosen = f"{one.id}:{one.debits[0].id}"
    assert f'value="{chosen}" selected' in page
    answer = await anne.submit(line + "/returned", {"returned": chosen, "why": ""})
    assert (answer.status_code, mends(answer.text).keys()) == (422, {"why"})
    for status in (303, 409):
        assert (await anne.submit(line + "/returned", {"returned": chosen, "why": "MS02"})).status_code == status
    held = await balances(hub)
    assert held["p-roc", "household", one.debits[0].household_id] == 10000
    assert (await batch(hub)).debits[0].returned_why == "MS02"


async def test_one_line_for_the_whole_batch_is_offered_and_never_settled_by_its_sum_alone(hub, anne, asked):
    where, before = await account(anne, OURS), await balances(hub)
    await kept(anne, where, paper([Line(DAY, 30000, "W1", text="REMISE PRELEVEMENTS")]))
    assert await balances(hub) == before
    line = await open_line(hub, where)
    page = (await anne.get(line)).text
    assert "en entier sur une ligne" in plain(page)
    fields = hidden(page, "batch", "debit")
    assert (await anne.submit(line + "/debits", fields | {"debit": "x"})).status_code == 409
    for status in (303, 409):
        assert (await anne.submit(line + "/debits", fields)).status_code == status
    assert (await balances(hub))[HUB, "bank", "p-roc"] == 20000
    async with hub.state.service.database.read() as reader:
        assert (await proof.prove(reader, where.rsplit("/", 1)[1])).aparts == []


async def test_a_line_of_a_debit_is_never_booked_as_a_transfer_besides(hub, anne, asked):
    """It even says the household's reference: but it names a debit, on a day before the one that was told."""
    where, one = await account(anne, OURS), await batch(hub)
    named = zip(taking(one), one.debits, strict=True)
    early = [replace(said, day=date(2026, 12, 1), text=f"PRLV {reference_of(of.household_id)}") for said, of in named]
    before = await balances(hub)
    await kept(anne, where, paper(early))
    assert await balances(hub) == before
    assert {each.stage for each in await lines(hub, where)} == {"open"}
    line = f"{where}/lines/{(await lines(hub, where))[0].id}"
    answer = await anne.submit(line + "/debits", hidden((await anne.get(line)).text, "batch", "debit"))
    assert answer.status_code == 422
    assert "antérieur à celui annoncé" in plain(answer.text)
    assert (await batch(hub)).stage is Stage.APPROVED
