"""The page of one pick list, for whoever may see it."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from chassis.service import Service
from logistics.pages.writing import sheet_of
from logistics.pick_list import Kept
from logistics.press import Press
from ui import Pages
from ui.pages import reading


def show(request: Request, kept: Kept, url: str, *, status: int = 200, **context: Any) -> Response:
    """The list on screen and on paper. `url`: where it is; its files are at `url` + ".pdf" and so on, those of an
    older revision with `?revision=` behind them."""
    press: Press = request.app.state.press
    press.warm()
    eyes = reading(request)
    sheet = sheet_of(kept, eyes.words, eyes.translate, Service.of(request).settings.hub_name)
    older = f"?revision={sheet.revision}" if kept.replaced_by else ""
    return Pages.of(request).render(
        request, "pick_list.html", status, sheet=sheet, kept=kept, url=url, older=older, **context
    )
