"""The order form of a group on paper, and the same list as a file to fill.

A page for the browser's own printer, A4 in large type: every browser prints it or makes a PDF of it, it reads well on a
telephone, and no typesetter has to be kept running for it.
"""

from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import cycle, late_order
from ordering.cycle import Cycle
from ordering.offer import Offer
from ordering.order_line import piece_cents, tier_cents
from ordering.pages import refusals
from ordering.pages.assets import asset
from ordering.pages.cycles import URL
from ordering.pages.reach import ORDERERS, groups_in_reach
from ordering.pages.terms import term
from ui import Pages, decimals
from ui.csv_file import csv_file
from ui.pages import words

router = APIRouter()

FORM = URL + "/{cycle_id}/order-form"


async def _offered(
    request: Request, reader: Reader, asker: Person, cycle_id: str, group_id: str = ""
) -> tuple[Cycle, list[Offer]]:
    """The cycle and its goods by number, as offered to a group, or to all. NotFound for who has no group in it, and
    while it offers nothing yet."""
    of = await cycle.by_id(reader, cycle_id)
    if of is None or of.opened_at is None or not _groups(asker, of):
        raise NotFound
    return of, await request.app.state.desk.sheets.offers(reader, of, group_id)


def _groups(asker: Person, of: Cycle) -> frozenset[str]:
    return groups_in_reach(asker, of) | (of.group_ids & asker.group_ids(Role.MEMBER))


@router.get(FORM + "/{group_id}")
async def show(request: Request, cycle_id: str, group_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    async with Service.of(request).database.read() as reader:
        of, offers = await _offered(request, reader, asker, cycle_id, group_id)
        contacts = await late_order.contacts(reader)
    pickup = of.pickup_of(group_id)
    if pickup is None or group_id not in _groups(asker, of):
        raise NotFound
    spoken = words(request)
    by_producer = [
        (name, producer_id, list(goods))
        for (name, producer_id), goods in groupby(offers, key=lambda offer: (offer.producer_name, offer.producer_id))
    ]
    chosen = set(request.query_params.getlist("producer"))
    return Pages.of(request).render(
        request,
        "order_form.html",
        of=of,
        pickup=pickup,
        stalls=[(name, goods) for name, producer_id, goods in by_producer if not chosen or producer_id in chosen],
        producers=[(producer_id, name) for name, producer_id, _goods in by_producer],
        chosen=chosen,
        contacts=contacts[:2],
        piece_cents=piece_cents,
        tier_cents=tier_cents,
        term=term,
        never_words=lambda offer: refusals.of_reception(offer.never, offer.article, spoken),
        allergen_names=lambda codes: spoken.listing([term("allergen", code, spoken.language) for code in codes]),
        asset=asset,
    )


@router.get(FORM + ".csv")
async def as_file(request: Request, cycle_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    async with Service.of(request).database.read() as reader:
        of, offers = await _offered(request, reader, asker, cycle_id)
    _, spoken = request.state.translate, words(request)
    rows = [(_("Number"), _("Product"), _("Quantity"), _("Unit"), _("Price"), _("Pack"), _("Producer"))]
    for offer in offers:
        a = offer.article
        price = decimals.typed_money(piece_cents(a), spoken.language)
        cells = (spoken.in_language(a.name), "", spoken.unit_name(a.unit), price, a.pack_label, offer.producer_name)
        rows.append((str(offer.code), *cells))
    return csv_file(f"cabas-{of.id}", rows, spoken.language)
