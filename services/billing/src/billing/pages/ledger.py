"""The books, for those who keep them: what the hub holds for producers, the journal, one entry, the closings."""

from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.ledger import cover, fec, journal
from billing.ledger.chart import CHART, HUB, Account
from billing.ledger.closing import closings_of, read
from billing.pages.cycles import MOST_PAGES, READS_BOOKS
from billing.pages.today import today_of
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

PER_PAGE = 30
CLOSINGS_PER_PAGE = 60

NAMES = {
    Account.HOUSEHOLD: _("Households"),
    Account.THIRD_PARTY: _("Held for others"),
    Account.SALES: _("Sales"),
    Account.RESALES: _("Sales of goods bought"),
    Account.COMMISSION: _("Commission"),
    Account.FEES: _("Fees charged to households"),
    Account.CARRIAGE: _("Transport charged"),
    Account.VAT: _("VAT"),
    Account.DEPOSITS: _("Deposits held"),
    Account.CONTAINERS: _("Containers"),
    Account.SOLIDARITY: _("Solidarity fund"),
    Account.CASH: _("Cash"),
    Account.CHEQUES: _("Cheques in hand"),
    Account.BANK: _("Bank"),
    Account.PSP: _("Payment service"),
    Account.ROUNDING_LOSS: _("Differences lost"),
    Account.ROUNDING_GAIN: _("Differences gained"),
    Account.PRODUCERS: _("Producers"),
    Account.SUPPLIER: _("Owed to the hub"),
    Account.COMMISSION_PAID: _("Commissions on sales"),
    Account.VAT_DEDUCTIBLE: _("Deductible VAT"),
    Account.PURCHASES: _("Goods bought"),
    Account.PURCHASES_EU: _("Goods bought in the European Union"),
    Account.SUPPLIERS: _("Suppliers"),
    Account.UNBILLED: _("Suppliers, not billed yet"),
    Account.VAT_UNBILLED: _("VAT on what is not billed yet"),
    Account.VAT_REVERSE: _("VAT owed on goods from the European Union"),
    Account.CAUTIONS_KEPT: _("Cautions kept"),
    Account.MEMBERSHIP: _("Membership fees"),
    Account.BANK_FEES: _("Fees of the bank"),
    Account.WEIGHT_BORNE: _("Differences of weight and claims borne"),
    Account.WALLET: _("Wallets of households"),
    Account.TRAVEL: _("Journeys"),
    Account.MISSIONS: _("Expenses of missions"),
    Account.VOLUNTEERS: _("Expense claims to be paid"),
}
RULES = {
    "sale": _("Sale"),
    "resale": _("Sale of goods bought"),
    "fee": _("Fee of the hub"),
    "carriage": _("Transport and fees"),
    "paid": _("Paid to the seller"),
    "advanced": _("Paid by a household of the group"),
    "collected": _("Collected for the producer"),
    "rounded": _("Cash rounded"),
    "deposited": _("Brought to the bank"),
    "bank_fee": _("Fee of the bank"),
    "commission": _("Commission"),
    "commission_owed": _("Commission of the hub"),
    "purchase_expected": _("Goods bought, not billed yet"),
    "purchase": _("Bill of a supplier"),
    "supplier_paid": _("Paid to a supplier"),
    "caution": _("Caution received"),
    "caution_refunded": _("Caution refunded"),
    "caution_kept": _("Caution kept"),
    "gift": _("Gift to the solidarity fund"),
    "fund_paid": _("Paid by the solidarity fund"),
    "paid_for": _("Paid for the household"),
    "expense": _("Expense claim"),
    "expense_paid": _("Expense claim paid"),
    "wallet_filled": _("Paid into a wallet"),
    "wallet_used": _("Paid out of a wallet"),
    "wallet_refunded": _("Wallet paid back"),
    "cash_deposited": _("Cash brought to the bank"),
    "paid_out": _("Sent to the producer"),
    "commission_taken": _("Commission taken at the bank"),
    "membership": _("Membership fee"),
    "claim_hub": _("Claim borne by the hub"),
    "weight_hub": _("Difference of weight borne by the hub"),
    "weight_fund": _("Difference of weight borne by the solidarity fund"),
}
KINDS = {"day": _("Day"), "month": _("Month"), "year": _("Year")}


