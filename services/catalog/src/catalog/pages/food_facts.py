"""What members must be told of food before they buy it, and nobody has told yet: product by product."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import shelf
from catalog.pages.access import SELLERS, Access
from catalog.pages.field_words import label
from catalog.product import OFFERED
from catalog.shelf import Wanted
from chassis.identity import Person, serves
from chassis.service import Service
from ui import Pages

router = APIRouter()
PAGE = 50


def incomplete(only: frozenset[str] | None) -> Wanted:
    """What is on offer and lacks a mandatory fact; `only` of these producers."""
    return Wanted(only, state=OFFERED, incomplete=True)


@router.get("/catalog/food-facts")
async def list_incomplete(request: Request, page: int = 1, person: Person = serves(*SELLERS)) -> Response:
    """A producer sees its own."""
    page, translate, wanted = max(1, min(page, 10_000)), request.state.translate, incomplete(Access(person).only)
    async with Service.of(request).database.read() as reader:
        number = await shelf.count_of(reader, wanted)
        found = await shelf.list_of(reader, wanted, PAGE, (page - 1) * PAGE)
    return Pages.of(request).render(
        request,
        "food_facts.html",
        number=number,
        rows=[(one, [label(name, translate) for name in one.product.terms.facts_missing]) for one in found],
        page=page,
        last=max(1, -(-number // PAGE)),
    )
