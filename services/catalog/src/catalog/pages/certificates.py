"""Certificates: what is on file for which label, filing one, and what a coordinator has to look at."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping
from starlette.datastructures import UploadFile

from catalog import certificate, nomenclature, producer, product, proof_file, shelf
from catalog.certificate import NO_LABEL, Proof
from catalog.pages.access import READERS, SELLERS, Access, given_id, show_faults
from catalog.pages.food_facts import incomplete
from catalog.pages.products import today
from catalog.proof_file import MOST_BYTES, ProofFile
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
    "file": _("The certificate itself"),
    "file_public": _("Members may read it"),
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
    values = {"id": Service.of(request).ids.new(), "producer_id": producer_id, "label": label, "file_public": "on"}
    return await _form_page(request, Form(None, request.state.translate, values=values))


@router.post("/catalog/certificates/new")
async def file_certificate(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    service, translate = Service.of(request), request.state.translate
    typed = await request.form()
    form = Form(typed, translate)
    certificate_id, producer_id = given_id(form.values), form.text("producer_id")
    copy = await _read_file(form, typed.get("file"))
    await typed.close()
    if not producer_id:
        form.error("producer_id", translate("Choose the producer."))
    proof = Proof(
        label=form.choice("label", [code for code in nomenclature.labels().codes if code != NO_LABEL]),
        number=form.text("number", required=True, max_length=60),
        valid_until=form.date("valid_until", required=True) or date.max,
        body=form.text("body", max_length=60),
        proof_url=form.text("proof_url", max_length=400),
        product_id=form.text("product_id", max_length=36) or None,
        file_public=form.boolean("file_public"),
    )
    if form.ok:
        try:
            async with service.database.write() as writer:
                zone = Pages.of(request).zone
                await certificate.file(writer, certificate_id, producer_id, proof, Access(person).author, zone, copy)
            return Pages.of(request).go("/catalog/certificates", translate("The certificate is on file."))
        except Faulty as faulty:
            show_faults(form, faulty.faults, translate)
        except NotThere:
            form.error("producer_id", translate("Choose the producer."))
    if copy is not None:
        # A browser does not keep the file.
        form.error("file", translate("Choose the file again: something else was to be mended."))
    return await _form_page(request, form, status=422)


async def _read_file(form: Form, upload: object) -> ProofFile | None:
    """The file that was chosen; None where none was, or `form` says what is wrong with it."""
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    found = proof_file.read(await upload.read(MOST_BYTES + 1))
    if isinstance(found, ProofFile):
        return found
    show_faults(form, [found], form._)
    return None


@router.get("/catalog/certificates/{certificate_id}/proof")
async def show_proof(request: Request, certificate_id: str, person: Person = serves(*READERS)) -> Response:
    """The certificate itself: for those who edit it; for whoever sees its label where it says so and while it holds."""
    async with Service.of(request).database.read() as reader:
        row = await certificate.find(reader, certificate_id)
        access = Access(person)
        if row is None:
            raise NotFound
        access.check_sees(row["producer_id"])
        held_out = row["file_public"] and row["state"] == certificate.VALID
        copy = await proof_file.find(reader, certificate_id) if held_out or access.edits(row["producer_id"]) else None
    if copy is None:
        raise NotFound
    # A PDF may hold scripts and is not shown by us; a picture does not run. Neither is taken for anything else
    # (x-content-type-options is always said).
    kind = "attachment" if copy.media_type == proof_file.PDF else "inline"
    name = f"certificate-{row['label'].lower()}-{row['valid_until']}.{proof_file.ENDINGS[copy.media_type]}"
    headers = {
        "content-disposition": f'{kind}; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
    return Response(copy.content, media_type=copy.media_type, headers=headers)


@router.get("/catalog/certificates/{certificate_id}/file")
async def file_form(request: Request, certificate_id: str, person: Person = serves(Role.COORDINATOR)) -> Response:
    row = await _held(request, certificate_id)
    values = {"file_public": "on" if row["file_public"] or not row["has_file"] else ""}
    return _attach_page(request, row, Form(None, request.state.translate, values=values))


@router.post("/catalog/certificates/{certificate_id}/file")
async def attach_file(request: Request, certificate_id: str, person: Person = serves(Role.COORDINATOR)) -> Response:
    row, typed = await _held(request, certificate_id), await request.form()
    form = Form(typed, request.state.translate)
    copy = await _read_file(form, typed.get("file"))
    await typed.close()
    if form.ok and copy is None and not row["has_file"]:
        form.error("file", request.state.translate("Choose the file."))
    if not form.ok:
        return _attach_page(request, row, form, status=422)
    async with Service.of(request).database.write() as writer:
        await certificate.attach(writer, certificate_id, copy, public=form.boolean("file_public"))
    return Pages.of(request).go("/catalog/certificates", request.state.translate("The file is kept."))


async def _held(request: Request, certificate_id: str) -> RowMapping:
    async with Service.of(request).database.read() as reader:
        row = await certificate.find(reader, certificate_id)
    if row is None:
        raise NotFound
    return row


def _attach_page(request: Request, row: RowMapping, form: Form, status: int = 200) -> Response:
    names = {name: request.state.translate(text) for name, text in NAMES.items()}
    label = nomenclature.labels().name(row["label"], request.state.reading.language)
    most = MOST_BYTES // 1024**2
    return Pages.of(request).render(
        request, "certificate_file.html", status=status, row=row, form=form, names=names, label=label, most=most
    )


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
        most=MOST_BYTES // 1024**2,
    )
