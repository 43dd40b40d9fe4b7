"""Producers: the list, the sheet of one, adding and changing."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import certificate, nomenclature, place, producer, product, shelf
from catalog.pages.access import READERS, SELLERS, Access, given_id, show_faults
from catalog.pages.field_words import SALES, minimum_in_words
from catalog.pages.product_fields import read_minimum, typed_minimum
from catalog.pages.products import distance
from catalog.price_list import preview
from catalog.producer import Producer, Sheet
from catalog.refusal import Faulty, NotThere, Stale
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Place, Role, Sale
from ui import Pages
from ui.decimals import typed as typed_number
from ui.forms import Form
from ui.pages import words

router = APIRouter()
PAGE = 48


@router.get("/catalog/producers")
async def list_producers(request: Request, q: str = "", page: int = 1, person: Person = serves(*READERS)) -> Response:
    service, access, page = Service.of(request), Access(person), max(1, min(page, 10_000))
    async with service.database.read() as reader:
        found = await producer.list_of(reader, access.only, q[:80], limit=PAGE + 1, offset=(page - 1) * PAGE)
        offered = await shelf.offered_counts(reader, [one.id for one in found])
        standing = await certificate.standing(reader, [one.id for one in found])
    shown = [(one, distance(request, one), offered.get(one.id, 0)) for one in found[:PAGE]]
    return Pages.of(request).render(
        request,
        "producers.html",
        shown=shown,
        q=q[:80],
        page=page,
        last=page + (len(found) > PAGE),
        access=access,
        standing=standing,
        labels=nomenclature.labels(),
    )


@router.get("/catalog/producers/new")
async def new_producer(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    values = {
        "id": Service.of(request).ids.new(),
        "active": "on",
        "country": "FR",
        "seller_regime": "NORMAL",
        "sale": Sale.DIRECT,
        "language": "fr",
        **typed_minimum(None, "fr"),
    }
    return _form_page(request, Form(None, request.state.translate, values=values), None)


@router.post("/catalog/producers/new")
async def add_producer(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    service, access = Service.of(request), Access(person)
    form = Form(await request.form(), request.state.translate)
    producer_id = given_id(form.values)
    sheet = _read_sheet(form, request.state.translate, active=True)
    if form.ok:
        try:
            async with service.database.write() as writer:
                await producer.register(writer, producer_id, sheet, access.author)
            said = request.state.translate("%(name)s is in the catalogue.") % {"name": sheet.name}
            return Pages.of(request).go(f"/catalog/producers/{producer_id}", said)
        except Faulty as faulty:
            show_faults(form, faulty.faults, request.state.translate)
    return _form_page(request, form, None, status=422)


@router.get("/catalog/producers/{producer_id}")
async def show_producer(request: Request, producer_id: str, person: Person = serves(*READERS)) -> Response:
    service, access = Service.of(request), Access(person)
    access.check_sees(producer_id)
    async with service.database.read() as reader:
        one = await producer.find(reader, producer_id)
        if one is None:
            raise NotFound
        wanted = shelf.Wanted(producer_id=producer_id, state="" if access.edits(producer_id) else product.OFFERED)
        goods = await shelf.list_of(reader, wanted, limit=500)
        lists = await preview.recent(reader, frozenset({producer_id}), 5) if access.edits(producer_id) else []
        last = await producer.last_change(reader, producer_id)
        standing = await certificate.standing(reader, [producer_id])
    return Pages.of(request).render(
        request,
        "producer.html",
        one=one,
        goods=[shown.product for shown in goods],
        distance=distance(request, one),
        lists=lists,
        last=last,
        standing=standing,
        minimum_words=lambda said: minimum_in_words(said, request.state.translate, words(request)),
        access=access,
        today=_today(request),
        **_lists(),
    )


@router.get("/catalog/producers/{producer_id}/edit")
async def edit_producer(request: Request, producer_id: str, person: Person = serves(*SELLERS)) -> Response:
    Access(person).check_edits(producer_id)
    one = await _found(request, producer_id)
    form = Form(None, request.state.translate, values=_typed(one, request.state.translate.language))
    return _form_page(request, form, one)


@router.post("/catalog/producers/{producer_id}/edit")
async def change_producer(request: Request, producer_id: str, person: Person = serves(*SELLERS)) -> Response:
    """A coordinator changes everything; a producer its contact only: the rest is what the hub vouches for."""
    service, access = Service.of(request), Access(person)
    access.check_edits(producer_id)
    one = await _found(request, producer_id)
    form = Form(await request.form(), request.state.translate)
    version = form.integer("version", required=True)
    sheet = (
        _read_sheet(form, request.state.translate, active=False)
        if access.coordinates
        else _read_contact(form, one.sheet)
    )
    if form.ok and version is not None:
        try:
            async with service.database.write() as writer:
                await producer.change(writer, producer_id, version, sheet, access.author)
            return Pages.of(request).go(f"/catalog/producers/{producer_id}", request.state.translate("Saved."))
        except Faulty as faulty:
            show_faults(form, faulty.faults, request.state.translate)
        except Stale:
            one = await _found(request, producer_id)
            form.values["version"] = str(one.version)
            return _form_page(request, form, one, status=409, stale=True)
        except NotThere as error:
            raise NotFound from error
    return _form_page(request, form, one, status=422)


async def _found(request: Request, producer_id: str) -> Producer:
    async with Service.of(request).database.read() as reader:
        one = await producer.find(reader, producer_id)
    if one is None:
        raise NotFound
    return one


def _today(request: Request) -> Any:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


def _lists() -> dict[str, Any]:
    """The nomenclatures that templates look words up in."""
    return {
        "labels": nomenclature.labels(),
        "regimes": nomenclature.seller_regimes(),
        "countries": nomenclature.countries(),
        "temperatures": nomenclature.temperature_classes(),
        "allergens": nomenclature.allergens(),
    }


def _read_sheet(form: Form, translate: Any, *, active: bool) -> Sheet:
    latitude = form.decimal("latitude", places=6, minimum=Decimal(-90), maximum=Decimal(90))
    longitude = form.decimal("longitude", places=6, minimum=Decimal(-180), maximum=Decimal(180))
    where = Place(
        name=form.text("place", required=True, max_length=120),
        postcode=form.text("postcode", max_length=12),
        insee=form.text("insee", max_length=5).upper(),
        latitude=None if latitude is None else float(latitude),
        longitude=None if longitude is None else float(longitude),
    )
    sheet = Sheet(
        name=form.text("name", required=True, max_length=120),
        place=where,
        country=form.choice("country", nomenclature.countries().codes),
        labels=tuple(form.choices("labels", nomenclature.labels().codes)),
        seller_regime=form.choice("seller_regime", nomenclature.seller_regimes().codes),
        active=active or form.boolean("active"),
        minimum=read_minimum(form, translate),
        sale=Sale(form.choice("sale", Sale, required=False) or Sale.DIRECT),
        resells=form.boolean("resells"),
    )
    return _read_contact(form, sheet)


def _read_contact(form: Form, sheet: Sheet) -> Sheet:
    return replace(
        sheet,
        contact_name=form.text("contact_name", max_length=120),
        email=form.email("email"),
        phone=form.text("phone", max_length=40),
        language=form.choice("language", producer.LANGUAGES),
    )


def _typed(one: Producer, language: str) -> dict[str, Any]:
    """What the fields of the form show of a producer."""
    sheet = one.sheet

    def degrees(value: float | None) -> str:
        return "" if value is None else typed_number(round(value * 10**6), 6, language)

    return {
        "version": one.version,
        "name": sheet.name,
        "place": sheet.place.name,
        "postcode": sheet.place.postcode,
        "insee": sheet.place.insee,
        "latitude": degrees(sheet.place.latitude),
        "longitude": degrees(sheet.place.longitude),
        "country": sheet.country,
        "seller_regime": sheet.seller_regime,
        "contact_name": sheet.contact_name,
        "email": sheet.email,
        "phone": sheet.phone,
        "language": sheet.language,
        "active": "on" if sheet.active else "",
        "sale": sheet.sale,
        "resells": "on" if sheet.resells else "",
        **typed_minimum(sheet.minimum, language),
    }


def _form_page(
    request: Request, form: Form, one: Producer | None, *, status: int = 200, stale: bool = False
) -> Response:
    return Pages.of(request).render(
        request,
        "producer_form.html",
        status=status,
        form=form,
        one=one,
        stale=stale,
        access=Access(request.state.person),
        places=place.known_places(),
        sales=SALES,
        **_lists(),
    )
