"""Lottery: households are drawn with the published seed and served wholly, one after another."""

from allocation.rules.claim import Sharing, in_turn


def share(sharing: Sharing) -> list[int]:
    return in_turn(sorted(range(len(sharing.claims)), key=lambda i: sharing.drawn(sharing.claims[i])), sharing)
