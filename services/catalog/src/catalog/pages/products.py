"""Products: the list and the page of one, with its prices and how members see it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from catalog import certificate, nomenclature, place, pool, price, price_lock, producer, product, reception, shelf
from catalog.announcing import article
from catalog.pages.access import READERS, SELLERS, Access, show_faults
from catalog.pages.field_words import BEARERS, RULES, SALES, carriage_in_words, label, minimum_in_words, names
from catalog.producer import Producer
from catalog.product import OFFERED, WITHDRAWN, Product
from catalog.refusal import Faulty, NotThere, Stale
from catalog.settings import CatalogSettings
from catalog.shelf import Wanted
from catalog.terms import pack_price_cents, unit_price
from chassis.database import Writer
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.described import Early
from coldchain.words import refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.i18n import translator
from ui.pages import words

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
        "dispensations": nomenclature.dispensations(),
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
        number = await shelf.count_of(reader, wanted)
        found = await shelf.list_of(reader, wanted, PAGE, (page - 1) * PAGE)
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
    return await _product_page(request, product_id, person, Form(None, request.state.translate))


async def _product_page(request: Request, product_id: str, person: Person, form: Form, status: int = 200) -> Response:
    """`form`: of locking the price, for those who may."""
    service, access = Service.of(request), Access(person)
    async with service.database.read() as reader:
        one = await product.find(reader, product_id)
        owner = await producer.find(reader, one.producer_id) if one else None
        if one is None or owner is None:
            raise NotFound
        access.check_sees(one.producer_id)
        edits = access.edits(one.producer_id)
        prices = await price.history(reader, product_id) if edits else []
        locks = await price_lock.history(reader, product_id) if edits else []
        standing = await certificate.standing(reader, [owner.id])
        filled = await pool.find(reader, one.terms.pool_id) if one.terms.pool_id else None
        beside = await pool.by_id(reader, list(filled.sheet.completes_with)) if filled else {}
        judge = await reception.early(reader) if edits else None
    translate = request.state.translate
    shown = standing.labels(owner.id, one.id, one.terms.labels)
    return Pages.of(request).render(
        request,
        "product.html",
        status=status,
        one=one,
        owner=owner,
        history=_history(prices, locks),
        access=access,
        today=today(request),
        form=form,
        shown_labels=shown,
        lapsed=[label for label in one.terms.labels if label not in shown],
        claims=standing.claims(owner.id, one.id, one.terms.labels),
        pool=filled,
        beside=beside,
        distance=distance(request, owner),
        sales=SALES,
        bearers=BEARERS,
        carriage_words=lambda said: carriage_in_words(said, request.state.translate, words(request)),
        between=owner.sheet.intermediaries(one.terms.intermediaries, one.terms.sale),
        missing=[label(name, translate) for name in one.terms.facts_missing],
        minimum_words=lambda said: minimum_in_words(said, translate, words(request)),
        names=names(translate),
        rules=RULES,
        **unreceived(request, judge, one, owner),
        **arithmetic(),
    )


def unreceived(request: Request, judge: Early | None, one: Product, owner: Producer) -> dict[str, Any]:
    """For never_received.html: a sentence for each reason why places can never receive the product."""
    spoken, said = words(request), article(one.id, owner.id, one.terms, owner.sheet.sale_of(one.terms.sale))
    found = reception.never_received(judge, said)
    sentences = [
        refused(
            replace(why, product=spoken.in_language(said.name), site=spoken.listing(places)),
            translator("coldchain", spoken.language),
            spoken,
        )
        for why, places in found.items()
    ]
    return {"unreceived": sentences, "binding": judge is not None and judge.binding}


def distance(request: Request, owner: Producer) -> int | None:
    """Whole kilometres to the hub as the crow flies; a label, never a reason to refuse anybody."""
    settings = Service.of(request).settings
    assert isinstance(settings, CatalogSettings)
    km = place.great_circle_km(settings.hub_place, owner.sheet.place)
    return None if km is None else round(km)


def _history(prices: list[RowMapping], locks: list[RowMapping]) -> list[dict[str, Any]]:
    """Prices and locks in one list, newest first: `kind` "price", "locked" or "unlocked"."""
    rows = [{**row, "kind": "price"} for row in prices]
    rows += [{**row, "kind": "locked" if row["until"] else "unlocked"} for row in locks]
    return sorted(rows, key=lambda row: row["version"], reverse=True)


@router.post("/catalog/products/{product_id}/lock")
async def lock_price(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    form = Form(await request.form(), request.state.translate)
    until = form.date("until", required=True)
    reason = form.text("reason", required=True, max_length=price_lock.MOST_REASON)
    zone = Pages.of(request).zone

    async def lock(writer: Writer, version: int) -> None:
        assert until is not None, "an empty day is refused before"
        await price_lock.lock(writer, product_id, version, until, reason, Access(person).author, zone)

    return await _lock_or_unlock(request, product_id, person, form, lock, _("The price is locked."))


@router.post("/catalog/products/{product_id}/unlock")
async def unlock_price(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    form = Form(await request.form(), request.state.translate)
    reason = form.text("reason", required=True, max_length=price_lock.MOST_REASON)

    async def unlock(writer: Writer, version: int) -> None:
        await price_lock.unlock(writer, product_id, version, reason, Access(person).author)

    return await _lock_or_unlock(request, product_id, person, form, unlock, _("The price can change again."))


async def _lock_or_unlock(
    request: Request,
    product_id: str,
    person: Person,
    form: Form,
    act: Callable[[Writer, int], Awaitable[None]],
    said: str,
) -> Response:
    service, access = Service.of(request), Access(person)
    async with service.database.read() as reader:
        one = await product.find(reader, product_id)
    if one is None:
        raise NotFound
    access.check_edits(one.producer_id)
    version = form.integer("version", required=True)
    if form.ok and version is not None:
        try:
            async with service.database.write() as writer:
                await act(writer, version)
            return Pages.of(request).go(f"/catalog/products/{product_id}", request.state.translate(said))
        except Stale as error:
            raise Refused(STALE) from error
        except Faulty as faulty:
            show_faults(form, faulty.faults, request.state.translate)
    return await _product_page(request, product_id, person, form, status=422)


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
