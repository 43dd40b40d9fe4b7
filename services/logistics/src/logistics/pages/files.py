"""A pick list as a file to download."""

import json
import re
from typing import Literal

from fastapi import Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.service import Service
from chassis.web import NotFound
from logistics.pages.csv_file import csv_of
from logistics.pages.writing import sheet_of
from logistics.pick_list import Kept, PickList, alphabetical, kept_list
from logistics.press import Press
from logistics.producer import language_of_producer
from logistics.sheet import Sheet
from ui import Pages
from ui.i18n import translator
from ui.words import Words

Ending = Literal["pdf", "xlsx", "csv"]

MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


async def found(request: Request, reader: Reader, list_id: str) -> Kept:
    """The newest revision of the list, or the one the address names (`?revision=1`). Raises NotFound."""
    typed = request.query_params.get("revision", "")
    number = int(typed) if re.fullmatch("[0-9]{1,6}", typed) else None
    kept = await kept_list(reader, list_id, number)
    if kept is None:
        raise NotFound
    return kept


async def answer_with_file(request: Request, kept: Kept, ending: Ending) -> Response:
    """The list as a file in the producer's language, whoever asks: it is the producer's paper."""
    pick_list = kept.pick_list
    service = Service.of(request)
    async with service.database.read() as reader:
        language = await language_of_producer(reader, pick_list.producer_id)
    t = translator("logistics", language)
    sheet = sheet_of(kept, Words(t.language, Pages.of(request).zone), t, service.settings.hub_name)
    press: Press = request.app.state.press
    if ending == "pdf":
        content = await press.pdf(sheet)
    elif ending == "xlsx":
        content = await press.workbook(sheet)
    else:
        content = csv_of(json.loads(sheet.to_json()))
    name = file_name(sheet, pick_list, t("pick-list"), ending)
    # A PDF opens where it is; the others are for a program of the reader's.
    placed = "inline" if ending == "pdf" else "attachment"
    return Response(content, media_type=MEDIA[ending], headers={"content-disposition": f'{placed}; filename="{name}"'})


def file_name(sheet: Sheet, pick_list: PickList, kind: str, ending: str) -> str:
    """`bon-de-preparation_fromagerie-du-pic_2026-11-27.pdf`: what, whose, for when; letters every system knows. A
    corrected list ends in its revision: `_2.pdf`."""
    producer = re.sub(r"[^a-z0-9]+", "-", alphabetical(sheet.producer).replace("œ", "oe")).strip("-")[:60]
    day = pick_list.delivers_on.isoformat()
    corrected = f"_{pick_list.revision}" if pick_list.revision > 1 else ""
    return f"{kind}_{producer or 'x'}_{day}{corrected}.{ending}"
