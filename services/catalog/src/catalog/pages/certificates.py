"""Certificates: what is on file for which label, filing one, and what a coordinator has to look at."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import certificate, nomenclature, producer, product, shelf
from catalog.certificate import NO_LABEL, Proof
from catalog.pages.access import SELLERS, Access, given_id, show_faults
from catalog.pages.food_facts import incomplete
from catalog.pages.products import today
from catalog.refusal import Faulty, NotThere, Stale
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

NAMES = {
    "producer_id": _("Producer"),
    "product_id": _("Product"),
    "label": _("Label"),
    "body": _("Certified by"),
    "number": _("Number"),
    "valid_until": _("Valid until"),
    "proof_url": _("Where it can be read"),
}
EXPIRED = _("This certificate has expired: it stays on file, and its label is not shown until the next one comes.")


@router.get("/catalog/certificates")
async def list_certificates(request: Request, person: Person = serves(*SELLERS)) -> Response:
    """What is on file; a producer sees its own."""
    access = Access(person)
    async with Service.of(request).database.read() as reader:
        rows = await certificate.listed(reader, access.only)
        concerns = await certificate.concerns(reader, access.only, today(request))
    return Pages.of(request).render(
        request,
        "certificates.html",
        rows=rows,
        concerns=concerns,
        labels=nomenclature.labels(),
        access=access,
    )


@router.get("/catalog/fragments/home")
async def home(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    """For the coordinator's first page: labels that were taken off, end soon or have no proof; food not told of."""
    async with Service.of(request).database.read() as reader:
        concerns = await certificate.concerns(reader, Access(person).only, today(request))
        untold = await shelf.count_of(reader, incomplete(Access(person).only))
    return Pages.of(request).fragment(
        request, "catalog_concerns.html", concerns=concerns, labels=nomenclature.labels(), most=6, untold=untold
    )


@router.get("/catalog/certificates/new")
async def new_certificate(
    request: Request, producer_id: str = "", label: str = "", person: Person = serves(Role.COORDINATOR)
) -> Response:
    values = {"id": Service.of(request).ids.new(), "producer_id": producer_id, "label": label}
    return await _form_page(request, Form(None, request.state.translate, values=values))


@router.post("/catalog/certificates/new")
async def file_certificate(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    service, translate = Service.of(request), request.state.translate
    form = Form(await request.form(), translate)
    certificate_id, producer_id = given_id(form.values), form.text("producer_id")
    if not producer_id:
        form.error("producer_id", translate("Choose the producer."))
    proof = Proof(
        label=form.choice("label", [code for code in nomenclature.labels().codes if code != NO_LABEL]),
        number=form.text("number", required=True, max_length=60),
        valid_until=form.date("valid_until", required=True) or date.max,
        body=form.text("body", max_length=60),
        proof_url=form.text("proof_url", max_length=400),
        product_id=form.text("product_id", max_length=36) or None,
    )
    if form.ok:
        try:
            async with service.database.write() as writer:
                zone = Pages.of(request).zone
                await certificate.file(writer, certificate_id, producer_id, proof, Access(person).author, zone)
            return Pages.of(request).go("/catalog/certificates", translate("The certificate is on file."))
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except NotThere:
            form.error("producer_id", translate("Choose the producer."))
    return await _form_page(request, form, status=422)


@router.post("/catalog/certificates/{certificate_id}/take-back")
async def take_back_certificate(
    request: Request, certificate_id: str, person: Person = serves(Role.COORDINATOR)
) -> Response:
    try:
        async with Service.of(request).database.write() as writer:
            await certificate.take_back(writer, certificate_id)
    except NotThere as error:
        raise NotFound from error
    except Stale as error:
        raise Refused(request.state.translate(EXPIRED)) from error
    said = request.state.translate("Taken back: it proves nothing any more.")
    return Pages.of(request).go("/catalog/certificates", said)


async def _form_page(request: Request, form: Form, status: int = 200) -> Response:
    producer_id = form.value("producer_id")
    async with Service.of(request).database.read() as reader:
        owners = await producer.list_of(reader)
        wanted = shelf.Wanted(producer_id=producer_id, state=product.OFFERED)
        goods = await shelf.list_of(reader, wanted, 1000) if producer_id else []
    labels = nomenclature.labels().choices(request.state.reading.language)
    return Pages.of(request).render(
        request,
        "certificate_form.html",
        status=status,
        form=form,
        owners=[owner for owner in owners if owner.sheet.active],
        goods=[shown.product for shown in goods],
        labels=[choice for choice in labels if choice[0] != NO_LABEL],
        names={name: request.state.translate(text) for name, text in NAMES.items()},
    )
