"""The coordinator's page of a day: what is where, what is late or was missing, boxes that did not come back, what
billing is to be told; and the log as a file."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from logistics.handover.board import Board, Where, whereabouts
from logistics.handover.box_home import away
from logistics.handover.collecting import Collections, collections_of
from logistics.handover.difference import Changed, Differences, confirm, differences_of
from logistics.handover.expected import Expected, PartyKind
from logistics.handover.log import Entry, lock_day
from logistics.network.box import BOXES
from logistics.network.box import whereabouts as boxes_are
from logistics.pages import network_show
from logistics.pages.handover_show import URL, Eyes, day_url, figures
from logistics.pages.handover_stop import Asking
from logistics.pages.handovers import SAY, asked
from ui import Pages
from ui.csv_file import csv_file
from ui.forms import Form
from ui.i18n import marked as _
from ui.words import NO_BREAK

router = APIRouter()

COORDINATES: Any = serves(Role.COORDINATOR)
LINK = Markup('<a href="{}">{}</a>')


@router.get(URL + "/{day}.csv")
async def log_file(request: Request, day: str, person: Person = COORDINATES) -> Response:
    """Every row of the log, also what was corrected since."""
    asking, board = await asked(request, day, person)
    eyes, t = Eyes.of(request), request.state.translate
    headings = [
        _("Happened"),
        _("Goods"),
        _("Who gave"),
        _("Who took"),
        _("Place"),
        _("Boxes"),
        _("State"),
        _("What came otherwise"),
        _("Temperature (°C)"),
        _("Note"),
        _("Said by"),
        _("By link"),
        _("Written down"),
        _("Schedule version"),
        _("Entry"),
        _("Corrects"),
        _("Why it is corrected"),
    ]
    rows = [_row(one, board, eyes) for one in board.log]
    name = f"handovers_{asking.on.isoformat()}"
    return csv_file(name, [[t(heading) for heading in headings], *rows], eyes.words.language)


def _row(one: Entry, board: Board, eyes: Eyes) -> list[str]:
    zone = eyes.words.zone
    goods = ", ".join(f"{line.name} {eyes.quantity(line, line.expected, board)}" for line in one.lines)
    came = ", ".join(
        f"{line.name} {eyes.quantity(line, line.came, board)}" for line in one.lines if line.came != line.expected
    )
    return [
        one.at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        goods.replace(NO_BREAK, " "),
        one.gave.name,
        one.took.name,
        one.site_name,
        ", ".join(board.box_names.get(box, box) for box in one.box_ids),
        eyes.state(one),
        came.replace(NO_BREAK, " "),
        figures(one.temperature, eyes.words.language),
        one.note,
        one.said_by,
        eyes.t(_("yes")) if one.by_link else eyes.t(_("no")),
        one.said_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
        str(one.version),
        one.id,
        one.corrects or "",
        one.reason,
    ]


@router.get(URL + "/{day}")
async def day_of(request: Request, day: str, person: Person = SAY) -> Response:
    asking, board = await asked(request, day, person)
    if not person.has(Role.COORDINATOR):
        return RedirectResponse(asking.url, 303)
    return await _show(request, asking, board, Form())


@router.post(URL + "/{day}/differences")
async def tell_billing(request: Request, day: str, person: Person = COORDINATES) -> Response:
    """All that differs at once, as it was before the eyes of who confirms."""
    asking, board = await asked(request, day, person)
    pages, t = Pages.of(request), request.state.translate
    form = Form(await request.form(), t)
    try:
        async with Service.of(request).database.write() as writer:
            await lock_day(writer, asking.on)
            said = await confirm(writer, asking.on, form.value("seen"), person.name)
    except Changed:
        form.error("", t(_("Something else was noted since you opened the page: look at it below, then confirm.")))
        return await _show(request, asking, board, form, 409)
    sentence = t.plural(
        "%(num)s difference was told to billing.", "%(num)s differences were told to billing.", len(said)
    )
    told = sentence % {"num": len(said)} if said else t(_("Billing knows all of it already."))
    return pages.go(day_url(asking.on), told)


async def _show(request: Request, asking: Asking, board: Board, form: Form, status: int = 200) -> Response:
    async with Service.of(request).database.read() as reader:
        collections = await collections_of(reader, asking.on, board.published.day.sites)
        differences = await differences_of(reader, asking.on)
        boxes = {one.id: one for retired in (True, False) for one in await BOXES.all(reader, retired=retired)}
        registered = await boxes_are(reader)
        names = await network_show.names_for(reader)
    eyes = Eyes.of(request)
    showing = network_show.Eyes.of(request, names, coordinates=True)
    units = {product: article.unit for product, article in collections.articles.items()}
    board = board.knowing(units)
    where = whereabouts(board, eyes.now)
    out = away(board.published.day, board.published.plan, boxes, registered)
    return Pages.of(request).render(
        request,
        "handover_day.html",
        status,
        asking=asking,
        form=form,
        board=board,
        url=day_url(asking.on),
        up=URL,
        noted=sum(one.step in board.holds for one in board.expected),
        late=[_late(one, board, eyes, asking) for one in where if one.late],
        differing=[_differing(one, board, eyes, asking) for one in board.holds.values() if one.differs],
        collected=sum(one.step in board.holds for one in collections.all),
        households=len(collections.all),
        uncollected=_uncollected(board, collections, eyes),
        where=[_where(one, board, eyes) for one in where],
        boxes=[
            [
                LINK.format(f"/logistics/network/boxes/{one.box_id}", one.name),
                showing.moved(one.moved),
                eyes.words.short_moment(one.moved.moved_at),
                names.get(one.home, one.home) or "–",
            ]
            for one in out
        ],
        differences=differences,
        to_tell=_to_tell(differences, board, eyes),
        told=_told_already(differences, board, eyes),
    )


def _stop(asking: Asking, one: Expected, label: str) -> Markup:
    return LINK.format(f"{asking.url}/{one.site_id}#h-{one.step}", label)


def _late(one: Where, board: Board, eyes: Eyes, asking: Asking) -> list[Any]:
    """What should have changed hands next: when, how, and who had it last."""
    assert one.next is not None, "only what is still to come is late"
    had = one.has.name if one.has else one.next.gives.name
    return [_stop(asking, one.next, eyes.title(one.next, board)), eyes.way(one.next), eyes.span(one.next), had]


def _differing(entry: Entry, board: Board, eyes: Eyes, asking: Asking) -> list[Any]:
    what = entry.took.name if entry.took.kind is PartyKind.HOUSEHOLD else eyes.names(entry, board)
    return [
        LINK.format(f"{asking.log}/{entry.id}", what),
        f"{entry.gave.name} → {entry.took.name}",
        eyes.said(entry),
        " · ".join(eyes.differences(entry, board)) or "–",
    ]


def _where(one: Where, board: Board, eyes: Eyes) -> list[str]:
    sites = {site.id: site.name for site in board.published.day.sites}
    t, of = eyes.t, one.consignment
    has = one.has.name if one.has else sites.get(of.from_site, of.from_site)
    following = f"{eyes.way(one.next)}, {eyes.span(one.next)}" if one.next else t(_("arrived"))
    if one.trouble and one.last:
        following = eyes.state(one.last)
    return [
        f"{', '.join(sorted({line.name for line in of.lines}))} → {sites.get(of.to_site, of.to_site)}",
        has,
        eyes.words.short_moment(one.last.at) if one.last else "–",
        one.last.said_by if one.last else "–",
        t(_("%(what)s (late)")) % {"what": following} if one.late else following,
    ]


def _uncollected(board: Board, collections: Collections, eyes: Eyes) -> list[list[str]]:
    """Households that did not come before the place closed."""
    return [
        [one.takes.name, one.site_name, eyes.span(one)]
        for one in collections.all
        if one.step not in board.holds and eyes.now > one.until
    ]


def _to_tell(differences: Differences, board: Board, eyes: Eyes) -> list[list[str]]:
    return [
        [each.entry.took.name, eyes.came(each.came, board) or eyes.t(_("all as ordered")), eyes.said(each.entry)]
        for each in differences.open
    ]


def _told_already(differences: Differences, board: Board, eyes: Eyes) -> list[list[str]]:
    return [[each.entry.took.name, eyes.came(each.came, board)] for each in differences.said]
