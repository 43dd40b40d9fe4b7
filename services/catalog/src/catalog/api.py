"""The JSON API of catalog, for programs of the hub: producers and price lists in, products out."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from catalog import announcing, certificate, nomenclature, producer, shelf
from catalog.certificate import Proof, Standing
from catalog.pages.access import READERS, Access
from catalog.price_list import preview
from catalog.price_list.application import apply
from catalog.price_list.comparison import Kind, Usual
from catalog.price_list.preview import Sent
from catalog.price_list.reading import read_aside
from catalog.price_list.sheet import Unreadable
from catalog.producer import Producer, Sheet
from catalog.refusal import Faulty, NotThere
from catalog.sentence import Sentence
from catalog.settings import CatalogSettings
from catalog.shelf import Shown, Wanted
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Place, Role, Sale
from contracts.catalog import Minimum
from ui import Pages

router = APIRouter()
MOST = 20_000


class ProducerIn(BaseModel):
    """A producer to register. `id`: the caller's own, so that sending twice registers once."""

    id: str | None = Field(None, pattern=r"^[0-9a-zA-Z-]{1,36}$")
    name: str
    place: Place
    country: str = "FR"
    labels: list[str] = []
    seller_regime: str = "NORMAL"
    contact_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "fr"
    minimum: Minimum | None = None
    sale: Sale = Sale.DIRECT
    resells: bool = False


_ONE_OR_MANY: TypeAdapter[ProducerIn | list[ProducerIn]] = TypeAdapter(ProducerIn | list[ProducerIn])


