"""What households have left to pay, by how long ago their goods were delivered."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.pages.cycles import READS_BOOKS
from billing.pages.today import today_of
from billing.payment.aging import Aged, aged_balance
from chassis.identity import Person
from chassis.service import Service
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.forms import Translate
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

URL = "/billing/payments/aged"
PER_PAGE = 100
COLUMNS = (_("Not delivered yet"), _("Up to 30 days ago"), _("31 to 60 days ago"), _("Before"))


@router.get(URL)
async def aged(request: Request, page: int = 1, person: Person = READS_BOOKS) -> Response:
    found = await _found(request)
    last = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), last)
    return Pages.of(request).render(
        request,
        "aged_balance.html",
        rows=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        sums=sums_of(found),
        households=len(found),
        columns=COLUMNS,
        page=page,
        last=last,
        url=URL,
    )


@router.get(URL + ".csv")
async def aged_file(request: Request, person: Person = READS_BOOKS) -> Response:
    rows = _rows(await _found(request), request.state.translate)
    return csv_file(f"cabas-{today_of(request).isoformat()}", rows, words(request).language)


async def _found(request: Request) -> list[Aged]:
    async with Service.of(request).database.read() as reader:
        return await aged_balance(reader, today_of(request))


def sums_of(found: Sequence[Aged]) -> list[int]:
    """Of each column, and of what is left in all."""
    return [sum(one.cents[place] for one in found) for place in range(len(COLUMNS))] + [
        sum(one.left_cents for one in found)
    ]


def _rows(found: Iterable[Aged], t: Translate) -> Iterable[tuple[Cell, ...]]:
    headings = (_("Household"), _("Group"), *COLUMNS, _("Left to pay"), _("Credit elsewhere"))
    yield tuple(t(each) for each in headings)
    for one in found:
        yield (one.household_name, one.group_name, *one.cents, one.left_cents, one.credit_cents)
