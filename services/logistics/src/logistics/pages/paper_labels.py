"""Labels of a published day on sheets of 3 x 8 (70 x 37 mm), each with a code that opens its next hand-over."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from coldchain.day import Consignment, Line
from contracts import Role
from logistics.handover import code
from logistics.pages.network_show import degrees
from logistics.pages.paper_day import DAYS, PaperDay, day_in, load
from logistics.pages.paper_words import mark_of
from logistics.pages.papers import not_published, pdf
from logistics.papers.label import BagLabel, BoxLabel, CrateLabel, bag_labels, box_labels, crate_labels
from logistics.papers.sheets import Label
from logistics.press import Press
from ui import Pages
from ui.i18n import marked as _

router = APIRouter()

COORDINATES: Any = serves(Role.COORDINATOR)
"""Bags bear the names of households."""

A_SHEET = 24
ROWS = 9
"""Of small print on a label, besides its title and day."""
LETTERS = 30
"""In a row; what is longer takes two."""

Wanted = Sequence[BoxLabel | CrateLabel | BagLabel]


def _wanted(found: PaperDay) -> dict[str, Wanted]:
    day, plan = found.held.day, found.held.plan
    return {"boxes": box_labels(day, plan), "crates": crate_labels(day, plan), "bags": bag_labels(day, found.goods)}


@router.get(DAYS + "/{day}/labels")
async def overview(request: Request, day: str, person: Person = COORDINATES) -> Response:
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    counts = {kind: len(_labels(request, found, wanted)) for kind, wanted in _wanted(found).items()}
    request.app.state.press.warm()
    return Pages.of(request).render(
        request, "labels.html", found=found, counts=counts, a_sheet=A_SHEET, paper=found.paper()
    )


@router.get(DAYS + "/{day}/labels/boxes.pdf")
async def boxes_pdf(request: Request, day: str, person: Person = COORDINATES) -> Response:
    return await _file(request, day, "boxes")


@router.get(DAYS + "/{day}/labels/crates.pdf")
async def crates_pdf(request: Request, day: str, person: Person = COORDINATES) -> Response:
    return await _file(request, day, "crates")


@router.get(DAYS + "/{day}/labels/bags.pdf")
async def bags_pdf(request: Request, day: str, person: Person = COORDINATES) -> Response:
    return await _file(request, day, "bags")


async def _file(request: Request, day: str, kind: str) -> Response:
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    return await print_labels(request, found, _wanted(found)[kind])


async def print_labels(request: Request, found: PaperDay, wanted: Wanted) -> Response:
    """`?first=5` leaves out the four labels that are gone from a sheet that was begun."""
    typed = request.query_params.get("first", "1")
    first = int(typed) if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= A_SHEET else 1
    blank = Label("", "", "", "", "", (), (), "", "")
    stickers = (*[blank] * (first - 1), *_labels(request, found, wanted))
    press: Press = request.app.state.press
    content = await press.labels(found.paper(stickers=stickers).to_json())
    return pdf(f"{found.t('labels')}_{found.held.on.isoformat()}_{found.held.version}", content)


def _labels(request: Request, found: PaperDay, wanted: Wanted) -> list[Label]:
    public = Service.of(request).settings.public_url.rstrip("/")
    made: list[Label] = []
    for one in wanted:
        if isinstance(one, BoxLabel):
            made.append(_of_box(found, one, public))
        elif isinstance(one, CrateLabel):
            made += [_of_crate(found, one, public)] * one.copies
        else:
            made += _of_bag(found, one, public)
    return made


def _of_box(found: PaperDay, one: BoxLabel, public: str) -> Label:
    t, text = found.t, code.of_box(one.box.id)
    language = found.words.language
    keep = t("%(lowest)s to %(highest)s") % {
        "lowest": degrees(one.box.coldest, language),
        "highest": degrees(one.box.warmest, language),
    }
    filled = t(_("filled %(time)s at %(place)s, %(carrier)s")) % {
        "time": found.say.at(one.filled_at),
        "place": one.origin.name,
        "carrier": one.carrier.name,
    }
    until = t(_("keeps cold until %(time)s")) % {"time": found.say.at(one.holds_until)} if one.holds_until else ""
    subtitle, notes = t(_("Box %(name)s")) % {"name": one.box.name or one.box.id}, tuple(filter(None, (filled, until)))
    return Label(
        kind="box",
        title=found.words.listing([site.name for site in one.goals]),
        subtitle=subtitle,
        day=found.words.short_day(found.held.on),
        keep=keep,
        notes=notes,
        lines=_short(found, [said for goods in one.goods for said in _said(found, goods)], (subtitle, *notes)),
        code=public + code.address(text),
        mark=mark_of(text),
    )


def _of_crate(found: PaperDay, one: CrateLabel, public: str) -> Label:
    text = code.of_consignment(found.held.on, one.goods.id)
    subtitle = " · ".join(filter(None, (found.goods.group(one.goods), one.carrier.name)))
    note = f"{found.t('from')} {found.goods.producer(one.goods) or one.origin.name}"
    return Label(
        kind="crate",
        title=one.goal.name,
        subtitle=subtitle,
        day=found.words.short_day(found.held.on),
        keep=_coldest(found, one.goods.lines),
        notes=(note,),
        lines=_short(found, _said(found, one.goods), (subtitle, note)),
        code=public + code.address(text),
        mark=mark_of(text),
    )


def _coldest(found: PaperDay, lines: Sequence[Line]) -> str:
    """What all of it bears: its coldest class says so."""
    return next((part.limits for part in found.say.classes((line, 0) for line in lines) if part.limits), "")


def _of_bag(found: PaperDay, one: BagLabel, public: str) -> list[Label]:
    """A label for each temperature class, and more where its lines find no room: what is frozen is in a bag of its
    own."""
    text = code.of_household(found.held.on, one.household_id)
    subtitle, labels = f"{one.group_name} · {one.site.name}", []
    for part in found.say.classes(one.lines):
        lines = [f"{item.figure} {item.name}" for item in part.items]
        for rows in _in_rows(lines, _room((subtitle, part.name))):
            labels.append((part, rows))
    return [
        Label(
            kind="bag",
            title=one.household_name,
            subtitle=subtitle,
            day=found.words.short_day(found.held.on),
            keep=part.limits,
            notes=(part.name,),
            lines=tuple(rows),
            code=public + code.address(text),
            mark=mark_of(text),
            part=f"{number}/{len(labels)}" if len(labels) > 1 else "",
        )
        for number, (part, rows) in enumerate(labels, start=1)
    ]


def _said(found: PaperDay, goods: Consignment) -> list[str]:
    parts = found.say.classes((line, line.quantity) for line in goods.lines)
    return [f"{item.figure} {item.name}" for part in parts for item in part.items]


def _high(text: str) -> int:
    return -(-len(text) // LETTERS)


def _room(above: Sequence[str]) -> int:
    """Rows that are left for goods below these."""
    return max(2, ROWS - sum(_high(text) for text in above))


def _in_rows(lines: Sequence[str], room: int) -> list[list[str]]:
    """Parted so that each part finds room: `room` rows."""
    parts: list[list[str]] = []
    for line in lines:
        if parts and sum(_high(each) for each in parts[-1]) + _high(line) <= room:
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts


def _short(found: PaperDay, lines: Sequence[str], above: Sequence[str]) -> tuple[str, ...]:
    """As many as find room below `above`; the last row counts the others."""
    room = _room(above)
    if sum(_high(line) for line in lines) <= room:
        return tuple(lines)
    kept: list[str] = []
    for line in lines:
        if sum(_high(each) for each in kept) + _high(line) > room - 1:
            break
        kept.append(line)
    more = len(lines) - len(kept)
    return (*kept, found.t.plural("and %(num)d more product", "and %(num)d more products", more) % {"num": more})
