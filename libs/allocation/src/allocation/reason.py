"""Why a line gets more or less than it asked: a code and numbers; `allocation.explanation` makes the sentence."""

from dataclasses import dataclass
from enum import StrEnum

from allocation.problem import Rule


class Cause(StrEnum):
    CASE_NOT_FULL = "case_not_full"
    """Less: the last case lacks something and is not ordered."""
    NO_CASE_FULL = "no_case_full"
    """Nothing: not even one case is full."""
    CASE_DOES_NOT_FIT = "case_does_not_fit"
    """Less: the quantities asked do not make up whole cases; bags of 5 never fill a case of 12."""
    NOT_AVAILABLE = "not_available"
    """Less: the producer has not that much."""
    DELIVERED_SHORT = "delivered_short"
    """Less: not all of it came, or will come."""
    DECIDED_SHORT = "decided_short"
    """Less: fewer cases were decided on."""
    BELOW_LEAST = "below_least"
    """Nothing: the share would have been below the least that was wanted."""
    COMPLETES_CASE = "completes_case"
    """More: within the tolerance, to complete a case."""
    REACHES_MINIMUM = "reaches_minimum"
    """More: within the tolerance, to reach the minimum of the producer."""
    USES_GOODS = "uses_goods"
    """More: within the tolerance, because the goods are there: that many cases were decided on, or came."""


@dataclass(frozen=True, slots=True)
class Reason:
    """`difference`: given less asked. `asked` and `goods`: by everybody, and what there is of it. `case`: its size.

    `lacking`: what the case lacked. `least`: of this line. `cost`: cents beyond the firm order. What does not
    concern the cause is 0. `fitted`: sizes or least quantities had to be fitted together, so the rule was followed
    only as near as they allow.
    """

    cause: Cause
    rule: Rule
    unit: str
    difference: int
    asked: int
    goods: int
    case: int = 0
    lacking: int = 0
    least: int = 0
    cost: int = 0
    seed: str = ""
    fitted: bool = False

    @property
    def more(self) -> bool:
        return self.difference > 0
