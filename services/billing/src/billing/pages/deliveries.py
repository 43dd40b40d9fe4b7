"""What was delivered and weighed, typed in by a coordinator: a producer's goods, one group's households at a time."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing import cycle, delivery, price, statement
from billing.delivery import Of, Record
from billing.final_amount import Deliveries
from billing.handing_out import Wanted, by_product, producers_of, wanted_of
from billing.ledger.sales import Because
from billing.price import Came
from billing.producer_bill import Bill, bills_of
from billing.together import is_together
from chassis import trace
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Bearer, Role
from ui import Pages
from ui.decimals import typed, typed_money
from ui.forms import Form, Translate
from ui.i18n import marked as _
from ui.pages import words
from ui.words import Words

router = APIRouter()

COORDINATOR: Any = serves(Role.COORDINATOR)
URL = "/billing/cycles/{cycle_id}/delivery"
AS_SAID, PRODUCER = "as_said", "producer"
"""Who bears it when something measures more or less: as it is said of the product, or this time the producer."""
BEARERS = {
    Bearer.HOUSEHOLD: _("The household pays what was measured"),
    Bearer.BUYERS: _("Its buyers share the producer’s bill by what each was weighed"),
    Bearer.PRODUCER: _("The producer bears it"),
    Bearer.HUB: _("The hub pays the producer what is missing"),
    Bearer.FUND: _("The solidarity fund pays the producer what is missing, then the hub"),
}
NOTHING_EXPECTED = _(
    "The closing was corrected meanwhile: this group gets nothing of this producer. Nothing was recorded."
)


class Stale(Exception):
    """Somebody else recorded something since the form was shown."""


@router.get(URL)
async def show(
    request: Request, cycle_id: str, producer: str = "", group: str = "", person: Person = COORDINATOR
) -> Response:
    """A field for each household and product: empty is as expected."""
    async with Service.of(request).database.read() as reader:
        held = await _computed(reader, cycle_id)
        producer, group = await _chosen(reader, held, producer, group)
        wanted = await wanted_of(reader, cycle_id, producer, group)
        rows, records = await delivery.recorded_of(reader, cycle_id, producer)
        bills = await bills_of(reader, cycle_id)
    language = request.state.translate.language
    values = _filled(wanted, rows, language) | {"seen": str(records + bills.count.get(producer, 0))}
    values |= {f"bill-{product_id}": typed_money(cents, language) for product_id, cents in bills.cents.items()}
    return await _page(request, held, producer, group, wanted, Form(None, request.state.translate, values=values))


@router.post(URL)
async def take(
    request: Request, cycle_id: str, producer: str, group: str = "", person: Person = COORDINATOR
) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        held = await _computed(reader, cycle_id)
        try:
            producer, group = await _chosen(reader, held, producer, group)
        except NotFound as error:
            raise Refused(t(NOTHING_EXPECTED)) from error
        everybody = await wanted_of(reader, cycle_id, producer)
        wanted = await wanted_of(reader, cycle_id, producer, group)
    typed_in = _read(form, wanted)
    bills = _read_bills(form, everybody, wanted, t, words(request))
    if not form.ok:
        return await _page(request, held, producer, group, wanted, form, status=422)
    missing = [each for each in everybody if form.boolean(f"missing-{each.of.product_id}")]
    deliveries: Deliveries = request.app.state.deliveries
    try:
        async with service.database.write() as writer:
            # Until it commits nobody else records anything of this cycle.
            await cycle.locked(writer, cycle_id)
            rows, records = await delivery.recorded_of(writer, cycle_id, producer)
            before = await bills_of(writer, cycle_id)
            because = Because(trace.current().causation_id, writer.now, person.id)
            changed = _changed(typed_in, missing, rows)
            anew = {each: cents for each, cents in bills.items() if before.cents.get(each) != cents}
            records += before.count.get(producer, 0)
            if (changed or anew) and form.value("seen") != str(records):
                raise Stale
            made = [
                Record(Of(cycle_id, household_id, producer), lines, writer.now, person.name, person.id, because.event)
                for household_id, lines in changed.items()
            ]
            said = [Bill(cycle_id, each, producer, anew[each], person.name, person.id, because.event) for each in anew]
            buyers = {each.household_id for each in everybody if each.of.product_id in anew}
            await deliveries.record(writer, cycle_id, made, because, said, buyers)
    except Stale:
        form.error("", t(_("Somebody else recorded something meanwhile. What you typed is here; send it again.")))
        form.values["seen"] = str(records)
        return await _page(request, held, producer, group, wanted, form, status=409)
    query = urlencode({"producer": producer, "group": group})
    said = t(_("What was delivered is recorded, and the amounts are made of it."))
    return Pages.of(request).go(f"/billing/cycles/{cycle_id}/delivery?{query}", said)


async def _computed(reader: Reader, cycle_id: str) -> RowMapping:
    held = await cycle.find_cycle(reader, cycle_id)
    if held is None or held["computed_at"] is None:
        raise NotFound
    return held


async def _chosen(reader: Reader, held: RowMapping, producer: str, group: str) -> tuple[str, str]:
    """The producer and the group whose goods are shown: the first ones where none is named."""
    rows = await producers_of(reader, held)
    if not producer and rows:
        producer = rows[0].producer_id
    groups = [each.group_id for each in rows if each.producer_id == producer]
    if not groups or (group and group not in groups):
        raise NotFound
    return producer, group or groups[0]


def field_of(each: Wanted) -> str:
    return f"came-{each.household_id}-{each.of.product_id}"


def _filled(wanted: Iterable[Wanted], rows: dict[str, RowMapping], language: str) -> dict[str, str]:
    values = {}
    for each in wanted:
        came = delivery.lines_of(rows.get(each.household_id)).get(each.of.product_id)
        if came is not None:
            values[field_of(each)] = typed(each.measure(came), 3, language)
            if came.borne_by_producer:
                values[f"bears-{each.of.product_id}"] = PRODUCER
    return values


def _read(form: Form, wanted: Iterable[Wanted]) -> list[tuple[Wanted, int | None, bool]]:
    """What was typed of each line: thousandths of the unit that is billed, None as expected; who bears a difference."""
    found = []
    for each in wanted:
        bears = f"bears-{each.of.product_id}"
        borne = price.measured(each.of) and form.choice(bears, (AS_SAID, PRODUCER), required=False) == PRODUCER
        found.append((each, form.quantity(field_of(each), each.expected.unit, zero=True), borne))
    return found


def _read_bills(
    form: Form, everybody: Iterable[Wanted], shown: Iterable[Wanted], t: Translate, said: Words
) -> dict[str, int | None]:
    """What the producer billed, in cents by product, of those that are shown; None: as expected. Far from what was
    expected it is a slip of the pen, and households would pay it."""
    shown_ids, found = _billed(shown), dict[str, int | None]()
    for product_id, lines in by_product(everybody).items():
        if product_id in shown_ids:
            name, whole = f"bill-{product_id}", sum(each.gross_cents for each in lines)
            cents = found[product_id] = form.cents(name, minimum=1)
            if cents is not None and not whole <= 5 * cents <= 10 * whole:
                sentence = t(_("That is far from what was ordered of it, %(sum)s: look at the bill again."))
                form.error(name, sentence % {"sum": said.money(whole)})
    return found


def _changed(
    typed_in: Iterable[tuple[Wanted, int | None, bool]], missing: Iterable[Wanted], rows: dict[str, RowMapping]
) -> dict[str, dict[str, Came]]:
    """The lines of the households of whom something else is recorded, or nothing yet. `missing`: of which nothing came
    to anybody, whatever else was typed."""
    lines: dict[str, dict[str, Came]] = {}
    for each, measure, borne in typed_in:
        mine = lines.setdefault(each.household_id, delivery.lines_of(rows.get(each.household_id)))
        product_id = each.of.product_id
        before = mine.get(product_id)
        if measure is None:
            mine.pop(product_id, None)
        elif before is None or (each.measure(before), before.borne_by_producer) != (measure, borne):
            mine[product_id] = each.came(measure, borne)
    for each in missing:
        mine = lines.setdefault(each.household_id, delivery.lines_of(rows.get(each.household_id)))
        mine[each.of.product_id] = each.came(0, borne_by_producer=False)
    return {
        household_id: mine
        for household_id, mine in sorted(lines.items())
        if mine != delivery.lines_of(rows.get(household_id))
    }


async def _page(
    request: Request, held: RowMapping, producer: str, group: str, wanted: list[Wanted], form: Form, status: int = 200
) -> Response:
    async with Service.of(request).database.read() as reader:
        rows = await producers_of(reader, held)
        names = {row["group_id"]: row["group_name"] for row in await statement.groups_of(reader, held["id"])}
        recorded, _count = await delivery.recorded_of(reader, held["id"], producer)
    by_words = request.state.reading.language
    labels = {field_of(each): f"{_named(each, by_words)}, {each.household_name}" for each in wanted}
    labels |= {f"bill-{each.of.product_id}": _named(each, by_words) for each in wanted}
    return Pages.of(request).render(
        request,
        "delivery.html",
        status=status,
        form=form,
        cycle=held,
        producer=producer,
        producers={each.producer_id: each.producer_name for each in rows},
        group=group,
        groups={each.group_id: names.get(each.group_id, "") for each in rows if each.producer_id == producer},
        goods=[(product_id, _named(lines[0], by_words), lines) for product_id, lines in by_product(wanted).items()],
        measured={each.of.product_id for each in wanted if price.measured(each.of)},
        bears={product_id: _choices(lines[0]) for product_id, lines in by_product(wanted).items()},
        billed=_billed(wanted),
        labels=labels,
        field_of=field_of,
        last=max(recorded.values(), key=lambda row: row["heard_at"], default=None),
    )


def _choices(each: Wanted) -> list[tuple[str, str]]:
    said = each.of.bearer or Bearer.HOUSEHOLD
    found = [(AS_SAID, BEARERS[said])]
    return found if said is Bearer.PRODUCER else [*found, (PRODUCER, BEARERS[Bearer.PRODUCER])]


def _billed(wanted: Iterable[Wanted]) -> set[str]:
    """The products of which the producer's own bill counts."""
    return {each.of.product_id for each in wanted if is_together(each.of)}


def _named(each: Wanted, language: str) -> str:
    return each.of.name_en if language == "en" and each.of.name_en else each.of.name_fr
