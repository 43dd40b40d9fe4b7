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
        remainders = [(-(claim.most * amount % total), index) for index, claim in enumerate(claims)]
        remainders.sort(key=lambda one: (one[0], sharing.drawn(claims[one[1]])))
        for _remainder, index in remainders[:left]:
            given[index] += 1
    return given
