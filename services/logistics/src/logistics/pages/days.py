"""Days of deliveries: what is to be carried on a date, what is missing to plan it, and the day as a file."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.day import Roads
from coldchain.temperature import temperature_class
from contracts import Role
from logistics.cycle import days_of_cycles
from logistics.network.day_of import TOLD, Lack, Made, Missing, day_of, volume_by_class
from logistics.pages.network_nouns import URL as NETWORK
from logistics.pages.network_show import kilos, litres, names_for
from logistics.pages.ways import URL as WAYS
from logistics.pages.ways import told_of
from logistics.settings import LogisticsSettings
from ui import Pages
from ui.decimals import typed as number
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading

router = APIRouter()

URL = "/logistics/days"
PLANS: Any = serves(Role.COORDINATOR)
COLDEST, HOTTEST = Decimal(-30), Decimal(55)
DAYS = 20

LACKS = {
    Lack.CYCLE_OPEN: _("%(name)s is not closed yet: what is ordered in it is not in this day."),
    Lack.CYCLE_WAITING: _("%(name)s is closed, and not all its orders are here: no day is made from a part of them."),
    Lack.NOTHING: _("Nothing is to be carried on this day."),
    Lack.NO_FARM: _("The farm of %(name)s is not in the network."),
    Lack.NO_PICKUP: _("The pickup point of %(name)s is not in the network."),
    Lack.NOT_PLACED: _("%(name)s has no coordinates."),
    Lack.CLOSED: _("%(name)s is closed on this day of the week, and has goods."),
    Lack.NO_VEHICLE: _("There is no vehicle."),
    Lack.NO_CARRIER: _("Nobody drives on this day: no carrier with a vehicle, hours and known places."),
    Lack.TWO_ROUNDS: _("%(name)s is on the fixed rounds of two carriers who drive on this day."),
    Lack.WRONG: _("The planner cannot take this day; tell your operator: %(name)s"),
    Lack.UNKNOWN_CLASS: _("The temperature class of %(name)s is not known here."),
    Lack.CARRIER_WITHOUT_PLACE: _(
        "%(name)s is left out: where this carrier starts or ends has no coordinates or is closed."
    ),
    Lack.CERTIFICATE_EXPIRED: _("The certificate of %(name)s has expired by then: it counts as a vehicle without one."),
    Lack.TOO_BIG: _("A single piece is bigger than every compartment: %(name)s."),
}


def page_of(missing: Missing) -> str:
    """Where it is mended; empty where no page of ours does."""
    at = quote(missing.id, safe="")
    if missing.noun == "cycles":
        return f"/logistics/cycles/{at}"
    if missing.noun == "known":
        return f"{NETWORK}/sites/new?known={at}"
    if missing.noun and missing.id:
        return f"{NETWORK}/{missing.noun}/{at}/edit"
    return f"{NETWORK}/{missing.noun}/new" if missing.noun else ""


def _day(typed: str) -> date:
    """Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None


def _outside(request: Request) -> tuple[Form, int | None]:
    """The highest temperature expected, in tenths, as asked for in the address."""
    settings = Service.of(request).settings
    assert isinstance(settings, LogisticsSettings)
    typed = dict(request.query_params)
    usual = number(settings.outside_degrees * 10, 1, request.state.translate.language)
    form = Form(typed if "outside" in typed else None, request.state.translate, values={"outside": usual})
    if "outside" not in typed:
        return form, settings.outside_degrees * 10
    degrees = form.decimal("outside", places=1, required=True, minimum=COLDEST, maximum=HOTTEST)
    return form, None if degrees is None else int(degrees * 10)


async def _made(request: Request, on: date, outside: int) -> tuple[Made, dict[str, str], str]:
    """The day, the names of its places, and what to know of its ways."""
    service = Service.of(request)
    settings = service.settings
    assert isinstance(settings, LogisticsSettings)
    roads = Roads(detour_percent=settings.detour_percent)
    async with service.database.read() as reader:
        made = await day_of(reader, on, outside, Pages.of(request).zone, roads)
        return made, await names_for(reader), await told_of(request, reader, made)


@router.get(URL)
async def days(request: Request, person: Person = PLANS) -> Response:
    async with Service.of(request).database.read() as reader:
        found = await days_of_cycles(reader, DAYS)
    return Pages.of(request).render(request, "days.html", days=found, url=URL)


@router.get(URL + "/{day}.json")
async def as_file(request: Request, day: str, person: Person = PLANS) -> Response:
    """The day as `cabas plan` reads it."""
    on, (form, outside) = _day(day), _outside(request)
    if outside is None:
        said = form.errors["outside"]
        raise Refused(said)
    made, _names, _ways = await _made(request, on, outside)
    if made.day is None:
        raise Refused(request.state.translate(_("This day is not whole yet: its page says what is missing.")))
    name = f"day_{on.isoformat()}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made.day.model_dump_json(indent=2), media_type="application/json", headers=headers)


@router.get(URL + "/{day}")
async def one(request: Request, day: str, person: Person = PLANS) -> Response:
    on, (form, outside) = _day(day), _outside(request)
    settings = Service.of(request).settings
    assert isinstance(settings, LogisticsSettings)
    made, names, ways = await _made(request, on, settings.outside_degrees * 10 if outside is None else outside)
    if not made.cycles:
        raise NotFound
    eyes = reading(request)
    t, language = eyes.translate, eyes.words.language
    said = [(page_of(each), t(LACKS[each.lack]) % {"name": each.name}, each.lack in TOLD) for each in made.missing]
    if ways:
        said.append((WAYS, ways, True))
    classes = [
        [eyes.words.in_language(temperature_class(code).name), litres(volume, language), kilos(weight, language)]
        for code, (volume, weight) in volume_by_class(made.consignments).items()
    ]
    rows = [
        [
            names.get(each.from_site, each.from_site),
            names.get(each.to_site, each.to_site),
            eyes.words.listing(sorted({line.name for line in each.lines})),
            litres(each.volume, language),
            kilos(each.weight, language),
        ]
        for each in made.consignments
    ]
    query = urlencode({"outside": form.value("outside")})
    return Pages.of(request).render(
        request,
        "day.html",
        200 if outside is not None else 422,
        on=on,
        made=made,
        blocking=[each for each in said if not each[2]],
        told=[each for each in said if each[2]],
        classes=classes,
        rows=rows,
        form=form,
        url=f"{URL}/{on.isoformat()}",
        file=f"{URL}/{on.isoformat()}.json?{query}" if made.day and outside is not None else "",
        up=URL,
    )
