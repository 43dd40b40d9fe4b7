"""Promising the price of everything a producer offers until a day: the whole season's list in one go."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import price_lock, producer, product
from catalog.pages.access import SELLERS, Access, show_faults
from catalog.refusal import Faulty, NotThere
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from ui import Pages
from ui.forms import Form

router = APIRouter()
URL = "/catalog/producers/{producer_id}/lock-prices"


@router.get(URL)
async def ask(request: Request, producer_id: str, person: Person = serves(*SELLERS)) -> Response:
    return await _form_page(request, producer_id, person, Form(None, request.state.translate))


@router.post(URL)
async def lock_prices(request: Request, producer_id: str, person: Person = serves(*SELLERS)) -> Response:
    access, translate = Access(person), request.state.translate
    access.check_edits(producer_id)
    form = Form(await request.form(), translate)
    until = form.date("until", required=True)
    reason = form.text("reason", required=True, max_length=price_lock.MOST_REASON)
    if form.ok and until is not None:
        zone = Pages.of(request).zone
        try:
            async with Service.of(request).database.write() as writer:
                number = await price_lock.lock_all(writer, producer_id, until, reason, access.author, zone)
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except NotThere as error:
            raise NotFound from error
        else:
            said = translate.plural("%(num)d price is locked.", "%(num)d prices are locked.", number)
            return Pages.of(request).go(f"/catalog/producers/{producer_id}", said % {"num": number})
    return await _form_page(request, producer_id, person, form, status=422)


async def _form_page(request: Request, producer_id: str, person: Person, form: Form, status: int = 200) -> Response:
    Access(person).check_edits(producer_id)
    async with Service.of(request).database.read() as reader:
        owner = await producer.find(reader, producer_id)
        goods = await product.offered_by(reader, producer_id)
    if owner is None:
        raise NotFound
    free = [one for one in goods if one.price_locked_until is None]
    return Pages.of(request).render(
        request,
        "price_promises.html",
        status=status,
        form=form,
        owner=owner,
        free=len(free),
        promised=len(goods) - len(free),
    )
