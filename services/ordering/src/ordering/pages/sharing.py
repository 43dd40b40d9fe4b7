"""By which rule goods are shared out, in words: for members before they order, for who decides after the closing."""

from collections.abc import Iterable

from allocation import Rule
from contracts.catalog import SharingRules
from ordering.pool import USUAL, extra_rule, shortage_rule
from ui.i18n import Translate, marked

_SHORTAGE = {
    Rule.COST_BALANCED: marked("the cost is balanced between households"),
    Rule.MAX_MIN: marked("whoever has least comes next: small orders are filled"),
    Rule.PRO_RATA: marked("everybody gets the same part of what they asked"),
    Rule.SOLIDARITY_FIRST: marked("solidarity baskets are served first"),
    Rule.LOTTERY: marked("lots are drawn, with the seed “%(seed)s”"),
    Rule.FIRST_COME: marked("whoever asked first is served first; who raises a quantity asks anew"),
}
_EXTRA = {
    Rule.COST_BALANCED: marked("the extra cost is balanced between all who accept more"),
    Rule.MAX_MIN: marked("all who accept more take about as much"),
    Rule.PRO_RATA: marked("everybody takes the same part of what they accept"),
    Rule.SOLIDARITY_FIRST: marked("solidarity baskets take more last"),
    Rule.LOTTERY: marked("lots are drawn, with the seed “%(seed)s”"),
    Rule.FIRST_COME: marked("whoever asked first takes more first; who raises a quantity asks anew"),
}


def in_words(shortage: Rule, extra: Rule, seed: str, translate: Translate) -> list[tuple[str, str]]:
    """What happens when, and how. `seed`: of the cycle."""
    return [
        (translate("When there is not enough"), translate(_SHORTAGE[shortage]) % {"seed": seed}),
        (translate("When more fills a case"), translate(_EXTRA[extra]) % {"seed": seed}),
    ]


def unusual(rules: SharingRules, seed: str, translate: Translate) -> Iterable[tuple[str, str]]:
    """The same, of the rules that somebody chose for the product."""
    said = in_words(shortage_rule(rules), extra_rule(rules), seed, translate)
    chosen = (rules.shortage is not USUAL.shortage, rules.extra is not USUAL.extra)
    return [one for one, is_chosen in zip(said, chosen, strict=True) if is_chosen]
