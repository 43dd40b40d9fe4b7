"""Answering for what a draft breaks, publishing it, and the versions that were published."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Writer
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from coldchain.checker import check
from coldchain.violation import Weight
from coldchain.words import told
from contracts import Role
from logistics.pages.days import URL as DAYS
from logistics.pages.days import date_of, made_now
from logistics.pages.draft_view import published_context, show
from logistics.pages.draft_words import DRAFTS, differing
from logistics.schedule import draft, published
from logistics.schedule.day_change import differences
from logistics.schedule.draft import Draft
from logistics.schedule.published import Accepted, Breaks, Judged, Outrun
from logistics.schedule.wishes import wished
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.i18n import translator
from ui.pages import reading

router = APIRouter()

PUBLISHES: Any = serves(Role.COORDINATOR)
MOST_REASON = 300

BREAKS = _("Nothing was published. The plan breaks what nobody may accept, or what nobody has accepted yet: %(rules)s")
OUTRUN = _(
    "Somebody published another version since you opened this page. Nothing was published: compare, then publish again "
    "to replace it."
)


async def _to_change(writer: Writer, draft_id: str) -> Draft:
    """Raises NotFound; also of a draft without a plan."""
    try:
        one = await draft.find_to_change(writer, draft_id)
    except draft.Missing:
        raise NotFound from None
    if one.plan is None:
        raise NotFound
    return one


@router.post(DRAFTS + "/{draft_id}/accept")
async def accept(request: Request, draft_id: str, person: Person = PUBLISHES) -> Response:
    """A person answers for a soft violation, with a reason; `back`: takes that back."""
    t = request.state.translate
    form = Form(await request.form(), t)
    wanted, back = form.value("violation"), form.boolean("back")
    field = f"reason-{wanted}"
    reason = "" if back else form.text(field, required=True, max_length=MOST_REASON, min_length=3)
    async with Service.of(request).database.write() as writer:
        one = await _to_change(writer, draft_id)
        assert one.plan is not None
        soft = {each.id: each for each in check(one.day, one.plan) if each.weight is Weight.SOFT}
        others = tuple(each for each in one.accepted if each.violation != wanted)
        if wanted not in soft:
            form.error("", t(_("This plan does not break that rule, or nobody may accept it.")))
        if form.ok and one.published_version is None:
            answer = Accepted(violation=wanted, rule=soft[wanted].rule, reason=reason, by=person.name)
            await draft.answer_for(writer, one, others if back else (*others, answer))
    if not form.ok:
        return await show(request, one, form, at="accept", status=422)
    return Pages.of(request).go(f"{DRAFTS}/{draft_id}#findings")


@router.post(DRAFTS + "/{draft_id}/publish")
async def publish(request: Request, draft_id: str, person: Person = PUBLISHES) -> Response:
    """`after`: the version that was published when the page was opened. Sent twice, it is published once."""
    t, form = request.state.translate, Form(await request.form(), request.state.translate)
    after = form.integer("after", required=True, minimum=0)
    differs: list[str] = []
    judged = await _judged(request, draft_id)
    try:
        async with Service.of(request).database.write() as writer:
            one = await _to_change(writer, draft_id)
            assert one.plan is not None
            if one.published_version is None and after is not None:
                made = await made_now(writer, request, one.on, one.outside)
                now = None if made.day is None else wished(made.day, one.wishes)
                if now is None:
                    form.error("", t(_("This day cannot be planned any more as it is: its page says what is missing.")))
                elif now.id != one.day.id:
                    differs = differing(differences(one.day, now), t)
                    form.error("", t(_("The day is not what this plan was made of. Nothing was published.")))
                else:
                    kept = await published.publish(
                        writer,
                        one.day,
                        one.plan,
                        by=person.name,
                        accepted=_still(one, judged),
                        after=after,
                        links=request.app.state.round_links,
                        judged=judged,
                    )
                    await draft.note_published(writer, one, kept.version)
                    return _there(request, kept.on.isoformat(), kept.version)
    except Breaks as breaks:
        say = translator("coldchain", reading(request).language)
        rules = "; ".join(told(each, say, reading(request).words).what for each in breaks.violations)
        form.error("", t(BREAKS) % {"rules": rules})
    except Outrun:
        form.error("", t(OUTRUN))
    if one.published_version is not None:
        return _there(request, one.on.isoformat(), one.published_version)
    return await show(request, one, form, at="publish", status=409, differs=differs)


async def _judged(request: Request, draft_id: str) -> Judged:
    """Before the transaction, beside the loop: a draft's day and plan never change. Raises NotFound."""
    async with Service.of(request).database.read() as reader:
        try:
            one = await draft.find(reader, draft_id)
        except draft.Missing:
            raise NotFound from None
    if one.plan is None:
        raise NotFound
    return await asyncio.to_thread(Judged.of, one.day, one.plan)


def _still(one: Draft, judged: Judged) -> tuple[Accepted, ...]:
    """Answers for what this plan breaks; what it does not break any more needs none."""
    broken = {each.id for each in judged.violations}
    return tuple(each for each in one.accepted if each.violation in broken)


def _there(request: Request, on: str, version: int) -> Response:
    said = request.state.translate(_("Version %(version)s is published.")) % {"version": version}
    return Pages.of(request).go(f"{DAYS}/{on}/versions/{version}", said)


@router.get(DAYS + "/{day}/versions")
async def versions(request: Request, day: str, person: Person = PUBLISHES) -> Response:
    on = date_of(day)
    async with Service.of(request).database.read() as reader:
        kept = await published.versions_of(reader, on)
    if not kept:
        raise NotFound
    day_url = f"{DAYS}/{on.isoformat()}"
    return Pages.of(request).render(request, "versions.html", on=on, kept=kept, day_url=day_url, days_url=DAYS)


@router.get(DAYS + "/{day}/versions/{version}")
async def version(request: Request, day: str, version: int, person: Person = PUBLISHES) -> Response:
    on = date_of(day)
    async with Service.of(request).database.read() as reader:
        kept = await published.at_version(reader, on, version)
        newest = await published.current(reader, on)
    if kept is None or newest is None:
        raise NotFound
    context = await asyncio.to_thread(published_context, kept, reading(request))
    return Pages.of(request).render(
        request, "version.html", one=kept, newest=newest.version, day_url=f"{DAYS}/{on.isoformat()}", days_url=DAYS,
        **context,
    )  # fmt: skip
