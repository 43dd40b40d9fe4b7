"""Whole cents: rounding them, and sharing a sum out so that the shares always add up. Nothing here knows a float."""

from collections.abc import Sequence


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator to the nearest whole number; a half goes away from zero, as merchants round.

    `denominator` is above zero.
    """
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return rounded if numerator >= 0 else -rounded


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """`total` cents shared out in proportion to `weights` (none negative), one share for each, in their order.

    Every share is its exact part rounded down or up, and the shares add up to `total`. What rounding down leaves over
    goes, cent by cent, to the largest remainders; of equal remainders to the larger weight. So equal lists of weights
    get equal shares whatever their order, up to which of two equal weights has the cent. Where all weights are zero
    everybody counts the same. Raises ValueError for nobody to share with, or a negative weight.
    """
    if not weights or min(weights) < 0:
        raise ValueError(f"a sum cannot be shared by the weights {list(weights)}")
    if total < 0:
        return [-share for share in largest_remainder(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [total * weight // whole for weight in weights]
    left_over = total - sum(shares)
    if not left_over:
        return shares
    by_remainder = sorted(
        range(len(weights)), key=lambda place: (-(total * weights[place] % whole), -weights[place], place)
    )
    for place in by_remainder[:left_over]:
        shares[place] += 1
    return shares
