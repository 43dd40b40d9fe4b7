"""The planner: from a day (coldchain.day) to a plan of it (coldchain.plan) that its checker passes.

`plan()` is pure but for the clock that a budget may hold. PyVRP and numpy are imported when it first routes: only the
process that plans pays for them.
"""

from logistics.solver.budget import Budget, Progress, for_seconds
from logistics.solver.changes import Changed, changes
from logistics.solver.planner import plan

__all__ = ["Budget", "Changed", "Progress", "changes", "for_seconds", "plan"]
