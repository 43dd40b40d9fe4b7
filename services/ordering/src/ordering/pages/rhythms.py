"""The plan of the months to come, the rhythms it follows from, and opening the week of all groups in one go."""

from calendar import Calendar
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ordering import rhythm_book
from ordering.conflict import Missing
from ordering.cycle import State
from ordering.offer import on_offer
from ordering.pages import refusals, rhythm_form
from ordering.pages.assets import asset
from ordering.pages.forms import id_of, sent, version_of
from ordering.pickup import Slot, all_slots
from ordering.plan import Impossible
from ordering.rhythm import DaysOff, Rhythm, turns
from ordering.rhythm_book import Entry, StaleRhythm, Standing, UnderWay
from ui import Pages
from ui.forms import Form
from ui.pages import words

router = APIRouter()

URL = "/ordering/rhythms"
WEEK = URL + "/week"
READERS = (Role.COORDINATOR, Role.REFERENT)
MONTHS = 12
SHOWN_DAYS = 8
"""Days of a rhythm shown while it is written."""


def _days_off(request: Request) -> DaysOff:
    found: dict[str, DaysOff] = request.app.state.days_off
    return found.get(request.state.reading.language) or found["fr"]


def _today(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


# The plan


@router.get(URL)
async def show(request: Request, asker: Person = serves(*READERS)) -> Response:
    """The next twelve months: a list, and on a wide screen a sheet for each month."""
    zone, today = Pages.of(request).zone, _today(request)
    end = (today.replace(day=1) + timedelta(days=31 * MONTHS)).replace(day=1) - timedelta(days=1)
    async with Service.of(request).database.read() as reader:
        entries = await rhythm_book.calendar(reader, today, end, zone, _days_off(request))
        rhythms = await rhythm_book.all_rhythms(reader)
        slots = {slot.group_id: slot for slot in await all_slots(reader)}
    if not asker.has(Role.COORDINATOR):
        mine = asker.group_ids(Role.REFERENT)
        entries = [entry for entry in entries if mine & set(entry.group_ids)]
        rhythms = [one for one in rhythms if mine & set(one.group_ids)]
    return Pages.of(request).render(
        request,
        "rhythms.html",
        months=_months(today, entries, _days_off(request)),
        deliveries=entries,
        rhythms=rhythms,
        groups=lambda entry: _names(entry.group_ids, slots),
        next_monday=today - timedelta(days=today.weekday()),
        may_change=asker.has(Role.COORDINATOR),
        asset=asset,
    )


def _months(
    today: date, entries: list[Entry], days_off: DaysOff
) -> list[tuple[date, list[list[tuple[date | None, str, list[int]]]]]]:
    """(first of the month, its weeks); a day: the day or None, its holiday, the places of its entries in the list."""
    places: dict[date, list[int]] = {}
    for place, entry in enumerate(entries):
        places.setdefault(entry.day, []).append(place)
    months = []
    for number in range(MONTHS):
        year, month = divmod(today.year * 12 + today.month - 1 + number, 12)
        weeks = Calendar().monthdatescalendar(year, month + 1)
        sheet = [
            [(day, days_off(day), places.get(day, [])) if day.month == month + 1 else (None, "", []) for day in week]
            for week in weeks
        ]
        months.append((date(year, month + 1, 1), sheet))
    return months


def _names(group_ids: tuple[str, ...], slots: dict[str, Slot]) -> str:
    return ", ".join(slots[group_id].group_name for group_id in group_ids if group_id in slots)


# One rhythm


@router.get(URL + "/new")
async def new(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    values = rhythm_form.suggested(_today(request)) | {"id": Service.of(request).ids.new()}
    return await _form(request, Form(values=values, translate=request.state.translate), None)


@router.post(URL + "/new")
async def add(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    return await _take(request, None)


# Before the page of one rhythm, whose path would take its own.


@router.get(WEEK)
async def look_at_week(request: Request, monday: str = "", asker: Person = serves(Role.COORDINATOR)) -> Response:
    """What opening a week would make, what stands in its way; nothing is done by looking."""
    first = _monday(monday, _today(request))
    zone = Pages.of(request).zone
    async with Service.of(request).database.read() as reader:
        entries = await rhythm_book.calendar(reader, first, first + timedelta(days=6), zone, _days_off(request))
        slots = {slot.group_id: slot for slot in await all_slots(reader)}
    return Pages.of(request).render(
        request,
        "rhythm_week.html",
        monday=first,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        deliveries=entries,
        coming=sum(entry.standing is Standing.COMING for entry in entries),
        waiting=sum(entry.cycle is not None and entry.cycle.state is State.PLANNED for entry in entries),
        groups=lambda entry: _names(entry.group_ids, slots),
        asset=asset,
    )


@router.post(WEEK)
async def open_week(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    form, _ = await sent(request), request.state.translate
    first = _monday(form.value("monday"), _today(request))
    zone = Pages.of(request).zone
    done, not_possible = await rhythm_book.open_week(
        Service.of(request).database, first, zone, _days_off(request), at_once=form.boolean("at_once")
    )
    said = _.plural("%(num)d cycle is made or open.", "%(num)d cycles are made or open.", len(done))
    said %= {"num": len(done)}
    if not_possible:
        said += " " + _("Not possible: %(names)s.") % {"names": ", ".join(turn.rhythm.name for turn in not_possible)}
    return Pages.of(request).go(f"{WEEK}?monday={first}", said)


def _monday(typed: str, today: date) -> date:
    """The Monday of the week of a day; of today's where none can be read."""
    day = Form({"day": typed}).date("day") or today
    return day - timedelta(days=day.weekday())


@router.get(URL + "/{rhythm_id}")
async def edit(request: Request, rhythm_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    async with Service.of(request).database.read() as reader:
        held = await _held(reader, rhythm_id)
    return await _form(request, Form(values=rhythm_form.filled(held), translate=request.state.translate), held)


@router.post(URL + "/{rhythm_id}")
async def change(request: Request, rhythm_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    async with Service.of(request).database.read() as reader:
        held = await _held(reader, rhythm_id)
    return await _take(request, held)


async def _held(reader: Reader, rhythm_id: str) -> Rhythm:
    held = await rhythm_book.by_id(reader, rhythm_id)
    if held is None:
        raise NotFound
    return held


async def _take(request: Request, held: Rhythm | None) -> Response:
    service, _ = Service.of(request), request.state.translate
    form = await sent(request)
    async with service.database.read() as reader:
        slots, producers = await all_slots(reader), await _producers(reader)
    rhythm_id = held.id if held else id_of(request, form)
    said = rhythm_form.read(form, rhythm_id, version_of(form), slots, producers)
    if said is None or form.value("do") == "show":
        return await _form(request, form, held, 200 if form.ok else 422, said)
    try:
        async with service.database.write() as writer:
            saved = await rhythm_book.save(writer, said)
    except StaleRhythm:
        form.error("", _("Somebody else changed this rhythm meanwhile. What you typed is still here; send it again."))
        async with service.database.read() as reader:
            form.values["version"] = str((await _held(reader, rhythm_id)).version)
        return await _form(request, form, held, 409)
    return Pages.of(request).go(URL, _("The rhythm “%(name)s” is saved.") % {"name": saved.name})


async def _producers(reader: Reader) -> dict[str, str]:
    """Names by id of those with something on offer."""
    return {offer.producer_id: offer.producer_name for offer in await on_offer(reader)}


async def _form(
    request: Request, form: Form, held: Rhythm | None, status: int = 200, said: Rhythm | None = None
) -> Response:
    async with Service.of(request).database.read() as reader:
        slots, producers = await all_slots(reader), await _producers(reader)
    is_sent = bool(form.value("do"))
    groups = form.chosen("groups") if is_sent else list(held.group_ids) if held else [s.group_id for s in slots]
    shown = said or held
    today = _today(request)
    year_end = today + timedelta(days=366)
    return Pages.of(request).render(
        request,
        "rhythm_form.html",
        status,
        form=form,
        held=held,
        slots=slots,
        groups=groups,
        producers=producers,
        ticked=form.chosen("producers") if is_sent else (held.choice.producer_ids if held else ()),
        next_turns=turns(shown, today, year_end, _days_off(request))[:SHOWN_DAYS] if shown else [],
        asset=asset,
    )


@router.post(URL + "/{rhythm_id}/turns/{on}")
async def except_turn(request: Request, rhythm_id: str, on: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """Skip a turn (do=skip), move it (do=move, to=day), or have it as the rule says (do=keep)."""
    form, _, zone = await sent(request), request.state.translate, Pages.of(request).zone
    day, do = Form({"day": on}).date("day"), form.value("do")
    if day is None:
        raise NotFound
    to = day if do == "keep" else form.date("to", required=True) if do == "move" else None
    if not form.ok:
        wrong = form.errors["to"]
        raise Refused(wrong)
    if to is not None and abs(to - day) > rhythm_book.AROUND:
        raise Refused(_("Choose a day within two months of the one it is now."))
    try:
        async with Service.of(request).database.write() as writer:
            moved = await rhythm_book.set_exception(writer, rhythm_id, day, to, zone, _days_off(request))
    except Missing as error:
        raise NotFound from error
    except UnderWay as error:
        raise Refused(_("This cycle is open already, or was: change the cycle itself.")) from error
    except Impossible as impossible:
        raise Refused(" ".join(refusals.of_plan(impossible, _).values())) from impossible
    said = _("The plan is changed.")
    if moved is not None:
        # Of hours typed by hand only the days change: whoever moves the turn sees at once what that comes to.
        times = [words(request).moment(moment) for moment in (moved.opens_at, moved.closes_at)]
        said = _("The plan is changed: “%(name)s” opens on %(opens)s and closes on %(closes)s.")
        said %= {"name": moved.name, "opens": times[0], "closes": times[1]}
    return Pages.of(request).go(f"{URL}#day-{day}", said)
