"""One recall: whom it reaches, who was spoken to, its papers, what is found to belong to it later, and its undoing."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from logistics.lot import recall as recalling
from logistics.lot import recalled
from logistics.lot.finding import find
from logistics.lot.household import household, people_of
from logistics.lot.recall import Over
from logistics.lot.recalled import NoRecall, Reached, Recall, Share
from logistics.pages.csv_file import plain_number
from logistics.pages.recall_words import ACTIONS, declared, goods_name, searched, stated
from logistics.pages.recalls import HEADS, RECALLS, URL
from logistics.press import Press
from ui import Pages
from ui.csv_file import csv_file
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import Reading, reading

router = APIRouter()

SEES: Any = serves(Role.COORDINATOR, Role.REFERENT)
A_PAGE = 100
"""Households on one page."""


class Call:
    """A household to speak to: what it got, how to reach it, and whether it was."""

    def __init__(self, shares: Sequence[Share], people: str | None, reached: Reached | None) -> None:
        self.shares = shares
        self.household_id = shares[0].household_id
        self.name = shares[0].household_name
        self.people = people_of(people)
        self.reached = reached

    @property
    def done(self) -> bool:
        return self.reached is not None and self.reached.reached


class Calls:
    """The households of a recall by group, in the order of collection, each with its name, place and calls."""

    def __init__(
        self, recall: Recall, shares: list[Share], people: dict[str, str], reached: dict[str, Reached]
    ) -> None:
        self.recall, self.shares, self.reached = recall, shares, reached
        self.groups: list[tuple[str, str, list[Call]]] = []
        for _group, theirs in groupby(shares, key=lambda each: each.group_id):
            of = list(theirs)
            households: dict[str, list[Share]] = {}
            for each in of:
                households.setdefault(each.household_id, []).append(each)
            calls = [Call(some, people.get(key), reached.get(key)) for key, some in households.items()]
            calls.sort(key=lambda call: (call.name.casefold(), call.household_id))
            self.groups.append((of[0].group_name, of[0].place, calls))

    @property
    def households(self) -> int:
        return len({each.household_id for each in self.shares})

    @property
    def done(self) -> int:
        return len({call.household_id for _name, _place, calls in self.groups for call in calls if call.done})


async def calls_of(reader: Reader, recall_id: str, person: Person) -> Calls:
    """A referent has those of its groups. Raises NotFound."""
    try:
        held = await recalled.recall_of(reader, recall_id)
    except NoRecall:
        raise NotFound from None
    shares = await recalled.shares_of(reader, recall_id)
    if not person.has(Role.COORDINATOR):
        mine = person.group_ids(Role.REFERENT)
        shares = [each for each in shares if each.group_id in mine]
        if not shares:
            raise NotFound
    ids = {each.household_id for each in shares}
    c = recalled.recall_share.c
    known = select(household.c.id, household.c.people).where(
        household.c.id.in_(select(c.household_id).where(c.recall_id == recall_id))
    )
    people = {row["id"]: row["people"] for row in await reader.all(known) if row["id"] in ids}
    return Calls(held, shares, people, await recalled.reached_of(reader, recall_id))


@router.get(URL + "/{recall_id}")
async def show(request: Request, recall_id: str, person: Person = SEES) -> Response:
    return await _show(request, recall_id, person)


async def _show(
    request: Request, recall_id: str, person: Person, form: Form | None = None, status: int = 200
) -> Response:
    eyes = reading(request)
    desk = person.has(Role.COORDINATOR)
    async with Service.of(request).database.read() as reader:
        calls = await calls_of(reader, recall_id, person)
        held, more = calls.recall, 0
        if desk and held.undone_at is None:
            more = len(await recalling.not_reached(reader, held, await find(reader, held.wanted)))
    number, last = _page_number(request), max(1, -(-calls.households // A_PAGE))
    return Pages.of(request).render(
        request,
        "recall.html",
        status,
        recall=held,
        title=searched(held, eyes),
        action=eyes.translate(ACTIONS[held.action]),
        calls=calls,
        groups=_portion(calls.groups, min(number, last)),
        number=min(number, last),
        last=last,
        lines=stated(held, calls.shares, eyes.words),
        still=sorted({(each.group_name, each.place) for each in calls.shares if each.held_back}),
        more=more,
        desk=desk,
        form=form or Form(None, eyes.translate),
        goods_name=lambda share: goods_name(share, eyes.words),
        url=f"{URL}/{recall_id}",
        up=URL,
    )


def _page_number(request: Request) -> int:
    typed = request.query_params.get("page", "1")
    return min(int(typed), 10_000) if typed.isascii() and typed.isdigit() and int(typed) > 0 else 1


def _portion(groups: list[tuple[str, str, list[Call]]], number: int) -> list[tuple[str, str, list[Call]]]:
    """The households of one page, under their groups."""
    flat = [(name, place, call) for name, place, calls in groups for call in calls]
    some = flat[(number - 1) * A_PAGE : number * A_PAGE]
    shown = groupby(some, key=lambda each: (each[0], each[1]))
    return [(name, place, [call for _name, _place, call in theirs]) for (name, place), theirs in shown]


@router.post(URL + "/{recall_id}/reached")
async def note(request: Request, recall_id: str, person: Person = SEES) -> Response:
    """Somebody of a household was spoken to, or is not reached after all."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        calls = await calls_of(reader, recall_id, person)
    wanted, seen = form.value("household_id"), form.integer("seen", required=True, minimum=0)
    if wanted not in {each.household_id for each in calls.shares}:
        raise NotFound
    said = form.text("note", max_length=200)
    reached = form.value("reached") == "yes"
    if not form.ok or seen is None:
        raise Refused(t("This note is too long, or the page is not whole: open it again."))
    async with service.database.write() as writer:
        kept = await recalling.note_reached(
            writer, recall_id, wanted, reached=reached, note=said, seen=seen, by=person.name
        )
    back = f"{URL}/{recall_id}" + (f"?page={number}" if (number := _page_number(request)) > 1 else "")
    if not kept:
        return Pages.of(request).go(back, t("Somebody noted something of this household meanwhile: look again."))
    return Pages.of(request).go(f"{back}#household-{wanted}", t("It is noted."))


