"""The rules of sharing, one a file: each has `share(sharing)`, which gives the steps of every claim.

Whatever the rule: no claim gets more than it may, the amount is shared out wholly, the order of the claims is nothing.
"""

from collections.abc import Callable

from allocation.problem import Rule
from allocation.rules import cost_balanced, first_come, lottery, max_min, pro_rata, solidarity_first
from allocation.rules.claim import Claim, Sharing

RULES: dict[Rule, Callable[[Sharing], list[int]]] = {
    Rule.COST_BALANCED: cost_balanced.share,
    Rule.MAX_MIN: max_min.share,
    Rule.PRO_RATA: pro_rata.share,
    Rule.SOLIDARITY_FIRST: solidarity_first.share,
    Rule.LOTTERY: lottery.share,
    Rule.FIRST_COME: first_come.share,
}

__all__ = ["RULES", "Claim", "Sharing"]
