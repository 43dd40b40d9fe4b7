"""Price lists: sending a file, looking at what it would do line by line, applying it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping
from starlette.datastructures import UploadFile

from catalog import nomenclature, producer
from catalog.pages.access import SELLERS, Access, given_id, show_faults
from catalog.pages.field_words import changes_in_words, label, value_in_words
from catalog.price_list import preview
from catalog.price_list.application import apply, refuse
from catalog.price_list.comparison import Kind, Usual
from catalog.price_list.preview import APPLIED, Sent
from catalog.price_list.reading import PriceList, read_aside
from catalog.price_list.sheet import MOST_LINES, Unreadable
from catalog.refusal import Faulty, NotThere, Stale
from catalog.sentence import Fault
from catalog.settings import CatalogSettings
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()
PAGE = 100
OVER = _("This preview is over: it was put aside, or its day has passed. Send the price list again.")
UNDER_WAY = _("This price list is applied already, or half of it is: apply it to the end.")


@router.get("/catalog/import")
async def choose_price_list(request: Request, producer_id: str = "", person: Person = serves(*SELLERS)) -> Response:
    access = Access(person)
    if producer_id:
        access.check_edits(producer_id)
    values = {"id": Service.of(request).ids.new(), "producer_id": producer_id, "vat_class": "FOOD"}
    return await _form_page(request, Form(None, request.state.translate, values=values))


@router.post("/catalog/import")
async def send_price_list(request: Request, person: Person = serves(*SELLERS)) -> Response:
    service, access, translate = Service.of(request), Access(person), request.state.translate
    typed = await request.form()
    form = Form(typed, translate)
    sent = _read_sent(form, access, translate)
    upload = typed.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        form.error("file", translate("Choose the file."))
    read = await _read_file(form, upload, translate) if form.ok and isinstance(upload, UploadFile) else None
    await typed.close()
    if read is None or not isinstance(upload, UploadFile):
        return await _form_page(request, form, status=422)
    sent = replace(sent, file_name=upload.filename or "")
    settings = service.settings
    assert isinstance(settings, CatalogSettings)
    try:
        await preview.keep(service.database, sent, read, timedelta(hours=settings.price_list_hours))
    except NotThere as error:
        raise NotFound from error
    return Pages.of(request).go(f"/catalog/import/{sent.id}")


def _read_sent(form: Form, access: Access, translate: Any) -> Sent:
    producer_id = form.text("producer_id")
    if not producer_id:
        form.error("producer_id", translate("Choose the producer."))
    else:
        access.check_edits(producer_id)
    usual = Usual(
        form.choice("vat_class", nomenclature.vat_classes().codes, required=False),
        form.choice("temperature_class", nomenclature.temperature_classes().codes, required=False),
    )
    return Sent(given_id(form.values), producer_id, "", usual, form.boolean("withdraw_missing"), access.author)


async def _read_file(form: Form, upload: UploadFile, translate: Any) -> PriceList | None:
    try:
        return await read_aside(await upload.read(), upload.filename or "")
    except Unreadable as unreadable:
        show_faults(form, [Fault("file", unreadable.sentence)], translate)
        return None


@router.get("/catalog/import/{list_id}")
async def show_price_list(
    request: Request, list_id: str, kind: str = "", page: int = 1, person: Person = serves(*SELLERS)
) -> Response:
    service, page = Service.of(request), max(1, min(page, 10_000))
    head = await _own(request, list_id, person)
    kind = kind if kind in list(Kind) else ""
    applied = head["state"] == APPLIED
    async with service.database.read() as reader:
        owner = await producer.find(reader, head["producer_id"])
        counts = await preview.counts(reader, list_id)
        rows = await preview.lines(reader, list_id, kind, PAGE, (page - 1) * PAGE, outcome=applied)
        now = reader.now
    told = head["outcome"] if applied else counts
    number = told.get(kind, 0) if kind else sum(told.values())
    return Pages.of(request).render(
        request,
        "price_list.html",
        head=head,
        owner=owner,
        lines=[_line_in_words(request, row, head) for row in rows],
        told=told,
        kinds=list(Kind),
        kind=kind,
        good=sum(told.get(one, 0) for one in (Kind.NEW, Kind.CHANGED, Kind.MISSING)),
        applicable=preview.open_for_applying(head, now),
        kept=sum(counts.values()) > 0,
        page=page,
        last=max(1, -(-number // PAGE)),
        temperatures=nomenclature.temperature_classes(),
        vat_classes=nomenclature.vat_classes(),
    )


def _line_in_words(request: Request, row: RowMapping, head: RowMapping) -> dict[str, Any]:
    translate = request.state.translate
    faults = [
        {
            "where": head["headers"].get(fault.field.removesuffix("_thousandths")) or label(fault.field, translate),
            "why": translate(fault.sentence.text) % fault.sentence.values,
        }
        for fault in preview.faults_of(row["faults"])
    ]
    return {
        "number": row["number"],
        "reference": row["reference"],
        "name": row["name"],
        "kind": row["outcome"] or row["kind"],
        "surprise": row["surprise"],
        "faults": faults,
        "changes": changes_in_words(row["changes"], translate, words(request)),
        "values": row["values"],
        "more": [
            (label(name, translate), value_in_words(name, row["values"][name], translate, words(request)))
            for name in ("case_thousandths", "deposit_cents", "weight_margin_percent", "minimum", "stock_unit")
            if row["values"].get(name)
        ],
        "product_id": row["product_id"],
    }


@router.post("/catalog/import/{list_id}/apply")
async def apply_price_list(request: Request, list_id: str, person: Person = serves(*SELLERS)) -> Response:
    await _own(request, list_id, person)
    translate = request.state.translate
    try:
        await apply(Service.of(request).database, list_id, Access(person).author)
    except Stale as error:
        raise Refused(translate(OVER)) from error
    except Faulty as faulty:
        sentence = faulty.faults[0].sentence
        raise Refused(translate(sentence.text) % sentence.values) from faulty
    return Pages.of(request).go(f"/catalog/import/{list_id}")


@router.post("/catalog/import/{list_id}/refuse")
async def refuse_price_list(request: Request, list_id: str, person: Person = serves(*SELLERS)) -> Response:
    await _own(request, list_id, person)
    translate = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            await refuse(writer, list_id, Access(person).author)
    except Stale as error:
        raise Refused(translate(UNDER_WAY)) from error
    return Pages.of(request).go("/catalog/import", translate("Put aside: nothing was changed."))


async def _own(request: Request, list_id: str, person: Person) -> RowMapping:
    """The price list, where it is of a producer that this person edits. Raises NotFound."""
    async with Service.of(request).database.read() as reader:
        try:
            head = await preview.find(reader, list_id)
        except NotThere as error:
            raise NotFound from error
    Access(person).check_edits(head["producer_id"])
    return head


async def _form_page(request: Request, form: Form, status: int = 200) -> Response:
    access = Access(request.state.person)
    only = None if access.coordinates else request.state.person.producer_ids
    async with Service.of(request).database.read() as reader:
        owners = [owner for owner in await producer.list_of(reader, only) if owner.sheet.active]
        lists = await preview.recent(reader, only)
    return Pages.of(request).render(
        request,
        "price_list_form.html",
        status=status,
        form=form,
        owners=owners,
        lists=lists,
        most=MOST_LINES,
        vat_classes=nomenclature.vat_classes(),
        temperatures=nomenclature.temperature_classes(),
    )
