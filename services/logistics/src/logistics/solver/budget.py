"""How long a search may go on, and how far it has come."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


def never() -> bool:
    return False


@dataclass(frozen=True)
class Budget:
    """`iterations`: steps of the search in all; the same number, day and seed give the same plan on every machine.
    `over`: asked at each step, ends the search early with the best plan so far; whoever gives it reads the clock."""

    iterations: int = 3000
    over: Callable[[], bool] = never


def for_seconds(seconds: float, clock: Callable[[], float]) -> Budget:
    """As far as one comes in that time; `clock` tells seconds that never run backwards."""
    end = clock() + seconds
    return Budget(iterations=10**9, over=lambda: clock() >= end)


class Stopping(Protocol):
    """Asked once per step of PyVRP's search with the best cost so far; True ends it."""

    def __call__(self, best_cost: int) -> bool: ...


class Progress(NamedTuple):
    """`left`: consignments that the best plan so far leaves behind. `cents`: what it costs."""

    done: int
    of: int
    left: int
    cents: int


class Meter:
    """Counts the steps of one search."""

    def __init__(self, budget: Budget) -> None:
        self.done = 0
        self._budget = budget

    @property
    def of(self) -> int:
        return self._budget.iterations

    @property
    def over(self) -> bool:
        return self.done >= self._budget.iterations or self._budget.over()

    def step(self) -> None:
        self.done += 1

    def steps(self, at_most: int) -> Stopping:
        """For one search of PyVRP."""
        first = self.done

        def ends(best_cost: int) -> bool:
            if self.done - first >= at_most or self.over:
                return True
            self.step()
            return False

        return ends
