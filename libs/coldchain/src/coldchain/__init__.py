"""From farm gate to pickup point without breaking the cold chain: a day, a plan of it, and what breaks.

`check(day, plan)` follows every line and tells each rule that is broken; it knows nothing of who made the plan. Pure:
no I/O, no clock, no chance. `docs/plan.md` tells the format and the rules with examples.
"""
