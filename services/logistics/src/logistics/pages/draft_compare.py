"""A draft beside another one, or beside what is published."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.pages.days import URL as DAYS
from logistics.pages.draft_findings import findings
from logistics.pages.draft_words import DRAFTS, differing
from logistics.pages.drafts import found_plan
from logistics.pages.plan_show import PlanWords
from logistics.schedule import draft, published
from logistics.schedule.comparing import Pair, Side, Visit, Work, compare
from logistics.schedule.day_change import differences
from logistics.schedule.draft import Draft, State
from logistics.schedule.sums import sums
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading

router = APIRouter()

COMPARES: Any = serves(Role.COORDINATOR)
PUBLISHED = "published"


@router.get(DRAFTS + "/{draft_id}/compare")
async def compare_with(request: Request, draft_id: str, person: Person = COMPARES) -> Response:
    """`with`: the number of another draft of the date, or `published`; without it, the draft before, or what is
    published."""
    one, eyes = await found_plan(request, draft_id), reading(request)
    async with Service.of(request).database.read() as reader:
        others = {
            head.id: eyes.translate(_("Draft %(number)s")) % {"number": head.number}
            for head in await draft.drafts_of(reader, one.on)
            if head.state is State.PLANNED and head.id != one.id
        }
        held = await published.current(reader, one.on)
        if held is not None:
            others = {
                PUBLISHED: eyes.translate(_("Version %(version)s, published")) % {"version": held.version}
            } | others
        usual = one.after_id if one.after_id in others else next(iter(others), "")
        wanted = request.query_params.get("with", usual)
        if wanted and wanted not in others:
            raise NotFound
        other: Side | None = None
        if wanted == PUBLISHED and held is not None:
            other = Side(held.day, held.plan)
        elif wanted:
            found = await draft.find(reader, wanted)
            assert found.plan is not None
            other = Side(found.day, found.plan)
    context = {} if other is None else await asyncio.to_thread(_told, request, other, one)
    return Pages.of(request).render(
        request,
        "draft_compare.html",
        one=one,
        others=list(others.items()),
        wanted=wanted,
        other=others.get(wanted, ""),
        form=Form(None, eyes.translate, values={"with": wanted}),
        url=f"{DRAFTS}/{one.id}",
        day_url=f"{DAYS}/{one.on.isoformat()}",
        days_url=DAYS,
        **context,
    )


def _told(request: Request, before: Side, one: Draft) -> dict[str, Any]:
    assert one.plan is not None
    eyes = reading(request)
    after = Side(one.day, one.plan)
    found = compare(before, after)
    words = PlanWords(after.day, after.plan, eyes.words, eyes.translate)
    old, new = sums(*before), sums(*after)
    figures = [
        [eyes.translate(_("By road")), words.kilometres(old.metres), words.kilometres(new.metres)],
        [eyes.translate(_("Hours of all rounds")), words.span(old.seconds), words.span(new.seconds)],
        [eyes.translate(_("Cost")), eyes.words.money(old.cents), eyes.words.money(new.cents)],
        [eyes.translate(_("CO2")), words.co2(old.co2_grams), words.co2(new.co2_grams)],
        [eyes.translate(_("Left behind")), str(old.left), str(new.left)],
    ]
    return {
        "same": found.same,
        "figures": figures,
        "carriers": [
            _row(pair, lambda each: _work(words, each), eyes.translate(_("does not drive"))) for pair in found.carriers
        ],
        "fetched": [
            _row(pair, lambda each: _visits(words, each), eyes.translate(_("nobody"))) for pair in found.fetched
        ],
        "brought": [
            _row(pair, lambda each: _visits(words, each), eyes.translate(_("nobody"))) for pair in found.brought
        ],
        "broken": findings(found.broken, one.accepted, eyes),
        "mended": findings(found.mended, (), eyes),
        "differs": differing(differences(before.day, after.day), eyes.translate),
    }


def _row(pair: Pair[Any], told: Any, nothing: str) -> tuple[str, list[str], list[str]]:
    """Name, and each side in lines."""
    before, after = ([nothing] if side is None else told(side) for side in (pair.before, pair.after))
    return pair.name, before, after


def _work(words: PlanWords, one: Work) -> list[str]:
    return [
        f"{words.at(one.starts)} – {words.at(one.ends)}",
        f"{words.kilometres(one.metres)}, {words.span(one.seconds)}, {words.words.money(one.cents)}",
        *(f"{words.at(at)} {site}" for at, site in one.calls),
        words.words.listing(sorted(one.goods)),
    ]


def _visits(words: PlanWords, visits: tuple[Visit, ...]) -> list[str]:
    return [
        words.t(_("%(at)s %(carrier)s: %(goods)s"))
        % {"at": words.at(one.at), "carrier": one.carrier, "goods": words.words.listing(sorted(one.goods))}
        for one in visits
    ]
