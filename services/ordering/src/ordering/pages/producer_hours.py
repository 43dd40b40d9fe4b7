"""The hours of single producers inside a cycle: one page with all of them, empty where the cycle's own count."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ordering import cycle, planning
from ordering.conflict import Missing
from ordering.cycle import AlreadyClosed, Cycle, StaleCycle
from ordering.hours import ALWAYS, Hours
from ordering.pages import refusals
from ordering.pages.cycles import URL
from ordering.pages.forms import sent, version_of
from ordering.plan import Impossible
from ui import Pages
from ui.forms import Form

router = APIRouter()

HOURS = URL + "/{cycle_id}/hours"


@router.get(HOURS)
async def show(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    of, producers = await _held(request, cycle_id)
    return _render(request, of, producers, Form(values=_filled(of, Pages.of(request).zone)))


@router.post(HOURS)
async def change(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    _, form, zone = request.state.translate, await sent(request), Pages.of(request).zone
    of, producers = await _held(request, cycle_id)
    hours = {producer: _read(form, producer, zone) for producer in producers}
    # What is not on offer (any more, or in this season) keeps what was said of it.
    kept = {producer: its for producer, its in of.hours.items() if producer not in producers}
    if not form.ok:
        return _render(request, of, producers, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            chosen = {producer: its for producer, its in hours.items() if its != ALWAYS}
            await planning.set_hours(writer, cycle_id, kept | chosen, version_of(form))
    except Impossible as impossible:
        for name, sentence in refusals.of_plan(impossible, _).items():
            form.error(name, sentence)
        return _render(request, of, producers, form, 422)
    except StaleCycle:
        form.error("", _("Somebody else changed this cycle meanwhile. What you typed is still here; send it again."))
        form.values["version"] = str(of.version)
        return _render(request, of, producers, form, 409)
    except AlreadyClosed as closed:
        raise Refused(_("This cycle is closed: nothing about it changes any more.")) from closed
    except Missing as error:
        raise NotFound from error
    return Pages.of(request).go(f"{URL}/{cycle_id}", _("Saved."))


def _read(form: Form, producer_id: str, zone: ZoneInfo) -> Hours:
    opens_at = form.local_datetime(f"opens-{producer_id}", zone)
    return Hours(opens_at, form.local_datetime(f"closes-{producer_id}", zone))


def _filled(of: Cycle, zone: ZoneInfo) -> dict[str, str]:
    values = {"version": str(of.version)}
    for producer, its in of.hours.items():
        values[f"opens-{producer}"] = _typed(its.opens_at, zone)
        values[f"closes-{producer}"] = _typed(its.closes_at, zone)
    return values


def _typed(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if moment else ""


async def _held(request: Request, cycle_id: str) -> tuple[Cycle, dict[str, str]]:
    """The cycle, and the names of those who offer something in it, by id."""
    async with Service.of(request).database.read() as reader:
        of = await cycle.by_id(reader, cycle_id)
        if of is None:
            raise NotFound
        if of.has_ended:
            raise Refused(request.state.translate("This cycle is closed: nothing about it changes any more."))
        return of, {offer.producer_id: offer.producer_name for offer in await cycle.offers_for(reader, of)}


def _render(request: Request, of: Cycle, producers: dict[str, str], form: Form, status: int = 200) -> Response:
    return Pages.of(request).render(request, "cycle_hours.html", status, of=of, producers=producers, form=form)
