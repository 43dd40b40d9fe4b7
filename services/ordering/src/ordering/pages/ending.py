"""How the decisions end: the cycle is closed, or opened again, for all goods or for those of one producer.

The referent of a producer opens and closes for its goods: the cycle again for these alone, and the cycle itself where
nothing but these is to be decided.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from ordering import cycle, decision
from ordering.closing import JoinOver, NotAChoice, NotDeciding, StillUndecided, TooEarly
from ordering.conflict import Missing
from ordering.cycle import Cycle, NotOpen, State
from ordering.pages.decisions import DECISIONS, closing_of, home_of, last_extension, page
from ordering.pages.forms import sent
from ordering.pages.reach import DECIDERS, goods_in_reach
from ui import Pages

router = APIRouter()


@router.post(DECISIONS + "/settle")
async def settle(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    """Close the cycle, all being decided."""
    _, mine = request.state.translate, goods_in_reach(asker)
    try:
        async with Service.of(request).database.write() as writer:
            await _held(writer, asker, cycle_id)
            about = {one.question.producer_id for one in await decision.of_cycle(writer, cycle_id)}
            if mine is not None and not about <= mine:
                raise Refused(_("Goods of others are to be decided too: the coordinator closes the cycle."))
            await closing_of(request).settle(writer, cycle_id)
    except Missing as error:
        raise NotFound from error
    except NotDeciding:
        return Pages.of(request).go(home_of(asker, cycle_id))
    except StillUndecided as error:
        raise Refused(_("Something is not decided yet.")) from error
    except JoinOver as over:
        if over.name:
            sentence = _("The order “%(name)s” takes none any more: take that decision back.") % {"name": over.name}
            raise Refused(sentence) from over
        raise Refused(_("Something that was decided is not possible any more: take it back.")) from over
    closed = _("The cycle is closed. Pick lists and amounts due follow.")
    return Pages.of(request).go(home_of(asker, cycle_id), closed)


@router.post(DECISIONS + "/extend")
async def extend(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    """Open the cycle again, for all goods or for those of one producer, so that households can fill the cases."""
    _, form, zone = request.state.translate, await sent(request), Pages.of(request).zone
    closes_at = form.local_datetime("closes_at", zone, required=True)
    mine, producer = goods_in_reach(asker), form.value("producer")
    if mine is not None and producer not in mine:
        form.error("producer", _("Choose a producer whose referent you are."))
    try:
        async with Service.of(request).database.write() as writer:
            of = await _held(writer, asker, cycle_id)
            if closes_at is not None and form.ok:
                await closing_of(request).extend(writer, cycle_id, closes_at, last_extension(of, zone), producer)
    except NotAChoice:
        form.error("producer", _("Nothing is to be decided about this producer any more."))
    except TooEarly:
        form.error("closes_at", _("This must be in the future, and before the day of delivery."))
    except NotDeciding:
        return Pages.of(request).go(home_of(asker, cycle_id))
    if not form.ok:
        return await page(request, asker, cycle_id, form, status=422)
    return Pages.of(request).go(home_of(asker, cycle_id), _("The cycle is open again: members can order."))


@router.post(DECISIONS + "/end")
async def end(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    """Close what is open again for one producer alone, before its hour."""
    _, mine = request.state.translate, goods_in_reach(asker)
    try:
        async with Service.of(request).database.write() as writer:
            of = await _held(writer, asker, cycle_id)
            if not of.extended_for or (mine is not None and of.extended_for not in mine):
                raise NotOpen
            closed = await closing_of(request).close(writer, cycle_id)
    except Missing as error:
        raise NotFound from error
    except NotOpen:
        # A second click, or the clock was faster: it is closed, which is what was wanted.
        return Pages.of(request).go(home_of(asker, cycle_id))
    if closed.state is State.DECIDING:
        return Pages.of(request).go(home_of(asker, cycle_id), _("Orders are closed. Something is to be decided."))
    closed_for_good = _("The cycle is closed. Pick lists and amounts due follow.")
    return Pages.of(request).go(home_of(asker, cycle_id), closed_for_good)


async def _held(reader: Reader, asker: Person, cycle_id: str) -> Cycle:
    """The cycle, where something of it is the asker's to decide. Raises NotFound."""
    of, mine = await cycle.by_id(reader, cycle_id), goods_in_reach(asker)
    if of is None:
        raise NotFound
    if mine is not None and of.extended_for not in mine and not await decision.of_cycle(reader, cycle_id, mine):
        raise NotFound
    return of
