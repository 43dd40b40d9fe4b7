"""Accounts at the bank: the list, a new one, and one with its lines, its statements, and how its bank writes tables."""

import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping, select

from billing.bank import register, settling
from billing.bank.importing import mapping_of
from billing.bank.register import Stage, account
from billing.bank.table import Mapping
from billing.iban import WrongIban, grouped, iban_of
from billing.pages.bank_words import WORDS
from billing.pages.cycles import MOST_PAGES, READS_BOOKS
from billing.pages.payment_form import NOTES, id_of
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/bank"
PER_PAGE = 50
LABELS = {"iban": _("IBAN"), "name": _("Name")}
COLUMNS = {
    "day": _("Title of the column with the day"),
    "amount": _("Title of the column with the amount"),
    "credit": _("or of the column with what comes in"),
    "debit": _("and of the column with what goes out"),
    "texts": _("Titles of the columns with the text, with commas between"),
    "name": _("Title of the column with the payer’s name"),
    "iban": _("Title of the column with the payer’s IBAN"),
    "reference": _("Title of the column with the bank’s reference"),
}
WAYS = {
    "delimiter": (_("Between the columns"), {"semicolon": ";", "comma": ",", "tab": _("Tab")}),
    "encoding": (_("Encoding"), {"utf-8": "UTF-8", "cp1252": "Windows-1252"}),
    "days": (_("Days"), {"dmy": "31/12/2026", "dmy_short": "31/12/26", "ymd": "2026-12-31"}),
    "decimal": (_("Decimals"), {"comma": "12,50", "point": "12.50"}),
}


def url_of(account_id: str) -> str:
    return f"{URL}/{quote(account_id, safe='')}"


async def account_of(reader: Reader, account_id: str) -> RowMapping:
    """Raises NotFound."""
    held = await register.find_account(reader, account_id)
    if held is None:
        raise NotFound
    return held


