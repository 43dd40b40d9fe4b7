"""Households at a pickup point: ticked with one button each, or one by one with what differs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.handover.board import Board
from logistics.handover.collecting import collections_of
from logistics.handover.expected import Expected
from logistics.handover.log import AlreadySaid, Said, Saying, as_planned
from logistics.handover.telling import tell
from logistics.pages.handover_form import Reading
from logistics.pages.handover_show import URL, Card, Eyes
from logistics.pages.handover_stop import LONGEST_FORM, Asking, already, held_back, labels_of, told, waits
from logistics.pages.handovers import asked
from logistics.pages.own_id import own_id
from ui import Pages
from ui.forms import Form

router = APIRouter()

HOUSEHOLDS: Any = serves(Role.COORDINATOR, Role.REFERENT)
PLACE = URL + "/{day}/at/{site}/households"


@dataclass(frozen=True)
class Hall:
    """The households of one place, for whoever may see them."""

    asking: Asking
    board: Board
    site_id: str
    name: str
    opens_at: datetime
    collections: tuple[Expected, ...]

    @property
    def url(self) -> str:
        return f"{self.asking.url}/{self.site_id}/households"


async def _hall(request: Request, day: str, site: str, person: Person) -> Hall:
    """Raises NotFound: also for a place that is not theirs."""
    asking, board = await asked(request, day, person)
    place = next((one for one in board.published.day.sites if one.id == site), None)
    if place is None or place.handover is None or not asking.scope.sees_households(site):
        raise NotFound
    async with Service.of(request).database.read() as reader:
        found = await collections_of(reader, asking.on, [place])
    units = {product: article.unit for product, article in found.articles.items()}
    board = board.knowing(units)
    return Hall(asking, board, site, place.name, place.handover.opens_at, found.of_site.get(site, ()))


@router.get(PLACE)
async def households(request: Request, day: str, site: str, person: Person = HOUSEHOLDS) -> Response:
    return _list(request, await _hall(request, day, site, person), Form())


def _list(request: Request, hall: Hall, form: Form, status: int = 200) -> Response:
    eyes = Eyes.of(request)
    cards = [eyes.card(one, hall.board, hall.asking.scope) for one in hall.collections]
    return Pages.of(request).render(
        request,
        "handover_households.html",
        status,
        hall=hall,
        cards=cards,
        done=sum(card.entry is not None for card in cards),
        form=form,
        form_ids={card.one.step: Service.of(request).ids.new() for card in cards if card.entry is None},
    )


@router.get(PLACE + "/{household}")
async def household(request: Request, day: str, site: str, household: str, person: Person = HOUSEHOLDS) -> Response:
    hall = await _hall(request, day, site, person)
    return _one(request, hall, _of(hall, household), Form())


def _of(hall: Hall, household_id: str) -> Expected:
    one = next((each for each in hall.collections if each.thing == household_id), None)
    if one is None:
        raise NotFound
    return one


def _one(request: Request, hall: Hall, one: Expected, form: Form, status: int = 200) -> Response:
    card: Card = Eyes.of(request).card(one, hall.board, hall.asking.scope)
    return Pages.of(request).render(
        request,
        "handover_household.html",
        status,
        hall=hall,
        card=card,
        form=form,
        form_id=form.value("form_id") or Service.of(request).ids.new(),
        labels=labels_of(request, [one], hall.board),
    )


@router.post(PLACE + "/{household}")
async def collect(request: Request, day: str, site: str, household: str, person: Person = HOUSEHOLDS) -> Response:
    """`do=all`: it collected, and all was there; else what is typed."""
    pages, t = Pages.of(request), request.state.translate
    hall = await _hall(request, day, site, person)
    one, form = _of(hall, household), Form(await request.form(), t)
    form_id, now = own_id(form, "form_id", longest=LONGEST_FORM), Service.of(request).clock.now()
    reading = Reading(form, hall.board, t)
    at = reading.at(hall.asking.on, now, pages.zone, [one])
    said: Said | None = as_planned(one) if form.value("do") == "all" else reading.card(one, required=True)
    if said is not None and waits(said, hall.board, hall.asking.scope):
        form.error(f"state-{one.step}", held_back(request, one, hall.board))
    if said is None or not form.ok:
        return _one(request, hall, one, form, 422)
    saying = Saying(hall.asking.on, hall.board.published.version, form_id, at, person.name)
    try:
        async with Service.of(request).database.write() as writer:
            added, before = await tell(writer, [said], saying, pages.zone)
    except AlreadySaid as known:
        form.error(f"state-{one.step}", already(t, known.entries[0]))
        return _one(request, await _hall(request, day, site, person), one, form, 409)
    return pages.go(f"{hall.url}#h-{one.step}", f"{one.takes.name}. {told(t, added, before, 0)}")
