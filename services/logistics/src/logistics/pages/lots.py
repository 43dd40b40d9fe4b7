"""Lots of what is on a pick list: told by the producer, signed in or by its link, or by the coordinator at the dock."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader, Writer
from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from logistics.cycle import locked_cycle
from logistics.link import OPEN
from logistics.lot import lot as lots
from logistics.lot import number
from logistics.lot.lot import Kept, Lot, NoReason, OfList, Outdated, Told
from logistics.lot.tracing import share_lots
from logistics.pages.answers import name_of
from logistics.pages.lot_form import MARKS, Product, filled, products_of, read_lots, told_of
from logistics.pages.open_links import opened_by
from logistics.pick_list import Kept as KeptList
from logistics.pick_list import PickList, kept_list
from ui import Pages
from ui.forms import Form
from ui.pages import reading

router = APIRouter()

SEE_ALL = (Role.COORDINATOR, Role.OPERATOR)


@dataclass(frozen=True)
class Telling:
    """Whose form it is: the list, its products, what is told of it, and the version that was looked at."""

    one: PickList
    products: tuple[Product, ...]
    held: dict[str, list[Kept]]
    statements: tuple[lots.Statement, ...]

    @property
    def seen(self) -> int:
        return self.statements[0].version if self.statements else 0


async def _own(request: Request, person: Person, list_id: str) -> PickList:
    """The list, if it is the person's to see; else NotFound, as if there were none."""
    async with Service.of(request).database.read() as reader:
        kept = await kept_list(reader, list_id)
    if kept is None or not (person.has(*SEE_ALL) or kept.pick_list.producer_id in person.producer_ids):
        raise NotFound
    return kept.pick_list


