"""Files of the bank: sent, looked at, and then taken in or put aside."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping
from starlette.datastructures import UploadFile

from billing.bank import debits, importing, payouts, settling
from billing.bank.importing import NoAccount, NoFile, Preview, Sent
from billing.bank.matching import Found, How, decide, knowledge
from billing.bank.reading import MOST_BYTES
from billing.bank.statement import Unreadable
from billing.pages.bank import account_of, account_page, url_of
from billing.pages.bank_words import WORDS
from billing.pages.cycles import READS_BOOKS
from billing.pages.payment_form import NOTES, id_of
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

SHOWN = 100
"""Lines of a preview that are shown one by one."""
CHANGED = _("How this bank writes tables was changed, and the file cannot be read like this: %(why)s")


@router.post("/billing/bank/{account_id}/send")
async def send(request: Request, account_id: str, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    typed = await request.form()
    form = Form(typed, t)
    file_id, upload = id_of(form), typed.get("file")
    async with service.database.read() as reader:
        held = await account_of(reader, account_id)
    try:
        if not isinstance(upload, UploadFile) or not upload.filename:
            form.error("file", t(_("Choose the file.")))
        else:
            sent = Sent(file_id, account_id, upload.filename[-200:], await upload.read(MOST_BYTES + 1))
            told = await importing.read_aside(sent.content, held)
            async with service.database.write() as writer:
                await importing.look_at(writer, sent, told, person)
    except Unreadable as error:
        form.error("file", t(error.text) % error.values)
    except NoAccount as error:
        raise NotFound from error
    finally:
        await typed.close()
    if not form.ok:
        return await account_page(request, account_id, person, form, status=422)
    return Pages.of(request).go(_url(account_id, file_id))


def _url(account_id: str, file_id: str) -> str:
    return f"{url_of(account_id)}/files/{file_id}"


@router.get("/billing/bank/{account_id}/files/{file_id}")
async def look(request: Request, account_id: str, file_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        held = await account_of(reader, account_id)
        file = await _file(reader, account_id, file_id)
        try:
            told = await importing.preview(reader, held, file)
        except Unreadable as error:
            raise Refused(_changed(request, error)) from error
        decided = await _decided(reader, held["iban"], told)
    counts = {how: sum(one is not None and one.how is how for one in decided) for how in How}
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    context: dict[str, Any] = {"held": held, "file": file, "told": told, "counts": counts, "may_note": may_note}
    context["lines"] = list(zip(told.fresh, decided, strict=True))[:SHOWN]
    context["unmatched"] = sum(one is None or one.how is How.SEVERAL for one in decided)
    return Pages.of(request).render(request, "bank_file.html", **WORDS, **context, base=url_of(account_id))


def _changed(request: Request, error: Unreadable) -> str:
    t = request.state.translate
    return str(t(CHANGED) % {"why": t(error.text) % error.values})


async def _decided(reader: Reader, iban: str, told: Preview) -> list[Found | None]:
    known = await knowledge(reader, told.fresh, reader.now.date())
    found = [decide(each, known) for each in told.fresh]
    return [
        Found(How.END_TO_END)
        if one is None and (await payouts.SENT.told(reader, iban, each) or await debits.TAKEN.told(reader, iban, each))
        else one
        for one, each in zip(found, told.fresh, strict=True)
    ]


async def _file(reader: Reader, account_id: str, file_id: str) -> RowMapping:
    try:
        return await importing.find_file(reader, account_id, file_id)
    except NoFile as error:
        raise NotFound from error


@router.post("/billing/bank/{account_id}/files/{file_id}/keep")
async def keep(request: Request, account_id: str, file_id: str, person: Person = NOTES) -> Response:
    """Take the new lines in, then match those that a rule can tell."""
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        held = await account_of(reader, account_id)
        file = await _file(reader, account_id, file_id)
    try:
        told = await importing.read_aside(file["content"], held)
        async with service.database.write() as writer:
            fresh = await importing.keep(writer, account_id, file_id, told, person)
    except NoFile as error:
        raise NotFound from error
    except Unreadable as error:
        raise Refused(_changed(request, error)) from error
    settled = await settling.settle_all(service.database, account_id, person, Pages.of(request).zone)
    said = t.plural("%(num)s new line.", "%(num)s new lines.", len(fresh)) % {"num": len(fresh)}
    matched = t.plural("%(num)s line was matched.", "%(num)s lines were matched.", settled) % {"num": settled}
    return Pages.of(request).go(url_of(account_id), f"{said} {matched}")


@router.post("/billing/bank/{account_id}/files/{file_id}/drop")
async def drop(request: Request, account_id: str, file_id: str, person: Person = NOTES) -> Response:
    async with Service.of(request).database.write() as writer:
        await importing.put_aside(writer, account_id, file_id)
    return Pages.of(request).go(url_of(account_id), request.state.translate(_("Put aside: nothing was kept of it.")))
