"""The page of a draft: while it is planned how far it has come, then what it breaks, its rounds, and ways to change
it."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from chassis.service import Service
from coldchain.checker import check
from coldchain.day import Day
from coldchain.plan import Plan
from coldchain.words import heading
from logistics.pages.days import URL as DAYS
from logistics.pages.draft_choices import fallen, goods_of, names_now, pinned, things, words_of
from logistics.pages.draft_findings import by_rule, findings, left_behind
from logistics.pages.draft_words import DRAFTS, badge_of, changed
from logistics.pages.plan_map import map_of_plan
from logistics.pages.plan_show import PlanWords
from logistics.schedule import draft, published
from logistics.schedule.draft import Draft, State
from logistics.schedule.published import Accepted, Published
from logistics.schedule.sums import Sums, sums
from logistics.schedule.wishes import Kind
from ui import Pages
from ui.decimals import typed as number
from ui.forms import Form, Translate
from ui.i18n import marked as _
from ui.i18n import translator
from ui.pages import Reading, reading


async def show(
    request: Request,
    one: Draft,
    form: Form | None = None,
    *,
    at: str = "",
    status: int = 200,
    differs: Sequence[str] = (),
) -> Response:
    """`form`, `at`: what was to be changed, and was refused; which of the page's forms it is. `differs`: what the
    day is now that this plan was not made of."""
    eyes = reading(request)
    service = Service.of(request)
    async with service.database.read() as reader:
        before = await draft.find(reader, one.after_id) if one.after_id else None
        held = await published.current(reader, one.on)
        drafts = await draft.drafts_of(reader, one.on)
    context: dict[str, Any] = {
        "one": one,
        "what": changed(one.change, eyes.translate),
        "badge": badge_of(one, eyes.translate),
        "url": f"{DRAFTS}/{one.id}",
        "day_url": f"{DAYS}/{one.on.isoformat()}",
        "days_url": DAYS,
        "before": before,
        "held": held,
        "comparable": held is not None or sum(head.state is State.PLANNED for head in drafts) > 1,
        "new_id": service.ids.new(),
        "form": form or Form(None, eyes.translate),
        "at": at,
        "differs": differs,
        "asked": [name.removeprefix("reason-") for name in (form.errors if form else ())],
        "outside": number(one.outside, 1, eyes.language),
        "labels": _labels(form.errors if form else (), eyes.translate),
    }
    if one.plan is None:
        context["passed"] = max(0, int((service.clock.now() - one.made_at).total_seconds()))
        context["planning"] = one.state is State.PLANNING
        return Pages.of(request).render(request, "draft_planning.html", status, **context)
    # A checker of a large day takes longer than others may wait for the event loop.
    context |= await asyncio.to_thread(of_plan, one, before, eyes) | await _to_change(request, one)
    return Pages.of(request).render(request, "draft.html", status, **context)


LABELS = {
    "after": _("Version"),
    "carrier": _("Carrier"),
    "departs": _("Leaves at"),
    "goods": _("Goods"),
    "moved": _("Goods"),
    "round": _("Round"),
    "thing": _("What falls out"),
    "to": _("Order"),
}


def _labels(names: Iterable[str], t: Translate) -> dict[str, str]:
    return {name: t(LABELS.get(name.split("-")[0], _("Reason"))) for name in names if name}


async def _to_change(request: Request, one: Draft) -> dict[str, Any]:
    """What the forms that change a draft choose from."""
    t, words, names = request.state.translate, words_of(request, one), await names_now(request)
    kinds = {Kind.CARRIER: t(_("carrier")), Kind.VEHICLE: t(_("vehicle")), Kind.SITE: t(_("place"))}
    return {
        "goods": goods_of(words),
        "carriers": sorted(((each.id, each.name) for each in one.day.carriers), key=lambda pair: pair[1]),
        "things": [(key, f"{name} ({kinds[Kind(key.split(':')[0])]})") for key, name in things(one).items()],
        "fallen": list(fallen(one, names).items()),
        "pinned": pinned(one, words),
        "locked": one.wishes.locked,
        "round_names": [(each.id, words.round_name(each)) for each in words.plan.rounds],
        "changeable": one.published_version is None,
    }


def of_plan(one: Draft, before: Draft | None, eyes: Reading) -> dict[str, Any]:
    assert one.plan is not None
    old = None if before is None or before.plan is None else sums(before.day, before.plan)
    return _context(one.day, one.plan, one.accepted, old, eyes)


def published_context(one: Published, eyes: Reading) -> dict[str, Any]:
    return _context(one.day, one.plan, one.accepted, None, eyes) | {"changeable": False, "asked": [], "at": ""}


def _context(day: Day, plan: Plan, accepted: tuple[Accepted, ...], old: Sums | None, eyes: Reading) -> dict[str, Any]:
    """`old`: what the plan came to before it was changed."""
    words = PlanWords(day, plan, eyes.words, eyes.translate)
    violations = check(day, plan)
    found = findings(violations, accepted, eyes)
    return {
        "verdict": heading(violations, translator("coldchain", eyes.language)),
        "hard": [each for each in found if each.hard],
        "open": [each for each in found if not each.hard and each.accepted is None],
        "groups": by_rule(found),
        "left": left_behind(plan, words, eyes),
        "breaks": Counter(one.round_id for one in violations if one.round_id),
        "stats": words.stats(sums(day, plan), old),
        "rounds": words.rounds(),
        "places": words.places(),
        **map_of_plan(words),
    }
