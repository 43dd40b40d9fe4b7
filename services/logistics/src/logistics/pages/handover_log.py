"""Correcting what was noted of a hand-over: a new row that names the old one, with who and why."""

from dataclasses import replace

from fastapi import Request
from fastapi.responses import Response

from chassis.service import Service
from chassis.web import NotFound
from logistics.handover.board import Board
from logistics.handover.expected import Expected, Goods, PartyKind
from logistics.handover.log import AlreadySaid, Entry, Said, Saying, State
from logistics.handover.telling import tell_otherwise
from logistics.pages.handover_form import Reading
from logistics.pages.handover_show import Card, Eyes, figures
from logistics.pages.handover_stop import LONGEST_FORM, Asking, held_back, waits
from logistics.pages.own_id import own_id
from ui import Pages
from ui.decimals import typed as number
from ui.forms import Form
from ui.i18n import marked as _


def entry_of(board: Board, asking: Asking, wanted: str) -> Entry:
    """Raises NotFound: also for what is not theirs."""
    entry = next((one for one in board.log if one.id == wanted), None)
    if entry is None or not asking.scope.covers(entry):
        raise NotFound
    return entry


def _expected(board: Board, entry: Entry) -> Expected:
    """The hand-over as it was expected when it was said, whatever the newest version expects."""
    now = next((one for one in board.expected if one.step == entry.step), None)
    consignment = next((one for one in board.published.day.consignments if one.id == entry.thing), None)
    return Expected(
        step=entry.step,
        thing=entry.thing,
        gives=entry.gave,
        takes=entry.took,
        site_id=entry.site_id,
        site_name=entry.site_name,
        carrier_id=next((one.id for one in (entry.gave, entry.took) if one.kind is PartyKind.CARRIER), ""),
        at=now.at if now else entry.at,
        until=now.until if now else entry.at,
        goods=tuple(
            Goods(line.id, line.product_id, line.name, line.expected, line.producer_id, line.cycle_id)
            for line in entry.lines
        ),
        box_ids=entry.box_ids,
        consignment=consignment,
    )


def show_entry(
    request: Request, asking: Asking, board: Board, entry: Entry, form: Form | None = None, status: int = 200
) -> Response:
    eyes, one = Eyes.of(request), _expected(board, entry)
    language = request.state.translate.language
    words = _("It did not happen: it was noted by mistake")
    card: Card = replace(eyes.card(one, board, asking.scope), entry=entry)
    if form is None:
        values = {f"state-{one.step}": entry.state, f"note-{one.step}": entry.note}
        values |= {"at": eyes.words.local_input(entry.at)}
        values[f"temperature-{one.step}"] = figures(entry.temperature, language)
        for row, line in zip(card.goods, entry.lines, strict=True):
            values[row.field] = number(line.came, 3, language) if line.came != line.expected else ""
        form = Form(values=values)
    history = [each for each in board.log if each.step == entry.step]
    return Pages.of(request).render(
        request,
        "handover_entry.html",
        status,
        asking=asking,
        card=card,
        entry=entry,
        newest=history[-1].id == entry.id,
        history=[(each, eyes.said(each), eyes.differences(each, board)) for each in reversed(history)],
        states=[*card.states, (State.VOID.value, request.state.translate(words))],
        form=form,
        form_id=form.value("form_id") or Service.of(request).ids.new(),
        url=f"{asking.log}/{entry.id}",
        back=f"{asking.url}/{entry.site_id}",
    )


async def take_entry(request: Request, asking: Asking, board: Board, entry: Entry) -> Response:
    service, pages, t = Service.of(request), Pages.of(request), request.state.translate
    form, one = Form(await request.form(), t), _expected(board, entry)
    form_id, reading = own_id(form, "form_id", longest=LONGEST_FORM), Reading(form, board, t)
    at = reading.at(asking.on, service.clock.now(), pages.zone, [one]) if form.value("at").strip() else entry.at
    void = form.value(f"state-{one.step}") == State.VOID.value
    said: Said | None = None if void else reading.card(one, required=True)
    reason = form.text("reason", required=True)
    if said is not None and not entry.moved and waits(said, board, asking.scope):
        form.error(f"state-{one.step}", held_back(request, one, board))
    if not form.ok or (said is None and not void):
        return show_entry(request, asking, board, entry, form, 422)
    saying = Saying(asking.on, board.published.version, form_id, at, asking.by, asking.by_link)
    try:
        async with service.database.write() as writer:
            made = await tell_otherwise(writer, entry, said, saying, pages.zone, reason)
    except AlreadySaid:
        form.error("", t(_("Somebody corrected this meanwhile: look at what is noted now, below.")))
        return show_entry(request, asking, board, entry, form, 409)
    sentence = _("The correction is noted.") if made else _("This form was sent before: it is noted once.")
    return pages.go(f"{asking.url}/{entry.site_id}" + ("" if one.consignment else "/households"), t(sentence))
