"""Pages of the groups: where and when the households of a village collect."""

import csv
import re
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import group, household
from ordering.conflict import AlreadySent, ChangedMeanwhile, Missing, NameTaken
from ordering.pages.forms import id_of, say_changed, say_sent_before, sent, version_of
from ordering.pages.payment_words import rule
from ordering.payment_gate import gate_of
from ui import Pages, decimals
from ui.forms import Form
from ui.pages import words

router = APIRouter()

URL = "/ordering/groups"


@cache
def places() -> tuple[dict[str, str], ...]:
    """Villages to choose from, with postcode, INSEE code and coordinates. Other places are typed in full."""
    text = (files("ordering") / "data" / "places.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@router.get(URL)
async def show_all(
    request: Request, asker: Person = serves(Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
) -> Response:
    async with Service.of(request).database.read() as reader:
        groups = await group.all_groups(reader)
        households = await household.count_by_group(reader)
    return Pages.of(request).render(
        request, "groups.html", groups=groups, households=households, may_change=asker.has(Role.COORDINATOR)
    )


@router.get(f"{URL}/new")
async def new(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    first = {"id": Service.of(request).ids.new(), "pickup_from": "17:00", "pickup_until": "18:30", "weekday": "3"}
    return _render(request, Form(values=first))


@router.post(f"{URL}/new")
async def add(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    form = await sent(request)
    details = read(form)
    if details is None:
        return _render(request, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await group.register(writer, id_of(request, form), details)
    except NameTaken:
        return _name_taken(request, form)
    except AlreadySent as error:
        say_sent_before(request, form, error.made)
        return _render(request, form, 409)
    said = request.state.translate("The group %(name)s is there.") % {"name": details.name}
    return Pages.of(request).go(URL, said)


@router.get(f"{URL}/{{group_id}}")
async def edit(request: Request, group_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    row = await _found(request, group_id)
    language = request.state.reading.language
    coordinates = {name: _typed(row[name], language) for name in ("latitude", "longitude")}
    return _render(request, Form(values={**row, **coordinates}), row=row)


@router.post(f"{URL}/{{group_id}}")
async def change(request: Request, group_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    row, form = await _found(request, group_id), await sent(request)
    details = read(form, active=form.boolean("active"))
    if details is None:
        return _render(request, form, 422, row=row)
    try:
        async with Service.of(request).database.write() as writer:
            await group.change(writer, group_id, version_of(form), details)
    except Missing as error:
        raise NotFound from error
    except NameTaken:
        return _name_taken(request, form, row=row)
    except ChangedMeanwhile as error:
        say_changed(request, form, error.now, _shown(request, error.now))
        return _render(request, form, 409, row=error.now)
    return Pages.of(request).go(URL, request.state.translate("Saved."))


def read(form: Form, *, active: bool = True) -> group.Details | None:
    """The fields of a group; None when something is to be mended. A known village needs no codes typed."""
    _ = form._
    name, place = form.text("name", required=True, max_length=100), form.text("place", required=True, max_length=100)
    postcode, insee = form.text("postcode", max_length=10), form.text("insee", max_length=5).upper()
    latitude = form.decimal("latitude", places=6, minimum=Decimal(-90), maximum=Decimal(90))
    longitude = form.decimal("longitude", places=6, minimum=Decimal(-180), maximum=Decimal(180))
    weekday = form.choice("weekday", map(str, range(7)))
    begins, ends = form.duration("pickup_from", required=True), form.duration("pickup_until", required=True)
    if postcode and not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z -]{2,9}", postcode):
        form.error("postcode", _("Type a postcode, for example 11300."))
    if insee and not re.fullmatch(r"[0-9][0-9AB][0-9]{3}", insee):
        form.error("insee", _("The code of a commune has five characters, for example 11206."))
    if (latitude is None) != (longitude is None):
        form.error("latitude" if latitude is None else "longitude", _("Type both coordinates, or none."))
    if begins is not None and ends is not None and ends <= begins:
        form.error("pickup_until", _("The pickup ends after it begins."))
    address = form.lines("address", max_length=300)
    if not form.ok or begins is None or ends is None:
        return None
    known = next((p for p in places() if p["place"].casefold() == place.casefold()), None)
    if (known and not (postcode or insee or latitude is not None)) or (known and known["insee"] == insee):
        postcode, insee = postcode or known["postcode"], insee or known["insee"]
        if latitude is None:
            latitude, longitude = Decimal(known["latitude"]), Decimal(known["longitude"])
    return group.Details(
        name=name,
        place=place,
        weekday=int(weekday),
        pickup_from=_clock(int(begins.total_seconds())),
        pickup_until=_clock(int(ends.total_seconds())),
        postcode=postcode,
        insee=insee,
        latitude=None if latitude is None else float(latitude),
        longitude=None if longitude is None else float(longitude),
        address=address,
        bags=form.boolean("bags"),
        active=active,
    )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _typed(coordinate: float | None, language: str) -> str:
    return "" if coordinate is None else decimals.typed(round(coordinate * 1_000_000), 6, language)


async def _found(request: Request, group_id: str) -> RowMapping:
    async with Service.of(request).database.read() as reader:
        row = await group.find(reader, group_id)
    if row is None:
        raise NotFound
    return row


def _render(request: Request, form: Form, status: int = 200, row: RowMapping | None = None) -> Response:
    asked = rule(gate_of(row), request.state.translate, words(request)) if row else []
    return Pages.of(request).render(request, "group.html", status, form=form, group=row, places=places(), asked=asked)


def _name_taken(request: Request, form: Form, row: RowMapping | None = None) -> Response:
    form.error("name", request.state.translate("There is a group of this name already."))
    return _render(request, form, 422, row)


def _shown(request: Request, row: RowMapping) -> dict[str, tuple[str, Any]]:
    _ = request.state.translate
    yes_no = {True: _("yes"), False: _("no")}
    return {
        "name": (_("Name"), row["name"]),
        "place": (_("Village"), row["place"]),
        "postcode": (_("Postcode"), row["postcode"]),
        "insee": (_("INSEE code"), row["insee"]),
        "address": (_("Address of the pickup"), row["address"]),
        "weekday": (_("Day"), words(request).weekday_name(row["weekday"])),
        "pickup_from": (_("From"), row["pickup_from"]),
        "pickup_until": (_("Until"), row["pickup_until"]),
        "bags": (_("One bag per household"), yes_no[row["bags"]]),
        "active": (_("The group orders"), yes_no[row["active"]]),
    }
