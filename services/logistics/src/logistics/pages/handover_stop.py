"""The stop: what changes hands at one place, ticked all at once or one by one; signed in, or by a carrier's link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import Request
from fastapi.responses import Response

from chassis.service import Service
from chassis.web import NotFound
from logistics.handover.board import Board, board_of
from logistics.handover.collecting import Collections, collections_of
from logistics.handover.expected import Expected
from logistics.handover.log import MOVED, AlreadySaid, Entry, Said, Saying, as_planned
from logistics.handover.scope import Scope
from logistics.handover.telling import tell
from logistics.pages.handover_form import Reading
from logistics.pages.handover_show import Eyes, groups_of, places_of
from logistics.pages.own_id import own_id
from ui import Pages
from ui.forms import Form
from ui.i18n import Translate
from ui.i18n import marked as _

WHOLE = ("down", "on")
"""All that is put down here, or all that is taken on, as planned."""
LONGEST_FORM = 45
"""Characters of a form's id, which the page gave."""


@dataclass(frozen=True)
class Asking:
    """Who asks, of which date. `url`: of the list of stops; a stop is below it, under its site."""

    on: date
    scope: Scope
    by: str
    url: str
    by_link: bool = False

    @property
    def log(self) -> str:
        """Below it each entry has its page."""
        return f"{self.url.removesuffix('/at')}/log"


async def found_board(request: Request, on: date) -> Board:
    """Raises NotFound where nothing is published."""
    async with Service.of(request).database.read() as reader:
        board = await board_of(reader, on)
    if board is None:
        raise NotFound
    return board


async def show_stops(request: Request, asking: Asking, board: Board) -> Response:
    """All places of whoever asks, in the order in which somebody comes."""
    async with Service.of(request).database.read() as reader:
        collections = await collections_of(reader, asking.on, board.published.day.sites)
    counts = {site_id: len(each) for site_id, each in collections.of_site.items()}
    places = places_of(request, board, asking.scope, counts)
    shown = {place.id for place in places}
    alone = [
        (site_id, each[0].site_name, len(each))
        for site_id, each in collections.of_site.items()
        if each and site_id not in shown and asking.scope.sees_households(site_id)
    ]
    return Pages.of(request).render(
        request,
        "handover_stops.html",
        asking=asking,
        board=board,
        places=places,
        alone=alone,
        collected=_collected(board, collections),
    )


def _collected(board: Board, collections: Collections) -> dict[str, int]:
    """By site, of how many households something is said."""
    return {site: sum(one.step in board.holds for one in each) for site, each in collections.of_site.items()}


async def show_stop(
    request: Request,
    asking: Asking,
    site_id: str,
    *,
    typed: tuple[str, Form] | None = None,
    status: int = 200,
    board: Board | None = None,
) -> Response:
    """`typed`: carrier and form of what was refused."""
    board = board or await found_board(request, asking.on)
    groups = groups_of(request, board, asking.scope, site_id, typed)
    sites = {one.id: one for one in board.published.day.sites}
    households = 0
    if asking.scope.sees_households(site_id) and site_id in sites and sites[site_id].handover is not None:
        async with Service.of(request).database.read() as reader:
            households = len((await collections_of(reader, asking.on, [sites[site_id]])).of_site.get(site_id, ()))
    if not groups and not households:
        raise NotFound
    return Pages.of(request).render(
        request,
        "handover_stop.html",
        status,
        asking=asking,
        site=sites[site_id],
        groups=groups,
        households=households,
        labels=labels_of(request, [card.one for group in groups for card in group.cards], board),
    )


def labels_of(request: Request, cards: Sequence[Expected], board: Board) -> dict[str, str]:
    """What the summary of errors calls each field."""
    eyes, labels = Eyes.of(request), {"at": request.state.translate(_("When"))}
    for one in cards:
        title = eyes.title(one, board) if one.consignment else one.takes.name
        names = [f"{name}-{one.step}" for name in ("state", "temperature", "note")]
        labels |= dict.fromkeys([*names, *(f"came-{one.step}-{at}" for at in range(len(one.goods)))], title)
    return labels


async def take_stop(request: Request, asking: Asking, site_id: str) -> Response:
    """A form of one carrier at one place. What cannot be taken is shown again as it was typed, and nothing is kept."""
    service, pages, t = Service.of(request), Pages.of(request), request.state.translate
    form = Form(await request.form(), t)
    carrier_id, form_id = form.value("carrier"), own_id(form, "form_id", longest=LONGEST_FORM)
    board = await found_board(request, asking.on)
    mine = [
        one
        for one in board.expected
        if one.site_id == site_id and one.carrier_id == carrier_id and asking.scope.covers(one)
    ]
    if not mine:
        raise NotFound
    now = service.clock.now()
    reading = Reading(form, board, t)
    at = reading.at(asking.on, now, pages.zone, mine)
    whole = form.value("do") in WHOLE
    seen = set(form.chosen("step")) if whole else {name.partition("-")[2] for name in form.values if _of_state(name)}
    if seen - {one.step for one in mine}:
        form.error("", t(_("The plan has changed since you opened this page: look at it below, then say it again.")))
    if whole:
        mine = [one for one in mine if one.step in seen]
    said = [as_planned(one) for one in mine] if whole else reading.all(mine)
    kept_back = [one for one in said if waits(one, board, asking.scope)]
    if whole:
        said = [one for one in said if one not in kept_back]
    for one in [] if whole else kept_back:
        form.error(f"state-{one.expected.step}", held_back(request, one.expected, board))
    if not form.ok:
        return await show_stop(request, asking, site_id, typed=(carrier_id, form), status=422, board=board)
    saying = Saying(asking.on, board.published.version, form_id, at, asking.by, asking.by_link)
    try:
        async with service.database.write() as writer:
            added, before = await tell(writer, said, saying, pages.zone, known=whole)
    except AlreadySaid as known:
        for entry in known.entries:
            form.error(f"state-{entry.step}", already(t, entry))
        return await show_stop(request, asking, site_id, typed=(carrier_id, form), status=409)
    return pages.go(f"{asking.url}/{site_id}", told(t, added, before, len(kept_back) if whole else 0))


def _of_state(name: str) -> bool:
    return name.startswith("state-")


def waits(one: Said, board: Board, scope: Scope) -> bool:
    """Held goods change hands by the coordinator's word only; that they are not there, or refused, anybody says."""
    return one.state in MOVED and not scope.releases and board.why_held(one.expected) is not None


def held_back(request: Request, one: Expected, board: Board) -> str:
    only = request.state.translate(_("Only the coordinator can hand it over."))
    return f"{Eyes.of(request).held(one, board)} {only}"


def already(t: Translate, entry: Entry) -> str:
    return t(_("%(who)s said so already: look at it below, and correct it if it is otherwise.")) % {
        "who": entry.said_by
    }


def told(t: Translate, added: Sequence[Entry], before: Sequence[Entry], held: int) -> str:
    """What was kept, in one or two sentences."""
    said = [t.plural("%(num)s hand-over is noted.", "%(num)s hand-overs are noted.", len(added)) % {"num": len(added)}]
    if not added and not before and not held:
        said = [t(_("This form was sent before: it is noted once."))]
    if before:
        known = t.plural("%(num)s was noted already.", "%(num)s were noted already.", len(before))
        said.append(known % {"num": len(before)})
    if held:
        waits = t.plural("%(num)s is held: call the coordinator.", "%(num)s are held: call the coordinator.", held)
        said.append(waits % {"num": held})
    return " ".join(said)