@router.post("/catalog/api/producers")
async def register_producers(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    """One producer, or a list: `{"id"}`, or a list of them. A name that is held gives the id that holds it.

    A list is registered whole or not at all; errors name the position: `{"3.name": …}`.
    """
    try:
        given = _ONE_OR_MANY.validate_json(await _body(request))
    except ValidationError as error:
        return _unprocessable(
            {".".join(str(step) for step in e["loc"][1:]) or "body": e["msg"] for e in error.errors()}
        )
    many = isinstance(given, list)
    entries = given if isinstance(given, list) else [given]
    translate, service = request.state.translate, Service.of(request)
    ids: list[dict[str, str]] = []
    try:
        async with service.database.write() as writer:
            for number, entry in enumerate(entries):
                prefix = f"{number}." if many else ""
                held = await producer.find_by_name(writer, entry.name)
                new_id = held.id if held and not entry.id else entry.id or writer.ids.new()
                said = entry.model_dump(exclude={"id", "place", "labels", "minimum"})
                sheet = Sheet(**said, place=entry.place, labels=tuple(entry.labels), minimum=entry.minimum)
                ids.append({"id": await producer.register(writer, new_id, sheet, Access(person).author)})
    except Faulty as faulty:
        return _unprocessable({prefix + fault.field: _said(fault.sentence, translate) for fault in faulty.faults})
    return JSONResponse(ids if many else ids[0])


@router.get("/catalog/api/producers")
async def list_producers(request: Request, person: Person = serves(*READERS)) -> Response:
    access = Access(person)
    async with Service.of(request).database.read() as reader:
        found = await producer.list_of(reader, access.only, limit=MOST)
        standing = await certificate.standing(reader, access.only)
    return JSONResponse([_producer(one, standing, contact=access.sees_contact(one.id)) for one in found])


def _producer(one: Producer, standing: Standing, *, contact: bool) -> dict[str, Any]:
    sheet = one.sheet
    said: dict[str, Any] = {
        "id": one.id,
        "version": one.version,
        "name": sheet.name,
        "place": sheet.place.model_dump(),
        "country": sheet.country,
        "labels": list(standing.labels(one.id, None, sheet.labels)),
        "minimum": sheet.minimum.model_dump(mode="json") if sheet.minimum else None,
        "sale": sheet.sale.value,
        "resells": sheet.resells,
        "seller_regime": sheet.seller_regime,
        "active": sheet.active,
    }
    if contact:
        said |= {
            "contact_name": sheet.contact_name,
            "email": sheet.email,
            "phone": sheet.phone,
            "language": sheet.language,
        }
    return said


class CertificateIn(BaseModel):
    """A proof of a label to file. `id`: the caller's own, so that sending twice files it once."""

    id: str | None = Field(None, pattern=r"^[0-9a-zA-Z-]{1,36}$")
    producer_id: str
    product_id: str | None = None
    label: str
    body: str = ""
    number: str
    valid_until: date
    proof_url: str = ""


@router.post("/catalog/api/certificates")
async def file_certificate(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
    """File a proof, without a file: `{"id"}`."""
    try:
        given = CertificateIn.model_validate_json(await _body(request))
    except ValidationError as error:
        return _unprocessable({".".join(str(step) for step in e["loc"]) or "body": e["msg"] for e in error.errors()})
    service, zone = Service.of(request), Pages.of(request).zone
    proof = Proof(**given.model_dump(exclude={"id", "producer_id"}))
    certificate_id = given.id or service.ids.new()
    try:
        async with service.database.write() as writer:
            await certificate.file(writer, certificate_id, given.producer_id, proof, Access(person).author, zone)
    except NotThere as error:
        raise NotFound from error
    except Faulty as faulty:
        translate = request.state.translate
        return _unprocessable({fault.field: _said(fault.sentence, translate) for fault in faulty.faults})
    return JSONResponse({"id": certificate_id})


@router.get("/catalog/api/products")
async def list_products(
    request: Request, producer_id: str = "", state: str = "", person: Person = serves(*READERS)
) -> Response:
    """All products, of one producer where given, in the order of their names."""
    access = Access(person)
    if producer_id:
        access.check_sees(producer_id)
    wanted = Wanted(access.only, producer_id, state=state)
    async with Service.of(request).database.read() as reader:
        found = await shelf.list_of(reader, wanted, MOST)
        standing = await certificate.standing(reader, access.only)
    return JSONResponse([_product(shown, standing) for shown in found])


def _product(shown: Shown, standing: Standing) -> dict[str, Any]:
    """As the events say it, flat: the article's fields beside the rest; `sale` as it is said of the product alone."""
    one, terms, plain = shown.product, shown.product.terms, shown.product.terms.plain()
    article = announcing.article(one.id, one.producer_id, terms, terms.sale)
    return {
        "id": one.id,
        "version": one.version,
        "state": one.state,
        "producer_name": shown.producer_name,
        **article.model_dump(mode="json", exclude={"product_id"}),
        "season": terms.season.model_dump() if terms.season else None,
        "allergens": list(terms.allergens),
        "labels": list(standing.labels(one.producer_id, one.id, terms.labels)),
        "available_thousandths": terms.available_thousandths,
        "note": terms.note,
        **{name: plain[name] for name in _MORE},
        "price_locked_until": one.price_locked_until.isoformat() if one.price_locked_until else None,
    }


_MORE = ("stock_unit", "pool_id", "minimum", "breakdown", "food", "intermediaries")
"""Fields of Terms that the article does not hold."""


@router.post("/catalog/api/price-lists")
async def import_price_list(
    request: Request,
    producer_id: str = "",
    vat_class: str = "FOOD",
    temperature_class: str = "",
    withdraw_missing: bool = False,
    person: Person = serves(Role.COORDINATOR),
) -> Response:
    """Read, compare and apply a list: a multipart `file`, or the file itself as the body.

    `vat_class` and `temperature_class` are for new products of a list that does not say them. Good lines are
    applied, wrong ones told: `{"new", "changed", "unchanged", "withdrawn", "wrong": [{"line", "field", "message"}]}`.
    """
    service, translate = Service.of(request), request.state.translate
    data, file_name, producer_id = await _file(request, producer_id)
    if not producer_id:
        return _unprocessable({"producer_id": translate("Choose the producer.")})
    async with service.database.read() as reader:
        if await producer.find(reader, producer_id) is None:
            raise NotFound
    usual = Usual(vat_class, temperature_class)
    if (vat_class and vat_class not in nomenclature.vat_classes()) or (
        temperature_class and temperature_class not in nomenclature.temperature_classes()
    ):
        return _unprocessable({"vat_class": translate("Choose one of the list.")})
    author = Access(person).author
    sent = Sent(service.ids.new(), producer_id, file_name, usual, withdraw_missing, author)
    settings = service.settings
    assert isinstance(settings, CatalogSettings)
    try:
        read = await read_aside(data, file_name)
        await preview.keep(service.database, sent, read, timedelta(hours=settings.price_list_hours))
        outcome = await apply(service.database, sent.id, author)
    except Unreadable as unreadable:
        return _unprocessable({"file": _said(unreadable.sentence, translate)})
    except Faulty as faulty:
        return _unprocessable(
            {fault.field or "producer_id": _said(fault.sentence, translate) for fault in faulty.faults}
        )
    async with service.database.read() as reader:
        wrong = await preview.lines(reader, sent.id, Kind.WRONG, MOST, outcome=True)
    return JSONResponse(
        {
            "new": outcome.lines[Kind.NEW],
            "changed": outcome.lines[Kind.CHANGED],
            "unchanged": outcome.lines[Kind.UNCHANGED],
            "withdrawn": outcome.lines[Kind.MISSING],
            "wrong": [
                {"line": row["number"], "field": fault.field, "message": _said(fault.sentence, translate)}
                for row in wrong
                for fault in preview.faults_of(row["faults"])
            ],
        }
    )


async def _body(request: Request) -> bytes:
    """The bytes that were sent; none of a form, which holds neither JSON nor a file."""
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return b"" if is_form else await request.body()


async def _file(request: Request, producer_id: str) -> tuple[bytes, str, str]:
    """The bytes, the name of the file, and the producer (from the form where the address does not say)."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _body(request), "", producer_id
    form = await request.form()
    upload, typed = form.get("file"), form.get("producer_id")
    data = await upload.read() if isinstance(upload, UploadFile) else b""
    name = upload.filename or "" if isinstance(upload, UploadFile) else ""
    await form.close()
    return data, name, producer_id or (typed if isinstance(typed, str) else "")


def _said(sentence: Sentence, translate: Any) -> str:
    return str(translate(sentence.text) % sentence.values)


def _unprocessable(errors: dict[str, str]) -> JSONResponse:
    return JSONResponse({"detail": " ".join(errors.values()), "errors": errors}, status_code=422)
