"""The crates of an open cycle that are being filled, and what is left of scarce pools, live: above everybody's shop."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import cycle
from ordering.cycle import Cycle, State
from ordering.cycle_pool import scarce_pools
from ordering.filling import begun_cases
from ordering.offer_sheet import OfferSheets
from ordering.pages.reach import ORDERERS
from ui import Pages

router = APIRouter()

URL = "/ordering/cycles/{cycle_id}/crates"


async def being_filled(request: Request, reader: Reader, of: Cycle) -> dict[str, Any]:
    """The context of shop_crates.html."""
    sheets: OfferSheets = request.app.state.desk.sheets
    offers = await sheets.offers(reader, of)
    return {"of": of, "crates": await begun_cases(reader, of.id, offers), "pools_left": scarce_pools(offers)}


@router.get(URL)
async def live(request: Request, cycle_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    """The piece, once."""
    async with Service.of(request).database.read() as reader:
        standing = await _standing(request, reader, asker, cycle_id)
    return Pages.of(request).fragment(request, "shop_crates.html", **standing)


@router.get(URL + "/stream")
async def stream(request: Request, cycle_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    """The piece whenever it changes; it ends with the cycle."""
    pages, language = Pages.of(request), request.state.reading.language

    async def make(reader: Reader) -> str:
        return pages.piece(language, "shop_crates.html", **await _standing(request, reader, None, cycle_id))

    async with Service.of(request).database.read() as reader:
        await _standing(request, reader, asker, cycle_id)
    return await pages.live.stream(request, asker, ("crates", cycle_id, language), make)


async def _standing(request: Request, reader: Reader, asker: Person | None, cycle_id: str) -> dict[str, Any]:
    """Raises NotFound where there is no such open cycle, or not for the asker: what is in it is the same for all."""
    of = await cycle.by_id(reader, cycle_id)
    if of is None or of.state not in (State.OPEN, State.COMPLETING):
        raise NotFound
    if asker is not None and not (asker.has(Role.COORDINATOR) or of.group_ids & _groups(asker)):
        raise NotFound
    return await being_filled(request, reader, of)


def _groups(asker: Person) -> frozenset[str]:
    return asker.group_ids(Role.MEMBER) | asker.group_ids(Role.REFERENT)
