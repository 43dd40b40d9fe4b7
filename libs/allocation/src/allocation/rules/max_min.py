"""Max-min fair: whoever got least so far is served next. Small orders are filled; the others get the same.

A household counts once, whatever the number of its lines. What is left below one step each is drawn.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from allocation.rules.claim import Sharing


def share(sharing: Sharing) -> list[int]:
    claims = sharing.claims
    lines_of: dict[str, list[int]] = defaultdict(list)
    for index, claim in enumerate(claims):
        lines_of[claim.household].append(index)
    if len(lines_of) == len(claims):
        return levelled([c.most for c in claims], sharing.amount, lambda i: sharing.ticket(claims[i].household))
    households = list(lines_of)
    caps = [sum(claims[index].most for index in lines_of[household]) for household in households]
    given = [0] * len(claims)
    for household, amount in zip(
        households, levelled(caps, sharing.amount, lambda i: sharing.ticket(households[i])), strict=True
    ):
        own = lines_of[household]
        shares = levelled([claims[index].most for index in own], amount, lambda i, own=own: claims[own[i]].line)  # type: ignore[misc]
        for index, steps in zip(own, shares, strict=True):
            given[index] = steps
    return given


def levelled(caps: Sequence[int], amount: int, drawn: Callable[[int], Any]) -> list[int]:
    """min(cap, level) for each, and one more for the first drawn of those above the level."""
    level = _level(caps, amount)
    given = [min(cap, level) for cap in caps]
    left = amount - sum(given)
    if left:
        above = sorted((index for index, cap in enumerate(caps) if cap > level), key=drawn)
        for index in above[:left]:
            given[index] += 1
    return given


def _level(caps: Sequence[int], amount: int) -> int:
    """The highest level to which `amount` fills all of them."""
    left, waiting = amount, len(caps)
    for cap in sorted(caps):
        level = left // waiting
        if cap > level:
            return level
        left -= cap
        waiting -= 1
    return max(caps, default=0)
