"""Every component in every state, at `/ui/gallery` (development only): what a designer and a test look at."""

from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from chassis.identity import PUBLIC, serves
from contracts import Bilingual, Role, Unit
from ui import navigation
from ui.forms import Form, Translate
from ui.pages import Pages

gallery = APIRouter()

_CLOSES = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
_PICKUP = date(2026, 12, 1)

_LINES = (
    (Bilingual(fr="Poireaux", en="Leeks"), "Ferme de la Serre", 1500, Unit.KG, 280),
    (Bilingual(fr="Pélardon affiné", en="Ripened Pélardon"), "Chèvrerie du Roc", 2000, Unit.PIECE, 310),
    (Bilingual(fr="Huile d’olive nouvelle", en="New olive oil"), "Moulin d’Aude", 750, Unit.LITRE, 1890),
)


def wrong_form(translate: Translate) -> Form:
    """A form as it comes back: each kind of mistake once."""
    form = Form(
        {
            "name": "",
            "email": "marie.chez.example",
            "price": "abc",
            "closes": "2026-13-40T20:00",
            "note": "Poireaux",
            "unit": "",
            "quantity": "1,5",
        },
        translate,
    )
    form.text("name", required=True)
    form.email("email", required=True)
    form.cents("price", required=True)
    form.local_datetime("closes", "Europe/Paris")
    form.choice("unit", Unit)
    form.choices("groups", ["limoux", "quillan"], at_least=1)
    form.quantity("quantity", Unit.PIECE)
    if not form.chosen("groups"):
        form.error("groups", translate("Tick at least %(least)d.") % {"least": 1})
    form.error("", translate("Somebody or something was faster. Look at the page again, then decide."))
    return form


def samples(translate: Translate) -> dict[str, Any]:
    """What the gallery's template shows."""
    entries = navigation.entries_for(frozenset({Role.COORDINATOR, Role.MEMBER}))
    return {
        "closes_at": _CLOSES,
        "pickup_day": _PICKUP,
        "lines": _LINES,
        "total_cents": sum(cents * thousandths // 1000 for _, _, thousandths, _, cents in _LINES),
        "clean": Form(
            None,
            translate,
            values={"product-name": "Poireaux", "product-price": "12,50", "product-unit": "kg", "bags": "on"},
        ),
        "wrong": wrong_form(translate),
        "entries": entries,
        "docked": navigation.docked(entries),
        "current_entry": "/ordering/cycles",
    }


@gallery.get("/ui/gallery", dependencies=[serves(PUBLIC)])
async def show_gallery(request: Request) -> Response:
    return Pages.of(request).render(request, "gallery.html", **samples(request.state.translate))


@gallery.get("/ui/gallery/fragment", dependencies=[serves(PUBLIC)])
async def show_fragment(request: Request) -> Response:
    return HTMLResponse("<p><strong>42,10&nbsp;€</strong></p>")