@router.get(URL)
async def accounts(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    found = []
    async with Service.of(request).database.read() as reader:
        for held in await register.accounts(reader):
            told = await register.statements_of(reader, held["id"])
            found.append((held, told[0] if told else None, await register.counts(reader, held["id"])))
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    return Pages.of(request).render(request, "bank.html", found=found, may_note=may_note)


@router.get(URL + "/new")
async def new(request: Request, person: Person = NOTES) -> HTMLResponse:
    values = {"id": Service.of(request).ids.new()}
    return _form_page(request, Form(None, request.state.translate, values=values))


@router.post(URL + "/new")
async def take(request: Request, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    name, iban = form.text("name", required=True, max_length=100), _iban(form, t)
    account_id = id_of(form)
    if not form.ok:
        return _form_page(request, form, status=422)
    async with service.database.write() as writer:
        row = {"id": account_id, "iban": iban, "name": name, "mapping": ""}
        await writer.execute(writer.insert(account).values(**row).on_conflict_do_nothing())
        there = await writer.first(select(account).where(account.c.iban == iban))
    if there is None or there["id"] != account_id:
        form.error("iban", t(_("This account is there already.")))
        return _form_page(request, form, status=422)
    return Pages.of(request).go(url_of(account_id), t(_("The account is there. Now send the first file of the bank.")))


def _iban(form: Form, t: Any) -> str:
    typed = form.text("iban", required=True, max_length=50)
    try:
        return iban_of(typed) if typed else ""
    except WrongIban:
        form.error("iban", t(_("This is not an IBAN: a digit is wrong or missing.")))
        return ""


def _form_page(request: Request, form: Form, status: int = 200) -> HTMLResponse:
    labels = {name: request.state.translate(label) for name, label in LABELS.items()}
    return Pages.of(request).render(request, "bank_form.html", status, form=form, labels=labels)


@router.get(URL + "/{account_id}")
async def show(
    request: Request, account_id: str, stage: str = Stage.OPEN.value, page: int = 1, person: Person = READS_BOOKS
) -> HTMLResponse:
    form = Form(None, request.state.translate, values={"id": Service.of(request).ids.new()})
    return await account_page(request, account_id, person, form, stage, page)


async def account_page(
    request: Request,
    account_id: str,
    person: Person,
    form: Form,
    stage: str = Stage.OPEN.value,
    page: int = 1,
    status: int = 200,
) -> HTMLResponse:
    """`form`: for a file."""
    stage = stage if stage in list(Stage) else ""
    async with Service.of(request).database.read() as reader:
        held = await account_of(reader, account_id)
        counts = await register.counts(reader, account_id)
        number = counts.get(stage, (0, 0))[0] if stage else sum(each for each, _cents in counts.values())
        last = max(1, -(-number // PER_PAGE))
        page = min(max(page, 1), last, MOST_PAGES)
        lines = await register.lines_of(reader, account_id, stage, (page - 1) * PER_PAGE, PER_PAGE)
        told = await register.statements_of(reader, account_id)
    return Pages.of(request).render(
        request,
        "bank_account.html",
        status,
        **WORDS,
        held=held,
        iban=grouped(held["iban"]),
        counts=counts,
        lines=lines,
        statements=told[:24],
        stage=stage,
        url=f"{url_of(account_id)}?stage={stage}",
        base=url_of(account_id),
        page=page,
        last=last,
        form=form,
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        readable=mapping_of(held) is not None,
    )


@router.post(URL + "/{account_id}/match")
async def match(request: Request, account_id: str, person: Person = NOTES) -> Response:
    """Once more what the rules can tell: households have been added, or debts, since."""
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        await account_of(reader, account_id)
    settled = await settling.settle_all(service.database, account_id, person, Pages.of(request).zone)
    said = t.plural("%(num)s line was matched.", "%(num)s lines were matched.", settled)
    return Pages.of(request).go(url_of(account_id), said % {"num": settled})


@router.get(URL + "/{account_id}/table")
async def how_written(request: Request, account_id: str, person: Person = NOTES) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        held = await account_of(reader, account_id)
    how = mapping_of(held) or Mapping(day="Date", amount="Montant", texts="Libellé")
    values = {name if name in WAYS else f"col_{name}": value for name, value in how.written.items()}
    return _table_page(request, held, Form(None, request.state.translate, values=values))


@router.post(URL + "/{account_id}/table")
async def keep_how(request: Request, account_id: str, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        held = await account_of(reader, account_id)
    ways = {name: form.choice(name, choices) for name, (_label, choices) in WAYS.items()}
    columns = {name: form.text(f"col_{name}", required=name == "day", max_length=200) for name in COLUMNS}
    if not columns["amount"] and not (columns["credit"] and columns["debit"]):
        sentence = _("Give the title of the column with the amount, or of both: what comes in and what goes out.")
        form.error("col_amount", t(sentence))
    if columns["amount"] and (columns["credit"] or columns["debit"]):
        form.error("col_amount", t(_("One column with the amount, or two: not both.")))
    if not form.ok:
        return _table_page(request, held, form, status=422)
    how = Mapping(**ways, **columns)
    async with service.database.write() as writer:
        kept = account.update().where(account.c.id == account_id)
        await writer.execute(kept.values(mapping=json.dumps(how.written, ensure_ascii=False)))
    return Pages.of(request).go(url_of(account_id), t(_("Kept. Send a file: you see what is read of it first.")))


def _table_page(request: Request, held: RowMapping, form: Form, status: int = 200) -> HTMLResponse:
    t = request.state.translate
    columns = {f"col_{name}": t(label) for name, label in COLUMNS.items()}
    ways = {name: (t(label), [(key, t(text)) for key, text in each.items()]) for name, (label, each) in WAYS.items()}
    labels = columns | {name: label for name, (label, _choices) in ways.items()}
    context = {"held": held, "base": url_of(held["id"]), "columns": columns, "ways": ways, "labels": labels}
    return Pages.of(request).render(request, "bank_table.html", status, form=form, **context)
