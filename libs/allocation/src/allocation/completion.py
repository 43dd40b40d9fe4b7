"""A case being filled, before and after closing: how full, what is missing, who may still add how much.

Quantities in thousandths, as everywhere. These are sums over all groups: a case is filled by the hub, not by a group.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filling:
    """What is asked of goods that come in cases of `case`, whose lines change by `step`."""

    case: int
    firm: int
    tolerance: int = 0
    step: int = 1000

    @property
    def cases(self) -> int:
        """Whole cases; one more where tolerance completes it. A case that nobody firmly wants is not opened."""
        whole, begun = divmod(self.firm, self.case)
        return whole + (1 if begun and begun + self.tolerance >= self.case else 0)

    @property
    def missing(self) -> int:
        """What the begun case lacks, tolerance counted; 0 where it will be complete, or none is begun.

        Before anybody orders firmly it is the case less the tolerance, but at least one step: tolerance alone orders
        nothing.
        """
        begun = self.firm % self.case
        if begun:
            return max(0, self.case - begun - self.tolerance)
        return 0 if self.firm else max(self.step, self.case - self.tolerance)

    @property
    def begun(self) -> int:
        """What lies in the begun case, tolerance not counted: of 17 kg in tens, 7."""
        return self.firm % self.case

    @property
    def ceiling(self) -> int:
        """The whole cases that hold every firm quantity."""
        return -(-self.firm // self.case) * self.case

    def room(self, own: int) -> int:
        """The most that a household whose firm quantity is `own` may ask in all without opening another case."""
        return self.ceiling - self.firm + own

    def accepts(self, after: "Filling") -> bool:
        """May the sums change so in the completion phase? Only what helps to complete, or takes nothing away."""
        if after.firm < self.firm:
            return False
        if after.firm + after.tolerance == self.firm + self.tolerance:
            return True  # tolerance made firm, or nothing at all
        if after.tolerance < self.tolerance:
            return False
        return after.firm == self.firm or (after.missing < self.missing and after.cases >= self.cases)


def choices(least: int, step: int, most: int) -> list[int]:
    """What a member may choose: nothing is between `least` and the next whole step. 1, step 2: 1, 2, 4, 6."""
    first = max(least // step + 1, 1) * step
    return [quantity for quantity in (least, *range(first, most + 1, step)) if 0 < quantity <= most]


def is_multiple(quantity: int, step: int) -> bool:
    """0.3 is a multiple of 0.1: whole numbers know it."""
    return quantity % step == 0
