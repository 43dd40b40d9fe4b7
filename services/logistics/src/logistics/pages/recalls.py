"""Looking for who got of a lot, a product or a producer's goods, and calling them back."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from contracts.logistics import RecallAction
from logistics.lot import recall as recalling
from logistics.lot import recalled
from logistics.lot.finding import Found, Wanted, find, producers_followed, producers_with, products_of
from logistics.lot.number import MOST
from logistics.pages.csv_file import plain_number
from logistics.pages.own_id import own_id
from logistics.pages.recall_words import ACTIONS, searched, summed
from ui import Pages
from ui.csv_file import csv_file
from ui.forms import Form
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import reading

router = APIRouter()

URL = "/logistics/recalls"
RECALLS: Any = serves(Role.COORDINATOR)
SHOWN = 200
"""Deliveries on the page of what was found; all are in the file."""

HEADS = (
    _("Delivery"),
    _("Group"),
    _("Household"),
    _("People"),
    _("Telephone"),
    _("E-mail"),
    _("Product"),
    _("Lot"),
    _("Quantity"),
    _("Unit"),
    _("How sure"),
)


@dataclass(frozen=True)
class Search:
    """What was looked for, and what was found. `wanted` None: not enough was said. `makers`: those who told of a lot of
    the number, where they are several: one is to be chosen."""

    form: Form
    wanted: Wanted | None
    found: Found | None
    makers: dict[str, str]
    producers: dict[str, str]
    products: list[tuple[str, str]]


async def look(reader: Reader, request: Request, form: Form) -> Search:
    """Read the form of a search, and search. What is wrong with it is in `form.errors`."""
    t, words = request.state.translate, reading(request).words
    producers = await producers_followed(reader)
    number = form.text("number", max_length=MOST)
    first, last = form.date("first"), form.date("last")
    producer_id = form.choice("producer_id", producers, required=False)
    known = await products_of(reader, producer_id) if producer_id else {}
    products = sorted(((key, words.goods_name(of)) for key, of in known.items()), key=lambda each: each[1].casefold())
    product_id = form.choice("product_id", known, required=False) if producer_id else ""
    makers: dict[str, str] = {}
    if first is not None and last is not None and last < first:
        form.error("last", t("This day is before the first one."))
    if number and not producer_id:
        told = await producers_with(reader, number)
        makers = {key: producers.get(key, key) for key in told} if len(told) > 1 else {}
        producer_id = told[0] if len(told) == 1 else ""
        if not told:
            form.error("number", t("Nobody told of a lot of this number. Look for the product, or the days."))
    _enough(form, t, number=number, producer_id=producer_id, product_id=product_id, first=first)
    if not form.ok or not producer_id:
        return Search(form, None, None, makers, producers, products)
    wanted = Wanted(producer_id, number, product_id, first, last)
    return Search(form, wanted, await find(reader, wanted), makers, producers, products)


def _enough(form: Form, t: Translate, *, number: str, producer_id: str, product_id: str, first: date | None) -> None:
    asked = any(form.value(name).strip() for name in ("number", "producer_id", "product_id", "first", "last"))
    if asked and not number and not producer_id:
        form.error("producer_id", t("Choose the producer, or type a lot number."))
    elif producer_id and not number and not product_id and first is None:
        form.error("first", t("Type the first day of delivery, or choose a product or type a lot number."))


def query(wanted: Wanted) -> str:
    fields = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    return urlencode({name: str(value) for name, value in fields.items() if value})


@router.get(URL)
async def overview(request: Request, person: Person = RECALLS) -> Response:
    form = Form(dict(request.query_params), request.state.translate)
    async with Service.of(request).database.read() as reader:
        search = await look(reader, request, form)
        held = await recalled.recalls(reader)
    values = {"id": Service.of(request).ids.new(), "contact": person.name}
    order = Form(None, request.state.translate, values=values)
    return _page(request, search, order, held)


def _page(
    request: Request,
    search: Search,
    order: Form,
    held: list[recalled.Recall],
    *,
    status: int = 200,
) -> Response:
    eyes, now = reading(request), Service.of(request).clock.now()
    t, found, wanted = eyes.translate, search.found, search.wanted
    shown: dict[str, Any] = {}
    if found is not None and wanted is not None:
        shown = {
            "sums": summed(found, eyes.words, now, by_lot=bool(wanted.number)),
            "rows": [
                (found.group_name(each), each, found.goods_of(each), found.still_here(each, now))
                for each in found.got[:SHOWN]
            ],
            "households": len({each.household_id for each in found.got}),
            "unsure": len({each.household_id for each in found.got if not each.sure}),
            "file": f"{URL}.csv?{query(wanted)}",
        }
    return Pages.of(request).render(
        request,
        "recalls.html",
        status,
        search=search,
        found=found,
        wanted=wanted,
        form=search.form,
        order=order,
        recalls=[(each, searched(each, eyes)) for each in held],
        makers=[
            (name, f"{URL}?{urlencode({'number': search.form.value('number'), 'producer_id': key})}")
            for key, name in search.makers.items()
        ],
        actions=[(action.value, t(word)) for action, word in ACTIONS.items()],
        url=URL,
        **shown,
    )


@router.get(URL + ".csv")
async def as_csv(request: Request, person: Person = RECALLS) -> Response:
    """All that was found, with how to reach everybody."""
    form = Form(dict(request.query_params), request.state.translate)
    async with Service.of(request).database.read() as reader:
        search = await look(reader, request, form)
    if search.found is None:
        raise NotFound
    eyes, found = reading(request), search.found
    t, french = eyes.translate, eyes.words.language == "fr"
    rows = [[t(head) for head in HEADS]]
    for each in found.got:
        goods, people = found.goods_of(each), each.reachable
        rows.append(
            [
                goods.delivers_on.isoformat(),
                found.group_name(each),
                each.household_name,
                ", ".join(one.name for one in people),
                ", ".join(one.phone for one in people if one.phone),
                ", ".join(one.email for one in people if one.email),
                eyes.words.goods_name(goods.article),
                each.number,
                plain_number(each.thousandths, french=french),
                eyes.words.unit_name(goods.article.unit, each.thousandths),
                t("yes") if each.sure else t("at most"),
            ]
        )
    return csv_file(t("recall"), rows, eyes.words.language)


@router.post(URL)
async def begin(request: Request, person: Person = RECALLS) -> Response:
    service, t = Service.of(request), request.state.translate
    typed = await request.form()
    search_form, order = Form(typed, t), Form(typed, t)
    new_id = own_id(order)
    reason = order.text("reason", required=True, max_length=300)
    action = order.choice("action", RecallAction)
    contact = order.text("contact", required=True, max_length=120)
    note = order.lines("note", max_length=1000)
    if not order.boolean("meant"):
        order.error("meant", t("Tick that you mean it: mails leave at once."))
    async with service.database.read() as reader:
        search = await look(reader, request, search_form)
    if search.wanted is not None and order.ok:
        given = recalling.Order(search.wanted, reason, RecallAction(action), note, contact)
        try:
            async with service.database.write() as writer:
                begun = await recalling.begin(writer, new_id, given, person.name)
        except recalling.NothingFound:
            order.error("", t("Nobody got of it any more: nothing was recalled."))
        else:
            said = t("The recall is said to everybody who is found.") if begun else t("This recall is there already.")
            return Pages.of(request).go(f"{URL}/{new_id}", said)
    async with service.database.read() as reader:
        held = await recalled.recalls(reader)
    return _page(request, search, order, held, status=422)
