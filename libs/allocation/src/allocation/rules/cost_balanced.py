"""Cost-balanced: each step goes to the household that it leaves with the least extra cost.

So the largest extra cost that anybody bears is as small as whole steps allow, then the second largest, and so on.
What a household bears from other goods counts. Equal costs: fewer steps first, then the draw.
"""

from heapq import heapify, heappop, heappush

from allocation.rules.claim import Sharing


def share(sharing: Sharing) -> list[int]:
    claims = sharing.claims
    given = [0] * len(claims)
    borne: dict[str, int] = {}
    steps: dict[str, int] = {}
    waiting = []
    for index, claim in enumerate(claims):
        if claim.most:
            borne[claim.household] = sharing.borne.get(claim.household, 0)
            steps[claim.household] = 0
            cost = borne[claim.household] + claim.cost
            waiting.append((cost, 0, sharing.ticket(claim.household), claim.line, index))
    heapify(waiting)
    left = sharing.amount
    while left:
        cost, taken, ticket, line, index = heappop(waiting)
        claim = claims[index]
        now = (borne[claim.household] + claim.cost, steps[claim.household])
        if (cost, taken) != now:
            # Another line of the household got something meanwhile.
            heappush(waiting, (*now, ticket, line, index))
            continue
        given[index] += 1
        left -= 1
        borne[claim.household] = cost
        steps[claim.household] += 1
        if given[index] < claim.most:
            heappush(waiting, (cost + claim.cost, taken + 1, ticket, line, index))
    return given
