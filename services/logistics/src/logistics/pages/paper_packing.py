"""How producers pack for a published day: all of them for who coordinates, its own for each producer."""

from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.link import OPEN
from logistics.pages.open_links import opened_by
from logistics.pages.paper_day import DAYS, OVERSEES, READS, PaperDay, day_in, load, spoken_in
from logistics.pages.paper_labels import print_labels
from logistics.pages.papers import not_published, pdf
from logistics.pages.pick_lists import own_or_all
from logistics.papers.label import crate_labels
from logistics.papers.packing import Packing, packings
from logistics.papers.sheets import PackingSheet
from logistics.pick_list import Kept, alphabetical
from logistics.press import Press
from logistics.producer import language_of_producer
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.i18n import marked as _
from ui.words import NO_BREAK

router = APIRouter()

Ending = Literal["pdf", "csv", "labels"]
OWN: Any = serves(*OVERSEES, Role.PRODUCER)


def _sheet(found: PaperDay, one: Packing) -> PackingSheet:
    return found.say.packing(one, {site.id: site for site in found.held.day.sites})


@router.get(DAYS + "/{day}/packing")
async def everybody(request: Request, day: str, person: Person = READS) -> Response:
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    sheets = [_sheet(found, one) for one in packings(found.held.day, found.held.plan).values()]
    rows = [(sheet, _url(found, sheet.producer_id)) for sheet in sorted(sheets, key=_by_name)]
    return Pages.of(request).render(request, "packings.html", found=found, rows=rows, paper=found.paper())


@router.get(DAYS + "/{day}/packing.pdf")
async def all_pdf(request: Request, day: str, person: Person = READS) -> Response:
    """Of all producers, each from a page of its own."""
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    sheets = [_sheet(found, one) for one in packings(found.held.day, found.held.plan).values()]
    return await _print(request, found, tuple(sorted(sheets, key=_by_name)))


def _by_name(sheet: PackingSheet) -> tuple[str, str]:
    return alphabetical(sheet.producer), sheet.producer_id


def _url(found: PaperDay, producer_id: str) -> str:
    return f"{found.url}/packing/{quote(producer_id, safe='')}"


# --- one producer's ---


@router.get(DAYS + "/{day}/packing/{producer_id}.pdf")
async def one_pdf(request: Request, day: str, producer_id: str, person: Person = OWN) -> Response:
    return await _own_file(request, person, day, producer_id, "pdf")


@router.get(DAYS + "/{day}/packing/{producer_id}.csv")
async def one_csv(request: Request, day: str, producer_id: str, person: Person = OWN) -> Response:
    return await _own_file(request, person, day, producer_id, "csv")


@router.get(DAYS + "/{day}/packing/{producer_id}/labels.pdf")
async def one_labels(request: Request, day: str, producer_id: str, person: Person = OWN) -> Response:
    """For the crates of this producer."""
    return await _own_file(request, person, day, producer_id, "labels")


@router.get(DAYS + "/{day}/packing/{producer_id}")
async def one(request: Request, day: str, producer_id: str, person: Person = OWN) -> Response:
    _may_see(person, producer_id)
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    back = f"{found.url}/packing{found.older}" if person.has(*OVERSEES) else "/logistics/pick-lists"
    return _show(request, found, producer_id, _url(found, producer_id), back)


def _may_see(person: Person, producer_id: str) -> None:
    """Raises NotFound, as if there were none, where it is another producer's."""
    if not person.has(*OVERSEES) and producer_id not in person.producer_ids:
        raise NotFound


async def _own_file(request: Request, person: Person, day: str, producer_id: str, ending: Ending) -> Response:
    _may_see(person, producer_id)
    found = await load(request, day_in(day))
    return not_published(request, day_in(day)) if found is None else await _file(request, found, producer_id, ending)


def _show(request: Request, found: PaperDay, producer_id: str, url: str, back: str) -> Response:
    request.app.state.press.warm()
    one = packings(found.held.day, found.held.plan).get(producer_id)
    sheet = None if one is None else _sheet(found, one)
    return Pages.of(request).render(
        request, "packing.html", found=found, sheet=sheet, url=url, back=back, paper=found.paper()
    )


