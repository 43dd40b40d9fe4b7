"""As few transfers between households as there can be, so that what one household paid for others comes back to it.
Nothing here does I/O.

Households whose sums come to nothing among them need one transfer fewer than they are. So the fewest transfers come of
the most such circles: found exactly for up to `MOST_EXACT` households that owe or are owed something. Where there are
more, the largest debtor pays the largest creditor, and so on.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

MOST_EXACT = 16
"""Households without their counterpart: there are 2 to the power of this circles to look at."""

_Net = tuple[str, int]
"""A household, and cents as in `minimal_transfers`."""


class Transfer(NamedTuple):
    payer: str
    receiver: str
    cents: int


def minimal_transfers(nets: Mapping[str, int]) -> list[Transfer]:
    """`nets`: cents by household, above zero what it owes the others, below what they owe it. The same sums give the
    same transfers. Raises ValueError where they do not come to nothing."""
    if sum(nets.values()):
        raise ValueError("what households owe each other comes to nothing over all of them")
    pairs, rest = _counterparts(sorted((name, cents) for name, cents in nets.items() if cents))
    circles = _circles(rest) if len(rest) <= MOST_EXACT else [rest]
    return sorted([*pairs, *(each for circle in circles for each in _within(circle))])


def _counterparts(nets: Iterable[_Net]) -> tuple[list[Transfer], list[_Net]]:
    """Who owes just what another is owed pays that one: there is always a way with the fewest transfers that does. And
    who is left."""
    found, waiting = list[Transfer](), dict[int, list[str]]()
    for name, cents in nets:
        if other := waiting.get(-cents):
            payer, receiver = (name, other.pop(0)) if cents > 0 else (other.pop(0), name)
            found.append(Transfer(payer, receiver, abs(cents)))
        else:
            waiting.setdefault(cents, []).append(name)
    return found, sorted((name, cents) for cents, names in waiting.items() for name in names)


def _circles(nets: list[_Net]) -> list[list[_Net]]:
    """The most circles that each come to nothing. For every set of households it is reckoned how many of its
    sub-circles can be closed one after the other while it is filled up household by household."""
    size = 1 << len(nets)
    sums, closed = [0] * size, [0] * size
    for one in range(1, size):
        lowest = one & -one
        sums[one] = sums[one ^ lowest] + nets[lowest.bit_length() - 1][1]
        closed[one] = max(closed[one ^ bit] for bit in _bits(one)) + (sums[one] == 0)
    found, left = list[list[_Net]](), size - 1
    while left:
        if sums[left] == 0:
            found.append([])
        wanted = closed[left] - (sums[left] == 0)
        bit = next(bit for bit in _bits(left) if closed[left ^ bit] == wanted)
        found[-1].append(nets[bit.bit_length() - 1])
        left ^= bit
    return found


def _bits(one: int) -> Iterable[int]:
    while one:
        lowest = one & -one
        yield lowest
        one ^= lowest


def _within(circle: Iterable[_Net]) -> list[Transfer]:
    """The largest debtor pays the largest creditor until nothing is left: each transfer settles one of the two."""
    found, left = list[Transfer](), dict(circle)
    while left:
        payer = min(left, key=lambda name: (-left[name], name))
        receiver = min(left, key=lambda name: (left[name], name))
        cents = min(left[payer], -left[receiver])
        found.append(Transfer(payer, receiver, cents))
        left[payer] -= cents
        left[receiver] += cents
        left = {name: rest for name, rest in left.items() if rest}
    return found
