"""Groups without any account: which they are, what is drawn up between their households, and who has not paid."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping, select

from billing.amount_due import HOLDS, amount_due
from billing.between import drawing, register
from billing.between.life import Move, OutOfTurn, Stage, moves_of
from billing.between.register import Round
from billing.between.way import NoGroup, OtherSet, Way, set_way, settles_on, ways_of
from billing.cycle import COMPUTED, cycle
from billing.household import groups, names_of_households
from billing.pages.between_words import (
    BADGES,
    BUTTONS,
    KEEPS,
    MINE,
    READS,
    STAGES,
    URL,
    check_keeps,
    group_url,
    keeps,
    sees,
)
from billing.pages.payment_form import id_of
from billing.pages.solidarity import COORDINATES
from billing.pages.today import today_of
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

CYCLES = 30
"""The newest deliveries of a group that are shown."""
LABELS = {
    "settles": _("Settles between its households"),
    "first_day": _("On deliveries from"),
    "cycle_id": _("Deliveries to settle"),
}
MOVERS: Any = serves(Role.MEMBER, Role.REFERENT, Role.COORDINATOR, Role.BOOKKEEPER)
SET_BEFORE = _("This form was sent before, with other words: it is set as it was then.")
FASTER = _("This cannot be done any more: somebody was faster. Look at how it stands now.")


@router.get(URL)
async def all_groups(request: Request, person: Person = READS) -> HTMLResponse:
    today = today_of(request)
    async with Service.of(request).database.read() as reader:
        names, ways = await groups(reader), await ways_of(reader)
    mine = {each: name for each, name in names.items() if sees(person, each)}
    shown = [(each, name, settles_on(ways.get(each, []), today), each in ways) for each, name in mine.items()]
    staff = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    return Pages.of(request).render(request, "between.html", groups=shown, staff=staff)


@router.get(URL + "/groups/{group_id}")
async def one_group(request: Request, group_id: str, person: Person = READS) -> Response:
    return await _show(request, group_id, person)


async def cycles_of(reader: Reader, group_id: str, ways: Iterable[Way]) -> list[RowMapping]:
    """Deliveries that a group settles between its households, whose amounts are there; the last first."""
    theirs = select(amount_due.c.cycle_id).where(amount_due.c.group_id == group_id, HOLDS)
    chosen = select(cycle).where(cycle.c.state == COMPUTED, cycle.c.id.in_(theirs))
    rows = await reader.all(chosen.order_by(cycle.c.delivers_on.desc(), cycle.c.id).limit(CYCLES))
    mine = list(ways)
    return [row for row in rows if settles_on(mine, row["delivers_on"])]


async def _show(
    request: Request, group_id: str, person: Person, form: Form | None = None, of: str = "", status: int = 200
) -> Response:
    """`of`: which form of the page `form` is, "way" or "draw"."""
    if not sees(person, group_id):
        raise NotFound
    t, ids = request.state.translate, Service.of(request).ids
    async with Service.of(request).database.read() as reader:
        name = (await groups(reader)).get(group_id)
        ways = (await ways_of(reader, group_id)).get(group_id, [])
        rows = await cycles_of(reader, group_id, ways)
        found = await register.advances(reader, cycle_ids=[row["id"] for row in rows], group_id=group_id)
        drawn = await register.rounds(reader, group_id=group_id)
        names_of_cycles = await register.names_of_rounds(reader, {each.id for each in drawn})
        ends = {one for each in drawn for pay in each.transfers for one in (pay.payer_id, pay.receiver_id)}
        households = await names_of_households(reader, ends)
    if name is None:
        raise NotFound
    paid = {row["id"]: sum(a.cents for a in found if a.cycle_id == row["id"] and not a.undone_at) for row in rows}
    settled = {each for one in drawn for each in one.cycle_ids}
    open_cycles = [(row["id"], row["name"]) for row in rows if paid[row["id"]] and row["id"] not in settled]
    fresh = {"id": ids.new(), "first_day": today_of(request).isoformat()}
    may_keep = keeps(person, group_id)
    return Pages.of(request).render(
        request,
        "between_group.html",
        status,
        url=group_url(group_id),
        name=name,
        ways=ways,
        settles=settles_on(ways, today_of(request)),
        cycles=rows,
        paid=paid,
        settled=settled,
        open_cycles=open_cycles,
        rounds=[(one, names_of_cycles[one.id], _moves(one)) for one in drawn],
        waiting=[each for one in drawn for each in one.standing if each.stage is not Stage.RECEIVED],
        households=households,
        stages=STAGES,
        badges=BADGES,
        buttons=BUTTONS,
        may_keep=may_keep,
        may_set=person.has(Role.COORDINATOR),
        may_draw=may_keep and bool(open_cycles or of == "draw"),
        form=form if of == "way" else Form(None, t, values=fresh),
        draw_form=form if of == "draw" else Form(None, t, values={"id": ids.new()}),
        labels={each: t(label) for each, label in LABELS.items()},
    )


def _moves(one: Round) -> dict[str, tuple[Move, ...]]:
    return {each.id: moves_of(each.stage, pays=False, receives=False, keeps=True) for each in one.standing}


@router.post(URL + "/groups/{group_id}")
async def change_way(request: Request, group_id: str, person: Person = COORDINATES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    way_id, settles = id_of(form), form.choice("settles", ("yes", "no")) == "yes"
    first_day = form.date("first_day", required=True)
    if not form.ok or first_day is None:
        return await _show(request, group_id, person, form, "way", status=422)
    wanted = Way(way_id, group_id, settles, first_day, Service.of(request).clock.now(), "")
    try:
        async with Service.of(request).database.write() as writer:
            await set_way(writer, wanted, person)
    except NoGroup as error:
        raise NotFound from error
    except OtherSet as error:
        raise Refused(t(SET_BEFORE)) from error
    return Pages.of(request).go(group_url(group_id), t(_("It is set.")))


@router.post(URL + "/groups/{group_id}/rounds")
async def draw(request: Request, group_id: str, person: Person = KEEPS) -> Response:
    check_keeps(person, group_id)
    t = request.state.translate
    form = Form(await request.form(), t)
    round_id, chosen = id_of(form), form.chosen("cycle_id")
    if not chosen:
        form.error("cycle_id", t(_("Tick at least one delivery.")))
        return await _show(request, group_id, person, form, "draw", status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await drawing.draw(writer, round_id, group_id, chosen, person)
    except drawing.NotSettled:
        form.error("cycle_id", t(_("The amounts of one of these deliveries are being made anew: try again later.")))
    except drawing.DrawnBefore:
        form.error("cycle_id", t(_("Transfers are drawn up for one of these deliveries already: see below.")))
    except drawing.NothingOwed:
        form.error("cycle_id", t(_("For these deliveries nobody owes anybody anything.")))
    else:
        said = _("The transfers are drawn up. Each household is told what it pays to whom.")
        return Pages.of(request).go(group_url(group_id), t(said))
    return await _show(request, group_id, person, form, "draw", status=409)


@router.post(URL + "/rounds/{round_id}/call-off")
async def call_off(request: Request, round_id: str, person: Person = KEEPS) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        found = await register.rounds(reader, round_ids=[round_id])
    if not found:
        raise NotFound
    check_keeps(person, found[0].group_id)
    try:
        async with Service.of(request).database.write() as writer:
            await drawing.call_off(writer, round_id, person)
    except drawing.Begun as error:
        raise Refused(t(_("Something is paid already: these transfers cannot be called off any more."))) from error
    return Pages.of(request).go(group_url(found[0].group_id), t(_("The transfers are called off.")))


@router.post(URL + "/transfers/{transfer_id}/move")
async def move(request: Request, transfer_id: str, person: Person = MOVERS) -> Response:
    """One button of a transfer, of who keeps the group's money or of one of the two households."""
    t, service = request.state.translate, Service.of(request)
    form = Form(await request.form(), t)
    what = form.choice("do", BUTTONS)
    if not what:
        raise NotFound
    async with service.database.read() as reader:
        one = await register.find_transfer(reader, transfer_id)
        group_id = (await register.rounds(reader, round_ids=[one.round_id]))[0].group_id if one else ""
    if one is None:
        raise NotFound
    pays, receives = one.payer_id in person.household_ids, one.receiver_id in person.household_ids
    theirs = keeps(person, group_id)
    if not (pays or receives or theirs):
        raise NotFound
    ever = {each for stage in STAGES for each in _allowed(stage, pays, receives, theirs)}
    if what not in ever:
        raise NotFound
    try:
        async with service.database.write() as writer:
            await drawing.move(writer, transfer_id, Move(what), person)
    except OutOfTurn as error:
        raise Refused(t(FASTER)) from error
    back = MINE if form.value("back") == "mine" and (pays or receives) else group_url(group_id)
    return Pages.of(request).go(back if theirs or back == MINE else MINE, t(_("It is noted.")))


def _allowed(stage: str, pays: bool, receives: bool, theirs: bool) -> tuple[Move, ...]:
    return moves_of(Stage(stage), pays=pays, receives=receives, keeps=theirs)
