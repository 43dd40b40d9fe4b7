"""What was typed into a basket, or on the rows of an order, whose session had ended: kept until somebody has signed in,
and shown again.

The browser keeps it, in a cookie that goes to the page it was typed on and nowhere else. So it works without script,
nothing is stored here for somebody nobody knows, and whoever signs in on this device sees it only where they may see
that order. Who signed in meanwhile in another window sends it with the secret of the earlier session: it is shown again
too, and saved when it is sent from there.
"""

import json
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from fastapi import Request
from fastapi.responses import Response

from chassis.identity import MOST_FIELDS, Forbidden, Person, Serves
from chassis.service import Service
from ordering.pages import basket, entry_form
from ui.forms import Form

COOKIE = "cabas_basket"
BASKET = re.compile(r"/ordering/(?:shop|cycles)/[\w-]+/(?:orders/|entry/)?[\w-]+")
FIELDS = (*basket.FIELDS, *entry_form.FIELDS)
KEPT_SECONDS = 2 * 3600
MOST = 3_800
"""Browsers take cookies of 4,096 bytes with their names: some hundred lines. A larger basket is not kept."""
MOST_SENT = 256 * 1024
MOST_READ = 64 * 1024


class TakesBaskets(Serves):
    """Lets a basket of an earlier session through: not to be saved, see `of_earlier_session`."""

    async def __call__(self, request: Request) -> Person | None:
        try:
            return await super().__call__(request)
        except Forbidden as error:
            person: Person | None = request.state.person
            from_here = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
            if person is None or not error.forged or not from_here:
                raise
            request.state.of_earlier_session = error
            return person


def of_earlier_session(request: Request) -> Forbidden | None:
    """Why this basket must not be saved as it is; None where it was made in this session."""
    refusal: Forbidden | None = getattr(request.state, "of_earlier_session", None)
    return refusal


async def keep(request: Request, response: Response, page: str) -> None:
    """Have the browser keep the basket that was sent, for `page`, its own."""
    kind, length = request.headers.get("content-type", ""), request.headers.get("content-length", "")
    small = length.isdecimal() and int(length) <= MOST_SENT
    if not (BASKET.fullmatch(page) and small and kind.startswith("application/x-www-form-urlencoded")):
        return
    sent = await request.form(max_fields=MOST_FIELDS)
    typed = {name: value for name, value in sent.items() if value and (name.startswith(FIELDS) or name == "version")}
    text = urlsafe_b64encode(zlib.compress(json.dumps(typed).encode())).decode()
    if len(text) <= MOST:
        _set(request, response, page, text, KEPT_SECONDS)


def taken_up(request: Request) -> Form | None:
    """What the browser kept for this page; None where it kept nothing that can be read."""
    text = request.cookies.get(COOKIE, "")
    if not text:
        return None
    try:
        typed = json.loads(zlib.decompressobj().decompress(urlsafe_b64decode(text), MOST_READ))
    except (ValueError, zlib.error):
        return None
    if not isinstance(typed, dict) or not all(isinstance(value, str) for value in typed.values()):
        return None
    return Form(typed, request.state.translate)


def forget(request: Request, response: Response) -> None:
    """It is on the page again, or saved."""
    if COOKIE in request.cookies:
        _set(request, response, request.url.path, "", 0)


def _set(request: Request, response: Response, path: str, text: str, seconds: int) -> None:
    secure = Service.of(request).settings.secure
    response.set_cookie(COOKIE, text, max_age=seconds, path=path, httponly=True, samesite="lax", secure=secure)
