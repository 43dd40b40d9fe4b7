"""The hand-overs of a day on paper, to tick by hand where there is no network, and to type in afterwards."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from logistics.handover.board import Board
from logistics.handover.collecting import Collections, collections_of
from logistics.pages.handover_show import URL, Card, Eyes, groups_of, places_of
from logistics.pages.handover_stop import Asking
from logistics.pages.handovers import SAY, asked
from logistics.pages.papers import pdf
from logistics.press import Press
from ui.i18n import marked as _

router = APIRouter()


@router.get(URL + "/{day}.pdf")
async def paper(request: Request, day: str, person: Person = SAY) -> Response:
    """Of whoever asks: a referent its place with its households, a driver every stop, a producer its own."""
    asking, board = await asked(request, day, person)
    async with Service.of(request).database.read() as reader:
        collections = await collections_of(reader, asking.on, board.published.day.sites)
    board = board.knowing({product: article.unit for product, article in collections.articles.items()})
    places = _places(request, asking, board, collections)
    if not places:
        raise NotFound
    press: Press = request.app.state.press
    data = json.dumps(_labels(request, asking, board) | {"places": places}, ensure_ascii=False)
    return pdf(
        f"{request.state.translate(_('hand-overs'))}_{asking.on.isoformat()}", await press.paper("handover.typ", data)
    )


def _labels(request: Request, asking: Asking, board: Board) -> dict[str, Any]:
    eyes, t = Eyes.of(request), request.state.translate
    return {
        "hub": Service.of(request).settings.hub_name,
        "language": eyes.words.language,
        "day": eyes.words.day(asking.on),
        "version": t(_("Version %(number)s")) % {"number": board.published.version},
        "labels": {
            "title": t(_("Hand-overs")),
            "households": t(_("Households")),
            "page": t(_("Page")),
            "signed": t(_("Name, signature")),
            "how": t(
                _("Tick what changed hands as planned; write the hour, the temperature and what differs beside it.")
            ),
            "headings": ["", t(_("Goods")), t(_("Hour")), t(_("Temperature")), t(_("What differs"))],
        },
    }


def _places(request: Request, asking: Asking, board: Board, collections: Collections) -> list[dict[str, Any]]:
    found = []
    eyes, scope = Eyes.of(request), asking.scope
    shown = [place.id for place in places_of(request, board, scope, {})]
    shown += [site for site in collections.of_site if site not in shown and scope.sees_households(site)]
    names = {site.id: site.name for site in board.published.day.sites}
    for site_id in shown:
        households = collections.of_site.get(site_id, ()) if scope.sees_households(site_id) else ()
        found.append(
            {
                "name": names[site_id],
                "groups": [
                    {"title": group.title, "hours": group.hours, "rows": [_row(card) for card in group.cards]}
                    for group in groups_of(request, board, scope, site_id)
                ],
                "households": [_row(eyes.card(one, board, scope)) for one in households],
            }
        )
    return found


def _row(card: Card) -> dict[str, str]:
    return {
        "step": card.one.step,
        "title": card.title,
        "way": card.way,
        "goods": " · ".join(f"{row.quantity} {row.name}" for row in card.goods),
        "boxes": card.boxes,
        "hours": card.planned,
        "limit": card.limit,
    }
