"""Which quantities can be given at all, where lines move in different steps or take nothing rather than too little.

Bags of 10 kg and of 5 kg make 15 but never 12; of two lines that want at least 3 of 4 kg each, 5 kg serve only one.
The sums are found exactly: a set of pairs (firm, extra) is kept as one integer, a bit for each pair, and adding a line
is a few shifts of it. `walk` then gives every line its part so that the best sum is kept.

Quantities in this file are in grains: the greatest quantity of which every step is a multiple.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from allocation.demand import Demand


class Element(NamedTuple):
    """What is decided at once: all lines of one step, or one line that has a least.

    `firm` and `extra`: how many steps of each may be given in all.
    """

    members: tuple[int, ...]
    step: int
    firm: int
    extra: int
    least: int = 0


def elements(demand: Demand, order: Sequence[int]) -> list[Element]:
    """In the order of their decision: lines with a least as `order` has them, then the largest steps first.

    Loose kilos come last: they fit in where bags do not.
    """
    grain = demand.grain
    alone = []
    together: dict[int, list[int]] = defaultdict(list)
    for i in order:
        step = demand.steps[i]
        if demand.least[i]:
            steps = demand.firm[i] // step, demand.tolerance[i] // step
            alone.append(Element((i,), step // grain, *steps, least=demand.least[i] // grain))
        else:
            together[step].append(i)
    classes = [
        Element(
            tuple(members), step // grain,
            sum(demand.firm[i] for i in members) // step, sum(demand.tolerance[i] for i in members) // step,
        )
        for step, members in sorted(together.items(), reverse=True)
    ]  # fmt: skip
    return alone + classes


@dataclass(frozen=True, slots=True)
class Plane:
    """Pairs (firm, extra) up to (`firm`, `extra`), kept as bits: the pair is bit `extra * (self.firm + 1) + firm`."""

    firm: int
    extra: int

    def bit(self, firm: int, extra: int) -> int:
        return extra * (self.firm + 1) + firm

    def has(self, pairs: int, firm: int, extra: int) -> bool:
        return 0 <= firm <= self.firm and 0 <= extra <= self.extra and bool(pairs >> self.bit(firm, extra) & 1)

    def row(self, pairs: int, extra: int) -> int:
        """The firm sums that come with this extra, as bits."""
        return pairs >> self.bit(0, extra) & ((1 << (self.firm + 1)) - 1)

    def with_element(self, pairs: int, element: Element) -> int:
        """The pairs that can be reached when the element takes part too."""
        firm, extra = self.bit(element.step, 0), self.bit(0, element.step)
        if not element.least:
            return self._repeated(self._repeated(pairs, firm, element.firm), extra, element.extra)
        some = pairs << element.least
        some = self._repeated(some, firm, element.firm - element.least // element.step)
        whole = self._repeated(pairs << (element.firm * element.step), extra, element.extra)
        return pairs | some | whole & self._all()

    def bounded(self, pairs: int, limit: int) -> int:
        """Those of the pairs that make no more than `limit` together."""
        kept = 0
        for extra in range(min(self.extra, limit) + 1):
            kept |= (self.row(pairs, extra) & ((1 << (limit - extra + 1)) - 1)) << self.bit(0, extra)
        return kept

    def summed(self, some: int, others: int) -> int:
        """One of these pairs with one of the others, each with each."""
        few, many = sorted((some, others), key=int.bit_count)
        sums = 0
        for firm, length, extra in self.runs(few):
            sums |= self._repeated(many << self.bit(firm, extra), 1, length - 1)
        return sums

    def runs(self, pairs: int) -> Iterator[tuple[int, int, int]]:
        """Firm sums that follow one another: the first, how many, and the extra they all come with."""
        for extra in range(self.extra + 1):
            row = self.row(pairs, extra)
            while row:
                first = (row & -row).bit_length() - 1
                ones = row >> first
                length = (~ones & (ones + 1)).bit_length() - 1
                yield first, length, extra
                row = ones >> length << (first + length)

    def listed(self, pairs: int) -> Iterator[tuple[int, int]]:
        """The pairs, one by one."""
        for first, length, extra in self.runs(pairs):
            yield from ((firm, extra) for firm in range(first, first + length))

    def _all(self) -> int:
        return (1 << self.bit(0, self.extra + 1)) - 1

    def _repeated(self, pairs: int, shift: int, times: int) -> int:
        """Moved by 0, 1, ... `times` shifts; firm sums never leave their row, extras past the plane are dropped."""
        covered, everything = 1, self._all()
        pairs &= everything
        while covered <= times:
            jump = min(covered, times + 1 - covered)
            pairs |= pairs << (shift * jump) & everything
            covered += jump
        return pairs


MOST_PAIRS = 2**24
"""Of one plane: 2 MB a set. Less extra is looked at where there would be more pairs."""


class TooFine(Exception):
    """So much is asked in steps so small that the sums cannot be kept."""


BLOCK = 32
"""Of so many sets one is kept, and the others are made again when the walk comes to them: memory, for a little time."""


class Stage:
    """Elements that share a bound. `pairs`: what they can be given together, within it."""

    def __init__(self, plane: Plane, elements: list[Element], limit: int | None) -> None:
        self.plane = plane
        self.elements = elements
        self._kept = {len(elements): 1}
        self._block: dict[int, int] = {}
        pairs = 1
        for k in reversed(range(len(elements))):
            pairs = plane.with_element(pairs, elements[k])
            if k % BLOCK == 0:
                self._kept[k] = pairs
        self.pairs = pairs if limit is None else plane.bounded(pairs, limit)

    def rest(self, k: int) -> int:
        """What the elements from k on can be given together."""
        if k not in self._block:
            first = k // BLOCK * BLOCK
            last = min(first + BLOCK, len(self.elements))
            self._block = {last: self._kept[last]}
            for at in reversed(range(first, last)):
                self._block[at] = self.plane.with_element(self._block[at + 1], self.elements[at])
        return self._block[k]


class Reach:
    """The pairs that a demand can be given, and the way to them.

    `extra`: the most extra that is of interest. `bounds`: positions and what there is for them, of each pool of a
    mixed crate. Raises TooFine.
    """

    def __init__(
        self, demand: Demand, order: Sequence[int], extra: int = 0,
        bounds: Sequence[tuple[frozenset[int], int | None]] = (),
    ) -> None:  # fmt: skip
        self.grain = demand.grain
        firm = demand.firm_total // self.grain
        if firm >= MOST_PAIRS:
            raise TooFine
        self.plane = Plane(firm, min(extra // self.grain, MOST_PAIRS // (firm + 1) - 1))
        everybody: list[tuple[frozenset[int], int | None]] = [(frozenset(order), None)]
        self.stages = [
            Stage(
                self.plane,
                elements(demand, [i for i in order if i in members]),
                None if limit is None else limit // self.grain,
            )
            for members, limit in bounds or everybody
        ]
        self.elements = [element for stage in self.stages for element in stage.elements]
        self.after = [1]
        for stage in reversed(self.stages):
            self.after.append(self.plane.summed(stage.pairs, self.after[-1]))
        self.after.reverse()
        # after[k]: what the stages from k on can be given together.

    def at_most(self, goods: int) -> int:
        """The most firm quantity out of `goods`; in thousandths."""
        sums = self.plane.row(self.after[0], 0) & ((1 << (goods // self.grain + 1)) - 1)
        return (sums.bit_length() - 1) * self.grain

    def has(self, firm: int) -> bool:
        """Can exactly this be given, without extra?"""
        return firm % self.grain == 0 and self.plane.has(self.after[0], firm // self.grain, 0)

    def whole_cases(self, case: int, limit: int | None) -> tuple[int, int]:
        """(firm, extra) that fill cases exactly: the most firm quantity, then the fewest cases; in thousandths.

        `case` is a multiple of the grain.
        """
        case, best = case // self.grain, (-1, 0)
        for extra in range(self.plane.extra + 1):
            firm = next(self._firm_sums(extra, case, None if limit is None else limit // self.grain), -1)
            if firm > best[0]:
                best = (firm, extra)
        return best[0] * self.grain, best[1] * self.grain

    def _firm_sums(self, extra: int, case: int, limit: int | None) -> Iterator[int]:
        """The firm sums that complete whole cases with this extra, from the largest."""
        sums = self.plane.row(self.after[0], extra)
        top = self.plane.firm if limit is None else min(self.plane.firm, limit - extra)
        top -= (top + extra) % case
        for firm in range(top, -1, -case):
            if sums >> firm & 1:
                yield firm

    def walk(self, firm: int, extra: int, wanted: Sequence[int], wanted_extra: Sequence[int]) -> list[tuple[int, int]]:
        """Steps of (firm, extra) for every element, so that the sums are exactly these; thousandths in, steps out.

        `wanted`, `wanted_extra`: what the rule would give each line if every grain could be given by itself. Each
        element in turn gets what is nearest to it; but a line whose share is below its least gets nothing, as long
        as the others can take its part.
        """
        left, more = firm // self.grain, extra // self.grain
        taken: list[tuple[int, int]] = []
        for place, stage in enumerate(self.stages):
            ideals = [
                (sum(wanted[i] for i in e.members) // self.grain, sum(wanted_extra[i] for i in e.members) // self.grain)
                for e in stage.elements
            ]
            ideal = sum(firm for firm, _extra in ideals), sum(extra for _firm, extra in ideals)
            now, then = next(
                (firm, extra)
                for firm, extra in self._nearest(stage, ideal, (left, more))
                if self.plane.has(self.after[place + 1], left - firm, more - extra)
            )
            taken += self._walked(stage, now, then, ideals)
            left, more = left - now, more - then
        return taken

    def _nearest(self, stage: Stage, ideal: tuple[int, int], all_of_it: tuple[int, int]) -> list[tuple[int, int]]:
        """The pairs of a stage, the nearest to the rule's share first; the only stage takes all there is."""
        if len(self.stages) == 1:
            return [all_of_it]
        return sorted(
            self.plane.listed(stage.pairs),
            key=lambda pair: (abs(pair[0] - ideal[0]) + abs(pair[1] - ideal[1]), -pair[0], pair[1]),
        )

    def _walked(self, stage: Stage, firm: int, extra: int, ideals: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for place, (element, ideal) in enumerate(zip(stage.elements, ideals, strict=True)):
            steps, extras = next(
                (steps, extras)
                for steps, extras in _preferred(element, *ideal, self.plane.extra)
                if self.plane.has(stage.rest(place + 1), firm - steps * element.step, extra - extras * element.step)
            )
            yield steps, extras
            firm, extra = firm - steps * element.step, extra - extras * element.step


def _preferred(element: Element, ideal: int, ideal_extra: int, most_extra: int) -> Iterator[tuple[int, int]]:
    """What an element may get, the nearest to the rule's share first, more before less."""
    amounts = range(-(-element.least // element.step), element.firm + 1)
    firm = sorted(amounts, key=lambda steps: (abs(steps * element.step - ideal), -steps))
    if element.least:
        firm = [0, *sorted(firm)] if ideal < element.least else [*firm, 0]
    extras = range(min(element.extra, most_extra // element.step) + 1)
    # Of two as near the smaller: an extra bag costs somebody more than loose kilos.
    near = sorted(extras, key=lambda steps: (abs(steps * element.step - ideal_extra), steps))
    for steps in firm:
        # Nobody takes more than they asked for before they have all they asked for.
        yield from ((steps, more) for more in (near if steps == element.firm else (0,)))