@router.post(URL + "/{recall_id}/more")
async def reach_more(request: Request, recall_id: str, person: Person = RECALLS) -> Response:
    service, t = Service.of(request), request.state.translate
    try:
        async with service.database.write() as writer:
            added = await recalling.extend(writer, recall_id)
    except NoRecall:
        raise NotFound from None
    except Over:
        raise Refused(t("This recall is undone: begin another one.")) from None
    said = t.plural("%(num)d more delivery is called back.", "%(num)d more deliveries are called back.", added)
    return Pages.of(request).go(f"{URL}/{recall_id}", said % {"num": added})


@router.post(URL + "/{recall_id}/undo")
async def undo(request: Request, recall_id: str, person: Person = RECALLS) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    because = form.text("because", required=True, max_length=300)
    if not form.ok:
        return await _show(request, recall_id, person, form, 422)
    try:
        async with service.database.write() as writer:
            await recalling.undo(writer, recall_id, because, person.name)
    except NoRecall:
        raise NotFound from None
    return Pages.of(request).go(f"{URL}/{recall_id}", t("The recall is undone; everybody who was told of it is told."))


@router.get(URL + "/{recall_id}/declaration")
async def declaration(request: Request, recall_id: str, person: Person = RECALLS) -> Response:
    """What the declaration to the authorities asks for, to be typed there by a person."""
    eyes = reading(request)
    async with Service.of(request).database.read() as reader:
        calls = await calls_of(reader, recall_id, person)
        lots = await recalled.lots_of(reader, calls.recall)
    return Pages.of(request).render(
        request,
        "recall_declaration.html",
        title=searched(calls.recall, eyes),
        facts=declared(calls.recall, calls.shares, lots, eyes, Service.of(request).settings.hub_name),
        lines=stated(calls.recall, calls.shares, eyes.words),
        undone=calls.recall.undone_at is not None,
        url=f"{URL}/{recall_id}",
        up=URL,
    )


