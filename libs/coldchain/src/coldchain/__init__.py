"""From farm gate to pickup point without breaking the cold chain: a day, a plan of it, and what breaks.

`check(day, plan)` follows every line and tells each rule that is broken; it knows nothing of who made the plan. Pure:
no I/O, no clock, no chance. `docs/plan.md` tells the format and the rules with examples.
"""

from coldchain.checker import RULES, check
from coldchain.faults import Fault, Wrong
from coldchain.reading import read_day, read_plan
from coldchain.violation import Rule, Violation, Weight

__all__ = ["RULES", "Fault", "Rule", "Violation", "Weight", "Wrong", "check", "read_day", "read_plan"]