async def _file(request: Request, found: PaperDay, producer_id: str, ending: Ending) -> Response:
    """In the producer's language, whoever asks: it is the producer's paper. Raises NotFound."""
    async with Service.of(request).database.read() as reader:
        found = spoken_in(found, await language_of_producer(reader, producer_id), request)
    one = packings(found.held.day, found.held.plan).get(producer_id)
    if one is None:
        raise NotFound
    if ending == "pdf":
        return await _print(request, found, (_sheet(found, one),))
    if ending == "labels":
        crates = crate_labels(found.held.day, found.held.plan)
        mine = [each for each in crates if each.goods.producer_id == producer_id]
        return await print_labels(request, found, mine)
    name = f"{found.t('packing-list')}_{found.held.on.isoformat()}"
    return csv_file(name, _rows(found, _sheet(found, one)), found.words.language)


async def _print(request: Request, found: PaperDay, sheets: tuple[PackingSheet, ...]) -> Response:
    press: Press = request.app.state.press
    content = await press.paper("packing_list.typ", found.paper(packings=sheets).to_json())
    return pdf(f"{found.t('packing-list')}_{found.held.on.isoformat()}_{found.held.version}", content)


HEADINGS = (
    _("Ready at"),
    _("How it leaves"),
    _("Order"),
    _("Pickup point"),
    _("Group"),
    _("Class"),
    _("Temperature"),
    _("Product"),
    _("Quantity"),
    _("Unit"),
    _("Box"),
    _("Code"),
)


def _rows(found: PaperDay, sheet: PackingSheet) -> list[list[Cell]]:
    """One for each product and pickup point, in the order of packing. `Order` is that of loading, from 1."""
    rows: list[list[Cell]] = [[found.t(heading) for heading in HEADINGS]]
    left = found.t(_("Not planned"))
    ways = [(each.at, each.how, each.pieces) for each in sheet.fetchings] + [("", left, sheet.left)]
    for at, how, pieces in ways:
        for number, piece in enumerate(pieces, start=1):
            for part in piece.classes:
                for item in part.items:
                    figure, _space, unit = item.figure.rpartition(NO_BREAK)
                    amount = (figure, unit) if figure else (unit, "")
                    row = (at, how, str(number), piece.goal, piece.group, part.name, part.limits, item.name)
                    rows.append([*row, *amount, piece.boxes, piece.mark])
    return rows


# --- from a pick list, signed in or by its link ---


@router.get("/logistics/pick-lists/{list_id}/packing")
async def from_list(
    request: Request, list_id: str, person: Person = serves(Role.COORDINATOR, Role.OPERATOR, Role.PRODUCER)
) -> Response:
    """On to the packing list of the day that the pick list is for."""
    made = (await own_or_all(request, person, list_id)).pick_list
    return RedirectResponse(
        f"{DAYS}/{made.delivers_on.isoformat()}/packing/{quote(made.producer_id, safe='')}", status_code=303
    )


async def _by_link(request: Request, token: str, ending: Ending | None) -> Response:
    """Of the version that holds."""
    kept = await opened_by(request, token)
    if not isinstance(kept, Kept):
        return kept
    made, url = kept.pick_list, f"{OPEN}{token}"
    found = await load(request, made.delivers_on, newest_only=True)
    if found is None:
        return not_published(request, made.delivers_on, by_link=True)
    if ending is None:
        return _show(request, found, made.producer_id, f"{url}/packing", url)
    return await _file(request, found, made.producer_id, ending)


@router.get(OPEN + "{token}/packing")
async def open_packing(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _by_link(request, token, None)


@router.get(OPEN + "{token}/packing.pdf")
async def open_pdf(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _by_link(request, token, "pdf")


@router.get(OPEN + "{token}/packing.csv")
async def open_csv(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _by_link(request, token, "csv")


@router.get(OPEN + "{token}/packing/labels.pdf")
async def open_labels(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _by_link(request, token, "labels")
