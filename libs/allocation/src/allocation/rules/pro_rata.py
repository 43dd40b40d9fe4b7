"""Pro rata: everybody the same part of what they asked; the steps left over go to the largest remainders.

Equal remainders are drawn.
"""

from allocation.rules.claim import Sharing


def share(sharing: Sharing) -> list[int]:
    claims, amount = sharing.claims, sharing.amount
    total = sum(claim.most for claim in claims)
    if not total:
        return [0] * len(claims)
    given = [claim.most * amount // total for claim in claims]
    left = amount - sum(given)
    if left:
        remainders = [claim.most * amount % total for claim in claims]
        last = sorted(remainders, reverse=True)[left - 1]
        above = [index for index, remainder in enumerate(remainders) if remainder > last]
        equal = [index for index, remainder in enumerate(remainders) if remainder == last]
        equal.sort(key=lambda index: sharing.drawn(claims[index]))
        for index in above + equal[: left - len(above)]:
            given[index] += 1
    return given