@router.get("/billing/ledger")
async def money_held(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    """At the end of a day, by producer: held, owed, and still to be paid by households."""
    service = Service.of(request)
    form = Form(request.query_params, request.state.translate)
    today = today_of(request)
    day = min(form.date("day") or today, today)
    async with service.database.read() as reader:
        covers = await cover.covers_on(reader, day)
        days = await cover.cover_by_day(reader, day)
        own = await cover.own_money_on(reader, day)
        apart = {
            "cautions": await cover.cautions_on(reader, day),
            "wallets": await cover.wallets_on(reader, day),
            "fund": await cover.fund_on(reader, day),
        }
    context = {"form": form, "day": day, "covers": covers, "days": days, "own": own} | apart
    return Pages.of(request).render(request, "ledger.html", status=200 if form.ok else 422, **context)


@router.get("/billing/ledger/journal")
async def entries(request: Request, page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    """Entries by book, account, household and days; of one household or book with what it comes to."""
    service = Service.of(request)
    form = Form(request.query_params, request.state.translate)
    page = min(max(page, 1), MOST_PAGES)
    async with service.database.read() as reader:
        books = {HUB: service.settings.hub_name} | await journal.books(reader)
        wanted = journal.Wanted(
            book=form.choice("book", books, required=False),
            account=form.choice("account", [each.value for each in Account], required=False),
            household_id=form.text("household"),
            q=form.text("q"),
            since=form.date("since"),
            until=form.date("until"),
        )
        of = await journal.household_name(reader, wanted.household_id) if wanted.household_id else ""
        if of is None:
            raise NotFound
        count = await journal.count_entries(reader, wanted) if form.ok else 0
        last = max(1, -(-count // PER_PAGE))
        page = min(page, last)
        found = await journal.entries(reader, wanted, (page - 1) * PER_PAGE, PER_PAGE) if form.ok else []
        balances = await journal.balances_of(reader, party=wanted.household_id) if of else []
    return Pages.of(request).render(
        request,
        "journal.html",
        status=200 if form.ok else 422,
        form=form,
        wanted=wanted,
        of=of,
        balances=balances,
        booked=found,
        count=count,
        page=page,
        last=last,
        books=books,
        accounts=_accounts(request),
        rules=RULES,
    )


@router.get("/billing/ledger/entries/{book}/{number}")
async def one_entry(request: Request, book: str, number: int, person: Person = READS_BOOKS) -> HTMLResponse:
    """An entry with its cause, its paper and its link."""
    service = Service.of(request)
    async with service.database.read() as reader:
        found = await journal.find_entry(reader, book, number) if 0 < number < 2**63 else None
        if found is None:
            raise NotFound
        countered_by = await journal.number_of_counter(reader, book, number)
        books = {HUB: service.settings.hub_name} | await journal.books(reader)
    return Pages.of(request).render(
        request,
        "entry.html",
        entry=found,
        countered_by=countered_by,
        books=books,
        accounts=_accounts(request),
        rules=RULES,
    )


@router.get("/billing/ledger/closings")
async def closings(request: Request, book: str = HUB, page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    """The days, months and years of a book that are ended, the newest first."""
    service = Service.of(request)
    page = min(max(page, 1), MOST_PAGES)
    async with service.database.read() as reader:
        books = {HUB: service.settings.hub_name} | await journal.books(reader)
        if book not in books:
            raise NotFound
        rows = await closings_of(reader, book, (page - 1) * CLOSINGS_PER_PAGE, CLOSINGS_PER_PAGE + 1)
    return Pages.of(request).render(
        request,
        "closings.html",
        book=book,
        books=books,
        closings=[(row, {name: _turned_over(row[name]) for name in SUMS}) for row in rows[:CLOSINGS_PER_PAGE]],
        kinds=KINDS,
        page=page,
        last=page + (len(rows) > CLOSINGS_PER_PAGE),
    )


SUMS = ("totals", "year_to_date", "perpetual")


def _turned_over(totals: str) -> int:
    """What was moved in all, in cents: every cent stands once in a debit."""
    return sum(in_debit for in_debit, _in_credit in read(totals).values())


def _accounts(request: Request) -> dict[Account, str]:
    """Account -> its number and name, as people read it."""
    translate: Any = request.state.translate
    return {account: f"{heading.number} {translate(NAMES[account])}" for account, heading in CHART.items()}


@router.get("/billing/ledger/fec")
async def fec_form(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    """Asks for book, SIREN and year of the file of entries."""
    service = Service.of(request)
    form = Form({}, request.state.translate)
    async with service.database.read() as reader:
        books = {HUB: service.settings.hub_name} | await journal.books(reader)
    return _fec_form(request, form, books)


@router.get("/billing/ledger/fec.txt")
async def fec_file(request: Request, person: Person = READS_BOOKS) -> Response:
    """The file itself, or the form again with what is wrong."""
    service = Service.of(request)
    translate = request.state.translate
    form = Form(request.query_params, translate)
    zone = ZoneInfo(service.settings.time_zone)
    async with service.database.read() as reader:
        books = {HUB: service.settings.hub_name} | await journal.books(reader)
        book = form.choice("book", books)
        siren = form.text("siren", required=True).replace(" ", "")
        since, until = form.date("since", required=True), form.date("until", required=True)
        if siren and not fec.siren_is_right(siren):
            form.error("siren", translate("This is no SIREN: nine figures, the last of which checks the others."))
        if since and until and until < since:
            form.error("until", translate("The last day lies before the first."))
        if not form.ok or since is None or until is None:
            return _fec_form(request, form, books, status=422)
        names = books | await journal.names_of_households(reader)
        wanted = journal.Wanted(book=book, since=since, until=until)
        text = "".join([line async for line in fec.lines(reader, wanted, names, zone)])
    disposition = f'attachment; filename="{fec.file_name(siren, until)}"'
    headers = {"content-disposition": disposition}
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


def _fec_form(request: Request, form: Form, books: dict[str, str], status: int = 200) -> HTMLResponse:
    service = Service.of(request)
    year = service.clock.now().astimezone(ZoneInfo(service.settings.time_zone)).year
    days = {"since": f"{year}-01-01", "until": f"{year}-12-31"}
    return Pages.of(request).render(request, "fec.html", status=status, form=form, books=books, days=days)
