"""A version of a mandate contract as PDF: what both sides read and signed, to print and to keep."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.mandate.contract import PRINCIPAL, Mandate, Signature, Version
from billing.mandate.drafting import OPEN_LINK
from billing.mandate.life import Stage
from billing.mandate.text import Document
from billing.pages.mandate_signing import ANYBODY, opened_by, version_of
from billing.pages.mandates import READERS, URL
from billing.press import pdf
from chassis.identity import Person
from chassis.service import Service
from ui.forms import Translate
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

STAGES = {
    Stage.DRAFT: _("Draft: its words can still change"),
    Stage.PROPOSED: _("Proposed: not signed by both yet"),
    Stage.SIGNED: _("Signed by both"),
    Stage.REFUSED: _("Refused: nothing of it holds"),
    Stage.WITHDRAWN: _("Taken back: nothing of it holds"),
}


@router.get(URL + "/{mandate_id}/versions/{number}/contract.pdf")
async def paper(request: Request, mandate_id: str, number: int, person: Person = READERS) -> Response:
    one, held = await version_of(request, mandate_id, number, person)
    return await _printed(request, one, held)


@router.get(OPEN_LINK + "{secret}/contract.pdf")
async def paper_by_link(request: Request, secret: str, person: Person | None = ANYBODY) -> Response:
    opened = await opened_by(request, secret)
    if isinstance(opened, Response):
        return opened
    one, held, _sent_to = opened
    return await _printed(request, one, held)


async def _printed(request: Request, one: Mandate, held: Version) -> Response:
    made = await pdf("mandate.typ", _said(request, one, held))
    name = request.state.translate(_("mandate"))
    headers = {"content-disposition": f'inline; filename="{name}-{held.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _said(request: Request, one: Mandate, held: Version) -> dict[str, Any]:
    t, said = request.state.translate, words(request)
    texts = [text for document in Document if (text := held.text(document)) is not None]
    headings = (_("Signed by"), _("Side"), _("Document"), _("When"), _("SHA-256 of the text"))
    return {
        "title": t(_("Mandate contract")),
        "hub": Service.of(request).settings.hub_name,
        # Of the contract, whatever language its reader reads.
        "language": "fr",
        "facts": [
            (t(_("Producer")), one.producer_name),
            (t(_("Version")), str(held.number)),
            (t(_("State")), t(STAGES[held.stage])),
        ],
        "documents": [
            {
                "title": text.title,
                "clauses": [{"heading": each.heading, "paragraphs": each.paragraphs} for each in text.clauses],
                "hash": text.sha256,
            }
            for text in texts
        ],
        "hash_label": t(_("SHA-256 of this text:")),
        "signatures_title": t(_("Signatures")),
        "headings": [t(each) for each in headings],
        "signatures": [_signed(each, t, said.moment(each.signed_at)) for each in held.signatures],
        "unsigned": t(_("Nobody has signed yet.")),
    }


def _signed(one: Signature, t: Translate, moment: str) -> tuple[str, ...]:
    side = _("for the producer") if one.party == PRINCIPAL else _("for the hub")
    document = _("Invoicing mandate") if one.document is Document.INVOICING else _("Contract")
    return f"{one.name}, {one.capacity}", t(side), t(document), moment, one.text_hash
