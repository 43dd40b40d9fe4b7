"""The page on which a version of a contract is read and signed: by the link the producer was sent, or signed in."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.mandate import signing
from billing.mandate.contract import AGENT, PRINCIPAL, Mandate, NoMandate, Version
from billing.mandate.drafting import LINK_GOOD_FOR, OPEN_LINK
from billing.mandate.life import OutOfTurn, Stage
from billing.mandate.signing import ExpiredLink, OtherText, SamePerson, Signer, UnknownLink
from billing.mandate.text import Document
from billing.pages.households import STAFF
from billing.pages.mandates import OUT_OF_TURN, PARTIES, READERS, URL, found
from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

ANYBODY: Any = serves(PUBLIC)
FOR_THE_HUB = _("You are signed in for the hub. By this link the producer signs, nobody else.")
SAME_PERSON = _("You signed for the other side: somebody else signs for this one.")


async def opened_by(request: Request, secret: str) -> tuple[Mandate, Version, str] | Response:
    """What a link opens, or the page that says why it opens nothing."""
    try:
        async with Service.of(request).database.read() as reader:
            return await signing.opened(reader, secret)
    except ExpiredLink:
        return Pages.of(request).render(request, "mandate_link_over.html", 410, expired=True, days=LINK_GOOD_FOR.days)
    except UnknownLink:
        return Pages.of(request).render(request, "mandate_link_over.html", 404, expired=False)


@router.get(OPEN_LINK + "{secret}")
async def read_by_link(request: Request, secret: str, person: Person | None = ANYBODY) -> Response:
    opened = await opened_by(request, secret)
    if isinstance(opened, Response):
        return opened
    one, held, _sent_to = opened
    return _page(request, one, held, PRINCIPAL, OPEN_LINK + secret)


@router.post(OPEN_LINK + "{secret}")
async def sign_by_link(request: Request, secret: str, person: Person | None = ANYBODY) -> Response:
    opened = await opened_by(request, secret)
    if isinstance(opened, Response):
        return opened
    one, held, sent_to = opened
    if person is not None and person.has(*STAFF) and one.producer_id not in person.producer_ids:
        # A mailbox of the hub's own shows them the link; what it proves is that the producer had it.
        raise Refused(request.state.translate(FOR_THE_HUB))
    return await _take(request, one, held, PRINCIPAL, OPEN_LINK + secret, sent_to=sent_to)


@router.get(URL + "/{mandate_id}/versions/{number}")
async def read(request: Request, mandate_id: str, number: int, person: Person = READERS) -> Response:
    one, held = await version_of(request, mandate_id, number, person)
    return _page(request, one, held, _side(one, person), f"{URL}/{mandate_id}/versions/{number}", person)


@router.post(URL + "/{mandate_id}/versions/{number}")
async def sign(request: Request, mandate_id: str, number: int, person: Person = PARTIES) -> Response:
    one, held = await version_of(request, mandate_id, number, person)
    side = _side(one, person)
    assert side, "who is served stands on one of the sides"
    return await _take(request, one, held, side, f"{URL}/{mandate_id}/versions/{number}", person=person)


async def version_of(request: Request, mandate_id: str, number: int, person: Person) -> tuple[Mandate, Version]:
    async with Service.of(request).database.read() as reader:
        one = await found(reader, mandate_id, person)
    if not 1 <= number <= len(one.versions):
        raise NotFound
    held = one.versions[number - 1]
    if held.stage is Stage.DRAFT and not person.has(*STAFF):
        raise NotFound
    return one, held


def _side(one: Mandate, person: Person) -> str:
    """For whom somebody signs: a producer for itself, a coordinator for the hub; "" for who only reads."""
    if one.producer_id in person.producer_ids:
        return PRINCIPAL
    return AGENT if person.has(Role.COORDINATOR) else ""


def _page(
    request: Request,
    one: Mandate,
    held: Version,
    side: str,
    url: str,
    person: Person | None = None,
    form: Form | None = None,
    *,
    status: int = 200,
) -> Response:
    texts = [(document, text) for document in Document if (text := held.text(document)) is not None]
    terms = held.terms
    party = terms.principal if side == PRINCIPAL else terms.agent
    first = {"name": person.name if person else party.represented_by, "capacity": party.capacity}
    mine = held.signed_by(side) if side else None
    return Pages.of(request).render(
        request,
        "mandate_sign.html",
        status,
        one=one,
        held=held,
        texts=texts,
        url=url,
        side=side,
        mine=mine,
        by_link=person is None,
        form=form or Form(values=first),
        may_sign=bool(side) and held.stage is Stage.PROPOSED and mine is None,
        document=Document,
        whole=[str(text) for _document, text in texts],
    )


async def _take(
    request: Request,
    one: Mandate,
    held: Version,
    side: str,
    url: str,
    *,
    person: Person | None = None,
    sent_to: str = "",
) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    do = form.choice("do", ("sign", "refuse") if side == PRINCIPAL else ("sign",))
    name = form.text("name", required=do == "sign", max_length=120)
    capacity = form.text("capacity", required=do == "sign", max_length=120)
    reason = form.text("reason", required=do == "refuse", max_length=500)
    if do == "sign" and not form.boolean("agree"):
        form.error("agree", t(_("To sign, tick this box.")))
    if not form.ok:
        return _page(request, one, held, side, url, person, form, status=422)
    shown = {document: form.value(f"hash_{document}") for document in held.hashes}
    signer = Signer(name, capacity, person.id if person else "", sent_to)
    also = [Document.INVOICING] if form.boolean("agree_invoicing") else []
    try:
        async with service.database.write() as writer:
            if do == "refuse":
                await signing.refuse(writer, one.id, held.number, name or held.terms.principal.represented_by, reason)
            else:
                zone = Pages.of(request).zone
                await signing.sign(writer, one.id, held.number, side, signer, shown, zone, also)
    except NoMandate as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except OtherText:
        form.error("", t(_("The text changed since you opened this page. Read it again, then sign.")))
        return _page(request, one, held, side, url, person, form, status=409)
    except SamePerson as error:
        raise Refused(t(SAME_PERSON)) from error
    thanks = _("It is noted: the hub sees your reason.") if do == "refuse" else _("It is signed. Thank you.")
    return Pages.of(request).go(url, t(thanks))
