"""Dispensations from approval: what producers have declared, and what of it was corrected."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.dispensation import categories
from contracts import Role
from logistics.network import describing, dispensation
from logistics.network.dispensation import Declaration
from logistics.pages.binding import warmest
from logistics.pages.own_id import own_id
from logistics.producer import producers_in_use
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading

router = APIRouter()

URL = "/logistics/dispensations"
WRITES: Any = serves(Role.COORDINATOR)
READS: Any = serves(Role.COORDINATOR, Role.PRODUCER)
MOST_REASON = 300

LABELS = {
    "producer_id": _("Producer"),
    "category": _("Category"),
    "within_share": _("Part of its production"),
    "declared_on": _("Declared on"),
    "ends_on": _("Last day"),
    "reason": _("Why"),
}
WITHIN, BEYOND = "1", "0"
SHARES = {
    WITHIN: _("at most 30 % of what it makes of the category"),
    BEYOND: _("more than 30 %, or not known"),
}
TWICE = _("This producer’s declaration of this category and day is noted already: correct that one.")
CORRECTED = _("Somebody has corrected this declaration meanwhile: look at it again first.")


def today(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


@router.get(URL)
async def show(request: Request, person: Person = READS) -> Response:
    """A producer sees its own."""
    writes = person.has(Role.COORDINATOR)
    async with Service.of(request).database.read() as reader:
        noted = await dispensation.every(reader, None if writes else person.producer_ids)
        names = {row["id"]: row["name"] for row in await producers_in_use(reader)}
    eyes, t = reading(request), request.state.translate
    standing, on = dispensation.standing(noted), today(request)
    holds = set(dispensation.in_force(noted, on).values())

    def words_of(one: Declaration) -> dict[str, Any]:
        known = categories().get(one.category)
        unit = known.unit if known else "kg"
        return {
            "one": one,
            "producer": names.get(one.producer_id, one.producer_id),
            "category": eyes.words.in_language(known.name) if known else one.category,
            "cap": eyes.words.quantity(one.weekly_cap, unit),
            "share": t(SHARES[WITHIN if one.within_share else BEYOND]),
            "holds": one in holds,
        }

    rows = sorted(map(words_of, standing), key=lambda row: (row["producer"].casefold(), row["category"]))
    left = [words_of(one) for one in reversed(noted) if one not in standing]
    return Pages.of(request).render(
        request, "dispensations.html", rows=rows, left=left, writes=writes, url=URL, table=_caps(request)
    )


def _caps(request: Request) -> list[list[str]]:
    """The table of the law: category, cap within 30 %, cap without."""
    spoken = reading(request).words
    return [
        [
            spoken.in_language(one.name),
            spoken.quantity(one.within_share, one.unit),
            spoken.quantity(one.without, one.unit),
        ]
        for one in categories().values()
    ]


@router.get(URL + "/new")
async def new(request: Request, corrects: str = "", person: Person = WRITES) -> Response:
    """`corrects`: id of the declaration that this one takes the place of."""
    values: dict[str, Any] = {"id": Service.of(request).ids.new(), "within_share": "0", "declared_on": today(request)}
    wrong = await _to_correct(request, corrects)
    if wrong is not None:
        values |= {
            "producer_id": wrong.producer_id,
            "category": wrong.category,
            "within_share": "1" if wrong.within_share else "0",
            "constrained": "on" if wrong.constrained else "",
            "declared_on": wrong.declared_on,
            "ends_on": wrong.ends_on or "",
        }
    return await _form(request, Form(None, request.state.translate, values=values), wrong)


@router.post(URL + "/new")
async def add(request: Request, person: Person = WRITES) -> Response:
    t, service = request.state.translate, Service.of(request)
    form = Form(await request.form(), t)
    new_id = own_id(form)
    wrong = await _to_correct(request, form.value("corrects"), corrected_by=new_id)
    async with service.database.read() as reader:
        producers = {row["id"] for row in await producers_in_use(reader)}
        noted = await dispensation.every(reader)
    said = _read(form, new_id, producers if wrong is None else {wrong.producer_id}, wrong, today(request))
    if said is not None and not said.void and _is_twice(said, noted):
        form.error("declared_on", t(TWICE))
    if said is None or not form.ok:
        return await _form(request, form, wrong, 422)
    try:
        async with service.database.write() as writer:
            await dispensation.note(writer, said, person.name)
            await describing.tell(writer, warmest(request))
    except dispensation.Corrected as error:
        raise Refused(t(CORRECTED)) from error
    return Pages.of(request).go(URL, t(_("The declaration is noted.")))


def _is_twice(said: Declaration, noted: list[Declaration]) -> bool:
    return any(
        (one.producer_id, one.category, one.declared_on) == (said.producer_id, said.category, said.declared_on)
        for one in dispensation.standing(noted)
        if one.id not in (said.id, said.corrects)
    )


def _read(form: Form, new_id: str, producers: set[str], wrong: Declaration | None, on: date) -> Declaration | None:
    """What was typed; None where something is wrong with it. What is corrected keeps its producer."""
    producer_id = wrong.producer_id if wrong else form.choice("producer_id", producers)
    category = form.choice("category", categories())
    within_share = form.choice("within_share", SHARES)
    declared_on = form.date("declared_on", required=True, maximum=on)
    ends_on = form.date("ends_on", minimum=declared_on)
    reason = form.text("reason", required=wrong is not None, max_length=MOST_REASON)
    if not form.ok or declared_on is None:
        return None
    return Declaration(
        id=new_id,
        producer_id=producer_id,
        category=category,
        within_share=within_share == "1",
        constrained=form.boolean("constrained"),
        declared_on=declared_on,
        ends_on=ends_on,
        void=wrong is not None and form.boolean("void"),
        corrects=wrong.id if wrong else None,
        reason=reason if wrong else "",
    )


async def _to_correct(request: Request, wanted: str, corrected_by: str = "") -> Declaration | None:
    """The declaration that is to be corrected; None where there is none. `corrected_by`: the form that comes a second
    time. Raises NotFound, Refused."""
    if not wanted:
        return None
    async with Service.of(request).database.read() as reader:
        noted = await dispensation.every(reader)
    found = next((one for one in noted if one.id == wanted), None)
    if found is None:
        raise NotFound
    if any(one.corrects == wanted and one.id != corrected_by for one in noted) or found.void:
        raise Refused(request.state.translate(CORRECTED))
    return found


async def _form(request: Request, form: Form, wrong: Declaration | None, status: int = 200) -> Response:
    t, eyes = request.state.translate, reading(request)
    async with Service.of(request).database.read() as reader:
        producers = [(row["id"], row["name"]) for row in await producers_in_use(reader)]
    return Pages.of(request).render(
        request,
        "dispensation_form.html",
        status,
        form=form,
        wrong=wrong,
        owner=dict(producers).get(wrong.producer_id, wrong.producer_id) if wrong else "",
        producers=sorted(producers, key=lambda one: one[1].casefold()),
        categories=[(one.code, eyes.words.in_language(one.name)) for one in categories().values()],
        shares=[(value, t(word)) for value, word in SHARES.items()],
        labels={name: t(word) for name, word in LABELS.items()},
        caps=_caps(request),
        url=URL,
    )
