"""Solidarity baskets first, max-min fair among themselves; then the others, max-min fair.

Of a shortage the solidarity baskets are served first. Extras cost money, so they are asked last to take them: whom
the claim calls `first` is the caller's choice.
"""

from dataclasses import replace

from allocation.rules import max_min
from allocation.rules.claim import Sharing


def share(sharing: Sharing) -> list[int]:
    claims = sharing.claims
    given = [0] * len(claims)
    left = sharing.amount
    for first in (True, False):
        tier = [index for index, claim in enumerate(claims) if claim.first is first]
        amount = min(left, sum(claims[index].most for index in tier))
        shares = max_min.share(replace(sharing, claims=[claims[index] for index in tier], amount=amount))
        for index, steps in zip(tier, shares, strict=True):
            given[index] = steps
        left -= amount
    return given
