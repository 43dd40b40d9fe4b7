"""What households of a group paid a producer for several, in one delivery: looked at, noted, taken back."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.between import advance, register
from billing.between.advance import Said
from billing.between.register import Advance
from billing.between.way import Way, settles_on, ways_of
from billing.cycle import COMPUTED, find_cycle
from billing.household import groups, households_of, names_of_households
from billing.pages.between_words import KEEPS, READS, URL, check_keeps, group_url, keeps, sees
from billing.pages.payment_form import OTHER_THERE, TOO_MUCH_CASH, id_of
from billing.pages.payment_words import KINDS, TYPED
from billing.pages.today import today_of
from billing.payment.cash_rounding import in_cash, settled
from billing.payment.life import Kind
from billing.seller import sellers
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

CYCLE = URL + "/groups/{group_id}/cycles/{cycle_id}"
LABELS = {
    "household_id": _("Who paid the producer"),
    "kind": _("Paid by"),
    "amount": _("Amount"),
    "day": _("Day"),
    "covers": _("For whom"),
    "reference": _("Number of the cheque, or reference"),
}
REASON = _("Reason")


@dataclass(frozen=True)
class Shown:
    """A delivery of a group: `names` of the households that are in it, and `left` to pay by producer and household."""

    group_id: str
    group_name: str
    cycle: RowMapping
    ways: list[Way]
    names: dict[str, str]
    producers: dict[str, str]
    left: dict[str, dict[str, int]]
    countries: dict[str, str]

    @property
    def url(self) -> str:
        return f"{group_url(self.group_id)}/cycles/{quote(self.cycle['id'], safe='')}"


async def shown_of(reader: Reader, group_id: str, cycle_id: str) -> Shown:
    """Raises NotFound where the group does not settle this delivery between its households, or it has no amounts."""
    held, name = await find_cycle(reader, cycle_id), (await groups(reader)).get(group_id)
    ways = (await ways_of(reader, group_id)).get(group_id, [])
    if held is None or name is None or held["state"] != COMPUTED or not settles_on(ways, held["delivers_on"]):
        raise NotFound
    names = await households_of(reader, group_id)
    known = (await sellers(reader)).values()
    producers, countries = {each.id: each.name for each in known}, {each.id: each.country for each in known}
    found = await advance.left_in(reader, cycle_id, names)
    by_name = sorted((producers.get(each, each).casefold(), each) for each in found)
    left = {each: found[each] for _name, each in by_name}
    return Shown(group_id, name, held, ways, names, producers, left, countries)


@router.get(CYCLE)
async def one_cycle(request: Request, group_id: str, cycle_id: str, person: Person = READS) -> Response:
    return await _show(request, group_id, cycle_id, person)


async def _show(
    request: Request,
    group_id: str,
    cycle_id: str,
    person: Person,
    form: Form | None = None,
    undoing: str = "",
    status: int = 200,
) -> Response:
    """`undoing`: the advance whose form `form` is."""
    if not sees(person, group_id):
        raise NotFound
    async with Service.of(request).database.read() as reader:
        one = await shown_of(reader, group_id, cycle_id)
        found = await register.advances(reader, cycle_ids=[cycle_id], group_id=group_id)
        ends = {each.household_id for each in found} | {name for each in found for name in each.covered}
        households = await names_of_households(reader, ends) | one.names
    return Pages.of(request).render(
        request,
        "between_cycle.html",
        status,
        one=one,
        back=group_url(group_id),
        advances=found,
        households=households,
        kinds=KINDS,
        may_keep=keeps(person, group_id),
        form=form,
        undoing=undoing,
        reason=request.state.translate(REASON),
    )


@router.get(CYCLE + "/advances/new")
async def new(
    request: Request, group_id: str, cycle_id: str, producer_id: str = "", person: Person = KEEPS
) -> Response:
    check_keeps(person, group_id)
    async with Service.of(request).database.read() as reader:
        one = await shown_of(reader, group_id, cycle_id)
    left = one.left.get(producer_id, {})
    values = {
        "id": Service.of(request).ids.new(),
        "producer_id": producer_id,
        "kind": Kind.CHEQUE.value,
        "amount": typed_money(sum(left.values()), request.state.reading.language) if left else "",
        "day": today_of(request).isoformat(),
    }
    return _form(request, one, Form(None, request.state.translate, values=values), list(left))


@router.post(CYCLE + "/advances/new")
async def note(request: Request, group_id: str, cycle_id: str, person: Person = KEEPS) -> Response:
    check_keeps(person, group_id)
    t, money = request.state.translate, request.state.reading.words.money
    form = Form(await request.form(), t)
    advance_id = id_of(form)
    async with Service.of(request).database.read() as reader:
        one = await shown_of(reader, group_id, cycle_id)
        there = await register.advances(reader, advance_id=advance_id)
    said = _read(request, form, one, there[0] if there else None)
    if said is None:
        return _form(request, one, form, form.chosen("covers"), status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await advance.note_advance(writer, advance_id, said, person, Pages.of(request).zone)
    except advance.TooMuch as error:
        sentence = _(
            "These households still owe this producer %(sum)s for this delivery: not more can be paid for them."
        )
        form.error("amount", t(sentence) % {"sum": money(error.cents)})
    except advance.TooMuchCash:
        form.error("amount", t(TOO_MUCH_CASH))
    except advance.OtherGroup:
        form.error("covers", t(_("One of these households is not of this group any more.")))
    except (advance.NoCycle, advance.NotBetween) as error:
        raise Refused(t(_("The amounts of this delivery are being made anew: try again later."))) from error
    except advance.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        return Pages.of(request).go(one.url, t(_("It is noted: the producer is paid for these households.")))
    return _form(request, one, form, form.chosen("covers"), status=422)


def _read(request: Request, form: Form, one: Shown, there: Advance | None) -> Said | None:
    """What was typed; None where a field is wrong. `there`: what the form noted already, sent again. Raises NotFound
    for a producer that is none."""
    producer_id = form.value("producer_id")
    if producer_id not in one.producers:
        raise NotFound
    payer = form.choice("household_id", one.names)
    kind = form.choice("kind", TYPED)
    cents = form.cents("amount", required=True, minimum=1)
    day = form.date("day", required=True, maximum=today_of(request))
    covers = form.choices("covers", one.names)
    reference = form.text("reference", max_length=140)
    if not covers and "covers" not in form.errors:
        form.error("covers", request.state.translate(_("Tick at least one household.")))
    if not form.ok or cents is None or day is None:
        return None
    rounding = 0
    if kind == Kind.CASH:
        left = sum(one.left.get(producer_id, {}).get(each, 0) for each in covers)
        again = there is not None and cents in (there.cents, there.cents + there.rounding_cents)
        known = (there.cents, there.rounding_cents) if there is not None and again else None
        cents, rounding = known or settled(cents, left, one.countries[producer_id])
    group_id, cycle_id = one.group_id, one.cycle["id"]
    return Said(group_id, cycle_id, payer, producer_id, Kind(kind), cents, day, frozenset(covers), reference, rounding)


def _form(request: Request, one: Shown, form: Form, covers: list[str], status: int = 200) -> Response:
    t, money = request.state.translate, request.state.reading.words.money
    producer_id = form.value("producer_id")
    left = one.left.get(producer_id, {})
    if producer_id not in one.producers:
        raise NotFound
    more = t(_("%(household)s, %(sum)s left"))
    who: list[Any] = [
        (each, more % {"household": name, "sum": money(left[each])})
        for each, name in one.names.items()
        if left.get(each)
    ]
    return Pages.of(request).render(
        request,
        "advance_form.html",
        status,
        one=one,
        back=group_url(one.group_id),
        form=form,
        producer=one.producers[producer_id],
        in_cash=in_cash(sum(left.values()), one.countries[producer_id]),
        whole=sum(left.values()),
        covers=covers,
        who=who,
        households=list(one.names.items()),
        kinds=[(kind.value, t(label)) for kind, label in TYPED.items()],
        labels={name: t(label) for name, label in LABELS.items()},
    )


@router.post(URL + "/advances/{advance_id}/undo")
async def undo(request: Request, advance_id: str, person: Person = KEEPS) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    async with Service.of(request).database.read() as reader:
        found = await register.advances(reader, advance_id=advance_id)
    if not found:
        raise NotFound
    check_keeps(person, found[0].group_id)
    reason = form.text("reason", required=True, max_length=500)
    if not form.ok:
        group_id, cycle_id = found[0].group_id, found[0].cycle_id
        return await _show(request, group_id, cycle_id, person, form, advance_id, status=422)
    async with Service.of(request).database.write() as writer:
        await advance.undo_advance(writer, advance_id, person, Pages.of(request).zone, reason)
    back = f"{group_url(found[0].group_id)}/cycles/{quote(found[0].cycle_id, safe='')}"
    return Pages.of(request).go(back, t(_("It is taken back.")))
