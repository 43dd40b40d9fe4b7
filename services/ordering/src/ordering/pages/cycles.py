"""The cycles as those see them who run them: what runs, its live totals, planning and closing."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ordering import cycle, decision, late_order, planning, totals
from ordering.conflict import Missing
from ordering.cycle import AlreadyClosed, Cycle, NotOpen, StaleCycle, State
from ordering.mandate import Uncovered
from ordering.offer import Offer, by_producer_and_name, on_offer, uncovered_of, under_mandate
from ordering.pages import cycle_form, refusals
from ordering.pages.assets import asset
from ordering.pages.forms import id_of, sent, version_of
from ordering.pages.reach import cycle_in_reach, groups_in_reach
from ordering.pickup import all_slots
from ordering.plan import Impossible
from ordering.stranded import Unreceived, unreceived
from ui import Pages
from ui.forms import Form
from ui.i18n import marked
from ui.pages import words

router = APIRouter()

URL = "/ordering/cycles"
RUNNERS = (Role.COORDINATOR, Role.REFERENT)
RUNNING = (State.OPEN, State.COMPLETING)
NOT_OVER = (State.DRAFT, State.PLANNED, *RUNNING, State.DECIDING)


@router.get(URL)
async def show_all(request: Request, asker: Person = serves(*RUNNERS)) -> Response:
    coordinates = asker.has(Role.COORDINATOR)
    async with Service.of(request).database.read() as reader:
        found = await cycle.in_state(reader, *NOT_OVER)
        sums = {of.id: await totals.sums(reader, of.id) for of in found if of.state in RUNNING}
        past = await cycle.past(reader, None if coordinates else asker.group_ids(Role.REFERENT))
    if not coordinates:
        found = [of for of in found if of.state is not State.DRAFT and groups_in_reach(asker, of)]
    return Pages.of(request).render(
        request,
        "cycles.html",
        running=[of for of in found if of.state in RUNNING],
        coming=[of for of in found if of.state in (State.DRAFT, State.PLANNED)],
        deciding=[of for of in found if of.state is State.DECIDING],
        past=past,
        sums=sums,
        may_change=coordinates,
        now=Service.of(request).clock.now(),
    )


# Planning


@router.get(URL + "/new")
async def new(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    service, zone = Service.of(request), Pages.of(request).zone
    local = service.clock.now().astimezone(zone)
    first = cycle_form.suggested(local.date()) | {
        "id": service.ids.new(),
        "opens_at": local.strftime("%Y-%m-%dT%H:%M"),
        "name": request.state.translate("Week %(number)d") % {"number": (local.isocalendar().week % 53) + 1},
    }
    return await _form(request, Form(values=first, translate=request.state.translate), None)


@router.post(URL + "/new")
async def plan(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    return await _take(request, None)


@router.get(URL + "/{cycle_id}/edit")
async def edit(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    async with Service.of(request).database.read() as reader:
        held = await _changeable(request, reader, cycle_id)
        offers = await _choosable(reader, held)
    values = cycle_form.filled(held, offers, Pages.of(request).zone, request.state.reading.language)
    return await _form(request, Form(values=values, translate=request.state.translate), held)


@router.post(URL + "/{cycle_id}/edit")
async def change(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    async with Service.of(request).database.read() as reader:
        held = await _changeable(request, reader, cycle_id)
    return await _take(request, held)


async def _take(request: Request, held: Cycle | None) -> Response:
    """Read the form, make or change the cycle; or show the form again with what is to mend."""
    service, zone, _ = Service.of(request), Pages.of(request).zone, request.state.translate
    form = await sent(request)
    async with service.database.read() as reader:
        offers, slots = await _choosable(reader, held), await all_slots(reader)
    wanted = cycle_form.read(form, offers, slots, zone, held)
    draft = form.value("do") == "draft"
    if wanted is None:
        return await _form(request, form, held, status=422)
    try:
        async with service.database.write() as writer:
            if held is None:
                saved = await planning.plan_cycle(writer, id_of(request, form), wanted, zone, draft=draft)
            else:
                saved = await planning.change_cycle(
                    writer, held.id, wanted, zone, draft=draft, base_version=version_of(form)
                )
    except Impossible as impossible:
        for name, sentence in refusals.of_plan(impossible, _).items():
            form.error(name, sentence)
        return await _form(request, form, held, status=422)
    except StaleCycle:
        assert held is not None
        form.error("", _("Somebody else changed this cycle meanwhile. What you typed is still here; send it again."))
        form.values["version"] = str(held.version)
        return await _form(request, form, held, status=409)
    except AlreadyClosed as closed:
        raise Refused(_("This cycle is closed: nothing about it changes any more.")) from closed
    except Missing as error:
        raise NotFound from error
    return Pages.of(request).go(f"{URL}/{saved.id}", _(_SAID[saved.state]))


_SAID = {
    State.DRAFT: marked("The draft is saved."),
    State.PLANNED: marked("The cycle is planned: it opens by itself."),
    State.OPEN: marked("The cycle is open: members can order."),
    State.COMPLETING: marked("This cycle is closed."),
    State.DECIDING: marked("This cycle is closed."),
    State.CLOSED: marked("This cycle is closed."),
}


async def _changeable(request: Request, reader: Reader, cycle_id: str) -> Cycle:
    held = await cycle.by_id(reader, cycle_id)
    if held is None:
        raise NotFound
    if held.has_ended:
        raise Refused(request.state.translate("This cycle is closed: nothing about it changes any more."))
    return held


async def _choosable(reader: Reader, held: Cycle | None) -> list[Offer]:
    """What can be chosen: the catalog, and what the cycle offers already."""
    offered = await cycle.offers_for(reader, held) if held is not None and held.state is State.OPEN else []
    known = {offer.product_id for offer in offered}
    return by_producer_and_name([*offered, *(o for o in await on_offer(reader) if o.product_id not in known)])


async def _form(request: Request, form: Form, held: Cycle | None, status: int = 200) -> Response:
    async with Service.of(request).database.read() as reader:
        offers, slots = await _choosable(reader, held), await all_slots(reader)
        now_offered = await cycle.offers_for(reader, held) if held else []
    producers: dict[str, list[Offer]] = {}
    for offer in offers:
        producers.setdefault(offer.producer_id, []).append(offer)
    is_sent = bool(form.chosen("groups") or form.value("do"))
    default_groups = [s.group_id for s in slots if held is None or s.group_id in held.group_ids]
    return Pages.of(request).render(
        request,
        "cycle_form.html",
        status=status,
        form=form,
        of=held,
        slots=slots,
        pools_in=cycle_form.pools_in,
        groups=form.chosen("groups") if is_sent else default_groups,
        producers=[(found[0].producer_name, producer_id, found) for producer_id, found in producers.items()],
        ticked_producers=form.chosen("producers") if is_sent else (held.choice.producer_ids if held else ()),
        ticked=form.chosen("products") if is_sent else {offer.product_id for offer in now_offered},
        asset=asset,
    )


# Running


@router.get(URL + "/{cycle_id}")
async def show(request: Request, cycle_id: str, asker: Person = serves(*RUNNERS)) -> Response:
    async with Service.of(request).database.read() as reader:
        standing = await _standing(reader, asker, cycle_id)
        of: Cycle = standing["of"]
        offers = await request.app.state.desk.sheets.offers(reader, of)
        decisions = await decision.of_cycle(reader, cycle_id)
        running = groups_in_reach(asker, of) if of.state in RUNNING else frozenset[str]()
        stranded = await unreceived(reader, request.app.state.desk.sheets, of, running) if running else {}
        lacking = [] if of.has_ended else uncovered_of(of.choice, await under_mandate(reader), of.delivers_on)
    return Pages.of(request).render(
        request,
        "cycle.html",
        **standing,
        pushed=False,
        offers=len(offers),
        hours={
            offer.producer_id: (offer.producer_name, of.hours[offer.producer_id])
            for offer in offers
            if offer.producer_id in of.hours
        },
        extended_for=next((o.producer_name for o in offers if o.producer_id == of.extended_for), ""),
        decisions=decisions,
        uncovered=_by_producer(request, lacking),
        unreceived={group: _told(request, found) for group, found in stranded.items()},
        may_change=asker.has(Role.COORDINATOR),
        asset=asset,
    )


def _by_producer(request: Request, lacking: list[tuple[Offer, Uncovered]]) -> dict[str, dict[str, list[str]]]:
    """Producer -> why, in words -> the names of its goods that no mandate covers."""
    spoken, found = words(request), dict[str, dict[str, list[str]]]()
    for offer, why in lacking:
        said = refusals.of_mandate(why, request.state.translate, spoken)
        of_it = found.setdefault(offer.producer_name, {}).setdefault(said, [])
        of_it.append(spoken.in_language(offer.article.name))
    return found


def _told(request: Request, found: list[Unreceived]) -> list[tuple[str, int]]:
    """Why each cannot be received, in words, and how many households have ordered it all the same; those first."""
    spoken = words(request)
    told = [(refusals.of_reception(one.refusal, one.offer.article, spoken), one.households) for one in found]
    return sorted(told, key=lambda each: each[1] == 0)


@router.get(URL + "/{cycle_id}/live")
async def live(request: Request, cycle_id: str, asker: Person = serves(*RUNNERS)) -> Response:
    """The part of the page that changes by itself, once."""
    async with Service.of(request).database.read() as reader:
        standing = await _standing(reader, asker, cycle_id)
    if standing["of"].state not in RUNNING:
        return Pages.of(request).go(f"{URL}/{cycle_id}")
    return Pages.of(request).fragment(request, "cycle_live.html", **standing, pushed=True)


@router.get(URL + "/{cycle_id}/stream")
async def stream(request: Request, cycle_id: str, asker: Person = serves(*RUNNERS)) -> Response:
    """The same part, sent whenever it changes. It ends with the cycle: browsers load the whole page again then, of
    which nearly everything is another."""
    pages, language = Pages.of(request), request.state.reading.language

    async def make(reader: Reader) -> str:
        standing = await _standing(reader, asker, cycle_id)
        if standing["of"].state not in RUNNING:
            raise NotFound
        return pages.piece(language, "cycle_live.html", **standing, pushed=True)

    # All that a person's roles decide about the piece: coordinators see everything, referents their groups.
    reach = "all" if asker.has(Role.COORDINATOR) else asker.group_ids(Role.REFERENT)
    return await pages.live.stream(request, asker, ("cycle", cycle_id, reach, language), make)


async def _standing(reader: Reader, asker: Person, cycle_id: str) -> dict[str, Any]:
    of = await cycle_in_reach(reader, asker, cycle_id)
    mine = groups_in_reach(asker, of)
    households = await totals.by_household(reader, of, mine)
    sums, producers = await totals.sums_and_producers(reader, cycle_id)
    return {
        "of": of,
        "sums": sums,
        "groups": [group for group in await totals.by_group(reader, of) if group.group_id in mine],
        "producers": producers if asker.has(Role.COORDINATOR) else [],
        "ordered": [home for home in households if home.state == "placed"],
        "missing": [home for home in households if home.state != "placed"],
        "late": [order for order in await late_order.of_cycle(reader, cycle_id) if order.group_id in mine],
        "open_now": of.takes_orders(reader.now),
    }


@router.get(URL + "/{cycle_id}/close")
async def ask_to_close(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    async with Service.of(request).database.read() as reader:
        of = await cycle_in_reach(reader, asker, cycle_id)
        sums = await totals.sums(reader, cycle_id)
    if of.state not in RUNNING:
        return Pages.of(request).go(f"{URL}/{cycle_id}")
    return Pages.of(request).render(request, "cycle_close.html", of=of, sums=sums)


@router.post(URL + "/{cycle_id}/close")
async def close(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    _ = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            closed = await request.app.state.closing.close(writer, cycle_id)
    except Missing as error:
        raise NotFound from error
    except NotOpen:
        # A second click, or the clock was faster: it is closed, which is what was wanted.
        return Pages.of(request).go(f"{URL}/{cycle_id}")
    if closed.state is State.COMPLETING:
        return Pages.of(request).go(f"{URL}/{cycle_id}", _("Orders are closed. Begun cases can still be filled."))
    if closed.state is State.DECIDING:
        return Pages.of(request).go(f"{URL}/{cycle_id}/decisions", _("Orders are closed. Something is to be decided."))
    return Pages.of(request).go(f"{URL}/{cycle_id}", _("The cycle is closed. Pick lists and amounts due follow."))


@router.post(URL + "/{cycle_id}/clone")
async def clone(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    async with Service.of(request).database.write() as writer:
        held = await cycle.by_id(writer, cycle_id)
        if held is None:
            raise NotFound
        name = request.state.translate("%(name)s (copy)") % {"name": held.name}
        copy = await planning.clone_cycle(writer, cycle_id, name[:120])
    return Pages.of(request).go(f"{URL}/{copy.id}/edit")


@router.post(URL + "/{cycle_id}/drop")
async def drop(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    try:
        async with Service.of(request).database.write() as writer:
            await planning.drop_draft(writer, cycle_id)
    except Missing as error:
        raise NotFound from error
    except AlreadyClosed as error:
        raise Refused(request.state.translate("This cycle was open: it stays.")) from error
    return Pages.of(request).go(URL, request.state.translate("The draft is gone."))
