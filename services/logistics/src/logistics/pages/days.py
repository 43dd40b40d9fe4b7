"""Days of deliveries: what is to be carried on a date, what is missing to plan it, and the day as a file."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.day import Roads
from coldchain.temperature import temperature_class
from contracts import Role
from logistics.cycle import days_of_cycles
from logistics.network.day_of import TOLD, Lack, Made, Missing, day_of, volume_by_class
from logistics.pages.draft_words import badge_of, changed
from logistics.pages.network_nouns import URL as NETWORK
from logistics.pages.network_show import kilos, litres, names_for
from logistics.pages.ways import URL as WAYS
from logistics.pages.ways import told_of
from logistics.schedule import published
from logistics.schedule.draft import Head, State, drafts_of
from logistics.settings import LogisticsSettings
from ui import Pages
from ui.decimals import typed as number
from ui.forms import Form, Translate
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
    Lack.NOT_DECLARED: _(
        "%(name)s sells under a dispensation that it has not declared: no plan with these goods can be published."
    ),
    Lack.OVER_CAP: _("%(name)s sells more under its dispensation than the cap of this week."),
    Lack.TOO_BIG: _("A single piece is bigger than every compartment: %(name)s."),
}


def page_of(missing: Missing) -> str:
    """Where it is mended; empty where no page of ours does."""
    at = quote(missing.id, safe="")
    if missing.noun == "cycles":
        return f"/logistics/cycles/{at}"
    if missing.noun == "known":
        return f"{NETWORK}/sites/new?known={at}"
    if missing.noun == "dispensations":
        return "/logistics/dispensations"
    if missing.noun and missing.id:
        return f"{NETWORK}/{missing.noun}/{at}/edit"
    return f"{NETWORK}/{missing.noun}/new" if missing.noun else ""


def date_of(typed: str) -> date:
    """Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None


def _outside(request: Request, planning: Form | None = None) -> tuple[Form, int | None]:
    """The highest temperature expected, in tenths, as asked for in the address, or in the form it was planned by."""
    settings = Service.of(request).settings
    assert isinstance(settings, LogisticsSettings)
    typed = dict(request.query_params) if planning is None else {"outside": planning.value("outside")}
    usual = number(settings.outside_degrees * 10, 1, request.state.translate.language)
    form = Form(typed if "outside" in typed else None, request.state.translate, values={"outside": usual})
    if "outside" not in typed:
        return form, settings.outside_degrees * 10
    degrees = form.decimal("outside", places=1, required=True, minimum=COLDEST, maximum=HOTTEST)
    return form, None if degrees is None else int(degrees * 10)


async def made_day(request: Request, on: date, outside: int) -> tuple[Made, dict[str, str], str]:
    """The day, the names of its places, and what to know of its ways."""
    async with Service.of(request).database.read() as reader:
        made = await made_now(reader, request, on, outside)
        return made, await names_for(reader), await told_of(request, reader, made)


async def made_now(reader: Reader, request: Request, on: date, outside: int) -> Made:
    """The day as the network and the orders have it in this transaction."""
    settings = Service.of(request).settings
    assert isinstance(settings, LogisticsSettings)
    roads = Roads(detour_percent=settings.detour_percent)
    return await day_of(reader, on, outside, Pages.of(request).zone, roads)


@router.get(URL)
async def days(request: Request, person: Person = PLANS) -> Response:
    async with Service.of(request).database.read() as reader:
        found = await days_of_cycles(reader, DAYS)
    return Pages.of(request).render(request, "days.html", days=found, url=URL)


@router.get(URL + "/{day}.json")
async def as_file(request: Request, day: str, person: Person = PLANS) -> Response:
    """The day as `cabas plan` reads it."""
    on, (form, outside) = date_of(day), _outside(request)
    if outside is None:
        said = form.errors["outside"]
        raise Refused(said)
    made, _names, _ways = await made_day(request, on, outside)
    if made.day is None:
        raise Refused(request.state.translate(_("This day is not whole yet: its page says what is missing.")))
    name = f"day_{on.isoformat()}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made.day.model_dump_json(indent=2), media_type="application/json", headers=headers)


@router.get(URL + "/{day}")
async def one(request: Request, day: str, person: Person = PLANS) -> Response:
    return await show_day(request, date_of(day))


async def show_day(request: Request, on: date, planning: Form | None = None) -> Response:
    """`planning`: how it was to be planned, and why that was refused."""
    form, outside = _outside(request, planning)
    service = Service.of(request)
    settings = service.settings
    assert isinstance(settings, LogisticsSettings)
    made, names, ways = await made_day(request, on, settings.outside_degrees * 10 if outside is None else outside)
    async with service.database.read() as reader:
        drafts = await drafts_of(reader, on)
        held = await published.current(reader, on)
    if not made.cycles and not drafts and held is None:
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
    first = {"id": service.ids.new(), "seconds": 5, "seed": 1, "outside": form.value("outside")}
    return Pages.of(request).render(
        request,
        "day.html",
        422 if outside is None or planning is not None else 200,
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
        held=held,
        drafts=[(head, changed(head.change, t), badge_of(head, t)) for head in drafts],
        starts=starts_of(drafts, held, t),
        planning=planning or Form(None, t, values=first),
    )


def starts_of(drafts: list[Head], held: published.Published | None, t: Translate) -> list[tuple[str, str]]:
    """What a plan can start from, as choices of a form."""
    found = [("published", t(_("Version %(version)s, published")) % {"version": held.version})] if held else []
    made = [head for head in drafts if head.state is State.PLANNED]
    return found + [(head.id, t(_("Draft %(number)s")) % {"number": head.number}) for head in made]