@router.get(URL + "/{recall_id}/calls.csv")
async def calls_csv(request: Request, recall_id: str, person: Person = SEES) -> Response:
    eyes = reading(request)
    t, french = eyes.translate, eyes.words.language == "fr"
    async with Service.of(request).database.read() as reader:
        calls = await calls_of(reader, recall_id, person)
    rows = [[t(head) for head in (*HEADS, _("Reached"), _("Note"))]]
    for name, _place, theirs in calls.groups:
        for call in theirs:
            noted = call.reached
            for each in call.shares:
                rows.append(
                    [
                        each.delivers_on.isoformat(),
                        name,
                        call.name,
                        ", ".join(one.name for one in call.people),
                        ", ".join(one.phone for one in call.people if one.phone),
                        ", ".join(one.email for one in call.people if one.email),
                        goods_name(each, eyes.words),
                        each.number,
                        plain_number(each.thousandths, french=french),
                        eyes.words.unit_name(each.unit, each.thousandths),
                        t("yes") if each.sure else t("at most"),
                        t("yes") if call.done else "",
                        noted.note if noted is not None else "",
                    ]
                )
    return csv_file(t("recall"), rows, eyes.words.language)


@router.get(URL + "/{recall_id}/calls.pdf")
async def calls_pdf(request: Request, recall_id: str, person: Person = SEES) -> Response:
    """The telephone list and the quantified statement, on A4."""
    eyes = reading(request)
    async with Service.of(request).database.read() as reader:
        calls = await calls_of(reader, recall_id, person)
    press: Press = request.app.state.press
    paper = paper_of(calls, eyes, Service.of(request).settings.hub_name)
    content = await press.paper("phone_list.typ", json.dumps(paper, ensure_ascii=False))
    headers = {"content-disposition": 'inline; filename="recall.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def paper_of(calls: Calls, eyes: Reading, hub_name: str) -> dict[str, Any]:
    """What the telephone list prints: words and figures, nothing to reckon."""
    t, words, held = eyes.translate, eyes.words, calls.recall
    labels = {
        "title": t("Recall – telephone list"),
        "reason": t("Reason"),
        "action": t("What to do"),
        "contact": t("Whom to call"),
        "statement": t("Quantified statement"),
        "columns": [t(each) for each in COLUMNS],
        "page": t("Page"),
        "nobody": t("No telephone and no e-mail is known: go there."),
        "undone": t("This recall is undone: do not call."),
    }
    return {
        "language": words.language,
        "hub": hub_name,
        "day": words.short_moment(held.recalled_at),
        "version": held.recalled_by,
        "labels": labels,
        "of": searched(held, eyes),
        "reason": held.reason,
        "action": t(ACTIONS[held.action]),
        "note": held.note,
        "contact": held.contact,
        "undone": held.undone_at is not None,
        "lines": [[s.name, s.came, s.handed, s.at_most, s.here, s.unknown] for s in stated(held, calls.shares, words)],
        "groups": [
            {"name": name, "place": place, "calls": [_printed(call, eyes) for call in theirs]}
            for name, place, theirs in calls.groups
        ],
    }


COLUMNS = (_("Product"), _("Came"), _("Handed out"), _("At most"), _("Held back"), _("With nobody known"))


def _printed(call: Call, eyes: Reading) -> dict[str, Any]:
    t, words = eyes.translate, eyes.words
    goods = []
    for each in call.shares:
        much = words.quantity(each.thousandths, each.unit)
        parts = [much if each.sure else t("at most %(much)s") % {"much": much}, goods_name(each, words)]
        parts.append(words.short_day(each.delivers_on))
        goods.append(" · ".join(parts) + (" · " + t("held back") if each.held_back else ""))
    return {
        "name": call.name,
        "people": [" · ".join(filter(None, (one.name, one.phone, one.email))) for one in call.people],
        "reachable": any(one.phone or one.email for one in call.people),
        "goods": goods,
        "done": call.done,
    }
