"""Accounts closed and commissions invoiced, through the pages: numbered, equal to the books, never changed. On both
databases."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from billing_week import given, line
from commission_week import SUNDAY, TOMME, balances, less, sold
from mandate_papers import FARMER, GOATS
from paper_week import (
    BOOKS,
    DECEMBER,
    DUE,
    HUB_PAPERS,
    JANUARY,
    URL,
    app,
    books,
    close,
    close_until,
    hub,
    issued,
    mends,
    selling,
)
from payment_desk import plain, week
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from test_accounts import pay

from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Side
from billing.paper import closing
from billing.paper.proof import paper_proofs
from billing.paper.register import paper, series
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

__all__ = ["app", "books", "hub", "week"]
OTHERS = Grant(Role.PRODUCER, producer_id="p-other")


def figures(row):
    return json.loads(row["figures"])


def printed(row):
    return json.loads(row["printed"])


async def test_each_period_that_is_over_gets_an_account_and_an_invoice(hub, books):
    page = plain((await books.get(DUE)).text)
    assert "53,54" in page, "December: 63.00 less 9.46"
    answer = await close(books)
    assert (answer.status_code, answer.headers["location"]) == (303, URL)
    rows = await issued(hub)
    assert [row["number"] for row in rows] == [
        "H01-C-2027-00001",
        "H01-C-2027-00002",
        "H01-P001-R-2027-00001",
        "H01-P001-R-2027-00002",
    ]
    december, january = rows[2:]
    assert (december["since"], december["until"]) == (date(2026, 12, 6), DECEMBER)
    assert (january["since"], january["until"]) == (date(2027, 1, 1), JANUARY)
    one, other = figures(december), figures(january)
    assert (one["opening_cents"], one["sold_cents"], one["commission_cents"], one["closing_cents"]) == (
        0,
        6300,
        946,
        5354,
    )
    assert other["opening_cents"] == one["closing_cents"]
    assert one["commission_number"] == rows[0]["number"]
    assert "Aucun compte à arrêter" in (await books.get(DUE)).text


async def test_what_was_invoiced_is_what_stands_in_the_books(hub, books):
    await close(books)
    invoices = [figures(row) for row in await issued(hub) if row["kind"] == "commission_invoice"]
    found = await balances(hub)
    assert sum(each["net_cents"] for each in invoices) == -found[HUB, "commission", ""] == 425 + 363 + 106
    assert sum(each["vat_cents"] for each in invoices) == -found[HUB, "vat", ""]
    for each in invoices:
        assert each["net_cents"] == sum(line["net_cents"] for line in each["lines"])
        assert each["offset_cents"] == each["net_cents"] + each["vat_cents"], "the hub collects: it is set off"


async def test_an_invoice_says_all_that_the_law_wants(hub, books):
    await close(books)
    said = printed((await issued(hub))[0])
    assert said["title"] == "Facture de commission H01-C-2027-00001"
    assert said["sender"] == [
        "Cabas",
        "SCIC SA à capital variable",
        "1 rue du Marché, 11300 Limoux",
        "SIREN 552100554",
        "N° de TVA FR57552100554",
    ]
    assert said["recipient"] == ["Chèvrerie du Roc", "EARL", "Le Roc, 11300 Limoux", "SIREN 732829320"]
    assert ["Établi le", "12/02/2027"] in said["facts"]
    assert ["À payer au plus tard le", "12/02/2027, par compensation"] in said["facts"]
    whole = json.dumps(said, ensure_ascii=False)
    for wanted in ("40 €", "L. 441-10", "escompte", "prestation de services", "Compensé", "12,5\u202f% de 34,00"):
        assert wanted in whole, wanted
    assert said["sections"][1]["lines"] == [["20\u202f%", "7,88\u00a0€", "1,58\u00a0€", "9,46\u00a0€"]]


async def test_a_commission_that_is_not_collected_is_to_be_paid_by_a_day(app, clock, client_for):
    hub = await selling(app, clock, client_for, collection="direct_to_producer", iban="")
    await close(client_for(hub, BOOKS))
    row = (await issued(hub))[0]
    assert figures(row)["offset_cents"] == 0
    assert ["À payer au plus tard le", "14/03/2027"] in printed(row)["facts"]
    assert printed(row)["sums"] == [["À payer", "9,46\u00a0€"]]


async def test_periods_are_those_of_the_contract(app, clock, client_for):
    hub = await selling(app, clock, client_for, rendering="weekly")
    assert (await close(client_for(hub, BOOKS))).status_code == 303
    accounts = [row for row in await issued(hub) if row["kind"] == "rendering"]
    weeks = [(row["since"].isoformat(), row["until"].isoformat()) for row in accounts]
    assert weeks == [("2026-12-06", "2026-12-06"), ("2026-12-07", "2026-12-13"), ("2026-12-14", "2027-01-10")]


async def test_without_a_contract_account_is_rendered_every_month_and_nothing_is_charged(week, clock, client_for):
    clock.set(datetime(2026, 12, 1, 9, tzinfo=UTC))
    books = client_for(week, BOOKS)
    assert (await close(books, "p-Chèvrerie", "p-BioEspuña")).status_code == 303
    rows = await issued(week)
    assert [row["number"] for row in rows] == ["H01-P001-R-2026-00001", "H01-P002-R-2026-00001"]
    assert {row["until"].isoformat() for row in rows} == {"2026-11-30"}
    assert {figures(row)["commission_number"] for row in rows} == {""}
    assert printed(rows[0])["recipient"] in (["BioEspuña"], ["Chèvrerie du Roc"])


async def test_what_is_taken_back_later_is_credited_with_the_number_and_day_of_the_invoice(hub, books, clock):
    await close(books)
    clock.set(datetime(2027, 3, 3, 9, tzinfo=UTC))
    correction = [
        each.model_copy(update={"revised_at": clock.now()}) if hasattr(each, "revised_at") else each
        for each in less(SUNDAY, [given(TOMME, 1, 4)])
    ]
    await deliver(hub, *correction)
    assert (await close_until(books, "2027-03-02")).status_code == 422, "nothing was booked by then"
    clock.set(datetime(2027, 4, 3, 9, tzinfo=UTC))
    assert (await close(books)).status_code == 303
    rows = await issued(hub)
    (credit,) = [row for row in rows if row["kind"] == "credit_note"]
    assert credit["number"] == "H01-C-2027-00003", "in the same series"
    assert figures(credit)["corrects"] == [["H01-C-2027-00001", "2027-02-12"]]
    assert "Corrige\u00a0: H01-C-2027-00001 du 12/02/2027." in printed(credit)["notes"]
    account = rows[-1]
    assert "correction du compte H01-P001-R-2027-00001" in printed(account)["sections"][0]["lines"][0][0]
    papers = [figures(row) for row in rows if row["kind"] != "rendering"]
    found = await balances(hub)
    assert sum(each["net_cents"] for each in papers) == -found[HUB, "commission", ""]
    assert sum(each["vat_cents"] for each in papers) == -found[HUB, "vat", ""]


async def test_a_correction_beside_new_sales_is_a_line_below_zero_of_the_next_invoice(hub, books, clock):
    await close(books)
    clock.set(datetime(2027, 3, 3, 9, tzinfo=UTC))
    less_of_it = less(SUNDAY, [given(TOMME, 3, 4)])
    now = {"revised_at": clock.now()}
    await deliver(hub, *(each.model_copy(update=now) if hasattr(each, "revised_at") else each for each in less_of_it))
    await deliver(hub, *sold(date(2027, 3, 7), [line(TOMME, 4)], "week-10"))
    clock.set(datetime(2027, 4, 3, 9, tzinfo=UTC))
    assert (await close(books)).status_code == 303
    invoice = (await issued(hub))[2]
    assert (invoice["number"], invoice["kind"]) == ("H01-C-2027-00003", "commission_invoice")
    assert [each["net_cents"] for each in figures(invoice)["lines"]] == [319 - 425, 425]
    lines = printed(invoice)["sections"][0]["lines"]
    assert lines[0][2] == "correction de H01-C-2027-00001"
    assert lines[1][2] == "12,5\u202f% de 34,00\u00a0€ TTC"
    assert printed(invoice)["notes"][0] == "Corrige\u00a0: H01-C-2027-00001 du 12/02/2027."


async def test_what_is_booked_late_stands_in_the_next_account_and_says_so(hub, books, clock):
    assert (await close_until(books, "2027-01-20")).status_code == 303
    held, bank = Side(Account.THIRD_PARTY, HUB), Side(Account.BANK)
    debt, its = Side(Account.THIRD_PARTY, GOATS), Side(Account.BANK, GOATS)
    late = date(2027, 1, 15)
    await pay(hub, "out", late, (GOATS, (bank, held, 100)), (HUB, (debt, its, 100)))
    assert (await close(books)).status_code == 303
    (first, second) = [row for row in await issued(hub) if row["kind"] == "rendering"]
    assert figures(first)["paid_cents"] == 0
    assert figures(second)["paid_cents"] == 100
    assert figures(second)["opening_cents"] == figures(first)["closing_cents"]
    assert (second["since"], second["until"]) == (date(2027, 1, 21), JANUARY)
    (line,) = printed(second)["sections"][0]["lines"]
    assert line[:2] == ["15/01/2027", "Réglé au vendeur (écrit après le compte de ce jour)"]


async def test_a_wrong_account_is_not_closed_and_says_so(hub, books):
    debt, its = Side(Account.THIRD_PARTY, GOATS), Side(Account.BANK, GOATS)
    await pay(hub, "in", date(2027, 1, 11), (HUB, (its, debt, 100)))
    answer = await close(books)
    assert answer.status_code == 422
    assert "ne tombe pas juste" in mends(answer.text)
    assert await issued(hub) == []


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "nécessaire"),
        ("2027-02-12", "pas terminé"),
        ("2027-09-01", "pas terminé"),
        ("2026-12-05", "Rien n’a été écrit"),
        ("31 février", "date"),
    ],
)
async def test_a_day_that_cannot_be_is_told_at_its_field_and_kept(hub, books, until, sentence):
    answer = await close_until(books, until)
    assert answer.status_code == 422
    assert sentence in mends(answer.text), mends(answer.text)
    assert f'value="{until}"' in answer.text
    assert await issued(hub) == []


async def test_a_form_without_a_producer_or_with_one_nobody_knows_is_refused(hub, books):
    assert "Cochez" in mends((await books.submit(DUE, {})).text)
    assert (await close_until(books, DECEMBER, "p-nobody")).status_code == 422
    assert (await close(books, "p-nobody")).status_code in (303, 422)
    assert await issued(hub) == []


async def test_a_form_sent_twice_closes_once_and_an_earlier_day_is_refused(hub, books):
    for _time in range(2):
        assert (await close_until(books, DECEMBER)).status_code == 303
    assert len(await issued(hub)) == 2
    answer = await close_until(books, "2026-12-20")
    assert "déjà arrêté jusqu’au jeudi 31 décembre 2026" in mends(answer.text)


async def test_two_people_who_close_at_once_close_once(hub, books, client_for):
    both = await asyncio.gather(
        *(close(who) for who in (books, client_for(hub, BOOKS, person_id="bruno")) for _ in "ab")
    )
    assert {answer.status_code for answer in both} <= {303}
    assert len(await issued(hub)) == 4


async def test_of_what_somebody_closed_meanwhile_up_to_a_day_before_nothing_is_left_to_close(
    hub, books, client_for, monkeypatch
):
    due, bruno = closing.due, client_for(hub, BOOKS, person_id="bruno")

    async def meanwhile(*said):
        found = await due(*said)
        monkeypatch.setattr(closing, "due", due)
        assert (await close_until(bruno, DECEMBER - timedelta(days=1))).status_code == 303
        return found

    monkeypatch.setattr(closing, "due", meanwhile)
    answer = await close(books)
    assert answer.status_code == 303, mends(answer.text)
    assert len(await issued(hub)) == 4


async def test_without_the_hubs_numbers_no_commission_is_invoiced_and_nothing_is_closed(started, clock, client_for):
    hub = await selling(await started(create_app, BillingSettings), clock, client_for)
    answer = await close(client_for(hub, BOOKS))
    assert answer.status_code == 422
    assert "CABAS_HUB_SIREN, CABAS_HUB_VAT_NUMBER" in mends(answer.text)
    assert await issued(hub) == []


async def test_everybody_sees_what_is_theirs(hub, books, client_for):
    await close(books)
    one = f"{URL}/{(await issued(hub))[-1]['id']}"
    for role in Role:
        browser = client_for(hub, Grant(role, household_id="h-Marie", producer_id=GOATS))
        staff = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for url in (URL, one, one + "/paper.pdf"):
            assert (await browser.get(url)).status_code == (200 if staff or role is Role.PRODUCER else 403), (role, url)
        assert (await browser.get(DUE)).status_code == (200 if staff else 403)
        may = role in (Role.COORDINATOR, Role.BOOKKEEPER)
        assert (await close(browser)).status_code == (303 if may else 403), role
    other = client_for(hub, OTHERS)
    assert (await other.get(one)).status_code == 404
    assert (await other.get(one + "/paper.pdf")).status_code == 404
    assert "H01" not in (await other.get(URL)).text
    assert "H01-P001-R-2027-00002" in (await client_for(hub, FARMER).get(URL)).text


async def test_the_page_and_the_pdf_say_what_was_kept(hub, books, client_for):
    await close(books)
    for row in await issued(hub):
        page = plain((await client_for(hub, FARMER).get(f"{URL}/{row['id']}")).text)
        for section in printed(row)["sections"]:
            for cell in (cell for cells in section["lines"] for cell in cells):
                assert plain(cell) in page, cell
        answer = await books.get(f"{URL}/{row['id']}/paper.pdf")
        assert answer.content.startswith(b"%PDF")
        assert f'filename="{row["number"]}.pdf"' in answer.headers["content-disposition"]


@pytest.mark.parametrize("change", [paper.update().values(figures="{}"), paper.delete()])
async def test_the_database_refuses_to_change_a_paper(hub, books, change):
    await close(books)
    with pytest.raises(DBAPIError, match="never changed: paper"):
        async with hub.state.service.database.write() as writer:
            await writer.execute(change)
    await issued(hub)


async def faults(app):
    async with app.state.service.database.read() as reader:
        return [fault for proof in await paper_proofs(reader) for fault in proof.faults]


@pytest.mark.parametrize(
    ("behind", "sentence"),
    [
        (
            "UPDATE paper SET printed = replace(printed, '7,88', '7,89') WHERE number = 'H01-C-2027-00001'",
            "00001 was changed",
        ),
        ("UPDATE paper SET until = '2027-01-30' WHERE number = 'H01-P001-R-2027-00002'", "00002 was changed"),
        ("DELETE FROM paper WHERE number = 'H01-C-2027-00001'", "there is no paper H01-C-2027-00001"),
        ("DELETE FROM paper WHERE number = 'H01-C-2027-00002'", "had 2 papers, 1 are there"),
        ("DELETE FROM paper_series WHERE id = 'H01-C-2027'", "had 0 papers, 2 are there"),
    ],
)
async def test_one_byte_changed_behind_the_hubs_back_is_found(hub, books, behind, sentence):
    await close(books)
    assert await faults(hub) == []
    async with hub.state.service.database.write() as writer:
        if writer.connection.dialect.name == "sqlite":
            for change in ("update", "delete"):
                await writer.execute(text(f"DROP TRIGGER paper_no_{change}"))
        else:
            await writer.execute(text("DROP TRIGGER paper_is_kept ON paper"))
        await writer.execute(text(behind))
    found = await faults(hub)
    assert any(sentence in fault for fault in found), found


async def test_the_counter_of_a_series_is_the_head_of_its_chain(hub, books):
    await close(books)
    rows = await issued(hub)
    async with hub.state.service.database.read() as reader:
        heads = {row["id"]: (row["papers"], row["hash"]) for row in await reader.all(series.select())}
    assert heads == {"H01-C-2027": (2, rows[1]["hash"]), "H01-P001-R-2027": (2, rows[3]["hash"])}


@pytest.mark.parametrize(
    "said", [{"hub_siren": "552100555"}, {"hub_vat_number": "FR57552100555"}, {"hub_root": "H 01"}, {"hub_root": ""}]
)
def test_a_hub_with_a_wrong_number_does_not_start(settings_for, said):
    with pytest.raises(ValueError, match=r"a digit is wrong|letters and digits"):
        settings_for(BillingSettings, **{**HUB_PAPERS, **said})
