"""The coordinator's page of one cycle: are its pick lists out, and if not, what is missing?"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from logistics.answer import Answer, last_answers, standing_answers
from logistics.closing import Dispatch, counted
from logistics.cycle import Cycle, cycle_of, offers_of
from logistics.member_order import goods_of, lines_of, placed_orders
from logistics.pages.answers import Short, named, offered, shortages
from logistics.pick_list import Summary, alphabetical, articles_of, lists_of_cycles
from logistics.producer import producers_by_id
from ui import Pages
from ui.pages import reading
from ui.words import Words

router = APIRouter()


@dataclass(frozen=True)
class Gap:
    """A producer whose order lines are not all here."""

    producer_name: str
    held: int
    expected: int


async def gaps(reader: Reader, cycle: Cycle) -> list[Gap]:
    """Producers for whom more order lines are expected than are held; by name."""
    assert cycle.manifest is not None
    held: dict[str, int] = {}
    names: dict[str, str] = {}
    lines: Counter[str] = Counter()
    async for rows in placed_orders(reader, cycle.id):
        for row in rows:
            lines.update(key for key, _quantity, _gross in lines_of(row))
    for key, goods in (await goods_of(reader, lines.keys())).items():
        held[goods.article.producer_id] = held.get(goods.article.producer_id, 0) + lines[key]
        names[goods.article.producer_id] = goods.producer_name
    known = await producers_by_id(reader, {total.producer_id for total in cycle.manifest.producers})
    names |= {producer_id: row["name"] for producer_id, row in known.items()}
    found = [
        Gap(names.get(total.producer_id, "?"), held.get(total.producer_id, 0), total.lines)
        for total in cycle.manifest.producers
        if held.get(total.producer_id, 0) != total.lines
    ]
    return sorted(found, key=lambda gap: alphabetical(gap.producer_name))


async def what_is_short(
    reader: Reader, lists: list[Summary], words: Words
) -> list[tuple[Summary, Answer, tuple[Short, ...]]]:
    """What producers said is missing, by list, with the answer that said so. A list of a later revision has shared it
    out."""
    found = []
    answers = await last_answers(reader, [one.id for one in lists])
    for one in lists:
        given = answers.get(one.id)
        if given is not None and given.short:
            articles = {article.product_id: article for article in await articles_of(reader, one.id)}
            names = {product: named(article, words) for product, article in articles.items()}
            for offer in await offers_of(reader, one.cycle_id, one.producer_id):
                names.setdefault(offer.product_id, offered(offer, words)[0])
            found.append((one, given, shortages(given, articles, words, names)))
    return found


@router.get("/logistics/cycles/{cycle_id}")
async def show_cycle(
    request: Request, cycle_id: str, person: Person = serves(Role.COORDINATOR, Role.OPERATOR)
) -> Response:
    async with Service.of(request).database.read() as reader:
        cycle = await cycle_of(reader, cycle_id)
        if cycle is None:
            raise NotFound
        lists = (await lists_of_cycles(reader, [cycle_id]))[cycle_id]
        held = await counted(reader, cycle) if cycle.manifest else None
        missing = await gaps(reader, cycle) if cycle.state == "waiting" else []
        answers = await standing_answers(reader, lists)
        short = await what_is_short(reader, lists, reading(request).words)
    context: dict[str, Any] = {
        "cycle": cycle,
        "lists": lists,
        "held": held,
        "gaps": missing,
        "answers": answers,
        "short": short,
    }
    return Pages.of(request).render(request, "cycle.html", may_ask=person.has(Role.COORDINATOR), **context)


@router.post("/logistics/cycles/{cycle_id}/ask-again")
async def ask_again(request: Request, cycle_id: str, person: Person = serves(Role.COORDINATOR)) -> Response:
    dispatch: Dispatch = request.app.state.dispatch
    t = request.state.translate
    async with Service.of(request).database.write() as writer:
        state = await dispatch.ask_by_hand(writer, cycle_id)
    if not state:
        raise NotFound
    if state == "open":
        raise Refused(t("The cycle is still open: there is nothing to wait for yet."))
    said = {
        "waiting": t("The orders were asked for again. They usually come within a minute."),
        "issued": t("All orders are here: the pick lists are out."),
        "disagreeing": t("All orders are here, and asking again changes nothing: their sums are wrong."),
    }[state]
    return Pages.of(request).go(f"/logistics/cycles/{cycle_id}", said)
