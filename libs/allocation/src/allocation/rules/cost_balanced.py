"""Cost-balanced: each step goes to the household that it leaves with the least extra cost.

So the largest extra cost that anybody bears is as small as whole steps allow, then the second largest, and so on.
What a household bears from other goods counts. Equal costs: fewer steps first, then the draw.
"""

from heapq import heapify, heappop, heappush

from allocation.rules.claim import Sharing


def share(sharing: Sharing) -> list[int]:
    claims = sharing.claims
    given = _below_level(sharing)
    borne: dict[str, int] = {}
    steps: dict[str, int] = {}
    for claim, taken in zip(claims, given, strict=True):
        before = borne.get(claim.household, sharing.borne.get(claim.household, 0))
        borne[claim.household] = before + taken * claim.cost
        steps[claim.household] = steps.get(claim.household, 0) + taken
    waiting = [
        (
            borne[claim.household] + claim.cost,
            steps[claim.household],
            sharing.ticket(claim.household),
            claim.line,
            index,
        )
        for index, claim in enumerate(claims)
        if given[index] < claim.most
    ]
    heapify(waiting)
    left = sharing.amount - sum(given)
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


def _below_level(sharing: Sharing) -> list[int]:
    """Every step that leaves its household at or below the highest level to which the amount suffices.

    Those are given in any case; only then is it step by step. (Kilos by the gram are thousands of steps.) A household
    with several lines has no such short cut: which of them comes first changes what the others cost.
    """
    claims = sharing.claims
    if sharing.amount <= len(claims) or len({claim.household for claim in claims}) < len(claims):
        return [0] * len(claims)
    columns = [(claim.most, claim.cost, sharing.borne.get(claim.household, 0)) for claim in claims]

    def given(level: int) -> list[int]:
        return [
            0 if level < borne else min(most, (level - borne) // cost) if cost else most
            for most, cost, borne in columns
        ]

    low, high = -1, max(borne + most * cost for most, cost, borne in columns)
    while low < high:
        level = (low + high + 1) // 2
        if sum(given(level)) <= sharing.amount:
            low = level
        else:
            high = level - 1
    return given(low)
