"""The form of a product: adding one, changing one."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import pool, producer, product, reception
from catalog.pages.access import SELLERS, Access, given_id, show_faults
from catalog.pages.field_words import BEARERS, RULES, SALES, changes_in_words, names
from catalog.pages.product_fields import MOST_REASON, Agreed, read_terms, typed_fields, typed_sharing
from catalog.pages.products import arithmetic, unreceived
from catalog.pool import Pool
from catalog.price_parts import MOST_TIERS
from catalog.product import Product
from catalog.refusal import Faulty, NotThere, Stale
from catalog.terms import differences
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Bearer, PriceBasis, Sale, StockUnit, Unit
from contracts.catalog import MinimumKind, SharingRules
from ui import Pages
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
        "stock_unit": StockUnit.ORDER,
        "minimum_kind": MinimumKind.MONEY,
        **typed_sharing(SharingRules()),
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
    pools = await _pools(request, producer_id)
    terms = read_terms(form, translate, [one.id for one in pools], _agreed(form, access, None))
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
    form = Form(None, request.state.translate, values=typed_fields(one, request.state.translate.language))
    return await _form_page(request, form, one)


@router.post("/catalog/products/{product_id}/edit")
async def change_product(request: Request, product_id: str, person: Person = serves(*SELLERS)) -> Response:
    service, access, translate = Service.of(request), Access(person), request.state.translate
    one = await _found(request, product_id)
    access.check_edits(one.producer_id)
    form = Form(await request.form(), translate)
    version = form.integer("version", required=True)
    pools = await _pools(request, one.producer_id)
    terms = read_terms(form, translate, [pool.id for pool in pools], _agreed(form, access, one))
    reason = form.text("price_reason", max_length=MOST_REASON)
    if form.ok and version is not None:
        try:
            async with service.database.write() as writer:
                await product.change(writer, product_id, version, terms, access.author, reason)
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


def _agreed(form: Form, access: Access, one: Product | None) -> Agreed:
    """How it is sold and who carries a difference are matters of contracts with the hub: the coordinator says them, for
    a producer they stay."""
    if not access.coordinates:
        return Agreed(one.terms.sale, one.terms.bearer) if one else Agreed(None, None)
    sale, bearer = form.choice("sale", Sale, required=False), form.choice("bearer", Bearer, required=False)
    return Agreed(Sale(sale) if sale else None, Bearer(bearer) if bearer else None)


async def _found(request: Request, product_id: str) -> Product:
    async with Service.of(request).database.read() as reader:
        one = await product.find(reader, product_id)
    if one is None:
        raise NotFound
    return one


async def _pools(request: Request, producer_id: str) -> list[Pool]:
    """The pools a product of this producer can be a size of; nothing while nobody chose the producer."""
    if not producer_id:
        return []
    async with Service.of(request).database.read() as reader:
        return await pool.of_producers(reader, [producer_id])


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
    producer_id = one.producer_id if one else form.value("producer_id")
    pools = await _pools(request, producer_id if access.edits(producer_id) else "")
    async with Service.of(request).database.read() as reader:
        owners = await producer.list_of(reader, only)
        owner = await producer.find(reader, one.producer_id) if one else None
        judge = await reception.early(reader) if one else None
    return Pages.of(request).render(
        request,
        "product_form.html",
        status=status,
        form=form,
        one=one,
        owners=[owner for owner in owners if owner.sheet.active or (one and owner.id == one.producer_id)],
        apart=apart,
        pools=pools,
        tiers=MOST_TIERS,
        rules=RULES,
        sales=SALES,
        bearers=BEARERS,
        names=names(request.state.translate),
        access=access,
        **(unreceived(request, judge, one, owner) if one and owner else {"unreceived": [], "binding": False}),
        **arithmetic(),
    )
