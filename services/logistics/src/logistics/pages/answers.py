"""What a producer says it can bring: the form on the pick list, by signed link, signed in, or typed in by phone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import Refused
from contracts import Article, Role, Unit
from contracts.logistics import AnsweredLine
from contracts.ordering import CycleOffer
from logistics.answer import Answer, Outdated, answers_to, asked_of, last_versions
from logistics.closing import Dispatch
from logistics.cycle import offers_of
from logistics.pages.show import show
from logistics.pick_list import Kept, PickList, articles_of, kept_list
from logistics.producer import producers_by_id
from ui import Pages
from ui.decimals import typed
from ui.forms import Form
from ui.i18n import Translate
from ui.pages import reading
from ui.words import Words

ALL, LESS, NONE = "all", "less", "none"


@dataclass(frozen=True)
class Asked:
    """A product of the list, as it stands in the form. `name` with its pack; `asked`: "12 kg"."""

    product_id: str
    name: str
    unit: Unit
    thousandths: int
    asked: str


@dataclass(frozen=True)
class Short:
    """A product of which not everything comes: "12 kg" asked, "8 kg" to be brought, the name of what comes instead."""

    name: str
    asked: str
    brought: str
    instead: str


@dataclass(frozen=True)
class Answering:
    """All that the page needs for the answer to the newest revision.

    `goods`: (product id, name, unit) of what can be offered instead. `given`: the answer that stands; `short`: what it
    lacks of this list, which is nothing where the list was corrected to what was answered before. `answers`: all that
    were given, the newest first. `seen`: the version the form is filled in for.
    """

    rows: tuple[Asked, ...]
    goods: tuple[tuple[str, str, Unit], ...]
    seen: int
    given: Answer | None
    short: tuple[Short, ...]
    answers: tuple[Answer, ...]
    by_phone: bool
    phone: str

    def others(self, row: Asked) -> list[tuple[str, str]]:
        """What could come instead of a product: by name, what is counted in the same unit."""
        return [(key, name) for key, name, unit in self.goods if key != row.product_id and unit is row.unit]


def may_answer(request: Request, one: PickList, person: Person | None, *, by_link: bool) -> bool:
    """Until the day of delivery is over; signed in, the producer itself or the coordinator."""
    today = Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()
    invited = by_link or (
        person is not None and (person.has(Role.COORDINATOR) or one.producer_id in person.producer_ids)
    )
    return invited and bool(one.lines) and today <= one.delivers_on


async def answering_of(reader: Reader, request: Request, kept: Kept, person: Person | None) -> Answering:
    one, words = kept.pick_list, reading(request).words
    articles = {article.product_id: article for article in await articles_of(reader, one.id)}
    answers = await answers_to(reader, one.id)
    given = answers[0] if answers and answers[0].covers(one) else None
    # Also what nobody ordered can come instead: the pasta that changes colour may be another colour altogether.
    names = {
        offer.product_id: offered(offer, words) for offer in await offers_of(reader, one.cycle_id, one.producer_id)
    }
    goods = {product: (named(article, words), article.unit) for product, article in articles.items()} | names
    producer = (await producers_by_id(reader, {one.producer_id})).get(one.producer_id)
    return Answering(
        rows=tuple(_asked(articles[product], quantity, words) for product, quantity in asked_of(one).items()),
        goods=tuple((product, name, unit) for product, (name, unit) in goods.items()),
        seen=(await last_versions(reader, one.cycle_id)).get(one.id, 0),
        given=given,
        short=shortages(given, articles, words, {product: name for product, (name, _) in goods.items()})
        if given and given.revision == one.revision
        else (),
        answers=tuple(answers),
        by_phone=told_by_desk(one, person),
        phone=producer["phone"] if producer else "",
    )


def told_by_desk(one: PickList, person: Person | None) -> bool:
    return person is not None and person.has(Role.COORDINATOR) and one.producer_id not in person.producer_ids


def named(article: Article, words: Words) -> str:
    return ", ".join(filter(None, (words.in_language(article.name), article.pack_label)))


def offered(offer: CycleOffer, words: Words) -> tuple[str, Unit]:
    """The name with its pack, and the unit, of something on offer."""
    assert offer.name is not None, "offers without a name are left out"
    assert offer.unit is not None, "offers without a unit are left out"
    return ", ".join(filter(None, (words.in_language(offer.name), offer.pack_label))), offer.unit


def _asked(article: Article, thousandths: int, words: Words) -> Asked:
    return Asked(
        article.product_id,
        named(article, words),
        article.unit,
        thousandths,
        words.quantity(thousandths, article.unit),
    )


def shortages(
    answer: Answer, articles: dict[str, Article], words: Words, names: Mapping[str, str]
) -> tuple[Short, ...]:
    """What an answer lacks. `articles`: everything that was ever on the list, by product id; `names`: of what
    could come instead."""
    found = []
    for line in answer.short:
        of = articles[line.product_id]
        found.append(
            Short(
                named(of, words),
                words.quantity(line.asked_thousandths, of.unit),
                words.quantity(line.deliverable_thousandths, of.unit),
                names.get(line.substitute_id, ""),
            )
        )
    return tuple(found)


def filled(answering: Answering, one: PickList, words: Words) -> Form:
    """The form as it is first shown: all of it can be brought, or what was answered to this revision before."""
    values: dict[str, Any] = {f"take-{row.product_id}": ALL for row in answering.rows}
    given = answering.given
    for line in given.short if given is not None and given.revision == one.revision else ():
        product, less = line.product_id, line.deliverable_thousandths
        values[f"take-{product}"] = LESS if less else NONE
        values[f"quantity-{product}"] = typed(less, 3, words.language) if less else ""
        values[f"substitute-{product}"] = line.substitute_id
    return Form(values=values)


def read_lines(form: Form, answering: Answering, t: Translate) -> list[AnsweredLine]:
    """What was typed, line by line; what is wrong with it is in `form.errors`, at its field."""
    lines = []
    for row in answering.rows:
        product, can = row.product_id, row.thousandths
        take = form.choice(f"take-{product}", (ALL, LESS, NONE))
        quantity = f"quantity-{product}"
        if take == LESS:
            less = form.quantity(quantity, row.unit, required=True)
            if less is not None and less >= row.thousandths:
                form.error(quantity, t("Type less than the %(asked)s asked for.") % {"asked": row.asked})
            can = less or 0
        elif take == NONE:
            can = 0
        elif form.value(quantity).strip():
            form.error(quantity, t("For this quantity to count choose “Less”; else leave it empty."))
        instead = ""
        if take != ALL:
            others = [key for key, _name in answering.others(row)]
            instead = form.choice(f"substitute-{product}", others, required=False)
        lines.append(
            AnsweredLine(
                product_id=product,
                asked_thousandths=row.thousandths,
                deliverable_thousandths=can,
                substitute_id=instead,
            )
        )
    return lines


def everything(rows: Iterable[Asked]) -> list[AnsweredLine]:
    return [
        AnsweredLine(
            product_id=row.product_id, asked_thousandths=row.thousandths, deliverable_thousandths=row.thousandths
        )
        for row in rows
    ]


async def take_answer(
    request: Request, list_id: str, url: str, person: Person | None, *, by_link: bool, **context: Any
) -> Response:
    """A form that was sent to `url`, where the list is. What cannot be taken is shown there again, as it was typed."""
    service, t = Service.of(request), request.state.translate
    dispatch: Dispatch = request.app.state.dispatch
    form = Form(await request.form(), t)
    kept, answering = await _newest(request, list_id, person)
    one = kept.pick_list
    if not may_answer(request, one, person, by_link=by_link):
        raise Refused(t("There is nothing to answer any more: the delivery is over, or nothing is to be brought."))
    lines = everything(answering.rows) if form.value("everything") else read_lines(form, answering, t)
    revision, seen = form.integer("revision"), form.integer("seen")
    outdated = revision != one.revision
    if not outdated and form.ok:
        try:
            async with service.database.write() as writer:
                by = await name_of(writer, one, person)
                await dispatch.take_answer(writer, one, lines, seen=seen or 0, by=by, by_phone=answering.by_phone)
        except Outdated:
            outdated = True
            kept, answering = await _newest(request, list_id, person)
        else:
            short = any(line.deliverable_thousandths < line.asked_thousandths for line in lines)
            said = t("Thank you, it is noted: the coordinator sees what is missing.") if short else ""
            return Pages.of(request).go(url, said or t("Thank you, it is noted: everything is there."))
    if outdated:
        # What was typed for another list is judged when it is sent for this one.
        form.errors.clear()
    return show(
        request,
        kept,
        url,
        status=409 if outdated else 422,
        answering=answering,
        answer_form=form,
        outdated_answer=outdated,
        **context,
    )


async def form_of(request: Request, kept: Kept, person: Person | None, *, by_link: bool = False) -> dict[str, Any]:
    """What the page needs for the answer; of an older revision nothing: the newest is answered."""
    if kept.replaced_by is not None:
        return {}
    async with Service.of(request).database.read() as reader:
        answering = await answering_of(reader, request, kept, person)
    if not may_answer(request, kept.pick_list, person, by_link=by_link):
        return {"answering": answering}
    return {"answering": answering, "answer_form": filled(answering, kept.pick_list, reading(request).words)}


async def _newest(request: Request, list_id: str, person: Person | None) -> tuple[Kept, Answering]:
    async with Service.of(request).database.read() as reader:
        kept = await kept_list(reader, list_id)
        assert kept is not None, "lists are never taken away"
        return kept, await answering_of(reader, request, kept, person)


async def name_of(reader: Reader, one: PickList, person: Person | None) -> str:
    """Whoever signed in; by the link alone, whom the producer named as its contact."""
    if person is not None and (told_by_desk(one, person) or one.producer_id in person.producer_ids):
        return person.name
    producer = (await producers_by_id(reader, {one.producer_id})).get(one.producer_id)
    return (producer["contact_name"] if producer else "") or one.producer_name
