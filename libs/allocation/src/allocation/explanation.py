"""The sentence a member reads under a quantity that is not what they asked.

The sentences are English here and French in `locale/`. Who shows them says how: `say` translates (ui's `Translate`
does), `figures` writes quantities and money in the reader's language (ui's `Words` does).
"""

from collections.abc import Callable
from typing import Protocol

from allocation.problem import Rule
from allocation.reason import Cause, Reason


class Figures(Protocol):
    """How numbers are written for one reader."""

    def money(self, cents: int, /) -> str: ...

    def quantity(self, thousandths: int, unit: str, /) -> str: ...


def marked(sentence: str) -> str:
    """Marks a sentence for translation where it is written."""
    return sentence


CAUSES = {
    Cause.CASE_NOT_FULL: marked(
        "%(difference)s less than you asked: only whole cases of %(case)s are ordered, and the last one still lacked "
        "%(lacking)s."
    ),
    Cause.NO_CASE_FULL: marked(
        "Nothing this time: only whole cases of %(case)s are ordered, and even the first one still lacked %(lacking)s."
    ),
    Cause.CASE_DOES_NOT_FIT: marked(
        "%(difference)s less than you asked: only whole cases of %(case)s are ordered, and what was asked does not "
        "make them up."
    ),
    Cause.NOT_AVAILABLE: marked(
        "%(difference)s less than you asked: %(asked)s were asked in all, and there are only %(goods)s."
    ),
    Cause.DELIVERED_SHORT: marked(
        "%(difference)s less than you asked: %(asked)s were asked in all, and the producer delivers %(goods)s."
    ),
    Cause.DECIDED_SHORT: marked(
        "%(difference)s less than you asked: %(asked)s were asked in all, and it was decided to order %(goods)s."
    ),
    Cause.BELOW_LEAST: marked(
        "Nothing this time: what is left for you is less than %(least)s, the least you wanted; others get it."
    ),
    Cause.COMPLETES_CASE: marked(
        "%(difference)s more than you asked, for %(cost)s: it completes a case of %(case)s, within what you accepted."
    ),
    Cause.REACHES_MINIMUM: marked(
        "%(difference)s more than you asked, for %(cost)s: it reaches the producer’s minimum, within what you accepted."
    ),
    Cause.USES_GOODS: marked(
        "%(difference)s more than you asked, for %(cost)s: the goods are there, within what you accepted."
    ),
}

IN_CASES = marked(
    "%(difference)s less than you asked: %(asked)s were asked in all, and there are only %(goods)s, in whole cases of "
    "%(case)s."
)
"""What is not available, of goods that come in cases."""

SHORTAGE = {
    Rule.COST_BALANCED: marked("What there is was shared so that everybody gets goods of about the same value."),
    Rule.MAX_MIN: marked("Small orders were filled first; all others get the same, as near as it can be divided."),
    Rule.PRO_RATA: marked("Everybody gets the same part of what they asked, as near as it can be divided."),
    Rule.SOLIDARITY_FIRST: marked("Solidarity baskets were served first."),
    Rule.LOTTERY: marked("It was drawn by lot; with the seed “%(seed)s” anybody can draw it again."),
    Rule.FIRST_COME: marked("Those who ordered first were served first."),
}
"""How less was shared out."""

EXTRA = {
    Rule.COST_BALANCED: marked("The extra cost is balanced between all who accepted more."),
    Rule.MAX_MIN: marked("All take the same, as far as they accepted more and as near as it can be divided."),
    Rule.PRO_RATA: marked("Everybody takes the same part of what they accepted, as near as it can be divided."),
    Rule.SOLIDARITY_FIRST: marked("Solidarity baskets take more only when all others have taken what they accepted."),
    Rule.LOTTERY: marked("It was drawn by lot; with the seed “%(seed)s” anybody can draw it again."),
    Rule.FIRST_COME: marked("Those who ordered first were asked first."),
}
"""How more was shared out."""


FITTED = marked("Sizes and least quantities were fitted together so that as much as possible is served in all.")
"""In place of the rule, where whole bags decide more than the rule does."""

WITHOUT_RULE = (Cause.NO_CASE_FULL, Cause.BELOW_LEAST)


def explained(reason: Reason, say: Callable[[str], str], figures: Figures) -> str:
    """Why the line differs, and by what rule: two sentences, one where no rule had a say."""
    words = {
        "difference": figures.quantity(abs(reason.difference), reason.unit),
        "asked": figures.quantity(reason.asked, reason.unit),
        "goods": figures.quantity(reason.goods, reason.unit),
        "case": figures.quantity(reason.case, reason.unit),
        "lacking": figures.quantity(reason.lacking, reason.unit),
        "least": figures.quantity(reason.least, reason.unit),
        "cost": figures.money(reason.cost),
        "seed": reason.seed,
    }
    cause = IN_CASES if reason.cause is Cause.NOT_AVAILABLE and reason.case else CAUSES[reason.cause]
    sentences = [say(cause) % words]
    if reason.cause not in WITHOUT_RULE:
        rule = FITTED if reason.fitted else (EXTRA if reason.more else SHORTAGE)[reason.rule]
        sentences.append(say(rule) % words)
    return " ".join(sentences)
