"""The season calendar: what begins, what is there and what ends, month by month from this one on."""

from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import Response

from catalog import producer, shelf
from catalog.pages.access import READERS, Access
from catalog.pages.products import today
from catalog.product import OFFERED
from catalog.shelf import Shown, Wanted
from chassis.identity import Person, serves
from chassis.service import Service
from ui import Pages

router = APIRouter()
MOST = 5000


@dataclass(frozen=True)
class Month:
    """`begins` and `ends` also count among `there`. Products with a season only: the others are there all year."""

    number: int
    there: list[Shown] = field(default_factory=list)
    begins: list[Shown] = field(default_factory=list)
    ends: list[Shown] = field(default_factory=list)


def calendar(goods: list[Shown], first_month: int) -> list[Month]:
    """Twelve months from `first_month` on."""
    months = [Month((first_month - 1 + step) % 12 + 1) for step in range(12)]
    for shown in goods:
        season = shown.product.terms.season
        if season is None:
            continue
        length = (season.to_month - season.from_month) % 12
        for month in months:
            if (month.number - season.from_month) % 12 > length:
                continue
            month.there.append(shown)
            if month.number == season.from_month:
                month.begins.append(shown)
            if month.number == season.to_month:
                month.ends.append(shown)
    return months


@router.get("/catalog/seasons")
async def show_calendar(request: Request, producer_id: str = "", person: Person = serves(*READERS)) -> Response:
    access = Access(person)
    if producer_id:
        access.check_sees(producer_id)
    async with Service.of(request).database.read() as reader:
        goods = await shelf.list_of(reader, Wanted(access.only, producer_id[:36], state=OFFERED), MOST)
        owners = await producer.list_of(reader, access.only)
    return Pages.of(request).render(
        request,
        "seasons.html",
        months=calendar(goods, today(request).month),
        all_year=sum(shown.product.terms.season is None for shown in goods),
        seasonal=any(shown.product.terms.season for shown in goods),
        owners=owners,
        producer_id=producer_id,
    )
