"""Pools: sizes of one product that fill the same cases. The list, one with its sizes, adding and changing."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import pool, producer, product
from catalog.pages.access import SELLERS, Access, given_id, show_faults
from catalog.pages.field_words import RULES, names
from catalog.pages.product_fields import read_sharing, typed_sharing
from catalog.pool import Pool, PoolSheet
from catalog.producer import Producer
from catalog.refusal import Faulty, NotThere, Stale
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Unit
from contracts.catalog import SharingRules
from ui import Pages
from ui.decimals import typed as typed_number
from ui.forms import Form

router = APIRouter()


@router.get("/catalog/pools")
async def list_pools(request: Request, person: Person = serves(*SELLERS)) -> Response:
    access = Access(person)
    async with Service.of(request).database.read() as reader:
        found = await pool.of_producers(reader, access.only)
        owners = {one.id: one.name for one in await producer.list_of(reader, access.only)}
        sizes = await product.sizes_of(reader, [one.id for one in found])
    sizes.sort(key=lambda size: size.terms.packing.measure(1000))
    return Pages.of(request).render(
        request,
        "pools.html",
        found=found,
        owners=owners,
        sizes={one.id: [size for size in sizes if size.terms.pool_id == one.id] for one in found},
    )


@router.get("/catalog/pools/new")
async def new_pool(request: Request, producer_id: str = "", person: Person = serves(*SELLERS)) -> Response:
    access = Access(person)
    if producer_id:
        access.check_edits(producer_id)
    only = next(iter(person.producer_ids)) if len(person.producer_ids) == 1 and not access.coordinates else ""
    values = {"id": Service.of(request).ids.new(), "producer_id": producer_id or only, "unit": Unit.KG}
    values |= typed_sharing(SharingRules())
    return await _form_page(request, Form(None, request.state.translate, values=values), None)


@router.post("/catalog/pools/new")
async def add_pool(request: Request, person: Person = serves(*SELLERS)) -> Response:
    access, translate = Access(person), request.state.translate
    form = Form(await request.form(), translate)
    pool_id, producer_id = given_id(form.values), form.text("producer_id")
    if not producer_id:
        form.error("producer_id", translate("Choose the producer."))
    else:
        access.check_edits(producer_id)
    sheet = _read_sheet(form)
    if form.ok:
        try:
            async with Service.of(request).database.write() as writer:
                await pool.add(writer, pool_id, producer_id, sheet, access.author)
            said = translate("%(name)s is a pool now. Choose which products are its sizes.")
            return Pages.of(request).go(f"/catalog/pools/{pool_id}", said % {"name": sheet.name_fr})
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except NotThere as error:
            raise NotFound from error
    return await _form_page(request, form, None, status=422)


@router.get("/catalog/pools/{pool_id}")
async def show_pool(request: Request, pool_id: str, person: Person = serves(*SELLERS)) -> Response:
    return await _pool_page(request, pool_id, person, Form(None, request.state.translate))


@router.post("/catalog/pools/{pool_id}/sizes")
async def choose_sizes(request: Request, pool_id: str, person: Person = serves(*SELLERS)) -> Response:
    """Which products fill this pool's cases, all in one go."""
    await _found(request, pool_id, person)
    translate = request.state.translate
    form = Form(await request.form(), translate)
    try:
        async with Service.of(request).database.write() as writer:
            await pool.set_sizes(writer, pool_id, form.chosen("sizes"), Access(person).author)
    except Faulty as faulty:
        show_faults(form, faulty.faults, translate)
        return await _pool_page(request, pool_id, person, form, status=422)
    return Pages.of(request).go(f"/catalog/pools/{pool_id}", translate("Saved."))


