"""The seals of the books: what of them left the hub, to whom it is sent, and each to be printed."""

from typing import Any

import segno
from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.pages.cycles import MOST_PAGES, READS_BOOKS
from billing.pages.payment_form import id_of
from billing.seal import register
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import LANGUAGES
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/ledger/seals"
COORDINATES: Any = serves(Role.COORDINATOR)
PER_PAGE = 60
MOST_LETTERS = 100
LABELS = {"name": _("Name"), "email": _("E-mail address"), "language": _("Language")}


@router.get(URL)
async def seals(request: Request, page: int = 1, person: Person = READS_BOOKS) -> Response:
    values = {"id": Service.of(request).ids.new(), "language": person.language}
    return await _show(request, person, Form(None, request.state.translate, values=values), page)


async def _show(request: Request, person: Person, form: Form, page: int = 1, status: int = 200) -> Response:
    page = min(max(page, 1), MOST_PAGES)
    async with Service.of(request).database.read() as reader:
        rows = await register.seals_of(reader, (page - 1) * PER_PAGE, PER_PAGE + 1)
        readers = await register.readers_of(reader)
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "seals.html",
        status,
        form=form,
        url=URL,
        seals=rows[:PER_PAGE],
        page=page,
        last=page if len(rows) <= PER_PAGE else page + 1,
        readers=readers,
        names=person.has(Role.COORDINATOR),
        spoken=list(LANGUAGES.items()),
        labels={name: t(label) for name, label in LABELS.items()},
    )


@router.get(URL + "/{number}")
async def one_seal(request: Request, number: int, person: Person = READS_BOOKS) -> Response:
    """To print: the text, and a code that holds its root and signature."""
    async with Service.of(request).database.read() as reader:
        row = await register.find(reader, number)
    if row is None:
        raise NotFound
    signed = register.signed_of(row)
    drawn = segno.make_qr(signed.short, error="m")
    code = drawn.svg_inline(scale=3, light="#fff", dark="#000", svgclass=None, lineclass=None)
    return Pages.of(request).render(request, "seal.html", url=URL, held=row, signed=signed, code=code)


@router.post(URL + "/readers")
async def name_reader(request: Request, person: Person = COORDINATES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    reader_id = id_of(form)
    name = form.text("name", required=True, max_length=MOST_LETTERS)
    email = form.email("email", required=True)
    language = form.choice("language", LANGUAGES)
    if form.ok:
        try:
            async with Service.of(request).database.write() as writer:
                await register.add_reader(writer, reader_id, name, email, language, person)
        except register.SameReader:
            form.error("email", t(_("Seals are sent to this address already.")))
        else:
            return Pages.of(request).go(URL, t(_("The next seal is sent there.")))
    return await _show(request, person, form, status=422)


@router.post(URL + "/readers/{reader_id}/remove")
async def remove_reader(request: Request, reader_id: str, person: Person = COORDINATES) -> Response:
    try:
        async with Service.of(request).database.write() as writer:
            await register.remove_reader(writer, reader_id, person)
    except register.NoReader as error:
        raise NotFound from error
    return Pages.of(request).go(URL, request.state.translate(_("No seal is sent there any more.")))
