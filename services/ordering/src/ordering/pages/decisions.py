"""What is to be decided after a closing: the facts, the options, who gets what under each, and the choice.

Coordinators decide all of it; the referent of a producer sees and decides what is about its goods. How it ends is in
`ending.py`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts.catalog import Minimum
from contracts.goods import Article
from ordering import cycle, decision, join, preview, producer, standing
from ordering.allocation import CASE, Choice, Option, Share
from ordering.closing import Closing, NotAChoice, NotDeciding, TooLateToDecide
from ordering.conflict import Missing
from ordering.cycle import Cycle, State
from ordering.decision import Decision, Kind, Question
from ordering.moved_line import ChangedThere, OtherIsClosed
from ordering.offer import Offer
from ordering.pages.cycles import URL
from ordering.pages.forms import sent
from ordering.pages.provenance import minimum_in_words
from ordering.pages.reach import DECIDERS, goods_in_reach
from ordering.pages.sharing import in_words
from ordering.pool import rules_of
from ordering.preview import Preview
from ui import Pages
from ui.forms import Form
from ui.i18n import Translate, marked
from ui.pages import words
from ui.words import Words

router = APIRouter()

DECISIONS = URL + "/{cycle_id}/decisions"

OPTIONS = {
    Option.AS_IT_IS: marked("Leave it as it is"),
    Option.TOP_UP: marked("Somebody takes the rest"),
    Option.SURPLUS: marked("One more case; what is left over stays at the hub"),
    Option.JOIN: marked("Join another order"),
    Option.NEXT_CYCLE: marked("Put it off to the next cycle"),
    Option.CANCEL: marked("Cancel, and tell everybody"),
}
SHORT_NAMES = {
    Option.AS_IT_IS: marked("As it is"),
    Option.TOP_UP: marked("Rest taken"),
    Option.SURPLUS: marked("One more case"),
    Option.JOIN: marked("Joined"),
    Option.NEXT_CYCLE: marked("Put off"),
    Option.CANCEL: marked("Cancelled"),
}
"""Above the columns of the preview."""
EXPLAINED = {
    (Kind.CASE, Option.AS_IT_IS): marked("Only full cases are ordered; what there is is shared out by the rule."),
    (Kind.CASE, Option.TOP_UP): marked("The case is ordered, and everybody gets what they asked."),
    (Kind.CASE, Option.SURPLUS): marked(
        "Everybody gets what they asked; the hub takes the rest of the case, and pays it."
    ),
    (Kind.CASE, Option.JOIN): marked("None of it is ordered here; everybody has it there, at the price there."),
    (Kind.MINIMUM, Option.JOIN): marked("None of it is ordered here; everybody has it there, at the price there."),
    (Kind.CASE, Option.NEXT_CYCLE): marked("None of it is ordered now; everybody finds it in their next basket."),
    (Kind.CASE, Option.CANCEL): marked("None of it is ordered."),
    (Kind.MINIMUM, Option.AS_IT_IS): marked("It is ordered all the same; the producer can refuse it."),
    (Kind.MINIMUM, Option.TOP_UP): marked("The minimum is reached."),
    (Kind.MINIMUM, Option.NEXT_CYCLE): marked("None of it is ordered now; everybody finds it in their next basket."),
    (Kind.MINIMUM, Option.CANCEL): marked("None of it is ordered."),
}

OTHER_IS_CLOSED = marked("The order “%(name)s” is closed, and its producers are told: what moved there stays there.")
CHANGED_THERE = marked(
    "%(household)s has less of it in the other order now than moved there: ask them, and change that order first."
)


@dataclass(frozen=True)
class Row:
    """A line in the preview: `gets` by option, thousandths and cents. `household` is "" for whoever takes the rest."""

    household: str
    article: Article
    asked: int
    gets: Mapping[Option, tuple[int, int]]


@dataclass(frozen=True)
class Shown:
    """A decision as the page shows it. `explained`: what each option means. `sharing`: rules, of what comes in cases.
    `joins`: id and name of the orders that could be joined, and what would come together there. `totals`: cents in
    all, by option."""

    decision: Decision
    facts: str
    explained: Mapping[Option, str]
    chosen: str
    sharing: list[tuple[str, str]]
    joins: list[tuple[str, str, str]]
    rows: list[Row]
    totals: Mapping[Option, int]


@router.get(DECISIONS)
async def show(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    subject = request.query_params.get("show", "")[:140]
    return await page(request, asker, cycle_id, Form({"subject": subject}, request.state.translate))


async def page(request: Request, asker: Person, cycle_id: str, form: Form, status: int = 200) -> Response:
    """The decisions about goods in the asker's reach. Of a cycle that is open again for one producer of theirs, there
    is nothing to decide: it can be closed."""
    async with Service.of(request).database.read() as reader:
        of = await cycle.by_id(reader, cycle_id)
        if of is None:
            raise NotFound
        mine = goods_in_reach(asker)
        every = await decision.of_cycle(reader, cycle_id)
        decisions = [one for one in every if mine is None or one.question.producer_id in mine]
        open_again = mine is not None and of.extended_for in mine
        decisions = [] if open_again else await decision.with_joins(reader, of, decisions)
        is_open = of.state is State.DECIDING
        country = closing_of(request).country
        shares = await preview.previews(reader, of, form.value("subject"), mine, country) if of.has_ended else {}
        joins = {one.subject: await _joins(request, reader, of, one, shares.get(one.subject, {})) for one in decisions}
        offers = {offer.product_id: offer for offer in await cycle.offers_for(reader, of)}
        households = await standing.names_of(reader, cycle_id, mine)
    if not decisions and not open_again:
        if mine is not None:
            raise NotFound
        return Pages.of(request).go(f"{URL}/{cycle_id}")
    zone = Pages.of(request).zone
    shown = [_shown(request, of, one, shares.get(one.subject, {}), offers, households, joins) for one in decisions]
    return Pages.of(request).render(
        request,
        "decisions.html",
        status=status,
        of=of,
        shown=shown,
        is_open=is_open,
        coordinates=mine is None,
        open_again=open_again,
        open_again_for=next((one.producer_name for one in offers.values() if one.producer_id == of.extended_for), ""),
        alone=len(every) == len(decisions),
        undecided=sum(one.choice is None for one in decisions),
        option_names=OPTIONS,
        short_names=SHORT_NAMES,
        households=list(households.items()),
        form=form,
        producers={
            one.question.producer_id: offers[product].producer_name
            for one in decisions
            for product in offers
            if offers[product].producer_id == one.question.producer_id
        },
        later=form.value("closes_at") or _suggested(of, zone, Service.of(request).clock.now()),
    )


def _suggested(of: Cycle, zone: ZoneInfo, now: datetime) -> str:
    """A day later, if that is before the delivery."""
    later = min(now + timedelta(days=1), last_extension(of, zone))
    return later.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def last_extension(of: Cycle, zone: ZoneInfo) -> datetime:
    """To extend it further would be after the delivery."""
    return datetime.combine(of.delivers_on, datetime.min.time(), zone)


def _shown(
    request: Request,
    of: Cycle,
    one: Decision,
    its: Mapping[Option, tuple[Share, ...]],
    offers: Mapping[str, Offer],
    households: Mapping[str, str],
    joins: Mapping[str, list[tuple[str, str, str]]],
) -> Shown:
    spoken, translate = words(request), request.state.translate
    asked: dict[tuple[str, str], Share] = {}
    gets: dict[tuple[str, str], dict[Option, tuple[int, int]]] = {}
    for option, shares in its.items():
        for share in shares:
            key = share.asked.order_id, share.asked.product_id
            asked.setdefault(key, share)
            gets.setdefault(key, {})[option] = (share.quantity_thousandths, share.gross_cents)
    rows = [
        Row(share.asked.household_name, offers[key[1]].article, share.asked.quantity_thousandths, gets[key])
        for key, share in asked.items()
    ]
    rows.sort(key=lambda row: (not row.household, row.household, row.article.name.fr))
    totals = {option: sum(share.gross_cents for share in shares) for option, shares in its.items()}
    sharing = []
    if one.question.kind is Kind.CASE:
        sharing = in_words(*rules_of(one.subject.removeprefix(CASE), offers.values()), of.seed, translate)
    chosen = _chosen(one, translate, spoken, households)
    said = facts(one, translate, spoken)
    return Shown(one, said, _explained(one, translate), chosen, sharing, joins[one.subject], rows, totals)


def _explained(one: Decision, translate: Translate) -> dict[Option, str]:
    question = one.question
    said = {option: translate(EXPLAINED[question.kind, option]) for option in question.options}
    if question.kind is Kind.CASE and not question.goods:
        said[Option.AS_IT_IS] = translate("Only full cases are ordered, and none is full: nobody gets any.")
    return said


async def _joins(
    request: Request, reader: Reader, of: Cycle, one: Decision, its: Preview
) -> list[tuple[str, str, str]]:
    """Id and name of each order that could be joined, and a sentence on the minimum there."""
    spoken, translate, minimum = words(request), request.state.translate, one.question.minimum
    moved: dict[str, int] = defaultdict(int)
    for share in its.get(Option.AS_IT_IS, ()):
        moved[share.asked.product_id] += share.asked.quantity_thousandths
    moved = {product: quantity for product, quantity in moved.items() if quantity}
    vat = standing.vat_of(await producer.all_producers(reader), closing_of(request).country)
    open_now = {target.of.id: target for target in await join.targets(reader, of)} if one.question.joins else {}
    found = []
    for other in one.question.joins:
        said = translate("open until %(when)s") % {"when": spoken.short_moment(other.closes_at)}
        if other.delivers_on is not None:
            said = translate("delivered on %(day)s, ") % {"day": spoken.day(other.delivers_on)} + said
        if minimum is not None and moved:
            comes_to = await join.would_reach(reader, open_now[other.cycle_id], minimum, moved, vat)
            if comes_to is not None:
                figures = {"reached": _amount(minimum, comes_to, translate, spoken)}
                figures["minimum"] = minimum_in_words(minimum, translate, spoken)
                said += translate("; with this %(reached)s of at least %(minimum)s come together there") % figures
        found.append((other.cycle_id, other.name, said))
    return found


def facts(one: Decision, translate: Translate, spoken: Words) -> str:
    """ "27 kg are asked, in cases of 10 kg: 3 kg are missing to fill the next one." """
    question = one.question
    if question.kind is Kind.CASE:
        return _facts_of_case(question, translate, spoken)
    minimum = question.minimum
    assert minimum is not None, "a missed minimum has one"
    said = translate("%(reached)s of at least %(minimum)s are ordered; %(missing)s are missing.")
    return said % {
        "reached": _amount(minimum, question.reached, translate, spoken),
        "minimum": minimum_in_words(minimum, translate, spoken),
        "missing": _amount(minimum, minimum.amount - question.reached, translate, spoken),
    }


def _facts_of_case(question: Question, translate: Translate, spoken: Words) -> str:
    said = translate("%(asked)s are asked, a case holds %(case)s: it lacks %(missing)s.")
    if question.goods:
        said = translate(
            "%(asked)s are asked, in cases of %(case)s; full cases hold %(goods)s, and the next one lacks %(missing)s."
        )
    amounts = {name: getattr(question, name) for name in ("asked", "case", "goods", "missing")}
    return said % {name: spoken.quantity(amount, question.unit) for name, amount in amounts.items()}


def _amount(minimum: Minimum, amount: int, translate: Translate, spoken: Words) -> str:
    """In the unit of the minimum, without what it says of VAT and deposits."""
    plain = Minimum(kind=minimum.kind, amount=amount) if amount else None
    return minimum_in_words(plain, translate, spoken) if plain else translate("nothing")


def _chosen(one: Decision, translate: Translate, spoken: Words, households: Mapping[str, str]) -> str:
    if one.choice is None:
        return ""
    if one.choice.option is Option.JOIN:
        return translate("Moved to the order “%(name)s”") % {"name": one.choice.cycle_name}
    if not one.choice.fills:
        return translate(OPTIONS[one.choice.option])
    rest = next(rest for rest in one.question.rests if rest.product_id == one.choice.product_id)
    return translate("%(household)s takes %(quantity)s of %(product)s more") % {
        "household": one.question.shelf
        if one.choice.option is Option.SURPLUS
        else households.get(one.choice.order_id, ""),
        "quantity": spoken.quantity(rest.quantity_thousandths, rest.unit),
        "product": spoken.goods_name(rest),
    }


@router.post(DECISIONS)
async def choose(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    _, form = request.state.translate, await sent(request)
    subject = form.value("subject")
    choice = None if form.value("do") == "undo" else await _read(request, asker, cycle_id, form)
    if not form.ok:
        return await page(request, asker, cycle_id, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await closing_of(request).choose(writer, cycle_id, subject, choice, asker.name, goods_in_reach(asker))
    except Missing as error:
        raise NotFound from error
    except NotDeciding:
        return Pages.of(request).go(home_of(asker, cycle_id), _("The cycle is open again meanwhile."))
    except TooLateToDecide as error:
        raise Refused(_("The producer has answered its list already: what it brings is what counts now.")) from error
    except OtherIsClosed as other:
        raise Refused(_(OTHER_IS_CLOSED) % {"name": other.name}) from other
    except ChangedThere as changed:
        raise Refused(_(CHANGED_THERE) % {"household": changed.household_name}) from changed
    except NotAChoice as error:
        raise Refused(_("This cannot be chosen any more: look at the decisions again.")) from error
    said = _("It is decided.") if choice else _("The decision is taken back.")
    return Pages.of(request).go(DECISIONS.format(cycle_id=cycle_id), said)


async def _read(request: Request, asker: Person, cycle_id: str, form: Form) -> Choice | None:
    option = form.choice("option", [one.value for one in Option])
    if option not in (Option.TOP_UP, Option.SURPLUS, Option.JOIN):
        return Choice(Option(option)) if option else None
    subject = form.value("subject")
    async with Service.of(request).database.read() as reader:
        of = await cycle.by_id(reader, cycle_id)
        households = await standing.names_of(reader, cycle_id, goods_in_reach(asker))
        found = await decision.of_cycle(reader, cycle_id) if of is not None else []
        made = {one.subject: one for one in (await decision.with_joins(reader, of, found) if of is not None else [])}
    question = made[subject].question if subject in made else None
    if option == Option.JOIN:
        return Choice(Option.JOIN, cycle_id=form.value("join"))
    rests = {rest.product_id: rest for rest in question.rests} if question else {}
    order_id, product_id = form.value("order"), form.value("rest")
    if option == Option.SURPLUS and product_id in rests:
        return Choice(Option.SURPLUS, "", product_id, rests[product_id].quantity_thousandths)
    if order_id not in households:
        form.error(f"order-{subject}", form._("Say who takes the rest."))
        return None
    if product_id not in rests:
        form.error(f"order-{subject}", form._("Say what they take."))
        return None
    return Choice(Option.TOP_UP, order_id, product_id, rests[product_id].quantity_thousandths)


def home_of(asker: Person, cycle_id: str) -> str:
    """Where somebody who decides sees the cycle."""
    return f"{URL}/{cycle_id}" if goods_in_reach(asker) is None else "/ordering/home"


def closing_of(request: Request) -> Closing:
    found: Closing = request.app.state.closing
    return found
