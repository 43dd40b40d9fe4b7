"""The form of a product: adding one, changing one."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import nomenclature, producer, product
from catalog.pages.access import SELLERS, Access, given_id, show_faults
from catalog.pages.field_words import changes_in_words
from catalog.pages.products import arithmetic
from catalog.product import Product
from catalog.refusal import Faulty, NotThere, Stale
from catalog.terms import MOST_CENTS, TEXT_LENGTHS, Terms, check, differences
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import PriceBasis, Unit
from ui import Pages
from ui.decimals import typed as typed_number
from ui.decimals import typed_money
from ui.forms import Form
from ui.pages import words

router = APIRouter()


@router.get("/catalog/products/new")
async def new_product(request: Request, producer_id: str = "", person: Person = serves(*SELLERS)) -> Response:
    access = Access(person)
    if producer_id:
        access.check_edits(producer_id)
    values = {
        "id": Service.of(request).ids.new(),
        "producer_id": producer_id or (next(iter(person.producer_ids)) if len(person.producer_ids) == 1 else ""),
        "unit": Unit.PIECE,
        "price_basis": PriceBasis.UNIT,
        "vat_class": "FOOD",
    }
    return await _form_page(request, Form(None, request.state.translate, values=values), None)


@router.post("/catalog/products/new")
async def add_product(request: Request, person: Person = serves(*SELLERS)) -> Response:
    service, access, translate = Service.of(request), Access(person), request.state.translate
    form = Form(await request.form(), translate)
    product_id = given_id(form.values)
    producer_id = form.text("producer_id")
    if not producer_id:
        form.error("producer_id", translate("Choose the producer."))
    else:
        access.check_edits(producer_id)
    terms = _read_terms(form, translate)
    if form.ok:
        try:
            async with service.database.write() as writer:
                await product.offer(writer, producer_id, product_id, terms, access.author)
            said = translate("%(name)s is on offer.") % {"name": terms.name_fr}
            return Pages.of(request).go(f"/catalog/products/{product_id}", said)
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except NotThere as error:
            raise NotFound from error
    return await _form_page(request, form, None, status=422)


@router.get("/catalog/products/{product_id}/edit")
async def edit_product(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    one = await _found(request, product_id)
    Access(person).check_edits(one.producer_id)
    form = Form(None, request.state.translate, values=_typed(one, request.state.translate.language))
    return await _form_page(request, form, one)


@router.post("/catalog/products/{product_id}/edit")
async def change_product(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    service, access, translate = Service.of(request), Access(person), request.state.translate
    one = await _found(request, product_id)
    access.check_edits(one.producer_id)
    form = Form(await request.form(), translate)
    version = form.integer("version", required=True)
    terms = _read_terms(form, translate)
    if form.ok and version is not None:
        try:
            async with service.database.write() as writer:
                await product.change(writer, product_id, version, terms, access.author)
            return Pages.of(request).go(f"/catalog/products/{product_id}", translate("Saved."))
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except Stale:
            one = await _found(request, product_id)
            form.values["version"] = str(one.version)
            # Theirs beside what was typed: sending the form again decides for what is typed.
            apart = changes_in_words(differences(one.terms, terms), translate, words(request))
            return await _form_page(request, form, one, status=409, apart=apart)
        except NotThere as error:
            raise NotFound from error
    return await _form_page(request, form, one, status=422)


async def _found(request: Request, product_id: str) -> Product:
    async with Service.of(request).database.read() as reader:
        one = await product.find(reader, product_id)
    if one is None:
        raise NotFound
    return one


def _read_terms(form: Form, translate: Any) -> Terms:
    """The terms as typed. Where the form is not `ok` they are only good for finding more that is wrong."""
    unit = Unit(form.choice("unit", Unit) or Unit.PIECE)
    content_unit = form.choice("content_unit", Unit, required=False)
    content = form.decimal("content", places=3)
    price = form.cents("price", required=True, minimum=1, maximum=MOST_CENTS)
    texts = {name: form.text(name, max_length=most) for name, most in TEXT_LENGTHS.items() if name != "note"}
    terms = Terms(
        **texts,
        unit=unit,
        content_thousandths=None if content is None else int(content * 1000),
        content_unit=Unit(content_unit) if content_unit and content is not None else None,
        price_cents=price or 1,
        price_basis=PriceBasis(form.choice("price_basis", PriceBasis) or PriceBasis.UNIT),
        vat_class=form.choice("vat_class", nomenclature.vat_classes().codes),
        temperature_class=form.choice("temperature_class", nomenclature.temperature_classes().codes),
        season_from=form.integer("season_from", minimum=1, maximum=12),
        season_to=form.integer("season_to", minimum=1, maximum=12),
        weighed=form.boolean("weighed"),
        allergens=tuple(form.choices("allergens", nomenclature.allergens().codes)),
        labels=tuple(form.choices("labels", nomenclature.labels().codes)),
        available_thousandths=form.quantity("available", unit, zero=True),
        note=form.lines("note", max_length=TEXT_LENGTHS["note"]),
    )
    show_faults(form, check(terms), translate)
    return terms


def _typed(one: Product, language: str) -> dict[str, Any]:
    """What the fields of the form show of a product."""
    terms = one.terms

    def number(thousandths: int | None) -> str:
        return "" if thousandths is None else typed_number(thousandths, 3, language)

    return {
        **{name: getattr(terms, name) for name in TEXT_LENGTHS},
        "version": one.version,
        "producer_id": one.producer_id,
        "unit": terms.unit,
        "content": number(terms.content_thousandths),
        "content_unit": terms.content_unit or "",
        "price": typed_money(terms.price_cents, language),
        "price_basis": terms.price_basis,
        "vat_class": terms.vat_class,
        "temperature_class": terms.temperature_class,
        "season_from": terms.season_from,
        "season_to": terms.season_to,
        "weighed": "on" if terms.weighed else "",
        "available": number(terms.available_thousandths),
    }


async def _form_page(
    request: Request,
    form: Form,
    one: Product | None,
    *,
    status: int = 200,
    apart: list[tuple[str, str, str]] | None = None,
) -> Response:
    access = Access(request.state.person)
    only = None if access.coordinates else request.state.person.producer_ids
    async with Service.of(request).database.read() as reader:
        owners = await producer.list_of(reader, only)
    return Pages.of(request).render(
        request,
        "product_form.html",
        status=status,
        form=form,
        one=one,
        owners=[owner for owner in owners if owner.sheet.active or (one and owner.id == one.producer_id)],
        apart=apart,
        access=access,
        **arithmetic(),
    )
