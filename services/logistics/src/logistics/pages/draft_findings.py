"""What a plan breaks, in words: each rule once, with all that breaks it; what is left behind by reason and farm."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from coldchain.plan import Plan
from coldchain.sentences import SENTENCES
from coldchain.violation import Violation, Weight
from coldchain.words import WEIGHTS, told
from logistics.pages.plan_show import PlanWords
from logistics.schedule.published import Accepted
from ui.i18n import marked as _
from ui.i18n import translator
from ui.pages import Reading

LEFT = "left-behind"
"""The rule that tells of each consignment which nobody carries: it has a table of its own."""


@dataclass(frozen=True)
class Found:
    """A violation in words. `accepted`: by whom, and why."""

    id: str
    rule: str
    weight: str
    hard: bool
    what: str
    mend: str
    source: str
    accepted: Accepted | None


@dataclass(frozen=True)
class Group:
    """All that breaks one rule. `mend`: said once, where it is the same for all."""

    found: tuple[Found, ...]
    mend: str

    @property
    def first(self) -> Found:
        return self.found[0]


@dataclass(frozen=True)
class Left:
    """Why goods stay, what mends it, and how many do. `rows`: farm, places, goods."""

    why: str
    mend: str
    count: int
    rows: list[list[str]]


def findings(violations: Iterable[Violation], accepted: tuple[Accepted, ...], eyes: Reading) -> list[Found]:
    """Hard ones first, as the checker gives them."""
    say, answers = translator("coldchain", eyes.language), {one.violation: one for one in accepted}
    found = []
    for one in violations:
        words = told(one, say, eyes.words)
        hard = one.weight is Weight.HARD
        answer = None if hard else answers.get(one.id)
        found.append(
            Found(one.id, one.rule, say(WEIGHTS[one.weight]), hard, words.what, words.mend, say(one.source), answer)
        )
    return found


def by_rule(found: Iterable[Found]) -> list[Group]:
    """Without what is left behind, which has a table of its own."""
    rules: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        if one.rule != LEFT:
            rules[one.rule].append(one)
    return [Group(tuple(each), each[0].mend if len({one.mend for one in each}) == 1 else "") for each in rules.values()]


def left_behind(plan: Plan, words: PlanWords, eyes: Reading) -> list[Left]:
    """By reason, then by farm; the most first."""
    say = translator("coldchain", eyes.language)
    reasons: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in plan.left_behind:
        farm = words.sites[words.consignments[one.consignment_id].from_site].name
        reasons[one.why][farm].append(one.consignment_id)
    _what, mend = SENTENCES[LEFT]
    found = [
        Left(
            why=say(why) if why else words.t(_("No reason is told.")),
            mend=say(mend),
            count=sum(len(each) for each in farms.values()),
            rows=[_row(farm, ids, words, eyes) for farm, ids in sorted(farms.items())],
        )
        for why, farms in reasons.items()
    ]
    return sorted(found, key=lambda one: -one.count)


def _row(farm: str, ids: list[str], words: PlanWords, eyes: Reading) -> list[str]:
    goods = [words.consignments[one] for one in ids]
    places = sorted({words.sites[one.to_site].name for one in goods})
    names = sorted({line.name for one in goods for line in one.lines})
    return [farm, str(len(goods)), eyes.words.listing(places), eyes.words.listing(names)]
