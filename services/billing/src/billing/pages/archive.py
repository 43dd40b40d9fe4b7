"""The signed archive of the books and papers of some days, to keep outside of the hub."""

import asyncio
import json
from datetime import date
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.archive.contents import Days
from billing.archive.packing import NoKey, pack, signing_key
from billing.pages.cycles import READS_BOOKS
from billing.pages.today import today_of
from billing.press import pdf
from chassis.identity import Person
from chassis.service import Service
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/ledger/archive"
NO_KEY = _("There is no key to sign with: ask the operator to make one, as the guide says under Archives.")


@router.get(URL)
async def archive_form(request: Request, person: Person = READS_BOOKS) -> Response:
    last = today_of(request).replace(day=1)
    values = {"since": date(last.year - (last.month == 1), 1, 1).isoformat(), "until": ""}
    return _show(request, Form(None, request.state.translate, values=values))


def _show(request: Request, form: Form, status: int = 200) -> Response:
    return Pages.of(request).render(request, "archive.html", status, form=form, url=URL)


@router.get(URL + "/file.zip")
async def archive_file(request: Request, person: Person = READS_BOOKS) -> Response:
    """The archive, or the form again with what is wrong."""
    service, t = Service.of(request), request.state.translate
    form = Form(request.query_params, t)
    since, until = form.date("since", required=True), form.date("until", required=True)
    if since and until and until < since:
        form.error("until", t(_("The last day lies before the first.")))
    elif until and until >= today_of(request):
        form.error("until", t(_("Choose a day that is over: on others something can still be booked.")))
    try:
        path: Path = request.app.state.archive_key_file
        key = signing_key(await asyncio.to_thread(path.read_bytes))
    except (OSError, NoKey):
        form.error("", t(NO_KEY))
    if not form.ok or since is None or until is None:
        return _show(request, form, status=422)
    days = Days(since, until)
    async with service.database.read() as reader:
        packed, made_at = await pack(reader, days), reader.now
    for row in packed.printed:
        packed.add(f"papers/{row['number']}.pdf", await pdf("issued.typ", json.loads(row["printed"])))
    made = packed.sign(key, days, service.settings.hub_name, made_at)
    headers = {"content-disposition": f'attachment; filename="cabas-{since.isoformat()}-{until.isoformat()}.zip"'}
    return Response(made, media_type="application/zip", headers=headers)