async def _pool_page(request: Request, pool_id: str, person: Person, form: Form, status: int = 200) -> Response:
    one, owner = await _found(request, pool_id, person)
    async with Service.of(request).database.read() as reader:
        sizes = await product.sizes_of(reader, [pool_id])
        others = await pool.by_id(reader, list(one.sheet.completes_with))
        goods = await product.offered_by(reader, owner.id)
        pools = await pool.of_producers(reader, [owner.id])
    fitting = [item for item in goods if pool.check_size(item.terms.packing, one.sheet) is None]
    return Pages.of(request).render(
        request,
        "pool.html",
        status=status,
        one=one,
        owner=owner,
        sizes=sizes,
        others=others,
        rules=RULES,
        form=form,
        # A size that was withdrawn stays one: unticking is for what can be seen.
        fitting=fitting + [size for size in sizes if size.id not in {item.id for item in fitting}],
        chosen=[size.id for size in sizes],
        # Ticking what fills another pool takes it out of there: that is said before.
        elsewhere={other.id: other for other in pools if other.id != pool_id},
    )


@router.get("/catalog/pools/{pool_id}/edit")
async def edit_pool(request: Request, pool_id: str, person: Person = serves(*SELLERS)) -> Response:
    one, _owner = await _found(request, pool_id, person)
    form = Form(None, request.state.translate, values=_typed(one, request.state.translate.language))
    return await _form_page(request, form, one)


@router.post("/catalog/pools/{pool_id}/edit")
async def change_pool(request: Request, pool_id: str, person: Person = serves(*SELLERS)) -> Response:
    translate = request.state.translate
    one, _owner = await _found(request, pool_id, person)
    form = Form(await request.form(), translate)
    version = form.integer("version", required=True)
    sheet = _read_sheet(form)
    if form.ok and version is not None:
        try:
            async with Service.of(request).database.write() as writer:
                await pool.change(writer, pool_id, version, sheet, Access(person).author)
            return Pages.of(request).go(f"/catalog/pools/{pool_id}", translate("Saved."))
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except Stale:
            one, _owner = await _found(request, pool_id, person)
            form.values["version"] = str(one.version)
            return await _form_page(request, form, one, status=409, stale=True)
        except NotThere as error:
            raise NotFound from error
    return await _form_page(request, form, one, status=422)


async def _found(request: Request, pool_id: str, person: Person) -> tuple[Pool, Producer]:
    """A pool that this person edits. Raises NotFound."""
    async with Service.of(request).database.read() as reader:
        one = await pool.find(reader, pool_id)
        owner = await producer.find(reader, one.producer_id) if one else None
    if one is None or owner is None:
        raise NotFound
    Access(person).check_edits(one.producer_id)
    return one, owner


def _read_sheet(form: Form) -> PoolSheet:
    unit, sharing = Unit(form.choice("unit", Unit) or Unit.KG), read_sharing(form)
    sheet = PoolSheet(
        name_fr=form.text("name_fr", required=True, max_length=120),
        name_en=form.text("name_en", max_length=120),
        unit=unit,
        case_thousandths=form.quantity("case", unit),
        available_thousandths=form.quantity("available", unit, zero=True),
        completes_with=tuple(dict.fromkeys(form.chosen("completes_with"))),
        shortage_rule=sharing.shortage,
        extra_rule=sharing.extra,
    )
    show_faults(form, pool.check(sheet), form._)
    return sheet


def _typed(one: Pool, language: str) -> dict[str, Any]:
    sheet = one.sheet

    def number(thousandths: int | None) -> str:
        return "" if thousandths is None else typed_number(thousandths, 3, language)

    return {
        "version": one.version,
        "producer_id": one.producer_id,
        "name_fr": sheet.name_fr,
        "name_en": sheet.name_en,
        "unit": sheet.unit,
        "case": number(sheet.case_thousandths),
        "available": number(sheet.available_thousandths),
        **typed_sharing(sheet.sharing),
    }


async def _form_page(
    request: Request, form: Form, one: Pool | None, *, status: int = 200, stale: bool = False
) -> Response:
    access = Access(request.state.person)
    only = None if access.coordinates else request.state.person.producer_ids
    producer_id = one.producer_id if one else form.value("producer_id")
    async with Service.of(request).database.read() as reader:
        owners = [owner for owner in await producer.list_of(reader, only) if owner.sheet.active]
        others = await pool.of_producers(reader, [producer_id]) if access.edits(producer_id) else []
    return Pages.of(request).render(
        request,
        "pool_form.html",
        status=status,
        form=form,
        one=one,
        owners=owners,
        others=[other for other in others if one is None or other.id != one.id],
        stale=stale,
        rules=RULES,
        names=names(request.state.translate),
    )
