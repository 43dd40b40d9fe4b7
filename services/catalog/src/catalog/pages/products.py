"""Products: the list and the page of one, with its prices and how members see it."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import nomenclature, price, producer, product
from catalog.pages.access import READERS, SELLERS, Access
from catalog.product import OFFERED, WITHDRAWN, Wanted
from catalog.refusal import Faulty, NotThere, Stale
from catalog.terms import pack_price_cents, unit_price
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.i18n import marked as _

router = APIRouter()
PAGE = 50
STALE = _("Somebody changed this product since you opened the page. Look at it again, then decide.")


def today(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


def arithmetic() -> dict[str, Any]:
    """Functions and lists that templates of products use."""
    return {
        "unit_price": unit_price,
        "pack_price": pack_price_cents,
        "temperatures": nomenclature.temperature_classes(),
        "vat_classes": nomenclature.vat_classes(),
        "vat_rate": nomenclature.vat_rate,
        "allergens": nomenclature.allergens(),
        "labels": nomenclature.labels(),
    }


@router.get("/catalog/products")
async def list_products(
    request: Request,
    q: str = "",
    producer_id: str = "",
    season: str = "",
    state: str = OFFERED,
    page: int = 1,
    person: Person = serves(*READERS),
) -> Response:
    service, access, page = Service.of(request), Access(person), max(1, min(page, 100_000))
    day = today(request)
    month = day.month if season == "now" else int(season) if season.isdecimal() and 1 <= int(season[:3]) <= 12 else None
    state = state if state in (OFFERED, WITHDRAWN, "all") else OFFERED
    if producer_id:
        access.check_sees(producer_id)
    wanted = Wanted(access.only, producer_id[:36], month, "" if state == "all" else state, q[:80])
    async with service.database.read() as reader:
        number = await product.count_of(reader, wanted)
        found = await product.list_of(reader, wanted, PAGE, (page - 1) * PAGE)
        owners = await producer.list_of(reader, access.only)
    asked = {"q": q[:80], "producer_id": producer_id, "season": season[:3], "state": state}
    return Pages.of(request).render(
        request,
        "products.html",
        found=found,
        number=number,
        owners=owners,
        asked=asked,
        url="/catalog/products?" + urlencode(asked),
        page=page,
        last=max(1, -(-number // PAGE)),
        access=access,
        today=day,
        **arithmetic(),
    )


@router.get("/catalog/products/{product_id}")
async def show_product(request: Request, product_id: str, person: Person = serves(*READERS)) -> Response:
    service, access = Service.of(request), Access(person)
    async with service.database.read() as reader:
        one = await product.find(reader, product_id)
        owner = await producer.find(reader, one.producer_id) if one else None
        if one is None or owner is None:
            raise NotFound
        access.check_sees(one.producer_id)
        prices = await price.history(reader, product_id) if access.edits(one.producer_id) else []
    return Pages.of(request).render(
        request,
        "product.html",
        one=one,
        owner=owner,
        prices=prices,
        access=access,
        today=today(request),
        **arithmetic(),
    )


@router.post("/catalog/products/{product_id}/withdraw")
async def withdraw_product(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    return await _put(request, product_id, person, offered=False)


@router.post("/catalog/products/{product_id}/offer")
async def offer_product_again(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    return await _put(request, product_id, person, offered=True)


async def _put(request: Request, product_id: str, person: Person, *, offered: bool) -> Response:
    service, access, translate = Service.of(request), Access(person), request.state.translate
    async with service.database.read() as reader:
        one = await product.find(reader, product_id)
    if one is None:
        raise NotFound
    access.check_edits(one.producer_id)
    version = (await request.form()).get("version", "")
    if not isinstance(version, str) or not version.isdecimal():
        raise Refused(STALE)
    act = product.offer_again if offered else product.withdraw
    try:
        async with service.database.write() as writer:
            await act(writer, product_id, int(version[:9]), access.author)
    except Stale as error:
        raise Refused(STALE) from error
    except Faulty as faulty:
        sentence = faulty.faults[0].sentence
        raise Refused(translate(sentence.text) % sentence.values) from faulty
    except NotThere as error:
        raise NotFound from error
    said = translate("On offer again.") if offered else translate("Withdrawn: new cycles will not offer it.")
    return Pages.of(request).go(f"/catalog/products/{product_id}", said)
