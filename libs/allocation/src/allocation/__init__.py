"""Whole crates shared fairly: how many cases to order, who gets what, and why.

`allocate(problem)` is all of it; `docs/allocation.md` tells the rules with examples. Pure and exact: no I/O, no clock,
no float; chance comes only from the seed that the problem publishes.
"""

from allocation.allocator import allocate
from allocation.cases import Option
from allocation.completion import Filling, choices, is_multiple
from allocation.crate import Packing
from allocation.explanation import Figures, explained
from allocation.faults import Fault, WrongProblem, check
from allocation.minimum import Cases, Minimum, Money, Quantity, Unmet, Weight
from allocation.problem import WHOLE, Line, MixedCrate, Pool, Problem, Product, Rule, decided
from allocation.reason import Cause, Reason
from allocation.result import GroupResult, LineResult, Result, SupplyResult

__all__ = [
    "WHOLE", "Cases", "Cause", "Fault", "Figures", "Filling", "GroupResult", "Line", "LineResult", "Minimum",
    "MixedCrate", "Money", "Option", "Packing", "Pool", "Problem", "Product", "Quantity", "Reason", "Result", "Rule",
    "SupplyResult", "Unmet", "Weight", "WrongProblem", "allocate", "check", "choices", "decided", "explained",
    "is_multiple",
]  # fmt: skip