@router.get(OPEN + "{token}/lots")
async def open_lots(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    opened = await opened_by(request, token)
    if not isinstance(opened, KeptList):
        return opened
    return await _show(request, opened.pick_list.id, OPEN + token, person, by_link=True)


@router.post(OPEN + "{token}/lots")
async def tell_by_link(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    opened = await opened_by(request, token)
    if not isinstance(opened, KeptList):
        return opened
    return await _take(request, opened.pick_list.id, OPEN + token, person, by_link=True)


@router.get("/logistics/pick-lists/{list_id}/lots")
async def see_lots(request: Request, list_id: str, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    await _own(request, person, list_id)
    return await _show(request, list_id, f"/logistics/pick-lists/{list_id}", person)


@router.post("/logistics/pick-lists/{list_id}/lots")
async def tell_lots(
    request: Request, list_id: str, person: Person = serves(Role.COORDINATOR, Role.PRODUCER)
) -> Response:
    """The producer itself, or the coordinator who has the goods, or the producer, before them."""
    await _own(request, person, list_id)
    return await _take(request, list_id, f"/logistics/pick-lists/{list_id}", person)


def _may_tell(request: Request, one: PickList, person: Person | None, *, by_link: bool) -> bool:
    """The producer until the day of delivery is over; the coordinator also later: what is found out then counts too."""
    if person is not None and person.has(Role.COORDINATOR):
        return bool(one.lines)
    mine = by_link or (person is not None and one.producer_id in person.producer_ids)
    return mine and bool(one.lines) and _today(request) <= one.delivers_on


def _today(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


async def _telling(reader: Reader, request: Request, list_id: str) -> Telling:
    kept = await kept_list(reader, list_id)
    assert kept is not None, "lists are never taken away"
    one = kept.pick_list
    held = await lots.lots_of_list(reader, list_id)
    ids = {line.article.product_id for line in one.lines}
    last = await lots.last_lots(reader, one.producer_id, ids, one.delivers_on)
    today = _today(request)
    proposed = {product: number.proposed(each.number, each.delivers_on, today) for product, each in last.items()}
    products = products_of(one, reading(request).words, held, proposed)
    return Telling(one, products, held, tuple(await lots.statements_of(reader, list_id)))


async def _show(request: Request, list_id: str, url: str, person: Person | None, *, by_link: bool = False) -> Response:
    async with Service.of(request).database.read() as reader:
        telling = await _telling(reader, request, list_id)
    words, t = reading(request).words, request.state.translate
    form = Form(None, t, values=filled(telling.products, telling.held, words) | {"seen": telling.seen})
    may = _may_tell(request, telling.one, person, by_link=by_link)
    return _page(request, telling, url, form, person, may=may)


def _page(
    request: Request,
    telling: Telling,
    url: str,
    form: Form,
    person: Person | None,
    *,
    may: bool,
    status: int = 200,
    outdated: bool = False,
) -> Response:
    words, t = reading(request).words, request.state.translate
    labels = {
        product.field(name, row): f"{product.name} – {label}"
        for product in telling.products
        for row in range(1, product.rows + 1)
        for name, label in (
            ("number", t("Lot number")),
            ("mark", t("Kind of date")),
            ("marked", t("Date")),
            ("because", t("Why there is none")),
            ("laid", t("Laid on")),
            ("quantity", t("Quantity")),
        )
    }
    context: dict[str, Any] = {
        "one": telling.one,
        "products": telling.products,
        "held": telling.held,
        "statements": telling.statements,
        "told": told_of(telling.products, telling.held, t, words),
        "marks": {product.id: [(m.value, t(MARKS[m])) for m in product.dating.marks] for product in telling.products},
        "mark_names": {mark.value: t(name) for mark, name in MARKS.items()},
        "labels": labels | {"why": t("Why is it corrected?")},
        "signed_in": person is not None,
    }
    return Pages.of(request).render(
        request, "lots.html", status, form=form, url=url, may=may, outdated=outdated, **context
    )


async def _take(request: Request, list_id: str, url: str, person: Person | None, *, by_link: bool = False) -> Response:
    service, t, words = Service.of(request), request.state.translate, reading(request).words
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        telling = await _telling(reader, request, list_id)
    one = telling.one
    if not _may_tell(request, one, person, by_link=by_link):
        raise Refused(t("Nothing can be told of these lots any more: the delivery is over. Call the coordinator."))
    if form.value("fill"):
        fill_numbers(form, telling.products, _today(request))
        return _page(request, telling, url, form, person, may=True)
    said = read_lots(form, telling.products, t, words)
    why, seen = form.text("why", max_length=300), form.integer("seen") or 0
    outdated = False
    if form.ok:
        try:
            async with service.database.write() as writer:
                news = await tell(writer, one, said, seen=seen, person=person, by_link=by_link, why=why)
        except Outdated:
            outdated = True
            async with service.database.read() as reader:
                telling = await _telling(reader, request, list_id)
            form.values["seen"] = str(telling.seen)
        except NoReason:
            form.error("why", t("Something that was told before is changed: say why."))
        else:
            thanks = t("Thank you, the lots are noted.") if news else t("Nothing was changed.")
            return Pages.of(request).go(url + "/lots", thanks)
    status = 409 if outdated else 422
    return _page(request, telling, url, form, person, may=True, status=status, outdated=outdated)


def fill_numbers(form: Form, products: tuple[Product, ...], today: date) -> None:
    """Of each product the first number that is still empty: the day of today, or what follows the last lot."""
    last = form.value("fill") == "last"
    for product in products:
        name = product.field("number", 1)
        if not form.value(name).strip():
            form.values[name] = product.last if last else number.of_today(today)


async def tell(
    writer: Writer,
    one: PickList,
    said: dict[str, tuple[Lot, ...]],
    *,
    seen: int,
    person: Person | None,
    by_link: bool,
    why: str,
) -> tuple[str, ...]:
    """Keep what is said, and who may have got of it; the products of which it is news."""
    cycle = await locked_cycle(writer, one.cycle_id)
    assert cycle is not None, "lists are made of known cycles"
    desk = person is not None and one.producer_id not in person.producer_ids and person.has(Role.COORDINATOR)
    told = Told.COORDINATOR if desk else Told.LINK if by_link else Told.PRODUCER
    of = OfList(one.id, one.cycle_id, one.producer_id, one.delivers_on)
    news = await lots.state(writer, of, said, seen=seen, by=await name_of(writer, one, person), told=told, why=why)
    for product_id in news:
        await share_lots(writer, cycle, product_id)
    return news
