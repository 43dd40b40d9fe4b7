"""Calendars to subscribe to: making a link, ending it, and the file behind it."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import calendar_feed, group, household, producer
from ordering.calendar_feed import Kind, What, Words
from ordering.pages.forms import sent
from ui import Pages
from ui.i18n import translator

router = APIRouter()

URL = "/ordering/calendars"
FILE = "/ordering/calendar/{secret}.ics"
SUBSCRIBERS = (Role.MEMBER, Role.REFERENT, Role.COORDINATOR, Role.PRODUCER)


async def _choices(reader: Reader, asker: Person) -> dict[str, str]:
    """What the asker may have a calendar of: "kind:id" -> its name."""
    found: dict[str, str] = {}
    for household_id in sorted(asker.household_ids):
        home = await household.find(reader, household_id)
        if home is not None:
            found[f"{Kind.HOUSEHOLD}:{household_id}"] = home["name"]
    several = ((Kind.GROUP, await group.all_groups(reader)), (Kind.PRODUCER, await producer.all_producers(reader)))
    for kind, rows in several:
        theirs = (row for row in rows if row["active"] and calendar_feed.may_see(asker.grants, kind, row["id"]))
        found |= {f"{kind}:{row['id']}": row["name"] for row in theirs}
    return found


@router.get(URL)
async def show(request: Request, asker: Person = serves(*SUBSCRIBERS)) -> Response:
    return await _render(request, asker)


@router.post(URL)
async def make(request: Request, asker: Person = serves(*SUBSCRIBERS)) -> Response:
    """The new link is on the page that answers, and nowhere else."""
    form, service = await sent(request), Service.of(request)
    async with service.database.write() as writer:
        choices = await _choices(writer, asker)
        chosen = form.choice("of", choices)
        if not chosen:
            raise NotFound
        kind, _, of_id = chosen.partition(":")
        language = request.state.reading.language
        secret = await calendar_feed.make(writer, Kind(kind), of_id, choices[chosen], language, asker.id)
    path = FILE.replace("{secret}", secret)
    return await _render(request, asker, service.settings.public_url.rstrip("/") + path, choices[chosen])


@router.post(URL + "/{feed_id}/end")
async def end(request: Request, feed_id: str, asker: Person = serves(*SUBSCRIBERS)) -> Response:
    async with Service.of(request).database.write() as writer:
        await calendar_feed.end(writer, feed_id, asker.id)
    return Pages.of(request).go(URL, request.state.translate("The link works no more."))


async def _render(request: Request, asker: Person, link: str = "", name: str = "") -> Response:
    async with Service.of(request).database.read() as reader:
        choices = await _choices(reader, asker)
        feeds = await calendar_feed.of_person(reader, asker.id)
    response = Pages.of(request).render(request, "calendars.html", choices=choices, feeds=feeds, link=link, name=name)
    response.headers["cache-control"] = "no-store"
    return response


@router.get(FILE, dependencies=[serves(PUBLIC)])
async def send(request: Request, secret: str) -> Response:
    """For programs that hold the link."""
    service, pages = Service.of(request), Pages.of(request)
    async with service.database.read() as reader:
        feed = await calendar_feed.by_secret(reader, secret)
        if feed is None:
            raise NotFound
        events = await calendar_feed.dates(reader, feed, pages.zone, request.app.state.days_off["fr"])
        now = reader.now
    _ = translator(pages.package, feed["language"])
    words = Words(
        calendar=_("Orders: %(name)s") % {"name": feed["name"]},
        summaries={
            What.CLOSING: _("Last moment to order: %(name)s"),
            What.PICKUP: _("Collect: %(name)s"),
            What.DELIVERY: _("Deliver: %(name)s"),
        },
    )
    host = urlsplit(service.settings.public_url).hostname or "cabas"
    body = calendar_feed.as_ical(events, words, host, now)
    headers = {"cache-control": "private, max-age=900", "referrer-policy": "no-referrer"}
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)
