"""What the lines of one supply ask, as columns: the steps they move in, firm, tolerance, least."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from allocation.problem import Line, Product


@dataclass
class Demand:
    """Columns of equal length, in thousandths; position by position they belong to `lines`.

    `least` is a multiple of the step, and 0 where a single step would do: only then does it restrict anything.
    """

    lines: list[Line]
    steps: list[int]
    firm: list[int]
    tolerance: list[int]
    least: list[int]

    @staticmethod
    def of(lines: list[Line], products: Mapping[str, Product]) -> "Demand":
        steps = [products[line.product].step for line in lines]
        least = [
            0 if line.least <= step else -(-line.least // step) * step for line, step in zip(lines, steps, strict=True)
        ]
        return Demand(lines, steps, [line.firm for line in lines], [line.tolerance for line in lines], least)

    @cached_property
    def firm_total(self) -> int:
        return sum(self.firm)

    @cached_property
    def tolerance_total(self) -> int:
        return sum(self.tolerance)

    @cached_property
    def grain(self) -> int:
        """The greatest quantity of which every step is a multiple."""
        return gcd(*self.steps) if self.steps else 1

    @cached_property
    def even(self) -> bool:
        """Every line moves in the same steps."""
        return len(set(self.steps)) <= 1

    @cached_property
    def picky(self) -> bool:
        """Somebody takes nothing rather than too little."""
        return any(self.least)

    @property
    def divisible(self) -> bool:
        """Any multiple of the step can be given, to anybody."""
        return self.even and not self.picky

    def part(self, positions: Iterable[int]) -> "Demand":
        """The lines at these positions."""
        at = list(positions)
        return Demand(
            [self.lines[i] for i in at],
            [self.steps[i] for i in at],
            [self.firm[i] for i in at],
            [self.tolerance[i] for i in at],
            [self.least[i] for i in at],
        )

    def extras(self, served: list[int]) -> "Demand":
        """The tolerance of the lines that have all they firmly asked, as a demand of its own."""
        room = [t if s == f else 0 for t, s, f in zip(self.tolerance, served, self.firm, strict=True)]
        return Demand(self.lines, self.steps, room, [0] * len(room), [0] * len(room))
